//! The flows of a lesson over the WebSocket, with the real tutor, a real book and no language model: start, continue, a
//! question in between, history, and everything kept when the server is started anew.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod server_support;
mod shelf;

use lectern::embed::{EmbedConfig, Embedder};
use lectern::ingest::{IngestOptions, ingest};
use lectern::library::Library;
use lectern::retrieval::Retriever;
use lectern::server::Limits;
use lectern::tutor::{Teach, Tutor};
use serde_json::{Value, json};
use server_support::{Client, Server};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A page of a made-up book.
const PAGES: &[&[&str]] = &[
    &[
        "The moon is a round body of rock that moves around the Earth.",
        "It takes the moon 27 days to move once around the Earth.",
        "The moon has no light of its own and shines with the light of the sun.",
        "For example, the side of the moon that faces the sun is bright.",
    ],
    &[
        "A crater is a round hollow that a falling rock leaves behind.",
        "The crater Tycho on the moon is 85 kilometres wide.",
        "Neil Armstrong walked on the moon in 1969.",
        "An eclipse is a shadow of the Earth that covers the moon.",
    ],
    &[
        "A volcano is a mountain that throws out ash and hot rock.",
        "Magma is melted rock under the ground.",
        "Vesuvius destroyed the town of Pompeii in the year 79.",
        "People near a volcano measure how the ground moves.",
    ],
];

/// The tutor of a library of one book; nothing where the embedding model is not here.
fn tutor(folder: &Path) -> Option<Arc<dyn Teach>> {
    let models = shelf::models()?;
    let pages: Vec<Vec<String>> =
        PAGES.iter().map(|page| page.iter().map(|line| (*line).to_owned()).collect()).collect();
    let book = folder.join("sky-and-earth.pdf");
    shelf::pdf("The moon and volcanoes", &pages).save(&book).unwrap();
    let library = Arc::new(Library::open(&folder.join("library")).unwrap());
    let embedder = Arc::new(Embedder::load(&EmbedConfig::new(models.join("all-minilm-l6-v2"))).unwrap());
    ingest(&[book], &library, &embedder, &IngestOptions::default(), &mut |_| {}, &AtomicBool::new(false)).unwrap();
    Some(Arc::new(Tutor::new(Arc::new(Retriever::new(library, embedder)), None)))
}

async fn reply(client: &mut Client, message: &str) -> Value {
    client.say(message).await;
    client.expect("response").await
}

fn text(reply: &Value) -> &str {
    reply["response"].as_str().unwrap()
}

#[tokio::test]
async fn a_lesson_is_started_interrupted_resumed_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let Some(tutor) = tutor(folder.path()) else { return };
    let server = Server::start_teaching(Arc::clone(&tutor), Limits::default()).await;
    let mut client = server.join("ada").await;

    let first = reply(&mut client, "teach me about the moon").await;
    assert_eq!((&first["mode"], &first["lesson"]["step"]), (&json!("teaching"), &json!(1)), "{first}");
    assert!(text(&first).contains("The moon is a round body of rock") && first["grounded"] == true, "{first}");
    assert!(!first["citations"].as_array().unwrap().is_empty());

    let aside = reply(&mut client, "What do volcanoes throw out?").await;
    assert!(text(&aside).contains("ash and hot rock") && text(&aside).contains("(p. 3)"), "{aside}");
    assert_eq!((&aside["mode"], &aside["lesson"]["step"]), (&json!("teaching"), &json!(1)), "{aside}");
    assert!(text(&aside).contains("step 1"), "one bridging sentence and the place: {aside}");
    assert_eq!(aside["quiz"], first["quiz"], "the open question is the same one");
    let refused = reply(&mut client, "Who won the football match in Madrid?").await;
    assert!(text(&refused).contains("could not find") && refused["lesson"]["step"] == 1, "{refused}");

    client.send(json!({"type": "history", "limit": 50})).await;
    let history = client.expect("history").await;
    let said: Vec<&str> =
        history["messages"].as_array().unwrap().iter().filter_map(|m| m["content"].as_str()).collect();
    assert_eq!((said.len(), said[0]), (6, "teach me about the moon"));
    client.leave().await;

    // The same student after a restart: the lesson, the place and the question are there.
    let server = server.restart(Limits::default()).await;
    let mut client = server.connect("ada").await;
    let welcome = client.expect("welcome").await;
    assert_eq!((&welcome["resumed"], &welcome["mode"]), (&json!(true), &json!("teaching")), "{welcome}");
    assert!(text(&welcome).contains("step 1"), "{welcome}");
    let total = first["lesson"]["total"].as_u64().unwrap();
    for step in 2..=total {
        assert_eq!(reply(&mut client, "continue").await["lesson"]["step"], step);
    }
    let done = reply(&mut client, "continue").await;
    assert_eq!((&done["mode"], &done["lesson"]), (&json!("idle"), &Value::Null), "{done}");
    assert!(text(&done).contains("Who won the football match in Madrid?"), "the open question is named: {done}");
    server.end().await.unwrap();
}

#[tokio::test]
async fn a_quiz_is_kept_over_a_restart_and_its_result_can_be_had_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let Some(tutor) = tutor(folder.path()) else { return };
    let server = Server::start_teaching(Arc::clone(&tutor), Limits::default()).await;
    let mut client = server.join("ada").await;
    let asked = reply(&mut client, "quiz me on the moon").await;
    assert_eq!((&asked["mode"], &asked["quiz"]["purpose"]), (&json!("quiz"), &json!("quiz")), "{asked}");
    let wrong = reply(&mut client, "purple elephants!").await;
    client.leave().await;

    let server = server.restart(Limits::default()).await;
    let mut client = server.connect("ada").await;
    let welcome = client.expect("welcome").await;
    let prompt = wrong["quiz"]["prompt"].as_str().unwrap();
    assert!(welcome["mode"] == "quiz" && text(&welcome).contains(prompt), "{welcome}");
    for _ in 0..60 {
        let answered = reply(&mut client, "purple elephants").await;
        if answered["quiz"].is_null() {
            assert!(text(&answered).contains("You had none of"), "{answered}");
            break;
        }
    }
    let shown = reply(&mut client, "what do I know?").await;
    assert_eq!(shown["progress"][0]["num_right"], 0, "{shown}");
    let path = "/api/sessions/ada/progress";
    let progress = server.get(path, &[]).await.json();
    assert_eq!(progress["sections"], shown["progress"]);
    let csv = server.get(&format!("{path}?format=csv"), &[]).await.text();
    assert!(csv.starts_with("book,title,section,mastery,num_asked,num_right,due\r\n\"sky-and-earth.pdf\","), "{csv}");
    // A fresh conversation keeps what was learned.
    client.send(json!({"type": "reset"})).await;
    client.expect("welcome").await;
    assert_eq!(
        reply(&mut client, "what do I know?").await["progress"][0]["num_asked"],
        shown["progress"][0]["num_asked"]
    );
    server.end().await.unwrap();
}
