//! What whoever keeps the machine does, with the real program: settings, check-up, password, backup, completions, manual.

#![allow(clippy::unwrap_used, reason = "a test")]

use assert_cmd::Command;
use lectern::classroom::{self, Store};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

fn lectern(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("lectern").unwrap();
    command.current_dir(folder).env_remove("LECTERN_DATA").env_remove("LECTERN_MODELS").env_remove("LECTERN_CORPUS");
    command
}

/// Exit code and what was said on both channels.
fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = lectern(folder).args(args).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), said)
}

#[test]
fn settings_come_from_the_file_then_the_environment_then_the_flag() {
    let folder = tempfile::tempdir().unwrap();
    let (code, printed) = run(folder.path(), &["config"]);
    assert_eq!(code, 0);
    std::fs::write(folder.path().join("lectern.toml"), format!("data = \"from-file\"\n{printed}")).unwrap();
    let password = |env: Option<&str>, flags: &[&str]| {
        let mut command = lectern(folder.path());
        command.arg("password").args(flags).write_stdin("a long password\n");
        command.envs(env.map(|value| ("LECTERN_DATA", value)));
        command.assert().success();
    };
    for (env, flags, expected) in [
        (None, &[][..], "from-file"),
        (Some("from-env"), &[], "from-env"),
        (Some("from-env-too"), &["--data", "from-flag"], "from-flag"),
    ] {
        password(env, flags);
        assert!(folder.path().join(expected).join("classroom.sqlite").exists(), "{expected}");
    }
    assert!(!folder.path().join("from-env-too").exists());
    std::fs::write(folder.path().join("lectern.toml"), "data = \"x\"\n[serve]\nadress = \"127.0.0.1:1\"\n").unwrap();
    for args in [&["books"][..], &["config", "--check", "lectern.toml"]] {
        let (code, said) = run(folder.path(), args);
        assert!(code != 0 && said.contains("adress") && said.contains("addr") && said.contains('3'), "{said}");
    }
}

#[test]
fn a_check_up_says_what_is_wrong_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    std::fs::create_dir(folder.path().join("corpus")).unwrap();
    let doctor = |addr: &str| {
        let (code, said) = run(folder.path(), &["doctor", "--json", "--model", "none", "--addr", addr]);
        let report: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
        (code, report.to_string())
    };
    let (code, report) = doctor(&addr);
    assert!(code == 1 && report.contains("taken by another program"), "{report}");
    drop(taken);
    let (_, report) = doctor(&addr);
    assert!(!report.contains("taken by another program") && report.contains("is free"), "{report}");
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("data/classroom.sqlite"), "not a database, but long enough to look").unwrap();
    let (code, report) = doctor("127.0.0.1:0");
    assert!(code == 1 && report.contains("lectern restore"), "{report}");
}

#[test]
fn a_backup_of_a_class_that_goes_on_is_one_moment_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let store = Store::open(&data.join("classroom.sqlite")).unwrap();
    let (over, num_written) = (AtomicBool::new(false), AtomicI64::new(0));
    let said = |number: i64| format!("message {number}");
    let num_before = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                let number = num_written.load(Ordering::SeqCst);
                store.accept("ann", &said(number), number).unwrap();
                num_written.fetch_add(1, Ordering::SeqCst);
            }
        });
        while num_written.load(Ordering::SeqCst) < 20 {
            std::thread::yield_now();
        }
        let num_before = num_written.load(Ordering::SeqCst);
        let (code, told) = run(folder.path(), &["backup", "monday.tar"]);
        over.store(true, Ordering::SeqCst);
        assert_eq!(code, 0, "{told}");
        num_before
    });
    let (code, told) = run(folder.path(), &["backup", "monday.tar"]);
    assert!(code != 0 && told.contains("--force"), "{told}");
    let (code, told) = run(folder.path(), &["restore", "monday.tar", "--force"]);
    assert!(code != 0 && told.contains("a server is running"), "{told}");
    drop(store);
    let (code, told) = run(folder.path(), &["restore", "monday.tar"]);
    assert!(code != 0 && told.contains("is not empty"), "{told}");
    let (code, told) = run(folder.path(), &["restore", "monday.tar", "--data", "back"]);
    assert_eq!(code, 0, "{told}");
    let file = folder.path().join("back/classroom.sqlite");
    classroom::check(&file).unwrap();
    let back = Store::open(&file).unwrap();
    let messages = back.history(back.session("ann").unwrap().unwrap().key, None, 1_000_000).unwrap();
    let num_back = i64::try_from(messages.len()).unwrap();
    assert!(num_back >= num_before, "{num_back} of the {num_before} that were there before");
    for (number, message) in (0..).zip(&messages) {
        assert_eq!(message.content, said(number), "what was said in order, without a gap");
    }
}

#[test]
fn every_command_has_its_manual_and_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["man", "pages"]).0, 0);
    let commands =
        ["serve", "ingest", "books", "ask", "models", "doctor", "password", "backup", "restore", "config", "man"];
    for command in commands {
        let page = std::fs::read_to_string(folder.path().join(format!("pages/lectern-{command}.1"))).unwrap();
        assert!(page.contains("SYNOPSIS"), "{command}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, script) = run(folder.path(), &["completions", shell]);
        assert_eq!(code, 0);
        commands.iter().for_each(|command| assert!(script.contains(command), "{shell}: {command}"));
    }
}

#[test]
fn the_service_starts_the_program_with_flags_it_has() {
    let unit = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/lectern.service")).unwrap();
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut words: Vec<&str> = line.split_whitespace().skip(1).collect();
    words.push("--help");
    let (code, said) = run(folder.path(), &words);
    assert_eq!(code, 0, "{said}");
    words[1] = "--no-such-flag";
    assert_ne!(run(folder.path(), &words).0, 0, "flags are read before the help");
}
