//! `config.json` of a BERT: what it is made of, checked.

use super::EmbedError;
use crate::kernels::Activation;
use candle_transformers::models::bert;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A BERT's sizes.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Shape {
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) hidden_act: HiddenAct,
    pub(super) max_position_embeddings: usize,
    pub(super) type_vocab_size: usize,
    pub(super) layer_norm_eps: f64,
    #[serde(default)]
    pub(super) pad_token_id: u32,
    position_embedding_type: Option<String>,
    model_type: Option<String>,
    num_labels: Option<usize>,
    id2label: Option<BTreeMap<String, serde_json::Value>>,
}

/// The names that activations have in published files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HiddenAct {
    Gelu,
    #[serde(alias = "gelu_fast", alias = "gelu_pytorch_tanh", alias = "gelu_approximate", alias = "geluapproximate")]
    GeluNew,
    Relu,
}

impl Shape {
    /// Reads and checks the file at `path` for texts of `max_tokens`.
    pub(super) fn read(path: &Path, bytes: &[u8], max_tokens: usize) -> Result<Self, EmbedError> {
        let malformed = |reason| EmbedError::Malformed { path: path.to_owned(), reason };
        let shape: Self = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        shape.check(max_tokens).map_err(malformed)?;
        Ok(shape)
    }

    /// What would divide by zero or read past a table.
    fn check(&self, max_tokens: usize) -> Result<(), String> {
        if let Some(kind) = self.model_type.as_ref().filter(|kind| *kind != "bert") {
            return Err(format!("model_type is {kind:?}, expected \"bert\""));
        }
        // The other ways that BERT knows to tell a token's place are rare.
        if let Some(kind) = self.position_embedding_type.as_ref().filter(|kind| *kind != "absolute") {
            return Err(format!("position_embedding_type is {kind:?}, expected \"absolute\""));
        }
        let (width, heads) = (self.hidden_size, self.num_attention_heads);
        if heads == 0 || width == 0 || !width.is_multiple_of(heads) {
            return Err(format!("hidden_size {width} is not a multiple of num_attention_heads {heads}"));
        }
        if self.intermediate_size == 0 || self.type_vocab_size == 0 {
            return Err("intermediate_size or type_vocab_size is 0".to_owned());
        }
        let most = self.max_position_embeddings;
        if max_tokens < 8 || max_tokens > most {
            return Err(format!("max_tokens is {max_tokens}, expected 8 to max_position_embeddings {most}"));
        }
        Ok(())
    }

    /// How many labels a classifier says it has.
    pub(super) fn num_labels(&self) -> Option<usize> {
        self.num_labels.or_else(|| self.id2label.as_ref().map(BTreeMap::len))
    }

    pub(super) fn activation(&self) -> Activation {
        match self.hidden_act {
            HiddenAct::Gelu => Activation::Gelu,
            HiddenAct::GeluNew => Activation::GeluTanh,
            HiddenAct::Relu => Activation::Relu,
        }
    }

    /// The same for candle, which runs it on GPUs.
    pub(super) fn candle(&self) -> bert::Config {
        bert::Config {
            vocab_size: self.vocab_size,
            hidden_size: self.hidden_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            intermediate_size: self.intermediate_size,
            hidden_act: match self.hidden_act {
                HiddenAct::Gelu => bert::HiddenAct::Gelu,
                HiddenAct::GeluNew => bert::HiddenAct::GeluApproximate,
                HiddenAct::Relu => bert::HiddenAct::Relu,
            },
            max_position_embeddings: self.max_position_embeddings,
            type_vocab_size: self.type_vocab_size,
            layer_norm_eps: self.layer_norm_eps,
            pad_token_id: self.pad_token_id as usize,
            ..bert::Config::default()
        }
    }
}
