//! The decoder on random models, and what it refuses to load.

use super::super::gguf::Gguf;
use super::super::{EngineConfig, EngineError};
use super::Decoder;
use super::nano::Nano;
use candle_core::Device;
use candle_core::quantized::gguf_file::Value;
use std::error::Error as _;

fn decoder(nano: &Nano) -> Decoder {
    let (_folder, path) = nano.write();
    Decoder::load(&mut Gguf::open(&path).expect("a GGUF file"), &Device::Cpu).expect("a good model")
}

/// An error with its cause.
fn told(error: &EngineError) -> String {
    format!("{error}: {}", error.source().expect("a file's error has a cause"))
}

/// Logits after `ids` when they come in steps of `size` tokens.
fn logits(decoder: &Decoder, ids: &[u32], size: usize) -> Vec<f32> {
    let mut cache = decoder.new_cache();
    ids.chunks(size).map(|chunk| decoder.forward(chunk, &mut cache).expect("a step")).last().expect("one step at least")
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn steps_of_any_size_compute_the_same() {
    for architecture in ["llama", "qwen2", "qwen3"] {
        let decoder = decoder(&Nano::of(architecture));
        // More than a block of the cache, so that it grows on the way.
        let ids: Vec<u32> = (0..300).map(|i| (i * 37 + i * i) % 256).collect();
        let whole = logits(&decoder, &ids, ids.len());
        let spread = difference(&whole, &vec![0.0; whole.len()]);
        assert!(spread > 1.0, "{architecture}: logits that say nothing: {spread}");
        for size in [1, 7, 256] {
            let worst = difference(&whole, &logits(&decoder, &ids, size));
            assert!(worst < 1e-4, "{architecture} by {size}: {worst}");
        }
        let mut other = ids.clone();
        other[0] ^= 1;
        assert!(
            difference(&whole, &logits(&decoder, &other, 300)) > 1e-4,
            "{architecture}: the first token is not seen"
        );
    }
}

#[test]
fn positions_follow_the_file() {
    let ids = [1, 2, 3, 4, 5, 6, 7, 8];
    let plain = logits(&decoder(&Nano::default()), &ids, 8);
    for (key, value) in [("llama.rope.freq_base", Value::F32(500.0)), ("llama.rope.scale_linear", Value::F32(4.0))] {
        let changed = logits(&decoder(&Nano::default().with(key, value)), &ids, 8);
        assert!(difference(&plain, &changed) > 1e-3, "{key} changes nothing");
    }
    let scaled = Nano::default()
        .with("llama.rope.scaling.type", Value::String("linear".into()))
        .with("llama.rope.scaling.factor", Value::F32(4.0));
    let old = Nano::default().with("llama.rope.scale_linear", Value::F32(4.0));
    assert_eq!(logits(&decoder(&scaled), &ids, 8), logits(&decoder(&old), &ids, 8));
    let without = Nano { without_tensor: Some("rope_freqs.weight"), ..Nano::default() };
    assert!(difference(&plain, &logits(&decoder(&without), &ids, 8)) > 1e-4, "rope_freqs changes nothing");
}

#[test]
fn what_is_not_supported_or_wrong_is_named() {
    let text = |text: &str| Value::String(text.into());
    let good = Nano::default;
    for (nano, words) in [
        (
            good().with("general.architecture", text("gemma3")),
            r#"architecture "gemma3" is not supported: supported are llama, qwen2"#,
        ),
        (Nano { without: vec!["general.architecture"], ..good() }, "no general.architecture"),
        (Nano { without: vec!["llama.block_count"], ..good() }, "no llama.block_count"),
        (good().with("llama.context_length", Value::U32(0)), "llama.context_length: expected at least 1, got 0"),
        (
            good().with("llama.context_length", text("long")),
            r#"expected one whole number of at most 32 bits, got "long""#,
        ),
        (good().with("llama.embedding_length", Value::I64(-3)), "got -3"),
        (good().with("llama.attention.head_count_kv", Value::U32(3)), "expected a divisor of the 4 heads, got 3"),
        (good().with("llama.attention.layer_norm_rms_epsilon", Value::F32(f32::NAN)), "a finite number"),
        (good().with("llama.expert_count", Value::U32(8)), "llama.expert_count = 8"),
        (good().with("llama.attention.sliding_window", Value::U32(64)), "sliding window of 64"),
        (good().with("llama.attn_logit_softcapping", Value::F32(50.0)), "softcapping = 50"),
        (good().with("llama.rope.scaling.type", text("yarn")), r#"position scaling "yarn""#),
        (good().with("llama.rope.dimension_count", Value::U32(4)), "rotating 4 of a head's 8"),
        (good().with("general.alignment", Value::U32(0)), "general.alignment: expected a power of two, got 0"),
        (good().with("tokenizer.ggml.model", text("llama")), "sentencepiece"),
        (good().with("tokenizer.ggml.model", text("rwkv")), r#"tokenizer.ggml.model "rwkv""#),
        (
            good().with("tokenizer.ggml.pre", text("strange")),
            r#"pre-tokenizer (tokenizer.ggml.pre) "strange" is not supported"#,
        ),
        (Nano { without: vec!["tokenizer.ggml.pre"], ..good() }, r#""default""#),
        (Nano { without: vec!["tokenizer.ggml.tokens"], ..good() }, "no tokenizer.ggml.tokens"),
        (good().with("tokenizer.ggml.merges", Value::Array(vec![text("no way")])), r#"merge 0 "no way" names a token"#),
        (good().with("tokenizer.ggml.eos_token_id", Value::U32(9999)), "expected an id below 272, got 9999"),
        (good().with("tokenizer.ggml.token_type", Value::Array(vec![Value::I32(1)])), "272 tokens, but types of 1"),
        (Nano { without_tensor: Some("blk.1.ffn_up.weight"), ..good() }, "no tensor blk.1.ffn_up.weight"),
        (
            Nano { tensors: vec![("blk.0.attn_q.weight", vec![32, 64])], ..good() },
            "blk.0.attn_q.weight: expected shape [32, 32], got [32, 64]",
        ),
        (
            Nano { tensors: vec![("token_embd.weight", vec![100, 32])], ..good() },
            "expected shape [100, 32], got [272, 32]",
        ),
        (
            Nano { tensors: vec![("blk.0.attn_sinks.weight", vec![4])], ..good() },
            "llama with tensor blk.0.attn_sinks.weight",
        ),
    ] {
        let error = nano.try_engine(EngineConfig::default()).expect_err(words);
        let text = told(&error);
        assert!(text.contains(words) && text.contains("nano.gguf"), "expected {words:?} in: {text}");
    }
}

#[test]
fn a_file_cut_anywhere_or_changed_is_an_error_and_no_panic() {
    let (_folder, path) = Nano::default().write();
    let whole = std::fs::read(&path).expect("the file");
    let tied = "a file cut inside its output matrix must not pass for one with tied embeddings";
    let step = whole.len() / 97;
    for length in (0..64).chain((64..whole.len()).step_by(step)).chain([whole.len() - 33]) {
        std::fs::write(&path, &whole[..length]).expect("written");
        let error = super::super::Engine::load(&path, EngineConfig::default()).expect_err(tied);
        let error = told(&error);
        assert!(error.contains("cut short") || (length < 8 && error.contains("GGUF")), "{length}: {error}");
    }
    for at in 0..2000 {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xA5;
        std::fs::write(&path, &bytes).expect("written");
        let _either = Gguf::open(&path).and_then(|mut gguf| Decoder::load(&mut gguf, &Device::Cpu).map(|_| ()));
    }
}
