//! Where a sentence falls into several: at semicolons, and where `and`, `but`, `so` or `which` begins a clause of its own.

use super::asides::capital;
use super::grammar::{Word, has_finite, is_determiner, is_finite, is_preposition, opens_with_clause, words_of};

/// Words whose reach over a whole sentence a split would cut.
const HOLDS_TOGETHER: &[&str] = &[
    "if", "unless", "whether", "although", "though", "despite", "than", "either", "neither", "nor", "both", "suppose",
    "assume", "assuming", "provided", "lest", "until", "would", "let", "given", "rather", "only", "like",
];
/// Words that, at the beginning, make the first clause depend on a later one.
const OPENS_DEPENDENT: &[&str] = &[
    "if", "when", "whenever", "while", "as", "since", "because", "once", "after", "before", "where", "wherever",
    "that", "what", "how", "why", "whoever", "whatever", "to", "in", "for", "show", "explain", "hint", "note",
];
/// Words before a clause that hold it under something said or meant.
const REPORTS: &[&str] = &["that", "who", "whom", "whose", "which", "where", "because", "since", "while", "when", "as"];

/// The sentence in parts that each are whole; alone where no place to split is sure.
pub(super) fn split(sentence: &str) -> Vec<String> {
    let quoted = sentence.contains(['"', '“', '”', '«', '»', '‘']);
    let loose = sentence.contains([':', '—', '–']) || sentence.contains(" - ");
    if quoted || loose || !sentence.ends_with('.') {
        return vec![sentence.to_owned()];
    }
    let parts = at_semicolons(sentence);
    parts.iter().flat_map(|part| at_conjunctions(part)).flat_map(|part| at_which(&part)).collect()
}

/// Parts at `; ` if every one can stand alone.
fn at_semicolons(sentence: &str) -> Vec<String> {
    let parts: Vec<&str> = sentence.split("; ").collect();
    let held = words_of(sentence).iter().any(|word| matches!(word.lower().as_str(), "if" | "unless" | "whether"));
    let stands = |(i, part): (usize, &&str)| {
        let words = words_of(part);
        let balanced = part.matches('(').count() == part.matches(')').count();
        let opens = if i == 0 { has_finite(&words) && !depends(&words) } else { stands_alone(part) };
        balanced && words.len() >= 4 && opens
    };
    if parts.len() > 3 || held || !parts.iter().enumerate().all(stands) {
        return vec![sentence.to_owned()];
    }
    parts.into_iter().map(linked).collect()
}

/// Whether the first clause needs a later one.
fn depends(words: &[Word<'_>]) -> bool {
    words.first().is_some_and(|word| {
        let lower = word.lower();
        OPENS_DEPENDENT.contains(&lower.as_str()) && !matches!(lower.as_str(), "in" | "to" | "for" | "after" | "before")
    })
}

/// Links that may open a sentence of its own.
const LINKS: &[(&str, &str)] = &[
    ("however, ", "But "),
    ("therefore, ", "So "),
    ("thus, ", "So "),
    ("hence, ", "So "),
    ("consequently, ", "So "),
    ("instead, ", "Instead, "),
    ("for example, ", "For example, "),
    ("in addition, ", ""),
    ("moreover, ", ""),
    ("furthermore, ", ""),
];

fn without_link(part: &str) -> (&str, &'static str) {
    LINKS.iter().find_map(|(link, plain)| part.strip_prefix(link).map(|rest| (rest, *plain))).unwrap_or((part, ""))
}

/// Whether what follows a semicolon is a clause: it opens with a subject, and its verb comes before any `that` or `which`.
fn stands_alone(part: &str) -> bool {
    let words = words_of(without_link(part).0);
    let own = words.iter().position(|word| matches!(word.text, "that" | "which" | "who" | "whose" | "where" | "being"));
    let opens = words.first().is_some_and(|word| is_determiner(&word.lower()) || word.is_capital());
    opens_with_clause(&words) || opens && has_finite(&words[..own.unwrap_or(words.len())])
}

fn linked(part: &str) -> String {
    let (rest, link) = without_link(part);
    if link.is_empty() { capital(rest) } else { format!("{link}{rest}") }
}

/// Parts at `, and`, `, but` and `, so` where a clause with its own subject follows.
fn at_conjunctions(sentence: &str) -> Vec<String> {
    let words = words_of(sentence);
    let lower: Vec<String> = words.iter().map(Word::lower).collect();
    let starts_badly = lower.first().is_some_and(|first| {
        let phrase = matches!(first.as_str(), "in" | "to") && words.get(1).is_some_and(opens_phrase);
        OPENS_DEPENDENT.contains(&first.as_str()) && !phrase
    });
    if starts_badly || lower.iter().any(|word| HOLDS_TOGETHER.contains(&word.as_str())) {
        return vec![sentence.to_owned()];
    }
    for (link, plain) in [(", and ", ""), (", but ", "But "), (", so ", "So ")] {
        for (at, _) in sentence.match_indices(link) {
            let (left, right) = (&sentence[..at], &sentence[at + link.len()..]);
            if splits(left, right, link) {
                let mut parts = at_conjunctions(&format!("{left}."));
                let right = if plain.is_empty() { capital(right) } else { format!("{plain}{right}") };
                parts.extend(at_conjunctions(&right));
                return parts;
            }
        }
    }
    vec![sentence.to_owned()]
}

/// Whether a word behind `in` or `to` shows that these only say where or when.
fn opens_phrase(word: &Word<'_>) -> bool {
    let number = word.text.chars().all(|c| c.is_ascii_digit());
    number || word.is_capital() || matches!(word.text, "the" | "this" | "these" | "many" | "most" | "some")
}

/// Whether both sides of a conjunction are clauses that can stand alone.
fn splits(left: &str, right: &str, link: &str) -> bool {
    let (before, after) = (words_of(left), words_of(right));
    let pronoun = after.first().is_some_and(|word| {
        matches!(word.lower().as_str(), "he" | "she" | "it" | "they" | "we" | "i" | "you" | "there" | "this" | "these")
    });
    let lower: Vec<String> = before.iter().map(Word::lower).collect();
    let reported = lower.iter().any(|word| word == "that" || word == "how" || word == "why");
    let held = lower.iter().any(|word| REPORTS.contains(&word.as_str()));
    let balanced = left.matches('(').count() == left.matches(')').count();
    let purpose = link == ", so " && after.iter().take(3).any(|word| matches!(word.text, "can" | "could" | "that"));
    // Clauses in a row share their `and`.
    let in_a_row = left.split(", ").skip(1).any(|part| opens_with_clause(&words_of(part)));
    before.len() >= 4
        && !in_a_row
        && after.len() >= 4
        && balanced
        && !purpose
        && !reported
        && (pronoun || !held)
        && has_finite(&before)
        && opens_with_clause(&after)
}

/// `… the X, which is Y.` as `… the X. This X is Y.` where nothing else can be meant.
fn at_which(sentence: &str) -> Vec<String> {
    let whole = || vec![sentence.to_owned()];
    let Some((left, right)) = sentence.rsplit_once(", which ") else { return whole() };
    let (before, after) = (words_of(left), words_of(right));
    let Some(noun) = last_noun_phrase(&before) else { return whole() };
    let Some(verb) = after.first() else { return whole() };
    let plural = noun.ends_with('s') && !noun.ends_with("ss") && !noun.ends_with("us") && !noun.ends_with("is");
    let this = match verb.text {
        "is" | "was" | "has" if !plural => "This",
        "are" | "were" | "have" if plural => "These",
        _ => return whole(),
    };
    let held = words_of(sentence).iter().any(|word| {
        let lower = word.lower();
        HOLDS_TOGETHER.contains(&lower.as_str()) || lower == "that" && word.start < left.len()
    });
    if held || right.contains(',') || after.len() < 3 || left.contains(',') || depends(&before) {
        return whole();
    }
    vec![format!("{left}."), format!("{this} {noun} {right}")]
}

/// The noun phrase that words end with, without its article, if it is the object right behind a verb.
fn last_noun_phrase(words: &[Word<'_>]) -> Option<String> {
    let at = words.iter().rposition(|word| is_determiner(&word.lower()))?;
    let inside = &words[at + 1..];
    let simple = (1..=3).contains(&inside.len())
        && inside.iter().all(|word| {
            let lower = word.lower();
            !word.is_capital()
                && !is_preposition(&lower)
                && !is_finite(&lower)
                && !matches!(lower.as_str(), "and" | "or")
        });
    let article = matches!(words[at].lower().as_str(), "a" | "an" | "the");
    let verb = at.checked_sub(1).map(|before| words[before].lower())?;
    let behind_verb = is_finite(&verb) || verb.ends_with("ed") || verb.ends_with("ing");
    let behind_be = matches!(verb.as_str(), "is" | "are" | "was" | "were" | "be");
    let noun: Vec<&str> = inside.iter().map(|word| word.text).collect();
    (simple && article && behind_verb && !behind_be && has_finite(&words[..at])).then(|| noun.join(" "))
}
