//! What a file says about itself besides its pages: bookmarks, printed page labels, title and author.

use super::objects;
use crate::corpus::numerals::roman;
use crate::passage::PageIndex;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::{HashMap, HashSet};

/// Limits against endless or looping trees.
const MAX_ENTRIES: usize = 20_000;
const MAX_DEPTH: usize = 32;

/// An entry of the outline.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::corpus) struct Bookmark {
    /// Its words.
    pub(in crate::corpus) title: String,
    /// Its depth, from 0.
    pub(in crate::corpus) level: usize,
    /// Where it leads.
    pub(in crate::corpus) page: PageIndex,
    /// How far down the page, in points from the foot of the user space, if it says.
    pub(in crate::corpus) top: Option<f64>,
}

/// The outline in order; entries that lead nowhere are left out.
pub(super) fn bookmarks(doc: &Document, pages: &HashMap<ObjectId, PageIndex>) -> Vec<Bookmark> {
    let root = doc.catalog().ok().and_then(|catalog| objects::dict(doc, catalog, b"Outlines"));
    let Some(first) = root.and_then(|root| root.get(b"First").ok()) else { return Vec::new() };
    let mut reader = OutlineReader { doc, pages, seen: HashSet::new(), found: Vec::new() };
    reader.read(first, 0);
    reader.found
}

struct OutlineReader<'a> {
    doc: &'a Document,
    pages: &'a HashMap<ObjectId, PageIndex>,
    seen: HashSet<ObjectId>,
    found: Vec<Bookmark>,
}

impl<'a> OutlineReader<'a> {
    fn read(&mut self, first: &'a Object, level: usize) {
        let mut next = Some(first);
        while let Some(object) = next {
            if level > MAX_DEPTH || self.seen.len() > MAX_ENTRIES {
                return;
            }
            if object.as_reference().is_ok_and(|id| !self.seen.insert(id)) {
                return;
            }
            let Some(item) = objects::resolve(self.doc, object).and_then(objects::as_dict) else { return };
            let title = objects::text(self.doc, item, b"Title").filter(|title| !title.is_empty());
            if let (Some(title), Some((page, top))) = (title, self.target(item)) {
                self.found.push(Bookmark { title, level, page, top });
            }
            if let Ok(child) = item.get(b"First") {
                self.read(child, level + 1);
            }
            next = item.get(b"Next").ok().filter(|next| next.as_reference().is_ok());
        }
    }

    fn target(&self, item: &'a Dictionary) -> Option<(PageIndex, Option<f64>)> {
        let action = objects::dict(self.doc, item, b"A");
        let action = action.filter(|action| objects::name(self.doc, action, b"S") == Some(b"GoTo"));
        let target = objects::get(self.doc, item, b"Dest").or_else(|| objects::get(self.doc, action?, b"D"))?;
        self.place(target, 0)
    }

    /// A destination: explicit, or a name to look up.
    fn place(&self, target: &'a Object, depth: usize) -> Option<(PageIndex, Option<f64>)> {
        match target {
            Object::Array(parts) => {
                let page = match parts.first()? {
                    Object::Reference(id) => *self.pages.get(id)?,
                    Object::Integer(index) => PageIndex(u32::try_from(*index).ok()?),
                    _ => return None,
                };
                let number = |index: usize| parts.get(index)?.as_float().ok().map(f64::from);
                let top = match parts.get(1).and_then(|kind| kind.as_name().ok()) {
                    Some(b"XYZ") => number(3),
                    Some(b"FitH" | b"FitBH") => number(2),
                    _ => None,
                };
                ((page.0 as usize) < self.pages.len()).then_some((page, top))
            }
            Object::Dictionary(dict) if depth < 4 => self.place(objects::get(self.doc, dict, b"D")?, depth + 1),
            Object::Name(name) | Object::String(name, _) if depth < 4 => {
                let catalog = self.doc.catalog().ok()?;
                let old = || objects::get(self.doc, objects::dict(self.doc, catalog, b"Dests")?, name);
                let new = || {
                    let names = objects::dict(self.doc, catalog, b"Names")?;
                    find_in_name_tree(self.doc, objects::dict(self.doc, names, b"Dests")?, name, 0)
                };
                self.place(new().or_else(old)?, depth + 1)
            }
            _ => None,
        }
    }
}

fn find_in_name_tree<'a>(doc: &'a Document, node: &'a Dictionary, name: &[u8], depth: usize) -> Option<&'a Object> {
    if depth > MAX_DEPTH {
        return None;
    }
    if let Some(names) = objects::array(doc, node, b"Names") {
        let pairs = names.as_chunks::<2>().0.iter();
        let key = |object: &'a Object| objects::resolve(doc, object)?.as_str().ok();
        return pairs.filter(|pair| key(&pair[0]) == Some(name)).find_map(|pair| objects::resolve(doc, &pair[1]));
    }
    for kid in objects::array(doc, node, b"Kids")? {
        let Some(kid) = objects::resolve(doc, kid).and_then(objects::as_dict) else { continue };
        if let Some([Object::String(low, _), Object::String(high, _)]) = objects::array(doc, kid, b"Limits")
            && !(low.as_slice()..=high.as_slice()).contains(&name)
        {
            continue;
        }
        if let Some(found) = find_in_name_tree(doc, kid, name, depth + 1) {
            return Some(found);
        }
    }
    None
}

/// The labels that the file gives to its `num_pages` pages: `iv`, `12`, `A-3`.
pub(super) fn labels(doc: &Document, num_pages: usize) -> Vec<Option<String>> {
    let mut ranges: Vec<(usize, &Dictionary)> = Vec::new();
    if let Some(tree) = doc.catalog().ok().and_then(|catalog| objects::dict(doc, catalog, b"PageLabels")) {
        collect_numbers(doc, tree, 0, &mut ranges);
    }
    ranges.sort_by_key(|(start, _)| *start);
    let label = |page: usize| {
        let (start, range) = ranges[..ranges.partition_point(|(start, _)| *start <= page)].last()?;
        let prefix = objects::text(doc, range, b"P").unwrap_or_default();
        let first = objects::integer(doc, range, b"St").unwrap_or(1).clamp(0, 1 << 30) as usize;
        let number = first + (page - start);
        let number = match objects::name(doc, range, b"S") {
            Some(b"D") => number.to_string(),
            Some(b"r") => roman(number),
            Some(b"R") => roman(number).to_uppercase(),
            Some(b"a") => letters(number),
            Some(b"A") => letters(number).to_uppercase(),
            _ => String::new(),
        };
        Some(prefix + &number).filter(|label| !label.is_empty())
    };
    (0..num_pages).map(label).collect()
}

fn collect_numbers<'a>(doc: &'a Document, node: &'a Dictionary, depth: usize, into: &mut Vec<(usize, &'a Dictionary)>) {
    for pair in objects::array(doc, node, b"Nums").unwrap_or_default().as_chunks::<2>().0 {
        let start = objects::resolve(doc, &pair[0]).and_then(|o| usize::try_from(o.as_i64().ok()?).ok());
        if let (Some(start), Some(range)) = (start, objects::resolve(doc, &pair[1]).and_then(objects::as_dict)) {
            into.push((start, range));
        }
    }
    for kid in objects::array(doc, node, b"Kids").unwrap_or_default() {
        if let Some(kid) = objects::resolve(doc, kid).and_then(objects::as_dict)
            && depth < MAX_DEPTH
            && into.len() < MAX_ENTRIES
        {
            collect_numbers(doc, kid, depth + 1, into);
        }
    }
}

/// `a` to `z`, then `aa` to `zz`, as the specification counts.
fn letters(number: usize) -> String {
    if number == 0 || number > 2600 {
        return number.to_string();
    }
    let letter = char::from(b'a' + ((number - 1) % 26) as u8);
    std::iter::repeat_n(letter, (number - 1) / 26 + 1).collect()
}

/// The title and author of the file's information dictionary, if they say anything.
pub(super) fn title_and_author(doc: &Document) -> (Option<String>, Option<String>) {
    let info = objects::dict(doc, &doc.trailer, b"Info");
    let entry = |key: &[u8]| objects::text(doc, info?, key).filter(|text| says_something(text));
    (entry(b"Title"), entry(b"Author"))
}

/// Whether a title or a name is one that a person wrote, not what a program puts there.
fn says_something(text: &str) -> bool {
    const NOTHING: &[&str] = &[
        "unknown", "anonymous", "author", "title", "(unspecified)", "unspecified", "powerpoint presentation",
        "presentation", "document", "slide 1", "root", "user", "admin", "administrator", "owner", "windows user",
        "default", "none", "test",
    ];
    const PROGRAMS: &[&str] =
        &["microsoft word", "microsoft powerpoint", "untitled", "document1", "layout 1", "print "];
    const ENDINGS: &[&str] = &[
        ".doc", ".docx", ".dvi", ".tex", ".indd", ".qxd", ".pdf", ".odt", ".ps", ".pub", ".ppt", ".pptx", ".rtf",
        ".html", ".pmd", ".fm", ".wpd", ".p65", ".cdr", ".ai",
    ];
    let lower = text.to_lowercase();
    let is_file = ENDINGS.iter().any(|end| lower.ends_with(end))
        || (!text.contains(' ') && (text.contains(['_', '\\', '/']) || (text.contains('-') && text.len() > 12)));
    text.chars().filter(|c| c.is_alphabetic()).count() > 1
        && !is_file
        && !NOTHING.contains(&lower.as_str())
        && !PROGRAMS.iter().any(|program| lower.starts_with(program))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::dictionary;

    #[test]
    fn what_programs_put_there_is_no_title() {
        for title in ["Force", "Catch-22", "U", "La física", "力学"] {
            assert_eq!(says_something(title), title != "U", "{title}");
        }
        for junk in
            ["untitled", "Microsoft Word - x.doc", "book_final_v2", "ch03.indd", "Layout 1", "12", "arabdoc.dvi"]
        {
            assert!(!says_something(junk), "{junk}");
        }
    }

    #[test]
    fn labels_count_as_printed() {
        let mut doc = Document::new();
        let nums = vec![
            0.into(),
            Object::Dictionary(dictionary! { "S" => "r" }),
            3.into(),
            Object::Dictionary(dictionary! { "S" => "D", "St" => 5 }),
            5.into(),
            Object::Dictionary(dictionary! { "S" => "A", "P" => Object::string_literal("A-"), "St" => 27 }),
            6.into(),
            Object::Dictionary(dictionary! {}),
        ];
        let catalog = doc.add_object(dictionary! { "PageLabels" => dictionary! { "Nums" => nums } });
        doc.trailer.set("Root", catalog);
        let found = labels(&doc, 7).into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>();
        assert_eq!(found, ["i", "ii", "iii", "5", "6", "A-AA", ""]);
        assert_eq!(labels(&Document::new(), 2), [None, None]);
    }
}
