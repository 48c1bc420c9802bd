//! The example clients and the load command, each as a program of its own, against a server with a stand-in teacher.

#![allow(clippy::unwrap_used, reason = "a test")]

mod python_tools;
mod server_support;

use lectern::server::Limits;
use lectern::tutor::{Cancel, Finish, Learner, Mode, Reply, Said, Session, Student, Teach, TurnEvent, TutorError};
use python_tools::{program, skip};
use server_support::{PATIENCE, Server};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name)
}

/// Runs a program with this input: whether it was content, and what it printed.
async fn run(mut command: Command, input: &str) -> (bool, String) {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let done = tokio::time::timeout(4 * PATIENCE, child.wait_with_output()).await.expect("the client ends").unwrap();
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    (done.status.success(), said.into_owned())
}

/// Runs an example and checks that it is content and prints these, in this order.
async fn check(command: Command, input: &str, expect: &[&str]) {
    let (content, printed) = run(command, input).await;
    assert!(content, "{printed}");
    let mut rest = printed.as_str();
    for part in expect {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} (or not in this order) in:\n{printed}"));
        rest = &rest[at + part.len()..];
    }
}

/// A Python that has the package `websockets`.
fn python() -> Option<PathBuf> {
    let python = program("LECTERN_PYTHON", "python3").filter(|python| {
        let probe = std::process::Command::new(python).args(["-c", "import websockets.asyncio.client"]).output();
        probe.is_ok_and(|probe| probe.status.success())
    });
    if python.is_none() {
        skip("the Python examples need Python 3.9 and `websockets` 13 or newer (pip install websockets)");
    }
    python
}

/// Some versions of Node have WebSockets only with it, the others take it too.
const NODE_FLAG: &str = "--experimental-websocket";

/// A Node that has WebSockets.
fn node() -> Option<PathBuf> {
    let node = program("LECTERN_NODE", "node").filter(|node| {
        let mut probe = std::process::Command::new(node);
        let probe = probe.args([NODE_FLAG, "-e", "process.exit(typeof WebSocket === 'undefined' ? 1 : 0)"]).output();
        probe.is_ok_and(|probe| probe.status.success())
    });
    if node.is_none() {
        skip("the Node example needs Node 22, or a late 20");
    }
    node
}

fn with<I: AsRef<OsStr>>(mut command: Command, args: impl IntoIterator<Item = I>) -> Command {
    command.args(args);
    command
}

const QUOTE: &str = "“The Indus is a river”";

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_shows_a_conversation() {
    let Some(python) = python() else { return };
    let server = Server::start(Limits::default()).await;
    let url = format!("ws://{}/ws/py", server.address);
    let client = || with(Command::new(&python), [script("client.py").as_os_str(), "--url".as_ref(), url.as_ref()]);
    let place = "mode: teaching | topic: Rivers | lesson: Rivers, step 1 of 3";
    let hello = "Hello!\n(mode: idle, client py)";
    let streamed = [hello, "(searching)", "(writing)", "teach Rivers\n", "[1] Rivers, p. iv:", QUOTE, place];
    check(client(), "teach Rivers\n", &streamed).await;
    let again = ["Back to Rivers.", "you: teach Rivers\nLectern: teach Rivers\n", "more"];
    check(client(), "/history\nmore\n", &again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_example_of_the_readme_needs_no_change() {
    let Some(python) = python() else { return };
    let server = Server::start(Limits::default()).await;
    let readme = std::fs::read_to_string(script("../README.md")).unwrap();
    let example = readme.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let example = example.replace("127.0.0.1:8000", &server.address.to_string());
    check(with(Command::new(python), ["-"]), &example, &["Hello!\n", "teach me about waves\n"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_client_speaks_both_tables() {
    let Some(node) = node() else { return };
    let server = Server::start(Limits::default()).await;
    let url = format!("ws://{}/ws/node", server.address);
    let node = |args: &[&str]| {
        let mut command = Command::new(&node);
        command.args([NODE_FLAG.as_ref(), script("client.mjs").as_os_str(), "--url".as_ref(), url.as_ref()]).args(args);
        command
    };
    let streamed =
        ["Hello!\n", "\n> teach Rivers\n[Rivers, p. iv] ", QUOTE, "\nteach Rivers\n", "\n> fail\nerror internal: "];
    check(node(&["teach Rivers", "fail"]), "", &streamed).await;
    let whole = ["Back to Rivers.\n", "\n> hello\nhello\n", "\n> again\nagain\n"];
    check(node(&["--plain"]), "hello\n\nagain\n", &whole).await;
    server.end().await.unwrap();
    let (content, printed) = run(node(&["hello"]), "").await;
    assert!(!content && printed.contains("Is it running?"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_command_finds_nothing_lost_or_swapped() {
    let Some(python) = python() else { return };
    let server = Server::start(Limits::default()).await;
    let expect =
        ["errors: none", "36 answers, 72 entries", "nothing lost or swapped", "5 connections open, none refused"];
    check(with(Command::new(python), load(&server)), "", &expect).await;
}

/// Answers each student with what was said before, by whomever.
#[derive(Default)]
struct Muddled(Mutex<String>);

impl Teach for Muddled {
    fn welcome(&self, _: &Session, _: &Learner) -> String {
        "Hello!".into()
    }

    fn turn(
        &self,
        _: Student<'_>,
        said: Said<'_>,
        _: &mut dyn FnMut(TurnEvent),
        _: &Cancel,
    ) -> Result<Reply, TutorError> {
        let text = std::mem::replace(&mut *self.0.lock().unwrap(), format!("You said {}.", said.content));
        let (mode, finish, citations) = (Mode::Idle, Finish::Stop, Vec::new());
        let (current_topic, lesson, quiz, progress) = (None, None, None, None);
        Ok(Reply { text, mode, current_topic, citations, grounded: true, lesson, quiz, progress, asked: None, finish })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_command_notices_swapped_answers() {
    let Some(python) = python() else { return };
    let server = Server::start_teaching(Arc::new(Muddled::default()), Limits::default()).await;
    let (content, printed) = run(with(Command::new(python), load(&server)), "").await;
    assert!(!content && printed.contains("SWAPPED: a frame carries the mark of"), "{printed}");
}

/// The load command against this server: four students, then five idle connections.
fn load(server: &Server) -> [PathBuf; 7] {
    let url = format!("ws://{}", server.address);
    let args = ["--url", &url, "--students", "4", "--idle", "5"].map(PathBuf::from);
    let [a, b, c, d, e, f] = args;
    [script("load_class.py"), a, b, c, d, e, f]
}
