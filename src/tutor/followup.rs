//! "When did he die?", "and in Persia?", "why?": a question that leans on the one before, as a question of its own. By
//! rules alone: a pronoun takes the subject that fits it best, a bare rest takes the last question's frame.

use super::Exchange;
use super::antecedent::{Found, best, headed, plural};
use super::subject::{self, ARTICLES, ASKING, AUXILIARY, PREPOSITIONS, PRONOUNS, SubjectKind, Token};
use std::ops::Range;

/// A follow-up as a question of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rewritten {
    /// The whole question.
    pub(crate) question: String,
    /// Whether the student should be told what was understood: it is not just the last question's own subject.
    pub(crate) is_guess: bool,
}

/// Words that end no question of their own.
const LEADING: &str = "and but so then ok okay also please well now";
const SHORT_QUESTION: &str = "why when where how who whom since exactly not so come about was is did does do that this it \
    happen then by";

/// The message as a question of its own; `None` where it is one, or where nothing said before fits.
pub(crate) fn rewrite(message: &str, recent: &[Exchange]) -> Option<Rewritten> {
    let last = recent.last()?;
    let all = subject::tokens(message);
    let skipped = all.iter().take_while(|token| token.is(LEADING)).count();
    let tokens = &all[skipped..];
    if tokens.is_empty() || tokens.len() > 24 {
        return None;
    }
    if let Some(question) = short(tokens, last) {
        return Some(Rewritten { question: finished(&question), is_guess: true });
    }
    let (resolved, is_guess) = without_pronouns(tokens, recent);
    let text = resolved.clone().unwrap_or_else(|| subject::written(tokens, 0..tokens.len()));
    let tokens = subject::tokens(&text);
    if let Some(rest) = bare_rest(&tokens, skipped > 0) {
        let question = in_frame(&tokens[rest], last);
        return Some(Rewritten { question: finished(&question), is_guess: true });
    }
    resolved.map(|question| Rewritten { question: finished(&question), is_guess })
}

fn finished(question: &str) -> String {
    let question = question.trim().trim_end_matches(['?', '.', '!', ' ']);
    let first = question.chars().next().map(char::len_utf8).unwrap_or_default();
    format!("{}{}?", question[..first].to_uppercase(), &question[first..])
}

/// "why?", "where exactly?", "when was that?", "why did that happen?": the last question with another question word.
fn short(tokens: &[Token<'_>], last: &Exchange) -> Option<String> {
    let asks = tokens[0].is("why when where how who whom");
    let points = tokens.len() == 1 || tokens.iter().any(|token| token.is("that this not come so exactly"));
    if !asks || tokens.len() > 5 || !points || !tokens.iter().all(|token| token.is(SHORT_QUESTION)) {
        return None;
    }
    // "who was that?" and "how is it?" ask for the thing, not for the whole that was said of it.
    if tokens.len() > 1 && tokens[0].is("who how whom") && !tokens.iter().any(|token| token.is("happen come so")) {
        return None;
    }
    let asked = subject::tokens(&last.question);
    let word = tokens[0].plain.as_str();
    let first = asked.first()?;
    let rest = if first.is(AUXILIARY) {
        lowered(&asked, 0)
    } else if first.is(ASKING) {
        match asked.iter().position(|token| token.is(AUXILIARY)) {
            Some(at) => subject::written(&asked, at..asked.len()),
            None => subject::written(&asked, 1..asked.len()),
        }
    } else {
        lowered(&asked, 0)
    };
    Some(format!("{word} {rest}"))
}

/// The words from `from` on, the first without its capital letter.
fn lowered(tokens: &[Token<'_>], from: usize) -> String {
    let text = subject::written(tokens, from..tokens.len());
    let first = text.chars().next().map(char::len_utf8).unwrap_or_default();
    text[..first].to_lowercase() + &text[first..]
}

/// The bare rest of a question: what follows "what about", or a few words behind "and" without a verb.
fn bare_rest(tokens: &[Token<'_>], was_joined: bool) -> Option<Range<usize>> {
    let about = tokens.len() > 2 && tokens[0].is("what how") && tokens[1].is("about");
    if about {
        return (tokens.len() <= 10).then_some(2..tokens.len());
    }
    let bare = tokens.len() <= 6 && !tokens.iter().any(|token| token.is(AUXILIARY) || token.is(ASKING));
    let asks = tokens[0].is("define explain describe compare tell show give list name state summarise summarize page");
    let points = tokens[0].is("of in on at by for from to during under before after with") || tokens[0].is(PRONOUNS);
    (bare && !asks && (was_joined || points)).then_some(0..tokens.len())
}

/// The last question, with the part of it replaced that the bare rest runs parallel to.
fn in_frame(rest: &[Token<'_>], last: &Exchange) -> String {
    let asked = subject::tokens(&last.question);
    let said = subject::written(rest, 0..rest.len());
    let Some((range, with)) = slot(rest, &asked) else { return format!("{} {said}", trimmed(&last.question)) };
    let with = if with.is_empty() { said } else { with };
    let (before, after) = (subject::written(&asked, 0..range.start), subject::written(&asked, range.end..asked.len()));
    [before, with, after].iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ")
}

fn trimmed(question: &str) -> &str {
    question.trim().trim_end_matches(['?', '.', '!', ' '])
}

fn is_ordinal(token: &Token<'_>) -> bool {
    token.is("first second third fourth fifth sixth seventh eighth ninth tenth last next other best worst most least")
        || (token.plain.len() > 4 && token.plain.ends_with("est") && !token.is("forest harvest interest request west"))
        || token.plain.starts_with(|c: char| c.is_ascii_digit()) && token.plain.ends_with(['t', 'd', 'h'])
}

fn is_number(token: &Token<'_>) -> bool {
    token.plain.chars().all(|c| c.is_ascii_digit())
}

/// The words of the last question to replace, and by what; an empty text stands for the whole rest.
fn slot(rest: &[Token<'_>], asked: &[Token<'_>]) -> Option<(Range<usize>, String)> {
    let whole = String::new();
    let phrases = subject::phrases(asked);
    if rest[0].is(PREPOSITIONS) {
        let inner = subject::phrases(rest);
        let is_name =
            inner.first().is_some_and(|range| rest[range.start].is_capital() || is_number(&rest[range.start]));
        let same = phrases.iter().rev().find(|range| range.start > 0 && asked[range.start - 1].plain == rest[0].plain);
        return match same {
            Some(range) => Some((range.start - 1..range.end, whole)),
            // "When did it begin in 1754?": nothing runs parallel, so it is added.
            None => is_name.then_some((asked.len()..asked.len(), whole)),
        };
    }
    if let Some(ordinal) = rest.iter().find(|token| is_ordinal(token)) {
        let at = asked.iter().position(is_ordinal);
        // "the second law" names its own noun; "the second one" takes the last question's.
        let own_noun = rest.iter().any(|token| !token.is(ARTICLES) && !token.is("one ones") && !is_ordinal(token));
        match at {
            Some(at) if !own_noun || same_noun(rest, asked) => {
                return Some((at..at + 1, ordinal.written.to_owned()));
            }
            None if !own_noun => {
                let noun = phrases.first()?;
                let name = subject::written(asked, noun.end - 1..noun.end);
                return Some((noun.clone(), format!("the {} {name}", ordinal.written)));
            }
            _ => {}
        }
    }
    if rest.len() == 1 && is_number(&rest[0]) {
        let at = asked.iter().position(is_number)?;
        return Some((at..at + 1, whole));
    }
    let best = phrases.iter().enumerate().max_by(|a, b| {
        parallel(rest, asked, a.1, a.0).total_cmp(&parallel(rest, asked, b.1, b.0)).then(b.0.cmp(&a.0))
    })?;
    Some((best.1.clone(), whole))
}

fn same_noun(rest: &[Token<'_>], asked: &[Token<'_>]) -> bool {
    rest.last().is_some_and(|noun| asked.iter().any(|token| token.plain == noun.plain))
}

/// How much a phrase of the last question is like the rest: the same noun, a name like it, one or many like it.
fn parallel(rest: &[Token<'_>], asked: &[Token<'_>], range: &Range<usize>, place: usize) -> f32 {
    let phrase = &asked[range.clone()];
    let (head, other) = (&rest[rest.len() - 1], &phrase[phrase.len() - 1]);
    let is_name = |tokens: &[Token<'_>]| {
        tokens.iter().any(|token| token.is_capital() && !token.is(ARTICLES) && !token.is(ASKING))
    };
    let is_asked = range.start > 0 && asked[range.start - 1].is("which what many much whose");
    let behind_of = range.start > 0 && asked[range.start - 1].is("of");
    let shared = rest.iter().filter(|t| !t.is(ARTICLES) && phrase.iter().any(|p| p.plain == t.plain)).count();
    let mut sum = if head.plain == other.plain { 3.0 } else { shared as f32 };
    sum += if is_name(rest) == is_name(phrase) { 1.0 } else { 0.0 };
    sum += if is_name(rest) && is_name(phrase) { 1.0 } else { 0.0 };
    sum += if subject::is_plural(&head.plain) == subject::is_plural(&other.plain) { 0.5 } else { 0.0 };
    sum += if behind_of { 0.7 } else { 0.0 };
    sum += if place == 0 { 0.1 } else { 0.0 };
    if is_asked { sum - 2.0 } else { sum }
}

/// The message with its pronouns replaced, if any could be, and whether one of them is a guess.
fn without_pronouns(tokens: &[Token<'_>], recent: &[Exchange]) -> (Option<String>, bool) {
    let own = subject::phrases(tokens);
    let mut words: Vec<String> = Vec::new();
    let (mut changed, mut is_guess, mut i) = (false, false, 0);
    while i < tokens.len() {
        match replacement(tokens, &own, i, recent) {
            Some((found, len)) => {
                let behind_of = i > 0 && tokens[i - 1].is("of") && !found.text.starts_with("the ");
                let article = if behind_of && found.kind == SubjectKind::Many { "the " } else { "" };
                words.push(format!("{article}{}", found.text));
                changed = true;
                is_guess |= found.is_guess;
                i += len;
            }
            None => {
                words.push(tokens[i].written.to_owned());
                i += 1;
            }
        }
    }
    (changed.then(|| words.join(" ")), is_guess)
}

/// What stands for the words at `i`, and how many words it stands for.
fn replacement(tokens: &[Token<'_>], own: &[Range<usize>], i: usize, recent: &[Exchange]) -> Option<(Found, usize)> {
    let token = &tokens[i];
    let next = tokens.get(i + 1);
    let noun = next.filter(|next| own.iter().any(|range| range.start == i + 1 && !next.is(PRONOUNS)));
    if token.is("this that these those") {
        return pointed_at(tokens, own, i, recent);
    }
    if token.is("the") {
        let range = own.iter().find(|range| range.start == i && range.len() == 2)?;
        let goes_on = tokens.get(range.end).is_some_and(|next| next.is("of that which who whose between"));
        let noun = &tokens[i + 1];
        let found = if goes_on || noun.is_capital() { None } else { headed(&noun.plain, recent) };
        return found.map(|text| (Found { is_guess: false, ..text }, 2));
    }
    let kind = match token.plain.as_str() {
        "he" | "she" | "him" | "his" | "her" => SubjectKind::Person,
        "it" | "its" => SubjectKind::Thing,
        "they" | "them" | "their" => SubjectKind::Many,
        _ => return None,
    };
    let possessive = token.is("his its their") || token.is("her") && noun.is_some();
    if has_own(tokens, own, i, possessive) || is_empty_it(tokens, i) {
        return None;
    }
    let mut found = best(kind, recent)?;
    if possessive {
        found.text.push_str(if found.text.ends_with('s') { "’" } else { "’s" });
    } else if kind == SubjectKind::Many && found.kind == SubjectKind::Thing {
        found.text = plural(&found.text);
    }
    Some((found, 1))
}

/// Whether the message itself names what its pronoun at `i` stands for.
fn has_own(tokens: &[Token<'_>], own: &[Range<usize>], i: usize, possessive: bool) -> bool {
    let Some(before) = own.iter().rev().find(|range| range.end <= i) else { return false };
    if possessive {
        let named =
            own.iter().filter(|range| range.end <= i).any(|range| tokens[range.clone()].iter().any(Token::is_capital));
        return if tokens[i].is("his her") { named } else { !tokens[i - 1].is("of") };
    }
    let between = &tokens[before.end - 1..i];
    // "after it" at the end is no clause.
    let last = i + 1 == tokens.len();
    let clause = tokens[..i].iter().enumerate().any(|(at, token)| {
        token.is("when if because while although until") || token.is("before after") && !(last && at + 1 == i)
    });
    (clause || between.iter().any(|token| token.breaks || token.is("and but or because that")))
        && !tokens[before.start].is(ASKING)
}

/// "Is it true that", "does it take long to", "is it raining": an "it" that stands for nothing.
fn is_empty_it(tokens: &[Token<'_>], i: usize) -> bool {
    let next = tokens.get(i + 1);
    tokens[i].is("it")
        && (next
            .is_some_and(|next| next.is("true possible important necessary raining rain snow rains safe better easy"))
            || next.is_some_and(|next| next.is("take takes took")) && tokens.iter().any(|token| token.is("to")))
}

/// "this", "that war", "these cells".
fn pointed_at(tokens: &[Token<'_>], own: &[Range<usize>], i: usize, recent: &[Exchange]) -> Option<(Found, usize)> {
    let many = tokens[i].is("these those");
    if let Some(range) = own.iter().find(|range| range.start == i + 1) {
        if i > 0 && own.iter().any(|before| before.end == i) {
            return None; // "the emperor that built": no pointing.
        }
        let noun = &tokens[range.end - 1];
        if noun.is("book chapter section page lesson part step unit") {
            return None;
        }
        if let Some(found) = headed(&noun.plain, recent) {
            return Some((found, 1 + range.len()));
        }
        let general =
            "process thing things time place event person people man woman country city way idea word subject";
        if noun.is(general) {
            let kind = match noun.plain.as_str() {
                "person" | "man" | "woman" => SubjectKind::Person,
                _ if many => SubjectKind::Many,
                _ => SubjectKind::Thing,
            };
            return best(kind, recent).map(|found| (found, 1 + range.len()));
        }
        return None;
    }
    let alone =
        tokens.get(i + 1).is_none_or(|next| next.is(AUXILIARY) || next.is(PREPOSITIONS) || next.is("mean work"));
    let placed = i > 0 && (tokens[i - 1].is(AUXILIARY) || tokens[i - 1].is(PREPOSITIONS));
    let kind = if many { SubjectKind::Many } else { SubjectKind::Thing };
    if alone && placed { best(kind, recent).map(|found| (found, 1)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn exchange(question: &str, quote: &str) -> Exchange {
        Exchange::new(question, [quote])
    }

    /// Whether a rewriting says what it must.
    fn is_resolved(case: &Value, asked: &str) -> bool {
        let asked = asked.to_lowercase().replace('’', "'");
        let all = |key: &str| case[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
        let any = all("any");
        all("words").iter().all(|word| asked.contains(word))
            && !all("not").iter().any(|word| asked.contains(word))
            && (any.is_empty() || any.iter().any(|word| asked.contains(word)))
    }

    /// The share of two-turn conversations whose second question is understood: the ones that the rules were made with,
    /// and the ones that were written before and kept aside.
    #[test]
    fn follow_ups_are_understood() {
        let mut tally = std::collections::BTreeMap::from([("tuned", (0, 0, 0)), ("held", (0, 0, 0))]);
        for line in include_str!("data/followups.jsonl").lines() {
            let case: Value = serde_json::from_str(line).expect("a line is JSON");
            let text = |key: &str| case[key].as_str().expect("a text");
            let before = [exchange(text("first"), text("quote"))];
            let rewritten = rewrite(text("follow"), &before).map(|found| found.question);
            let same = case["same"].as_bool().unwrap_or_default();
            let asked = rewritten.clone().unwrap_or_else(|| text("follow").to_owned());
            let good = is_resolved(&case, &asked) && (!same || rewritten.is_none());
            let prefixed = format!("{} {}", text("first"), text("follow"));
            let (num, resolved, by_prefix) = tally.get_mut(text("set")).expect("a known set");
            *num += 1;
            *resolved += usize::from(good);
            *by_prefix += usize::from(!same && is_resolved(&case, &prefixed));
            if !good {
                println!("{}: {} | {} -> {asked}", text("set"), text("first"), text("follow"));
            }
        }
        for (set, (num, resolved, by_prefix)) in &tally {
            println!("{set}: {resolved} of {num} understood; the last question put before: {by_prefix}");
        }
        let share = |set: &str| tally[set].1 as f32 / tally[set].0 as f32;
        assert!(share("tuned") >= 0.9 && share("held") >= 0.8, "{tally:?}");
    }

    #[test]
    fn nothing_said_before_changes_nothing() {
        assert_eq!(rewrite("who was he?", &[]), None);
        let before = [exchange("What is a stream?", "A stream is a flow of data.")];
        for message in ["What is a river?", "photosynthesis", "define nut", "in chapter 3, what is a nut?", "?", ""] {
            assert_eq!(rewrite(message, &before), None, "{message}");
        }
    }

    #[test]
    fn only_what_is_no_plain_pronoun_is_a_guess() {
        let before = [exchange("When did the Yuan dynasty begin?", "The Yuan dynasty was founded by Kublai Khan.")];
        for (message, expected, is_guess) in [
            ("when did it end?", "When did the Yuan dynasty end?", false),
            ("who was he?", "Who was Kublai Khan?", true),
            ("why?", "Why did the Yuan dynasty begin?", true),
            ("and the Song dynasty?", "When did the Song dynasty begin?", true),
        ] {
            let expected = Rewritten { question: expected.to_owned(), is_guess };
            assert_eq!(rewrite(message, &before), Some(expected), "{message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_read_without_a_panic(first in "\\PC{0,80}", message in "\\PC{0,80}", words in "(and |what about |it |of |why |[a-z]{1,6} )*") {
            let before = [exchange(&first, &message)];
            let _ = (rewrite(&message, &before), rewrite(&words, &before));
            let _ = rewrite(&words, &[exchange(&words, &words)]);
        }
    }
}
