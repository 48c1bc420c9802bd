//! Books sent to the real server, which has each read by a process of its own: good ones, and those that were made to do harm.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod server_support;
mod shelf;

use lopdf::{Document, Object, Stream, dictionary};
use serde_json::Value;
use server_support::{PATIENCE, form, request};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// `lectern serve` on a folder of its own.
struct Serving {
    child: Child,
    address: SocketAddr,
}

impl Serving {
    async fn start(folder: &Path, models: &Path) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        std::fs::create_dir_all(folder.join("corpus")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_lectern"))
            .args(["serve", "--model", "none", "--upload-memory-mib", "1024", "--addr", &address.to_string()])
            .arg("--models")
            .arg(models)
            .arg("--corpus")
            .arg(folder.join("corpus"))
            .arg("--data")
            .arg(folder.join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let ready = async {
            while tokio::net::TcpStream::connect(address).await.is_err()
                || request(address, "GET", "/health", &[], b"").await.status != 200
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(4 * PATIENCE, ready).await.expect("the server is ready");
        Self { child, address }
    }

    /// Sends a book, and asks for something else meanwhile; the last that was told of it.
    async fn upload(&self, name: &str, bytes: &[u8]) -> Value {
        let (kind, body) = form(&[("file", name, bytes)]);
        let headers = [("Content-Type", kind.as_str())];
        let sending = request(self.address, "POST", "/api/books", &headers, &body);
        let asking = async {
            loop {
                assert_eq!(request(self.address, "GET", "/health", &[], b"").await.status, 200);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let answer = tokio::select! { answer = sending => answer, () = asking => unreachable!() };
        let text = answer.text();
        let last = text.lines().filter_map(|line| line.strip_prefix("data: ")).next_back();
        serde_json::from_str(last.unwrap_or_else(|| panic!("{name}: {text}"))).unwrap()
    }

    async fn books(&self) -> Vec<String> {
        let books = request(self.address, "GET", "/api/books", &[], b"").await.json();
        books.as_array().unwrap().iter().map(|book| book["id"].as_str().unwrap().to_owned()).collect()
    }

    /// As whoever keeps the machine ends it.
    async fn ask_to_end(mut self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        assert!(ended.success(), "{ended}");
    }

    /// As a power cut ends it.
    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

fn book(folder: &Path) -> Vec<u8> {
    let path = folder.join("made.pdf");
    shelf::write_book(&path, "glacier", 3);
    std::fs::read(path).unwrap()
}

fn bytes(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// A million pages that are all the same one, in some kilobytes.
fn page_bomb() -> Vec<u8> {
    let mut document = shelf::pdf("Bomb", &[vec!["One page.".to_owned()]]);
    let page = *document.get_pages().values().next().unwrap();
    let mut kid = page;
    for _ in 0..6 {
        let kids = vec![Object::Reference(kid); 10];
        kid = document.add_object(dictionary! { "Type" => "Pages", "Count" => 1_000_000, "Kids" => kids });
    }
    let root = document.trailer.get(b"Root").unwrap().as_reference().unwrap();
    document.get_dictionary_mut(root).unwrap().set("Pages", kid);
    bytes(document)
}

/// A page whose content is `num_bytes` blanks, compressed.
fn swelling(num_bytes: usize) -> Vec<u8> {
    let mut document = shelf::pdf("Swelling", &[vec!["One page.".to_owned()]]);
    let page = *document.get_pages().values().next().unwrap();
    let mut content = Stream::new(dictionary! {}, vec![b' '; num_bytes]);
    content.compress().unwrap();
    let content = document.add_object(content);
    document.get_dictionary_mut(page).unwrap().set("Contents", content);
    bytes(document)
}

fn nested() -> Vec<u8> {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    format!("%PDF-1.5\n1 0 obj\n{deep}\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_book_is_used_at_once_and_a_harmful_one_harms_nobody() {
    let Some(models) = shelf::models() else { return };
    let folder = tempfile::tempdir().unwrap();
    let good = book(folder.path());
    let serving = Serving::start(folder.path(), &models).await;
    let read = serving.upload("glacier.pdf", &good).await;
    assert_eq!((&read["stage"], &read["error"]), (&"done".into(), &Value::Null), "{read}");
    let known = serving.books().await;
    assert_eq!(known, [read["book"].as_str().unwrap()]);
    let hostile = [
        ("pages.pdf", page_bomb()),
        ("swelling.pdf", swelling(1 << 30)),
        ("nested.pdf", nested()),
        ("cut.pdf", good[..good.len() / 2].to_vec()),
        ("nothing.pdf", b"%PDF-1.5\nnothing".to_vec()),
    ];
    let aside = |name: &str| -> PathBuf { folder.path().join("corpus/.removed").join(name) };
    for (name, bytes) in &hostile {
        let told = serving.upload(name, bytes).await;
        println!("{name}: {} {}", told["stage"], told["error"]);
        if told["stage"] == "done" {
            // The reader found something in it; then it is a book like any other.
            let path = format!("/api/books/{}", told["book"].as_str().unwrap());
            assert_eq!(request(serving.address, "DELETE", &path, &[], b"").await.status, 204);
        } else {
            assert!(told["error"].as_str().unwrap().contains("put aside"), "{told}");
        }
        assert!(aside(name).exists(), "{name}");
        assert_eq!(serving.books().await, known, "{name}");
    }
    serving.kill().await;
    let again = Serving::start(folder.path(), &models).await;
    assert_eq!(again.books().await, known, "the next start does not read what was put aside");
    let path = format!("/api/books/{}", known[0]);
    assert_eq!(request(again.address, "DELETE", &path, &[], b"").await.status, 204);
    assert!(again.books().await.is_empty());
}

/// How a server ends while it reads a book.
#[derive(Clone, Copy, PartialEq)]
enum End {
    PowerCut,
    Asked,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_was_being_read_when_the_server_was_killed_is_read_at_the_next_start() {
    read_at_the_next_start(End::PowerCut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_end_does_not_wait_for_a_book_and_reads_it_at_the_next_start() {
    read_at_the_next_start(End::Asked).await;
}

async fn read_at_the_next_start(end: End) {
    let Some(models) = shelf::models() else { return };
    let folder = tempfile::tempdir().unwrap();
    // Where a book is that arrived and was not yet read.
    let incoming = folder.path().join("corpus/.incoming");
    let serving = Serving::start(folder.path(), &models).await;
    shelf::write_book(&folder.path().join("long.pdf"), "comet", 60);
    let long = std::fs::read(folder.path().join("long.pdf")).unwrap();
    tokio::select! {
        told = serving.upload("long.pdf", &long) => panic!("it was read before the kill: {told}"),
        () = async {
            while !incoming.join("long.pdf").exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        } => {}
    }
    match end {
        End::PowerCut => serving.kill().await,
        End::Asked => serving.ask_to_end().await,
    }
    let again = Serving::start(folder.path(), &models).await;
    let read = async {
        while again.books().await.is_empty() || incoming.join("long.pdf").exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(8 * PATIENCE, read).await.expect("the book is read");
    assert!(folder.path().join("corpus/long.pdf").exists());
}
