//! Questions of a class: passages of books, each client's its own, with a beginning in common where that is wanted.

use super::CliError;
use crate::corpus::{self, ReadOptions};
use serde_json::{Value, json};
use std::path::Path;

/// Words of English per token of a small model's vocabulary, roughly; servers report the true count.
const WORDS_PER_TOKEN: f64 = 0.78;
/// Tokens of the words around the passages, and of the chat template.
const FRAME_TOKENS: usize = 50;

/// The words of some books.
pub(super) struct Words(Vec<String>);

/// How long a prompt is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths {
    /// Tokens in all, roughly.
    pub(super) prompt_tokens: usize,
    /// How many of them all clients have in common.
    pub(super) shared_tokens: usize,
}

impl Lengths {
    fn words(tokens: usize) -> usize {
        (tokens as f64 * WORDS_PER_TOKEN) as usize
    }

    fn shared(self) -> usize {
        Self::words(self.shared_tokens)
    }

    fn own(self) -> usize {
        Self::words(self.prompt_tokens.saturating_sub(self.shared_tokens + FRAME_TOKENS))
    }
}

impl Words {
    /// Reads as many books of a folder as hold `enough` words.
    pub(super) fn read(folder: &Path, enough: usize) -> Result<Self, CliError> {
        let failed = |source| CliError::File { path: folder.to_owned(), source };
        let entries = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "pdf"));
        paths.sort();
        let mut words = Vec::new();
        for path in paths {
            if words.len() < enough {
                let book = corpus::read(&path, &ReadOptions::default())?;
                let texts = book.pages.iter().flat_map(|page| page.text.split_whitespace());
                words.extend(texts.map(str::to_owned));
            }
        }
        if words.is_empty() {
            return Err(CliError::Usage(format!(
                "{} holds no book with text; name one with --corpus",
                folder.display()
            )));
        }
        Ok(Self(words))
    }

    /// How many words the prompts of a measurement take.
    pub(super) fn needed(lengths: Lengths, num_prompts: usize) -> usize {
        (lengths.shared() + lengths.own()) * num_prompts
    }

    /// So many words from a place on; after the last comes the first.
    pub(super) fn passage(&self, from: usize, count: usize) -> String {
        let words = self.0.iter().cycle().skip(from % self.0.len()).take(count);
        words.map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The conversation of client `index` of all in the `round`: no other has the same passage, and no other round the
    /// same beginning.
    pub(super) fn messages(&self, lengths: Lengths, round: usize, index: usize) -> Value {
        let (shared, own) = (lengths.shared(), lengths.own());
        let common = self.passage(round * 997, shared);
        let own = self.passage(round * 7919 + (index + 1) * own, own);
        let system = format!("Lesson {round}. You are a patient tutor. Use only the passages. {common}");
        let user = format!("Passages: {own}\nQuestion {index}: what do the passages say, in simple words?");
        json!([{"role": "system", "content": system}, {"role": "user", "content": user}])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_share_as_much_as_is_asked_for() {
        let words = Words((0..5000).map(|word| format!("w{word}")).collect());
        for shared_tokens in [0, 300] {
            let lengths = Lengths { prompt_tokens: 400, shared_tokens };
            let text = |round, index| words.messages(lengths, round, index).to_string();
            let (a, b, later) = (text(0, 0), text(0, 1), text(1, 0));
            let alike = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
            let of_words = |count: usize| count * "w1000 ".len();
            assert!(alike(&a, &b) >= of_words(lengths.shared()) / 2, "{shared_tokens}: {}", alike(&a, &b));
            assert!(alike(&a, &b) < 250 + of_words(lengths.shared()), "{shared_tokens}: {}", alike(&a, &b));
            assert!(alike(&a, &later) < 60);
            assert_eq!(a.split_whitespace().filter(|word| word.contains('w')).count() / 250, 1, "{a}");
        }
    }
}
