//! Bytes of a PDF to pages of lines. lopdf parses the objects; what they mean as text is decided here, and nowhere else in
//! the crate is lopdf used. Each page stands alone: a page that cannot be read is reported and the book goes on.

mod accents;
mod cjk;
mod cmap;
mod columns;
mod composite;
mod content;
mod embedded;
mod font;
mod glyph_names;
mod glyph_names_more;
mod layers;
mod line;
mod lines;
mod matrix;
mod objects;
mod operators;
mod outline;
mod picture;
mod simple;
mod standard_widths;
mod symbols;
mod tex;
mod type1;

pub(super) use line::Line;
pub(super) use outline::Bookmark;

use super::{ReadOptions, Recogniser};
use crate::passage::PageIndex;
use content::{Extent, Interpreter, Shared};
use font::Font;
use layers::Layers;
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};
use matrix::Matrix;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// The fonts of a file that were read already.
type FontCache = HashMap<FontKey, Rc<Font>>;

/// What tells a font from the others of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum FontKey {
    Id(ObjectId),
    /// Where a font without a number lies; the file does not change while it is read.
    Address(usize),
}

impl FontKey {
    fn of(object: &Object) -> Self {
        object.as_reference().map_or_else(|_| Self::Address(std::ptr::from_ref(object).addr()), Self::Id)
    }
}

/// Operators and glyphs that all pages of a file together may have, against files made to exhaust: 10,000 full pages.
const MAX_WORK: usize = 100_000_000;

/// How deep the page tree may be.
const MAX_TREE_DEPTH: usize = 64;

/// A file as read: pages of lines, and what it says about itself.
pub(super) struct RawBook {
    pub(super) title: Option<String>,
    pub(super) author: Option<String>,
    pub(super) pages: Vec<RawPage>,
    /// Places are turned to points from the page's top downwards.
    pub(super) bookmarks: Vec<Bookmark>,
}

/// A page as read.
pub(super) struct RawPage {
    /// As printed, if the file says.
    pub(super) label: Option<String>,
    /// In reading order.
    pub(super) lines: Vec<Line>,
    /// What of it could not be read.
    pub(super) problem: Option<String>,
    /// Whether it shows a picture and no text.
    pub(super) is_scan: bool,
}

impl RawPage {
    fn broken(reason: String) -> Self {
        Self { label: None, lines: Vec::new(), problem: Some(reason), is_scan: false }
    }
}

/// Why a file gives no pages.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// Its password is not the empty one, nor the one given.
    Encrypted,
    /// It is no PDF, or too damaged; says why.
    Broken(String),
}

/// The part of the page that is shown, and how it is turned.
struct Frame {
    to_shown: Matrix,
    extent: Extent,
    /// The top edge in user space, if the page is not turned.
    top: Option<f64>,
}

/// Reads a whole file.
pub(super) fn read(bytes: &[u8], options: &ReadOptions) -> Result<RawBook, Unreadable> {
    let (max_pages, password) = (options.max_pages, options.password.as_deref());
    let loaded = catch_unwind(|| load(bytes, password));
    let doc = loaded.unwrap_or_else(|_| Err(Unreadable::Broken("its structure makes the reader fail".into())))?;
    let ids = page_ids(&doc);
    if ids.is_empty() {
        return Err(Unreadable::Broken("it has no pages".into()));
    }
    if ids.len() > max_pages {
        return Err(Unreadable::Broken(format!("it has {} pages, more than the {max_pages} allowed", ids.len())));
    }
    let about = AssertUnwindSafe(|| describe(&doc, &ids));
    let (title, author, labels, mut bookmarks) =
        catch_unwind(about).unwrap_or_else(|_| (None, None, vec![None; ids.len()], Vec::new()));
    let layers = catch_unwind(AssertUnwindSafe(|| Layers::of(&doc))).unwrap_or_default();
    let mut shared = Shared { doc: &doc, fonts: FontCache::new(), layers, work_left: MAX_WORK };
    let mut pages = Vec::with_capacity(ids.len());
    for (id, label) in ids.iter().zip(labels) {
        let page = catch_unwind(AssertUnwindSafe(|| read_page(&mut shared, *id, options.ocr.as_ref())));
        let broken = || RawPage::broken("its content makes the reader fail".into());
        pages.push(RawPage { label, ..page.unwrap_or_else(|_| broken()) });
    }
    for bookmark in &mut bookmarks {
        let frame = doc.get_dictionary(ids[bookmark.page.0 as usize]).ok().map(|page| frame(&doc, page));
        bookmark.top = bookmark.top.zip(frame.and_then(|frame| frame.top)).map(|(at, top)| top - at);
    }
    Ok(RawBook { title, author, pages, bookmarks })
}

fn load(bytes: &[u8], password: Option<&str>) -> Result<Document, Unreadable> {
    let options = LoadOptions {
        password: password.map(str::to_owned),
        max_decompressed_size: Some(objects::MAX_STREAM_BYTES),
        ..LoadOptions::default()
    };
    let mut doc = match Document::load_mem_with_options(bytes, options) {
        Ok(doc) => doc,
        Err(lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_)) => return Err(Unreadable::Encrypted),
        Err(error) => return Err(Unreadable::Broken(error.to_string())),
    };
    if doc.is_encrypted() && doc.decrypt(password.unwrap_or_default()).is_err() {
        return Err(Unreadable::Encrypted);
    }
    Ok(doc)
}

fn describe(doc: &Document, ids: &[ObjectId]) -> (Option<String>, Option<String>, Vec<Option<String>>, Vec<Bookmark>) {
    let indices = ids.iter().zip(0..).map(|(id, index)| (*id, PageIndex(index))).collect();
    let (title, author) = outline::title_and_author(doc);
    (title, author, outline::labels(doc, ids.len()), outline::bookmarks(doc, &indices))
}

/// The pages in order; if the page tree is lost, every page object in the order of their numbers.
fn page_ids(doc: &Document) -> Vec<ObjectId> {
    let ids: Vec<ObjectId> = doc.page_iter().filter(|id| doc.get_dictionary(*id).is_ok()).collect();
    if !ids.is_empty() {
        return ids;
    }
    let is_page = |object: &Object| object.as_dict().is_ok_and(|dict| dict.has_type(b"Page"));
    doc.objects.iter().filter(|(_, object)| is_page(object)).map(|(id, _)| *id).collect()
}

fn read_page(shared: &mut Shared, id: ObjectId, ocr: Option<&Recogniser>) -> RawPage {
    let doc = shared.doc;
    let page = match doc.get_dictionary(id) {
        Ok(page) => page,
        Err(error) => return RawPage::broken(error.to_string()),
    };
    let frame = frame(doc, page);
    let resources = inherited(doc, page, b"Resources").and_then(objects::as_dict);
    let mut interpreter = Interpreter::new(shared, frame.to_shown, frame.extent);
    let (bytes, problem) = content_bytes(doc, page);
    interpreter.run(&bytes, resources);
    let (problem, pictures) = (problem.or(interpreter.problem), interpreter.pictures);
    let lines = lines::lines(interpreter.glyphs, frame.extent.height);
    if !lines.is_empty() || pictures.is_empty() {
        return RawPage { label: None, lines, problem, is_scan: false };
    }
    let (lines, unread) = match ocr {
        None => {
            (Vec::new(), Some("no text on it, only a picture; if that is a scan, `--ocr LANGUAGE` reads it".into()))
        }
        Some(ocr) => recognise(doc, &pictures, frame.extent, ocr),
    };
    RawPage { label: None, is_scan: lines.is_empty(), lines, problem: problem.or(unread) }
}

/// The text of a page that is only pictures, and what of it could not be read.
fn recognise(doc: &Document, pictures: &[ObjectId], extent: Extent, ocr: &Recogniser) -> (Vec<Line>, Option<String>) {
    let (mut lines, mut problem) = (Vec::new(), None);
    for id in pictures {
        let Ok(Object::Stream(stream)) = doc.get_object(*id) else { continue };
        let found = picture::file(doc, stream).and_then(|file| ocr.lines(&file, (extent.width, extent.height)));
        match found {
            Ok(found) => lines.extend(found),
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    (lines, problem)
}

/// The page's content streams joined; a broken one is left out and reported.
fn content_bytes(doc: &Document, page: &Dictionary) -> (Vec<u8>, Option<String>) {
    let (mut bytes, mut problem) = (Vec::new(), None);
    let parts: Vec<&Object> = match objects::get(doc, page, b"Contents") {
        Some(Object::Array(parts)) => parts.iter().filter_map(|part| objects::resolve(doc, part)).collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for part in parts {
        let Object::Stream(stream) = part else { continue };
        match objects::stream_bytes(stream, objects::MAX_STREAM_BYTES.saturating_sub(bytes.len())) {
            Ok(more) => {
                bytes.extend(more);
                bytes.push(b'\n');
            }
            Err(error) => problem = problem.or(Some(format!("its content cannot be unpacked: {error}"))),
        }
    }
    (bytes, problem)
}

/// The page's own value of `key`, or that of the nearest node above it.
fn inherited<'a>(doc: &'a Document, page: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    let mut node = page;
    for _ in 0..MAX_TREE_DEPTH {
        if let Some(object) = objects::get(doc, node, key) {
            return Some(object);
        }
        node = objects::dict(doc, node, b"Parent")?;
    }
    None
}

fn frame(doc: &Document, page: &Dictionary) -> Frame {
    let rectangle = |key: &[u8]| {
        let array = inherited(doc, page, key)?.as_array().ok()?;
        let numbers: Vec<f64> =
            array.iter().filter_map(|o| objects::resolve(doc, o)?.as_float().ok()).map(f64::from).collect();
        let [a, b, c, d] = numbers.try_into().ok()?;
        let (left, foot, right, top): (f64, f64, f64, f64) = (a.min(c), b.min(d), a.max(c), b.max(d));
        (right - left > 1.0 && top - foot > 1.0).then_some((left, foot, right, top))
    };
    let (left, foot, right, top) =
        rectangle(b"CropBox").or_else(|| rectangle(b"MediaBox")).unwrap_or((0.0, 0.0, 612.0, 792.0));
    let (width, height) = (right - left, top - foot);
    let to_origin = Matrix::shift(-left, -foot);
    let turns =
        inherited(doc, page, b"Rotate").and_then(|o| o.as_float().ok()).map_or(0, |angle| (angle / 90.0) as i64);
    let turn = match turns.rem_euclid(4) {
        1 => Matrix([0.0, -1.0, 1.0, 0.0, 0.0, width]),
        2 => Matrix([-1.0, 0.0, 0.0, -1.0, width, height]),
        3 => Matrix([0.0, 1.0, -1.0, 0.0, height, 0.0]),
        _ => Matrix::IDENTITY,
    };
    let extent = match turns.rem_euclid(2) {
        1 => Extent { width: height, height: width },
        _ => Extent { width, height },
    };
    Frame { to_shown: to_origin.then(turn), extent, top: (turn == Matrix::IDENTITY).then_some(top) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::{Stream, dictionary};

    /// A file of pages with these contents; `/F1` is Helvetica, `/X1` a form that draws itself.
    fn file(contents: Vec<Stream>) -> Vec<u8> {
        let mut doc = Document::with_version("1.5");
        let font = doc.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
        let form = doc.new_object_id();
        let resources = dictionary! {
            "Font" => dictionary! { "F1" => font },
            "XObject" => dictionary! { "X1" => form },
        };
        let drawn = dictionary! { "Type" => "XObject", "Subtype" => "Form", "Resources" => resources.clone() };
        doc.objects.insert(
            form,
            Stream::new(drawn, b"BT 0 Tc 0 Tw /F1 10 Tf 50 300 Td (in a form) Tj ET /X1 Do".to_vec()).into(),
        );
        let tree = doc.new_object_id();
        let mut kids: Vec<Object> = Vec::new();
        for content in contents {
            let content = doc.add_object(content);
            kids.push(doc.add_object(dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content }).into());
        }
        let count = kids.len() as i64;
        let pages = dictionary! {
            "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => resources,
            "MediaBox" => vec![0.into(), 0.into(), 400.into(), 400.into()],
        };
        doc.objects.insert(tree, pages.into());
        let catalog = doc.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        doc.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        doc.save_to(&mut bytes).expect("a file in memory");
        bytes
    }

    fn plain(content: &str) -> Stream {
        Stream::new(dictionary! {}, content.as_bytes().to_vec())
    }

    fn texts(page: &RawPage) -> Vec<&str> {
        page.lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn text_operators_place_and_show() {
        let content = "BT /F1 10 Tf 14 TL 50 350 Td [(He) -20 (llo) -300 (world)] TJ T* (next) Tj (after) ' \
                       1 0 0 1 50 200 Tm 3 2 (spaced) \" ET q 1 0 0 1 0 -20 cm /X1 Do Q";
        let book = read(&file(vec![plain(content)]), &ReadOptions::default()).unwrap_or_else(|why| panic!("{why:?}"));
        assert_eq!(texts(&book.pages[0]), ["Hello world", "next", "after", "s p a c e d", "in a form"]);
        let ys: Vec<f64> = book.pages[0].lines.iter().map(|line| line.y.round()).collect();
        assert_eq!(ys, [50.0, 64.0, 78.0, 214.0, 120.0]);
        assert_eq!(book.pages[0].problem, None);
    }

    #[test]
    fn what_nobody_sees_is_no_text() {
        let content = "BT /F1 10 Tf 50 350 Td (seen) Tj 900 0 Td (beside the page) Tj ET \
                       BT 3 Tr /F1 10 Tf 50 300 Td (under a scan) Tj ET";
        let book = read(&file(vec![plain(content)]), &ReadOptions::default()).unwrap_or_else(|why| panic!("{why:?}"));
        assert_eq!(texts(&book.pages[0]), ["seen", "under a scan"]);
    }

    #[test]
    fn a_broken_page_is_reported_and_the_book_goes_on() {
        let flate = dictionary! { "Filter" => "NoSuchDecode" };
        let pages = vec![
            plain("BT /F1 10 Tf 50 350 Td (one) Tj ET"),
            Stream::new(flate, b"garbage".to_vec()),
            plain("BT /F1 10 Tf 50 350 Td (three) Tj ET BI /W 1 ID x"),
        ];
        let book = read(&file(pages), &ReadOptions::default()).unwrap_or_else(|why| panic!("{why:?}"));
        let found: Vec<_> = book.pages.iter().map(|page| (texts(page), page.problem.is_some())).collect();
        assert_eq!(found, [(vec!["one"], false), (vec![], true), (vec!["three"], true)]);
    }

    #[test]
    fn what_is_no_file_is_broken_and_too_many_pages_are_refused() {
        for bytes in
            [&b""[..], b"hello", b"%PDF-1.4", b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj trailer<</Root 1 0 R>>"]
        {
            assert!(matches!(read(bytes, &ReadOptions::default()), Err(Unreadable::Broken(_))), "{bytes:?}");
        }
        let many = file(vec![plain(""), plain("")]);
        assert!(
            matches!(read(&many, &ReadOptions { max_pages: 1, ..ReadOptions::default() }), Err(Unreadable::Broken(reason)) if reason.contains("2 pages"))
        );
    }
}
