//! Stop texts: an answer ends before the first of them, and text that may be the beginning of one is held back. Pure.

/// Watches a stream of text for the first of several stop texts.
#[derive(Debug)]
pub(crate) struct StopWatch {
    stops: Vec<String>,
    held: String,
}

/// What a piece of text came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Watched {
    /// This much is certain to be shown.
    Text(String),
    /// This much, and then a stop text began.
    Stopped(String),
}

impl StopWatch {
    /// Empty stop texts are left out.
    pub(crate) fn new(stops: Vec<String>) -> Self {
        Self { stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect(), held: String::new() }
    }

    /// Takes more text.
    pub(crate) fn push(&mut self, text: &str) -> Watched {
        self.held.push_str(text);
        if let Some(at) = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min() {
            let mut shown = std::mem::take(&mut self.held);
            shown.truncate(at);
            return Watched::Stopped(shown);
        }
        // The longest end of the text with which a stop text begins.
        let held = self.stops.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - held);
        Watched::Text(std::mem::replace(&mut self.held, rest))
    }

    /// What was held back; no stop text will come any more.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// Bytes of the longest proper beginning of `stop` with which `text` ends.
fn overlap(text: &str, stop: &str) -> usize {
    let lengths = stop.char_indices().map(|(at, _)| at).skip(1);
    lengths.filter(|length| text.ends_with(&stop[..*length])).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is shown when the text comes in pieces of `size` characters, and whether it was stopped.
    fn watch(stops: &[&str], text: &str, size: usize) -> (String, bool) {
        let mut watch = StopWatch::new(stops.iter().map(|stop| (*stop).to_owned()).collect());
        let mut shown = String::new();
        for piece in text.chars().collect::<Vec<_>>().chunks(size) {
            match watch.push(&piece.iter().collect::<String>()) {
                Watched::Text(text) => shown.push_str(&text),
                Watched::Stopped(text) => return (shown + &text, true),
            }
        }
        (shown + &watch.finish(), false)
    }

    #[test]
    fn an_answer_ends_before_the_first_stop_text() {
        for (stops, text, shown, stopped) in [
            (&["\nUser:"][..], "Yes.\nUser: why", "Yes.", true),
            (&["\nUser:"], "Yes.\nUse", "Yes.\nUse", false),
            (&["aab", "x"], "aaab", "a", true),
            (&["é!"], "caféé!", "café", true),
            (&["", "zz"], "z", "z", false),
            (&[], "abc", "abc", false),
        ] {
            for size in [1, 2, 100] {
                assert_eq!(watch(stops, text, size), (shown.to_owned(), stopped), "{stops:?} {text:?} by {size}");
            }
        }
    }

    proptest! {
        #[test]
        fn without_a_stop_text_all_is_shown(text in "[abé]{0,20}", size in 1usize..4) {
            prop_assert_eq!(watch(&["c", "abc"], &text, size), (text, false));
        }

        #[test]
        fn with_one_the_text_before_it_is_shown(text in "[ab]{0,20}", stop in "[ab]{1,3}", size in 1usize..4) {
            let expected = text.find(&stop).map_or((text.clone(), false), |at| (text[..at].to_owned(), true));
            prop_assert_eq!(watch(&[&stop], &text, size), expected);
        }
    }
}
