//! A sentence as words with their places, and the small questions about words that all makers ask.

use super::super::subject::{ARTICLES, AUXILIARY, PREPOSITIONS, PRONOUNS};
use super::super::words::stem;
use std::ops::Range;

/// A word of a sentence and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Word<'a> {
    /// Without the punctuation around it and without `'s`.
    pub(super) written: &'a str,
    /// In lower case.
    pub(super) lower: String,
    /// Byte range of `written` in the sentence.
    pub(super) at: Range<usize>,
    /// Punctuation before it: `(`, `"`.
    pub(super) opens: &'a str,
    /// Punctuation behind it, a possessive ending left out.
    pub(super) closes: &'a str,
    /// Whether `'s` stood behind it.
    pub(super) possessive: bool,
}

impl Word<'_> {
    pub(super) fn is(&self, list: &str) -> bool {
        one_of(&self.lower, list)
    }

    pub(super) fn is_capital(&self) -> bool {
        self.written.starts_with(char::is_uppercase)
    }

    /// Whether it holds a digit.
    pub(super) fn is_number(&self) -> bool {
        self.written.contains(char::is_numeric)
    }

    /// The year it is, where it reads as one.
    pub(super) fn year(&self) -> Option<i32> {
        let plain = self.written.len() == 4 && self.written.bytes().all(|b| b.is_ascii_digit());
        self.written.parse().ok().filter(|year| plain && (1000..=2099).contains(year))
    }

    /// Whether it is none of the words that only join others.
    pub(super) fn is_content(&self) -> bool {
        ![ARTICLES, AUXILIARY, PREPOSITIONS, PRONOUNS, LITTLE].iter().any(|list| self.is(list))
            && self.written.chars().any(char::is_alphabetic)
    }
}

/// Whether a list of words, separated by spaces, has this one.
pub(super) fn one_of(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|other| other == word)
}

/// The words of a sentence, split at white space.
pub(super) fn words(sentence: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut end = 0;
    for raw in sentence.split_whitespace() {
        let start = end + sentence[end..].find(raw).unwrap_or_default();
        end = start + raw.len();
        let edge = |c: char| !c.is_alphanumeric();
        let body = raw.trim_matches(edge);
        if body.is_empty() {
            continue;
        }
        let from = start + raw.find(body).unwrap_or_default();
        let opens = &sentence[start..from];
        let closes = &sentence[from + body.len()..end];
        let bare = body.strip_suffix("'s").or_else(|| body.strip_suffix("’s")).filter(|bare| !bare.is_empty());
        let plural_owner = body.ends_with('s') && (closes == "'" || closes == "’") && opens.is_empty();
        let written = bare.unwrap_or(body);
        found.push(Word {
            written,
            lower: written.to_lowercase().replace('’', "'"),
            at: from..from + written.len(),
            opens,
            closes: if plural_owner { "" } else { closes },
            possessive: bare.is_some() || plural_owner,
        });
    }
    found
}

/// Words that join, count or grade, and name nothing.
const LITTLE: &str = "and or but if because when while although though that which who whose whom where so then not no also \
    ever very much many few several some more most less least far often exactly both either neither nor yet only just even \
    still again always never usually sometimes generally typically commonly however therefore thus hence instead rather \
    quite almost nearly about whether how what why each every all any such same other another own first second third last \
    next new old good bad great large small big high low long short early late later earlier main several various certain \
    different similar common important possible able due well known called named termed using used based including whereas \
    two three four five six seven eight nine ten eleven twelve once already soon together apart away back further too enough indeed perhaps likely directly mostly mainly";

/// Nouns that say too little to be asked for.
const VAGUE: &str = "ability account act action activity addition advance advantage age aim amount analysis approach area \
    argument aspect attempt attention author backing base basis beginning behavior behaviour belief benefit bit body book \
    bottom call care case cause center centre century chance change chapter character characteristic choice circumstance \
    city class collection combination condition conditions consequence consideration construction content context control \
    cost country couple course creation data date day decade decision degree demand description design detail development \
    difference direction discussion distance division document effect effort element end environment error event evidence \
    example exception existence experience explanation expression extent fact factor failure feature field figure form \
    function future generation goal group growth half hand help history home hour human idea image impact importance \
    improvement incident increase individual influence information interest issue item job kind knowledge lack land \
    language law lead length less level life line link list location lot majority making man manner material matter means \
    measure member men method middle mind minority minute mode model moment month morning movement name nature need \
    night none number object observation one operation opinion opportunity option order organization origin others output \
    page pair paper paragraph part particular party past pattern people percent period person perspective phase phenomenon \
    piece place plan point policy position possibility power practice presence present principle problem procedure process \
    product production program progress project property proportion purpose quality quantity question range rate reading \
    reason record reduction reference region relation relationship removal report requirement research resource response \
    rest result review right rise role round rule sample scale scope second section sense sentence series service set goods \
    shape share side sign significance similarity situation size skill society solution sort source space spread stage \
    standard start state statement step strength structure student study style subject success suggestion supply support \
    system table task team term test text theme theory thing third thought time times title today top topic total trade \
    tradition turn type understanding unit use user value variety version view volume war way week whole woman women word \
    work world writing year years yet user's decades centuries days months weeks hours minutes majority population";

/// What a longer phrase may not end in to be asked for.
const VAGUE_TAILS: &str = "use uses number numbers amount amounts way ways part parts kind kinds type types form forms case \
    cases example examples result results time times year years detail details purpose purposes reason reasons aim aims lack \
    range level levels thing things basis sense degree extent manner terms term people person place places day days century \
    centuries area areas work works amendments interest interests problems problem role roles support need needs side end";

/// Whether a phrase of several words ends in one that names too little.
pub(super) fn is_vague_tail(word: &str) -> bool {
    one_of(word, VAGUE_TAILS)
}

/// Whether a word names too little to be asked for.
pub(super) fn is_vague(word: &str) -> bool {
    let single = word.strip_suffix("ies").map(|stem| format!("{stem}y"));
    one_of(word, VAGUE)
        || word.strip_suffix('s').is_some_and(|one| one_of(one, VAGUE))
        || word.strip_suffix("es").is_some_and(|one| one_of(one, VAGUE))
        || single.is_some_and(|one| one_of(&one, VAGUE))
}

/// Numbers as words.
const NUMBER_WORDS: &[&str] = &[
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
];

/// The number that a word says, `two` to `twenty`.
pub(super) fn number_word(word: &str) -> Option<usize> {
    NUMBER_WORDS.iter().position(|other| *other == word).filter(|n| *n >= 2)
}

/// The word for a number up to twenty.
pub(super) fn word_of(number: usize) -> Option<&'static str> {
    NUMBER_WORDS.get(number).copied()
}

/// Stems of all words of a text.
pub(super) fn stems(text: &str) -> Vec<String> {
    super::super::words::words(text).map(|word| stem(&word)).collect()
}

/// Whether the stems of `part` stand in `whole`, one behind the other.
pub(super) fn holds(whole: &[String], part: &[String]) -> bool {
    !part.is_empty() && whole.windows(part.len()).any(|window| window == part)
}

/// Whether a sentence is English: enough of its words are those that every English sentence has.
pub(super) fn is_english(words: &[Word<'_>]) -> bool {
    let plain = words.iter().filter(|word| !word.is_capital()).count();
    let little = words
        .iter()
        .filter(|word| word.is(ARTICLES) && word.lower != "a" || word.is(PREPOSITIONS) || word.is(ENGLISH))
        .count();
    little * 5 >= plain && little > 0
}
const ENGLISH: &str = "is was were and which that has have had been be are can may not with for by it its their this";

/// The text with its first letter in lower case.
pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The text with its first letter as a capital.
pub(super) fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_know_their_places_and_the_marks_around_them() {
        let text = "In 1712, Newcomen's (first) engine – the \"steamer\" – ran.";
        let found = words(text);
        for word in &found {
            assert_eq!(&text[word.at.clone()], word.written);
        }
        let shown: Vec<_> = found.iter().map(|word| (word.opens, word.written, word.closes)).collect();
        assert_eq!(shown[1..4], [("", "1712", ","), ("", "Newcomen", ""), ("(", "first", ")")]);
        assert!(found[2].possessive);
        assert_eq!(found[1].year(), Some(1712));
    }

    #[test]
    fn english_is_told_from_other_languages() {
        for (text, expected) in [
            ("The force is a push or a pull on an object.", true),
            ("La fuerza es una magnitud que mide la interacción.", false),
            ("Die Kraft ist eine Größe der Physik.", false),
            ("बल एक भौतिक राशि है।", false),
        ] {
            assert_eq!(is_english(&words(text)), expected, "{text}");
        }
    }
}
