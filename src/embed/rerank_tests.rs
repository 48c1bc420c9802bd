//! The reranker with random weights, against the same in f64, and with broken files.

use super::tiny::{MAX_TOKENS, Tensors, Tiny, ids, text};
use super::{RerankConfig, Reranker};
use std::path::Path;

fn config(dir: &Path) -> RerankConfig {
    RerankConfig { max_tokens: MAX_TOKENS, ..RerankConfig::new(dir) }
}

/// What the model must say of a question and a passage, each as numbers of words.
fn expected(tiny: &Tiny, tensors: &Tensors, question: &[usize], passage: &[usize]) -> f64 {
    let mut both = ids(question, (MAX_TOKENS - 3) / 2);
    let mut types = vec![0; both.len()];
    let second = ids(passage, MAX_TOKENS - both.len() - 1);
    both.extend(&second[1..]);
    types.resize(both.len(), 1);
    tiny.score(tensors, &both, &types)
}

#[test]
fn scores_are_those_of_a_plain_computation() {
    let words = |len: usize, seed: usize| -> Vec<usize> { (0..len).map(|i| (i * 3 + i * i % 5 + seed) % 10).collect() };
    // The last passages are cut; the last question too.
    let questions = [words(4, 7), vec![], words(30, 1), words(70, 2)];
    let passages: Vec<Vec<usize>> = [0, 1, 9, 33, 45, 50, 73, 90].iter().map(|len| words(*len, *len)).collect();
    let strings: Vec<String> = passages.iter().map(|words| text(words)).collect();
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    for (width, heads, act, prefix) in [(24, 2, "gelu", "bert."), (36, 3, "gelu_new", ""), (20, 5, "relu", "bert.")] {
        let tiny = Tiny { width, heads, act, prefix, ..Tiny::default() };
        let tensors = tiny.tensors();
        let folder = tempfile::tempdir().expect("a folder for the test");
        tiny.write(folder.path(), &tensors);
        let reranker = Reranker::load(&config(folder.path())).expect("the model loads");
        for question in &questions {
            let scores = reranker.score(&text(question), &strings).expect("passages are scored");
            assert_eq!(scores.len(), passages.len());
            for ((passage, string), score) in passages.iter().zip(&strings).zip(&scores) {
                let plain = expected(&tiny, &tensors, question, passage);
                assert!((f64::from(*score) - plain).abs() < 2e-5, "{tiny:?}: got {score}, expected {plain}");
                let alone = reranker.score(&text(question), &[string]).expect("a passage is scored");
                assert_eq!(alone, [*score]);
            }
        }
        assert!(reranker.score("heat", &[]).expect("nothing is scored").is_empty());
    }
}

#[test]
fn what_is_missing_or_damaged_is_named() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let dir = folder.path();
    let check = |expected: &[&str]| {
        let error = Reranker::load(&config(dir)).expect_err("the model is damaged").to_string();
        for part in expected {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    };
    check(&["config.json"]);
    let tiny = Tiny { prefix: "bert.", ..Tiny::default() };
    let whole = tiny.tensors();
    for labels in [0, 2, 3] {
        Tiny { labels, ..tiny.clone() }.write(dir, &whole);
        check(&["config.json", "expected 1"]);
    }
    for (name, shape) in [("classifier.weight", vec![2, 24]), ("bert.pooler.dense.bias", vec![23])] {
        let mut tensors = whole.clone();
        let numbers = vec![0.0; shape.iter().product()];
        tensors.insert(name.to_owned(), (shape, numbers));
        tiny.write(dir, &tensors);
        check(&["model.safetensors", name, "expected ["]);
    }
    for name in ["classifier.bias", "bert.pooler.dense.weight", "bert.encoder.layer.1.output.dense.bias"] {
        let mut tensors = whole.clone();
        tensors.remove(name);
        tiny.write(dir, &tensors);
        check(&["model.safetensors", name]);
    }
    let mut tensors = whole.clone();
    tensors.retain(|name, _| !name.contains("word_embeddings"));
    tiny.write(dir, &tensors);
    check(&["model.safetensors", "word_embeddings", "no BERT"]);
    Tiny { act: "swish", ..tiny.clone() }.write(dir, &whole);
    check(&["config.json", "swish"]);
    tiny.write(dir, &whole);
    let path = dir.join("model.safetensors");
    let bytes = std::fs::read(&path).expect("the weights");
    for cut in [0, 7, 1000, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..cut]).expect("a file is written");
        check(&["model.safetensors", "fetch the file again"]);
    }
    std::fs::write(&path, &bytes).expect("a file is written");
    let reranker = Reranker::load(&config(dir)).expect("the model loads");
    assert!(reranker.fingerprint().starts_with(reranker.name()) && reranker.fingerprint().contains('@'));
    let mut tensors = whole;
    tensors.get_mut("classifier.bias").expect("a classifier").1[0] = f32::NAN;
    tiny.write(dir, &tensors);
    let error = Reranker::load(&config(dir)).expect("the model loads").score("heat", &["flows"]);
    assert!(error.expect_err("no number").to_string().contains("NaN"));
}
