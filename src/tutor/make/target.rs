//! What may be left out of a sentence: terms, names and numbers.

use super::super::question::{Expected, Form};
use super::super::subject::is_plural;
use super::key::Key;
use super::terms::{Lexicon, NameKind, is_demonym};
use super::text::{Word, holds, is_vague, is_vague_tail, number_word, stems, word_of};
use std::ops::Range;

/// What kind of thing is left out; only like is offered beside like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A term: its number.
    Term {
        plural: bool,
    },
    Name(NameKind),
    Year,
    /// A quantity of what the next word says.
    Amount(String),
}

/// What a term counts that its sentence names: "… called X".
pub(super) const CALLED_SCORE: f32 = 1.2;

/// A part of a sentence that may be asked for.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Bytes of the sentence.
    pub(super) at: Range<usize>,
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) score: f32,
    /// Whether "the" stands before it.
    pub(super) with_the: bool,
}

impl Target {
    pub(super) fn form(&self) -> Form {
        match self.kind {
            Kind::Term { .. } => Form::Term,
            Kind::Name(_) => Form::Name,
            Kind::Year | Kind::Amount(_) => Form::Number,
        }
    }

    pub(super) fn expected(&self, lexicon: &Lexicon) -> Expected {
        let mut also = match self.form() {
            Form::Number => other_numbers(&self.text),
            _ => lexicon.also(&self.text),
        };
        if let Kind::Name(NameKind::Person) = self.kind
            && let Some((_, last)) = self.text.rsplit_once(' ')
            && last.chars().count() > 3
            && (lexicon.uses(&stems(&self.text)) + 1..=4 * lexicon.uses(&stems(&self.text)))
                .contains(&lexicon.uses(&stems(last)))
        {
            also.push(last.to_owned());
        }
        Expected { text: self.text.clone(), also, form: self.form() }
    }
}

fn other_numbers(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    if let Some(number) = number_word(&lower) {
        return vec![number.to_string()];
    }
    let plain = text.replace(',', "");
    let word = plain.parse::<usize>().ok().and_then(word_of).map(str::to_owned);
    word.into_iter().chain((plain != text).then_some(plain)).collect()
}

const MONTHS: &str = "january february march april may june july august september october november december";
const TITLES: &str = "the sir";
const LISTING: &str = "and or";
const CALLED: &str = "called termed named dubbed";

/// Everything in a sentence that may be left out, best first.
pub(super) fn targets(key: &Key<'_>, lexicon: &Lexicon) -> Vec<Target> {
    let words = &key.words;
    let mut found = numbers(key);
    if key.english {
        found.extend(names(key, lexicon));
        found.extend(terms(key, lexicon));
    }
    let all = stems(key.text);
    found.retain(|target| {
        let first = words.iter().position(|word| word.at.start >= target.at.start).unwrap_or_default();
        let last = words.iter().rposition(|word| word.at.end <= target.at.end).unwrap_or_default();
        let bracketed = words[first].opens.contains('(')
            || words[last].closes.contains(')')
            || words.get(last + 1).is_some_and(|next| next.opens.contains('('))
            || inside_brackets(key.text, target.at.start);
        !bracketed && !is_listed(words, first, last, &target.kind) && is_once(&all, &target.text)
    });
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.at.start.cmp(&b.at.start)));
    found
}

fn inside_brackets(text: &str, at: usize) -> bool {
    let before = &text[..at];
    before.matches('(').count() > before.matches(')').count()
}

/// One of several in a row, any of which would do: "A, B and C", "such as A".
fn is_listed(words: &[Word<'_>], first: usize, last: usize, kind: &Kind) -> bool {
    let before = first.checked_sub(1).map(|i| &words[i]);
    let before = match before {
        Some(word) if word.is("the a an") => first.checked_sub(2).map(|i| &words[i]).or(before),
        other => other,
    };
    let after = words.get(last + 1);
    if matches!(kind, Kind::Year) {
        return before.is_some_and(|word| word.is("and or")) || after.is_some_and(|word| word.is("and or"));
    }
    let joined = before.is_some_and(|word| word.is(LISTING) && word.closes.is_empty())
        || words[last].closes.is_empty() && after.is_some_and(|word| word.is(LISTING));
    let row_begins = words[last].closes == ","
        && words.get(last + 1..).is_some_and(|rest| rest.iter().take(5).any(|word| word.is(LISTING)))
        && !is_called(words, first);
    let in_row = row_begins
        || before.is_some_and(|word| word.closes == ",") && words[last].closes == "," && !is_called(words, first);
    let example = before.is_some_and(|word| word.is("like including e.g example instance"))
        || before.is_some_and(|word| word.lower == "as") && first >= 2 && words[first - 2].lower == "such";
    joined || in_row || example
}

/// Whether the words stand only once in the sentence, and no part of them that matters stands there again.
fn is_once(all: &[String], text: &str) -> bool {
    let part = stems(text);
    let telling: Vec<&String> = part.iter().filter(|stem| !super::super::words::content_set(stem).is_empty()).collect();
    // "Buddhism" beside "Buddhist".
    let beginning = |stem: &str| stem.chars().take(6).collect::<String>();
    let alike = |stem: &String| {
        let begins = beginning(stem);
        let others = all.iter().filter(|other| *other != stem && beginning(other) == begins);
        begins.chars().count() == 6 && others.count() > 0
    };
    if telling.iter().any(|stem| alike(stem)) {
        return false;
    }
    let count = |stem: &String| all.iter().filter(|other| *other == stem).count();
    holds(all, &part) && telling.iter().all(|stem| count(stem) <= part.iter().filter(|other| other == stem).count())
}

fn is_called(words: &[Word<'_>], first: usize) -> bool {
    let mut i = first;
    while i > 0 && words[i - 1].is("a an the simply also") {
        i -= 1;
    }
    i > 0
        && words[i - 1].closes.is_empty()
        && (words[i - 1].is(CALLED) || i > 1 && words[i - 1].lower == "as" && words[i - 2].is("known referred"))
}

fn numbers(key: &Key<'_>) -> Vec<Target> {
    let words = &key.words;
    let mut found = Vec::new();
    if words.iter().filter(|word| word.is_number()).count() > 2 {
        return found;
    }
    for (i, word) in words.iter().enumerate() {
        let before = i.checked_sub(1).map(|k| &words[k]);
        let after = words.get(i + 1).filter(|_| !word.closes.contains([',', '.', ';', ':']));
        let target =
            |kind, score| Target { at: word.at.clone(), text: word.written.to_owned(), kind, score, with_the: false };
        if word.year().is_some() {
            let dated = before.is_some_and(|before| {
                before.is("in since until by around about late early") || before.is(MONTHS) || before.closes == ","
            });
            if dated || !key.english {
                found.push(target(Kind::Year, 0.75));
            }
            continue;
        }
        let month = |word: Option<&Word<'_>>| word.is_some_and(|word| word.is(MONTHS) && word.is_capital());
        let labelled = before.is_some_and(|before| {
            before.closes.is_empty() && (before.is_capital() && i > 1 && !before.is("The About Some Over")
                || before.is("figure table chapter article section part type class version grade node step page day number no group"))
        });
        let plain = word.written.chars().all(|c| c.is_numeric() || c == '.' || c == ',') && word.is_number();
        let range = before.is_some_and(|before| before.is("to and or between") || before.is_number());
        let after = after.filter(|_| !range);
        let unit = after
            .filter(|after| after.is_content() && !after.is_number() && !after.is_capital())
            .map(|after| after.lower.clone());
        let percent = word.closes.starts_with('%');
        if plain && !month(before) && !month(after) && !labelled {
            let digits = word.written.chars().filter(|c| c.is_numeric()).count();
            match unit {
                Some(unit) => found.push(target(Kind::Amount(unit), 0.55)),
                None if percent => found.push(target(Kind::Amount("%".to_owned()), 0.6)),
                None if !key.english && digits >= 2 => found.push(target(Kind::Amount(String::new()), 0.3)),
                None => {}
            }
        } else if let (true, Some(3..), Some(unit)) = (key.english, number_word(&word.lower), unit)
            && before.is_none_or(|before| !before.is("the these those between of other"))
            && !word.lower.contains('-')
        {
            found.push(target(Kind::Amount(unit), 0.3));
        }
    }
    found
}

fn names(key: &Key<'_>, lexicon: &Lexicon) -> Vec<Target> {
    let words = &key.words;
    let mut found = Vec::new();
    let mut i = 0;
    let is_part = |k: usize| {
        let word = &words[k];
        let first = || {
            let named =
                words.get(1).is_some_and(|next| next.is_capital() && next.is_content()) && word.closes.is_empty();
            let adverb = ["ly", "ed", "ing"].iter().any(|ending| word.lower.ends_with(ending));
            lexicon.is_name(&word.lower) || named && !adverb && !word.possessive
        };
        let half = word.is("new great north south east west old") && word.closes.is_empty();
        let content =
            word.is_content() || half && words.get(k + 1).is_some_and(|next| next.is_capital() && next.is_content());
        word.is_capital() && content && !word.is_number() && (k > 0 || first())
    };
    while i < words.len() {
        if !is_part(i) {
            i += 1;
            continue;
        }
        let start = i;
        let mut end = i + 1;
        while end < words.len()
            && words[end - 1].closes.is_empty()
            && !words[end - 1].possessive
            && words[end].opens.is_empty()
        {
            if is_part(end) {
                end += 1;
                continue;
            }
            let joined = |n: usize| {
                (end..end + n).all(|k| {
                    words.get(k).is_some_and(|word| word.is("of the de la von van on and") && word.closes.is_empty())
                })
            };
            let to_name = |n: usize| words.get(end + n).is_some_and(|_| is_part(end + n));
            let of = words[end].is("of de la von van");
            match () {
                () if of && to_name(1) => end += 2,
                () if of && joined(2) && words[end + 1].is("the la le") && to_name(2) => end += 3,
                () => break,
            }
        }
        i = end;
        let last = &words[end - 1];
        let next = words.get(end).filter(|_| last.closes.is_empty());
        let goes_on = next.is_some_and(|next| {
            next.is_content() && !lexicon.is_verb(&next.lower) || next.is_number() || next.opens.contains('"')
        }) || last.possessive && end - start == 1 && is_demonym(&last.lower);
        let hyphen = words[start..end].iter().any(|word| word.written.contains(['-', '/', '.']));
        let text = key.text[words[start].at.start..last.at.end].to_owned();
        let bare = end - start == 1;
        let known =
            !bare || lexicon.is_name(&last.lower) && text.chars().count() >= 3 && !lexicon.is_common(last.written);
        let month = words[start..end]
            .iter()
            .any(|word| word.is(MONTHS) || word.is(TITLES) || word.is("monday sunday christian god lord mr general"));
        let titles = words[start..end]
            .iter()
            .all(|word| word.is("crown prince king queen emperor duke khan great minister president lord"));
        let month = month || titles;
        let people = bare && is_demonym(&last.lower);
        let half = start > 0
            && words[start - 1].closes.is_empty()
            && words[start - 1].is_content()
            && !lexicon.is_verb(&words[start - 1].lower)
            && words[start - 1].written.contains('-');
        let led = start > 1
            && words[start - 1].closes.is_empty()
            && (words[start - 1].is_capital() || words[start - 1].is("v vs"));
        if led || goes_on || hyphen || !known || month || people || half || end - start > 6 {
            continue;
        }
        let stems = stems(&text);
        let heading = stems.iter().all(|stem| lexicon.in_heading(stem));
        let uses = lexicon.uses(&stems).min(6) as f32;
        let at_start = if start <= 1 && heading { -0.5 } else { 0.0 };
        found.push(Target {
            at: words[start].at.start..last.at.end,
            kind: Kind::Name(lexicon.name_kind(&text)),
            text,
            with_the: start > 0 && words[start - 1].lower == "the",
            score: 0.4 + 0.04 * uses + at_start - if heading { 0.2 } else { 0.0 },
        });
    }
    found
}

fn terms(key: &Key<'_>, lexicon: &Lexicon) -> Vec<Target> {
    let words = &key.words;
    let mut found = Vec::new();
    let is_part = |k: usize| {
        let word = &words[k];
        let open = word.is_content() && !word.is_number() && !word.lower.ends_with("ly") && word.written.len() > 1;
        let lower = !word.is_capital() || k == 0 && lexicon.is_lower(&word.lower);
        open && lower && !lexicon.is_verb(&word.lower) && !word.written.contains(['.', '/', '(', '_'])
    };
    let mut i = 0;
    while i < words.len() {
        if !is_part(i) {
            i += 1;
            continue;
        }
        let start = i;
        let mut end = i + 1;
        while end < words.len()
            && words[end - 1].closes.is_empty()
            && !words[end - 1].possessive
            && words[end].opens.is_empty()
            && is_part(end)
        {
            end += 1;
        }
        i = end;
        let called = is_called(words, start);
        let last = &words[end - 1];
        let text = key.text[words[start].at.start..last.at.end].to_owned();
        if let Some(score) = term_score(&text, called, lexicon) {
            let after = words.get(end).filter(|_| last.closes.is_empty());
            let before = start.checked_sub(1).map(|k| &words[k]);
            // "Greek fire", "forced motion": half of a longer phrase.
            let modifies = |before: &Word<'_>| {
                let joined = before.closes.is_empty() && !before.possessive;
                let content = before.is_content() && !called && !super::super::subject::reads_as_verb(&before.lower);
                let gerund = before.is("by after before without while") && last.lower.ends_with("ing");
                joined
                    && (content || before.lower.ends_with("ly") || before.lower.ends_with("ed") && before.is_content())
                    || gerund
            };
            let agrees = !(is_plural(&last.lower) && before.is_some_and(|before| before.is("a an")));
            let half = before.is_some_and(modifies)
                || after.is_some_and(|after| after.is_number() || after.is_content() && !lexicon.is_verb(&after.lower));
            let quoted = words[start].opens.contains(['"', '“', '\'']) && !called;
            let half = half || !agrees || quoted;
            if !half && !last.possessive {
                let plural = is_plural(&last.lower);
                let text = if start == 0 { super::text::lower_first(&text) } else { text };
                found.push(Target {
                    at: words[start].at.start..last.at.end,
                    text,
                    kind: Kind::Term { plural },
                    score,
                    with_the: false,
                });
            }
        }
    }
    found
}

/// How much a phrase is worth asking for; `None` where it is no term.
fn term_score(text: &str, called: bool, lexicon: &Lexicon) -> Option<f32> {
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split_whitespace().collect();
    let last = parts.last()?;
    let stems = stems(text);
    if parts.len() > 3
        || parts.len() == 1 && is_vague(last)
        || parts.iter().all(|part| is_vague(part))
        || parts.len() > 1 && is_vague_tail(last)
        || last.len() < 3
    {
        return None;
    }
    let uses = lexicon.uses(&stems);
    if called {
        return Some(CALLED_SCORE);
    }
    let noun = lexicon.is_noun(last);
    let own = stems.iter().map(|stem| lexicon.own_uses(stem)).min().unwrap_or_default();
    let known = if parts.len() == 1 { own >= 2 && uses >= 3 } else { uses >= 2 };
    if !noun || !known {
        return None;
    }
    let heading = stems.iter().filter(|stem| lexicon.in_heading(stem)).count() as f32 / stems.len() as f32;
    let long = if parts.len() > 1 { 0.25 } else { 0.0 };
    Some(0.3 + long + 0.05 * uses.min(6) as f32 + 0.05 * own.min(4) as f32 - 0.35 * heading)
}
