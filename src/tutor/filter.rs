//! Questions that are asked of one section or book only: "in chapter 3, what is …", "… according to physics.pdf?". Pure.

use super::pattern::Phrase;
use super::place::{BookName, Place, SectionName, book_name_in_part, place};
use super::words::content_set;
use crate::passage::BookRef;

/// A question that is asked of a place only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filtered {
    /// Where to look.
    pub(crate) place: Place,
    /// The question without the words that named the place.
    pub(crate) rest: String,
}

const WITHIN: &[&str] = &["according to", "from", "in", "within", "using", "inside", "looking at"];
const ASKING: &[&str] = &[
    "what", "whats", "who", "whom", "whose", "when", "where", "which", "why", "how", "is", "are", "was", "were", "do",
    "does", "did", "can", "could", "define", "explain", "describe", "name", "list", "compare", "tell", "give", "show",
    "find",
];

/// Reads "in chapter 3, what is …", "what does section 2.1 say about …" and "… in physics.pdf?".
pub(crate) fn filter(message: &str, books: &[BookRef]) -> Option<Filtered> {
    before(message, books).or_else(|| says_about(message, books)).or_else(|| behind(message, books))
}

/// What stands behind "in", "from" or "according to", and which of them it was.
fn without_lead(text: &str) -> Option<(&str, &'static str)> {
    let lower = text.to_lowercase();
    let lead = WITHIN.iter().find(|lead| lower.strip_prefix(**lead).is_some_and(|rest| rest.starts_with(' ')))?;
    text.get(lead.len() + 1..).map(|rest| (rest, *lead))
}

/// The place behind such a word; "according to" is said of books, so that a part of a title will do.
fn place_behind(named: &str, lead: &str, books: &[BookRef]) -> Option<Place> {
    let as_source = || {
        let book = (lead == WITHIN[0]).then(|| book_name_in_part(named, books)).flatten();
        book.map(|book| Place { section: None, book })
    };
    place(named, books).or_else(as_source)
}

/// The place comes first, up to a comma or colon or to the question word.
fn before(message: &str, books: &[BookRef]) -> Option<Filtered> {
    let message = message.trim();
    let mut cuts: Vec<(usize, usize)> =
        message.match_indices([',', ':']).take(3).map(|(at, mark)| (at, at + mark.len())).collect();
    let words = message.match_indices(' ').map(|(at, _)| at).take(12);
    let asks = |at: &usize| {
        let next = message[*at..].split_whitespace().next().unwrap_or_default().to_lowercase().replace(['\'', '’'], "");
        ASKING.contains(&next.trim_matches(|c: char| !c.is_alphanumeric()))
    };
    cuts.extend(words.filter(asks).map(|at| (at, at + 1)));
    for (end, begin) in cuts {
        let (head, rest) = (message[..end].trim(), message[begin..].trim());
        let colon = message[end..].starts_with(':');
        let Some((named, lead)) = without_lead(head).or(colon.then_some((head, ""))) else { continue };
        if let Some(place) = place_behind(named, lead, books).filter(|_| !content_set(rest).is_empty()) {
            return Some(Filtered { place, rest: rest.to_owned() });
        }
    }
    None
}

/// "What does section 2.1 say about nuts?"
fn says_about(message: &str, books: &[BookRef]) -> Option<Filtered> {
    let phrase = Phrase::of(message);
    let patterns = [
        "what does * say/tell/teach/state/write (us/me/you) about/of/on *",
        "what do * say/tell/teach (us/me/you) about/of/on *",
        "what is/was (said/written/there) in * about *",
        "what can i find/read/learn in * about *",
        "does * say/mention (something/anything) (about) *",
    ];
    let gaps = patterns.iter().find_map(|pattern| phrase.matches(pattern))?;
    let place = place(&phrase.written(gaps[0].clone()), books)?;
    Some(Filtered { place, rest: format!("What about {}?", phrase.written(gaps[1].clone())) })
}

/// The place comes last: "What is a nut in section 2.1?"
fn behind(message: &str, books: &[BookRef]) -> Option<Filtered> {
    let body = message.trim().trim_end_matches(['?', '.', '!', ' ']);
    let starts = body.match_indices(' ').map(|(at, _)| at + 1);
    for start in starts {
        let Some((named, lead)) = without_lead(&body[start..]) else { continue };
        let named = named.trim_end_matches(',');
        let Some(place) = place_behind(named, lead, books) else { continue };
        let rest = body[..start].trim().trim_end_matches([',', ':']);
        // "what is in this book?" asks for the place itself, and "in the chapter" may be any chapter of anything.
        let vague =
            place.section == Some(SectionName::This) || place.section.is_none() && place.book == BookName::InHand;
        let tells = content_set(rest).iter().any(|stem| !NO_SUBJECT.contains(&stem.as_str()));
        if tells && (!vague || named.to_lowercase().starts_with("this")) {
            return Some(Filtered { place, rest: format!("{rest}?") });
        }
    }
    None
}

/// Stems of words that ask for a place's own contents.
const NO_SUBJECT: &[&str] =
    &["chapter", "section", "head", "topic", "content", "page", "happen", "list", "show", "unit"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::BookId;

    fn books() -> Vec<BookRef> {
        let book = |file: &str, title: &str| BookRef {
            id: BookId(file.to_owned()),
            file_name: format!("{file}.pdf"),
            title: title.to_owned(),
        };
        vec![book("physics", "Introductory physics"), book("streams", "Stream handbook")]
    }

    #[test]
    fn the_place_is_told_from_the_question() {
        for (message, shown, rest) in [
            ("In chapter 3, what is a nut?", "chapter 3", "what is a nut?"),
            ("in section 2.1 what is a nut", "section 2.1", "what is a nut"),
            ("What does section 2.1 say about nuts?", "section 2.1", "What about nuts?"),
            ("What is a nut in chapter 3?", "chapter 3", "What is a nut?"),
            ("In the chapter on waves, what is a node?", "section “waves”", "what is a node?"),
            ("In physics.pdf: what is a node?", "physics.pdf", "what is a node?"),
            ("physics.pdf: what is a node?", "physics.pdf", "what is a node?"),
            ("What is a node according to physics?", "physics", "What is a node?"),
            ("According to the book on streams, who reads?", "the book on streams", "who reads?"),
            ("what does the stream handbook say about pipes", "the stream handbook", "What about pipes?"),
        ] {
            let found = filter(message, &books()).unwrap_or_else(|| panic!("{message}: no place"));
            let book = |name: &BookName| match name {
                BookName::Named(name) => name.clone(),
                BookName::InHand => String::new(),
            };
            let section = found.place.section.as_ref().map(SectionName::shown);
            assert_eq!(
                (section.unwrap_or(book(&found.place.book)), found.rest),
                (shown.into(), rest.into()),
                "{message}"
            );
        }
    }

    #[test]
    fn other_places_are_part_of_the_question() {
        for message in [
            "In France, what is bread?",
            "What is the speed of light in water?",
            "What was decided in the chapter of the order?",
            "According to Newton, what is a force?",
            "Who worked in section 2 of the army?",
            "what is in this book?",
            "",
            ",:",
        ] {
            assert_eq!(filter(message, &books()), None, "{message}");
        }
    }
}
