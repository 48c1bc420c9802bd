//! The model's part: it words sentences that were found in the books. Sentence by sentence, what the sources do not
//! carry is dropped, so a weak model can make a reply shorter but not wrong; a slow one is not waited for.

use super::draft::{Draft, Quote};
use super::grounding;
use super::turn::{Cancel, State};
use crate::passage::sentences;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// One message of a prompt: what the model is, then what it is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Who the model is.
    pub system: String,
    /// The sentences and the task. What books and students wrote is in here: data, never instructions.
    pub user: String,
}

/// What comes from a writer, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written<'a> {
    /// Still waiting, at this place in line (from 1).
    Queued(usize),
    /// The model reads the prompt.
    Started,
    /// More text.
    Text(&'a str),
    /// Nothing new; a chance to stop.
    Nothing,
}

/// Why a writer has no more words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteEnd {
    /// The model ended, or the listener broke off.
    Done,
    /// The model was cut at its largest length; its last sentence may be torn.
    Cut,
    /// It could not begin: too many wait.
    Overloaded,
    /// It failed; the engine has logged why.
    Failed,
}

/// A language model as the tutor knows it.
pub trait Writer: Send + Sync {
    /// Writes at most `max_tokens` for the prompt, calling `listen` as words come and several times a second between.
    fn write(
        &self,
        prompt: &Prompt,
        max_tokens: usize,
        listen: &mut dyn FnMut(Written<'_>) -> ControlFlow<()>,
    ) -> WriteEnd;
}

/// How long a reply waits for the model's words; the quotes are there before it.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until the model begins.
    pub to_begin: Duration,
    /// From then until it ends.
    pub to_write: Duration,
    /// Most tokens to write.
    pub max_tokens: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self { to_begin: Duration::from_secs(12), to_write: Duration::from_secs(25), max_tokens: 72 }
    }
}

/// Sentences at most; a small model that writes more begins to wander.
const MAX_SENTENCES: usize = 3;

/// Which of the sources carries a sentence, if one does.
pub(crate) type Check<'a> = &'a mut dyn FnMut(&str, &[&str]) -> Option<usize>;

/// Collects the model's text and lets whole, supported sentences through.
struct Sieve<'a> {
    sources: Vec<&'a str>,
    check: Check<'a>,
    pending: String,
    passed: Vec<(String, usize)>,
}

impl<'a> Sieve<'a> {
    /// Takes more text; returns the sentences that are whole now and pass, each with the source that carries it.
    fn push(&mut self, text: &str) -> Vec<(String, usize)> {
        self.pending.push_str(text);
        let found = sentences(&self.pending);
        // The last sentence may go on, unless a line ended behind it.
        let whole = match found.last() {
            Some(last) if self.pending[last.end..].contains('\n') => found.len(),
            _ => found.len().saturating_sub(1),
        };
        let Some(end) = found[..whole].last().map(|range| range.end) else { return Vec::new() };
        let done: Vec<String> = found[..whole].iter().map(|range| self.pending[range.clone()].to_owned()).collect();
        self.pending.drain(..end);
        done.into_iter().filter_map(|sentence| self.pass(&sentence)).collect()
    }

    /// The text ended; what is left is a sentence if it reads like a whole one.
    fn end(&mut self) -> Option<(String, usize)> {
        let rest = std::mem::take(&mut self.pending);
        self.pass(rest.trim())
    }

    fn pass(&mut self, sentence: &str) -> Option<(String, usize)> {
        let sentence =
            sentence.trim_start_matches(['-', '*', '>', '#', ' ']).split_whitespace().collect::<Vec<_>>().join(" ");
        if self.passed.len() >= MAX_SENTENCES || !sentence.ends_with(['.', '!', '。', '।']) {
            return None;
        }
        let source = (self.check)(&sentence, &self.sources)?;
        let said_before = self.passed.iter().any(|(before, _)| grounding::is_copy(&sentence, before));
        if said_before || grounding::is_copy(&sentence, self.sources[source]) {
            return None;
        }
        self.passed.push((sentence.clone(), source));
        Some((sentence, source))
    }
}

/// Lets the model word `quotes` under `lead`, which is said only if a sentence passes. Returns how many did.
pub(crate) fn word(
    writer: &dyn Writer,
    patience: Patience,
    (prompt, check): (&Prompt, Check<'_>),
    (lead, quotes): (&str, &[Quote]),
    draft: &mut Draft<'_>,
    cancel: &Cancel,
) -> usize {
    let mut sieve = Sieve {
        sources: quotes.iter().map(|quote| quote.text.as_str()).collect(),
        check,
        pending: String::new(),
        passed: Vec::new(),
    };
    let mut deadline = Instant::now() + patience.to_begin;
    let mut spoken = 0;
    let mut speak = |draft: &mut Draft<'_>, (sentence, source): (String, usize)| {
        if spoken == 0 {
            draft.paragraph();
            draft.say(lead);
        }
        spoken += 1;
        draft.say(&format!(" {sentence} {}", quotes[source].mark()));
    };
    let end = writer.write(prompt, patience.max_tokens, &mut |written| {
        match written {
            Written::Queued(position) => draft.status(State::Queued, Some(position)),
            Written::Started => {
                deadline = Instant::now() + patience.to_write;
                draft.status(State::Writing, None);
            }
            Written::Text(text) => sieve.push(text).into_iter().for_each(|passed| speak(draft, passed)),
            Written::Nothing => {}
        }
        let enough = sieve.passed.len() >= MAX_SENTENCES;
        if enough || cancel.is_cancelled() || Instant::now() > deadline {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    if end == WriteEnd::Done
        && !cancel.is_cancelled()
        && let Some(last) = sieve.end()
    {
        speak(draft, last);
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sieve<'a>(sources: &[&'static str], check: Check<'a>) -> Sieve<'a> {
        Sieve { sources: sources.to_vec(), check, pending: String::new(), passed: Vec::new() }
    }

    #[test]
    fn sentences_pass_when_whole_and_supported_however_the_text_is_cut() {
        let source = "Readable streams produce data that can be fed into a writable, transform or duplex stream.";
        let text = "Sure! Readable streams produce data. Data can be fed into a writable stream. Streams were made in 1999. Stream";
        for size in [1, 3, 7, 200] {
            let mut check = grounding::supporting;
            let mut sieve = sieve(&[source], &mut check);
            let mut passed = Vec::new();
            let chars: Vec<char> = text.chars().collect();
            for piece in chars.chunks(size) {
                passed.extend(sieve.push(&piece.iter().collect::<String>()));
            }
            passed.extend(sieve.end());
            let passed: Vec<&str> = passed.iter().map(|(sentence, _)| sentence.as_str()).collect();
            assert_eq!(
                passed,
                ["Readable streams produce data.", "Data can be fed into a writable stream."],
                "pieces of {size}"
            );
        }
    }

    #[test]
    fn copies_and_repetitions_add_nothing() {
        let source = "Readable streams produce data for other streams.";
        let mut check = grounding::supporting;
        let mut sieve = sieve(&[source], &mut check);
        assert!(
            sieve
                .push("Readable streams produce data for other streams. Streams produce data. Streams produce data. ")
                .len()
                <= 1
        );
    }
}
