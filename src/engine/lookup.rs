//! Where the end of a text stood before, and what came after it there. Pure.

use std::collections::HashMap;

/// Tokens of the longer end that is looked for, and of the shorter.
const LONG: usize = 3;
const SHORT: usize = 2;

/// The places of a growing text, by the tokens before them; of several the last.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    long: HashMap<[u32; LONG], usize>,
    short: HashMap<[u32; SHORT], usize>,
    /// Places that are in the maps.
    num_known: usize,
}

impl Lookup {
    /// At most `most` tokens that followed an earlier place with the same end as the text. It is the same text at every
    /// call, and longer.
    pub(super) fn find(&mut self, text: &[u32], most: usize) -> Vec<u32> {
        // The end itself is no earlier place.
        for at in self.num_known.max(1)..text.len() {
            self.long.extend(text[..at].last_chunk().map(|end| (*end, at)));
            self.short.extend(text[..at].last_chunk().map(|end| (*end, at)));
        }
        self.num_known = text.len();
        let long = text.last_chunk().and_then(|end| self.long.get(end));
        let place = long.or_else(|| self.short.get(text.last_chunk()?));
        place.map(|at| text[*at..].iter().take(most).copied().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Lookup;

    #[test]
    fn what_followed_the_same_end_is_found_as_the_text_grows() {
        let text = [1, 2, 3, 4, 5, 9, 2, 3, 7, 1, 2, 3, 4];
        for (len, expected) in [
            (0, &[][..]),
            (1, &[]),
            (5, &[]),
            (8, &[4, 5, 9]),  // after 2 3
            (12, &[4, 5, 9]), // 1 2 3 comes before the later 2 3
            (13, &[5, 9, 2]), // 2 3 4
        ] {
            assert_eq!(Lookup::default().find(&text[..len], 3), expected, "{len} at once");
            let mut growing = Lookup::default();
            let last = (0..=len).map(|len| growing.find(&text[..len], 3)).last();
            assert_eq!(last.unwrap_or_default(), expected, "{len} one by one");
        }
        assert_eq!(Lookup::default().find(&[5, 6, 5, 6], 10), [5, 6], "as far as the text goes");
        assert!(Lookup::default().find(&text, 0).is_empty());
    }
}
