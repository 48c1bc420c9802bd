//! What the book itself shows about its words: which are nouns, which names and of what, which phrases come again, which
//! stand for one another.

use super::super::subject::reads_as_verb;
use super::super::words::{content_set, stem};
use super::text::{Word, one_of, stems, words};
use std::collections::{BTreeSet, HashMap};

/// How often a word was seen how.
#[derive(Debug, Default, Clone, Copy)]
struct Uses {
    lower: usize,
    noun: usize,
    verb: usize,
    /// With a capital letter that no beginning of a sentence explains.
    capital: usize,
    place: usize,
    person: usize,
    /// Behind another name, as family names stand.
    tail: usize,
}

/// What a name is the name of, as far as the book shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameKind {
    Person,
    Place,
    Other,
}

/// The words of a book.
#[derive(Debug)]
pub(super) struct Lexicon {
    uses: HashMap<String, Uses>,
    /// Stems of two or three content words in a row.
    phrases: HashMap<String, usize>,
    own: HashMap<String, usize>,
    all: HashMap<String, usize>,
    heading: BTreeSet<String>,
    /// Long form and short form, as written.
    twins: Vec<(String, String)>,
}

const DETERMINERS: &str = "a an the this that these those its his her their each every no any some such";
const BEHIND_NOUNS: &str = "of is are was were in on at by for from to with that which who has have had can could may might \
    will would must should as between into through during within when while because than if where also";
const MODALS: &str = "will would can could may might must should did does do cannot";
const BEFORE_PLACES: &str = "in at near into across throughout";
const BEFORE_PERSONS: &str = "sir dr mr mrs king queen emperor president general captain professor lord prince engineer \
    physicist chemist inventor physician scientist mathematician governor minister philosopher historian";
const PERSON_VERBS: &str = "wrote invented discovered ruled said conquered defeated married died argued proposed \
    declared showed taught believed sailed reigned succeeded suggested claimed patented described published noted formulated \
    demonstrated realized thought wrote";
const NOT_PERSONS: &str = "dynasty war wars river treaty union council system law laws act university empire republic \
    company army north south east west new city county state states church court house theory machine engine battle party \
    government kingdom island islands sea ocean mountain mountains valley commission parliament college school museum \
    institute society revolution movement age century period bridge tower fort fortress lake street directive regulation \
    protocol network bank convention charter world country bay falls coast desert region house office agency ministry \
    forces force years class level type type";

impl Lexicon {
    /// Of the sentences of a section and of the book around it.
    pub(super) fn new(heading: &str, own: &[String], around: &[String]) -> Self {
        let mut lexicon = Self {
            uses: HashMap::new(),
            phrases: HashMap::new(),
            own: HashMap::new(),
            all: HashMap::new(),
            heading: content_set(heading),
            twins: Vec::new(),
        };
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for (text, is_own) in own.iter().map(|text| (text, true)).chain(around.iter().map(|text| (text, false))) {
            if seen.insert(text) {
                let words = words(text);
                lexicon.learn(&words, is_own);
                lexicon.learn_twins(text, &words);
            }
        }
        lexicon
    }

    fn learn(&mut self, words: &[Word<'_>], is_own: bool) {
        let mut row: Vec<String> = Vec::new();
        for (i, word) in words.iter().enumerate() {
            let before = i.checked_sub(1).map(|k| &words[k]);
            let after = words.get(i + 1);
            let stem = stem(&word.lower);
            if is_own {
                *self.own.entry(stem.clone()).or_default() += 1;
            }
            *self.all.entry(stem.clone()).or_default() += 1;
            let ends = !word.closes.is_empty() || after.is_none_or(|after| after.is(BEHIND_NOUNS));
            let uses = self.uses.entry(word.lower.clone()).or_default();
            let begins =
                before.is_none_or(|before| before.closes.contains(['.', ':', '"', '”'])) || !word.opens.is_empty();
            if word.is_capital() {
                uses.capital += usize::from(!begins);
                uses.place += usize::from(before.is_some_and(|before| before.is(BEFORE_PLACES)));
                let acts = after.is_some_and(|after| after.is(PERSON_VERBS)) && word.closes.is_empty();
                let given = |before: &Word<'_>| {
                    before.is_capital() && before.is_content() && before.closes.is_empty() && !before.is(NOT_PERSONS)
                };
                uses.tail += usize::from(before.is_some_and(given));
                let titled = before.is_some_and(|before| before.is(BEFORE_PERSONS));
                uses.person += usize::from(acts) + 2 * usize::from(titled);
            } else {
                uses.lower += 1;
                uses.noun += usize::from(ends && before.is_some_and(|before| before.is(DETERMINERS)));
                let punctuated =
                    !word.closes.is_empty() && before.is_some_and(|b| b.is("of by in with for from and as into"));
                uses.noun += usize::from(punctuated);
                uses.verb += 2 * usize::from(before.is_some_and(|before| before.is(MODALS)));
                uses.verb += usize::from(before.is_some_and(|before| before.lower == "to") && !ends);
            }
            if !word.is_content() || !word.opens.is_empty() {
                row.clear();
            }
            if word.is_content() {
                row.push(stem);
                for length in 2..=row.len().min(4) {
                    *self.phrases.entry(row[row.len() - length..].join(" ")).or_default() += 1;
                }
            }
            if !word.closes.is_empty() || word.possessive {
                row.clear();
            }
        }
    }

    /// "Treaty on European Union (TEU)": the first letters of the words before say what the letters mean.
    fn learn_twins(&mut self, text: &str, words: &[Word<'_>]) {
        for (i, word) in words.iter().enumerate() {
            let letters: Vec<char> = word.written.chars().collect();
            let short = word.opens == "(" && word.closes.starts_with(')') && (2..=6).contains(&letters.len());
            if !short || !letters.iter().all(|c| c.is_uppercase()) {
                continue;
            }
            let first = |word: &Word<'_>| word.written.chars().next().map(|c| c.to_uppercase().next().unwrap_or(c));
            // Small words may or may not be counted.
            for from in (i.saturating_sub(letters.len() + 3)..i).rev() {
                let long = &words[from..i];
                let initials: Vec<char> = long.iter().filter(|word| word.is_content()).filter_map(first).collect();
                let all: Vec<char> = long.iter().filter_map(first).collect();
                if (initials == letters || all == letters) && long[0].is_content() {
                    let long = text[long[0].at.start..words[i - 1].at.end].to_owned();
                    let twin = (long, word.written.to_owned());
                    if !self.twins.contains(&twin) {
                        self.twins.push(twin);
                    }
                    break;
                }
            }
        }
    }

    fn of(&self, word: &str) -> Uses {
        self.uses.get(word).copied().unwrap_or_default()
    }

    /// Whether the book uses a lower-case word as a noun.
    pub(super) fn is_noun(&self, word: &str) -> bool {
        let uses = self.of(word);
        let adjective = ["ous", "ful", "able", "ible", "less", "ive", "ical", "ary", "al", "ic", "ed", "ly"];
        if adjective.iter().any(|ending| word.ends_with(ending)) && uses.noun < 3 {
            return false;
        }
        if (reads_as_verb(word) || word.ends_with("ing")) && uses.noun < 2 {
            return false;
        }
        let noun_endings = ["tion", "sion", "ment", "ness", "ity", "ism", "logy", "ance", "ence", "sis"];
        let ending =
            noun_endings.iter().any(|ending| word.ends_with(ending) || word.trim_end_matches('s').ends_with(ending));
        let single = word.strip_suffix('s').map(|single| self.of(single)).unwrap_or_default();
        let noun = uses.noun + single.noun;
        (noun > 0 || ending) && noun + usize::from(ending) * 2 > uses.verb
    }

    /// Whether a lower-case word may be the verb of its sentence.
    pub(super) fn is_verb(&self, word: &str) -> bool {
        let uses = self.of(word);
        let base = word.strip_suffix('s').map(|base| self.of(base)).unwrap_or_default();
        let verb = uses.verb + base.verb;
        reads_as_verb(word) && uses.noun < 3 || verb >= 2 && verb > uses.noun + base.noun
    }

    /// Whether the book writes a word with a capital wherever it stands.
    pub(super) fn is_name(&self, word: &str) -> bool {
        let uses = self.of(word);
        uses.capital >= 1 && uses.capital > uses.lower
    }

    /// Whether the book writes a word with a small letter inside sentences.
    pub(super) fn is_lower(&self, word: &str) -> bool {
        let uses = self.of(word);
        uses.lower > uses.capital
    }

    /// Whether a name stands before the word at `end` that may be a person's.
    pub(super) fn names_person(&self, words: &[Word<'_>]) -> bool {
        let may = |word: &Word<'_>| {
            word.is_capital() && word.is_content() && !word.is(NOT_PERSONS) && !is_demonym(&word.lower)
        };
        let pair = words.windows(2).any(|pair| may(&pair[0]) && may(&pair[1]) && pair[0].closes.is_empty());
        pair || words.iter().any(|word| may(word) && self.of(&word.lower).person > 0)
    }

    /// Whether a single capitalised word is a common noun of the book as well: "Council", "Treaties".
    pub(super) fn is_common(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        let one = lower.strip_suffix("ies").map(|stem| format!("{stem}y"));
        let forms = [Some(lower.as_str()), lower.strip_suffix('s'), one.as_deref()];
        one_of(&lower, NOT_PERSONS)
            || forms.into_iter().flatten().any(|form| self.of(form).lower > 0 || one_of(form, NOT_PERSONS))
    }

    /// What a name is the name of.
    pub(super) fn name_kind(&self, name: &str) -> NameKind {
        let parts = words(name);
        let shouted = name.chars().filter(|c| c.is_uppercase()).count() > parts.len() + 1;
        let titled = parts.first().is_some_and(|word| word.is(BEFORE_PERSONS));
        if titled && parts.len() > 1 {
            return NameKind::Person;
        }
        if parts.iter().any(|word| word.is(NOT_PERSONS)) || name.contains(" of ") || shouted {
            return NameKind::Other;
        }
        let uses = parts.iter().map(|word| self.of(&word.lower));
        let (person, place, tail) =
            uses.fold((0, 0, 0), |sum, uses| (sum.0 + uses.person, sum.1 + uses.place, sum.2 + uses.tail));
        let shape = usize::from(parts.len() == 2 || parts.len() == 3);
        if person + shape > place && person > 0 {
            NameKind::Person
        } else if place > 0 && place >= 3 * person && (parts.len() > 1 || place >= 2 * tail) {
            NameKind::Place
        } else {
            NameKind::Other
        }
    }

    /// Whether the section speaks of it all the time, so that "the engine" is understood.
    pub(super) fn is_running(&self, phrase: &str) -> bool {
        let stems = stems(phrase);
        let Some(head) = stems.last() else { return false };
        let whole = self.phrases.get(&stems.join(" ")).copied().unwrap_or_default();
        stems.iter().all(|stem| self.in_heading(stem))
            || stems.len() > 1 && whole >= 4
            || stems.len() == 1 && self.own_uses(head) >= 4 && self.in_heading(head)
    }

    pub(super) fn in_heading(&self, stem: &str) -> bool {
        self.heading.contains(stem)
    }

    /// How often the section says it.
    pub(super) fn own_uses(&self, stem: &str) -> usize {
        self.own.get(stem).copied().unwrap_or_default()
    }

    /// How often the book says a word, or some words in a row, by their stems.
    pub(super) fn uses(&self, stems: &[String]) -> usize {
        let counts = if stems.len() == 1 { &self.all } else { &self.phrases };
        counts.get(&stems.join(" ")).copied().unwrap_or_default()
    }

    /// Other ways in which the book says the same: a short form, the other number.
    pub(super) fn also(&self, text: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for (long, short) in &self.twins {
            if long.eq_ignore_ascii_case(text) {
                found.push(short.clone());
            } else if short == text {
                found.push(long.clone());
            }
        }
        if let Some((before, last)) = text
            .rsplit_once(' ')
            .or(Some(("", text)))
            .filter(|(_, last)| last.is_ascii() && last.starts_with(char::is_lowercase))
        {
            let one = last.strip_suffix('s').unwrap_or(last);
            let others = [format!("{last}s"), format!("{last}es"), one.to_owned()];
            for other in others.iter().filter(|other| *other != last && self.of(&other.to_lowercase()).lower > 0) {
                found.push(if before.is_empty() { other.clone() } else { format!("{before} {other}") });
            }
        }
        found
    }

    /// Whether two texts are the long and the short form of one thing.
    pub(super) fn are_twins(&self, a: &str, b: &str) -> bool {
        let same = |x: &str, y: &str| x.eq_ignore_ascii_case(y);
        self.twins.iter().any(|(long, short)| same(long, a) && same(short, b) || same(long, b) && same(short, a))
    }
}

/// Whether a name is only that of a people or a language, which any noun may follow.
pub(super) fn is_demonym(word: &str) -> bool {
    let endings = ["ish", "ese", "ian", "ean", "can", "ish's"];
    endings.iter().any(|ending| word.ends_with(ending))
        || one_of(word, "french dutch greek german swiss latin roman mongol")
}
