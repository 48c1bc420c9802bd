//! Words as the tutor reads them: those that carry meaning, and those that lean on what was said before.

pub(crate) use crate::passage::words::{content_set, content_stems, coverage, stem, words};

/// Pronouns that stand for something said before.
const PRONOUNS: &[&str] =
    &["he", "she", "it", "they", "him", "her", "them", "his", "its", "their", "this", "that", "these", "those"];

/// Whether a question leans on what was said before ("who was he?").
pub(crate) fn leans_back(text: &str) -> bool {
    words(text).any(|word| PRONOUNS.contains(&word.as_str())) && content_set(text).len() <= 3
        || content_set(text).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_of_pronouns_leans_on_what_was_said_before() {
        for (text, expected) in [
            ("who was he?", true),
            ("why?", true),
            ("how does it work?", true),
            ("what is a readable stream?", false),
            ("who was the emperor that built the canal of the north?", false),
        ] {
            assert_eq!(leans_back(text), expected, "{text}");
        }
    }
}
