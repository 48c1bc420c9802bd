//! Chunks to vectors: one of the chunk under its headings, and one of each of its sentences.

use crate::embed::{EmbedError, Embedder};
use crate::library::NewSentence;
use crate::passage::sentences;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Words of a sentence from which it has a vector of its own; shorter ones are labels and numbers of lists.
const MIN_WORDS: usize = 3;

/// What is embedded of a chunk.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    /// The book's title.
    pub(super) title: &'a str,
    /// The headings that it stands under.
    pub(super) heading_path: &'a str,
    /// Its own text.
    pub(super) text: &'a str,
}

impl Text<'_> {
    /// The text with its headings before it.
    fn under_headings(&self) -> String {
        let Self { title, heading_path, text } = self;
        if heading_path.is_empty() || heading_path == title {
            format!("{title}: {text}")
        } else {
            format!("{title} > {heading_path}: {text}")
        }
    }
}

/// The vectors of a chunk.
pub(super) struct Meaning {
    pub(super) embedding: Vec<f32>,
    pub(super) sentences: Vec<NewSentence>,
}

/// Embeds the chunks of one book in their order. Chunks overlap: the sentences of the last ones are not embedded again.
pub(super) struct Meanings<'a> {
    embedder: &'a Embedder,
    last: HashMap<String, Arc<[f32]>>,
}

impl<'a> Meanings<'a> {
    pub(super) fn new(embedder: &'a Embedder) -> Self {
        Self { embedder, last: HashMap::new() }
    }

    /// The vectors of the next chunks.
    pub(super) fn of(&mut self, chunks: &[Text<'_>]) -> Result<Vec<Meaning>, EmbedError> {
        let ranges: Vec<Vec<Range<usize>>> = chunks.iter().map(|chunk| telling_sentences(chunk.text)).collect();
        let under: Vec<String> = chunks.iter().map(Text::under_headings).collect();
        let mut texts: Vec<&str> = under.iter().map(String::as_str).collect();
        let mut vectors: HashMap<&str, Option<Arc<[f32]>>> = HashMap::new();
        for (chunk, ranges) in chunks.iter().zip(&ranges) {
            for sentence in ranges.iter().map(|range| &chunk.text[range.clone()]) {
                vectors.entry(sentence).or_insert_with(|| {
                    let known = self.last.get(sentence).cloned();
                    if known.is_none() {
                        texts.push(sentence);
                    }
                    known
                });
            }
        }
        let mut embedded = self.embedder.embed_passages(&texts)?;
        let new = embedded.split_off(chunks.len());
        vectors.extend(texts[chunks.len()..].iter().zip(new).map(|(text, vector)| (*text, Some(vector.into()))));
        let of_chunk = |((chunk, ranges), embedding): ((&Text<'_>, Vec<Range<usize>>), Vec<f32>)| Meaning {
            embedding,
            sentences: ranges
                .into_iter()
                .filter_map(|range| {
                    let embedding = vectors.get(&chunk.text[range.clone()])?.clone()?;
                    Some(NewSentence { range, embedding })
                })
                .collect(),
        };
        let found = chunks.iter().zip(ranges).zip(embedded).map(of_chunk).collect();
        self.last = vectors.into_iter().filter_map(|(text, vector)| Some((text.to_owned(), vector?))).collect();
        Ok(found)
    }
}

/// The sentences that say enough to be found by themselves.
fn telling_sentences(text: &str) -> Vec<Range<usize>> {
    let tells = |range: &Range<usize>| {
        let sentence = &text[range.clone()];
        let wide_script = sentence.chars().any(|c| u32::from(c) >= 0x2E80);
        let words = sentence.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).count();
        words >= MIN_WORDS || wide_script && sentence.chars().count() >= 2 * MIN_WORDS
    };
    sentences(text).into_iter().filter(tells).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_embedded_under_its_headings() {
        let text = |heading_path| Text { title: "Rivers", heading_path, text: "It floods." };
        assert_eq!(text("").under_headings(), "Rivers: It floods.");
        assert_eq!(text("Rivers").under_headings(), "Rivers: It floods.");
        assert_eq!(text("2 Floods > 2.1 Silt").under_headings(), "Rivers > 2 Floods > 2.1 Silt: It floods.");
    }

    #[test]
    fn labels_and_numbers_are_no_sentences_to_find() {
        let text = "A river floods. See 4. It leaves silt! 1 2 3 4 5. 河水泛滥成灾。";
        let found: Vec<&str> = telling_sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["A river floods.", "It leaves silt!", "河水泛滥成灾。"]);
    }
}
