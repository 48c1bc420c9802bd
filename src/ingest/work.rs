//! Reading, embedding and storing. A thread reads the next book while the present one is embedded.

use super::meaning::{Meaning, Meanings, Text};
use super::plan::{Failed, IsNew, Task};
use super::{CHUNK_TOKENS, IngestError, IngestEvent, IngestReport, Sink, check, reason, recipe};
use crate::corpus::{self, Book, ReadOptions};
use crate::embed::Embedder;
use crate::library::{Library, NewBook, NewChunk, NewPage, NewSection, NewVectors, SectionKind};
use crate::passage::Chunk;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{SyncSender, sync_channel};

/// Chunks embedded between two looks at `cancel` and two events.
const EMBED_AT_ONCE: usize = 128;

/// What the pipeline runs on.
#[derive(Clone, Copy)]
pub(super) struct Rooms<'a> {
    pub(super) library: &'a Library,
    pub(super) embedder: &'a Embedder,
    pub(super) reading: &'a ReadOptions,
    pub(super) cancel: &'a AtomicBool,
}

/// What the reading thread sends.
enum Reading {
    Began(PathBuf, u64),
    Done(Box<(Task, Book, Vec<Chunk>)>),
    Failed(Failed),
}

/// Reads, embeds and stores the books of `tasks`, in order.
pub(super) fn run(
    tasks: Vec<Task>,
    rooms: &Rooms<'_>,
    report: &mut IngestReport,
    sink: Sink<'_>,
) -> Result<(), IngestError> {
    std::thread::scope(|scope| {
        // One book waits while one is embedded and one is read. When this side leaves early the receiver is dropped, and the
        // reader ends at its next message.
        let (sender, receiver) = sync_channel(1);
        scope.spawn(move || read_all(tasks, *rooms, &sender));
        for reading in receiver {
            match reading {
                Reading::Began(path, num_bytes) => sink(IngestEvent::Reading { path, num_bytes }),
                Reading::Failed(failed) => {
                    sink(IngestEvent::Failed(failed.clone()));
                    report.failed.push(failed);
                }
                Reading::Done(done) => {
                    let (task, book, chunks) = *done;
                    store(task, book, chunks, rooms, report, sink)?;
                }
            }
        }
        check(rooms.cancel)
    })
}

fn read_all(tasks: Vec<Task>, rooms: Rooms<'_>, sender: &SyncSender<Reading>) {
    for task in tasks {
        if check(rooms.cancel).is_err()
            || sender.send(Reading::Began(task.file.path.clone(), task.file.num_bytes)).is_err()
        {
            return;
        }
        let reading = match corpus::read(&task.file.path, rooms.reading) {
            Ok(book) => {
                let chunks = corpus::chunks(&book, CHUNK_TOKENS, &|text| rooms.embedder.count_tokens(text));
                if chunks.is_empty() {
                    Reading::Failed(Failed { path: task.file.path, reason: "there is no text in it".to_owned() })
                } else {
                    Reading::Done(Box::new((task, book, chunks)))
                }
            }
            Err(error) => {
                let reason = reason(&task.file.path, &error);
                Reading::Failed(Failed { path: task.file.path, reason })
            }
        };
        if sender.send(reading).is_err() {
            return;
        }
    }
}

fn store(
    task: Task,
    book: Book,
    chunks: Vec<Chunk>,
    rooms: &Rooms<'_>,
    report: &mut IngestReport,
    sink: Sink<'_>,
) -> Result<(), IngestError> {
    let (path, num_bytes, num_chunks) = (task.file.path.clone(), task.file.num_bytes, chunks.len());
    sink(IngestEvent::Read { path: path.clone(), num_pages: book.pages.len(), num_chunks });
    for problem in &book.problems {
        sink(IngestEvent::PageSkipped { path: path.clone(), page: problem.page, reason: problem.reason.to_string() });
    }
    let mut meanings = Meanings::new(rooms.embedder);
    let mut vectors = Vec::with_capacity(num_chunks);
    for chunks in chunks.chunks(EMBED_AT_ONCE) {
        check(rooms.cancel)?;
        let texts = chunks.iter().map(|chunk| Text {
            title: &book.title,
            heading_path: &book.sections[chunk.section].path,
            text: &chunk.text,
        });
        vectors.extend(meanings.of(&texts.collect::<Vec<_>>())?);
        sink(IngestEvent::Embedded { path: path.clone(), num_done: vectors.len(), num_chunks });
    }
    check(rooms.cancel)?;
    let id = rooms.library.put_book(&new_book(&task, book, chunks, vectors, rooms))?;
    sink(IngestEvent::Stored { path, book: id.clone(), num_bytes });
    match task.is_new {
        IsNew::New => report.added.push(id),
        IsNew::Replaces => report.replaced.push(id),
    }
    Ok(())
}

fn new_book(task: &Task, book: Book, chunks: Vec<Chunk>, vectors: Vec<Meaning>, rooms: &Rooms<'_>) -> NewBook {
    let recipe = recipe(&book, rooms.reading);
    let num_pages = u32::try_from(book.pages.len()).unwrap_or(u32::MAX);
    let pages = book.pages.into_iter().map(|page| NewPage { page: page.index, label: page.label, text: page.text });
    let sections = book.sections.into_iter().map(|section| NewSection {
        kind: match section.kind {
            corpus::SectionKind::FrontMatter => SectionKind::FrontMatter,
            corpus::SectionKind::Body => SectionKind::Body,
        },
        title: section.title,
        path: section.path,
        level: section.level,
        first_page: section.first_page,
        last_page: section.last_page,
    });
    let chunks = chunks.into_iter().zip(vectors).map(|(chunk, meaning)| NewChunk {
        section: chunk.section,
        text: chunk.text,
        page_starts: chunk.page_starts,
        embedding: meaning.embedding,
        sentences: meaning.sentences,
    });
    NewBook {
        file: task.file.clone(),
        title: book.title,
        author: book.author,
        num_pages,
        pages: pages.collect(),
        sections: sections.collect(),
        chunks: chunks.collect(),
        embedder: rooms.embedder.fingerprint().to_owned(),
        recipe,
    }
}

/// Gives books that another model embedded vectors of this one, from the text that is stored: their files need not be there.
/// Books that are to be read anyway are left out.
pub(super) fn embed_again(
    tasks: &[Task],
    rooms: &Rooms<'_>,
    report: &mut IngestReport,
    sink: Sink<'_>,
) -> Result<(), IngestError> {
    let Rooms { library, embedder, cancel, .. } = *rooms;
    for book in library.books()? {
        if book.embedder == embedder.fingerprint() || tasks.iter().any(|task| task.file.path == book.path) {
            continue;
        }
        let passages = library.book_chunks(&book.book.id)?;
        sink(IngestEvent::EmbeddingAgain { book: book.book.id.clone(), num_chunks: passages.len() });
        let mut meanings = Meanings::new(embedder);
        let mut vectors = Vec::with_capacity(passages.len());
        for passages in passages.chunks(EMBED_AT_ONCE) {
            check(cancel)?;
            let texts = passages.iter().map(|passage| Text {
                title: &passage.book.title,
                heading_path: &passage.section.path,
                text: &passage.text,
            });
            let found = meanings.of(&texts.collect::<Vec<_>>())?;
            vectors.extend(passages.iter().zip(found).map(|(passage, meaning)| NewVectors {
                chunk: passage.chunk,
                embedding: meaning.embedding,
                sentences: meaning.sentences,
            }));
        }
        library.put_vectors(&book.book.id, embedder.fingerprint(), &vectors)?;
        report.unchanged.retain(|id| *id != book.book.id);
        report.replaced.push(book.book.id);
    }
    Ok(())
}
