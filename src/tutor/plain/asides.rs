//! What a sentence does without: reference marks, bracketed asides and lead-ins.

use super::grammar::{is_negation, words_of};
use crate::passage::words::stem;
use std::collections::BTreeSet;

/// What begins a bracket that only points elsewhere.
const POINTERS: &[&str] = &[
    "see", "cf", "cf.", "fig", "fig.", "figs.", "figure", "figures", "table", "tables", "chapter", "section",
    "sections", "eq.", "equation", "appendix", "as shown", "shown in", "also see", "refer to", "left", "right",
    "above", "below", "pictured", "image", "diagram",
];

/// What begins a bracket that only gives another spelling or sound of a name.
const SPELLINGS: &[&str] =
    &["chinese:", "pinyin:", "pronounced", "literally", "lit.", "greek:", "latin:", "mongolian:"];

/// Lead-ins that say nothing of the matter; with `…` what follows them goes too.
const EMPTY_LEAD_INS: &[&str] = &[
    "it should be noted that", "it should also be noted that", "it must be noted that", "it is worth noting that",
    "it is important to note that", "it is also important to note that", "it is interesting to note that",
    "it should be emphasised that", "it should be emphasized that", "it should be remembered that",
    "it is important to remember that", "it is important to realise that", "it is important to realize that",
    "it is important to understand that", "it is worth mentioning that", "it can be seen that", "we can see that",
    "as we have seen,", "as we saw,", "as we saw earlier,", "as we saw above,", "as mentioned,", "as mentioned above,",
    "as mentioned before,", "as mentioned earlier,", "as noted above,", "as noted earlier,", "as stated above,",
    "as already mentioned,", "as described above,", "as discussed above,", "as you can see,", "as you know,",
    "as is well known,", "note that", "notice that", "note also that", "recall that", "remember that",
    "please note that", "in other words,", "furthermore,", "moreover,", "in addition,", "additionally,", "in fact,",
    "as a matter of fact,", "indeed,", "of course,", "needless to say,", "to put it simply,", "put simply,",
    "simply put,", "basically,", "essentially,", "that is to say,", "more specifically,", "generally speaking,",
];

/// Lead-ins with a plainer one.
const PLAIN_LEAD_INS: &[(&str, &str)] = &[
    ("however,", "but"),
    ("therefore,", "so"),
    ("consequently,", "so"),
    ("as a consequence,", "so"),
    ("as a result,", "so"),
    ("accordingly,", "so"),
    ("for this reason,", "so"),
    ("hence,", "so"),
    ("thus,", "so"),
    ("nevertheless,", "still,"),
    ("nonetheless,", "still,"),
    ("for instance,", "for example,"),
    ("on the other hand,", "but"),
];

/// The text without reference marks (`[12]`) and brackets that only point elsewhere, and without other bracketed asides
/// of plain words. A bracket with a number, a name, a negation or a term to keep stays.
pub(super) fn without_asides(text: &str, keep: &BTreeSet<String>) -> String {
    if text.starts_with(['(', '[']) || text.contains("((") {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(['(', '[']) {
        let close = if rest[open..].starts_with('(') { ')' } else { ']' };
        let Some(length) = rest[open..].find(close) else { break };
        let inside = &rest[open + 1..open + length];
        let before = &rest[..open];
        let after = &rest[open + length + 1..];
        // `f(x)` and `word(s)` are no asides.
        let stands_apart = close == ']' || before.is_empty() || before.ends_with(' ');
        let ends = !after.starts_with(|c: char| c.is_alphanumeric());
        if stands_apart && ends && !inside.contains(['(', '[']) && may_go(inside, close, keep) {
            kept.push_str(before.trim_end());
            rest = after;
        } else {
            kept.push_str(&rest[..open + length + 1]);
            rest = after;
        }
    }
    kept.push_str(rest);
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    if kept.contains("...") { kept } else { kept.replace("..", ".") }
}

fn may_go(inside: &str, close: char, keep: &BTreeSet<String>) -> bool {
    let lower = inside.trim().to_lowercase();
    let is_mark = lower.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' ' | '-' | '–')) && close == ']';
    let opens = |list: &[&str]| {
        list.iter().any(|lead| lower.strip_prefix(lead).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
    };
    if is_mark
        || lower == "citation needed"
        || (opens(SPELLINGS) && !inside.contains(['"', '“']))
        || (opens(POINTERS) && words_of(&lower).len() <= 8)
    {
        return true;
    }
    let words = words_of(inside);
    // A bracketed unit, plural or other name is part of what is said.
    let is_example = ["e.g", "such as", "for example", "like"].iter().any(|lead| lower.starts_with(lead));
    let plain = words.iter().all(|word| {
        let bare = word.lower();
        let simple = word.text.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '.'));
        simple && !is_negation(&bare) && !keep.contains(&stem(&bare)) && bare != "only" && bare != "if"
    });
    close == ')' && is_example && plain && words.len() >= 2
}

/// The text without its lead-in, or with a plainer one.
pub(super) fn without_lead_in(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    for lead in EMPTY_LEAD_INS {
        let Some(rest) = lower.strip_prefix(lead).filter(|rest| rest.starts_with(' ')) else { continue };
        let rest = text[text.len() - rest.len()..].trim_start();
        if rest.split(' ').count() >= 4 {
            return capital(rest);
        }
    }
    for (lead, plain) in PLAIN_LEAD_INS {
        let Some(rest) = lower.strip_prefix(lead).filter(|rest| rest.starts_with(' ')) else { continue };
        return capital(&format!("{plain}{}", &text[text.len() - rest.len()..]));
    }
    text.to_owned()
}

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
