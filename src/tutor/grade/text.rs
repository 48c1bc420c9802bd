//! A student's words made comparable: case, accents and digits folded, the words around an answer taken off, what is
//! denied told from what is said.

use crate::passage::words::{content_set, words};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// First digits (zero) of scripts whose ten digits stand in a row.
const ZEROS: &[u32] = &[
    0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x0F20,
    0x1040, 0x17E0, 0x1810,
];

/// Lower case with Latin accents, ligatures and foreign digits made plain.
pub(in crate::tutor) fn fold(text: &str) -> String {
    plain_digits(text).nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).flat_map(char::to_lowercase).fold(
        String::new(),
        |mut folded, c| {
            match c {
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'ø' => folded.push('o'),
                'ł' => folded.push('l'),
                'ı' => folded.push('i'),
                '’' | '‘' | '`' => folded.push('\''),
                _ => folded.push(c),
            }
            folded
        },
    )
}

/// The text with the digits of all scripts as 0 to 9.
pub(super) fn plain_digits(text: &str) -> String {
    let digit = |c: char| {
        let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&u32::from(c)))?;
        char::from_digit(u32::from(c) - zero, 10)
    };
    text.chars().map(|c| digit(c).unwrap_or(c)).collect()
}

/// The words of a text, folded, in order.
pub(in crate::tutor) fn tokens(text: &str) -> Vec<String> {
    words(&fold(text)).collect()
}

/// Phrases before an answer that say nothing, the longer first where one begins with another.
const BEFORE: &[&str] = &[
    "the answer is", "the answer", "my answer is", "my answer", "answer is", "answer", "ans is", "ans",
    "the process is", "the process", "the force is", "i think that", "i think", "i thing", "i believe that",
    "i believe", "i guess", "i would say", "i say", "i am sure", "im sure", "it must be", "must be", "it should be",
    "should be", "could be", "would be", "might be", "may be", "it is called", "it's called", "its called",
    "they are called", "this is called", "is called", "are called", "called", "known as", "named", "it is", "it's",
    "its", "it was", "it has", "they have", "they are", "there are", "there is", "that is", "that's", "thats",
    "this is", "these are", "is it", "it", "is", "are", "was", "were", "maybe", "perhaps", "probably", "um", "umm",
    "uh", "hmm", "well", "so", "ok", "okay", "yes", "sir", "miss", "teacher", "please", "the", "a", "an", "some", "of",
    "to", "in", "at", "on", "by", "from", "and", "la", "le", "el", "because of", "because", "then", "only", "just",
    "about", "all",
];
/// Phrases behind it.
const BEHIND: &[&str] = &[
    "i think", "i guess", "i believe", "i suppose", "is the answer", "is my answer", "maybe", "probably", "right",
    "sir", "miss", "teacher", "please", "mam", "maam", "madam", "lol", "or something", "not sure", "im not sure",
    "i hope", "one", "ones", "did", "ok", "is it", "it", "was", "is", "are",
];

fn begins(words: &[String], phrase: &str) -> Option<usize> {
    let mut count = 0;
    for wanted in phrase.split(' ') {
        (words.get(count)? == wanted).then_some(())?;
        count += 1;
    }
    Some(count)
}

fn ends(words: &[String], phrase: &str) -> Option<usize> {
    let count = phrase.split(' ').count();
    let from = words.len().checked_sub(count)?;
    begins(&words[from..], phrase)
}

/// An answer's words without the words around it: "I think it is the anode, sir" is "anode".
pub(super) fn core(words: &[String]) -> &[String] {
    let mut core = words;
    loop {
        let longest = |find: fn(&[String], &str) -> Option<usize>, phrases: &[&str]| {
            phrases.iter().filter_map(|phrase| find(core, phrase)).filter(|count| *count < core.len()).max()
        };
        if let Some(count) = longest(begins, BEFORE) {
            core = &core[count..];
        } else if let Some(count) = longest(ends, BEHIND) {
            core = &core[..core.len() - count];
        } else {
            return core;
        }
    }
}

/// Ways to say that one does not know.
const DO_NOT_KNOW: &[&str] = &[
    "i don't really know", "i really don't know", "i don't know", "i dont know", "i do not know", "don't know",
    "dont know", "do not know", "dono", "dunno", "i dunno", "idk", "idc", "i have no idea", "no idea", "no clue",
    "not sure", "i'm not sure", "im not sure", "i am not sure", "i forgot", "forgot", "i can't remember",
    "i cant remember", "i don't understand", "i dont understand", "i dont get it", "pass", "skip", "next", "help",
    "help me", "hint", "tell me", "what is that", "what", "who knows", "huh", "hm", "hmm", "sorry", "ok",
    "nothing to say", "no se", "je ne sais pas", "je sais pas", "nahi pata", "mujhe nahi pata", "pata nahi",
    "ich weiss nicht", "मुझे नहीं पता", "पता नहीं", "weiß nicht", "no lo se", "?",
];

/// The text without "I don't know": what is left is a guess, or nothing.
pub(super) fn without_not_knowing(text: &str) -> String {
    let folded = fold(text);
    let mut said: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    loop {
        let bares: Vec<String> = said.iter().map(|word| bare(word)).collect();
        let found = DO_NOT_KNOW.iter().filter_map(|phrase| begins(&bares, &fold(phrase))).max();
        // A single word such as "what" is a shrug only where nothing follows.
        match found {
            Some(count) if count > 1 || count == said.len() || bares[0] == "idk" || bares[0] == "dunno" => {
                said.drain(..count);
            }
            _ if bares.first().is_some_and(|word| ["sir", "miss", "but", "sorry", ""].contains(&word.as_str()))
                && (said[0].chars().any(char::is_alphanumeric) || said.len() == 1) =>
            {
                said.remove(0);
            }
            _ => return said.join(" "),
        }
        if said.is_empty() {
            return String::new();
        }
    }
}

/// Whether an answer only says the question back.
pub(super) fn says_back(answer: &str, prompt: &str) -> bool {
    let (said, asked) = (content_set(&fold(answer)), content_set(&fold(prompt)));
    if said.is_empty() {
        return !answer.chars().any(char::is_alphanumeric)
            || tokens(answer).iter().all(|word| tokens(prompt).contains(word));
    }
    said.is_subset(&asked)
}

/// Words that deny what follows them.
pub(super) fn is_negation(word: &str) -> bool {
    const NEGATIONS: &[&str] = &[
        "not", "no", "never", "none", "nor", "cannot", "without", "neither", "isnt", "wasnt", "arent", "dont",
        "doesnt", "didnt", "cant", "aint", "wont", "werent", "isn't", "nothing", "nobody",
    ];
    NEGATIONS.contains(&word) || word.ends_with("n't")
}

/// What an answer says, and what it denies: "not the anode, it's the cathode".
pub(super) fn affirmed(text: &str) -> (String, String) {
    const AGAIN: &[&str] = &["but", "its", "it's", "it", "rather", "instead", "because", "actually", "is"];
    let (mut said, mut denied, mut denying) = (String::new(), String::new(), false);
    let lower = fold(text);
    let folded: Vec<&str> = lower.split_whitespace().collect();
    for (i, word) in text.split_whitespace().enumerate() {
        let bare = folded.get(i).map_or("", |word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\''));
        if is_negation(bare) && folded.get(i + 1) != Some(&"only") {
            denying = true;
        } else if denying && AGAIN.contains(&bare) && !denied.is_empty() {
            denying = false;
        }
        let into = if denying { &mut denied } else { &mut said };
        into.push_str(word);
        into.push(' ');
        if word.ends_with([',', ';', '.', ':', '!', '?']) {
            denying = false;
        }
    }
    (said, denied)
}

/// Whether an answer talks to the one who grades it instead of answering.
pub(super) fn pleads(answer: &str) -> bool {
    const PLEAS: &[&str] = &[
        "mark this", "mark it", "mark me", "mark my", "marked", "ignore the", "ignore all", "ignore your",
        "ignore previous", "full marks", "grade this", "grade it", "grade me", "grade right", "answer is correct",
        "answer is right", "this is correct", "this is right", "i am right", "im right", "is the right answer",
        "is the correct answer", "correct answer", "right answer", "give me", "say that i", "say im", "say i am",
        "your instructions", "you are now", "system prompt", "as correct", "count it", "accept this", "accept my",
        "accept any",
    ];
    let said = format!(" {} ", tokens(answer).join(" "));
    PLEAS.iter().any(|plea| said.contains(&format!(" {plea} ")))
}

/// Stems of words that carry meaning, folded.
pub(in crate::tutor) fn stems(text: &str) -> BTreeSet<String> {
    content_set(&fold(text))
}
