//! Messages as students write them, and what they ask for.

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
        let _ = (crate::tutor::filter::filter(&text, &books()), crate::tutor::filter::filter(&words, &books()));
    }
}
