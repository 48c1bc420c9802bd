//! A message as the rules read it: lower-case words without accents and apostrophes, each with its place in the message.

use super::phrases::Phrases;
use unicode_normalization::UnicodeNormalization;

/// A word of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// As the rules read it.
    pub(super) text: String,
    /// Which of the words between white space it stands in.
    pub(super) word: usize,
}

/// Vowel signs of Indic scripts are no letters to Rust, but part of the word.
fn is_sign(c: char) -> bool {
    matches!(u32::from(c), 0x0900..=0x0D7F)
}

/// The letters and digits of a word in lower case, at most three of a kind in a row; everything else parts words.
fn letters(word: &str) -> String {
    let kept =
        word.nfkd().filter(|c| !matches!(c, '\'' | '’' | '`' | '´') && !matches!(u32::from(*c), 0x0300..=0x036F));
    kept.flat_map(char::to_lowercase).map(|c| if c.is_alphanumeric() || is_sign(c) { c } else { ' ' }).collect()
}

/// The words of a text as they are written.
pub(super) fn plain(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (word, written) in text.split_whitespace().enumerate() {
        tokens.extend(letters(written).split_whitespace().map(|text| Token { text: text.to_owned(), word }));
    }
    tokens
}

/// The words of a text with the spelling of phones and hurried fingers set right.
pub(super) fn read(text: &str, phrases: &Phrases) -> Vec<Token> {
    let mut tokens = Vec::new();
    let written = plain(text);
    let alone = written.len() == 1;
    for token in written {
        match phrases.spelling(&token.text, alone) {
            Some(right) => {
                tokens.extend(right.split(' ').map(|text| Token { text: text.to_owned(), word: token.word }))
            }
            None => tokens.push(token),
        }
    }
    tokens
}

/// The sentences and the parts between commas of a message; a dot inside a number parts nothing.
pub(super) fn clauses(message: &str, is_end: fn(char) -> bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut chars = message.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends_word = chars.peek().is_none_or(|(_, next)| !next.is_alphanumeric());
        if is_end(c) && (ends_word || !matches!(c, '.' | ',' | ':')) {
            parts.push(&message[from..at + c.len_utf8()]);
            from = at + c.len_utf8();
        }
    }
    parts.push(&message[from..]);
    parts.retain(|part| part.chars().any(char::is_alphanumeric));
    parts
}

/// Where sentences end.
pub(super) fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | ';' | '\n' | '।' | '？' | '。')
}

/// Where sentences and their parts end.
pub(super) fn ends_part(c: char) -> bool {
    ends_sentence(c) || matches!(c, ',' | ':')
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour; more than `most` is `most + 1`.
pub(super) fn distance(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()].min(most + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swaps_and_slips_are_near() {
        for (a, b, expected) in
            [("repaet", "repeat", 1), ("exmple", "example", 1), ("next", "text", 1), ("a", "continue", 3)]
        {
            assert_eq!(distance(a, b, 2), expected, "{a} {b}");
        }
    }

    #[test]
    fn accents_and_apostrophes_are_dropped_and_numbers_kept_whole() {
        let texts = |text| plain(text).into_iter().map(|token| token.text).collect::<Vec<_>>();
        assert_eq!(texts("Répète, s'il te plaît"), ["repete", "sil", "te", "plait"]);
        assert_eq!(texts("बाढ़ क्या है?").len(), 3);
        assert_eq!(clauses("Section 3.1. What is it? ok", ends_part), ["Section 3.1.", " What is it?", " ok"]);
    }
}
