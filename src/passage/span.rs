//! Where a quote stands in the text of its page.

use super::Citation;
use serde::{Deserialize, Serialize};

/// A part of a page's text, in characters (Unicode code points) from its beginning; `end` is behind the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Span {
    /// Its first character.
    pub start: usize,
    /// Behind its last.
    pub end: usize,
}

/// What joins the sentences of a quote where the book says more between them.
pub(crate) const GAP: &str = " … ";

impl Citation {
    /// Notes where its quote stands in the text of its page: one span for each of its parts. White space, hyphens at the
    /// ends of lines and other signs make no difference. A quote that is not there in whole gets no span.
    pub(crate) fn locate(&mut self, page_text: &str) {
        let letters: Vec<(usize, char)> = letters(page_text).collect();
        let mut from = 0;
        let mut spans = Vec::new();
        for part in self.quote.split(GAP) {
            let wanted: Vec<char> = self::letters(part).map(|(_, letter)| letter).collect();
            let Some(at) = position(&letters, &wanted, from) else {
                spans.clear();
                break;
            };
            from = at + wanted.len();
            spans.push(Span { start: letters[at].0, end: letters[from - 1].0 + 1 });
        }
        self.spans = spans;
    }
}

/// The letters and digits of a text in lower case, each with the place of its character.
fn letters(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let kept = text.chars().enumerate().filter(|(_, c)| c.is_alphanumeric());
    kept.flat_map(|(at, c)| c.to_lowercase().map(move |c| (at, c)))
}

/// Where `wanted` begins in `letters`, from `from` on; nowhere for an empty one.
fn position(letters: &[(usize, char)], wanted: &[char], from: usize) -> Option<usize> {
    let ends = letters.len().checked_sub(wanted.len())?;
    let first = wanted.first()?;
    (from..=ends).find(|at| {
        letters[*at].1 == *first && wanted.iter().zip(&letters[*at..]).all(|(wanted, (_, letter))| wanted == letter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(quote: &str, page: &str) -> Vec<(usize, usize)> {
        let mut citation = Citation {
            book: String::new(),
            title: String::new(),
            page: 1,
            page_label: String::new(),
            quote: quote.to_owned(),
            url: String::new(),
            spans: Vec::new(),
        };
        citation.locate(page);
        citation.spans.iter().map(|span| (span.start, span.end)).collect()
    }

    #[test]
    fn a_quote_is_found_however_its_lines_are_broken() {
        let page = "Rivers – 9\nA flood leaves fer-\ntile silt. İt makes\nfields rich. Enough.";
        let text = |(start, end): (usize, usize)| page.chars().skip(start).take(end - start).collect::<String>();
        let spans = located("A flood leaves fertile silt. … Enough.", page);
        assert_eq!(spans.iter().copied().map(text).collect::<Vec<_>>(), ["A flood leaves fer-\ntile silt", "Enough"]);
        for (quote, page) in [("Enough. … A flood", page), ("A drought", page), ("", page), ("…", page), ("A", "")]
        {
            assert_eq!(located(quote, page), [], "{quote:?}");
        }
    }
}
