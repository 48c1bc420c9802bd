//! What the fuzz targets share: the rooms under test, and a PDF around a part of one.

#[path = "../../../src/corpus/mod.rs"]
pub mod corpus;
#[path = "../../../src/passage/mod.rs"]
pub mod passage;

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

/// Reads the bytes as a book, cuts it into chunks, and checks what every reader of a book relies on.
pub fn read(bytes: &[u8]) {
    let options = corpus::ReadOptions { max_pages: 200, ..Default::default() };
    let Ok(book) = corpus::read_bytes(bytes, "fuzz.pdf".as_ref(), &options) else { return };
    for section in &book.sections {
        assert!(section.first_page <= section.last_page, "{section:?}");
        assert_eq!(section.page_starts.first().map(|start| start.offset), Some(0), "{section:?}");
        assert!(section.page_starts.iter().all(|start| section.text.is_char_boundary(start.offset)), "{section:?}");
        assert!((section.last_page.0 as usize) < book.pages.len(), "{section:?}");
    }
    let chunks = corpus::chunks(&book, 200, &|text: &str| text.split_whitespace().count() * 4 / 3 + 1);
    assert!(chunks.iter().all(|chunk| !chunk.text.trim().is_empty()));
}

/// A file of one page with this content, whose font `/F1` is `font`; `/F2` is Helvetica, `/X1` a form that draws itself.
pub fn file(content: &[u8], font: Dictionary, streams: Vec<(u32, Stream)>) -> Vec<u8> {
    let mut doc = Document::with_version("1.7");
    doc.max_id = 100;
    for (number, stream) in streams {
        doc.objects.insert((number, 0), stream.into());
    }
    let font = doc.add_object(font);
    let plain = doc.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let form = doc.new_object_id();
    let resources = dictionary! {
        "Font" => dictionary! { "F1" => font, "F2" => plain },
        "XObject" => dictionary! { "X1" => form },
    };
    let drawn = dictionary! { "Type" => "XObject", "Subtype" => "Form", "Resources" => resources.clone() };
    doc.objects.insert(form, Stream::new(drawn, content.to_vec()).into());
    let content = doc.add_object(Stream::new(dictionary! {}, content.to_vec()));
    let tree = doc.new_object_id();
    let page = doc.add_object(dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content });
    let pages = dictionary! {
        "Type" => "Pages", "Kids" => vec![Object::from(page)], "Count" => 1, "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), 400.into(), 400.into()],
    };
    doc.objects.insert(tree, pages.into());
    let catalog = doc.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    doc.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    doc.save_to(&mut bytes).expect("a file in memory");
    bytes
}
