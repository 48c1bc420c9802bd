//! Long words and plain ones for them: the table `data/plain_words.tsv` and where a word of it may be changed.

use super::asides::capital;
use super::grammar::{self, Word, words_of};
use crate::passage::words::stem;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What a rule's words are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Just these words.
    Literal,
    /// A form of a verb; it stays where a determiner makes it an adjective and the plain one is of several words.
    Verb,
    /// A form of a verb that is also a noun: changed only where it is surely the verb.
    VerbOrNoun,
    /// A past form whose plain verb has two: the past, and the participle.
    Past { participle: String },
}

/// Words that must, or must not, stand beside.
#[derive(Debug, Clone, Default)]
struct Beside {
    only: Option<&'static str>,
    not: Option<&'static str>,
}

/// One change.
#[derive(Debug, Clone)]
struct Rule {
    from: Vec<String>,
    to: String,
    kind: Kind,
    before: Beside,
    after: Beside,
}

/// The rules by the first word they change, longest first.
static RULES: LazyLock<BTreeMap<String, Vec<Rule>>> = LazyLock::new(|| {
    let mut rules: BTreeMap<String, Vec<Rule>> = BTreeMap::new();
    for line in include_str!("../data/plain_words.tsv").lines().filter(|line| !line.starts_with('#')) {
        for (from, rule) in rules_of(line) {
            rules.entry(from).or_default().push(rule);
        }
    }
    for list in rules.values_mut() {
        list.sort_by_key(|rule| std::cmp::Reverse(rule.from.len()));
    }
    rules
});

/// The rules of one line of the table, each under its first word.
fn rules_of(line: &'static str) -> Vec<(String, Rule)> {
    let mut columns = line.split('\t');
    let mut column = || columns.next().unwrap_or_default();
    let (from, to, kind, when) = (column(), column(), column(), column());
    let (mut before, mut after) = (Beside::default(), Beside::default());
    for guard in when.split_ascii_whitespace() {
        match guard.split_once(':') {
            Some(("before", list)) => before.only = Some(list),
            Some(("!before", list)) => before.not = Some(list),
            Some(("after", list)) => after.only = Some(list),
            Some(("!after", list)) => after.not = Some(list),
            _ => {}
        }
    }
    let rule = |from: &str, to: String, kind| {
        let from: Vec<String> = from.split(' ').map(str::to_owned).collect();
        (from[0].clone(), Rule { from, to, kind, before: before.clone(), after: after.clone() })
    };
    let of_verb = |kind: Kind| {
        let (from, to) = (verb_forms(from), verb_forms(to));
        let past = match to.get(4) {
            Some(participle) => Kind::Past { participle: participle.clone() },
            None => Kind::Verb,
        };
        let kinds = [kind.clone(), kind.clone(), past, kind];
        let forms = from.into_iter().zip(to).zip(kinds);
        forms.map(|((from, to), kind)| rule(&from, to, kind)).collect()
    };
    match kind {
        "v" => of_verb(Kind::Verb),
        "vn" => of_verb(Kind::VerbOrNoun),
        "n" => vec![rule(from, to.to_owned(), Kind::Literal), rule(&with_s(from), with_s(to), Kind::Literal)],
        _ => vec![rule(from, to.to_owned(), Kind::Literal)],
    }
}

/// Base, -s, past and -ing of a verb; as written where the table gives them.
fn verb_forms(verb: &str) -> Vec<String> {
    if verb.contains('|') {
        return verb.split('|').map(str::to_owned).collect();
    }
    let (first, rest) = verb.split_once(' ').map_or((verb, String::new()), |(first, rest)| (first, format!(" {rest}")));
    let past = match first.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ied"),
        _ if first.ends_with('e') => format!("{first}d"),
        _ => format!("{first}ed"),
    };
    let ing = first.strip_suffix('e').filter(|stem| !stem.ends_with('e')).unwrap_or(first);
    [first.to_owned(), with_s(first), past, format!("{ing}ing")].map(|form| form + &rest).into()
}

fn with_s(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if word.ends_with(['s', 'x', 'z']) || word.ends_with("ch") || word.ends_with("sh") => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// The text with plain words for long ones. Names, quoted words and words to keep stay.
pub(super) fn swapped(text: &str, keep: &BTreeSet<String>) -> String {
    let Some(quoted) = quoted_ranges(text) else { return text.to_owned() };
    let words = words_of(text);
    let mut changed = String::with_capacity(text.len());
    let mut end = 0;
    let mut i = 0;
    while i < words.len() {
        let is_quoted = quoted.iter().any(|range| range.contains(&words[i].start));
        let found = if is_quoted { None } else { matching(text, &words, i, keep) };
        let Some((rule_len, plain)) = found else {
            i += 1;
            continue;
        };
        changed.push_str(&text[end..words[i].start]);
        mend_article(&mut changed, &plain);
        changed.push_str(&if words[i].is_capital() { capital(&plain) } else { plain });
        end = words[i + rule_len - 1].end;
        // The full stops of "i.e." and "e.g." go with them.
        if words[i].text.contains('.') && text[end..].starts_with('.') {
            end += 1;
        }
        if changed.ends_with(',') && text[end..].starts_with(',') {
            end += 1;
        }
        i += rule_len;
    }
    changed.push_str(&text[end..]);
    changed
}

/// The places between quotation marks; nothing where they do not match.
fn quoted_ranges(text: &str) -> Option<Vec<std::ops::Range<usize>>> {
    let mut found = Vec::new();
    let mut open = None;
    for (at, c) in text.char_indices() {
        match (c, open) {
            ('“' | '«' | '„', None) | ('"', None) => open = Some(at),
            ('”' | '»' | '"' | '“', Some(start)) => {
                found.push(start..at);
                open = None;
            }
            ('”' | '»', None) => return None,
            _ => {}
        }
    }
    open.is_none().then_some(found)
}

/// How many words from `i` on a rule changes, and into what.
fn matching(text: &str, words: &[Word<'_>], i: usize, keep: &BTreeSet<String>) -> Option<(usize, String)> {
    let rules = RULES.get(&words[i].lower())?;
    rules.iter().find_map(|rule| {
        let run = words.get(i..i + rule.from.len())?;
        let same = run.iter().zip(&rule.from).enumerate().all(|(at, (word, from))| {
            let first = i == 0 && at == 0;
            word.text == *from || first && word.lower() == *from
        });
        let together = run.windows(2).all(|pair| &text[pair[0].end..pair[1].start] == " ");
        let kept = run.iter().any(|word| keep.contains(&stem(&word.lower())));
        let before = i.checked_sub(1).map(|b| beside(text, &words[b], words[b].end..words[i].start));
        let after = words.get(i + run.len()).map(|word| beside(text, word, run[run.len() - 1].end..word.start));
        let before = before.unwrap_or_default();
        let after = after.unwrap_or_default();
        // "Principal Skinner" is a name also where it begins a sentence.
        let is_name = i == 0 && words.get(run.len()).is_some_and(Word::is_capital) && run.len() == 1;
        if !same || !together || kept || is_name || !allows(&rule.before, &after) || !allows(&rule.after, &before) {
            return None;
        }
        let plain = worded(rule, &before, &after)?;
        let doubled = plain.split(' ').next_back() == Some(after.as_str()) || plain.split(' ').next() == Some(&before);
        (!doubled).then_some((run.len(), plain))
    })
}

/// The word beside in lower case; nothing where a sign lies between.
fn beside(text: &str, word: &Word<'_>, between: std::ops::Range<usize>) -> String {
    if &text[between] == " " { word.lower() } else { String::new() }
}

fn allows(guard: &Beside, word: &str) -> bool {
    let fits = |list: &str| {
        list.split(',').any(|one| match (one.strip_suffix('*'), one.strip_prefix('*')) {
            (Some(start), _) => word.starts_with(start),
            (_, Some(end)) => word.ends_with(end),
            _ if one == "^" => word.is_empty(),
            _ if one == "#" => word.starts_with(|c: char| c.is_ascii_digit()),
            _ => word == one,
        })
    };
    guard.only.is_none_or(fits) && !guard.not.is_some_and(fits)
}

/// The plain word in the form that the place wants; nothing where that is not sure.
fn worded(rule: &Rule, before: &str, after: &str) -> Option<String> {
    let behind_noun_sign = grammar::is_determiner(before) || grammar::is_preposition(before) && before != "to";
    let is_phrase = rule.to.contains(' ');
    match &rule.kind {
        Kind::Literal => Some(rule.to.clone()),
        Kind::Verb if is_phrase && grammar::is_determiner(before) => None,
        Kind::Verb => Some(rule.to.clone()),
        Kind::VerbOrNoun => {
            let form = &rule.from[0];
            let is_verb = if form.ends_with("ing") {
                !behind_noun_sign || before != "the" && !grammar::is_determiner(before)
            } else if form.ends_with('s') {
                matches!(before, "he" | "she" | "it" | "which" | "who")
            } else {
                before == "to"
                    || before == "not"
                    || grammar::is_modal(before)
                    || matches!(before, "they" | "we" | "you")
            };
            is_verb.then(|| rule.to.clone())
        }
        Kind::Past { participle } => {
            if grammar::is_be_or_have(before) || after == "by" {
                (!grammar::is_determiner(before)).then(|| participle.clone())
            } else {
                matches!(before, "he" | "she" | "it" | "they" | "we" | "who" | "which").then(|| rule.to.clone())
            }
        }
    }
}

/// Makes an article at the end of a text fit the word to come.
fn mend_article(text: &mut String, next: &str) {
    let vowel = next.starts_with(['a', 'e', 'i', 'o', 'u']) && !next.starts_with("use") && !next.starts_with("one");
    for (old, new) in [("a ", "an "), ("an ", "a ")] {
        let is_word = |rest: &str| rest.is_empty() || rest.ends_with(' ');
        let lower = text.to_ascii_lowercase();
        if lower.strip_suffix(old).is_some_and(is_word) && (new == "an ") == vowel {
            let at = text.len() - old.len();
            let capital = text[at..].starts_with('A');
            text.truncate(at);
            text.push_str(if capital { if vowel { "An " } else { "A " } } else { new });
            return;
        }
    }
}

/// Every word that a rule can bring in, in lower case.
#[cfg(test)]
pub(super) fn plain_vocabulary() -> BTreeSet<String> {
    let all = RULES.values().flatten().flat_map(|rule| {
        let participle = if let Kind::Past { participle } = &rule.kind { participle } else { "" };
        format!("{} {participle}", rule.to).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    });
    all.collect()
}
