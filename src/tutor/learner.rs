//! What a student knows by now: for every section of a book how well its questions went, and when to go over it again.
//!
//! Pure: the time comes in with every call. The schedule is FSRS's (free spaced repetition scheduler), with whole days:
//! a section that was answered well comes back after days, then weeks; one that was not comes back tomorrow. All
//! answers of one sitting count as one review, because answering five questions in a row is not remembering for a day.

use super::turn::ProgressEntry;
use crate::passage::{BookId, BookRef, SectionRef};
use rs_fsrs::{Card, FSRS, Parameters, Rating, State};
use serde::{Deserialize, Serialize};

/// Answers closer together than this are one sitting, in seconds.
const SITTING: i64 = 6 * 3600;
/// What the newest answer counts in the running share of right ones.
const NEWEST: f32 = 0.34;
/// Sections kept of one student; the one that was met longest ago makes room.
const MAX_SECTIONS: usize = 2000;

/// A student, beyond the running conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Learner {
    /// As the student gave it.
    pub name: Option<String>,
    /// Sections whose questions the student has answered, in the order they were first met.
    pub sections: Vec<Known>,
}

/// Where a section is, also after its book was read in again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The book.
    pub book: BookId,
    /// Headings down to the section.
    pub path: String,
}

impl Place {
    /// A section's place.
    #[must_use]
    pub fn of(book: &BookRef, section: &SectionRef) -> Self {
        Self { book: book.id.clone(), path: section.path.clone() }
    }
}

/// How well a student knows a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Which.
    pub place: Place,
    /// The book's file name, for clients.
    pub file_name: String,
    /// The book's title.
    pub book_title: String,
    /// The section's heading.
    pub title: String,
    /// Its place among the book's sections.
    pub ordinal: usize,
    /// Questions that were answered.
    pub num_asked: u32,
    /// Those that were right at the first try and without help.
    pub num_right: u32,
    /// Running share of what went right, 0 to 1; the newest answer counts most.
    pub share: f32,
    /// What FSRS keeps.
    memory: Memory,
}

/// The state of one FSRS card; times in seconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Memory {
    stability: f64,
    difficulty: f64,
    reps: i32,
    lapses: i32,
    last: i64,
    due: i64,
}

/// How a question went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Right at the first try, without help.
    Right,
    /// Right in the end.
    Helped,
    /// The answer had to be shown.
    Shown,
}

/// Characters of a name at most.
const MAX_NAME: usize = 40;

/// A name as it is kept: letters and what stands between them, nothing that a page or a list could take for anything else.
pub(crate) fn clean_name(name: &str) -> Option<String> {
    let is_part = |c: char| c.is_alphabetic() || is_mark(c) || matches!(c, '\'' | '’' | '-' | '.');
    let words = name.split(|c: char| !is_part(c)).filter(|word| word.chars().any(char::is_alphabetic)).take(4);
    let name: String = words.collect::<Vec<_>>().join(" ").chars().take(MAX_NAME).collect();
    (!name.trim().is_empty()).then(|| name.trim().to_owned())
}

/// Vowel signs and accents that stand on the letter before; Rust counts some of them as no letters.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036F | 0x0900..=0x0DFF)
}

fn time(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

impl Memory {
    fn card(&self) -> Card {
        Card {
            due: time(self.due),
            stability: self.stability,
            difficulty: self.difficulty,
            reps: self.reps,
            lapses: self.lapses,
            state: if self.reps == 0 { State::New } else { State::Review },
            last_review: time(self.last),
            ..Card::default()
        }
    }

    /// The chance that the student still knows it, 0 to 1.
    fn retrievability(&self, now: i64) -> f64 {
        if self.reps == 0 || self.stability <= 0.0 {
            return 0.0;
        }
        let days = (now - self.last).max(0) as f64 / 86_400.0;
        Parameters::forgetting_curve(days, self.stability)
    }

    fn review(&mut self, outcome: Outcome, now: i64) {
        // A clock that was set back must not make time run backwards.
        let now = now.max(self.last);
        let rating = match outcome {
            Outcome::Right => Rating::Good,
            Outcome::Helped => Rating::Hard,
            Outcome::Shown => Rating::Again,
        };
        let scheduler = FSRS::new(Parameters { enable_short_term: false, ..Parameters::default() });
        let card = scheduler.next(self.card(), time(now), rating).card;
        let due = card.due.timestamp().max(now + 86_400 / 2);
        *self = Self {
            stability: card.stability,
            difficulty: card.difficulty,
            reps: self.reps + 1,
            lapses: self.lapses + i32::from(outcome == Outcome::Shown),
            last: now,
            due,
        };
    }
}

impl Known {
    fn new(book: &BookRef, section: &SectionRef) -> Self {
        Self {
            place: Place::of(book, section),
            file_name: book.file_name.clone(),
            book_title: book.title.clone(),
            title: section.title.clone(),
            ordinal: section.ordinal,
            num_asked: 0,
            num_right: 0,
            share: 0.0,
            memory: Memory::default(),
        }
    }

    /// How well it is known now, 0 to 1: what went right, and whether that is still remembered.
    #[must_use]
    pub fn mastery(&self, now: i64) -> f32 {
        self.share * self.memory.retrievability(now) as f32
    }

    /// When to go over it again, in seconds since 1970.
    #[must_use]
    pub fn due(&self) -> i64 {
        self.memory.due
    }

    fn learn(&mut self, outcome: Outcome, now: i64) {
        let worth = match outcome {
            Outcome::Right => 1.0,
            Outcome::Helped => 0.5,
            Outcome::Shown => 0.0,
        };
        self.share = if self.num_asked == 0 { worth } else { self.share + NEWEST * (worth - self.share) };
        self.num_asked += 1;
        self.num_right += u32::from(outcome == Outcome::Right);
        let same_sitting = self.memory.reps > 0 && now - self.memory.last < SITTING;
        if !same_sitting {
            self.memory.review(outcome, now);
        } else if outcome == Outcome::Shown {
            // It went wrong after all: it comes back tomorrow.
            self.memory.due = self.memory.due.min(self.memory.last + 86_400);
        }
    }
}

impl Learner {
    /// Notes how a question on a section went.
    pub fn learn(&mut self, book: &BookRef, section: &SectionRef, outcome: Outcome, now: i64) {
        let place = Place::of(book, section);
        let at = self.sections.iter().position(|known| known.place == place).unwrap_or_else(|| {
            if self.sections.len() >= MAX_SECTIONS {
                let oldest = (0..self.sections.len()).min_by_key(|i| self.sections[*i].memory.last);
                oldest.map(|oldest| self.sections.remove(oldest));
            }
            self.sections.push(Known::new(book, section));
            self.sections.len() - 1
        });
        self.sections[at].learn(outcome, now);
    }

    /// Sections to go over now, the one that is forgotten most first.
    #[must_use]
    pub fn due(&self, now: i64) -> Vec<&Known> {
        let mut due: Vec<&Known> = self.sections.iter().filter(|known| known.due() <= now).collect();
        let left = |known: &&Known| known.memory.retrievability(now);
        due.sort_by(|a, b| left(a).total_cmp(&left(b)));
        due
    }

    /// When the next section comes back.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        self.sections.iter().map(Known::due).min()
    }

    /// What clients are told, in book order.
    #[must_use]
    pub fn progress(&self, now: i64) -> Vec<ProgressEntry> {
        let mut sections: Vec<&Known> = self.sections.iter().collect();
        sections.sort_by(|a, b| (&a.book_title, a.ordinal).cmp(&(&b.book_title, b.ordinal)));
        let entry = |known: &Known| ProgressEntry {
            book: known.file_name.clone(),
            title: known.book_title.clone(),
            section: known.title.clone(),
            mastery: (known.mastery(now) * 100.0).round() / 100.0,
            num_asked: known.num_asked,
            num_right: known.num_right,
            due: Some(known.due()),
        };
        sections.into_iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::SectionId;

    const DAY: i64 = 86_400;

    fn book() -> BookRef {
        BookRef { id: BookId("rivers".into()), file_name: "rivers.pdf".into(), title: "Rivers".into() }
    }

    fn section(title: &str) -> SectionRef {
        SectionRef { id: SectionId(1), ordinal: 3, title: title.into(), path: format!("Rivers > {title}") }
    }

    fn after(outcomes: &[(i64, Outcome)]) -> Known {
        let mut learner = Learner::default();
        for (at, outcome) in outcomes {
            learner.learn(&book(), &section("Floods"), *outcome, *at);
        }
        learner.sections.pop().expect("something was learned")
    }

    #[test]
    fn what_goes_well_comes_back_later_and_what_does_not_tomorrow() {
        let start = 1_000_000_000;
        let days = |known: &Known| (known.due() - known.memory.last) as f64 / DAY as f64;
        let right = after(&[(start, Outcome::Right)]);
        let helped = after(&[(start, Outcome::Helped)]);
        let shown = after(&[(start, Outcome::Shown)]);
        assert!(days(&right) > days(&helped) && days(&helped) >= days(&shown), "{right:?} {helped:?} {shown:?}");
        assert!(days(&shown) <= 1.0 && days(&right) >= 2.0, "{right:?} {shown:?}");
        let twice = after(&[(start, Outcome::Right), (right.due(), Outcome::Right)]);
        assert!(days(&twice) > 2.0 * days(&right), "{twice:?}");
        let lapsed = after(&[(start, Outcome::Right), (right.due(), Outcome::Shown)]);
        assert!(days(&lapsed) <= days(&right), "{lapsed:?}");
    }

    #[test]
    fn a_sitting_counts_once_and_a_clock_set_back_does_no_harm() {
        let start = 1_000_000_000;
        let once = after(&[(start, Outcome::Right)]);
        let thrice = after(&[(start, Outcome::Right), (start + 60, Outcome::Right), (start + 120, Outcome::Right)]);
        assert_eq!(once.due(), thrice.due());
        assert_eq!((thrice.num_asked, thrice.num_right), (3, 3));
        let back = after(&[(start, Outcome::Right), (start - 30 * DAY, Outcome::Right)]);
        assert!(back.due() >= start && back.mastery(0) <= 1.0, "{back:?}");
    }

    #[test]
    fn mastery_fades_and_is_told_in_book_order() {
        let start = 1_000_000_000;
        let known = after(&[(start, Outcome::Right)]);
        assert!(known.mastery(start) > 0.95);
        assert!(known.mastery(start + 60 * DAY) < known.mastery(start + 3 * DAY));
        let mut learner = Learner::default();
        learner.learn(&book(), &section("Floods"), Outcome::Right, start);
        learner.learn(&book(), &section("Floods"), Outcome::Shown, start + 10);
        assert!(learner.due(start + DAY).len() == 1 && learner.due(start).is_empty());
        let progress = learner.progress(start);
        assert_eq!((progress[0].num_asked, progress[0].num_right), (2, 1));
        assert!(progress[0].mastery > 0.5 && progress[0].mastery < 0.9, "{progress:?}");
    }

    #[test]
    fn a_name_is_letters() {
        for (name, expected) in [
            ("Asha", Some("Asha")),
            ("Mary-Ann O'Neil", Some("Mary-Ann O'Neil")),
            ("आशा", Some("आशा")),
            ("José", Some("José")),
            ("<script>alert(1)</script>", Some("script alert script")),
            ("=cmd", Some("cmd")),
            ("123", None),
            ("", None),
        ] {
            assert_eq!(clean_name(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_learner_survives_being_stored() {
        let mut learner = Learner { name: Some("Asha".into()), ..Learner::default() };
        learner.learn(&book(), &section("Floods"), Outcome::Helped, 5);
        let stored = serde_json::to_string(&learner).expect("plain data");
        assert_eq!(serde_json::from_str::<Learner>(&stored).expect("plain data"), learner);
    }
}
