//! What goes into the engine and what comes out.

use super::error::EngineError;
use super::grammar::Grammar;
use super::prompt::Prompt;
use super::sampler::Sampling;
use std::time::Duration;

/// What to do when the model says that its answer is whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EndTokens {
    /// Finish.
    #[default]
    Stop,
    /// Never choose such a token, so that the answer runs to its largest length: for measurements.
    Forbid,
}

/// One question to the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is asked.
    pub prompt: Prompt,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Most tokens of the answer.
    pub max_tokens: usize,
    /// The answer ends before the first of these texts.
    pub stop: Vec<String>,
    /// How many of the first step's likeliest tokens to report.
    pub top_logprobs: usize,
    /// What ends an answer.
    pub end_tokens: EndTokens,
    /// The form that the answer must have. It is whole only if it ends with [`FinishReason::Stop`].
    pub grammar: Option<Grammar>,
    /// Reports every token of the answer as an [`Event::Token`], with this many of the likeliest beside it.
    pub logprobs: Option<usize>,
    /// For whom it is, where one may ask for several: owners take turns.
    pub owner: Option<String>,
}

impl Request {
    /// A greedy answer of at most 256 tokens.
    #[must_use]
    pub fn new(prompt: Prompt) -> Self {
        Self {
            prompt,
            sampling: Sampling::default(),
            max_tokens: 256,
            stop: Vec::new(),
            top_logprobs: 0,
            end_tokens: EndTokens::Stop,
            grammar: None,
            logprobs: None,
            owner: None,
        }
    }
}

/// What happens to a sequence, in order: any number of `Queued`, one `Started`, any number of `Token` and `Delta`, then one
/// of `Finished` and `Failed`, after which nothing comes. A sequence cancelled while it waits goes straight to `Finished`.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// It waits; sent again whenever the place changes.
    Queued {
        /// Its place in the line, from 1: the next to start.
        position: usize,
    },
    /// It runs.
    Started {
        /// The prompt as the model sees it.
        prompt: Vec<u32>,
    },
    /// A token of the answer, where [`Request::logprobs`] asks for them; its text comes with a later `Delta`.
    Token(Choice),
    /// More text. All deltas join to [`Summary::text`].
    Delta {
        /// Whole characters, never empty.
        text: String,
    },
    /// It has ended.
    Finished(Summary),
    /// It was lost; the engine goes on.
    Failed(EngineError),
}

/// A token that was chosen, with natural log-probabilities before any sampling setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The token.
    pub id: u32,
    /// How likely it was.
    pub logprob: f32,
    /// The likeliest, the likeliest first.
    pub top: Vec<(u32, f32)>,
}

/// Why a sequence ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model or a stop text ended it.
    Stop,
    /// It reached its largest length or the end of the context.
    Length,
    /// The one who asked lost interest.
    Cancelled,
}

/// A sequence that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Tokens of the answer, without the one that ended it.
    pub tokens: Vec<u32>,
    /// The first step's likeliest tokens with natural log-probabilities before any sampling setting, the likeliest first.
    pub first_top: Vec<(u32, f32)>,
    /// Why it ended.
    pub finish: FinishReason,
    /// The whole text.
    pub text: String,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// How many of them did not have to be computed: an earlier sequence began with the same.
    pub cached_tokens: usize,
    /// How long it took.
    pub timings: Timings,
}

/// Where a sequence's time went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// From the request to the start.
    pub queued: Duration,
    /// From the start to the prompt's last step, other sequences' parts of these steps included.
    pub prefill: Duration,
    /// All later steps.
    pub decode: Duration,
}

/// What model an engine runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// The file's own name for the model, or the file's name.
    pub name: String,
    /// `llama`, `qwen2` or `qwen3`.
    pub architecture: String,
    /// Type of most weights: `Q4_1`, `F32`.
    pub weights: String,
    /// Number of weights.
    pub num_weights: u64,
    /// Number of tokens it knows.
    pub vocab: usize,
    /// Most tokens of prompt and answer together.
    pub context_tokens: usize,
    /// Size of the file.
    pub file_bytes: u64,
    /// What the keys and values of a token take in memory.
    pub kv_bytes_per_token: usize,
}
