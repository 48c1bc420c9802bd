//! The words that carry a sentence's meaning: lower case, without stop words, stemmed. What "the same word" means to
//! whoever compares texts.

use rust_stemmers::{Algorithm, Stemmer};
use std::collections::BTreeSet;

/// English words that carry no subject: articles, pronouns, auxiliaries, question words, and the words students wrap
/// their questions in.
const STOP: &[&str] = &[
    "a", "about", "according", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because",
    "been", "before", "being", "between", "book", "books", "but", "by", "can", "could", "define", "describe", "did",
    "do", "does", "doing", "during", "each", "else", "ever", "explain", "for", "from", "get", "give", "had", "has",
    "have", "having", "he", "her", "here", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just",
    "know", "learn", "let", "like", "many", "may", "me", "mean", "means", "might", "more", "most", "much", "must",
    "my", "no", "nor", "not", "of", "on", "or", "other", "our", "please", "question", "s", "say", "she", "should",
    "so", "some", "such", "t", "teach", "tell", "text", "than", "that", "the", "their", "them", "then", "there",
    "these", "they", "this", "those", "to", "too", "under", "understand", "up", "upon", "us", "use", "very", "was",
    "we", "were", "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "will", "with", "would",
    "you", "your",
];

/// The words of a text in lower case, in order; letters, digits and inner apostrophes.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .map(|word| word.trim_matches(['\'', '’']).trim_end_matches("'s").trim_end_matches("’s").to_lowercase())
        .filter(|word| !word.is_empty())
}

/// The distinct words of a text in order, without stop words unless it has no other.
pub(crate) fn telling(text: &str) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for word in words(text) {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    let content: Vec<String> = distinct.iter().filter(|word| !is_stop(word)).cloned().collect();
    if content.is_empty() { distinct } else { content }
}

/// Whether a lower-case word carries no subject.
pub(crate) fn is_stop(word: &str) -> bool {
    STOP.binary_search(&word).is_ok()
}

/// The stem under which a word is compared.
pub(crate) fn stem(word: &str) -> String {
    // The stemmer is a table behind a small value; making one costs nothing.
    Stemmer::create(Algorithm::English).stem(word).into_owned()
}

/// Stems of the words that carry meaning, in order, repeated where the text repeats them.
pub(crate) fn content_stems(text: &str) -> Vec<String> {
    words(text).filter(|word| !is_stop(word)).map(|word| stem(&word)).collect()
}

/// The same as a set.
pub(crate) fn content_set(text: &str) -> BTreeSet<String> {
    content_stems(text).into_iter().collect()
}

/// Which share of `wanted` stands in `there`, 0 to 1; 0 where nothing is wanted.
pub(crate) fn coverage(wanted: &BTreeSet<String>, there: &BTreeSet<String>) -> f32 {
    if wanted.is_empty() {
        return 0.0;
    }
    wanted.intersection(there).count() as f32 / wanted.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stop_list_is_sorted_so_that_it_can_be_searched() {
        assert!(STOP.is_sorted());
    }

    #[test]
    fn content_words_are_stemmed_and_bare() {
        let cases = [
            ("What are the planned streets of Harappa's cities?", vec!["plan", "street", "harappa", "citi"]),
            ("Explain it to me please", vec![]),
            ("WHO built Mohenjo-daro", vec!["built", "mohenjo", "daro"]),
            ("", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(content_stems(text), expected, "{text}");
        }
    }

    #[test]
    fn coverage_counts_what_is_wanted() {
        let set = |text: &str| content_set(text);
        assert_eq!(coverage(&set("streets cities"), &set("the city and its street")), 1.0);
        assert_eq!(coverage(&set("streets drains"), &set("a street")), 0.5);
        assert_eq!(coverage(&set("the"), &set("a street")), 0.0);
    }
}
