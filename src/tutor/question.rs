//! A question that checks what a student learned: what is asked, what counts as its answer, and the sentence of the book
//! it was made from. Plain data; made by `make`, graded by `grade`, hinted at by `hint`.

use crate::passage::Citation;
use serde::{Deserialize, Serialize};

/// What stands in a prompt where a word is to be filled in.
pub const BLANK: &str = "____";

/// A question with its answer; only the tutor sees all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked, without the options; a [`Task::Cloze`] has [`BLANK`] once in it.
    pub prompt: String,
    /// How it is to be answered.
    pub task: Task,
    /// The sentence that answers it, with its page. Of [`Task::Order`] and [`Task::Match`], the first of them.
    pub source: Citation,
}

impl Question {
    /// A right answer, as a student would write it; of an exercise without one, the book's sentence.
    #[must_use]
    pub fn right_answer(&self) -> String {
        let letter = |i: &usize| char::from(b'A' + *i as u8);
        match &self.task {
            Task::Cloze { answer } | Task::Short { answer } | Task::Exercise { answer: Some(answer) } => {
                answer.text.clone()
            }
            Task::Exercise { answer: None } => self.source.quote.clone(),
            Task::Choice { correct, .. } => letter(correct).to_string(),
            Task::Order { order, .. } => order.iter().map(|i| (i + 1).to_string()).collect::<Vec<_>>().join(" "),
            Task::Match { pairs, .. } => {
                pairs.iter().enumerate().map(|(i, at)| format!("{}{}", i + 1, letter(at))).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// How a question is to be answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Task {
    /// A word or a number of the book's sentence is left out.
    Cloze {
        /// What was left out.
        answer: Expected,
    },
    /// One of several.
    Choice {
        /// As shown, lettered A, B, C….
        options: Vec<String>,
        /// The right one, from 0.
        correct: usize,
    },
    /// A term, a name, a number or a sentence of the student's own.
    Short {
        /// What should be said.
        answer: Expected,
    },
    /// Events to be put in order.
    Order {
        /// As shown, numbered from 1.
        events: Vec<String>,
        /// Indices into `events`, first event first.
        order: Vec<usize>,
    },
    /// Terms to be joined with what they mean.
    Match {
        /// Numbered from 1.
        terms: Vec<String>,
        /// Lettered A, B, C….
        meanings: Vec<String>,
        /// The meaning of each term, as an index into `meanings`.
        pairs: Vec<usize>,
    },
    /// A question that the book itself asks.
    Exercise {
        /// The book's own answer, where it was found.
        answer: Option<Expected>,
    },
}

/// What counts as right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// As the book has it.
    pub text: String,
    /// Other ways to say it that the book itself uses.
    pub also: Vec<String>,
    /// What kind of thing it is.
    pub form: Form,
}

/// What kind of thing an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A term of the subject: "photosynthesis", "readable stream".
    Term,
    /// A person, a place or another proper name.
    Name,
    /// A number, with its unit where it has one: "1857", "9.8 m/s".
    Number,
    /// A whole statement, judged by what it says.
    Statement,
}

/// How an answer was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// It is right.
    Right,
    /// Part of it is right, and something is missing.
    Partly,
    /// It cannot be told; the student is asked to say it in other words.
    Unsure,
    /// It is wrong.
    Wrong,
    /// No attempt: nothing, "I don't know", the question said back.
    None,
}
