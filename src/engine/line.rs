//! The waiting line: bounded, owners in turn, each owner's own in order of arrival. Pure: no clock, no thread, no tensor.

use std::collections::VecDeque;

/// One who waits.
#[derive(Debug)]
struct Waiting<T> {
    id: u64,
    item: T,
    /// The last place it was told.
    told: Option<usize>,
}

/// All that waits for one owner.
#[derive(Debug)]
struct Owned<T> {
    /// `None` for one that has no owner and stands for itself.
    owner: Option<String>,
    waiting: VecDeque<Waiting<T>>,
}

/// Who waits for the model, in order: the first of each owner, then the second of each, and so on.
#[derive(Debug)]
pub(crate) struct Line<T> {
    /// Never one with nothing.
    owners: VecDeque<Owned<T>>,
    max: usize,
}

impl<T> Line<T> {
    pub(crate) fn new(max: usize) -> Self {
        Self { owners: VecDeque::new(), max }
    }

    pub(crate) fn len(&self) -> usize {
        self.owners.iter().map(|owned| owned.waiting.len()).sum()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.max
    }

    /// Puts one behind its owner's others, if the line is not full.
    pub(crate) fn push(&mut self, id: u64, owner: Option<&str>, item: T) -> Result<(), T> {
        if self.is_full() {
            return Err(item);
        }
        let waiting = Waiting { id, item, told: None };
        match self.owners.iter_mut().find(|owned| owner.is_some() && owned.owner.as_deref() == owner) {
            Some(owned) => owned.waiting.push_back(waiting),
            None => self.owners.push_back(Owned { owner: owner.map(str::to_owned), waiting: [waiting].into() }),
        }
        Ok(())
    }

    /// The first.
    pub(crate) fn first(&self) -> Option<&T> {
        self.owners.front().and_then(|owned| owned.waiting.front()).map(|waiting| &waiting.item)
    }

    /// Takes the first; the next of its owner waits until every other owner had one.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let mut owned = self.owners.pop_front()?;
        let first = owned.waiting.pop_front();
        if !owned.waiting.is_empty() {
            self.owners.push_back(owned);
        }
        first.map(|waiting| waiting.item)
    }

    /// Takes one out of the middle.
    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        let place = |owned: &Owned<T>| owned.waiting.iter().position(|waiting| waiting.id == id);
        let (index, place) = self.owners.iter().enumerate().find_map(|(index, owned)| Some((index, place(owned)?)))?;
        let removed = self.owners[index].waiting.remove(place);
        if self.owners[index].waiting.is_empty() {
            self.owners.remove(index);
        }
        removed.map(|waiting| waiting.item)
    }

    /// Calls `tell` with each whose place is not the one it was told, and the place; the first has place 1.
    pub(crate) fn tell_places(&mut self, mut tell: impl FnMut(&T, usize)) {
        let rounds = self.owners.iter().map(|owned| owned.waiting.len()).max().unwrap_or(0);
        let mut place = 0;
        for round in 0..rounds {
            for waiting in self.owners.iter_mut().filter_map(|owned| owned.waiting.get_mut(round)) {
                place += 1;
                if waiting.told != Some(place) {
                    waiting.told = Some(place);
                    tell(&waiting.item, place);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(line: &mut Line<char>) -> Vec<(char, usize)> {
        let mut told = Vec::new();
        line.tell_places(|item, place| told.push((*item, place)));
        told
    }

    #[test]
    fn places_are_told_once_and_again_when_they_change() {
        let mut line = Line::new(3);
        assert_eq!((line.push(0, None, 'a'), line.push(1, None, 'b')), (Ok(()), Ok(())));
        assert_eq!(told(&mut line), [('a', 1), ('b', 2)]);
        assert_eq!(line.pop(), Some('a'));
        assert_eq!((line.push(2, None, 'c'), line.push(3, None, 'd')), (Ok(()), Ok(())));
        assert_eq!(line.push(4, None, 'e'), Err('e'));
        assert_eq!(told(&mut line), [('b', 1), ('c', 2), ('d', 3)]);
        assert_eq!((line.remove(2), line.remove(2)), (Some('c'), None));
        assert_eq!(told(&mut line), [('d', 2)]);
        assert_eq!((line.pop(), line.pop(), line.pop(), line.len()), (Some('b'), Some('d'), None, 0));
    }

    #[test]
    fn owners_take_turns() {
        let mut line = Line::new(9);
        for (id, (owner, item)) in (0..).zip([("x", 'a'), ("x", 'b'), ("y", 'c'), ("x", 'd'), ("y", 'e'), ("z", 'f')]) {
            line.push(id, Some(owner), item).expect("room");
        }
        assert_eq!(told(&mut line).iter().map(|(item, _)| item).collect::<String>(), "acfbed");
        assert_eq!(line.pop(), Some('a'));
        line.push(9, Some("w"), 'g').expect("room");
        assert_eq!(std::iter::from_fn(|| line.pop()).collect::<String>(), "cfbged");
    }

    #[test]
    fn a_line_of_no_places_takes_nobody() {
        assert_eq!(Line::new(0).push(0, None, 'a'), Err('a'));
    }

    proptest! {
        #[test]
        fn places_are_the_order_in_which_they_are_served(owners in proptest::collection::vec(proptest::option::of(0u8..4), 0..20)) {
            let mut line = Line::new(20);
            for (id, owner) in owners.iter().enumerate() {
                let owner = owner.map(|owner| owner.to_string());
                prop_assert!(line.push(id as u64, owner.as_deref(), id).is_ok());
            }
            let mut told = Vec::new();
            line.tell_places(|item, place| told.push((place, *item)));
            let served: Vec<_> = (1..).zip(std::iter::from_fn(|| line.pop())).collect();
            prop_assert_eq!(served.len(), owners.len());
            prop_assert_eq!(told, served);
        }
    }
}
