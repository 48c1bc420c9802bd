//! Books: the bytes of a PDF to pages, sections and chunks.
//!
//! ```text
//! file ─ pdf ─> pages of lines ─ clean ─> lines of the text ─ paragraph ─> paragraphs ─ heading, section ─> sections ─ chunk ─> chunks
//! ```
//!
//! Every step keeps where in its text a page begins, so that whatever is shown later can name its page. Nothing here knows
//! of models or of the library; the only input is a file, and the same file always gives the same book. Where it is asked
//! for, [`Recogniser`] has pages that are only a picture read by a program of the machine's.

mod caption;
mod chunk;
mod clean;
mod error;
mod heading;
mod join;
mod kinds;
mod looks;
mod measure;
mod measures;
mod numerals;
mod outline_use;
mod paragraph;
mod pdf;
mod recognise;
mod running;
mod section;

pub use error::CorpusError;
pub use measure::{HeadingPlace, HeadingScore, headings_against_outline};
pub use recognise::Recogniser;

use crate::passage::{Chunk, PageIndex, PageStart};
use std::path::Path;

/// Limits and a password for reading a book.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Larger files are refused.
    pub max_file_bytes: u64,
    /// Books of more pages are refused.
    pub max_pages: usize,
    /// Opens an encrypted file; without it the empty password is tried.
    pub password: Option<String>,
    /// Reads pages that are only a picture; without it they are listed as problems.
    pub ocr: Option<Recogniser>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { max_file_bytes: 512 << 20, max_pages: 10_000, password: None, ocr: None }
    }
}

/// A book as read: its pages as they are, and its text as sections.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    /// From the file's metadata, else the largest words of its first page, else the file's name.
    pub title: String,
    /// From the file's metadata, else the name after a `by` on the first page.
    pub author: Option<String>,
    /// In order; page `i` has index `i`.
    pub pages: Vec<Page>,
    /// In order. Their texts together are the text of the book.
    pub sections: Vec<Section>,
    /// Pages that could not be read wholly.
    pub problems: Vec<PageProblem>,
}

impl Book {
    /// The sections that a heading opens: all but the text before the first one.
    pub fn headings(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| section.has_heading)
    }
}

/// One page as it stands: running heads included, a line of the page on each line.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its place in the file.
    pub index: PageIndex,
    /// As printed: `iv`, `12`; by the file's labels, else by the numbers on the pages, else its place in the file.
    pub label: String,
    /// Its lines in reading order.
    pub text: String,
    /// Whether it shows a picture and no text that could be read.
    pub is_scan: bool,
    /// The lines of its running head, page number included, from the top down.
    pub head: Vec<String>,
    /// The lines of its running foot, page number included, from the top down.
    pub foot: Vec<String>,
}

/// A heading's span, up to the next heading of any level.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// As printed, without the dots after its number.
    pub title: String,
    /// The titles from the top level down to this section, joined by ` > `.
    pub path: String,
    /// Its depth, from 0.
    pub level: u32,
    /// Whether it is text to teach from.
    pub kind: SectionKind,
    /// Whether a heading opens it; only the text before a book's first heading has none.
    pub has_heading: bool,
    /// Where its heading stands.
    pub first_page: PageIndex,
    /// Where its text ends.
    pub last_page: PageIndex,
    /// Its text without the heading: a blank line between paragraphs, a line for each list item, table row and line of
    /// code; running heads and page numbers are left out. Empty where the next heading follows at once.
    pub text: String,
    /// Where in `text` pages begin: ascending, never empty, the first at 0.
    pub page_starts: Vec<PageStart>,
}

/// What a section is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionKind {
    /// Text of the book.
    Body,
    /// Title page, contents, licence, credits, index: nothing to teach.
    FrontMatter,
}

/// A page that could not be read wholly; the rest of the book is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageProblem {
    /// Which page.
    pub page: PageIndex,
    /// Why.
    pub reason: String,
}

/// Reads a book.
///
/// # Errors
/// The file cannot be read, is too large, needs a password, is no usable PDF, or holds no text.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Book, CorpusError> {
    read_bytes(&file_bytes(path, options)?, path, options)
}

/// Reads a book that is in memory. `path` names it in errors, and its title where the file has none.
///
/// # Errors
/// As for [`read`].
pub fn read_bytes(bytes: &[u8], path: &Path, options: &ReadOptions) -> Result<Book, CorpusError> {
    let raw = raw_book(bytes, path, options)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().replace(['_', '-'], " ");
    let mut letters = name.chars();
    let name = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or(name);
    Ok(book(raw, &name))
}

fn file_bytes(path: &Path, options: &ReadOptions) -> Result<Vec<u8>, CorpusError> {
    let unreadable = |source| CorpusError::File { path: path.to_owned(), source };
    let num_bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if num_bytes > options.max_file_bytes {
        return Err(CorpusError::TooLarge { path: path.to_owned(), num_bytes, max_bytes: options.max_file_bytes });
    }
    std::fs::read(path).map_err(unreadable)
}

/// The pages of a file that has some text.
fn raw_book(bytes: &[u8], path: &Path, options: &ReadOptions) -> Result<pdf::RawBook, CorpusError> {
    let raw = pdf::read(bytes, options).map_err(|why| match why {
        pdf::Unreadable::Encrypted => CorpusError::Encrypted { path: path.to_owned() },
        pdf::Unreadable::Broken(reason) => CorpusError::Broken { path: path.to_owned(), reason },
    })?;
    if raw.pages.iter().all(|page| page.lines.is_empty()) {
        let (num_pages, num_scans) = (raw.pages.len(), raw.pages.iter().filter(|page| page.is_scan).count());
        let reason = raw.pages.into_iter().filter(|page| !page.is_scan).find_map(|page| page.problem);
        return Err(match reason {
            Some(reason) => CorpusError::Broken { path: path.to_owned(), reason },
            None => CorpusError::NoText { path: path.to_owned(), num_pages, num_scans },
        });
    }
    Ok(raw)
}

/// Cuts a book's sections into chunks of at most `max_tokens`, as `count_tokens` counts. Chunks are whole sentences (longer
/// ones are cut between words); the last one or two of a chunk begin the next one too; no chunk reaches over a section's end.
#[must_use]
pub fn chunks(book: &Book, max_tokens: usize, count_tokens: &dyn Fn(&str) -> usize) -> Vec<Chunk> {
    let of_section = |(index, section)| chunk::of_section(section, index, max_tokens, count_tokens);
    book.sections.iter().enumerate().flat_map(of_section).collect()
}

fn book(raw: pdf::RawBook, name: &str) -> Book {
    let cleaned = clean::clean(&raw.pages);
    let measures = measures::Measures::of(&cleaned.bodies);
    let paragraphs = paragraph::paragraphs(&cleaned.bodies, &measures);
    let title = raw.title.or_else(|| looks::title(&paragraphs, &measures)).unwrap_or_else(|| name.to_owned());
    let author = raw.author.or_else(|| looks::author(&paragraphs));
    let mut headings = looks::headings(&paragraphs, &measures);
    if outline_use::is_usable(&raw.bookmarks, raw.pages.len()) {
        let outline = heading::from_outline(&raw.bookmarks, &paragraphs);
        if outline.len() > 1 && !outline_use::is_foreign(&outline, &headings) {
            headings = outline_use::with_finer(outline, headings, &paragraphs);
        }
    }
    let labels = running::labels(&raw.pages, &cleaned.furniture);
    let mut pages = Vec::with_capacity(raw.pages.len());
    let mut problems = Vec::new();
    for ((page, found), label) in raw.pages.iter().zip(&cleaned.furniture).zip(labels) {
        let index = PageIndex(u32::try_from(pages.len()).expect("the number of pages is limited"));
        let text = page.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
        let texts = |lines: &[usize]| lines.iter().map(|line| clean::normalised(&page.lines[*line].text)).collect();
        pages.push(Page {
            index,
            label,
            text,
            is_scan: page.is_scan,
            head: texts(&found.head),
            foot: texts(&found.foot),
        });
        problems.extend(page.problem.clone().map(|reason| PageProblem { page: index, reason }));
    }
    let sections = section::sections(&paragraphs, headings, &pages, &title);
    Book { title, author, pages, sections, problems }
}
