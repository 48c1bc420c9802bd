//! Which sentences are worth asking about: whole, understood alone, and saying something that is to be learned.

use super::super::answer::{is_statement, is_whole};
use super::super::subject::PREPOSITIONS;
use super::terms::Lexicon;
use super::text::{Word, is_english, one_of, words};

/// Fewest and most words of a sentence that is asked about.
const WORDS: std::ops::RangeInclusive<usize> = 6..=32;

/// A sentence of the book that can be understood alone.
#[derive(Debug)]
pub(super) struct Key<'a> {
    /// Its place in the material's own sentences.
    pub(super) index: usize,
    /// Its text.
    pub(super) text: &'a str,
    /// Its words.
    pub(super) words: Vec<Word<'a>>,
    /// Whether its grammar is known.
    pub(super) english: bool,
    /// How much it is worth asking about.
    pub(super) score: f32,
}

/// What a sentence begins with that goes on from another.
const LEANING_STARTS: &str = "it this these those that he she they such its his her their another other others both \
    however moreover therefore thus furthermore consequently nevertheless nonetheless also instead then but and or so yet \
    hence similarly likewise otherwise besides meanwhile additionally conversely accordingly again indeed here later \
    afterwards thereafter finally overall specifically namely eventually subsequently ultimately alternatively rather still \
    further next note see recall remember consider suppose imagine assume let because since again nor soon earlier first \
    second third fourth fifth firstly secondly lastly unfortunately luckily fortunately surprisingly interestingly yes no well now too run be fewer approximately initially originally formally there \
    there ever afterward lest neither either some one many most several all none few each above below what who how why \
    where let's given using show find determine calculate choose write draw use try make sure just i we you my your our";
/// Beginnings of more than one word.
const LEANING_PHRASES: &[&str] = &[
    "for example", "for instance", "in addition", "in contrast", "by contrast", "in other words", "on the other hand",
    "as a result", "as such", "that is", "in particular", "in turn", "in fact", "of these", "of the", "at this",
    "at that", "in this", "in these", "in that", "in such", "by this", "with this", "from this", "to this",
    "under this", "for this", "after this", "after that", "despite this", "due to this", "because of", "at the time",
    "at the same", "by then", "by that", "in both", "in response", "in return", "on this", "on that", "in reality",
    "in short", "in general", "in most", "in some", "in many", "in each", "in all", "on the contrary", "like the",
    "unlike the", "in the same", "in the latter", "in the former", "from there", "in part", "when the", "if the",
    "as with", "along with", "apart from", "as well", "more recently", "in modern", "an example", "one example",
    "a third", "a second", "an alternative", "a similar", "a further", "one such", "in one", "in another", "the above",
    "the following", "the next", "the other", "the latter", "the former", "the same", "the second", "the third",
    "the final", "the reason", "the result", "the idea", "the name", "the term", "the word", "the two", "the three",
    "the only", "the problem", "the question", "the answer", "the first",
];
/// Words that point out of the sentence wherever they stand.
const POINTING: &str = "this these such above below aforementioned respectively latter former following previous \
    previously figure fig table equation chapter section page appendix shown i we you my your our us me mine let's above-mentioned \
    i'm we're you're don't can't it's i've you'll we'll we've here thereby therein thereof likewise herein otherwise there";
const MARKS: &[char] = &[
    '=', '<', '>', '{', '}', '|', '\\', '@', '#', '~', '_', '^', '…', '•', '→', '∆', '×', '±', '√', '∫', '∑',
    '\u{fffd}',
];

/// The sentences worth asking about, in book order.
pub(super) fn keys<'a>(texts: &'a [String], lexicon: &Lexicon) -> Vec<Key<'a>> {
    let mut found: Vec<Key<'a>> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        if found.iter().any(|key| key.text == text) {
            continue;
        }
        let words = words(text);
        let english = is_english(&words);
        if stands_alone(text, &words, english, lexicon) {
            let score = score(&words, lexicon);
            found.push(Key { index, text, words, english, score });
        }
    }
    found
}

/// Whether a sentence is whole and leans on nothing.
fn stands_alone(text: &str, words: &[Word<'_>], english: bool, lexicon: &Lexicon) -> bool {
    if !is_clean(text) {
        return false;
    }
    if !english {
        let length = text.chars().count();
        let few = words.len() < *WORDS.start() && !text.chars().any(|c| u32::from(c) >= 0x2E80);
        return !few && (12..=260).contains(&length);
    }
    WORDS.contains(&words.len()) && !begins_leaning(text, words, lexicon) && !points_out(words, lexicon)
}

fn is_clean(text: &str) -> bool {
    let count = |c: char| text.matches(c).count();
    let paired = count('(') == count(')') && count('[') == 0 && count('"') % 2 == 0 && count('“') == count('”');
    // ":2–10:79", "tocorner": marks of notes, and words that ran together
    let noted = text.contains(".:")
        || text.contains(": )")
        || text.contains("on the other hand")
        || text.contains("on one hand")
        || text.contains("http")
        || text.contains("www.")
        || text.contains("Chinese:");
    let glued =
        text.as_bytes().windows(3).any(|w| w[0].is_ascii_lowercase() && w[1] == b'.' && w[2].is_ascii_alphabetic());
    let long = text.split_whitespace().any(|word| word.len() > 24 && word.is_ascii());
    let shouting =
        text.split_whitespace().filter(|word| word.len() > 3 && word.chars().all(char::is_uppercase)).count();
    let ends = text.trim_end_matches(['"', '”', ')', '’']).ends_with(['.', '。', '।', '۔']);
    let note = text.contains(" ed.") || text.contains("ISBN") || text.contains(" pp. ") || text.contains(" p. ");
    is_statement(text)
        && is_whole(text)
        && paired
        && ends
        && !noted
        && !glued
        && !long
        && !note
        && shouting <= 3
        && !text.contains(MARKS)
        && !text.contains("...")
        && !text.contains(" .")
        && text.starts_with(|c: char| c.is_alphanumeric() || c == '"' || c == '“')
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.matches(',').count() <= 5
        && text.matches(';').count() <= 1
}

fn begins_leaning(text: &str, words: &[Word<'_>], lexicon: &Lexicon) -> bool {
    let lower = text.to_lowercase();
    let phrase = LEANING_PHRASES
        .iter()
        .any(|phrase| lower.strip_prefix(phrase).is_some_and(|rest| rest.starts_with([' ', ',', ':'])));
    if phrase || words[0].is(LEANING_STARTS) || words[0].lower.ends_with("ly") && words[0].closes == "," {
        return true;
    }
    if words.iter().take(5).any(|word| word.is("later afterwards thereafter earlier meanwhile")) {
        return true;
    }
    // "The theory was …": which one, unless the section speaks of it all the time?
    let from = usize::from(words[0].is(PREPOSITIONS) && words[0].closes.is_empty());
    let definite = words[from].lower == "the";
    let head = words
        .iter()
        .skip(from + 1)
        .position(|word| !word.is_content() || word.is_number() || super::super::subject::reads_as_verb(&word.lower));
    let Some(head) = head.filter(|_| definite) else { return false };
    let head = head + from + 1;
    let named = words[from + 1..head].iter().any(|word| word.is_capital() || word.is_number());
    let named_there = words.iter().any(|word| word.is("called termed known"));
    let told =
        words.get(head).is_some_and(|word| word.is("of that which who whose where by between for in on to from"));
    if head <= from + 1 || named || told && (named_there || words[head].is("of by between")) {
        return head <= from + 1 && !named;
    }
    let phrase = words[from + 1..head].iter().map(|word| word.lower.as_str()).collect::<Vec<_>>().join(" ");
    !lexicon.is_running(&phrase)
}

/// Whether a pronoun stands for something outside the sentence, or a word points there.
fn points_out(words: &[Word<'_>], lexicon: &Lexicon) -> bool {
    let person_before = |i: usize| lexicon.names_person(&words[..i]);
    let noun_before = |i: usize| words[..i].iter().filter(|word| word.is_content()).count() >= 2;
    words.iter().enumerate().any(|(i, word)| {
        let next = words.get(i + 1);
        match word.lower.as_str() {
            _ if word.is(POINTING) => true,
            "he" | "his" | "she" | "him" | "himself" | "herself" => !person_before(i),
            "her" => !person_before(i),
            "it" | "its" | "they" | "their" | "them" | "itself" | "themselves" => {
                // "Built with three layers, it …": what it stands for was named before the sentence.
                let first = &words[0];
                let begins =
                    ["ed", "ing", "ly"].iter().any(|ending| first.lower.ends_with(ending)) || first.is(PREPOSITIONS);
                let opens = i > 0 && words[i - 1].closes == "," && (begins || first.lower.starts_with("un"));
                !noun_before(i) || opens
            }
            "those" => !next.is_some_and(|next| next.is("of who that which in with from whose to")),
            // "in that year", but not "so that", "the law that"
            "that" => {
                let nouns = "time year day case way point period century war country area regard respect";
                let noun =
                    next.is_some_and(|next| next.is(nouns) || i > 0 && words[i - 1].lower != "in" && next.is_content());
                i > 0 && words[i - 1].is(PREPOSITIONS) && words[i - 1].lower != "than" && noun
            }
            "other" | "others" => i == 1 && words[0].lower == "the",
            "same" => i < 4,
            "both" => i < 2,
            "two" | "three" | "four" | "five" => i == 1 && words[0].lower == "the" || i == 0,
            _ => false,
        }
    })
}

/// How much a sentence is worth asking about, about 0 to 3.
fn score(words: &[Word<'_>], lexicon: &Lexicon) -> f32 {
    let mut score = 0.0;
    let stems: std::collections::BTreeSet<String> =
        words.iter().filter(|word| word.is_content()).map(|word| super::super::words::stem(&word.lower)).collect();
    score += stems.iter().filter(|stem| lexicon.in_heading(stem)).count().min(2) as f32 * 0.3;
    let causes =
        "because causes cause caused leads led results resulted therefore prevents allows requires produces made";
    score += if words.iter().any(|word| word.is(causes)) { 0.2 } else { 0.0 };
    let running = stems.iter().filter(|stem| lexicon.own_uses(stem) >= 2).count();
    score += 0.6 * running as f32 / stems.len().max(4) as f32;
    score -= if words.len() > 24 { 0.25 } else { 0.0 };
    score -= words.iter().filter(|word| word.closes.contains(',')).count().saturating_sub(2) as f32 * 0.15;
    score -= if words.iter().any(|word| one_of(&word.lower, "may might perhaps possibly some")) { 0.1 } else { 0.0 };
    score
}
