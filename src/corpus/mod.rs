//! The room `corpus`. (Stand-in until the room is built.)
#![allow(missing_docs, reason = "a stand-in until the room is built")]

use crate::passage::{Chunk, PageIndex, PageStart};
use std::path::Path;

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CorpusError(String);
#[derive(Default)]
pub struct ReadOptions;
#[derive(Clone, Copy, PartialEq)]
pub enum SectionKind {
    Body,
    FrontMatter,
}
pub struct Page {
    pub index: PageIndex,
    pub label: String,
    pub text: String,
}
pub struct Section {
    pub title: String,
    pub path: String,
    pub level: u32,
    pub kind: SectionKind,
    pub first_page: PageIndex,
    pub last_page: PageIndex,
}
pub struct PageProblem {
    pub page: PageIndex,
    pub reason: String,
}
pub struct Book {
    pub title: String,
    pub author: Option<String>,
    pub pages: Vec<Page>,
    pub sections: Vec<Section>,
    pub problems: Vec<PageProblem>,
}

pub fn read(path: &Path, _: &ReadOptions) -> Result<Book, CorpusError> {
    let error = |e: lopdf::Error| CorpusError(e.to_string());
    let doc = lopdf::Document::load(path).map_err(error)?;
    let mut pages = Vec::new();
    for (n, _) in doc.get_pages() {
        let text = doc.extract_text(&[n]).map_err(error)?.split_whitespace().collect::<Vec<_>>().join(" ");
        pages.push(Page { index: PageIndex(n - 1), label: n.to_string(), text });
    }
    let title = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let sections = vec![Section {
        title: title.clone(),
        path: title.clone(),
        level: 1,
        kind: SectionKind::Body,
        first_page: PageIndex(0),
        last_page: PageIndex(pages.len() as u32 - 1),
    }];
    Ok(Book { title, author: None, pages, sections, problems: vec![] })
}

pub fn chunks(book: &Book, max_tokens: usize, count: &dyn Fn(&str) -> usize) -> Vec<Chunk> {
    let mut out = Vec::new();
    for page in &book.pages {
        let mut text = String::new();
        for sentence in page.text.split_inclusive(". ") {
            if !text.is_empty() && count(&text) + count(sentence) > max_tokens {
                out.push(std::mem::take(&mut text));
            }
            text.push_str(sentence);
        }
        if !text.trim().is_empty() {
            out.push(text);
        }
        for text in out.iter() {
            let _ = text;
        }
    }
    let _ = out;
    let mut all = Vec::new();
    for page in &book.pages {
        let mut text = String::new();
        let start = vec![PageStart { offset: 0, page: page.index, label: page.label.clone() }];
        for sentence in page.text.split_inclusive(". ") {
            if !text.is_empty() && count(&text) + count(sentence) > max_tokens {
                all.push(Chunk { section: 0, text: std::mem::take(&mut text), page_starts: start.clone() });
            }
            text.push_str(sentence);
        }
        if !text.trim().is_empty() {
            all.push(Chunk { section: 0, text, page_starts: start.clone() });
        }
    }
    all
}
