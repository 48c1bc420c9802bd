//! A conversation as a page to print: one HTML file without scripts, styles within.

use super::protocol::{HistoryMessage, Role};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse};
use std::fmt::Write as _;

/// Nothing is loaded and nothing runs, whatever a student or a book wrote.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "body{font:12pt/1.5 Georgia,serif;max-width:42em;margin:2em auto;padding:0 1em;color:#111}\
h1{font-size:1.5em}h2{font-size:1em;margin:1.6em 0 .2em;color:#444}section{break-inside:avoid}\
.words{white-space:pre-wrap;margin:0}.tutor{border-inline-start:3px solid #bbb;padding-inline-start:1em}\
ul{font-size:.9em;color:#333}time{font-weight:normal;font-size:.85em}@page{margin:2cm}";

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// The words without the marks of Markdown that a printed page has no use for.
fn plain(text: &str) -> String {
    let line = |line: &str| line.trim_start_matches("> ").replace("**", "");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn html(name: &str, messages: &[HistoryMessage]) -> String {
    let title = format!("Conversation of {}", escaped(name));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<h1 dir=\"auto\">{title}</h1>\n"
    );
    for message in messages {
        let (who, class) = match message.role {
            Role::User => ("Student", "student"),
            Role::Assistant => ("Tutor", "tutor"),
        };
        let (words, time) = (escaped(plain(&message.content).trim_end()), escaped(&message.timestamp));
        let _infallible = write!(
            page,
            "<section class=\"{class}\">\n<h2>{who} <time>{time}</time></h2>\n<p class=\"words\" dir=\"auto\">{words}</p>\n"
        );
        let citations = message.reply.as_ref().map(|reply| reply.citations.as_slice()).unwrap_or_default();
        if !citations.is_empty() {
            page.push_str("<ul>\n");
            for citation in citations {
                let (title, label) = (escaped(&citation.title), escaped(&citation.page_label));
                let _infallible = writeln!(page, "<li dir=\"auto\">{title}, p. {label}</li>");
            }
            page.push_str("</ul>\n");
        }
        page.push_str("</section>\n");
    }
    page
}

/// The answer that shows a conversation.
pub(super) fn page(name: &str, messages: &[HistoryMessage]) -> impl IntoResponse + use<> {
    let policy: [(HeaderName, HeaderValue); 1] = [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))];
    (policy, Html(html(name, messages)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_shown_and_never_obeyed() {
        let message = HistoryMessage {
            message_id: "m1".into(),
            role: Role::User,
            content: "**Hi** <script>alert('x')</script>\n> quote & more".into(),
            timestamp: "1970-01-01T00:00:00Z".into(),
            reply: None,
        };
        let page = html("<b>Asha</b>", &[message]);
        assert!(page.contains("Hi &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\nquote &amp; more"), "{page}");
        assert!(page.contains("Conversation of &lt;b&gt;Asha&lt;/b&gt;") && !page.contains("<script"), "{page}");
    }
}
