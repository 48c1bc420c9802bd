//! A random model of a few kilobytes as a real GGUF file, for tests.

use super::super::bytes::piece_bytes;
use super::super::{Engine, EngineConfig, EngineError};
use candle_core::quantized::gguf_file::{Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use std::io::Write as _;
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const IM_START: u32 = 256;
pub(crate) const IM_END: u32 = 257;
pub(crate) const THINK: u32 = 258;
const VOCAB: usize = 272;
const HIDDEN: usize = 32;
const FEED_FORWARD: usize = 64;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;

/// What the file shall be; the default is whole and good.
#[derive(Debug, Clone)]
pub(crate) struct Nano {
    pub(crate) architecture: &'static str,
    pub(crate) context: u32,
    pub(crate) layers: usize,
    /// Multiplies all weights: NaN for a model that computes nothing.
    pub(crate) scale: f32,
    /// Type of the matrices whose rows are whole blocks of it.
    pub(crate) dtype: GgmlDType,
    /// Metadata set last, and metadata taken out.
    pub(crate) set: Vec<(String, Value)>,
    pub(crate) without: Vec<&'static str>,
    /// Tensors of other shapes, more tensors, and tensors taken out.
    pub(crate) tensors: Vec<(&'static str, Vec<usize>)>,
    pub(crate) without_tensor: Option<&'static str>,
}

impl Default for Nano {
    fn default() -> Self {
        Self {
            architecture: "llama",
            context: 512,
            layers: 2,
            scale: 1.0,
            dtype: GgmlDType::F32,
            set: Vec::new(),
            without: Vec::new(),
            tensors: Vec::new(),
            without_tensor: None,
        }
    }
}

impl Nano {
    pub(crate) fn of(architecture: &'static str) -> Self {
        Self { architecture, ..Self::default() }
    }

    /// The same with one more metadata value.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.set.push((key.to_owned(), value));
        self
    }

    /// Elements of a head: not hidden/heads for `qwen3`.
    fn head_dim(&self) -> usize {
        if self.architecture == "qwen3" { 12 } else { HIDDEN / HEADS }
    }

    /// Writes the file; it lives as long as the folder.
    pub(crate) fn write(&self) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("nano.gguf");
        let (metadata, tensors) = (self.metadata(), self.all_tensors());
        let metadata: Vec<_> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<_> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        let mut file = std::fs::File::create(&path).expect("a file for the test");
        write(&mut file, &metadata, &tensors).expect("a GGUF file");
        file.flush().expect("written");
        (folder, path)
    }

    pub(crate) fn try_engine(&self, config: EngineConfig) -> Result<Engine, EngineError> {
        let (_folder, path) = self.write();
        Engine::load(&path, config)
    }

    pub(crate) fn engine(&self) -> Engine {
        self.try_engine(EngineConfig::default()).expect("a good model")
    }

    fn metadata(&self) -> Vec<(String, Value)> {
        let own = |name: &str| format!("{}.{name}", self.architecture);
        let texts = |all: Vec<String>| Value::Array(all.into_iter().map(Value::String).collect());
        let alphabet = |byte: u8| {
            let mut all = (0..0x200).filter_map(char::from_u32).map(String::from);
            all.find(|c| {
                *piece_bytes(c) == [byte] && piece_bytes(c) != c.as_bytes().into()
                    || c.as_bytes() == [byte] && byte.is_ascii_graphic()
            })
        };
        let mut tokens: Vec<String> =
            (0..=255).map(|byte| alphabet(byte).expect("each byte has a character")).collect();
        tokens.extend(["<|im_start|>", "<|im_end|>", "<think>", "th", "the"].map(String::from));
        tokens.extend((tokens.len()..VOCAB).map(|id| format!("[PAD{id}]")));
        let kind = |id: usize| match id {
            256 | 257 => 3,
            258 => 4,
            261.. => 5,
            _ => 1,
        };
        let mut all = vec![
            ("general.architecture".to_owned(), Value::String(self.architecture.into())),
            (own("block_count"), Value::U32(self.layers as u32)),
            (own("context_length"), Value::U32(self.context)),
            (own("embedding_length"), Value::U64(HIDDEN as u64)),
            (own("feed_forward_length"), Value::U16(FEED_FORWARD as u16)),
            (own("attention.head_count"), Value::I32(HEADS as i32)),
            (own("attention.head_count_kv"), Value::U8(KV_HEADS as u8)),
            (own("attention.key_length"), Value::U32(self.head_dim() as u32)),
            (own("attention.value_length"), Value::U32(self.head_dim() as u32)),
            (own("attention.layer_norm_rms_epsilon"), Value::F32(1e-5)),
            ("tokenizer.ggml.model".to_owned(), Value::String("gpt2".into())),
            ("tokenizer.ggml.pre".to_owned(), Value::String("smollm".into())),
            ("tokenizer.ggml.tokens".to_owned(), texts(tokens)),
            ("tokenizer.ggml.token_type".to_owned(), Value::Array((0..VOCAB).map(|id| Value::I32(kind(id))).collect())),
            ("tokenizer.ggml.merges".to_owned(), texts(vec!["t h".into(), "th e".into()])),
            ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(IM_END)),
        ];
        for (key, value) in &self.set {
            all.retain(|(name, _)| name != key);
            all.push((key.clone(), value.clone()));
        }
        all.retain(|(key, _)| !self.without.iter().any(|gone| key == gone));
        all
    }

    fn all_tensors(&self) -> Vec<(String, QTensor)> {
        let (q, kv) = (HEADS * self.head_dim(), KV_HEADS * self.head_dim());
        let mut shapes: Vec<(String, Vec<usize>)> =
            vec![("token_embd.weight".into(), vec![VOCAB, HIDDEN]), ("output_norm.weight".into(), vec![HIDDEN])];
        match self.architecture {
            "qwen2" => {} // its embedding is its output
            "llama" => shapes.extend([
                ("output.weight".into(), vec![VOCAB, HIDDEN]),
                ("rope_freqs.weight".into(), vec![self.head_dim() / 2]),
            ]),
            _ => shapes.push(("output.weight".into(), vec![VOCAB, HIDDEN])),
        }
        for layer in 0..self.layers {
            let mut push = |part: &str, shape: &[usize]| shapes.push((format!("blk.{layer}.{part}"), shape.to_vec()));
            push("attn_norm.weight", &[HIDDEN]);
            push("ffn_norm.weight", &[HIDDEN]);
            for (part, rows) in [("attn_q", q), ("attn_k", kv), ("attn_v", kv)] {
                push(&format!("{part}.weight"), &[rows, HIDDEN]);
                if self.architecture == "qwen2" {
                    push(&format!("{part}.bias"), &[rows]);
                }
            }
            if self.architecture == "qwen3" {
                push("attn_q_norm.weight", &[self.head_dim()]);
                push("attn_k_norm.weight", &[self.head_dim()]);
            }
            push("attn_output.weight", &[HIDDEN, q]);
            push("ffn_gate.weight", &[FEED_FORWARD, HIDDEN]);
            push("ffn_up.weight", &[FEED_FORWARD, HIDDEN]);
            push("ffn_down.weight", &[HIDDEN, FEED_FORWARD]);
        }
        for (name, shape) in &self.tensors {
            shapes.retain(|(known, _)| known != name);
            shapes.push(((*name).to_owned(), shape.clone()));
        }
        shapes.retain(|(name, _)| Some(name.as_str()) != self.without_tensor);
        let mut state = 7u64;
        shapes.into_iter().map(|(name, shape)| (name.clone(), self.random(&name, &shape, &mut state))).collect()
    }

    /// Random numbers of about 0.3, norms of about 1.
    fn random(&self, name: &str, shape: &[usize], state: &mut u64) -> QTensor {
        let middle = if name.contains("norm") || name.contains("freqs") { 1.0 } else { 0.0 };
        let mut next = || {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((*state >> 40) as f32 / (1 << 24) as f32 - 0.5) * 0.9
        };
        let numbers: Vec<f32> = (0..shape.iter().product()).map(|_| (middle + next()) * self.scale).collect();
        let tensor = Tensor::from_vec(numbers, shape, &Device::Cpu).expect("as many numbers as the shape says");
        let fits = shape.len() == 2 && shape[1].is_multiple_of(self.dtype.block_size());
        let dtype = if fits { self.dtype } else { GgmlDType::F32 };
        QTensor::quantize(&tensor, dtype).expect("F32 fits every shape")
    }
}
