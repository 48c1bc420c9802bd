//! The known word that a mistyped one was meant to be.

/// How alike two words must be (Jaro, 0 to 1) for one to be what was meant by the other; clap's own measure of flags.
const ALIKE: f64 = 0.7;

/// The word of `known` that is most like `word`, if it is enough so to be what was meant.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let measured = known.into_iter().map(|other| (strsim::jaro(word, other), other));
    let alike = measured.filter(|(likeness, _)| *likeness > ALIKE);
    alike.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let known = ["addr", "reading-grade", "kv-mib", "models", "model"];
        for (word, expect) in [
            ("adr", Some("addr")),
            ("adress", Some("addr")),
            ("reading_grade", Some("reading-grade")),
            ("kvmib", Some("kv-mib")),
            ("modell", Some("model")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expect, "{word}");
        }
    }
}
