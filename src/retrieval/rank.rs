//! Which candidate answers: a question is mostly answered by one sentence, so a passage is worth what its words, its
//! meaning and its best sentence are worth together.

use super::words::{Marks, Wanted};
use crate::embed::{EmbedError, Reranker};
use crate::library::SentenceHit;
use crate::passage::{Passage, sentences};
use std::ops::Range;

/// What each part counts, beside BM25 as a share of the best: fitted to labelled questions by leaving each book out in
/// turn, and rounded.
const COSINE: f32 = 1.5;
const SENTENCE_WORDS: f32 = 1.5;
const SENTENCE_COSINE: f32 = 2.25;
const PAIRS: f32 = 0.3;

/// A passage that was found for a question, with its sentences.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The passage.
    pub passage: Passage,
    /// Share of the question's words in it or its headings, by weight: rare words count more. 0 to 1.
    pub coverage: f32,
    /// Its sentences in the order of the text.
    pub sentences: Vec<Sentence>,
}

/// A sentence of a passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// Where it stands in the passage's text, in bytes.
    pub range: Range<usize>,
    /// Share of the question's words in it, by weight, 0 to 1.
    pub coverage: f32,
    /// Cosine of question and sentence, -1 to 1.
    pub cosine: f32,
}

impl Sentence {
    /// How well it answers; comparable between the sentences of one question.
    #[must_use]
    pub fn score(&self) -> f32 {
        SENTENCE_WORDS * self.coverage + SENTENCE_COSINE * self.cosine
    }
}

/// Weighs a candidate: `bm25` is its share of the best one's, `hits` are its sentences as stored, none for a book whose
/// sentences have no vectors. The score is put into the passage.
pub(super) fn weigh(mut passage: Passage, bm25: f32, hits: Option<Vec<SentenceHit>>, wanted: &Wanted) -> Found {
    let hits = hits.unwrap_or_else(|| {
        let plain = |range| SentenceHit { range, cosine: passage.cosine };
        sentences(&passage.text).into_iter().map(plain).collect()
    });
    let mut pairs = Marks::default();
    let mut all = wanted.seen_in(&passage.section.path).words;
    let mut weighed = Vec::with_capacity(hits.len());
    for hit in hits {
        // A database that was tampered with is no reason to panic.
        let Some(text) = passage.text.get(hit.range.clone()) else { continue };
        let seen = wanted.seen_in(text);
        pairs = pairs.and(seen.pairs);
        all = all.and(seen.words);
        weighed.push(Sentence { range: hit.range, coverage: wanted.share(seen.words), cosine: hit.cosine });
    }
    let best = weighed.iter().map(Sentence::score).max_by(f32::total_cmp).unwrap_or(0.0);
    passage.score = bm25 + COSINE * passage.cosine + best + PAIRS * wanted.pair_share(pairs);
    Found { passage, coverage: wanted.share(all), sentences: weighed }
}

/// What the likeliest passage counts after a reranker; the others in proportion. About what it counts without one.
const RERANKED: f32 = 6.0;

/// The passages in the order of a reranker.
pub(super) fn again(reranker: &Reranker, question: &str, mut found: Vec<Found>) -> Result<Vec<Found>, EmbedError> {
    let texts: Vec<&str> = found.iter().map(|found| found.passage.text.as_str()).collect();
    let logits = reranker.score(question, &texts)?;
    for (found, logit) in found.iter_mut().zip(logits) {
        found.passage.score = RERANKED / (1.0 + (-logit).exp());
    }
    found.sort_by(|a, b| b.passage.score.total_cmp(&a.passage.score));
    Ok(found)
}
