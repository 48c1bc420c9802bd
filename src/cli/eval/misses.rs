//! A page that lists the questions that went wrong, with what was found instead: to learn from.

use crate::cli::CliError;
use crate::passage::Citation;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Misses that are listed at most.
const MAX_LISTED: usize = 1000;

/// The flag of a page of misses.
#[derive(Debug, clap::Args)]
pub(super) struct MissesArgs {
    /// Write a page that lists the questions that went wrong, with what was found for them
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
}

/// What was found for a question, and where.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Book, page and figures.
    pub(super) place: String,
    /// The text.
    pub(super) text: String,
}

impl Evidence {
    pub(super) fn of(citation: &Citation) -> Self {
        Self { place: format!("{}, page {}", citation.book, citation.page), text: citation.quote.clone() }
    }
}

/// A question that went wrong.
#[derive(Debug)]
pub(super) struct Miss {
    pub(super) question: String,
    /// What went wrong.
    pub(super) what: &'static str,
    /// What would have been right.
    pub(super) expected: String,
    pub(super) found: Vec<Evidence>,
}

/// All of them; kept only where a page is asked for.
#[derive(Debug)]
pub(super) struct Misses {
    path: Option<PathBuf>,
    all: Vec<Miss>,
}

impl Misses {
    pub(super) fn new(args: &MissesArgs) -> Self {
        Self { path: args.html.clone(), all: Vec::new() }
    }

    /// Notes a miss; `miss` is only made where it is kept.
    pub(super) fn add(&mut self, miss: impl FnOnce() -> Miss) {
        if self.path.is_some() {
            self.all.push(miss());
        }
    }

    /// Writes the page, if one is asked for.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(self, title: &str, report: &Value) -> Result<(), CliError> {
        let Some(path) = self.path else { return Ok(()) };
        std::fs::write(&path, page(title, report, &self.all)).map_err(|source| CliError::File { path, source })
    }
}

fn page(title: &str, report: &Value, misses: &[Miss]) -> String {
    let title = escaped(title);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\
         body{{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}}\
         h2{{font-size:1.05rem;margin:2rem 0 .2rem}}pre{{white-space:pre-wrap;overflow-wrap:anywhere}}\
         .what{{color:#a33}}.place{{color:#666;font-size:.85rem;margin:.6rem 0 0}}blockquote{{margin:0;padding-left:.8rem;\
         border-left:3px solid #ccc;white-space:pre-wrap}}\
         @media(prefers-color-scheme:dark){{body{{color:#ddd;background:#181818}}.what{{color:#f99}}.place{{color:#aaa}}}}\
         </style>\n<h1>{title}</h1>\n"
    );
    let figures = serde_json::to_string_pretty(report).unwrap_or_default();
    let _ = writeln!(html, "<details><summary>Figures</summary><pre>{}</pre></details>", escaped(&figures));
    let listed = misses.len().min(MAX_LISTED);
    let _ = writeln!(html, "<p>{listed} of {} misses.</p>", misses.len());
    for miss in &misses[..listed] {
        let _ = writeln!(
            html,
            "<h2>{}</h2>\n<div><span class=\"what\">{}</span> Expected: {}</div>",
            escaped(&miss.question),
            escaped(miss.what),
            escaped(&miss.expected)
        );
        for found in &miss.found {
            let _ = writeln!(
                html,
                "<p class=\"place\">{}</p>\n<blockquote>{}</blockquote>",
                escaped(&found.place),
                escaped(&found.text)
            );
        }
    }
    html.push_str("</html>\n");
    html
}

/// Text that is no markup: books and questions may hold anything.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_books_and_questions_hold_is_no_markup() {
        let miss = Miss {
            question: "Who is <script>alert(1)</script>?".into(),
            what: "not on the page",
            expected: "\"A\" & B".into(),
            found: vec![Evidence { place: "b.pdf, page 1".into(), text: "<img src=x>".into() }],
        };
        let html = page("Misses", &serde_json::json!({"asked": 1}), &[miss]);
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(
            html.contains("&lt;script&gt;") && html.contains("&quot;A&quot; &amp; B") && html.contains("1 of 1 misses")
        );
    }
}
