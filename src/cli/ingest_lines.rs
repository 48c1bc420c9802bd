//! `lectern ingest --events`: what happens, as one JSON object a line; for programs, the server's uploads among them.

use crate::ingest::{IngestEvent, IngestReport};
use std::io::Write as _;
use std::path::Path;

/// Where an ingest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineStage {
    /// `total` files are to be read.
    Planned,
    /// A file is being read.
    Reading,
    /// `done` of the `total` chunks of a file have vectors.
    Embedding,
    /// A page of a file, `done` counted from 1, has no text in the library.
    PageSkipped,
    /// A file is in the library as `book`.
    Stored,
    /// The vector index is being brought up to date.
    Indexing,
    /// A file was left out, or, without one, the run ended early.
    Failed,
    /// All is done.
    Done,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Line {
    pub(super) stage: LineStage,
    pub(super) file: Option<String>,
    pub(super) done: usize,
    pub(super) total: usize,
    pub(super) book: Option<String>,
    pub(super) error: Option<String>,
}

impl Line {
    fn new(stage: LineStage) -> Self {
        Self { stage, file: None, done: 0, total: 0, book: None, error: None }
    }

    fn of_file(stage: LineStage, path: &Path) -> Self {
        Self { file: Some(path.display().to_string()), ..Self::new(stage) }
    }

    fn of(event: IngestEvent) -> Self {
        match event {
            IngestEvent::Planned { num_books, .. } => Self { total: num_books, ..Self::new(LineStage::Planned) },
            IngestEvent::Reading { path, .. } => Self::of_file(LineStage::Reading, &path),
            IngestEvent::Read { path, num_chunks, .. } => {
                Self { total: num_chunks, ..Self::of_file(LineStage::Embedding, &path) }
            }
            IngestEvent::EmbeddingAgain { book, num_chunks } => {
                Self { book: Some(book.0), total: num_chunks, ..Self::new(LineStage::Embedding) }
            }
            IngestEvent::PageSkipped { path, page, reason } => {
                let done = page.number() as usize;
                Self { done, error: Some(reason), ..Self::of_file(LineStage::PageSkipped, &path) }
            }
            IngestEvent::Embedded { path, num_done, num_chunks } => {
                Self { done: num_done, total: num_chunks, ..Self::of_file(LineStage::Embedding, &path) }
            }
            IngestEvent::Stored { path, book, .. } => {
                Self { book: Some(book.0), ..Self::of_file(LineStage::Stored, &path) }
            }
            IngestEvent::Failed(failed) => {
                Self { error: Some(failed.reason), ..Self::of_file(LineStage::Failed, &failed.path) }
            }
            IngestEvent::Indexing => Self::new(LineStage::Indexing),
        }
    }

    fn write(&self) {
        let line = serde_json::to_string(self).expect("a line is text and numbers");
        // Nobody may listen any more; the work is worth doing all the same.
        let _unheard = writeln!(std::io::stdout().lock(), "{line}");
    }
}

/// Writes what happened.
pub(super) fn tell(event: IngestEvent) {
    Line::of(event).write();
}

/// Writes how a run ended: also the files that were in the library already.
pub(super) fn tell_end(report: &IngestReport) {
    for book in &report.unchanged {
        Line { book: Some(book.0.clone()), ..Line::new(LineStage::Stored) }.write();
    }
    for path in &report.copies {
        let error = Some("the library has a book of the same content".to_owned());
        Line { error, ..Line::of_file(LineStage::Failed, path) }.write();
    }
    Line::new(LineStage::Done).write();
}

/// Writes why a run ended early.
pub(super) fn tell_failure(error: &dyn std::error::Error) {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    Line { error: Some(text), ..Line::new(LineStage::Failed) }.write();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::BookId;

    #[test]
    fn events_are_lines() {
        for (event, expected) in [
            (
                IngestEvent::Embedded { path: "a/b.pdf".into(), num_done: 4, num_chunks: 9 },
                r#"{"stage":"embedding","file":"a/b.pdf","done":4,"total":9,"book":null,"error":null}"#,
            ),
            (
                IngestEvent::Stored { path: "b.pdf".into(), book: BookId("b".into()), num_bytes: 7 },
                r#"{"stage":"stored","file":"b.pdf","done":0,"total":0,"book":"b","error":null}"#,
            ),
            (IngestEvent::Indexing, r#"{"stage":"indexing","file":null,"done":0,"total":0,"book":null,"error":null}"#),
        ] {
            let line = Line::of(event);
            assert_eq!(serde_json::to_string(&line).expect("text and numbers"), expected);
            assert_eq!(serde_json::from_str::<Line>(expected).expect("a line is read again"), line);
        }
    }
}
