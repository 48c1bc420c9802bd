//! Statements in the student's own words: do they say what the book's sentence says?

use super::spell::{Fit, fit};
use super::text::{fold, is_negation, stems, tokens};
use crate::passage::words::{is_stop, stem};
use crate::tutor::opposite::{Sense, sense};
use crate::tutor::question::{Expected, Grade, Question};
use std::collections::BTreeSet;

/// From which share of the expected words on an answer is right, and to which it is wrong, by the words alone.
const RIGHT: f32 = 0.68;
const PARTLY: f32 = 0.45;
/// The same with the embedder: words and cosine weighed together.
const NEAR_RIGHT: f32 = 0.70;
/// Weight of the words where there is an embedder.
const WORDS: f32 = 0.65;
/// Weight of a word that the question itself has.
const ASKED: f32 = 0.2;
/// An answer of so many more words than the book's is no answer in few words.
const LONG: usize = 4;

/// Words that mean about the same, as stems.
const SAME: &[&[&str]] = &[
    &["big", "bigger", "larg", "larger", "huge", "great"],
    &["small", "smaller", "littl", "tini"],
    &["fast", "faster", "quick", "quicker", "quickli", "rapid", "rapidli", "speed"],
    &["slow", "slower", "slowli"],
    &["make", "made", "produc", "creat", "form", "give", "build"],
    &["chang", "turn", "convert", "becom", "transform"],
    &["get", "receiv", "take", "obtain", "gain"],
    &["absorb", "take", "soak"],
    &["send", "transmit", "pass", "connect", "forward"],
    &["keep", "store", "hold", "save"],
    &["need", "requir"],
    &["stop", "prevent", "block", "avoid", "protect", "safe"],
    &["kill", "destroy"],
    &["start", "begin", "began"],
    &["show", "display"],
    &["carri", "transport", "bring", "brought", "conduct", "conductor", "move", "take"],
    &["pump", "push"],
    &["expand", "bigger", "larger", "grow", "swell"],
    &["contract", "shrink", "smaller"],
    &["decreas", "fall", "drop", "smaller", "shrink", "less", "lower", "reduc", "down"],
    &["increas", "rise", "bigger", "larger", "grow", "higher", "up"],
    &["reflect", "bounc"],
    &["wait", "paus"],
    &["weak", "weaken"],
    &["job", "work", "employ"],
    &["offer", "give", "gave", "provid"],
    &["germ", "bacteria", "virus", "microb"],
    &["contain", "has", "have", "includ", "put"],
    &["away", "out"],
    &["year", "yearli", "everi", "annual"],
    &["reach", "get", "come", "enter"],
    &["caus", "lead", "bring"],
    &["help", "allow", "let", "enabl"],
    &["use", "using"],
    &["dens", "densiti"],
    &["part", "bodi"],
    &["hot", "heat", "warm"],
    &["sun", "sunlight", "solar"],
    &["person", "peopl", "human"],
    &["broken", "break", "broke", "split"],
    &["join", "connect", "link", "attach"],
    &["mani", "lot"],
    &["rich", "wealthi"],
    &["trade", "sell", "commerc"],
    &["fight", "war", "battl"],
    &["farm", "farmer", "field"],
    &["see", "seen", "look"],
    &["sea", "ocean"],
    &["neutralis", "neutral"],
    &["learn", "taught"],
];

/// Pairs of which one says the opposite of the other, as stems, beside those of [`sense`].
const OPPOSITE: &[(&[&str], &[&str])] = &[
    (
        &["increas", "rise", "rose", "grow", "bigger", "larger", "expand", "up", "higher"],
        &["decreas", "fall", "drop", "shrink", "smaller", "contract", "down", "lower"],
    ),
    (&["absorb"], &["releas", "emit", "reflect"]),
    (&["attract"], &["repel"]),
    (&["faster", "quicker"], &["slower"]),
    (&["melt"], &["freez"]),
    (&["stronger", "strong"], &["weaker", "weak"]),
    (&["open"], &["close", "shut"]),
    (&["push"], &["pull"]),
    (&["input"], &["output"]),
    (&["heavier"], &["lighter"]),
    (&["hotter", "warmer"], &["colder", "cooler"]),
    (&["full"], &["empti"]),
    (&["more"], &["less", "fewer"]),
    (&["denser"], &["less"]),
];

/// Words that say in which direction something goes: with them the order of the others counts.
const DIRECTED: &[&str] =
    &["from", "to", "into", "than", "before", "after", "by", "over", "when", "and", "but", "because", "if"];

/// What an answer has of the expected words.
struct Share {
    share: f32,
    /// Share of the answer's own words, beside those of the question, that are expected.
    of_answer: f32,
    /// Whether every number of the book's sentence is there, and no other.
    numbers: bool,
    /// Whether they stand neither in the book's order nor each behind the one that it stands behind there.
    scrambled: bool,
}

/// Grades a statement.
pub(super) fn grade(
    expected: &Expected,
    question: &Question,
    answer: &str,
    nearness: &mut dyn FnMut(&str, &str) -> Option<f32>,
) -> Grade {
    let told = tokens(answer);
    let best = std::iter::once(&expected.text).chain(&expected.also).map(|text| {
        let share = share(text, question, answer);
        (text, share)
    });
    let Some((text, share)) = best.max_by(|a, b| a.1.share.total_cmp(&b.1.share)) else { return Grade::Unsure };
    if told.len() > LONG * tokens(text).len().max(tokens(&question.source.quote).len()) {
        return Grade::Unsure;
    }
    let denial = denials(answer) % 2 != denials(text) % 2;
    let turned = opposite(text, answer);
    if turned && (share.share >= 0.2 || tokens(text).len() <= 6) {
        // "Sound is slower than light" says that light is faster.
        let exchanged = told.iter().any(|word| word == "than") && share.scrambled;
        return if exchanged { Grade::Unsure } else { Grade::Wrong };
    }
    if denial && share.share >= 0.3 {
        // The book's own denial may be said without one: "lacks"; a denial of what the book says may not.
        return if denials(answer) % 2 == 1 { Grade::Wrong } else { Grade::Unsure };
    }
    let grammar = told.iter().any(|word| is_stop(word)) || told.len() <= 3;
    let scrambled = share.scrambled && told.iter().any(|word| DIRECTED.contains(&word.as_str()));
    let (value, right) = match nearness(&full(question, answer), &full(question, text)) {
        Some(cosine) => (WORDS * share.share + (1.0 - WORDS) * scaled(cosine), NEAR_RIGHT),
        None => (share.share, RIGHT),
    };
    let enough = value >= right && share.share >= 0.5;
    match () {
        () if enough && share.numbers && grammar && !scrambled => Grade::Right,
        () if enough && !share.numbers => Grade::Partly,
        () if enough || scrambled && share.share >= PARTLY => Grade::Unsure,
        () if share.share >= 0.62 => Grade::Unsure,
        () if share.share >= 0.25 || share.of_answer >= 0.5 => Grade::Partly,
        () if value >= 0.3 => Grade::Unsure,
        () => Grade::Wrong,
    }
}

/// The cosine of sentences of one subject, 0 where they only share it.
fn scaled(cosine: f32) -> f32 {
    ((cosine - 0.35) / 0.5).clamp(0.0, 1.0)
}

/// A short answer with the question before it, so that a vector has something to go by.
fn full(question: &Question, answer: &str) -> String {
    format!("{} {answer}", question.prompt)
}

fn share(text: &str, question: &Question, answer: &str) -> Share {
    let asked = stems(&question.prompt);
    let wanted: Vec<String> = content(text);
    let given: Vec<String> = content(answer);
    let weight = |word: &String| {
        let asked = if asked.contains(&stem(word)) { ASKED } else { 1.0 };
        let asked = if is_modifier(word) || is_light(word) { asked * 0.5 } else { asked };
        asked * if word.chars().any(|c| c.is_ascii_digit()) { 2.0 } else { 1.0 }
    };
    let mut counted = BTreeSet::new();
    let (mut all, mut had, mut places) = (0.0, 0.0, Vec::new());
    for word in &wanted {
        if !counted.insert(stem(word)) {
            continue;
        }
        all += weight(word);
        if let Some(place) = given.iter().position(|said| means(word, said)) {
            had += weight(word);
            places.push(place);
        }
    }
    let digits = |words: &[String]| -> BTreeSet<String> {
        words.iter().filter(|word| word.chars().any(|c| c.is_ascii_digit())).cloned().collect()
    };
    let known: BTreeSet<String> = digits(&content(&question.source.quote))
        .into_iter()
        .chain(digits(&content(&question.prompt)))
        .chain(digits(&wanted))
        .collect();
    let (needed, said) = (digits(&wanted), digits(&given));
    let numbers = needed.iter().all(|number| said.contains(number) || asked.contains(number)) && said.is_subset(&known);
    let own: Vec<&String> = given.iter().filter(|word| !asked.contains(&stem(word)) && !is_light(word)).collect();
    let fits = |said: &&&String| wanted.iter().any(|word| !asked.contains(&stem(word)) && means(word, said));
    let of_answer = own.iter().filter(fits).count() as f32 / own.len().max(1) as f32;
    Share { of_answer, share: if all > 0.0 { had / all } else { 0.0 }, numbers, scrambled: scrambled(&places) }
}

/// Whether the words found stand in another order than the book's, and few of them right behind their neighbour there:
/// "the reader waits for the writer" is not "the writer waits for the reader", while whole clauses may change places.
fn scrambled(places: &[usize]) -> bool {
    if places.len() < 3 {
        return false;
    }
    let share = |fits: &dyn Fn(usize, usize) -> bool| {
        places.windows(2).filter(|pair| fits(pair[0], pair[1])).count() as f32 / (places.len() - 1) as f32
    };
    share(&|a, b| a <= b) < 0.75 && share(&|a, b| a <= b && b - a <= 2) < 0.45
}

/// The words that tell something, in order.
fn content(text: &str) -> Vec<String> {
    const TELLING: &[&str] = &["up", "down", "away", "more", "less", "has", "have", "give", "get", "use"];
    const EMPTY: &[&str] = &["so", "thing", "things", "really", "every", "way", "lot", "called", "happens"];
    let mut words = tokens(text);
    words.retain(|word| {
        (!is_stop(word) || TELLING.contains(&word.as_str()) && word.len() > 3 || word == "up")
            && !EMPTY.contains(&word.as_str())
            && !is_negation(word)
    });
    words
}

/// Verbs of so many uses that they tell little.
fn is_light(word: &str) -> bool {
    ["make", "give", "take", "get", "put", "do", "have", "go", "move", "form"].contains(&stem(word).as_str())
        || word == "made"
}

/// Words that a sentence may lose and still say its main thing.
fn is_modifier(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ly")
        || ["new", "many", "several", "whole", "main", "great", "own"].contains(&word)
}

/// Whether two words are forms of one word, one misspelt, or mean the same.
fn means(wanted: &str, said: &str) -> bool {
    let (a, b) = (stem(wanted), stem(said));
    let shared = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let longest = a.chars().count().max(b.chars().count());
    let related = shared >= 5 && longest - shared <= 3;
    let group = || {
        SAME.iter().any(|group| {
            [(&a, wanted), (&b, said)].iter().all(|(stem, word)| group.contains(&stem.as_str()) || group.contains(word))
        })
    };
    a == b || related || group() || fit(wanted, said, &[]) == Fit::Yes
}

/// How many words deny something.
fn denials(text: &str) -> usize {
    tokens(text).iter().filter(|word| is_negation(word) || ["lack", "lacks", "fails"].contains(&word.as_str())).count()
}

/// Whether the answer says the opposite of a word of the book's sentence.
fn opposite(text: &str, answer: &str) -> bool {
    let set =
        |text: &str| -> BTreeSet<String> { tokens(text).iter().flat_map(|word| [stem(word), word.clone()]).collect() };
    let (there, said) = (set(text), set(answer));
    let has = |set: &BTreeSet<String>, words: &[&str]| words.iter().any(|word| set.contains(*word));
    let turned = |a: &[&str], b: &[&str]| has(&there, a) && !has(&there, b) && has(&said, b) && !has(&said, a);
    sense_of(text, answer) || OPPOSITE.iter().any(|(a, b)| turned(a, b) || turned(b, a))
}

fn sense_of(text: &str, answer: &str) -> bool {
    // Denials are weighed on their own.
    sense(&fold(text), &fold(answer)) == Sense::Opposite
}
