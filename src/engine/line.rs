//! The waiting line: first come, first served, bounded. Pure: no clock, no thread, no tensor.

use std::collections::VecDeque;

/// One who waits.
#[derive(Debug)]
struct Waiting<T> {
    id: u64,
    item: T,
    /// The last place it was told.
    told: Option<usize>,
}

/// Who waits for the model, in order.
#[derive(Debug)]
pub(crate) struct Line<T> {
    waiting: VecDeque<Waiting<T>>,
    max: usize,
}

impl<T> Line<T> {
    pub(crate) fn new(max: usize) -> Self {
        Self { waiting: VecDeque::new(), max }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= self.max
    }

    /// Puts one at the end, if the line is not full.
    pub(crate) fn push(&mut self, id: u64, item: T) -> Result<(), T> {
        if self.is_full() {
            return Err(item);
        }
        self.waiting.push_back(Waiting { id, item, told: None });
        Ok(())
    }

    /// Takes the first.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.waiting.pop_front().map(|waiting| waiting.item)
    }

    /// Takes one out of the middle.
    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        let place = self.waiting.iter().position(|waiting| waiting.id == id)?;
        self.waiting.remove(place).map(|waiting| waiting.item)
    }

    /// Calls `tell` with each whose place is not the one it was told, and the place: how many are served before it,
    /// `num_running` included. One with nobody before it is not told.
    pub(crate) fn tell_places(&mut self, num_running: usize, mut tell: impl FnMut(&T, usize)) {
        for (index, waiting) in self.waiting.iter_mut().enumerate() {
            let place = index + num_running;
            if place > 0 && waiting.told != Some(place) {
                waiting.told = Some(place);
                tell(&waiting.item, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &mut Line<char>, num_running: usize) -> Vec<(char, usize)> {
        let mut told = Vec::new();
        line.tell_places(num_running, |item, place| told.push((*item, place)));
        told
    }

    #[test]
    fn places_are_told_once_and_again_when_they_change() {
        let mut line = Line::new(3);
        assert_eq!((line.push(0, 'a'), line.push(1, 'b')), (Ok(()), Ok(())));
        assert_eq!(told(&mut line, 0), [('b', 1)]);
        assert_eq!(line.pop(), Some('a'));
        assert_eq!(told(&mut line, 1), [], "b has still one before it");
        assert_eq!((line.push(2, 'c'), line.push(3, 'd'), line.push(4, 'e')), (Ok(()), Ok(()), Err('e')));
        assert_eq!(told(&mut line, 1), [('c', 2), ('d', 3)]);
        assert_eq!((line.remove(2), line.remove(2)), (Some('c'), None));
        assert_eq!(told(&mut line, 1), [('d', 2)]);
        assert_eq!((line.pop(), line.pop(), line.pop(), line.len()), (Some('b'), Some('d'), None, 0));
    }

    #[test]
    fn a_line_of_no_places_takes_nobody() {
        assert_eq!(Line::new(0).push(0, 'a'), Err('a'));
    }
}
