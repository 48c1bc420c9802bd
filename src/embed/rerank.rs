//! How well a passage answers a question, by a cross-encoder: a BERT that reads both at once, with a classifier of one
//! label on its first token (`BertForSequenceClassification`).

use super::encoder::Encoder;
use super::files::ModelFiles;
use super::text::{TextTokenizer, Tokens};
use super::weights::Weights;
use super::{EmbedError, Pooling, Shape};
use crate::device::DeviceKind;
use std::path::PathBuf;

/// Which model to load.
#[derive(Debug, Clone)]
pub struct RerankConfig {
    /// Folder with `config.json`, `tokenizer.json` and `model.safetensors`.
    pub dir: PathBuf,
    /// Where it runs.
    pub device: DeviceKind,
    /// Longest question and passage together in tokens, the three special ones included; the passage is cut there.
    pub max_tokens: usize,
}

impl RerankConfig {
    /// The settings of the ms-marco-MiniLM cross-encoders for the model in `dir`, on the processor.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), device: DeviceKind::Cpu, max_tokens: 512 }
    }
}

/// A loaded model. Calls may come from several threads at once.
pub struct Reranker {
    encoder: Encoder,
    tokenizer: TextTokenizer,
    head: Head,
    name: String,
    fingerprint: String,
}

impl std::fmt::Debug for Reranker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reranker")
            .field("name", &self.name)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl Reranker {
    /// Loads a model into memory.
    ///
    /// # Errors
    /// A file is missing, cut short or not what it should be, the classifier has not one label, or the device is not
    /// there.
    pub fn load(config: &RerankConfig) -> Result<Self, EmbedError> {
        let files = ModelFiles::read(&config.dir, config.max_tokens, &format!("rerank {}", config.max_tokens))?;
        let shape = &files.shape;
        if let Some(labels) = shape.num_labels().filter(|labels| *labels != 1) {
            let reason = format!("the classifier has {labels} labels, expected 1");
            return Err(EmbedError::Malformed { path: files.config_path, reason });
        }
        let tokenizer = TextTokenizer::load(&files.tokenizer_path, &files.tokenizer, shape, config.max_tokens)?;
        let head = Head::load(&files.weights, shape)?;
        let encoder = Encoder::load(files.weights, shape, crate::device::open(config.device)?)?;
        Ok(Self { encoder, tokenizer, head, name: files.name, fingerprint: files.fingerprint })
    }

    /// How well each passage answers the question, in the order given: what the classifier says as it is (a logit), of
    /// either sign. A question so long that the passage would have less than half of the tokens is cut as well.
    ///
    /// # Errors
    /// The device failed (out of memory), or the weights give no numbers.
    pub fn score(&self, question: &str, passages: &[&str]) -> Result<Vec<f32>, EmbedError> {
        let question = self.tokenizer.question(question)?;
        let tokens = self.encoder.map(passages, |passage| self.tokenizer.pair(&question, passage));
        let tokens = tokens.into_iter().collect::<Result<Vec<Tokens>, EmbedError>>()?;
        let vectors = self.encoder.vectors(&tokens, Pooling::Cls)?;
        self.encoder.map(&vectors, |vector| self.head.score(vector)).into_iter().collect()
    }

    /// The model as people name it: its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Changes whenever a score might: name and a hash of weights, tokenizer and settings.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// What makes the first token's vector a score.
struct Head {
    /// `(width, width)`
    pooler: Vec<f32>,
    /// `(width,)`
    pooler_bias: Vec<f32>,
    /// `(width,)`
    classifier: Vec<f32>,
    bias: f32,
}

impl Head {
    fn load(weights: &Weights, shape: &Shape) -> Result<Self, EmbedError> {
        let width = shape.hidden_size;
        Ok(Self {
            pooler: weights.encoder("pooler.dense.weight", &[width, width])?,
            pooler_bias: weights.encoder("pooler.dense.bias", &[width])?,
            classifier: weights.tensor("classifier.weight", &[1, width])?,
            bias: weights.tensor("classifier.bias", &[1])?[0],
        })
    }

    /// `classifier · tanh(pooler · vector + bias) + bias`; so little work that it is in f64.
    fn score(&self, vector: &[f32]) -> Result<f32, EmbedError> {
        let rows = self.pooler.chunks_exact(vector.len());
        let pooled = rows.zip(&self.pooler_bias).map(|(row, bias)| (dot(row, vector) + f64::from(*bias)).tanh());
        let score = pooled.zip(&self.classifier).map(|(x, weight)| x * f64::from(*weight)).sum::<f64>();
        let score = (score + f64::from(self.bias)) as f32;
        if score.is_finite() { Ok(score) } else { Err(EmbedError::Score { score }) }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}
