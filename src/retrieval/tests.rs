//! What needs no model; the whole is tested in `tests/ingest_*.rs`.

use super::*;
use crate::passage::{PageIndex, PageStart, SectionRef};

pub(super) fn passage(book: &str, text: &str) -> Passage {
    Passage {
        chunk: ChunkId(0),
        ordinal: 0,
        book: BookRef { id: BookId(book.into()), file_name: format!("{book}.pdf"), title: book.into() },
        section: SectionRef { id: SectionId(0), ordinal: 0, title: String::new(), path: String::new() },
        text: text.into(),
        page_starts: vec![PageStart { offset: 0, page: PageIndex(0), label: "1".into() }],
        score: 0.0,
        cosine: 0.0,
    }
}

#[test]
fn a_book_is_found_by_any_of_its_names() {
    let book = |id: &str, file: &str, title: &str| BookRef {
        id: BookId(id.into()),
        file_name: file.into(),
        title: title.into(),
    };
    let books = vec![
        book("physics", "Physics.pdf", "Questions in Physics"),
        book("physics-2", "physics 2.pdf", "More Physics"),
    ];
    for (name, expected) in [
        ("physics.PDF", &["physics"][..]),
        ("Physics", &["physics"]),
        ("physics-2", &["physics-2"]),
        ("more physics", &["physics-2"]),
        ("questions", &["physics"]),
        ("phys", &["physics", "physics-2"]),
        ("chemistry", &[]),
        ("  ", &[]),
    ] {
        let found: Vec<String> = matching(books.clone(), name).into_iter().map(|book| book.id.0).collect();
        assert_eq!(found, expected, "{name:?}");
    }
}
