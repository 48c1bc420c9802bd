//! A server that is killed again and again in the middle of answers, and one whose disk is full: what it had accepted is
//! answered once, and nothing that a student has seen is gone.

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
        Self::start_by(&mut Command::new(std::env::current_exe().unwrap()), folder)
    }

    /// Starts it by a command that ends in the program.
    fn start_by(command: &mut Command, folder: &Path) -> Self {
        command.args(["--exact", "the_process_that_is_killed", "--nocapture"]);
        let mut child = command.env(FOLDER, folder).stdout(Stdio::piped()).spawn().unwrap();
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

/// The history, page by page: all that were sent may have arrived, and that is more than a page.
async fn whole_history(client: &mut Client) -> Vec<Value> {
    let (mut messages, mut before) = (Vec::new(), Value::Null);
    loop {
        client.send(json!({"type": "history", "limit": 200, "before": before})).await;
        let history = client.frames_until("history").await.pop().unwrap();
        let page = history["messages"].as_array().unwrap().clone();
        let Some(first) = page.first() else { return messages };
        before = first["message_id"].clone();
        messages.splice(0..0, page);
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
    let messages = whole_history(&mut client).await;
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

/// A disk of its own that is nearly full, seen by the program alone; nothing where the system allows no such disk.
#[cfg(target_os = "linux")]
fn with_small_disk(folder: &Path) -> Option<Process> {
    let mount =
        format!("mount -t tmpfs -o size=2m tmpfs '{0}' && head -c 1700000 /dev/zero > '{0}/filler'", folder.display());
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c"]);
        command
    };
    if !unshare().arg(&mount).status().is_ok_and(|status| status.success()) {
        return None;
    }
    let program = std::env::current_exe().unwrap();
    let line = format!("{mount} && exec '{}' \"$@\"", program.display());
    Some(Process::start_by(unshare().args([&line, "sh"]), folder))
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_the_class_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = with_small_disk(folder.path()) else {
        println!("SKIPPED: this system gives a test no disk of its own (unshare, tmpfs)");
        return;
    };
    let mut client = server.join().await;
    let mut replied = Vec::new();
    let refused = loop {
        let words = format!("message {} {}", replied.len(), "of many words ".repeat(200));
        assert!(replied.len() < 1000, "the disk is full at last");
        client.say(words.trim_end()).await;
        let answer = loop {
            let frame = client.frame().await;
            if frame["type"] == "response" || frame["type"] == "error" {
                break frame;
            }
        };
        if answer["type"] == "error" {
            break answer;
        }
        replied.push(answer["response"].as_str().unwrap().to_owned());
    };
    println!("{} messages were answered before {refused}", replied.len());
    assert!(!replied.is_empty());
    assert_eq!(refused["code"], "internal");
    client.send(json!({"type": "ping"})).await;
    client.frames_until("pong").await;
    let filler = format!("/proc/{}/root{}/filler", server.child.id(), folder.path().display());
    std::fs::remove_file(filler).unwrap();
    client.say("now there is room").await;
    while client.frames_until("response").await.pop().unwrap()["response"] != "now there is room" {}
    let messages = whole_history(&mut client).await;
    let replies: Vec<_> = messages.iter().filter(|message| message["role"] == "assistant").collect();
    for (reply, message) in replied.iter().zip(&replies) {
        assert_eq!(message["content"], reply.as_str(), "what was answered before is there, in order");
    }
    assert_eq!(replies.last().unwrap()["content"], "now there is room");
    server.kill();
}
