//! A lesson: its steps in book order, the place in it, and what was left open. Pure; `plan` makes it from the books.

use super::plan;
use super::turn::LessonPlace;
use super::words::content_set;
use crate::passage::{BookRef, ChunkId, SectionId, SectionRef};
use serde::{Deserialize, Serialize};

/// Questions kept that the books could not answer.
const MAX_OPEN: usize = 8;

/// One step: a passage, or short ones that follow each other; about a minute's reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its passages in book order, never empty.
    pub parts: Vec<Part>,
    /// The section it begins in.
    pub section: SectionRef,
    /// Page as printed where it begins.
    pub page_label: String,
}

/// One passage of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its section.
    pub section: SectionId,
    /// The passage.
    pub chunk: ChunkId,
}

/// A lesson in progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// As the student named it.
    pub topic: String,
    /// The book it is made of.
    pub book: BookRef,
    /// Its steps in book order, never empty.
    pub steps: Vec<Step>,
    /// The step last taught, from 0.
    pub at: usize,
    /// The furthest step that was taught, from 0.
    #[serde(default)]
    pub furthest: usize,
    /// Terms that it explains, as the book writes them.
    #[serde(default)]
    pub terms: Vec<String>,
    /// Terms that it uses and that an earlier section explains.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Questions asked on the way that the books did not answer.
    #[serde(default)]
    pub open: Vec<String>,
    /// How often this step was asked for in simpler words.
    #[serde(default)]
    pub simpler: u32,
    /// The reading grade of the sentences last shown.
    #[serde(default)]
    pub reading_grade: Option<f32>,
}

/// A term of a lesson that an earlier section of its book explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// As the book writes it.
    pub term: String,
    /// The section that explains it.
    pub section: String,
    /// The page as printed.
    pub page_label: String,
}

impl Lesson {
    /// The step last taught.
    #[must_use]
    pub fn step(&self) -> &Step {
        &self.steps[self.at.min(self.steps.len() - 1)]
    }

    /// Where it stands, as clients are told.
    #[must_use]
    pub fn place(&self) -> LessonPlace {
        LessonPlace {
            title: self.topic.clone(),
            step: self.at + 1,
            total: self.steps.len(),
            reading_grade: self.reading_grade.map(|grade| (grade * 10.0).round() / 10.0),
        }
    }

    /// Whether the last step has been taught.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.at + 1 >= self.steps.len()
    }

    /// The titles of its sections in order, each once.
    #[must_use]
    pub fn outline(&self) -> Vec<&str> {
        let mut titles: Vec<&str> = self.steps.iter().map(|step| step.section.title.as_str()).collect();
        titles.dedup();
        titles
    }

    /// The first step of a section that the book names so: "chapter 2", "2.1", "creating one".
    #[must_use]
    pub(crate) fn step_at(&self, place: &str) -> Option<usize> {
        let number = plan::section_number(place).unwrap_or_else(|| place.trim().to_owned());
        let wanted = content_set(place);
        let named = |title: &str| {
            let first = title.split_whitespace().find(|word| word.contains(|c: char| c.is_ascii_digit()));
            first.is_some_and(|word| word.trim_end_matches(['.', ':']) == number)
        };
        let spoken = |title: &str| !wanted.is_empty() && wanted.is_subset(&content_set(title));
        let titles = || self.steps.iter().map(|step| step.section.title.as_str());
        titles().position(named).or_else(|| titles().position(spoken))
    }

    /// Goes to a step, from 0; past the last one is the last one.
    pub(crate) fn go_to(&mut self, step: usize) {
        let step = step.min(self.steps.len() - 1);
        if step != self.at {
            self.simpler = 0;
        }
        self.at = step;
        self.furthest = self.furthest.max(step);
    }

    /// Keeps a question that the books did not answer.
    pub(crate) fn leave_open(&mut self, question: &str) {
        if self.open.len() < MAX_OPEN && self.open.iter().all(|other| other != question) {
            self.open.push(question.to_owned());
        }
    }
}
