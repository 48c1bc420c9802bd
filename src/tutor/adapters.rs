//! The real shelf and the real writer: `retrieval` and `engine` as the tutor knows them.

use super::shelf::{Heading, Scope, Shelf, ShelfError};
use super::wording::{Prompt, WriteEnd, Writer, Written};
use crate::engine::{Engine, Event, FinishReason, Message, Request, Role};
use crate::passage::{BookId, BookRef, PageIndex, Passage, SectionId};
use crate::retrieval::{Found, Query, RetrievalError, Retriever, SectionKind, Timings};
use std::ops::ControlFlow;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// How often a waiting turn looks whether it is still wanted.
const LOOK_UP: Duration = Duration::from_millis(100);

/// The whole chain of causes, as one line.
fn shelf_error(error: RetrievalError) -> ShelfError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    ShelfError(text)
}

fn query(question: &str, scope: &Scope, limit: usize) -> Query {
    Query {
        text: question.to_owned(),
        book: (!scope.books.is_empty()).then(|| scope.books.clone()),
        sections: (!scope.sections.is_empty()).then(|| scope.sections.clone()),
        limit,
    }
}

impl Shelf for Retriever {
    fn books(&self) -> Result<Vec<BookRef>, ShelfError> {
        self.books().map_err(shelf_error)
    }

    fn search(&self, question: &str, scope: &Scope, limit: usize) -> Result<Vec<Passage>, ShelfError> {
        self.search(&query(question, scope, limit)).map_err(shelf_error)
    }

    fn find(&self, question: &str, scope: &Scope, limit: usize) -> Result<Vec<Found>, ShelfError> {
        self.find(&query(question, scope, limit), &mut Timings::default()).map_err(shelf_error)
    }

    fn headings(&self, book: &BookId) -> Result<Vec<Heading>, ShelfError> {
        let sections = self.sections(book).map_err(shelf_error)?;
        let heading = |info: crate::retrieval::SectionInfo| Heading {
            section: info.section,
            level: u8::try_from(info.level).unwrap_or(u8::MAX),
            num_chunks: info.num_chunks as usize,
            first_page: info.first_page,
        };
        Ok(sections.into_iter().filter(|info| info.kind == SectionKind::Body).map(heading).collect())
    }

    fn section_passages(&self, section: SectionId) -> Result<Vec<Passage>, ShelfError> {
        self.section_passages(section).map_err(shelf_error)
    }

    fn page_labels(&self, book: &BookId) -> Result<Vec<String>, ShelfError> {
        self.page_labels(book).map_err(shelf_error)
    }

    fn page_text(&self, book: &BookId, page: PageIndex) -> Result<Option<String>, ShelfError> {
        self.page_text(book, page).map_err(shelf_error)
    }

    fn page_passages(&self, book: &BookId, page: PageIndex) -> Result<Vec<Passage>, ShelfError> {
        self.page_passages(book, page).map_err(shelf_error)
    }

    fn similarities(&self, question: &str, texts: &[&str]) -> Result<Vec<f32>, ShelfError> {
        if texts.is_empty() { Ok(Vec::new()) } else { self.similarities(question, texts).map_err(shelf_error) }
    }

    fn meanings(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ShelfError> {
        self.meanings(texts).map_err(shelf_error)
    }
}

impl Writer for Engine {
    fn write(
        &self,
        prompt: &Prompt,
        max_tokens: usize,
        listen: &mut dyn FnMut(Written<'_>) -> ControlFlow<()>,
    ) -> WriteEnd {
        let messages = vec![Message::new(Role::System, &prompt.system), Message::new(Role::User, &prompt.user)];
        let request = Request { max_tokens, ..Request::new(crate::engine::Prompt::Chat(messages)) };
        let mut generation = match self.submit(request) {
            Ok(generation) => generation,
            Err(crate::engine::EngineError::Overloaded) => return WriteEnd::Overloaded,
            Err(error) => {
                tracing::error!(%error, "the model took no prompt");
                return WriteEnd::Failed;
            }
        };
        loop {
            let event = generation.recv_timeout(LOOK_UP);
            let heard = match &event {
                Ok(Event::Queued { position }) => listen(Written::Queued(*position)),
                Ok(Event::Started { .. }) => listen(Written::Started),
                Ok(Event::Delta { text }) => listen(Written::Text(text)),
                Ok(Event::Token(_)) => continue,
                Ok(Event::Finished(summary)) => {
                    let cut = summary.finish == FinishReason::Length;
                    return if cut { WriteEnd::Cut } else { WriteEnd::Done };
                }
                Ok(Event::Failed(error)) => {
                    tracing::error!(%error, "the model lost a sequence");
                    return WriteEnd::Failed;
                }
                Err(RecvTimeoutError::Timeout) => listen(Written::Nothing),
                Err(RecvTimeoutError::Disconnected) => return WriteEnd::Failed,
            };
            if heard.is_break() {
                return WriteEnd::Done;
            }
        }
    }
}
