//! Questions that code answers and no search alone: what books and chapters there are, what a page says, what a word
//! means, how two things compare, what a section is about. Recognised by rules; [`super::special_turn`] answers them.

use super::pattern::Phrase;
use super::place::{self, BookName, Place, SectionName};
use super::subject;
use crate::passage::BookRef;
use std::ops::Range;

/// A question of a kind of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Special {
    /// Which books there are.
    Books,
    /// The headings of a book, of all books where none is meant.
    Contents(Option<BookName>),
    /// What a page says.
    Page(String, BookName),
    /// What a word means.
    Define(String),
    /// How two things differ.
    Compare(String, String),
    /// What a section or book is about.
    Summary(Place),
}

const BOOKS: &[&str] = &[
    "books",
    "(the) booklist",
    "(the) list of (all) (the/your/our/my) books",
    "(the/your/our/my/all) (the/your/our/my) books",
    "list/show/name (all) (of) (the/your/our/my) books",
    "(what/which) (are) (the/your/our/my) books",
    "do/have you have/got any books",
    "what is/whats in (the/your/our/this) library",
    "whats in (the/your/our/this) library",
    "what do you have to read",
    "what is there to read",
];
/// With these words behind "which books" it asks for the books themselves.
const BOOKS_REST: &str = "do does can could are is there we i you they have has got know use read learn from teach ask \
    about in on the your our this my here available library class shelf classroom exist loaded with to us me now all";

const HEADINGS: &str = "chapters/chapter/sections/headings/topics/units/lessons/parts/contents";

const CONTENTS: &[&str] = &[
    "(the/a) table of contents (of/for/in/from) *",
    "(the/a) table of contents",
    "(the) contents",
    "(the) contents (page) of/for *",
    "toc",
    "what/which/how (many) H are/is there",
    "what/which/how (many) H are/is there in/inside/of *",
    "what/which/how (many) H are/is (there) in/inside/of *",
    "what/which/how (many) H (do/can) (you/we/i) have/learn/read/study",
    "what/which/how (many) H does/do * have/contain/cover/include",
    "what/which H exist",
    "what are (all) the H of/in/from *",
    "what are (all) the H",
    "list/show/name (all) (of) (the/its/your) H",
    "list/show/name (all) (of) (the) H of/in/from/for *",
    "(all) (the) H of/in/from *",
    "(the) H",
    "(the/a) list of (all) (the) H",
    "(the/a) list of (all) (the) H of/in/from/for *",
    "(the) outline/structure of *",
    "what H",
    "which H",
];
/// The same, where what fills the gap must be a book by its name.
const BOOK_CONTENTS: &[&str] = &[
    "what is in/inside *",
    "whats in/inside *",
    "what is/can (there) (i/we) (to) (learn/find/read) in/inside/from *",
    "what does * contain/cover/teach/include",
    "what is * about",
    "whats * about",
    "what (is) (there) in *",
    "what can i/we learn/find/read in/from *",
    "list/show/open/outline *",
];

const PAGES: &[&str] = &[
    "(the) page/pg/p # (of/in/from) (the/this) (book)",
    "on page/pg/p #",
    "(what) is/are on/in (the) page/pg/p #",
    "whats on/in (the) page/pg/p #",
    "what is/was written/said/shown on page/pg/p #",
    "what does (the) page/pg/p # say/show/contain",
    "what does it say on page/pg/p #",
    "what (does) (it) (say/says/stands) on page/pg/p #",
    "read/show/open/display/see/view/quote/print/explain (me) (the) page/pg/p #",
    "go/turn/jump/move to page/pg/p #",
    "what is (on) page/pg/p # about",
    "summarise/summarize/summary (of) page/pg/p #",
    "what happens on page/pg/p #",
];
const PAGES_OF: &[&str] = &[
    "(the) page/pg/p # of/in/from *",
    "what is/are on/in page/pg/p # of/in/from *",
    "whats on page/pg/p # of/in/from *",
    "what does (the) page/pg/p # of/in/from * say/show/contain",
    "what does it say on page/pg/p # of/in/from *",
    "read/show/open/display/see/view (the) page/pg/p # of/in/from *",
    "go/turn/jump to page/pg/p # of/in/from *",
    "what is page/pg/p # of/in/from * about",
    "summarise/summarize/summary (of) page/pg/p # of/in/from *",
];
const OF_PAGES: &[&str] =
    &["what does * say on page/pg/p #", "* page/pg/p #", "in * what is on page/pg/p #", "what is in * on page/pg/p #"];

const SUMMARIES: &[&str] = &[
    "summarise/summarize/recap/summarisze/sumarize/sumarise *",
    "sum up *",
    "(a/the) (short/brief/quick) summary/recap/overview/gist of/for/about/on *",
    "(a/the) (short/brief/quick) summary",
    "summarise/summarize",
    "make/write (me/us) (a/the) (short/brief/quick) summary of/for/about/on *",
    "(what) (are) (the) main/key points/ideas of/in/from *",
    "tldr (of) *",
];
/// The same, where what fills the gap must be a section by its name.
const SECTION_SUMMARIES: &[&str] = &[
    "what is * (all) about",
    "whats * (all) about",
    "what happens in *",
    "what does * say",
    "what does * talk/deal about/with",
    "what does * cover/contain/teach/explain",
    "what is in *",
    "whats in *",
    "what do we learn in *",
    "what is *",
    "explain *",
    "* summary",
    "describe *",
    "outline *",
    "read/show/open (me) *",
];

const COMPARES: &[&str] = &[
    "compare * and/with/to/against *",
    "compare between * and *",
    "contrast * and/with *",
    "compare and contrast * and/with *",
    "(what) (is/are/whats) (the) (main) difference/differences/diference/diffrence between * and *",
    "difference/differences of * and *",
    "how do/does/did/is/are * differ/different from/to/than *",
    "how do/does/did/is/are * and * differ/different",
    "in what way/ways do/does/is/are * differ/different from *",
    "distinguish (between) * and/from *",
    "tell * and * apart",
    "(a/the) comparison of/between * and/with *",
    "what do/does/is/are * and * (have) (in) common",
    "(what) (are) (the) similarities between * and *",
    "* vs/versus *",
    "explain the difference between * and *",
    "describe the difference between * and *",
];

const DEFINITIONS: &[&str] = &[
    "define (the) word/term *",
    "define *",
    "(what) (is) (the/a) definition/meaning of (the) word/term *",
    "(what) (is) (the/a) definition/meaning of *",
    "whats (the/a) definition/meaning of *",
    "what does (the) word/term * mean",
    "what does/do/is * mean",
    "what do/does you/we/it/they mean by *",
    "what is/are meant by (the) (word/term) *",
    "* means what",
    "(the) * meaning/definition",
    "explain (the) word/term *",
    "explain the meaning of *",
    "meaning of *",
    "what (the) word/term * means",
    "what * means",
];
/// The same, where what fills the gap must be a plain noun phrase.
const PLAIN_DEFINITIONS: &[&str] = &["what is/are/was/were *", "whats *", "whatre *"];

type Gaps = Vec<Range<usize>>;

fn first_match(phrase: &Phrase<'_>, patterns: &[&str]) -> Option<Gaps> {
    patterns.iter().find_map(|pattern| phrase.matches(&pattern.replace('H', HEADINGS)))
}

/// Reads a message as a question of a kind of its own.
pub(crate) fn recognise(message: &str, books: &[BookRef]) -> Option<Special> {
    let phrase = Phrase::of(message);
    if phrase.len() == 0 || phrase.len() > 24 {
        return None;
    }
    asks_for_books(&phrase)
        .or_else(|| page(&phrase, books))
        .or_else(|| contents(&phrase, books))
        .or_else(|| summary(&phrase, books))
        .or_else(|| compare(&phrase))
        .or_else(|| definition(&phrase))
}

fn asks_for_books(phrase: &Phrase<'_>) -> Option<Special> {
    if first_match(phrase, BOOKS).is_some() {
        return Some(Special::Books);
    }
    let gaps = first_match(phrase, &["(what/which/how) (many) books *"])?;
    let rest = phrase.plain(gaps[0].clone());
    let only = rest.iter().all(|word| BOOKS_REST.split_whitespace().any(|other| other == word));
    (only && phrase.plain(0..1)[0] != "books").then_some(Special::Books)
}

fn page(phrase: &Phrase<'_>, books: &[BookRef]) -> Option<Special> {
    let label = |gap: &Range<usize>| phrase.written(gap.clone()).trim_end_matches('.').to_owned();
    if let Some(gaps) = first_match(phrase, PAGES) {
        return Some(Special::Page(label(&gaps[0]), BookName::InHand));
    }
    let (number, book) = match first_match(phrase, PAGES_OF) {
        Some(gaps) => (gaps[0].clone(), gaps[1].clone()),
        None => first_match(phrase, OF_PAGES).map(|gaps| (gaps[1].clone(), gaps[0].clone()))?,
    };
    let book = place::book_name_in_part(&phrase.written(book), books)?;
    Some(Special::Page(label(&number), book))
}

fn contents(phrase: &Phrase<'_>, books: &[BookRef]) -> Option<Special> {
    if let Some(gaps) = first_match(phrase, CONTENTS) {
        let Some(gap) = gaps.last() else { return Some(Special::Contents(None)) };
        let name = phrase.written(gap.clone());
        if Phrase::of(&name).matches("(all) (of) (the/your/our/my) books/library").is_some() {
            return Some(Special::Contents(None));
        }
        if let Some(place) = place::section_place(&name, books) {
            return Some(Special::Summary(place));
        }
        return place::book_name_in_part(&name, books).map(|book| Special::Contents(Some(book)));
    }
    let gaps = first_match(phrase, BOOK_CONTENTS)?;
    let name = phrase.written(gaps[0].clone());
    // "what is this about?" may ask of anything.
    let says_so = !matches!(name.to_lowercase().as_str(), "it" | "this" | "here");
    place::book_name(&name, books).filter(|_| says_so).map(|book| Special::Contents(Some(book)))
}

fn summary(phrase: &Phrase<'_>, books: &[BookRef]) -> Option<Special> {
    let all = phrase.written(0..phrase.len());
    if let Some(gaps) = first_match(phrase, SUMMARIES) {
        let here = Place { section: Some(SectionName::This), book: BookName::InHand };
        let Some(gap) = gaps.last() else { return Some(Special::Summary(here)) };
        let name = phrase.written(gap.clone());
        if matches!(name.to_lowercase().as_str(), "it" | "this" | "that" | "the lesson" | "this lesson" | "our lesson")
        {
            return Some(Special::Summary(here));
        }
        if let Some(place) = place::place(&name, books) {
            return Some(Special::Summary(place));
        }
        let title = without_article(phrase, gap.clone());
        return Some(Special::Summary(Place { section: Some(SectionName::Title(title)), book: BookName::InHand }));
    }
    if let Some(place) = place::section_place(&all, books).filter(|place| place.section != Some(SectionName::This)) {
        return Some(Special::Summary(place));
    }
    let gaps = first_match(phrase, SECTION_SUMMARIES)?;
    place::section_place(&phrase.written(gaps[0].clone()), books).map(Special::Summary)
}

/// Words of one side of a comparison, and of a term, at most.
const MAX_TERM_WORDS: usize = 7;

fn compare(phrase: &Phrase<'_>) -> Option<Special> {
    let gaps = first_match(phrase, COMPARES)?;
    let (mut left, mut right) = (gaps[gaps.len() - 2].clone(), gaps[gaps.len() - 1].clone());
    // "the French and Indian War and the Civil War": the "and" between two names may belong to one of them.
    let is_name = |i: usize| phrase.written(i..i + 1).starts_with(char::is_uppercase);
    let later = (right.start + 1..right.end.saturating_sub(1)).find(|i| phrase.plain(*i..*i + 1)[0] == "and");
    if let Some(at) = later
        && left.end + 1 == right.start
        && is_name(left.end - 1)
        && is_name(right.start)
    {
        (left, right) = (left.start..at, at + 1..right.end);
    }
    let (a, b) = (without_article(phrase, left.clone()), without_article(phrase, right.clone()));
    let asks = ["what", "who", "how", "why", "when", "where", "which", "is", "did", "do", "does"];
    let fits = left.len() <= MAX_TERM_WORDS
        && right.len() <= MAX_TERM_WORDS
        && !asks.contains(&phrase.plain(left.clone())[0].as_str())
        && !a.is_empty()
        && !b.is_empty();
    fits.then_some(Special::Compare(a, b))
}

fn definition(phrase: &Phrase<'_>) -> Option<Special> {
    if let Some(gaps) = first_match(phrase, DEFINITIONS) {
        let gap = gaps.last()?.clone();
        let starts_question = ["what", "who", "how", "is", "does"].contains(&phrase.plain(gap.clone())[0].as_str());
        let term = without_article(phrase, gap.clone());
        return (gap.len() <= MAX_TERM_WORDS && !starts_question && !term.is_empty()).then_some(Special::Define(term));
    }
    let gap = first_match(phrase, PLAIN_DEFINITIONS)?.pop()?;
    let term = without_article(phrase, gap.clone());
    let tokens = subject::tokens(&term);
    let is_plain = (1..=5).contains(&tokens.len())
        && subject::phrases(&tokens).iter().map(Range::len).sum::<usize>()
            + tokens.iter().filter(|t| t.is("of the")).count()
            >= tokens.len();
    is_plain.then_some(Special::Define(term))
}

/// The words of a gap without an article before them.
fn without_article(phrase: &Phrase<'_>, gap: Range<usize>) -> String {
    let articles = ["the", "a", "an", "some", "any"];
    let from = if gap.len() > 1 && articles.contains(&phrase.plain(gap.clone())[0].as_str()) { 1 } else { 0 };
    phrase.written(gap.start + from..gap.end)
}

impl Special {
    /// The same, of this book where none was named.
    pub(crate) fn of_book(self, file_name: &str) -> Self {
        let named = |book: BookName| book.or(file_name);
        match self {
            Self::Contents(book) => Self::Contents(Some(named(book.unwrap_or(BookName::InHand)))),
            Self::Page(label, book) => Self::Page(label, named(book)),
            Self::Summary(place) => Self::Summary(place.of_book(file_name)),
            other => other,
        }
    }

    /// Whether it leans on what was said before ("define it").
    pub(crate) fn leans_back(&self) -> bool {
        let leans = |term: &String| {
            let tokens = subject::tokens(term);
            tokens.iter().all(|token| token.is(subject::PRONOUNS) || token.is(subject::ARTICLES))
                || tokens.first().is_some_and(|token| token.is("his her its their this that these those"))
        };
        match self {
            Self::Define(term) => leans(term),
            Self::Compare(a, b) => leans(a) || leans(b),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::BookId;

    fn books() -> Vec<BookRef> {
        let book = |file: &str, title: &str| BookRef {
            id: BookId(file.trim_end_matches(".pdf").to_owned()),
            file_name: file.to_owned(),
            title: title.to_owned(),
        };
        vec![
            book("physics.pdf", "Introductory physics"),
            book("streams.pdf", "Stream handbook"),
            book("immune.pdf", "Immune system"),
        ]
    }

    fn in_hand(section: Option<SectionName>) -> Special {
        Special::Summary(Place { section, book: BookName::InHand })
    }

    fn number(word: &str, number: &str) -> Special {
        in_hand(Some(SectionName::Number(word.into(), number.into())))
    }

    fn title(title: &str) -> Special {
        in_hand(Some(SectionName::Title(title.into())))
    }

    fn define(term: &str) -> Special {
        Special::Define(term.into())
    }

    fn compare(a: &str, b: &str) -> Special {
        Special::Compare(a.into(), b.into())
    }

    fn page(label: &str, book: Option<&str>) -> Special {
        Special::Page(label.into(), book.map_or(BookName::InHand, |book| BookName::Named(book.into())))
    }

    fn contents(book: &str) -> Special {
        Special::Contents(Some(BookName::Named(book.into())))
    }

    fn check(cases: &[(&str, Special)]) {
        for (message, expected) in cases {
            for message in [message.to_string(), format!("Can you tell me {message}?"), message.to_uppercase()] {
                let found = recognise(&message, &books());
                let found = if message.chars().any(char::is_lowercase) { found } else { found.map(lower) };
                let expected =
                    if message.chars().any(char::is_lowercase) { expected.clone() } else { lower(expected.clone()) };
                assert_eq!(found, Some(expected), "{message}");
            }
        }
    }

    fn lower(special: Special) -> Special {
        let book = |book: BookName| match book {
            BookName::Named(name) => BookName::Named(name.to_lowercase()),
            other => other,
        };
        match special {
            Special::Contents(name) => Special::Contents(name.map(book)),
            Special::Page(label, name) => Special::Page(label.to_lowercase(), book(name)),
            Special::Define(term) => Special::Define(term.to_lowercase()),
            Special::Compare(a, b) => Special::Compare(a.to_lowercase(), b.to_lowercase()),
            Special::Summary(Place { section, book: name }) => Special::Summary(Place {
                section: section.map(|section| match section {
                    SectionName::Title(title) => SectionName::Title(title.to_lowercase()),
                    other => other,
                }),
                book: book(name),
            }),
            Special::Books => Special::Books,
        }
    }

    #[test]
    fn books_and_their_contents_are_asked_for_in_many_ways() {
        check(&[
            ("which books do you have", Special::Books),
            ("what books do you have", Special::Books),
            ("what books are there", Special::Books),
            ("which books can I read here", Special::Books),
            ("how many books are there in the library", Special::Books),
            ("list all the books", Special::Books),
            ("the books", Special::Books),
            ("what chapters are there", Special::Contents(None)),
            ("what chapters do you have", Special::Contents(None)),
            ("which topics are there", Special::Contents(None)),
            ("list the chapters", Special::Contents(None)),
            ("table of contents", Special::Contents(None)),
            ("what is in this book", Special::Contents(Some(BookName::InHand))),
            ("what chapters does this book have", Special::Contents(Some(BookName::InHand))),
            ("what is in physics.pdf", contents("physics.pdf")),
            ("what chapters are in physics.pdf", contents("physics.pdf")),
            ("table of contents of the stream handbook", contents("the stream handbook")),
            ("list the topics of physics", contents("physics")),
            ("what does physics.pdf cover", contents("physics.pdf")),
            ("what is the stream handbook about", contents("the stream handbook")),
        ]);
    }

    #[test]
    fn pages_are_asked_for_by_label_or_number() {
        check(&[
            ("what is on page 12", page("12", None)),
            ("what's on page 12", page("12", None)),
            ("page 12", page("12", None)),
            ("show me page 12", page("12", None)),
            ("what does page iv say", page("iv", None)),
            ("what does it say on page 3", page("3", None)),
            ("go to page 7", page("7", None)),
            ("p. 7", page("7", None)),
            ("page iv of physics.pdf", page("iv", Some("physics.pdf"))),
            ("what is on page 12 of the physics book", page("12", Some("the physics book"))),
            ("what does physics.pdf say on page 9", page("9", Some("physics.pdf"))),
        ]);
    }

    #[test]
    fn words_are_defined_and_things_compared() {
        check(&[
            ("define inertia", define("inertia")),
            ("what is a readable stream", define("readable stream")),
            ("what is the definition of a nut", define("nut")),
            ("definition of force", define("force")),
            ("what does inertia mean", define("inertia")),
            ("inertia meaning", define("inertia")),
            ("what is meant by the term work", define("work")),
            ("what are antibodies", define("antibodies")),
            ("what is the speed of light", define("speed of light")),
            ("compare mass and weight", compare("mass", "weight")),
            ("difference between a readable and a writable stream", compare("readable", "writable stream")),
            ("what is the difference between mass and weight", compare("mass", "weight")),
            ("readable streams vs writable streams", compare("readable streams", "writable streams")),
            ("how does mass differ from weight", compare("mass", "weight")),
            ("how are mass and weight different", compare("mass", "weight")),
            ("compare mass to weight please", compare("mass", "weight")),
        ]);
        let both = "compare the French and Indian War and the Civil War";
        assert_eq!(recognise(both, &books()), Some(compare("French and Indian War", "Civil War")));
    }

    #[test]
    fn sections_are_summed_up_by_number_heading_or_place() {
        check(&[
            ("summarise section 3", number("section", "3")),
            ("summarize chapter 3", number("chapter", "3")),
            ("a short summary of section 2.1", number("section", "2.1")),
            ("summary of waves", title("waves")),
            ("what is chapter 3 about", number("chapter", "3")),
            ("chapter 3", number("chapter", "3")),
            ("what happens in chapter 3", number("chapter", "3")),
            ("summarise the section on readable streams", title("readable streams")),
            ("summarise this section", in_hand(Some(SectionName::This))),
            ("what is this section about", in_hand(Some(SectionName::This))),
            ("summarise this", in_hand(Some(SectionName::This))),
            (
                "summarise chapter 3 of physics.pdf",
                Special::Summary(Place {
                    section: Some(SectionName::Number("chapter".into(), "3".into())),
                    book: BookName::Named("physics.pdf".into()),
                }),
            ),
        ]);
    }

    #[test]
    fn plain_questions_stay_questions() {
        for message in [
            "What is the role of chapters in a cathedral?",
            "Who wrote the page about steam?",
            "Which books did Newton write?",
            "What did the book by Said portray?",
            "What sections of the nervous system are there?",
            "When did the war between France and Britain begin?",
            "What is it?",
            "What is in a cell?",
            "What is on the moon?",
            "What happens after the lead melts?",
            "What is the immune system made of?",
            "What is used to make steel?",
            "Where is the page of the king?",
            "How many chapters of the guild were in Paris?",
            "What topics did the Council discuss?",
            "Who compared mass to weight?",
            "What happened in Brown vs the Board of Education?",
            "teach me about chapter 3",
            "",
        ] {
            let found = recognise(message, &books()).filter(|special| !special.leans_back());
            assert_eq!(found, None, "{message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_recognised_without_a_panic(text in "\\PC{0,120}", words in "(what |is |page |on |the |of |12 |compare |and |[a-z]{1,4} )*") {
            let _ = (recognise(&text, &books()), recognise(&words, &books()));
            let _ = (place::filter(&text, &books()), place::filter(&words, &books()));
        }
    }
}
