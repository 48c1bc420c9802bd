//! Paragraphs to sections in book order: by the file's outline if it has one, else by headings found on the pages.

use super::heading::{self, Heading};
use super::kinds::Kind;
use super::paragraph::Paragraph;
use super::{Page, Section, SectionKind};
use crate::passage::{PageIndex, PageStart};

/// Text before the first heading that is shorter than this many bytes is a title page, not a text.
const MAX_TITLE_PAGE_BYTES: usize = 1_500;

/// A paragraph this long that ends in a full stop is text of the book.
const PROSE_BYTES: usize = 200;

/// Words that title what stands before and after the text proper, in lower case without white space.
const FRONT_MATTER: &[&str] = &[
    "contents", "tableofcontents", "listoffigures", "listoftables", "copyright", "license", "licence", "licensing",
    "colophon", "acknowledgements", "acknowledgments", "acknowledgement", "acknowledgment", "dedication", "imprint",
    "credits", "creditsandlicense", "creditsandlicence", "index", "bibliography", "references", "abouttheauthor",
    "abouttheauthors", "titlepage", "cover", "revisionhistory", "changelog", "tabledesmatières", "remerciements",
    "bibliographie", "inhaltsverzeichnis", "inhalt", "impressum", "literaturverzeichnis", "stichwortverzeichnis",
    "índice", "tartalomjegyzék", "tárgymutató", "目次", "目录", "索引", "license1", "publisher", "trademarks",
    "disclaimer", "colofon",
];

/// The sections of a book.
pub(super) fn sections(paragraphs: &[Paragraph], headings: Vec<Heading>, pages: &[Page], title: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    let first = headings.first().map_or(paragraphs.len(), |heading| heading.first);
    let has_headings = !headings.is_empty();
    if first > 0 {
        let mut opening = section(&paragraphs[..first], PageIndex(0), pages);
        opening.title = title.to_owned();
        opening.path = title.to_owned();
        let legal = ["licen", "copyright", "©", "isbn", "all rights reserved"];
        let lower = opening.text.to_lowercase();
        let is_legal = legal.iter().any(|word| lower.contains(word)) && lower.len() < 4 * MAX_TITLE_PAGE_BYTES;
        let is_prose = paragraphs[..first].iter().any(|p| p.text.len() >= PROSE_BYTES && p.text.ends_with('.'));
        if has_headings && (is_legal || (opening.text.len() < MAX_TITLE_PAGE_BYTES && !is_prose)) {
            opening.kind = SectionKind::FrontMatter;
        }
        sections.push(opening);
    }
    let mut open: Vec<(usize, String, SectionKind)> = Vec::new();
    let ends: Vec<usize> = headings.iter().skip(1).map(|next| next.first).chain([paragraphs.len()]).collect();
    for (heading, end) in headings.into_iter().zip(ends) {
        while open.last().is_some_and(|(level, ..)| *level >= heading.level) {
            open.pop();
        }
        let start = (heading.first + heading.num_paragraphs).min(end);
        let mut section = section(&paragraphs[start..end], heading.page, pages);
        let within = open.last().is_some_and(|(.., kind)| *kind == SectionKind::FrontMatter);
        if within || is_front_matter(&heading.title) {
            section.kind = SectionKind::FrontMatter;
        }
        open.push((heading.level, heading.title.clone(), section.kind));
        section.path = open.iter().map(|(_, title, _)| title.as_str()).collect::<Vec<_>>().join(" > ");
        section.level = u32::try_from(open.len() - 1).unwrap_or(u32::MAX);
        section.title = heading.title;
        section.has_heading = true;
        section.first_page = section.first_page.min(heading.page);
        sections.push(section);
    }
    sections
}

/// The paragraphs as one text: a blank line between paragraphs, none between rows and items that follow each other.
fn section(paragraphs: &[Paragraph], page: PageIndex, pages: &[Page]) -> Section {
    let mut text = String::new();
    let mut starts: Vec<(usize, PageIndex)> = Vec::new();
    let mut previous: Option<Kind> = None;
    for paragraph in paragraphs {
        if let Some(previous) = previous {
            let list = previous == paragraph.kind && paragraph.kind != Kind::Text;
            text.push_str(if list { "\n" } else { "\n\n" });
        }
        for (offset, page) in &paragraph.starts {
            if starts.last().is_none_or(|(_, last)| last != page) {
                starts.push((text.len() + offset, *page));
            }
        }
        text.push_str(&paragraph.text);
        previous = Some(paragraph.kind);
    }
    if starts.is_empty() {
        starts.push((0, page));
    }
    let label =
        |page: PageIndex| pages.get(page.0 as usize).map_or_else(|| page.number().to_string(), |p| p.label.clone());
    Section {
        title: String::new(),
        path: String::new(),
        level: 0,
        kind: SectionKind::Body,
        has_heading: false,
        first_page: starts[0].1,
        last_page: starts.iter().map(|(_, page)| *page).max().unwrap_or(page),
        text,
        page_starts: starts.into_iter().map(|(offset, page)| PageStart { offset, page, label: label(page) }).collect(),
    }
}

/// Whether a title names what stands around the text: contents, licence, index.
pub(super) fn is_front_matter(title: &str) -> bool {
    let (_, words) = heading::number_and_words(title);
    let key: String = words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    FRONT_MATTER.contains(&key.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(text: &str, page: u32) -> Paragraph {
        Paragraph { starts: vec![(0, PageIndex(page))], ..super::super::paragraph::tests::paragraph(text, 10.0, false) }
    }

    fn heading(title: &str, level: usize, first: usize, page: u32) -> Heading {
        Heading { title: title.into(), level, first, num_paragraphs: 1, page: PageIndex(page) }
    }

    #[test]
    fn sections_nest_and_know_their_pages() {
        let paragraphs = [
            paragraph("Cover", 0),
            paragraph("One", 1),
            paragraph("1.1 Deep", 1),
            paragraph("First text.", 1),
            Paragraph { starts: vec![(0, PageIndex(1)), (7, PageIndex(2))], ..paragraph("Second paragraph.", 1) },
            paragraph("Index", 3),
            paragraph("a, b", 3),
        ];
        let pages: Vec<Page> = (0..4)
            .map(|i| Page {
                index: PageIndex(i),
                label: format!("p{i}"),
                text: String::new(),
                is_scan: false,
                head: Vec::new(),
                foot: Vec::new(),
            })
            .collect();
        let headings = vec![heading("One", 0, 1, 1), heading("1.1 Deep", 1, 2, 1), heading("Index", 0, 5, 3)];
        let found = sections(&paragraphs, headings, &pages, "The Book");
        let paths: Vec<&str> = found.iter().map(|s| s.path.as_str()).collect();
        assert_eq!(paths, ["The Book", "One", "One > 1.1 Deep", "Index"]);
        let kinds: Vec<bool> = found.iter().map(|s| s.kind == SectionKind::FrontMatter).collect();
        assert_eq!(kinds, [true, false, false, true]);
        let deep = &found[2];
        assert_eq!(deep.text, "First text.\n\nSecond paragraph.");
        assert_eq!((deep.first_page, deep.last_page, deep.level), (PageIndex(1), PageIndex(2), 1));
        assert_eq!(deep.page_starts[1], PageStart { offset: 20, page: PageIndex(2), label: "p2".into() });
    }
}
