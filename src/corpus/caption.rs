//! Captions of pictures and tables: `Figure 3.2`, `Table 1:`, `Abb. 4`, `图 2`.

/// The words before a caption's number, in lower case.
const WORDS: &[&str] = &[
    "figure", "fig", "table", "tab", "listing", "plate", "chart", "diagram", "scheme", "box", "photo", "map",
    "exhibit", "abbildung", "abb", "tabelle", "bild", "figura", "tabla", "cuadro", "tabela", "quadro", "tableau",
    "schéma", "tabella", "afbeelding", "ábra", "táblázat", "rysunek", "rys", "tabl", "obrázek", "obr", "рис",
    "рисунок", "таблица", "табл", "hình", "bảng", "चित्र", "आकृती", "तालिका", "तक्ता", "شكل", "الشكل", "جدول", "图", "圖",
    "表", "図", "그림", "표",
];

/// Whether a paragraph begins as a caption does: one of the words, then a number.
pub(super) fn is_caption(text: &str) -> bool {
    let Some(at) =
        text.find(|c: char| !(c.is_alphabetic() || is_mark(c))).or_else(|| text.find(|c: char| c.is_ascii_digit()))
    else {
        return false;
    };
    let (word, rest) = text.split_at(at);
    if !WORDS.contains(&word.to_lowercase().as_str()) {
        return false;
    }
    let rest = rest.trim_start_matches(['.', ' ', '\u{a0}']);
    let end = rest.find(|c: char| !(c.is_alphanumeric() || ".-–".contains(c))).unwrap_or(rest.len());
    let (number, after) = rest.split_at(end);
    let is_number = number.chars().any(|c| c.is_numeric()) && number.chars().filter(|c| c.is_alphabetic()).count() <= 2;
    // `Table 3 shows that` begins a sentence.
    let next = after.trim_start().chars().next();
    let is_marked = number.ends_with('.') || after.starts_with([':', '.', ' ', '|', ')']) || after.is_empty();
    is_number && is_marked && (number.ends_with('.') || !next.is_some_and(char::is_lowercase))
}

/// Whether `c` is a combining mark that belongs to a word: vowel signs of Indian scripts.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_told_from_sentences() {
        let captions = [
            "Figure 3.2", "Fig. 4: A wave", "Table 1. Masses", "FIGURE 7-26. Nuts", "Abb. 3 Kraft", "图2 力", "図 1",
            "Abbildung 2.8: Torus", "Table B1 Units",
        ];
        let others = [
            "Figure 3 shows the", "Table 2 lists all", "Tables", "A figure", "Figure", "Map reading", "表示する", "Box",
        ];
        for text in captions {
            assert!(is_caption(text), "{text}");
        }
        for text in others {
            assert!(!is_caption(text), "{text}");
        }
    }
}
