//! Where the end of a text stood before, and what came after it there. Pure.

use std::collections::HashMap;

/// Tokens of the longer end that is looked for, and of the shorter.
const LONG: usize = 3;
const SHORT: usize = 2;
/// Earlier places that are compared, the last first.
const PLACES: usize = 16;
/// A longer common end says no more.
const MOST_ALIKE: usize = 32;

/// An earlier place whose end is that of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// What comes after it begins here.
    pub(super) at: usize,
    /// Tokens that the two ends have in common.
    pub(super) alike: usize,
}

/// The places of a growing text, by the tokens before them.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    /// The last place of each.
    long: HashMap<[u32; LONG], usize>,
    short: HashMap<[u32; SHORT], usize>,
    /// For each place the one before it with the same long end, 0 for none.
    before: Vec<usize>,
}

impl Lookup {
    /// The earlier place that has the most in common with the end of the text, of equals the last. It is the same text at
    /// every call, and longer.
    pub(super) fn find(&mut self, text: &[u32]) -> Option<Found> {
        // The end itself is no earlier place.
        for at in self.before.len()..text.len() {
            let end = text[..at].last_chunk();
            let before = end.and_then(|end| self.long.insert(*end, at));
            self.before.push(before.unwrap_or(0));
            self.short.extend(text[..at].last_chunk().map(|end| (*end, at)));
        }
        let long = text.last_chunk().and_then(|end| self.long.get(end).copied());
        let places = std::iter::successors(long, |at| Some(self.before[*at])).take_while(|at| *at > 0).take(PLACES);
        let found = places.map(|at| Found { at, alike: alike(&text[..at], text) });
        let best = found.reduce(|best, other| if other.alike > best.alike { other } else { best });
        best.or_else(|| Some(Found { at: *self.short.get(text.last_chunk()?)?, alike: SHORT }))
    }
}

/// Tokens that two ends have in common, up to [`MOST_ALIKE`].
fn alike(one: &[u32], other: &[u32]) -> usize {
    one.iter().rev().zip(other.iter().rev()).take(MOST_ALIKE).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_with_the_longest_common_end_is_found_as_the_text_grows() {
        let text = [1, 2, 3, 4, 5, 9, 2, 3, 7, 1, 2, 3, 4, 2, 3, 4, 8, 1, 2, 3, 4];
        for (len, expected) in [
            (0, None),
            (1, None),
            (5, None),
            (8, Some((3, 2))),  // after the first 2 3
            (12, Some((3, 3))), // after 1 2 3, though 2 3 comes again later
            (13, Some((4, 4))),
            (16, Some((13, 3))), // of two places with 2 3 4 the later
            (21, Some((13, 4))), // of two places with 1 2 3 4 the later
        ] {
            let expected = expected.map(|(at, alike)| Found { at, alike });
            assert_eq!(Lookup::default().find(&text[..len]), expected, "{len} at once");
            let mut growing = Lookup::default();
            assert_eq!((0..=len).map(|len| growing.find(&text[..len])).last(), Some(expected), "{len} one by one");
        }
    }
}
