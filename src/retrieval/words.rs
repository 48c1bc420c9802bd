//! The words of a question that full-text search is asked for.

/// English words that stand in questions of every kind. BM25 gives them next to no weight; leaving them out saves reading
/// their long lists.
const STOP_WORDS: &str = "a about an and any are as at be been but by can could did do does for from had has have he her \
    him his how i if in into is it its me my of on or our she should so some than that the their them then there these \
    they this those to too us was we were what when where which who whom whose why will with would you your \
    tell explain please";

/// The distinct words of a text, lower case, without stop words unless it has no other.
pub(super) fn of(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let telling: Vec<String> = words.iter().filter(|word| !is_stop_word(word)).cloned().collect();
    if telling.is_empty() { words } else { telling }
}

fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.split_whitespace().any(|stop| stop == word)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn words_are_what_a_question_is_about() {
        for (text, expected) in [
            ("What is the speed of light?", &["speed", "light"][..]),
            ("Who was he?", &["who", "was", "he"]),
            ("AND OR NOT NEAR(\"x\" *) text:y", &["not", "near", "x", "text", "y"]),
            ("Newton's 2nd law, Newton", &["newton", "s", "2nd", "law"]),
            ("Was ist Größe?", &["ist", "größe"]),
            (" ?! ", &[]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
