//! `lectern models` against a stand-in hub and a stand-in package index on loopback: after each pull the test looks at
//! what is on disk, what is not, and what the user was told.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod hub;

use hub::{Hub, Manner};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Bytes that look like weights: long enough that a connection can break in the middle.
fn weights(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..300_000).map(|_| next()).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the hub serves the file of [`entry`].
fn path_at(revision: &str) -> String {
    format!("/owner/tiny/resolve/{revision}/tiny.gguf")
}

/// A catalogue entry of one file, default for chat.
fn entry(file: &str, sources: &str) -> String {
    format!(
        "[[model]]\nname = \"tiny\"\nrole = \"chat\"\ndefault = true\ntitle = \"Tiny\"\nlicence = \"MIT\"\n\
         memory_mb = 1\nfiles = [{{ name = \"tiny.gguf\"{file} }}]\nsources = [{sources}]\n"
    )
}

fn pinned(content: &[u8]) -> String {
    format!(", bytes = {}, sha256 = \"{}\"", content.len(), sha256(content))
}

fn hub_source(revision: &str) -> String {
    format!("{{ kind = \"hub\", repo = \"owner/tiny\", revision = \"{revision}\" }}")
}

/// A models folder with its catalogue, and a home that must stay empty.
struct Room {
    models: tempfile::TempDir,
    home: tempfile::TempDir,
}

impl Room {
    fn new(catalog: &str) -> Self {
        let room = Room { models: tempfile::tempdir().unwrap(), home: tempfile::tempdir().unwrap() };
        std::fs::write(room.models.path().join("catalog.toml"), catalog).unwrap();
        room
    }

    fn command(&self, endpoint: &str, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lectern"));
        command.arg("models").args(args).arg("--models").arg(self.models.path()).current_dir(self.home.path());
        for name in [
            "HF_TOKEN", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "LECTERN_MODELS", "LECTERN_LOG", "PIP_CONFIG_FILE",
        ] {
            command.env_remove(name);
        }
        command.env("HOME", self.home.path()).env("HF_ENDPOINT", endpoint).env("NO_PROXY", "127.0.0.1");
        command
    }

    fn run(&self, endpoint: &str, args: &[&str]) -> Told {
        Told::from(self.command(endpoint, args).output().unwrap())
    }

    /// Every file below the models folder but the catalogue and the lock of the folder.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.models.path(), self.models.path(), &mut files);
        files.remove("catalog.toml");
        files.remove(".pull.lock");
        assert_eq!(std::fs::read_dir(self.home.path()).unwrap().count(), 0, "something was written outside");
        files
    }

    /// Asserts that the pull left nothing, not even an empty folder.
    fn assert_nothing_left(&self, case: &str) {
        assert_eq!(self.files().keys().collect::<Vec<_>>(), Vec::<&String>::new(), "{case}");
        assert!(!self.models.path().join("tiny").exists(), "{case}: an empty folder was left");
    }

    /// Asserts that exactly the model and its record are there.
    fn assert_whole(&self, content: &[u8], case: &str) {
        let files = self.files();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["models.lock", "tiny/tiny.gguf"], "{case}");
        assert!(files["tiny/tiny.gguf"] == content, "{case}: other content");
        let lock = String::from_utf8(files["models.lock"].clone()).unwrap();
        assert!(lock.contains(&sha256(content)), "{case}: {lock}");
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// What a run said, and whether it was content.
struct Told {
    good: bool,
    text: String,
}

impl From<Output> for Told {
    fn from(output: Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Told { good: output.status.success(), text }
    }
}

impl Told {
    fn assert(&self, good: bool, says: &[&str]) {
        assert_eq!(self.good, good, "{}", self.text);
        for say in says {
            assert!(self.text.contains(say), "{}\nshould say {say}", self.text);
        }
    }
}

#[test]
fn what_arrives_whole_is_kept() {
    let content = weights(1);
    for (case, manner, says) in [
        ("good", Manner::Good, "tiny: ready in"),
        ("breaks, resumes", Manner::BreakOnce { ranges: true }, "trying again"),
        ("breaks, starts over", Manner::BreakOnce { ranges: false }, "trying again"),
        ("busy, asked again", Manner::BusyOnce, "tiny: ready in"),
        ("elsewhere", Manner::Redirect, "tiny: ready in"),
    ] {
        let hub = Hub::start();
        hub.put(&path_at(COMMIT), &content, manner);
        hub.put(&format!("/elsewhere{}", path_at(COMMIT)), &content, Manner::Good);
        let room = Room::new(&entry(&pinned(&content), &hub_source(COMMIT)));
        room.run(&hub.endpoint, &["pull", "tiny"]).assert(true, &[says]);
        room.assert_whole(&content, case);
        let asked = hub.asked();
        let breaks = matches!(manner, Manner::BreakOnce { .. });
        let resumes = asked.iter().any(|line| line.contains("bytes=150000-299999"));
        assert_eq!(resumes, breaks, "{case}: {asked:?}");

        room.run(&hub.endpoint, &["pull", "tiny"]).assert(true, &["tiny.gguf is here"]);
        assert_eq!(hub.asked(), Vec::<String>::new(), "{case}: asked again for what is here");
        room.assert_whole(&content, case);
        room.run(&hub.endpoint, &["verify"]).assert(true, &["tiny/tiny.gguf: good"]);
        room.run(&hub.endpoint, &["list"]).assert(true, &["tiny *", "smollm2-360m-instruct"]);
    }
}

#[test]
fn what_does_not_arrive_whole_leaves_nothing_and_can_be_tried_again() {
    let (content, wrong) = (weights(1), weights(2));
    let half = &content[..150_000];
    let gguf = b"GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
    let by_length = format!(", bytes = {}", content.len());
    let both = format!("sha256 {}, expected {}", sha256(&wrong), sha256(&content));
    let cut = format!("sha256 {}, expected {}", sha256(half), sha256(&content));
    for (case, file, answer, says) in [
        ("404", pinned(&content), None, "has no tiny.gguf in owner/tiny at 0123456789abcdef"),
        ("truncated, hash known", pinned(&content), Some((half, Manner::Good)), cut.as_str()),
        ("truncated, length known", by_length, Some((half, Manner::Good)), "150000 bytes, expected 300000"),
        ("truncated, nothing known", String::new(), Some((&gguf[..], Manner::Good)), "it ends early: 16 bytes"),
        ("wrong bytes", pinned(&content), Some((&wrong[..], Manner::Good)), both.as_str()),
        ("breaks always", pinned(&content), Some((&content[..], Manner::BreakAlways)), "broke"),
    ] {
        let hub = Hub::start();
        let room = Room::new(&entry(&file, &hub_source(COMMIT)));
        if let Some((body, manner)) = answer {
            hub.put(&path_at(COMMIT), body, manner);
        }
        // What a killed pull left behind.
        std::fs::create_dir(room.models.path().join("tiny")).unwrap();
        std::fs::write(room.models.path().join("tiny/tiny.gguf.part"), "old").unwrap();
        let told = room.run(&hub.endpoint, &["pull", "tiny"]);
        told.assert(false, &[says, "hub owner/tiny@01234567, tiny.gguf", "what helps", "lectern models add FILE"]);
        room.assert_nothing_left(case);

        if file.contains("sha256") {
            hub.put(&path_at(COMMIT), &content, Manner::Good);
            room.run(&hub.endpoint, &["pull", "tiny"]).assert(true, &["tiny: ready in"]);
            room.assert_whole(&content, case);
        }
    }
}

#[test]
fn a_branch_is_resolved_once_and_then_held_to() {
    let content = weights(1);
    let hub = Hub::start();
    let info = format!("{{\"id\": \"owner/tiny\", \"sha\": \"{COMMIT}\"}}");
    hub.put("/api/models/owner/tiny/revision/main", info.as_bytes(), Manner::Good);
    hub.put(&path_at(COMMIT), &content, Manner::Good);
    let room = Room::new(
        &entry(&format!(", bytes = {}", content.len()), &hub_source("main")).replace("tiny.gguf", "tiny.bin"),
    );
    hub.put(&path_at(COMMIT).replace("gguf", "bin"), &content, Manner::Good);
    room.run(&hub.endpoint, &["pull", "tiny"]).assert(true, &["ready"]);
    let lock = String::from_utf8(room.files()["models.lock"].clone()).unwrap();
    assert!(lock.contains(COMMIT) && lock.contains(&sha256(&content)), "{lock}");

    // The same commit must bring the same bytes, though the catalogue knows no hash; the branch is not asked again.
    hub.asked();
    std::fs::remove_file(room.models.path().join("tiny/tiny.bin")).unwrap();
    hub.put(&path_at(COMMIT).replace("gguf", "bin"), &weights(3), Manner::Good);
    let both = format!("sha256 {}, expected {}", sha256(&weights(3)), sha256(&content));
    room.run(&hub.endpoint, &["pull", "tiny"]).assert(false, &[&both]);
    assert_eq!(room.files().keys().collect::<Vec<_>>(), ["models.lock"]);
    assert!(hub.asked().iter().all(|line| line.contains(COMMIT)));
}

#[test]
fn wrong_content_on_disk_is_replaced_and_told_by_verify() {
    let content = weights(1);
    let hub = Hub::start();
    hub.put(&path_at(COMMIT), &content, Manner::Good);
    let room = Room::new(&entry(&pinned(&content), &hub_source(COMMIT)));
    std::fs::create_dir(room.models.path().join("tiny")).unwrap();
    std::fs::write(room.models.path().join("tiny/tiny.gguf"), weights(2)).unwrap();
    let says = ["tiny/tiny.gguf: BAD", &sha256(&content), &sha256(&weights(2)), "lectern models pull tiny"];
    room.run(&hub.endpoint, &["verify"]).assert(false, &says);
    room.run(&hub.endpoint, &["pull", "tiny"]).assert(true, &["the file on disk, tiny.gguf: wrong content"]);
    room.assert_whole(&content, "replaced");
}

#[test]
fn without_a_name_both_defaults_are_pulled() {
    let content = weights(1);
    let hub = Hub::start();
    hub.put(&path_at(COMMIT), &content, Manner::Good);
    hub.put(&path_at(COMMIT).replace("tiny.gguf", "words.bin"), b"words", Manner::Good);
    let chat = entry(&pinned(&content), &hub_source(COMMIT));
    let embed = entry(&pinned(b"words"), &hub_source(COMMIT)).replace("\"chat\"", "\"embed\"");
    let embed = embed.replace("tiny.gguf", "words.bin").replace("name = \"tiny\"", "name = \"words\"");
    let room = Room::new(&(chat + &embed + "embedding = { pooling = \"mean\", max_tokens = 8 }\n"));
    room.run(&hub.endpoint, &["pull"]).assert(true, &["tiny: ready in", "words: ready in"]);
    assert_eq!(room.files().keys().collect::<Vec<_>>(), ["models.lock", "tiny/tiny.gguf", "words/words.bin"]);
}

#[test]
fn the_next_source_is_asked_when_one_fails() {
    let content = weights(1);
    let hub = Hub::start();
    hub.put("/owner/other/resolve/v1/weights/tiny.gguf", &content, Manner::Good);
    hub.put(&path_at(COMMIT), &weights(2), Manner::Good);
    let info = format!("{{\"id\": \"owner/other\", \"sha\": \"{COMMIT}\"}}");
    hub.put("/api/models/owner/other/revision/v1", info.as_bytes(), Manner::Good);
    hub.put(&format!("/owner/other/resolve/{COMMIT}/weights/tiny.gguf"), &content, Manner::Good);
    let other = "{ kind = \"hub\", repo = \"owner/other\", revision = \"v1\", folder = \"weights\" }";
    let room = Room::new(&entry(&pinned(&content), &format!("{}, {other}", hub_source(COMMIT))));
    room.run(&hub.endpoint, &["pull", "tiny"]).assert(true, &["wrong content", "hub owner/other@v1"]);
    room.assert_whole(&content, "second source");
}

#[test]
fn offline_it_fails_fast_and_names_every_source() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{nobody}");
    let pypi = "{ kind = \"pypi\", package = \"tiny-weights\", version = \"1.0\" }";
    let room = Room::new(&entry(&pinned(&weights(1)), &format!("{}, {pypi}", hub_source(COMMIT))));
    let begun = Instant::now();
    let told = room.command(&endpoint, &["pull", "tiny"]).env("PATH", "").output().unwrap();
    let says = [
        "cannot reach http://127.0.0.1", "refused", "pypi tiny-weights==1.0", "python3 is not on this machine",
        "what helps",
    ];
    Told::from(told).assert(false, &says);
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
    room.assert_nothing_left("offline");
}

#[test]
fn two_pulls_at_once_end_in_one_download() {
    let content = weights(1);
    let hub = Hub::start();
    hub.put(&path_at(COMMIT), &content, Manner::Slow);
    let room = Room::new(&entry(&pinned(&content), &hub_source(COMMIT)));
    let told = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..2).map(|_| scope.spawn(|| room.run(&hub.endpoint, &["pull", "tiny"]))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    told.iter().for_each(|told| told.assert(true, &["tiny: ready in"]));
    assert!(told.iter().any(|told| told.text.contains("is here")), "nobody found it there");
    assert_eq!(hub.asked().iter().filter(|line| line.starts_with("GET")).count(), 1);
    room.assert_whole(&content, "two at once");
}

#[test]
fn a_killed_pull_leaves_no_file_under_the_final_name() {
    let content = weights(1);
    let hub = Hub::start();
    hub.put(&path_at(COMMIT), &content, Manner::Slow);
    let room = Room::new(&entry(&pinned(&content), &hub_source(COMMIT)));
    let mut child = room.command(&hub.endpoint, &["pull", "tiny"]).spawn().unwrap();
    let part = room.models.path().join("tiny/tiny.gguf.part");
    while part.metadata().map_or(0, |data| data.len()) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before anything arrived");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(room.files().keys().collect::<Vec<_>>(), ["tiny/tiny.gguf.part"]);
    room.run(&hub.endpoint, &["list"]).assert(true, &["tiny *"]);
    room.run(&hub.endpoint, &["pull", "tiny"]).assert(true, &["tiny: ready in"]);
    room.assert_whole(&content, "after a kill");
}

/// Makes a wheel of one weights file, as a package index would serve it.
const MAKE_WHEEL: &str = "import sys, zipfile\n\
    with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as wheel:\n    \
    wheel.write(sys.argv[2], 'tiny_weights/model/tiny.gguf')\n    \
    info = 'tiny_weights-1.0.dist-info/'\n    \
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tiny-weights\\nVersion: 1.0\\n')\n    \
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n    \
    wheel.writestr(info + 'RECORD', '')\n";

#[test]
fn a_wheel_is_the_way_when_the_hub_is_not() {
    let has_pip = Command::new("python3").args(["-m", "pip", "--version"]).output();
    if !has_pip.is_ok_and(|output| output.status.success()) {
        println!("skipped: python3 with pip is not on this machine");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let (wheel, member) = (scratch.path().join("w.whl"), scratch.path().join("tiny.gguf"));
    let name = "tiny_weights-1.0-py3-none-any.whl";
    for (case, inside, folder, good, says) in [
        ("good", weights(1), "tiny_weights/model", true, "pypi tiny-weights==1.0"),
        ("other content", weights(2), "tiny_weights/model", false, "wrong content"),
        ("no such member", weights(1), "tiny_weights", false, "tiny_weights/tiny.gguf cannot be unpacked"),
    ] {
        std::fs::write(&member, &inside).unwrap();
        let made = Command::new("python3").args(["-c", MAKE_WHEEL]).arg(&wheel).arg(&member).status().unwrap();
        assert!(made.success());
        let hub = Hub::start();
        let page = format!("<html><body><a href=\"/files/{name}\">{name}</a></body></html>");
        hub.put("/simple/tiny-weights/", page.as_bytes(), Manner::Good);
        hub.put(&format!("/files/{name}"), &std::fs::read(&wheel).unwrap(), Manner::Good);
        let pypi =
            format!("{{ kind = \"pypi\", package = \"tiny-weights\", version = \"1.0\", folder = \"{folder}\" }}");
        let room = Room::new(&entry(&pinned(&weights(1)), &format!("{}, {pypi}", hub_source(COMMIT))));
        let mut command = room.command(&hub.endpoint, &["pull", "tiny"]);
        command.env("PIP_INDEX_URL", format!("{}/simple/", hub.endpoint)).env_remove("PIP_EXTRA_INDEX_URL");
        Told::from(command.output().unwrap()).assert(good, &["has no tiny.gguf", says]);
        if good { room.assert_whole(&weights(1), case) } else { room.assert_nothing_left(case) }
    }
}

#[test]
fn a_file_from_elsewhere_is_added() {
    let content = weights(1);
    let room = Room::new(&entry(&pinned(&content), ""));
    let stick = tempfile::tempdir().unwrap();
    std::fs::write(stick.path().join("from-a-friend.bin"), &content).unwrap();
    std::fs::write(stick.path().join("notes.txt"), "no model").unwrap();
    let run = |file: &str| room.run("http://127.0.0.1:1", &["add", stick.path().join(file).to_str().unwrap()]);
    run("notes.txt").assert(false, &["notes.txt is not a usable GGUF file", "it begins with"]);
    run("gone.gguf").assert(false, &["gone.gguf", "No such file"]);
    room.assert_nothing_left("refused");
    room.run("http://127.0.0.1:1", &["pull", "tiny"]).assert(false, &["the catalogue names no source"]);
    run("from-a-friend.bin").assert(true, &["belongs to the model `tiny`", &sha256(&content)]);
    room.assert_whole(&content, "added");
    room.run("http://127.0.0.1:1", &["pull", "tiny"]).assert(true, &["is here"]);
}

#[test]
fn a_name_nobody_knows_is_answered_with_the_names() {
    let room = Room::new("[[model]]\nname = 3\n");
    room.run("http://127.0.0.1:1", &["list"]).assert(false, &["catalog.toml", "line 2"]);
    let room = Room::new("");
    let says = ["no model `llama`", "llama-3.2-1b-instruct", "smollm2-135m-instruct"];
    room.run("http://127.0.0.1:1", &["pull", "llama"]).assert(false, &says);
    room.run("http://127.0.0.1:1", &["verify"]).assert(true, &["no models in"]);
}
