//! The material as the makers read it, and what they make of it.

use super::define::{self, Defined};
use super::key::{self, Key};
use super::target::{self, Target};
use super::terms::Lexicon;
use super::text::stems;
use super::{Kind, Material};
use crate::passage::Citation;
use crate::tutor::question::{Question, Task};

/// The sentences with single spaces, and without what is asked of no one.
#[derive(Debug)]
pub(super) struct Texts {
    own: Vec<String>,
    around: Vec<String>,
}

impl Texts {
    pub(super) fn new(material: &Material<'_>) -> Self {
        let tidy = |sources: &[super::Source]| sources.iter().map(|source| tidy(&source.text)).collect();
        Self { own: tidy(material.own), around: tidy(material.around) }
    }
}

/// Single spaces, and no marks of notes like `[3]`.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let inside = rest[at + 1..].find(']').map(|end| &rest[at + 1..at + 1 + end]);
        let note = inside.filter(|inside| inside.len() <= 14 && !inside.is_empty());
        let end = note.map_or(at + 1, |note| at + note.len() + 2);
        out.push_str(&rest[..if note.is_some() { at } else { at + 1 }]);
        rest = &rest[end..];
    }
    out.push_str(rest);
    without_joiner(&crate::passage::on_one_line(&out))
}

/// A sentence without the word that only ties it to the one before.
fn without_joiner(text: &str) -> String {
    const JOINERS: &[&str] = &[
        "However, ", "Moreover, ", "Furthermore, ", "Additionally, ", "In addition, ", "In fact, ", "Nevertheless, ",
        "Indeed, ",
    ];
    let rest = JOINERS.iter().find_map(|joiner| text.strip_prefix(joiner));
    rest.map_or_else(|| text.to_owned(), super::text::upper_first)
}

/// A sentence that says what a term means.
#[derive(Debug)]
pub(super) struct Definition<'a> {
    pub(super) key: &'a Key<'a>,
    pub(super) said: Defined,
    pub(super) is_own: bool,
}

/// Something that may stand as a wrong option.
#[derive(Debug)]
pub(super) struct Rival {
    pub(super) target: Target,
    pub(super) sentence: Vec<String>,
}

/// All that the makers need to know.
#[derive(Debug)]
pub(super) struct Book<'a> {
    pub(super) material: &'a Material<'a>,
    pub(super) lexicon: Lexicon,
    /// All own sentences, tidy, as many as the material has.
    pub(super) texts: &'a [String],
    /// Those worth asking about.
    pub(super) keys: Vec<Key<'a>>,
    around: Vec<Key<'a>>,
    /// Stems of all sentences, own ones first.
    pub(super) all_stems: Vec<Vec<String>>,
}

impl<'a> Book<'a> {
    pub(super) fn new(material: &'a Material<'a>, texts: &'a Texts) -> Self {
        let lexicon = Lexicon::new(material.heading, &texts.own, &texts.around);
        let mut keys = key::keys(&texts.own, &lexicon);
        // What an exercise says is no knowledge, and of choices most are false.
        let end = super::exercise::begin(material.heading, &texts.own);
        keys.retain(|key| key.index < end);
        let mut around = key::keys(&texts.around, &lexicon);
        around.retain(|key| !super::exercise::asks(&material.around[key.index].section));
        let all_stems = texts.own.iter().chain(&texts.around).map(|text| stems(text)).collect();
        Self { material, lexicon, texts: &texts.own, keys, around, all_stems }
    }

    pub(super) fn targets(&self, key: &Key<'_>) -> Vec<Target> {
        target::targets(key, &self.lexicon)
    }

    /// What may stand as a wrong option, own ones first, each once.
    pub(super) fn rivals(&self) -> Vec<Rival> {
        let mut found: Vec<Rival> = Vec::new();
        for key in self.keys.iter().chain(&self.around) {
            let sentence = stems(key.text);
            for target in self.targets(key) {
                if !found.iter().any(|other| other.target.text == target.text) {
                    found.push(Rival { target, sentence: sentence.clone() });
                }
            }
        }
        found
    }

    /// Definitions of the own sentences, then of those around, each term once.
    pub(super) fn definitions(&'a self) -> Vec<Definition<'a>> {
        let own = self.keys.iter().map(|key| (key, true));
        let mut found: Vec<Definition<'a>> = Vec::new();
        for (key, is_own) in own.chain(self.around.iter().map(|key| (key, false))) {
            let Some(said) = define::parse(key, &self.lexicon) else { continue };
            let same = |other: &Definition<'_>| stems(&other.said.term) == stems(&said.term);
            if !found.iter().any(same) {
                found.push(Definition { key, said, is_own });
            }
        }
        found
    }

    /// The citation of an own sentence.
    pub(super) fn cite(&self, index: usize) -> Citation {
        self.material.own[index].citation.clone()
    }
}

/// A question that may be asked.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) question: Question,
    pub(super) kind: Kind,
    pub(super) score: f32,
    /// The own sentences it is made from.
    pub(super) from: Vec<usize>,
    /// Stems of what another question must not say.
    pub(super) secret: Vec<Vec<String>>,
}

impl Candidate {
    pub(super) fn new(book: &Book<'_>, key: &Key<'_>, prompt: String, task: Task) -> Self {
        let kind = match &task {
            Task::Cloze { .. } => Kind::Cloze,
            Task::Choice { .. } => Kind::Choice,
            Task::Short { .. } => Kind::Short,
            Task::Order { .. } => Kind::Order,
            Task::Match { .. } => Kind::Match,
            Task::Exercise { .. } => Kind::Exercise,
        };
        let question = Question { prompt, task, source: book.cite(key.index) };
        Self { question, kind, score: key.score, from: vec![key.index], secret: Vec::new() }
    }

    pub(super) fn worth(mut self, more: f32) -> Self {
        self.score += more;
        self
    }

    pub(super) fn hiding(mut self, secret: &str) -> Self {
        self.secret.push(stems(secret));
        self
    }
}
