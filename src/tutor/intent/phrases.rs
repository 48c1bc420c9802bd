//! The phrases of `data/phrases`, one file a language, read once.

use super::plain::{self, Token, distance};
use crate::tutor::words::stem;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What a phrase says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Filler,
    AbuseFiller,
    Agree,
    Refuse,
    Greeting,
    Thanks,
    Goodbye,
    Continue,
    Back,
    Repeat,
    Simpler,
    Example,
    Skip,
    Start,
    End,
    Plan,
    Stop,
    Hint,
    GiveUp,
    Quiz,
    Review,
    Progress,
    Help,
    Teach,
    Chat,
    Distress,
    Abuse,
    TeachBefore,
    TeachAfter,
    QuizBefore,
    NameBefore,
    Wish,
    AboutWish,
    Go,
    Asking,
}

/// The sections of a file by their names.
const KINDS: &[(&str, Kind)] = &[
    ("fillers", Kind::Filler),
    ("abuse-fillers", Kind::AbuseFiller),
    ("agree", Kind::Agree),
    ("refuse", Kind::Refuse),
    ("greeting", Kind::Greeting),
    ("thanks", Kind::Thanks),
    ("goodbye", Kind::Goodbye),
    ("continue", Kind::Continue),
    ("back", Kind::Back),
    ("repeat", Kind::Repeat),
    ("simpler", Kind::Simpler),
    ("example", Kind::Example),
    ("skip", Kind::Skip),
    ("start", Kind::Start),
    ("end", Kind::End),
    ("plan", Kind::Plan),
    ("stop", Kind::Stop),
    ("hint", Kind::Hint),
    ("giveup", Kind::GiveUp),
    ("quiz", Kind::Quiz),
    ("review", Kind::Review),
    ("progress", Kind::Progress),
    ("help", Kind::Help),
    ("teach", Kind::Teach),
    ("chat", Kind::Chat),
    ("distress", Kind::Distress),
    ("abuse", Kind::Abuse),
    ("teach-before", Kind::TeachBefore),
    ("teach-after", Kind::TeachAfter),
    ("quiz-before", Kind::QuizBefore),
    ("name-before", Kind::NameBefore),
    ("wish", Kind::Wish),
    ("about-wish", Kind::AboutWish),
    ("go", Kind::Go),
    ("asking", Kind::Asking),
];

const FILES: &[&str] = &[
    include_str!("../data/phrases/en.txt"),
    include_str!("../data/phrases/hi.txt"),
    include_str!("../data/phrases/es.txt"),
    include_str!("../data/phrases/fr.txt"),
];

/// Letters of a word from which a slip of the finger is forgiven, and from which two are.
const ONE_SLIP: usize = 6;
const TWO_SLIPS: usize = 9;

/// A phrase of one kind.
#[derive(Debug)]
pub(super) struct Phrase {
    words: Vec<String>,
    kind: Kind,
    /// Whether any words may stand around it.
    is_loose: bool,
    is_english: bool,
}

/// A phrase found in a message: its kind, and the tokens that it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) kind: Kind,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) is_english: bool,
}

/// All phrases, by their first words.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    by_first: HashMap<String, Vec<Phrase>>,
    spelling: HashMap<String, String>,
    known: HashSet<String>,
    stems: HashSet<String>,
    /// Words that a slip may have been meant for.
    keys: Vec<String>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::parse(FILES));

/// The phrases of all languages.
pub(super) fn phrases() -> &'static Phrases {
    &PHRASES
}

impl Phrases {
    fn parse(files: &[&str]) -> Self {
        let mut all = Self::default();
        let spelling = section_lines(files[0]).filter(|(name, _)| *name == "spell");
        all.spelling = spelling
            .flat_map(|(_, line)| line.split('|'))
            .filter_map(|pair| pair.split_once('='))
            .map(|(wrong, right)| (wrong.trim().to_owned(), right.trim().to_owned()))
            .collect();
        for (i, file) in files.iter().enumerate() {
            for (name, line) in section_lines(file) {
                let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == name) else { continue };
                for phrase in line.split('|') {
                    all.add(phrase.trim(), *kind, i == 0);
                }
            }
        }
        for list in all.by_first.values_mut() {
            list.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
        }
        let mut keys: Vec<String> = all.known.iter().filter(|word| word.len() >= ONE_SLIP).cloned().collect();
        keys.sort();
        all.stems = all.known.iter().map(|word| stem(word)).collect();
        all.keys = keys;
        all
    }

    fn add(&mut self, phrase: &str, kind: Kind, is_english: bool) {
        let (text, is_loose) = phrase.strip_suffix('~').map_or((phrase, false), |text| (text, true));
        let right = |token: Token| self.spelling.get(&token.text).cloned().unwrap_or(token.text);
        let spelled = plain::plain(text).into_iter().map(right);
        let words: Vec<String> =
            spelled.flat_map(|right| right.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
        let Some(first) = words.first().cloned() else { return };
        self.known.extend(words.iter().cloned());
        self.by_first.entry(first).or_default().push(Phrase { words, kind, is_loose, is_english });
    }

    /// What a word was meant to be; nothing where it is right as it stands.
    pub(super) fn spelling(&self, word: &str, alone: bool) -> Option<&str> {
        if alone && word == "y" {
            return Some("yes");
        }
        if let Some(right) = self.spelling.get(word) {
            return Some(right);
        }
        if self.known.contains(word) || word.len() < ONE_SLIP - 1 || !word.is_ascii() {
            return self.unstretched(word);
        }
        let fits = |key: &&String| {
            let most = if key.len() >= TWO_SLIPS { 2 } else { 1 };
            // "examples" is no slip of "example", and "planned" none of "plan".
            !inflects(word, key) && key.as_bytes()[0] == word.as_bytes()[0] && distance(word, key, most) <= most
        };
        self.keys.iter().find(fits).map(String::as_str).or_else(|| self.unstretched(word))
    }

    /// "heyyyy" and "nexttt" with single letters, where that is a word.
    fn unstretched(&self, word: &str) -> Option<&str> {
        if self.known.contains(word) {
            return None;
        }
        let mut chars: Vec<char> = word.chars().collect();
        // "moon" is stretched by nobody.
        if !chars.windows(3).any(|three| three[0] == three[1] && three[1] == three[2]) {
            return None;
        }
        chars.dedup();
        let single: String = chars.into_iter().collect();
        if single == word {
            return None;
        }
        self.known.get(&single).or_else(|| self.spelling.get(&single)).map(String::as_str)
    }

    /// The phrases that stand at a place of a message, longest first.
    pub(super) fn at<'a>(&'a self, tokens: &'a [Token], from: usize) -> impl Iterator<Item = (&'a Phrase, Hit)> {
        let rest = &tokens[from.min(tokens.len())..];
        let list = rest.first().and_then(|token| self.by_first.get(&token.text)).map_or(&[][..], Vec::as_slice);
        list.iter()
            .filter(move |phrase| {
                phrase.words.len() <= rest.len()
                    && phrase.words.iter().zip(rest).all(|(word, token)| *word == token.text)
            })
            .map(move |phrase| {
                let hit = Hit { kind: phrase.kind, from, to: from + phrase.words.len(), is_english: phrase.is_english };
                (phrase, hit)
            })
    }

    /// The longest phrase of one of these kinds at a place.
    pub(super) fn longest(&self, tokens: &[Token], from: usize, kinds: &[Kind]) -> Option<Hit> {
        self.at(tokens, from).map(|(_, hit)| hit).find(|hit| kinds.contains(&hit.kind))
    }

    /// Whether a word is in some phrase, as it is or bent otherwise: a word of talk rather than of a subject.
    pub(super) fn is_talk(&self, word: &str) -> bool {
        self.known.contains(word)
            || crate::tutor::words::content_set(word).is_empty()
            || self.stems.contains(&stem(word))
    }

    /// All phrases in a message.
    pub(super) fn all(&self, tokens: &[Token]) -> Vec<Hit> {
        (0..tokens.len()).flat_map(|from| self.at(tokens, from).map(|(_, hit)| hit)).collect()
    }

    /// All phrases around which any words may stand.
    pub(super) fn loose(&self, tokens: &[Token]) -> Vec<Hit> {
        (0..tokens.len())
            .flat_map(|from| self.at(tokens, from).filter(|(phrase, _)| phrase.is_loose).map(|(_, hit)| hit))
            .collect()
    }

    /// Parts a message into as few phrases as can be; nothing where a word is in none of them.
    pub(super) fn cover(&self, tokens: &[Token], also: Option<Kind>) -> Option<Vec<Hit>> {
        let says = |kind: Kind| kind != Kind::AbuseFiller && (kind as usize) < Kind::TeachBefore as usize;
        // From each token on: how many phrases to the end, and the first of them.
        let mut rest: Vec<Option<(usize, Option<Hit>)>> = vec![None; tokens.len()];
        rest.push(Some((0, None)));
        for from in (0..tokens.len()).rev() {
            let fits = self.at(tokens, from).map(|(_, hit)| hit).filter(|hit| says(hit.kind) || also == Some(hit.kind));
            let parted = fits.filter_map(|hit| Some((rest[hit.to]?.0 + 1, hit)));
            // Of two of the same length the one that says something.
            let is_filler = |hit: &Hit| matches!(hit.kind, Kind::Filler | Kind::AbuseFiller);
            let best = parted.min_by_key(|(count, hit)| (*count, is_filler(hit), std::cmp::Reverse(hit.to)));
            rest[from] = best.map(|(count, hit)| (count, Some(hit)));
        }
        let mut hits = Vec::new();
        let mut next = rest[0]?.1;
        while let Some(hit) = next {
            hits.push(hit);
            next = rest[hit.to].and_then(|(_, hit)| hit);
        }
        Some(hits)
    }
}

fn inflects(word: &str, key: &str) -> bool {
    let of = |long: &str, short: &str| {
        long.strip_prefix(short)
            .is_some_and(|ending| matches!(ending, "s" | "d" | "r" | "ed" | "es" | "er" | "ly" | "ing"))
    };
    of(word, key) || of(key, word)
}

/// The lines of a file, each with the name of its section.
fn section_lines(file: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut name = "";
    file.lines().filter(|line| !line.starts_with(';')).filter_map(move |line| {
        if let Some(next) = line.strip_prefix("= ") {
            name = next.trim();
            return None;
        }
        Some((name, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_a_known_name() {
        for file in FILES {
            for (name, line) in section_lines(file) {
                assert!(name == "spell" || KINDS.iter().any(|(known, _)| *known == name), "{name:?}: {line}");
            }
        }
    }

    #[test]
    fn slips_are_forgiven_in_long_words_only() {
        for (word, expected) in [
            ("exmaple", Some("example")),
            ("contiue", Some("continue")),
            ("heyyyy", Some("hey")),
            ("plant", None),
            ("examples", None),
            ("nest", None),
        ] {
            assert_eq!(phrases().spelling(word, false), expected, "{word}");
        }
    }
}
