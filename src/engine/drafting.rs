//! Drafts: what an answer probably goes on with is looked up in its own prompt and words, and the next step checks all of it
//! at once. That changes how fast an answer comes, never what it is. Pure: no clock, no thread.
//!
//! A row more in a step is cheap where one sequence writes and dear where many do. So the cost of steps is learned from
//! those that were run, and how often drafts are right from those that were checked; together they say how long a draft pays.

use super::lookup::Lookup;
use std::time::Duration;

/// Whether answers are drafted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Drafts {
    /// Where it pays.
    #[default]
    Lookup,
    /// Wherever there is something to draft, for measurements.
    Always,
    /// Never.
    Off,
}

/// Most tokens of a draft.
const MOST: usize = 12;
/// How much of what was learned stays at the next draft.
const KEPT: f64 = 0.9;
/// How much of the misses stays where nothing was drafted for them: in the end it is tried again.
const FORGIVEN: f64 = 0.98;

/// How often drafts were right that began like an earlier place for so many tokens.
#[derive(Debug, Clone, Copy)]
struct Record {
    /// Tokens in common, up to and with this many.
    alike: usize,
    /// Drafted tokens that were chosen, the last ones counting most.
    hits: f64,
    /// Drafts that were left before their end.
    misses: f64,
}

impl Record {
    fn chance(&self) -> f64 {
        self.hits / (self.hits + self.misses)
    }
}

/// What is believed before anything is seen: who has copied for long goes on with it.
const UNSEEN: [Record; 4] = [
    Record { alike: 2, hits: 1.0, misses: 1.5 },
    Record { alike: 4, hits: 2.0, misses: 1.0 },
    Record { alike: 8, hits: 4.0, misses: 1.0 },
    Record { alike: usize::MAX, hits: 9.0, misses: 1.0 },
];

/// One sequence's drafts.
#[derive(Debug)]
pub(super) struct Drafter {
    lookup: Lookup,
    records: [Record; UNSEEN.len()],
    /// The record of the running draft.
    current: usize,
}

impl Default for Drafter {
    fn default() -> Self {
        Self { lookup: Lookup::default(), records: UNSEEN, current: 0 }
    }
}

impl Drafter {
    /// Learns what became of a draft.
    pub(super) fn judge(&mut self, num_drafted: usize, num_accepted: usize) {
        if num_drafted > 0 {
            let Record { hits, misses, .. } = &mut self.records[self.current];
            *hits = *hits * KEPT + num_accepted as f64;
            *misses = *misses * KEPT + f64::from(u8::from(num_accepted < num_drafted));
        }
    }

    /// What probably comes after the text, `most` tokens at most.
    pub(super) fn draft(&mut self, text: &[u32], price: Price, most: usize) -> Vec<u32> {
        let Some(found) = self.lookup.find(text) else { return Vec::new() };
        self.current = self.records.iter().position(|record| found.alike <= record.alike).unwrap_or(0);
        let record = &mut self.records[self.current];
        let worth = price.worth(record.chance());
        if worth == 0 {
            record.misses *= FORGIVEN;
        }
        text[found.at..].iter().take(worth.min(most)).copied().collect()
    }
}

/// What a row more costs in the next step.
#[derive(Debug, Clone, Copy)]
pub(super) enum Price {
    /// Nothing: all that is found is drafted.
    Free,
    /// A share of what the step costs without rows, beside so many sequences that write.
    Share { row: f64, num_writing: usize },
}

impl Price {
    /// With how many drafted tokens the step writes most for its time, each of them right with this chance if those before
    /// it are.
    fn worth(self, chance: f64) -> usize {
        let Self::Share { row, num_writing } = self else { return MOST };
        let writing = num_writing.max(1) as f64;
        let (mut best, mut worth) = (writing / (1.0 + row * writing), 0);
        let (mut written, mut all_right) = (writing, 1.0);
        for count in 1..=MOST {
            all_right *= chance;
            written += all_right;
            let rate = written / (1.0 + row * (writing + count as f64));
            if rate <= best {
                break; // what is less and less likely does not pay later either
            }
            (best, worth) = (rate, count);
        }
        worth
    }
}

/// Steps before the cost is believed.
const ENOUGH: f64 = 8.0;
/// How much of the earlier steps stays at the next.
const STEPS_KEPT: f64 = 0.98;
/// What a row costs of a step's own cost, until that is known.
const ROW_SHARE: f64 = 0.3;

/// What steps cost: so much each, and so much for each row, as the line through those that were run.
#[derive(Debug, Default)]
pub(super) struct StepCost {
    steps: f64,
    rows: f64,
    rows_squared: f64,
    seconds: f64,
    rows_seconds: f64,
    /// A row's cost as a share of the step's own, once it is known.
    row_share: Option<f64>,
}

impl StepCost {
    /// A step in which nothing was read took so long.
    pub(super) fn add(&mut self, rows: usize, elapsed: Duration) {
        let (rows, seconds) = (rows as f64, elapsed.as_secs_f64());
        for (sum, more) in [
            (&mut self.steps, 1.0),
            (&mut self.rows, rows),
            (&mut self.rows_squared, rows * rows),
            (&mut self.seconds, seconds),
            (&mut self.rows_seconds, rows * seconds),
        ] {
            *sum = *sum * STEPS_KEPT + more;
        }
        let spread = self.steps * self.rows_squared - self.rows * self.rows;
        // Where all steps were as wide, nothing is learned.
        if self.steps > ENOUGH && spread > self.steps * self.steps {
            let row = (self.steps * self.rows_seconds - self.rows * self.seconds) / spread;
            let own = (self.seconds - row * self.rows) / self.steps;
            let share = if row <= 0.0 { 0.0 } else { row / own.max(row * 0.05) };
            self.row_share = Some(share.clamp(0.05, 20.0));
        }
    }

    /// What a row more costs where so many sequences write.
    pub(super) fn price(&self, num_writing: usize) -> Price {
        Price::Share { row: self.row_share.unwrap_or(ROW_SHARE), num_writing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text in which everything has been said before.
    fn text() -> Vec<u32> {
        (0..20).chain(0..3).collect()
    }

    fn share(row: f64, num_writing: usize) -> Price {
        Price::Share { row, num_writing }
    }

    #[test]
    fn drafts_grow_with_what_was_right_and_end_with_what_was_wrong() {
        let mut drafter = Drafter::default();
        let first = drafter.draft(&text(), share(0.3, 1), 100);
        assert!(first.starts_with(&[3]) && first.len() < 4, "{first:?}");
        (0..10).for_each(|_| drafter.judge(2, 2));
        let sure = drafter.draft(&text(), share(0.1, 1), 100);
        assert!(sure.len() > first.len() && sure[..] == (3..20).collect::<Vec<_>>()[..sure.len()], "{sure:?}");
        assert_eq!(drafter.draft(&text(), share(0.1, 1), 2).len(), 2, "no more than may be written");
        (0..20).for_each(|_| drafter.judge(2, 0));
        assert!(drafter.draft(&text(), share(0.3, 1), 100).is_empty());
        let again = (0..1000).position(|_| !drafter.draft(&text(), share(0.3, 1), 100).is_empty());
        assert!(again.is_some_and(|tries| tries > 20), "it is tried again, rarely: {again:?}");
        assert!(Drafter::default().draft(&[1, 2, 3], Price::Free, 100).is_empty(), "nothing of it was said before");
    }

    #[test]
    fn drafts_are_as_long_as_they_pay() {
        for (row, num_writing, chance, expected) in [
            (0.1, 1, 0.9, 10..=12),
            (0.3, 1, 0.9, 5..=8),
            (0.3, 1, 0.2, 0..=0),
            (0.3, 16, 0.9, 0..=2),
            (0.3, 16, 0.7, 0..=0),
            (5.0, 1, 0.8, 0..=0),
        ] {
            let worth = share(row, num_writing).worth(chance);
            assert!(expected.contains(&worth), "{row} {num_writing} {chance}: {worth}");
        }
        assert_eq!(Price::Free.worth(0.0), MOST);
    }

    #[test]
    fn a_row_costs_what_it_was_seen_to_cost() {
        let row = |cost: &StepCost| match cost.price(1) {
            Price::Share { row, .. } => row,
            Price::Free => panic!("nothing is free"),
        };
        let mut cost = StepCost::default();
        (0..100).for_each(|_| cost.add(4, Duration::from_millis(14)));
        assert_eq!(row(&cost), ROW_SHARE, "all steps were as wide");
        // 10 ms for itself and 1 for each row.
        (0..100).for_each(|step| cost.add(1 + step % 8, Duration::from_millis(11 + step as u64 % 8)));
        assert!((row(&cost) - 0.1).abs() < 0.01, "{}", row(&cost));
    }
}
