//! The phrases by which questions of a kind of their own are known; see [`super::pattern`] for how they are read. `H` stands
//! for every word for headings.

pub(super) const BOOKS: &[&str] = &[
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
pub(super) const BOOKS_REST: &str = "do does can could are is there we i you they have has got know use read learn from teach ask \
    about in on the your our this my here available library class shelf classroom exist loaded with to us me now all";

pub(super) const HEADINGS: &str = "chapters/chapter/sections/headings/topics/units/lessons/parts/contents";

pub(super) const CONTENTS: &[&str] = &[
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
pub(super) const BOOK_CONTENTS: &[&str] = &[
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

pub(super) const PAGES: &[&str] = &[
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
pub(super) const PAGES_OF: &[&str] = &[
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
pub(super) const OF_PAGES: &[&str] =
    &["what does * say on page/pg/p #", "* page/pg/p #", "in * what is on page/pg/p #", "what is in * on page/pg/p #"];

pub(super) const SUMMARIES: &[&str] = &[
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
pub(super) const SECTION_SUMMARIES: &[&str] = &[
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

pub(super) const COMPARES: &[&str] = &[
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

pub(super) const DEFINITIONS: &[&str] = &[
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
pub(super) const PLAIN_DEFINITIONS: &[&str] = &["what is/are/was/were *", "whats *", "whatre *"];
