//! The little English grammar that the rules stand on: words of a text with their places, and short closed lists.

/// A word of a text and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As written.
    pub(super) text: &'a str,
    /// First byte in the text.
    pub(super) start: usize,
    /// Byte behind it.
    pub(super) end: usize,
}

impl Word<'_> {
    pub(super) fn lower(&self) -> String {
        self.text.to_lowercase()
    }

    pub(super) fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }
}

/// The words of a text: letters and digits with what joins them inside (`well-known`, `3.14`, `don't`).
pub(super) fn words_of(text: &str) -> Vec<Word<'_>> {
    let mut found: Vec<Word<'_>> = Vec::new();
    let mut start = None;
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    for (i, (at, c)) in chars.iter().enumerate() {
        let beside = |j: Option<usize>| j.and_then(|j| chars.get(j)).is_some_and(|(_, c)| c.is_alphanumeric());
        let joins = matches!(c, '-' | '\'' | '’' | '.' | ',' | '/' | '‑');
        let digits_only = |c: char| c != ',' || chars[i - 1].1.is_ascii_digit() && chars[i + 1].1.is_ascii_digit();
        let inside = c.is_alphanumeric() || joins && beside(i.checked_sub(1)) && beside(Some(i + 1)) && digits_only(*c);
        match (inside, start) {
            (true, None) => start = Some(*at),
            (false, Some(begin)) => {
                found.push(Word { text: &text[begin..*at], start: begin, end: *at });
                start = None;
            }
            _ => {}
        }
    }
    if let Some(begin) = start {
        found.push(Word { text: &text[begin..], start: begin, end: text.len() });
    }
    found
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}

const BE: &str = "is are was were am isn't wasn't aren't weren't";
const HELPING: &str = "has have had can could may might must will would shall should do does did cannot can't don't \
    doesn't didn't won't couldn't hasn't haven't hadn't";
/// Past forms that are no participle or adjective by themselves, and present forms that are no noun.
const FINITE: &str = "went came took gave became began saw wrote grew fell rose ran knew spoke drew chose broke drove \
    flew threw showed said made led won lost fought built held sent brought found met kept got felt thought stood \
    taught caught sought includes include becomes remains seems means contains consists appears allows requires \
    provides makes takes gives goes comes gets keeps sees says knows finds depends occurs varies lies exists refers \
    follows continues begins tends";
const NEGATIONS: &str = "not no never none nor neither without cannot nothing nobody nowhere hardly unless except";
pub(super) const DETERMINERS: &str =
    "the a an this that these those its their his her our my your some many most all each every both several few any";
const PREPOSITIONS: &str = "of in on at by for with from to into onto over under between among through during before \
    after against about within without near across along around as than per via upon toward towards behind beyond";

pub(super) fn is_be(word: &str) -> bool {
    is_in(BE, word) || is_in("be been being", word)
}

/// Whether a word is a form of be or have, before which a verb is a participle.
pub(super) fn is_be_or_have(word: &str) -> bool {
    is_be(word) || is_in("has have had having", word)
}

pub(super) fn is_modal(word: &str) -> bool {
    is_in("can could may might must will would shall should to do does did cannot", word)
}

pub(super) fn is_negation(word: &str) -> bool {
    is_in(NEGATIONS, word) || word.ends_with("n't") || word.ends_with("n’t")
}

pub(super) fn is_determiner(word: &str) -> bool {
    is_in(DETERMINERS, word)
}

pub(super) fn is_preposition(word: &str) -> bool {
    is_in(PREPOSITIONS, word)
}

/// Whether a word always is a verb that needs a subject.
pub(super) fn is_finite(word: &str) -> bool {
    is_in(BE, word) || is_in(HELPING, word) || is_in(FINITE, word)
}

/// Whether a stretch of words has a verb of its own: a finite one, or a past form right behind a word that can be its
/// subject.
pub(super) fn has_finite(words: &[Word<'_>]) -> bool {
    let lower: Vec<String> = words.iter().map(Word::lower).collect();
    (0..lower.len()).any(|i| is_finite(&lower[i]) || i > 0 && is_past(&lower, i))
}

/// Whether word `i` is a regular past form with a subject before it and an object or place behind it.
fn is_past(lower: &[String], i: usize) -> bool {
    let before = lower[i - 1].as_str();
    let after = lower.get(i + 1).map_or("", String::as_str);
    lower[i].len() > 4
        && lower[i].ends_with("ed")
        && !(is_be_or_have(before) || is_determiner(before) || is_preposition(before) || before.ends_with("ly"))
        && !is_in("and or by as in on at with from for", after)
        && !is_in("and or not", before)
}

/// Whether the words open with a subject and its verb: `it was …`, `the two armies had …`, `Watt built …`.
pub(super) fn opens_with_clause(words: &[Word<'_>]) -> bool {
    let lower: Vec<String> = words.iter().map(Word::lower).collect();
    let Some(first) = lower.first().map(String::as_str) else { return false };
    let second = lower.get(1).map_or("", String::as_str);
    match first {
        "he" | "she" | "they" | "we" | "i" => lower.len() >= 3,
        "it" | "you" => is_finite(second) || second.ends_with("ed") || is_adverb_before_verb(&lower),
        "there" | "this" | "these" | "those" if is_finite(second) => lower.len() >= 3,
        "there" | "that" => false,
        _ if is_determiner(first) => noun_phrase_then_verb(&lower, 1),
        _ if words[0].is_capital() => {
            let names = words.iter().take_while(|word| word.is_capital()).count();
            names <= 3 && lower.get(names).is_some_and(|word| is_finite(word)) && lower.len() >= names + 3
        }
        _ => false,
    }
}

fn is_adverb_before_verb(lower: &[String]) -> bool {
    lower.len() >= 3 && (lower[1].ends_with("ly") || is_in("also then still now", &lower[1])) && is_finite(&lower[2])
}

/// One to four words that can be a noun phrase, then a verb.
fn noun_phrase_then_verb(lower: &[String], from: usize) -> bool {
    for (i, word) in lower.iter().enumerate().skip(from).take(5) {
        let has_object = lower.get(i + 1).is_some_and(|next| is_determiner(next));
        if i > from && (is_finite(word) || word.ends_with("ed") && has_object) {
            return lower.len() > i + 1;
        }
        let breaks = is_in("and or but that who which whose where when if as because so not", word);
        if breaks || (is_preposition(word) && word != "of") || is_finite(word) {
            return false;
        }
    }
    false
}
