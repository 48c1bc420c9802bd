//! Wishes that name something: a lesson's topic, a quiz's, a place in the lesson, the student's name.

use super::phrases::Kind;
use super::plain::Token;
use super::rules::Text;
use super::{Intent, Jump, Situation};
use crate::tutor::words;

/// Words of a topic at most; what a student writes behind them is no topic.
const MAX_TOPIC_WORDS: usize = 16;

/// How plainly a lesson must be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// As in "teach me", which begins no answer.
    Strong,
    /// As in "start with".
    Any,
}

/// The topic from a token on, as the student wrote it, without articles before and politeness behind it.
fn topic(text: &Text<'_>, from: usize, to: usize) -> String {
    const SMALL: &[&str] = &[
        "the", "a", "an", "of", "about", "how", "to", "what", "is", "are", "something", "some", "more", "los", "las",
        "el", "les", "le", "la", "l",
    ];
    const BEHIND: &[&str] = &[
        "please", "kindly", "now", "today", "sir", "madam", "maam", "mam", "miss", "teacher", "tutor", "instead",
        "first", "then", "thanks", "bro", "too", "here", "tomorrow", "svp", "stp", "ji",
    ];
    const PAIRS: &[(&str, &str)] = &[
        ("to", "me"),
        ("for", "me"),
        ("to", "us"),
        ("thank", "you"),
        ("with", "questions"),
        ("by", "questions"),
        ("por", "favor"),
        ("the", "start"),
        ("as", "well"),
        ("te", "plait"),
        ("vous", "plait"),
        ("ke", "bare"),
    ];
    let tokens = &text.tokens;
    let (mut from, mut to) = (from.min(tokens.len()), to.min(tokens.len()));
    from = from.min(to);
    // "from the beginning" and "before my exam" say how or when.
    let ends = |pair: &[Token]| {
        let pair = [pair[0].text.as_str(), pair[1].text.as_str()];
        matches!(
            pair,
            ["from", "zero" | "scratch"] | ["desde", "cero"] | ["before", "my"] | ["to", "me"] | ["de", "zero"]
        )
    };
    if let Some(end) = tokens[from..to].windows(2).position(ends).filter(|end| *end > 0) {
        to = from + end;
    }
    while from < to && SMALL.contains(&tokens[from].text.as_str()) {
        from += 1;
    }
    while to > from {
        let last = tokens[to - 1].text.as_str();
        let before = if to - from > 1 { tokens[to - 2].text.as_str() } else { "" };
        match () {
            () if PAIRS.contains(&(before, last)) => to -= 2,
            () if BEHIND.contains(&last) || (!before.is_empty() && matches!(last, "from" | "sil")) => to -= 1,
            () => break,
        }
    }
    as_written(text, from, to.min(from + MAX_TOPIC_WORDS))
}

/// The words of a message in which these tokens stand.
fn as_written(text: &Text<'_>, from: usize, to: usize) -> String {
    if from >= to {
        return String::new();
    }
    let (first, last) = (text.tokens[from].word, text.tokens[to - 1].word);
    let words: Vec<&str> = text.message.split_whitespace().skip(first).take(last + 1 - first).collect();
    let joined = words.join(" ");
    joined.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(u32::from(c), 0x0900..=0x0D7F)).to_owned()
}

/// A topic that names nothing is none.
fn or_none(topic: String) -> String {
    if words::content_set(&topic).is_empty() { String::new() } else { topic }
}

/// Where the wish behind politeness and "I want to" ends, by the first of `kinds` that stands there.
fn behind(text: &Text<'_>, kinds: &[Kind]) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        if let Some(hit) = text.phrases.longest(&text.tokens, from, kinds) {
            return Some((from, hit.to));
        }
        from = text.phrases.longest(&text.tokens, from, &[Kind::Wish])?.to;
    }
}

/// "teach me X", "I want to learn about X", "X ke bare mein sikhao".
pub(super) fn teach(text: &Text<'_>, strength: Strength) -> Option<Intent> {
    const STRONG: &[&str] = &["teach", "ensename", "enseñame", "apprends", "enseigne"];
    if let Some((at, to)) = behind(text, &[Kind::TeachBefore]) {
        // "let us do" + "a lesson on"
        let to = text.phrases.longest(&text.tokens, to, &[Kind::TeachBefore]).map_or(to, |next| next.to);
        let wished = at > 0
            && text.tokens[..at].iter().any(|token| matches!(token.text.as_str(), "want" | "would" | "need" | "have"));
        let first = text.tokens[at].text.as_str();
        let is_strong = STRONG.contains(&first) || (wished && matches!(first, "learn" | "study" | "know"));
        // "know about" and "understand" ask for a lesson only behind a wish.
        let is_weak = matches!(first, "know" | "understand" | "read") && at == 0;
        if (strength == Strength::Strong && !is_strong) || is_weak {
            return None;
        }
        return Some(Intent::Teach(topic(text, to, text.tokens.len())));
    }
    // "my exam is on monday please teach me matrices"
    let inner = (1..text.tokens.len()).rev().find_map(|from| {
        let hit = text.phrases.longest(&text.tokens, from, &[Kind::TeachBefore])?;
        (text.tokens[from].text == "teach" && hit.to - from > 1 && hit.to < text.tokens.len()).then_some(hit.to)
    });
    if let Some(to) = inner {
        return Some(Intent::Teach(topic(text, to, text.tokens.len())));
    }
    let ends = |from: usize| {
        text.phrases.longest(&text.tokens, from, &[Kind::TeachAfter]).is_some_and(|hit| hit.to == text.tokens.len())
    };
    let at = (1..text.tokens.len()).find(|from| ends(*from))?;
    let own = ["mujhe", "मुझे", "hume", "humko", "हमें", "mujhko", "please", "कृपया", "sir", "सर", "aap", "आप"];
    let from = text.tokens[..at].iter().position(|token| !own.contains(&token.text.as_str()))?;
    Some(Intent::Teach(topic(text, from, at)))
}

/// "quiz me on X".
pub(super) fn quiz(text: &Text<'_>) -> Option<Intent> {
    let (_, to) = behind(text, &[Kind::QuizBefore])?;
    Some(Intent::Quiz(or_none(topic(text, to, text.tokens.len()))))
}

/// What a wish that no rule knows asks to be taught: the words behind the last "learn about", "on" or "about" of it.
pub(super) fn named_anywhere(message: &str, situation: Situation) -> String {
    let text = Text::new(message, situation);
    let behind = (0..text.tokens.len()).rev().find_map(|from| {
        let hit = text.phrases.longest(&text.tokens, from, &[Kind::TeachBefore]).map(|hit| hit.to);
        let joins = matches!(text.tokens[from].text.as_str(), "about" | "on" | "is" | "at" | "with" | "for");
        hit.or(joins.then_some(from + 1)).filter(|to| *to < text.tokens.len())
    });
    let from = behind.unwrap_or_else(|| text.tokens.len() - text.matter().len());
    or_none(topic(&text, from, text.tokens.len()))
}

/// What a wish for a quiz that no rule knows names, if it names something.
pub(super) fn asked_about(message: &str, situation: Situation) -> String {
    let text = Text::new(message, situation);
    let joins = |token: &Token| matches!(token.text.as_str(), "about" | "on" | "of" | "from");
    let from = text.tokens.iter().rposition(joins).map_or(text.tokens.len(), |at| at + 1);
    or_none(topic(&text, from, text.tokens.len()))
}

/// Words that follow "I am" and are no name.
const STATES: &[&str] = &[
    "confused", "tired", "sorry", "hungry", "lost", "happy", "sad", "bored", "ready", "done", "fine", "good", "ok",
    "back", "here", "new", "not", "in", "a", "an", "the", "from", "at", "on", "going", "so", "very", "too", "just",
    "sick", "ill", "sleepy", "angry", "late", "stuck", "scared", "afraid", "alone", "stupid", "dumb", "weak", "bad",
    "best", "great", "finished", "unable", "trying", "learning", "studying", "reading", "thinking", "having",
    "getting", "feeling", "still", "sure", "unsure", "interested", "excited", "nervous", "worried", "busy", "free",
    "home", "outside", "batman", "asking", "your", "my", "what", "who", "it", "he", "she", "they", "we", "because",
    "years", "old", "class", "student", "boy", "girl",
];

/// The words of a name from a token on, as many as can belong to it.
fn name_from(text: &Text<'_>, from: usize, needs_capital: bool) -> Option<(String, usize)> {
    let written: Vec<&str> = text.message.split_whitespace().collect();
    let shouts = !text.message.chars().any(char::is_lowercase);
    let mut to = from;
    while to < text.tokens.len() && to - from < 3 {
        let token = &text.tokens[to];
        let is_state = STATES.contains(&token.text.as_str());
        let is_joint =
            matches!(token.text.as_str(), "and" | "but" | "i" | "please" | "can" | "sir" | "teach" | "from" | "what");
        let capital =
            written[token.word].trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_uppercase);
        if is_state || is_joint || token.text.chars().any(char::is_numeric) || (needs_capital && (!capital || shouts)) {
            break;
        }
        to += 1;
        // A comma or a full stop ends it.
        if written[token.word].ends_with([',', '.', '!', ';'])
            && text.tokens.get(to).is_none_or(|next| next.word != token.word)
        {
            break;
        }
    }
    let name = as_written(text, from, to);
    (!name.is_empty()).then_some((name, to))
}

/// The name that a message tells and where it ends.
fn named(text: &Text<'_>) -> Option<(String, usize)> {
    let texts: Vec<&str> = text.tokens.iter().map(|token| token.text.as_str()).collect();
    let mut from = 0;
    while let Some(hit) = text.phrases.longest(&text.tokens, from, &[Kind::AboutWish, Kind::Greeting]) {
        if text.phrases.longest(&text.tokens, from, &[Kind::NameBefore]).is_some() {
            break;
        }
        from = hit.to;
    }
    if let Some(hit) = text.phrases.longest(&text.tokens, from, &[Kind::NameBefore]) {
        return name_from(text, hit.to, false);
    }
    let before = match &texts[from.min(texts.len())..] {
        ["i", "am", "called", ..] => 3,
        ["i", "am", ..] | ["this", "is", ..] | ["je", "suis", ..] => 2,
        ["soy", ..] => 1,
        _ => return None,
    };
    name_from(text, from + before, true)
}

/// Whether a part of a message only tells a name.
pub(super) fn is_name(text: &Text<'_>) -> bool {
    named(text).is_some_and(|(_, to)| to == text.tokens.len())
}

/// "my name is Asha"; what else the message says comes first.
pub(super) fn name(text: &Text<'_>) -> Option<Intent> {
    let (name, to) = named(text)?;
    if let Some(next) = text.tokens.get(to)
        && matches!(next.text.as_str(), "and" | "but" | "i" | "please" | "can" | "teach" | "what")
    {
        let rest: Vec<&str> = text.message.split_whitespace().skip(next.word).collect();
        let rest = super::rules::read(&rest.join(" "), text.situation);
        if rest.is_sure && !matches!(rest.intent, Intent::Other | Intent::Name(_)) {
            return Some(rest.intent);
        }
    }
    Some(Intent::Name(name))
}

fn number(token: &Token) -> Option<usize> {
    const WORDS: &[&str] =
        &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const ORDINALS: &[&str] =
        &["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    let word = token.text.as_str();
    let listed = |list: &[&str]| list.iter().position(|known| *known == word).map(|i| i + 1);
    word.parse().ok().filter(|n| (1..1000).contains(n)).or_else(|| listed(WORDS)).or_else(|| listed(ORDINALS))
}

/// "go to step 3", "chapter 2".
pub(super) fn jump(text: &Text<'_>) -> Option<Intent> {
    const PLACES: &[&str] = &[
        "chapter", "ch", "section", "unit", "lesson", "part", "capitulo", "chapitre", "adhyay", "अध्याय", "seccion",
        "leccion",
    ];
    const STEPS: &[&str] = &["step", "steps", "paso", "etape", "charan", "चरण"];
    let tokens = &text.tokens;
    let mut from = 0;
    let mut goes = false;
    while let Some(hit) = text.phrases.longest(tokens, from, &[Kind::Go, Kind::Wish, Kind::Filler]) {
        let is_place = |word: &str| PLACES.contains(&word) || STEPS.contains(&word);
        if is_place(&tokens[from].text) {
            break;
        }
        goes |= hit.kind == Kind::Go;
        from = hit.to;
    }
    let noun = tokens.get(from)?.text.as_str();
    let next = |i: usize| tokens.get(i);
    let mut at = from + 1;
    if next(at).is_some_and(|token| matches!(token.text.as_str(), "number" | "no" | "numero")) {
        at += 1;
    }
    let value = number(next(at)?)?;
    let mut to = at + 1;
    while next(to).is_some_and(|token| token.text.parse::<u16>().is_ok()) {
        to += 1;
    }
    let rest = &tokens[to..];
    let polite = rest.is_empty()
        || text.phrases.cover(rest, None).is_some_and(|hits| hits.iter().all(|hit| hit.kind == Kind::Filler));
    if !polite || (text.situation.is_asked && !goes) {
        return None;
    }
    if STEPS.contains(&noun) {
        return Some(Intent::Jump(Jump::Step(value)));
    }
    if !PLACES.contains(&noun) || (goes && tokens[..from].iter().any(|token| token.text == "show")) {
        return None;
    }
    let place = as_written(text, from, to);
    Some(if text.situation.in_lesson { Intent::Jump(Jump::Place(place)) } else { Intent::Teach(place) })
}
