//! `lectern generate` and `lectern eval reference` as a user runs them.
//!
//! What llama.cpp answered is not part of the project; where the folder is (`LECTERN_SHARED`, or `shared` beside the
//! project), this build is held against it. The errors are checked everywhere.

#![expect(clippy::print_stdout, reason = "a test that skips, and the table it compares, are shown")]

use assert_cmd::Command;
use std::path::{Path, PathBuf};

fn lectern() -> Command {
    let mut command = Command::cargo_bin("lectern").expect("the binary is built for tests");
    command.env_remove("LECTERN_LOG");
    command
}

/// The reference folder; says so where there is none.
fn reference() -> Option<PathBuf> {
    let shared = std::env::var_os("LECTERN_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let folder = shared.join("reference");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

fn models() -> PathBuf {
    let set = std::env::var_os("LECTERN_MODELS").map(PathBuf::from);
    set.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))
}

#[test]
fn inference_agrees_with_the_reference() {
    let Some(folder) = reference() else { return };
    let mut command = lectern();
    command.args(["eval", "reference"]).arg(&folder);
    let chat = models().join("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
    if chat.is_file() {
        command.arg("--chat-model").arg(&chat);
    } else {
        println!("without the chat model: there is no {}", chat.display());
    }
    let output = command.output().expect("it runs");
    let table = String::from_utf8(output.stdout).expect("text");
    println!("{table}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{table}");
    let num_good = table.lines().filter(|line| line.starts_with("ok")).count();
    assert!(num_good >= 20, "only {num_good} comparisons were made");
}

#[test]
fn json_has_every_field_and_text_streams_alike() {
    let Some(folder) = reference() else { return };
    let model = folder.join("nano-llama-f32.gguf");
    let ask = |extra: &[&str]| {
        let mut command = lectern();
        command.args(["generate", "--model"]).arg(&model).args(["--max-tokens", "12", "--ignore-eos"]).args(extra);
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let text = ask(&["--ids", "683"]);
    let json = ask(&["--ids", "683", "--json", "--top-logprobs", "3"]);
    let answer: serde_json::Value = serde_json::from_str(&json).expect("one JSON value");
    assert_eq!(answer["prompt"], serde_json::json!([683]));
    assert_eq!(answer["tokens"], serde_json::json!([996, 513, 710, 1185, 513, 74, 482, 63, 482, 784, 784, 784]));
    assert_eq!((answer["finish"].as_str(), answer["first_top"].as_array().map(Vec::len)), (Some("length"), Some(3)));
    assert_eq!(answer["first_top"][0][0], 996);
    assert_eq!(answer["text"].as_str(), text.strip_suffix('\n'));
    let keys: Vec<_> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["prompt", "tokens", "first_top", "text", "finish"]);
    let seeded = ["--prompt", "The sun", "--temperature", "1", "--seed", "7"];
    assert_eq!(ask(&seeded), ask(&seeded));
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_string_lossy().into_owned()
    };
    let (text, cut) = (file("notes.gguf", b"not a model"), file("cut.gguf", b"GGUF\x03\0\0\0\x05"));
    let (old, html) = (file("old.gguf", b"GGUF\x01\0\0\0"), file("messages.json", b"{\"role\":\"user\"}"));
    let models = folder.path().to_string_lossy().into_owned();
    for (args, code, words) in [
        (&["--model", "nothing", "--prompt", "x", "--models", &models][..], 1, "no model `nothing`; known are"),
        (&["--model", &models, "--prompt", "x"], 1, ".gguf files, expected one; name the file itself"),
        (&["--model", &text, "--prompt", "x"], 1, "notes.gguf: not a readable GGUF file: it does not begin with GGUF"),
        (&["--model", &cut, "--prompt", "x"], 1, "cut.gguf: the file is cut short: the header"),
        (&["--model", &old, "--prompt", "x"], 1, "GGUF version 1 is not supported"),
        (&["--model", &text, "--messages", &html], 1, "messages.json: expected a JSON list"),
        (&["--model", &text, "--messages", "gone.json"], 1, "gone.json"),
        (&["--model", &text], 2, "required"),
        (&["--model", &text, "--prompt", "x", "--ids", "1"], 2, "cannot be used with"),
        (&["--model", &text, "--ids", "1,x"], 2, "invalid value 'x'"),
    ] {
        let output = lectern().arg("generate").args(args).output().expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
        assert!(error.contains(words) && !error.contains("panicked"), "expected {words:?} in: {error}");
        assert!(code == 2 || error.matches(words).count() == 1, "said more than once: {error}");
    }
    let output = lectern().args(["eval", "reference", &models]).output().expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && error.contains("messages.json"), "{error}");
}

/// The model that is shipped, on a prompt whose passage it copies.
#[test]
fn an_answer_that_quotes_is_the_same_without_drafts() {
    let model = models().join("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
    if !model.is_file() {
        println!("skipped: there is no {}", model.display());
        return;
    }
    let passage = "The glacier moves forty metres in a year. Its ice is blue where it is old. In summer the stream below it is grey.";
    let content = format!("Repeat the passage three times, word for word.\n\nPassage: {passage}");
    let folder = tempfile::tempdir().expect("a folder");
    let asked = folder.path().join("asked.json");
    std::fs::write(&asked, serde_json::json!([{"role": "user", "content": content}]).to_string())
        .expect("it is written");
    let ask = |extra: &[&str]| {
        let mut command = lectern();
        command.args(["generate", "--json", "--max-tokens", "80", "--model"]).arg(&model);
        command.arg("--messages").arg(&asked).args(extra);
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        answer["tokens"].clone()
    };
    for sampling in [&["--temperature", "0"][..], &["--temperature", "0.7", "--seed", "5"]] {
        let plain = ask(&[sampling, &["--no-lookup"]].concat());
        assert!(plain.as_array().is_some_and(|tokens| tokens.len() > 20), "{plain}");
        assert_eq!(ask(sampling), plain, "{sampling:?}");
    }
}
