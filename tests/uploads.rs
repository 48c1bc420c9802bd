//! Books sent to a server whose reader is a stand-in: what is refused, and that nothing of it stays.

#![allow(clippy::unwrap_used, reason = "a test")]

mod server_support;

use lectern::server::{IngestProgress, IngestStage, Intake, IntakeError, Limits, Received};
use serde_json::json;
use server_support::{Client, Server, form, soon};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{broadcast, watch};

const PDF: &[u8] = b"%PDF-1.5\nnot much of a book";

/// Takes every book but `there.pdf`, and says at once that it is read.
struct StandIn {
    folder: tempfile::TempDir,
    taken: Mutex<Vec<Received>>,
    news: broadcast::Sender<IngestProgress>,
}

impl StandIn {
    fn new() -> Arc<Self> {
        let (folder, news) = (tempfile::tempdir().unwrap(), broadcast::Sender::new(8));
        Arc::new(Self { folder, taken: Mutex::default(), news })
    }

    /// The files in its folder.
    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }
}

fn progress(file_name: &str, stage: IngestStage) -> IngestProgress {
    IngestProgress {
        upload: "u1".into(),
        file_name: file_name.into(),
        stage,
        done: 0,
        total: 0,
        book: None,
        error: None,
    }
}

impl Intake for StandIn {
    fn folder(&self, num_bytes: u64) -> Result<PathBuf, IntakeError> {
        match num_bytes {
            0..0x10_0000 => Ok(self.folder.path().to_owned()),
            _ => Err(IntakeError::DiskFull { free_mib: 0, needed_mib: 1 }),
        }
    }

    fn submit(&self, received: Received) -> Result<watch::Receiver<IngestProgress>, IntakeError> {
        if received.file_name == "there.pdf" {
            return Err(IntakeError::Exists("this book is there already".into()));
        }
        assert_eq!(std::fs::read(&received.path).unwrap(), PDF);
        std::fs::remove_file(&received.path).unwrap();
        let done = progress(&received.file_name, IngestStage::Done);
        self.taken.lock().unwrap().push(received);
        let _nobody = self.news.send(done.clone());
        Ok(watch::channel(done).1)
    }

    fn subscribe(&self) -> broadcast::Receiver<IngestProgress> {
        self.news.subscribe()
    }

    fn running(&self) -> Vec<IngestProgress> {
        vec![progress("slow.pdf", IngestStage::Reading)]
    }

    fn remove(&self, book: &str) -> Result<bool, IntakeError> {
        Ok(book == "rivers")
    }

    fn stop(&self) {}
}

async fn server() -> (Arc<StandIn>, Server) {
    let intake = StandIn::new();
    let limits = Limits { max_upload_bytes: 200_000, ..Limits::default() };
    let server = Server::start_taking_books(intake.clone(), limits).await;
    (intake, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_book_is_refused_and_leaves_nothing() {
    let (intake, server) = server().await;
    let (long, late) = ([PDF, &[b'x'; 250_000]].concat(), [&[b'x'; 2000][..], PDF].concat());
    let huge = [PDF, &vec![b'x'; 0x10_0000]].concat();
    type Part<'a> = (&'a str, &'a str, &'a [u8]);
    let cases: &[(&[Part<'_>], u16, &str)] = &[
        (&[], 400, "bad_request"),
        (&[("book", "a.pdf", PDF)], 400, "bad_request"),
        (&[("file", "a.pdf", PDF), ("file", "b.pdf", PDF)], 400, "bad_request"),
        (&[("file", "a.pdf", b"MZ\x90")], 400, "not_pdf"),
        (&[("file", "a.pdf", b"")], 400, "not_pdf"),
        (&[("file", "a.pdf", &late)], 400, "not_pdf"),
        (&[("file", "a.pdf", &long)], 413, "too_large"),
        (&[("file", "a.pdf", &huge)], 413, "too_large"),
        (&[("file", "there.pdf", PDF)], 409, "exists"),
    ];
    for (files, status, code) in cases {
        let (kind, body) = form(files);
        let answer = server.request_with("POST", "/api/books", &[("Content-Type", &kind)], &body).await;
        let names: Vec<_> = files.iter().map(|(_, name, bytes)| (name, bytes.len())).collect();
        assert_eq!((answer.status, answer.error_code().as_str()), (*status, *code), "{names:?}");
        assert_eq!(intake.files(), 0, "{names:?}");
    }
    let foreign = [("Content-Type", "multipart/form-data; boundary=edge"), ("Origin", "http://evil.example")];
    assert_eq!(server.request_with("POST", "/api/books", &foreign, &form(&[]).1).await.status, 403);
    let not_a_form = server.post("/api/books", &[], &json!({})).await;
    assert_eq!((not_a_form.status, intake.taken.lock().unwrap().len()), (400, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_is_taken_under_a_clean_name_and_its_progress_is_told() {
    let (intake, server) = server().await;
    let (kind, body) = form(&[("other", "", b"x"), ("file", "../../Wa\u{202E}ves?.PDF", PDF)]);
    let answer = server.request_with("POST", "/api/books", &[("Content-Type", &kind)], &body).await;
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "text/event-stream"));
    let text = answer.text();
    assert!(text.contains("event: ingest\ndata: {\"type\":\"ingest\",\"upload\":\"u1\""), "{text}");
    assert!(text.contains(r#""file_name":"Waves_.pdf","stage":"done""#), "{text}");
    assert_eq!(intake.taken.lock().unwrap()[0].file_name, "Waves_.pdf");
    assert_eq!(intake.files(), 0);
}

/// Sends the head of an upload and half of its body.
async fn half_an_upload(server: &Server) -> tokio::net::TcpStream {
    let (kind, body) = form(&[("file", "half.pdf", &[PDF, &[b'x'; 50_000]].concat())]);
    let head = format!(
        "POST /api/books HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&[head.as_bytes(), &body[..body.len() / 2]].concat()).await.unwrap();
    stream
}

async fn until_files(intake: &StandIn, expect: usize) {
    soon("the files to come or go", async {
        while intake.files() != expect {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_cut_off_leaves_nothing_and_slow_ones_are_four_at_most() {
    let (intake, server) = server().await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        slow.push(half_an_upload(&server).await);
    }
    until_files(&intake, 4).await;
    let (kind, body) = form(&[("file", "fifth.pdf", PDF)]);
    let fifth = server.request_with("POST", "/api/books", &[("Content-Type", &kind)], &body).await;
    assert_eq!(fifth.error_code(), "overloaded");
    assert_eq!(server.get("/health", &[]).await.status, 200, "others are answered meanwhile");
    slow.truncate(1);
    until_files(&intake, 1).await;
    // The end of what is sent, not of the connection.
    slow[0].shutdown().await.unwrap();
    let mut answer = String::new();
    let _whether_any = soon("an end", slow[0].read_to_string(&mut answer)).await;
    until_files(&intake, 0).await;
    assert_eq!(intake.taken.lock().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_falls_silent_is_given_up() {
    let intake = StandIn::new();
    let limits = Limits { upload_silence: Duration::from_millis(200), ..Limits::default() };
    let server = Server::start_taking_books(intake.clone(), limits).await;
    let mut silent = half_an_upload(&server).await;
    let mut answer = vec![0; 12];
    soon("an answer", silent.read_exact(&mut answer)).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 408");
    until_files(&intake, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_teachers_socket_tells_of_uploads_and_removals() {
    let (_intake, server) = server().await;
    let url = format!("ws://{}/teach/ws", server.address);
    let mut teacher = Client(tokio_tungstenite::connect_async(url).await.unwrap().0);
    let running = teacher.frames_until("ingest").await.pop().unwrap();
    assert_eq!((&running["file_name"], &running["stage"]), (&json!("slow.pdf"), &json!("reading")));
    let (kind, body) = form(&[("file", "waves.pdf", PDF)]);
    server.request_with("POST", "/api/books", &[("Content-Type", &kind)], &body).await;
    let told = teacher.frames_until("ingest").await.pop().unwrap();
    let expected = serde_json::to_value(progress("waves.pdf", IngestStage::Done)).unwrap();
    assert_eq!(told, expected);
    assert_eq!(teacher.frames_until("changed").await.pop().unwrap()["what"], "books");
    for (book, status) in [("rivers", 204), ("nowhere", 404)] {
        assert_eq!(server.request("DELETE", &format!("/api/books/{book}"), &[]).await.status, status);
    }
    assert_eq!(teacher.frames_until("changed").await.pop().unwrap()["what"], "books");
}
