//! A small BERT of random numbers for tests: its files, and what it computes said in f64 without any library.

use serde_json::json;
use std::collections::HashMap;
use std::path::Path;

/// What it is made of.
#[derive(Debug, Clone)]
pub(super) struct Tiny {
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) inner: usize,
    pub(super) layers: usize,
    pub(super) act: &'static str,
    /// Put before the names of the tensors.
    pub(super) prefix: &'static str,
    pub(super) labels: usize,
}

pub(super) const WORDS: [&str; 12] =
    ["heat", "flows", "from", "warm", "to", "cold", "bodies", "what", "is", "light", "##s", "?"];
const SPECIAL: [&str; 4] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
const CLS: u32 = 2;
const SEP: u32 = 3;
pub(super) const MAX_TOKENS: usize = 80;
const EPS: f64 = 1e-12;

/// Tensors by name, with their shapes.
pub(super) type Tensors = HashMap<String, (Vec<usize>, Vec<f32>)>;

impl Default for Tiny {
    fn default() -> Self {
        Self { width: 24, heads: 2, inner: 40, layers: 2, act: "gelu", prefix: "", labels: 1 }
    }
}

impl Tiny {
    /// Random weights, those of a classifier too.
    pub(super) fn tensors(&self) -> Tensors {
        let (width, inner) = (self.width, self.inner);
        let mut state = 0x9E37_79B9_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let mut tensors = Tensors::new();
        let mut add = |name: String, shape: &[usize], (scale, shift): (f32, f32)| {
            let numbers = (0..shape.iter().product()).map(|_| random() * scale + shift).collect();
            tensors.insert(name, (shape.to_vec(), numbers));
        };
        let wide = (0.6, 0.0);
        let rows = [("word", SPECIAL.len() + WORDS.len()), ("position", MAX_TOKENS), ("token_type", 2)];
        for (name, rows) in rows {
            add(format!("{}embeddings.{name}_embeddings.weight", self.prefix), &[rows, width], wide);
        }
        let mut norms = vec![format!("{}embeddings.LayerNorm", self.prefix)];
        let mut dense = vec![(format!("{}pooler.dense", self.prefix), width, width)];
        dense.push(("classifier".to_owned(), self.labels, width));
        for layer in 0..self.layers {
            let name = |part: &str| format!("{}encoder.layer.{layer}.{part}", self.prefix);
            for part in ["self.query", "self.key", "self.value", "output.dense"] {
                dense.push((name(&format!("attention.{part}")), width, width));
            }
            dense.push((name("intermediate.dense"), inner, width));
            dense.push((name("output.dense"), width, inner));
            norms.extend([name("attention.output.LayerNorm"), name("output.LayerNorm")]);
        }
        for (name, outputs, inputs) in dense {
            add(format!("{name}.weight"), &[outputs, inputs], (1.5 / (inputs as f32).sqrt(), 0.0));
            add(format!("{name}.bias"), &[outputs], (0.3, 0.0));
        }
        for name in norms {
            add(format!("{name}.weight"), &[width], (0.3, 1.0));
            add(format!("{name}.bias"), &[width], (0.3, 0.0));
        }
        tensors
    }

    /// The three files of a model.
    pub(super) fn write(&self, dir: &Path, tensors: &Tensors) {
        let put = |name: &str, text: String| std::fs::write(dir.join(name), text).expect("a file is written");
        let labels: serde_json::Map<_, _> = (0..self.labels).map(|n| (n.to_string(), json!("LABEL"))).collect();
        let config = json!({
            "vocab_size": SPECIAL.len() + WORDS.len(), "hidden_size": self.width, "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads, "intermediate_size": self.inner, "hidden_act": self.act,
            "max_position_embeddings": MAX_TOKENS, "type_vocab_size": 2, "layer_norm_eps": EPS, "model_type": "bert",
            "pad_token_id": 0, "id2label": labels,
        });
        put("config.json", config.to_string());
        let vocabulary: serde_json::Map<_, _> =
            SPECIAL.iter().chain(&WORDS).enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
        let special = |name: &str, kind: u32| json!({"SpecialToken": {"id": name, "type_id": kind}});
        let text = |name: &str, kind: u32| json!({"Sequence": {"id": name, "type_id": kind}});
        let known = |name: &str, id: u32| json!({"id": name, "ids": [id], "tokens": [name]});
        let single = [special("[CLS]", 0), text("A", 0), special("[SEP]", 0)];
        let pair = [&single[..], &[text("B", 1), special("[SEP]", 1)]].concat();
        let tokenizer = json!({
            "version": "1.0", "added_tokens": [],
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "TemplateProcessing", "single": single, "pair": pair,
                "special_tokens": {"[CLS]": known("[CLS]", CLS), "[SEP]": known("[SEP]", SEP)}},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": vocabulary},
        });
        put("tokenizer.json", tokenizer.to_string());
        let tensors: HashMap<String, candle_core::Tensor> = tensors
            .iter()
            .map(|(name, (shape, numbers))| {
                let tensor = candle_core::Tensor::from_slice(numbers, shape.as_slice(), &candle_core::Device::Cpu);
                (name.clone(), tensor.expect("a tensor"))
            })
            .collect();
        candle_core::safetensors::save(&tensors, dir.join("model.safetensors")).expect("weights are written");
    }

    /// The vectors of a text's tokens after the last layer.
    pub(super) fn forward(&self, tensors: &Tensors, ids: &[u32], types: &[u32]) -> Vec<Vec<f64>> {
        let named = |name: &str| &tensors[&format!("{}{name}", self.prefix)].1;
        let row = |name: &str, row: usize| &named(name)[row * self.width..(row + 1) * self.width];
        let norm = |x: Vec<f64>, name: &str| {
            let mean = x.iter().sum::<f64>() / x.len() as f64;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
            let (scale, shift) = (named(&format!("{name}.weight")), named(&format!("{name}.bias")));
            let parts = x.iter().zip(scale).zip(shift);
            parts.map(|((x, a), b)| (x - mean) / (variance + EPS).sqrt() * f64::from(*a) + f64::from(*b)).collect()
        };
        let dense = |x: &[f64], name: &str| dense(tensors, &format!("{}{name}", self.prefix), x);
        let sum = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
        let mut rows: Vec<Vec<f64>> = Vec::new();
        for (place, (id, kind)) in ids.iter().zip(types).enumerate() {
            let word = row("embeddings.word_embeddings.weight", *id as usize);
            let position = row("embeddings.position_embeddings.weight", place);
            let kind = row("embeddings.token_type_embeddings.weight", *kind as usize);
            let all = word.iter().zip(position).zip(kind);
            let all = all.map(|((a, b), c)| f64::from(*a) + f64::from(*b) + f64::from(*c)).collect();
            rows.push(norm(all, "embeddings.LayerNorm"));
        }
        for layer in 0..self.layers {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            let all = |part: &str| -> Vec<Vec<f64>> { rows.iter().map(|row| dense(row, &name(part))).collect() };
            let (queries, keys) = (all("attention.self.query"), all("attention.self.key"));
            let heads = self.attend(&queries, &keys, &all("attention.self.value"));
            for (row, heads) in rows.iter_mut().zip(heads) {
                let out = sum(row, &dense(&heads, &name("attention.output.dense")));
                *row = norm(out, &name("attention.output.LayerNorm"));
                let mut inner = dense(row, &name("intermediate.dense"));
                inner.iter_mut().for_each(|x| *x = activation(self.act, *x));
                let out = sum(row, &dense(&inner, &name("output.dense")));
                *row = norm(out, &name("output.LayerNorm"));
            }
        }
        rows
    }

    fn attend(&self, queries: &[Vec<f64>], keys: &[Vec<f64>], values: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let size = self.width / self.heads;
        let mut outs = vec![vec![0.0; self.width]; queries.len()];
        for (query, out) in queries.iter().zip(&mut outs) {
            for head in 0..self.heads {
                let part = head * size..(head + 1) * size;
                let score = |key: &Vec<f64>| -> f64 {
                    let dot: f64 = query[part.clone()].iter().zip(&key[part.clone()]).map(|(a, b)| a * b).sum();
                    (dot / (size as f64).sqrt()).exp()
                };
                let scores: Vec<f64> = keys.iter().map(score).collect();
                let total: f64 = scores.iter().sum();
                for (score, value) in scores.iter().zip(values) {
                    let parts = out[part.clone()].iter_mut().zip(&value[part.clone()]);
                    parts.for_each(|(out, value)| *out += score / total * value);
                }
            }
        }
        outs
    }

    /// What the classifier says of a pair.
    pub(super) fn score(&self, tensors: &Tensors, ids: &[u32], types: &[u32]) -> f64 {
        let rows = self.forward(tensors, ids, types);
        let pooled = dense(tensors, &format!("{}pooler.dense", self.prefix), &rows[0]);
        let pooled: Vec<f64> = pooled.into_iter().map(f64::tanh).collect();
        dense(tensors, "classifier", &pooled)[0]
    }
}

/// The ids of a text made of [`WORDS`], special ones around it, cut at `max` words.
pub(super) fn ids(words: &[usize], max: usize) -> Vec<u32> {
    let words = words.iter().take(max).map(|word| (SPECIAL.len() + word) as u32);
    std::iter::once(CLS).chain(words).chain([SEP]).collect()
}

/// Words by their numbers, as text.
pub(super) fn text(words: &[usize]) -> String {
    words.iter().map(|word| WORDS[*word]).collect::<Vec<_>>().join(" ").replace(" ##", "")
}

fn dense(tensors: &Tensors, name: &str, x: &[f64]) -> Vec<f64> {
    let (weight, bias) = (&tensors[&format!("{name}.weight")].1, &tensors[&format!("{name}.bias")].1);
    let rows = weight.chunks_exact(x.len()).zip(bias);
    rows.map(|(row, bias)| row.iter().zip(x).map(|(a, b)| f64::from(*a) * b).sum::<f64>() + f64::from(*bias)).collect()
}

fn activation(name: &str, x: f64) -> f64 {
    match name {
        "relu" => x.max(0.0),
        "gelu" => 0.5 * x * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        _ => 0.5 * x * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044_715 * x * x * x)).tanh()),
    }
}

/// `2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!`
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..400 {
        term *= 2.0 * x * x / f64::from(2 * n + 1);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}
