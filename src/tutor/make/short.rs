//! Questions answered in one's own words or with one word: "What is …?", "What do we call …?", "In which year …?".

use super::book::{Book, Candidate, Definition};
use super::key::Key;
use super::text::{Word, upper_first};
use crate::tutor::question::{Expected, Form, Task};

pub(super) fn make(book: &Book<'_>, into: &mut Vec<Candidate>) {
    for definition in book.definitions().iter().filter(|definition| definition.is_own) {
        into.extend(of_definition(book, definition));
    }
    for key in &book.keys {
        if let Some((prompt, year)) = when(key) {
            let answer = Expected { text: year.clone(), also: Vec::new(), form: Form::Number };
            into.push(Candidate::new(book, key, prompt, Task::Short { answer }).worth(1.0).hiding(&year));
        }
    }
}

fn of_definition(book: &Book<'_>, definition: &Definition<'_>) -> Vec<Candidate> {
    let (key, said) = (definition.key, &definition.said);
    let named = Expected {
        text: said.term.clone(),
        also: book.lexicon.also(&said.term),
        form: if said.is_name { Form::Name } else { Form::Term },
    };
    if said.is_called {
        let prompt = if said.past {
            format!("What {} {} called?", if said.plural { "were" } else { "was" }, said.meaning)
        } else {
            format!("What do we call {}?", said.meaning)
        };
        let candidate = Candidate::new(book, key, prompt, Task::Short { answer: named }).worth(1.3);
        return vec![candidate.hiding(&said.term)];
    }
    let verb = match (said.plural, said.past) {
        (false, false) => "is",
        (true, false) => "are",
        (false, true) => "was",
        (true, true) => "were",
    };
    let asking = if said.person { "Who" } else { "What" };
    let statement = Expected { text: upper_first(key.text), also: vec![said.meaning.clone()], form: Form::Statement };
    let what = Candidate::new(book, key, format!("{asking} {verb} {}?", said.asked), Task::Short { answer: statement });
    vec![what.worth(1.1).hiding(&said.meaning)]
}

const MONTHS: &str = "january february march april may june july august september october november december";

/// The question for the year of a sentence, and the year, where it can be turned safely: "In 1857, X was founded."
pub(super) fn when(key: &Key<'_>) -> Option<(String, String)> {
    let words = &key.words;
    let years: Vec<usize> = (0..words.len()).filter(|i| words[*i].year().is_some()).collect();
    let [at] = years[..] else { return None };
    if !key.english || at == 0 || words.iter().enumerate().any(|(i, word)| i != at && word.is(MONTHS) && word.is_capital()) {
        return None;
    }
    let year = words[at].written.to_owned();
    let at_start = at == 1 && words[0].lower == "in" && (words[1].closes == "," || words[1].closes.is_empty());
    let at_end = at == words.len() - 1 && words[at].closes == "." && words[at - 1].lower == "in" && words[at - 1].opens.is_empty();
    let clause = match (at_start, at_end) {
        (true, _) => &words[2..],
        (_, true) => &words[..at - 1],
        _ => return None,
    };
    let verb = clause.iter().position(|word| word.is("was were"))?;
    let subject = &clause[..verb];
    let rest = &clause[verb + 1..];
    let simple = !subject.is_empty()
        && subject.len() <= 8
        && subject.iter().all(|word| word.closes.is_empty() && word.opens.is_empty())
        && !subject.iter().any(|word| word.is("that which who when while if because and but as had has did were was to by after before he she it they"));
    let noun = subject.first().is_some_and(|word| word.is("the a an") || word.is_capital() && !word.is_number() && !word.lower.ends_with("ly"));
    let verb_seen = subject.iter().any(|word| !word.is_capital() && super::super::subject::reads_as_verb(&word.lower));
    let told = rest.first().is_some_and(|word| word.lower.ends_with("ed") || word.is(PARTICIPLES));
    let one_clause = rest.len() <= 16
        && !rest.iter().any(|word| word.is("and but when while after before until since because although which who he she they then later where so"))
        && !rest.iter().any(|word| word.closes.contains([';', ':']));
    if !(simple && noun && !verb_seen && told && one_clause) {
        return None;
    }
    let text = |from: &Word<'_>, to: &Word<'_>| &key.text[from.at.start - from.opens.len()..to.at.end + to.closes.len()];
    let subject_text = text(&subject[0], subject.last()?);
    let subject_text = if subject[0].is("the a an") { super::text::lower_first(subject_text) } else { subject_text.to_owned() };
    let rest_text = text(&rest[0], rest.last()?).trim_end_matches(['.', ',']);
    Some((format!("In which year {} {subject_text} {rest_text}?", clause[verb].lower), year))
}
const PARTICIPLES: &str = "built made born begun written held taken won given sent found put set broken lost fought brought \
    sold led known seen shown chosen driven drawn driven cut struck bought taught hung sunk sworn torn laid paid";
