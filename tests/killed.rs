//! A server that is killed again and again in the middle of answers: what it had accepted is answered once, and nothing
//! that a student has seen is gone.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod server_support;

use lectern::server::Limits;
use rand::Rng as _;
use serde_json::{Value, json};
use server_support::{Client, Server, soon};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Names the data folder to the process that is to be killed.
const FOLDER: &str = "LECTERN_TEST_KILLED_FOLDER";
const ROUNDS: u32 = 100;
/// The longest that a server is left alone with a message, in microseconds: a message takes some milliseconds.
const MAX_WAIT_US: u64 = 12_000;

/// A server in a process of its own.
struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_process_that_is_killed", "--nocapture"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("at ").map(str::to_owned));
        Self { child, address: address.expect("the server says where it is") }
    }

    async fn join(&self) -> Client {
        let url = format!("ws://{}/ws/ann?stream=1", self.address);
        let mut client = Client(soon("a connection", tokio_tungstenite::connect_async(url)).await.unwrap().0);
        client.expect("welcome").await;
        client
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Not a test of its own: the server of the test below, when it is called with a folder.
#[tokio::test(flavor = "multi_thread")]
async fn the_process_that_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let server = Server::start_at(Path::new(&folder), Limits::default()).await;
    println!("\nat {}", server.address);
    std::future::pending::<()>().await;
}

/// What a student's program has got so far: the reply to each message, which never changes.
#[derive(Default)]
struct Seen(BTreeMap<String, String>);

impl Seen {
    fn note(&mut self, frame: &Value) {
        if frame["type"] != "response" {
            return;
        }
        let [id, text] = ["message_id", "response"].map(|field| frame[field].as_str().unwrap().to_owned());
        if let Some(before) = self.0.insert(id, text.clone()) {
            assert_eq!(before, text, "a reply that comes again is the same");
        }
    }

    /// Takes what comes until a moment at random.
    async fn listen(&mut self, client: &mut Client) {
        let moment = Duration::from_micros(rand::rng().random_range(0..MAX_WAIT_US));
        let _the_moment_came = tokio::time::timeout(moment, async {
            loop {
                let frame = client.frame().await;
                self.note(&frame);
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_mid_answer_a_hundred_times_nothing_is_lost_or_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Seen::default();
    for round in 0..ROUNDS {
        let server = Process::start(folder.path());
        let mut client = server.join().await;
        client.say(&format!("question {round} of a hundred")).await;
        seen.listen(&mut client).await;
        server.kill();
    }
    let server = Process::start(folder.path());
    let mut client = server.join().await;
    client.say("the last question").await;
    while !seen.0.values().any(|reply| reply == "the last question") {
        let frame = client.frame().await;
        seen.note(&frame);
    }
    client.send(json!({"type": "history", "limit": 200})).await;
    let history = client.frames_until("history").await.pop().unwrap();
    let messages = history["messages"].as_array().unwrap().clone();
    server.kill();
    let mut asked: BTreeMap<&str, &str> = BTreeMap::new();
    let mut replied: BTreeMap<&str, &str> = BTreeMap::new();
    for message in &messages {
        let [id, content] = ["message_id", "content"].map(|field| message[field].as_str().unwrap());
        let kept = if message["role"] == "user" { &mut asked } else { &mut replied };
        assert_eq!(kept.insert(id, content), None, "{id} is there once");
    }
    assert_eq!(asked, replied, "the stand-in repeats each question, and each has its reply");
    let mut contents: Vec<_> = asked.values().collect();
    contents.sort_unstable();
    contents.dedup();
    assert_eq!(contents.len(), asked.len(), "no question was taken twice");
    for (id, reply) in &seen.0 {
        assert_eq!(replied.get(id.as_str()), Some(&reply.as_str()), "{id}, which the student had seen");
    }
    println!("{} of {} questions had arrived; {} replies had been seen", asked.len(), ROUNDS + 1, seen.0.len());
    assert!(asked.len() > 10, "the kills left too little to look at: {}", asked.len());
}
