//! Questions answered in one's own words or with one word: "What is …?", "What do we call …?", "In which year …?".

use super::book::{Book, Candidate, Definition};
use super::text::upper_first;
use super::who::{when, who};
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
        if let Some((prompt, name)) = who(key, &book.lexicon) {
            let mut also = book.lexicon.also(&name);
            also.extend(name.rsplit_once(' ').map(|(_, last)| last.to_owned()).filter(|last| last.chars().count() > 3));
            let answer = Expected { text: name.clone(), also, form: Form::Name };
            into.push(Candidate::new(book, key, prompt, Task::Short { answer }).worth(1.0).hiding(&name));
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
