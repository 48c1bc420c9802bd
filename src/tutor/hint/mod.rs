//! Hints, one rung per attempt: read the page again, a cue, the quote partly filled, and only then the answer. No rung
//! before the last holds the answer or another accepted way to say it.

mod secrets;

use super::grade::{secret_value, text};
use super::question::{BLANK, Expected, Form, Question, Task};
use secrets::{keys, pattern, secrets};

/// How much a hint tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rung {
    /// Where to read again.
    Reread,
    /// What kind of thing it is, and its shape.
    Cue,
    /// The book's sentence with the answer partly filled in.
    Partly,
    /// The answer with its page.
    Answer,
}

impl Rung {
    /// The rung after so many hints to one question.
    pub(crate) fn of(hints_shown: usize) -> Self {
        match hints_shown {
            0 => Self::Reread,
            1 => Self::Cue,
            2 => Self::Partly,
            _ => Self::Answer,
        }
    }
}

/// The hint of a rung.
pub(crate) fn hint(question: &Question, rung: Rung) -> String {
    let candidates = match rung {
        Rung::Reread => reread(question),
        Rung::Cue => cue(question),
        Rung::Partly => partly(question),
        Rung::Answer => return reveal(question),
    };
    let secrets = secrets(question);
    let plain: [&str; 3] = match rung {
        Rung::Reread => ["Go back and read it slowly once more.", "Take another look.", "____"],
        Rung::Cue => [
            "Say in your own words what is being asked, then look for it.",
            "Think: what kind of thing fits?",
            "____ ____",
        ],
        _ => ["Cover the page, recall what you read, then check it.", "Nearly there: try once more.", "____ ____ ____"],
    };
    let all = candidates.into_iter().chain(plain.map(str::to_owned));
    all.into_iter().find(|text| !secrets.shown_in(text)).unwrap_or_else(|| plain[2].to_owned())
}

/// The answer in words, to tell it.
pub(crate) fn answer_text(question: &Question) -> String {
    let listed = |order: &[usize], from: &[String]| -> Vec<String> {
        order.iter().filter_map(|i| Some(format!("{} {}", i + 1, from.get(*i)?))).collect()
    };
    match &question.task {
        Task::Cloze { answer } | Task::Short { answer } | Task::Exercise { answer: Some(answer) } => {
            answer.text.clone()
        }
        Task::Exercise { answer: None } => String::new(),
        Task::Choice { options, correct } => {
            format!("{}: {}", letter(*correct), options.get(*correct).map_or("", String::as_str))
        }
        Task::Order { events, order } => listed(order, events).join(" → "),
        Task::Match { terms, pairs, .. } => {
            let pair = |(i, meaning): (usize, &usize)| {
                format!("{} {}: {}", i + 1, terms.get(i).map_or("", String::as_str), letter(*meaning))
            };
            pairs.iter().enumerate().map(pair).collect::<Vec<_>>().join(", ")
        }
    }
}

fn letter(place: usize) -> char {
    char::from(b'A' + (place % 26) as u8)
}

/// One of several ways to say it, the same for the same question.
fn one_of<'a>(question: &Question, ways: &[&'a str]) -> &'a str {
    let hash = question
        .prompt
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    ways[(hash >> 7) as usize % ways.len()]
}

fn page(question: &Question) -> String {
    let source = &question.source;
    if source.page_label.is_empty() { source.page.to_string() } else { source.page_label.clone() }
}

/// Where to read: page, book and the first words of the sentence, as far as they give nothing away.
fn reread(question: &Question) -> Vec<String> {
    let (page, title) = (page(question), &question.source.title);
    let secrets = secrets(question);
    let words: Vec<&str> = question.source.quote.split_whitespace().collect();
    let open = (1..=words.len().min(6)).take_while(|count| {
        *count < words.len() && !secrets.shown_in(&words[..*count].join(" ")) && !secrets.begun_in(words[*count - 1])
    });
    let begins = open.last().filter(|count| *count >= 2).map(|count| words[..count].join(" "));
    let look = one_of(question, &["Look at", "Read", "Go back to"]);
    let mut ways = Vec::new();
    if let Some(begins) = begins {
        ways.push(format!("{look} page {page} of *{title}* again: the sentence that begins “{begins} …”"));
        ways.push(format!("{look} the sentence again that begins “{begins} …”"));
    }
    ways.push(format!("{look} page {page} of *{title}* again, line by line."));
    ways.push(format!("{look} page {page} again, line by line."));
    ways.push(format!("{look} *{title}* again, where this is told."));
    ways
}

/// Kind and shape of the answer.
fn cue(question: &Question) -> Vec<String> {
    match &question.task {
        Task::Cloze { answer } | Task::Short { answer } | Task::Exercise { answer: Some(answer) } => {
            expected_cue(question, answer)
        }
        Task::Exercise { answer: None } => {
            vec!["First write down what is given. Then write down what is asked. What joins the two?".to_owned()]
        }
        Task::Choice { options, correct } => choice_cue(question, options, *correct),
        Task::Order { events, order } => order_cue(events, order),
        Task::Match { terms, pairs, .. } => match (terms.first(), pairs.first()) {
            (Some(term), Some(meaning)) if terms.len() > 2 => {
                vec![format!("One pair to start with: 1, “{term}”, goes with {}.", letter(*meaning))]
            }
            (Some(term), _) => vec![format!("Begin with “{term}”. What does the book say it is, or does?")],
            _ => Vec::new(),
        },
    }
}

fn order_cue(events: &[String], order: &[usize]) -> Vec<String> {
    let name = |at: usize| order.get(at).and_then(|i| events.get(*i));
    match (order.len(), name(0), order.last().and_then(|i| events.get(*i))) {
        (4.., Some(first), _) => vec![format!("The first one is: “{first}”.")],
        (3, _, Some(last)) => vec![format!("“{last}” is not the first one.")],
        _ => vec![
            "Look for years, and for words like “before”, “after”, “then”. Which one had to be there for the other?"
                .to_owned(),
        ],
    }
}

fn choice_cue(question: &Question, options: &[String], correct: usize) -> Vec<String> {
    let wrong: Vec<usize> = (0..options.len()).filter(|i| *i != correct).collect();
    let mut ways = Vec::new();
    if options.len() > 2 {
        let struck = wrong[question.prompt.len() % wrong.len()];
        for i in std::iter::once(struck).chain(wrong.iter().copied()) {
            ways.push(format!("You can strike out {}, “{}”. Which of the others fits?", letter(i), options[i]));
            ways.push(format!("You can strike out {}. Which of the others fits?", letter(i)));
        }
    }
    ways.push("Try each one in the sentence of the book. Only one of them is what it says.".to_owned());
    ways
}

fn expected_cue(question: &Question, answer: &Expected) -> Vec<String> {
    let words: Vec<&str> = answer.text.split_whitespace().collect();
    match answer.form {
        Form::Number => number_cue(answer),
        Form::Statement => key_words(question, answer),
        Form::Term | Form::Name => {
            let kind = match (answer.form, words.len()) {
                (Form::Name, _) => "It is a name",
                (_, 1) => "It is a word",
                _ => "It is a term",
            };
            let size = match words.len() {
                0 | 1 => format!(" of {} letters", answer.text.chars().filter(|c| c.is_alphanumeric()).count()),
                2 => " of two words".to_owned(),
                3 => " of three words".to_owned(),
                count => format!(" of {count} words"),
            };
            let first = answer.text.chars().find(|c| c.is_alphanumeric());
            let long = answer.text.chars().filter(|c| c.is_alphanumeric()).count() > 2;
            let begins = one_of(question, &["it begins with", "its first letter is", "it starts with"]);
            let mut ways: Vec<String> =
                first.filter(|_| long).map(|first| format!("{kind}{size}; {begins} “{first}”.")).into_iter().collect();
            ways.extend([format!("{kind}{size}."), format!("{kind}.")]);
            ways
        }
    }
}

/// Between which numbers it is, and in which unit.
fn number_cue(answer: &Expected) -> Vec<String> {
    let Some((value, _)) = secret_value(&answer.text) else {
        return vec!["It has a number in it.".to_owned()];
    };
    let unit = answer.text.rsplit(|c: char| c.is_ascii_digit()).next().unwrap_or_default().trim();
    let has_unit = !unit.is_empty() && unit.len() < answer.text.len() && unit.chars().count() <= 12;
    let year = (1000.0..2100.0).contains(&value) && value.fract() == 0.0 && !has_unit;
    let (low, high) = if year {
        ((value / 50.0).floor() * 50.0 - 10.0, (value / 50.0).floor() * 50.0 + 60.0)
    } else {
        let step = if value == 0.0 { 5.0 } else { 10f64.powf(value.abs().log10().floor()) };
        ((value / step).floor() * step - step, (value / step).ceil() * step + 2.0 * step)
    };
    let tidy = |value: f64| {
        if value.abs() < 1e12 && value.abs() >= 0.01 || value == 0.0 {
            format!("{}", (value * 1e6).round() / 1e6)
        } else {
            format!("{value:e}")
        }
    };
    let between = format!("between {} and {}", tidy(low), tidy(high));
    let kind = if year { "a year" } else { "a number" };
    let mut ways = Vec::new();
    if has_unit {
        ways.push(format!("It is a number {between}, and its unit is “{unit}”."));
    }
    ways.extend([format!("It is {kind} {between}."), format!("It is {kind}."), "Look for digits.".to_owned()]);
    ways
}

/// Two words of a statement that are worth much.
fn key_words(question: &Question, answer: &Expected) -> Vec<String> {
    let mut keys = keys(question, &answer.text);
    let count = keys.len();
    keys.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let mut ways = Vec::new();
    if let [first, second, ..] = &keys[..]
        && count > 3
    {
        ways.push(format!("Say it in a sentence. Two words that belong in it: “{first}”, “{second}”."));
    }
    if let [first, ..] = &keys[..]
        && count > 1
    {
        ways.push(format!("Say it in a sentence. One word that belongs in it: “{first}”."));
    }
    let initial = keys.first().and_then(|word| word.chars().next());
    ways.extend(initial.map(|c| format!("Say it in a short sentence. Its main word begins with “{c}”.")));
    ways.push("Say it in a sentence of your own: who or what does what?".to_owned());
    ways
}

/// The book's sentence with the answer partly filled in.
fn partly(question: &Question) -> Vec<String> {
    let secrets = secrets(question);
    let lead = one_of(question, &["Fill the gap:", "The book says:", "Complete it:"]);
    let (quote, page) = (&question.source.quote, page(question));
    let statement = match &question.task {
        Task::Short { answer } | Task::Cloze { answer } | Task::Exercise { answer: Some(answer) } => Some(answer),
        _ => None,
    };
    let filled = match (&question.task, statement) {
        (_, Some(answer)) if answer.form == Form::Statement => half_blank(question, &answer.text),
        (_, Some(answer)) => {
            let masked = secrets.masked(quote);
            if masked == *quote { format!("{masked} ({})", secrets.masked(&answer.text)) } else { masked }
        }
        (Task::Choice { .. }, _) => secrets.masked(quote),
        _ => half_blank(question, quote),
    };
    let bare = format!("{lead} “{filled}”");
    vec![format!("{bare} (p. {page})"), bare, format!("“{filled}”")]
}

/// A statement with every second word that tells something left out; of a single one only some letters are shown.
fn half_blank(question: &Question, statement: &str) -> String {
    let keys = keys(question, statement);
    let (mut blank, mut filled) = (true, Vec::new());
    for word in statement.split_whitespace() {
        let tells = text::tokens(word).iter().any(|token| keys.contains(token));
        let hidden = tells && blank;
        filled.push(if !hidden {
            word.to_owned()
        } else if keys.len() < 2 {
            pattern(word)
        } else {
            BLANK.to_owned()
        });
        blank ^= tells;
    }
    filled.join(" ")
}

/// The answer with the sentence it stands in.
fn reveal(question: &Question) -> String {
    let (answer, quote, page) = (answer_text(question), &question.source.quote, page(question));
    if answer.is_empty() {
        return format!("The book gives no answer to this one. Compare yours with: “{quote}” (p. {page})");
    }
    let lead = one_of(question, &["The answer:", "Here it is:", "It is this:"]);
    format!("{lead} **{}**. “{quote}” (p. {page})", answer.trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
