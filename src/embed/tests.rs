//! With the model's real weights where they are (`LECTERN_MODELS`), with broken files everywhere.

use super::*;
use std::path::Path;

/// The model's folder, or a line that says what is not tested.
pub(super) fn model_dir() -> Option<PathBuf> {
    let models = std::env::var_os("LECTERN_MODELS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("models"), PathBuf::from);
    let dir = models.join("all-minilm-l6-v2");
    let there = dir.join("model.safetensors").exists();
    if !there {
        println!("skipped: no weights at {}; run `lectern models pull` or set LECTERN_MODELS", dir.display());
    }
    there.then_some(dir)
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[test]
fn vectors_are_unit_length_and_near_for_near_meanings() {
    let Some(dir) = model_dir() else { return };
    let embedder = Embedder::load(&EmbedConfig::new(dir)).expect("the model loads");
    let texts =
        ["That is a happy person", "That is a very happy person", "That is a happy dog", "Today is a sunny day"];
    let vectors = embedder.embed_passages(&texts).expect("texts embed");
    for vector in &vectors {
        assert_eq!(vector.len(), embedder.dimensions());
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-5);
    }
    // The first row of the published example of this model's sentence-similarity widget.
    for (other, expected) in [(1, 0.943), (2, 0.695), (3, 0.257)] {
        let got = cosine(&vectors[0], &vectors[other]);
        assert!((got - expected).abs() < 0.01, "{}: got {got}, expected {expected}", texts[other]);
    }
}

#[test]
fn a_text_embeds_alike_alone_and_among_others() {
    let Some(dir) = model_dir() else { return };
    let embedder = Embedder::load(&EmbedConfig::new(dir)).expect("the model loads");
    let texts: Vec<String> =
        (0..40).map(|n| "heat flows from warm to cold bodies ".repeat(1 + n * 7 % 13) + &n.to_string()).collect();
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.extend(["", " ", "é", "物理学", "\u{0}\u{1F600}", "[CLS] [SEP] [PAD]"]);
    let together = embedder.embed_passages(&texts).expect("texts embed");
    for (text, vector) in texts.iter().zip(&together) {
        let alone = embedder.embed_query(text).expect("a text embeds");
        let furthest = alone.iter().zip(vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-5, "{text:?}: {furthest}");
    }
    assert!(embedder.embed_passages(&[]).expect("nothing embeds").is_empty());
}

#[test]
fn a_long_text_counts_up_to_the_cut_and_no_further() {
    let Some(dir) = model_dir() else { return };
    let embedder = Embedder::load(&EmbedConfig::new(dir)).expect("the model loads");
    let long = "water ".repeat(400_000);
    assert_eq!(embedder.count_tokens(&"water ".repeat(300)), 300);
    let cut = embedder.embed_query(&"water ".repeat(254)).expect("a text embeds");
    assert!(cosine(&cut, &embedder.embed_query(&long).expect("a long text embeds")) > 0.99999);
    assert!(cosine(&cut, &embedder.embed_query(&"water ".repeat(20)).expect("a text embeds")) < 0.99999);
}

#[test]
fn settings_are_part_of_the_fingerprint() {
    let Some(dir) = model_dir() else { return };
    let base = EmbedConfig::new(dir);
    let load = |config: &EmbedConfig| Embedder::load(config).expect("the model loads").fingerprint().to_owned();
    assert_eq!(load(&base), load(&base));
    assert!(load(&base).starts_with("all-minilm-l6-v2@"), "{}", load(&base));
    assert_ne!(load(&base), load(&EmbedConfig { pooling: Pooling::Cls, ..base.clone() }));
    assert_ne!(load(&base), load(&EmbedConfig { max_tokens: 128, ..base.clone() }));
}

#[test]
fn what_is_missing_or_damaged_is_named() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let config = EmbedConfig::new(folder.path());
    let check = |expected: &[&str]| {
        let error = Embedder::load(&config).expect_err("the model is damaged").to_string();
        for part in expected {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    };
    check(&["config.json"]);
    let Some(dir) = model_dir() else { return };
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file is written");
    let read = |name: &str| std::fs::read(dir.join(name)).expect("a file of the model");
    let shape = read("config.json");
    write("config.json", b"{\"hidden_size\":");
    write("tokenizer.json", &read("tokenizer.json"));
    check(&["model.safetensors"]);
    let weights = read("model.safetensors");
    write("model.safetensors", &weights);
    check(&["config.json", "EOF"]);
    write(
        "config.json",
        String::from_utf8_lossy(&shape).replace("\"num_attention_heads\": 12", "\"num_attention_heads\": 0").as_bytes(),
    );
    check(&["config.json", "num_attention_heads 0"]);
    write("config.json", String::from_utf8_lossy(&shape).replace("30522", "30000").as_bytes());
    check(&["tokenizer.json", "30522", "30000"]);
    write("config.json", &shape);
    for cut in [0, 7, 1000, weights.len() - 1] {
        write("model.safetensors", &weights[..cut]);
        check(&["model.safetensors", "fetch the file again"]);
    }
    write("model.safetensors", &weights);
    write("tokenizer.json", b"[]");
    check(&["tokenizer.json"]);
}
