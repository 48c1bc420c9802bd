//! Labelled questions, as all measurements of finding and answering read them.
//!
//! A line of the file is `{"question","answers":[…],"answerable":bool,"book":"x.pdf","pages":[n…]}`, pages from 1.

use crate::cli::CliError;
use crate::passage::{Citation, Passage};
use serde::Deserialize;
use std::path::PathBuf;

/// Which questions.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct QuestionArgs {
    /// The questions, one JSON object a line
    #[arg(long, value_name = "FILE.jsonl")]
    questions: PathBuf,
    /// Ask only every Nth question
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    /// Begin with the Nth question of the file
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    from: u32,
    /// Ask at most so many of them
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// A labelled question.
#[derive(Debug, Deserialize)]
pub(in crate::cli) struct Question {
    pub(in crate::cli) question: String,
    #[serde(default)]
    pub(super) answers: Vec<String>,
    pub(super) answerable: bool,
    /// File name of the book that answers it, or that it was made to look like a question to.
    pub(super) book: String,
    #[serde(default)]
    pub(super) pages: Vec<u32>,
}

impl Question {
    /// The book and the first page that answer it, if one does.
    pub(in crate::cli) fn place(&self) -> Option<(&str, u32)> {
        self.pages.first().filter(|page| self.answerable && **page > 0).map(|page| (self.book.as_str(), *page))
    }
}

impl QuestionArgs {
    /// Reads them in the file's order.
    ///
    /// # Errors
    /// The file cannot be read, or a line is no labelled question.
    pub(in crate::cli) fn read(&self) -> Result<Vec<Question>, CliError> {
        let path = &self.questions;
        let text = std::fs::read_to_string(path).map_err(|source| CliError::File { path: path.clone(), source })?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let parsed = lines.map(|(i, line)| {
            serde_json::from_str(line).map_err(|error| {
                CliError::Usage(format!("{}, line {}: not a labelled question: {error}", path.display(), i + 1))
            })
        });
        let all = parsed.collect::<Result<Vec<Question>, _>>()?;
        let asked = all.into_iter().skip(self.from as usize - 1).step_by(self.every as usize);
        Ok(asked.take(self.limit.unwrap_or(usize::MAX)).collect())
    }
}

impl Question {
    /// Whether a citation names a page of the answer.
    pub(super) fn is_cited_by(&self, citation: &Citation) -> bool {
        citation.book == self.book && self.pages.contains(&citation.page)
    }

    /// Whether a passage touches a page of the answer.
    pub(super) fn is_touched_by(&self, passage: &Passage) -> bool {
        let mut pages = passage.page_starts.iter().map(|start| start.page.number());
        passage.book.file_name == self.book && pages.any(|page| self.pages.contains(&page))
    }

    /// Where the answer is, and what it is.
    pub(super) fn expected(&self) -> String {
        let pages: Vec<String> = self.pages.iter().map(u32::to_string).collect();
        format!("{}, page {}: {}", self.book, pages.join(", "), self.answers.first().map_or("", String::as_str))
    }

    /// Whether a text holds an answer word for word.
    pub(super) fn is_answered_in(&self, text: &str) -> bool {
        let text = fold(text);
        self.answers.iter().map(|answer| fold(answer)).any(|answer| !answer.is_empty() && text.contains(&answer))
    }
}

/// Lower case, white space as single spaces.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A share, 0 of nothing.
pub(super) fn share(part: usize, all: usize) -> f64 {
    part as f64 / all.max(1) as f64
}
