//! Drafts: what an answer probably goes on with is looked up in its own prompt and words, and the next step checks all of it
//! at once. That changes how fast an answer comes, never what it is. Pure: no clock, no thread.
//!
//! A row more in a step is cheap where one sequence writes and dear where many do. So the cost of steps is learned from
//! those that were run, and a token is drafted only if it is likelier to be chosen than its row costs of a token's time.

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

/// One sequence's drafts.
#[derive(Debug)]
pub(super) struct Drafter {
    lookup: Lookup,
    /// Drafted tokens that were chosen, the last ones counting most.
    hits: f64,
    /// Drafts that were left before their end.
    misses: f64,
}

impl Default for Drafter {
    fn default() -> Self {
        Self { lookup: Lookup::default(), hits: 2.0, misses: 1.0 }
    }
}

impl Drafter {
    /// Learns what became of a draft.
    pub(super) fn judge(&mut self, num_drafted: usize, num_accepted: usize) {
        if num_drafted > 0 {
            self.hits = self.hits * KEPT + num_accepted as f64;
            self.misses = self.misses * KEPT + f64::from(u8::from(num_accepted < num_drafted));
        }
    }

    /// What probably comes after the text: as many tokens as are likelier than `price`, and `most` of them.
    pub(super) fn draft(&mut self, text: &[u32], price: f64, most: usize) -> Vec<u32> {
        let chance = self.hits / (self.hits + self.misses);
        let chances = std::iter::successors(Some(chance), |all| Some(all * chance));
        let worth = chances.take(MOST).take_while(|all| *all > price).count();
        let draft = self.lookup.find(text, worth.max(1).min(most));
        if worth == 0 && !draft.is_empty() {
            self.misses *= FORGIVEN;
            return Vec::new();
        }
        draft
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

    /// How likely a token must be for its row to pay where so many sequences write: 0 to 1.
    pub(super) fn price(&self, num_writing: usize) -> f64 {
        let row = self.row_share.unwrap_or(ROW_SHARE) * num_writing as f64;
        row / (1.0 + row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text in which everything has been said before.
    fn text() -> Vec<u32> {
        (0..20).chain(0..3).collect()
    }

    #[test]
    fn drafts_grow_with_what_was_right_and_end_with_what_was_wrong() {
        let mut drafter = Drafter::default();
        let first = drafter.draft(&text(), 0.3, 100);
        assert_eq!(first, [3, 4], "a chance of 2 in 3, and of 4 in 9");
        (0..10).for_each(|_| drafter.judge(2, 2));
        assert_eq!(drafter.draft(&text(), 0.3, 100).len(), MOST);
        assert_eq!(drafter.draft(&text(), 0.3, 5).len(), 5, "no more than may be written");
        (0..20).for_each(|_| drafter.judge(2, 0));
        assert!(drafter.draft(&text(), 0.3, 100).is_empty());
        let again = (0..1000).position(|_| !drafter.draft(&text(), 0.3, 100).is_empty());
        assert!(again.is_some_and(|tries| tries > 20), "it is tried again, rarely: {again:?}");
        assert!(Drafter::default().draft(&[1, 2, 3], 0.0, 100).is_empty(), "nothing of it was said before");
    }

    #[test]
    fn a_row_costs_what_it_was_seen_to_cost() {
        let mut cost = StepCost::default();
        let first = cost.price(1);
        (0..100).for_each(|_| cost.add(4, Duration::from_millis(14)));
        assert_eq!(cost.price(1), first, "all steps were as wide");
        // 10 ms for itself and 1 for each row.
        (0..100).for_each(|step| cost.add(1 + step % 8, Duration::from_millis(11 + step as u64 % 8)));
        for (num_writing, price) in [(1, 1.0 / 11.0), (10, 0.5), (90, 0.9)] {
            assert!((cost.price(num_writing) - price).abs() < 0.01, "{num_writing}: {}", cost.price(num_writing));
        }
    }
}
