//! What the classroom keeps, as the wire and a reader of an export see it.

use super::protocol::{self, HistoryMessage, Response, Role};
use crate::classroom::{Message, MessageId, Reply};
use std::fmt::Write as _;

/// What one `history` frame may hold of words and citations.
const MAX_HISTORY_BYTES: usize = 1 << 20;

/// Now, in seconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The `response` as it was sent; nothing (and a warning) if it is of a program that wrote it otherwise.
pub(super) fn response(message_id: MessageId, reply: &Reply) -> Option<Response> {
    serde_json::from_str(&reply.json)
        .inspect_err(|error| tracing::warn!(%message_id, %error, "a stored reply is not understood"))
        .ok()
}

/// A message and its reply.
fn exchange(message: Message) -> impl Iterator<Item = HistoryMessage> {
    let message_id = message.id.to_string();
    let reply = message.reply.map(|reply| HistoryMessage {
        message_id: message_id.clone(),
        role: Role::Assistant,
        timestamp: protocol::timestamp(reply.created),
        reply: response(message.id, &reply).map(Into::into),
        content: reply.text,
    });
    let said = HistoryMessage {
        message_id,
        role: Role::User,
        content: message.content,
        timestamp: protocol::timestamp(message.created),
        reply: None,
    };
    std::iter::once(said).chain(reply)
}

fn size_of(message: &Message) -> usize {
    message.content.len() + message.reply.as_ref().map_or(0, |reply| reply.text.len() + reply.json.len())
}

/// The last `limit` messages, replies counted, and never half of an exchange: a client that asks for what came before
/// the first of them misses nothing. (Of an exchange that alone is too many, the reply.)
pub(super) fn last_messages(stored: Vec<Message>, limit: usize) -> Vec<HistoryMessage> {
    let (mut num_messages, mut num_bytes) = (0, 0);
    let fits = |message: &&Message| {
        num_messages += 1 + usize::from(message.reply.is_some());
        num_bytes += size_of(message);
        num_messages <= limit && num_bytes <= MAX_HISTORY_BYTES
    };
    let fitting = stored.iter().rev().take_while(fits).count().max(1).min(stored.len());
    let skipped = stored.len() - fitting;
    let mut messages: Vec<_> = stored.into_iter().skip(skipped).flat_map(exchange).collect();
    messages.drain(..messages.len().saturating_sub(limit));
    messages
}

/// All messages.
pub(super) fn all_messages(stored: Vec<Message>) -> Vec<HistoryMessage> {
    stored.into_iter().flat_map(exchange).collect()
}

/// A conversation to be read or printed, in Markdown.
pub(super) fn markdown(client_id: &str, messages: &[HistoryMessage]) -> String {
    let mut text = format!("# Conversation of {client_id}\n");
    for message in messages {
        let who = match message.role {
            Role::User => "Student",
            Role::Assistant => "Tutor",
        };
        let _infallible = write!(text, "\n## {who}, {}\n\n{}\n", message.timestamp, message.content.trim_end());
        let citations = message.reply.as_ref().map(|reply| reply.citations.as_slice()).unwrap_or_default();
        if !citations.is_empty() {
            text.push_str("\nSources:\n\n");
        }
        for citation in citations {
            let quote = citation.quote.split_whitespace().collect::<Vec<_>>().join(" ");
            let _infallible = writeln!(text, "- {}, p. {}: “{quote}”", citation.title, citation.page_label);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use crate::classroom::Store;

    /// A session in which `replied` says which messages have a reply.
    fn stored(replied: &[bool]) -> Vec<Message> {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("classroom.sqlite")).unwrap();
        let mut key = None;
        for (number, replied) in replied.iter().enumerate() {
            let (session, message_id) = store.accept("ann", &format!("question {number}"), 0).unwrap();
            key = Some(session);
            let text = format!("answer {number}");
            let reply = crate::classroom::NewReply {
                message_id,
                text: &text,
                json: "?",
                state: "",
                learned: "",
                asked: None,
                at: 60,
            };
            if *replied {
                store.reply(session, &reply).unwrap();
            }
        }
        key.map(|key| store.history(key, None, usize::MAX).unwrap()).unwrap_or_default()
    }

    #[test]
    fn history_never_cuts_an_exchange_in_two() {
        let check = |replied: &[bool], limit: usize, expect: &[&str]| {
            let messages = last_messages(stored(replied), limit);
            let contents: Vec<_> = messages.iter().map(|message| message.content.as_str()).collect();
            assert_eq!(contents, expect, "{replied:?} {limit}");
        };
        check(&[], 5, &[]);
        check(&[true, true], 5, &["question 0", "answer 0", "question 1", "answer 1"]);
        check(&[true, true], 3, &["question 1", "answer 1"]);
        check(&[true, false], 2, &["question 1"]);
        check(&[true, false], 3, &["question 0", "answer 0", "question 1"]);
        check(&[true], 1, &["answer 0"]);
    }

    #[test]
    fn an_export_reads_as_a_conversation() {
        let mut messages = all_messages(stored(&[true, false]));
        let citation = crate::passage::Citation {
            book: "b.pdf".into(),
            title: "Book".into(),
            page: 12,
            page_label: "iv".into(),
            quote: "two\nlines".into(),
            url: String::new(),
            spans: Vec::new(),
        };
        messages[1].reply = Some(protocol::HistoryReply {
            mode: crate::tutor::Mode::Answering,
            current_topic: None,
            citations: vec![citation],
            grounded: true,
            lesson: None,
            quiz: None,
            progress: None,
            finish: crate::tutor::Finish::Stop,
        });
        insta::assert_snapshot!(markdown("ann", &messages), @r"
        # Conversation of ann

        ## Student, 1970-01-01T00:00:00Z

        question 0

        ## Tutor, 1970-01-01T00:01:00Z

        answer 0

        Sources:

        - Book, p. iv: “two lines”

        ## Student, 1970-01-01T00:00:00Z

        question 1
        ");
    }
}
