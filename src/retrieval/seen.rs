//! Vectors of sentences that were compared before: a class is taught from the same pages, so the same sentences come
//! again and again, and embedding is what a comparison costs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Sentences kept: with 384 numbers each, about 12 MB.
const MAX_SEEN: usize = 8192;

/// Vectors by text.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<String, Arc<[f32]>>>);

impl Seen {
    /// The vectors of `texts` in their order; `embed` is called once, with those that are new, if there are any.
    pub(super) fn vectors<E>(
        &self,
        texts: &[&str],
        embed: impl FnOnce(&[&str]) -> Result<Vec<Vec<f32>>, E>,
    ) -> Result<Vec<Arc<[f32]>>, E> {
        let known: Vec<Option<Arc<[f32]>>> = {
            let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            texts.iter().map(|text| seen.get(*text).cloned()).collect()
        };
        let new: Vec<&str> =
            texts.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(text, _)| *text).collect();
        // Not under the lock: another student's comparison goes on meanwhile.
        let fresh = if new.is_empty() { Vec::new() } else { embed(&new)? };
        let fresh: Vec<Arc<[f32]>> = fresh.into_iter().map(Arc::from).collect();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() + new.len() > MAX_SEEN {
            seen.clear();
        }
        seen.extend(new.iter().zip(&fresh).map(|(text, vector)| ((*text).to_owned(), Arc::clone(vector))));
        let mut fresh = fresh.into_iter();
        Ok(known.into_iter().filter_map(|known| known.or_else(|| fresh.next())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_embedded_once_and_order_is_kept() {
        let seen = Seen::default();
        let mut asked = Vec::new();
        let mut vectors = |texts: &[&str]| {
            let embed = |new: &[&str]| {
                asked.push(new.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
                Ok::<_, ()>(new.iter().map(|text| vec![text.len() as f32]).collect())
            };
            seen.vectors(texts, embed).expect("lengths cannot fail").iter().map(|vector| vector[0]).collect::<Vec<_>>()
        };
        assert_eq!(vectors(&["a", "bb"]), [1.0, 2.0]);
        assert_eq!(vectors(&["bb", "ccc", "a"]), [2.0, 3.0, 1.0]);
        assert_eq!(vectors(&["a"]), [1.0]);
        assert_eq!(asked, [vec!["a", "bb"], vec!["ccc"]]);
    }

    #[test]
    fn a_failure_is_passed_on_and_nothing_is_kept() {
        let seen = Seen::default();
        assert!(seen.vectors(&["a"], |_| Err("broken")).is_err());
        assert!(seen.vectors(&["a"], |_| Ok::<_, ()>(vec![vec![1.0]])).is_ok());
    }
}
