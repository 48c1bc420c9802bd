//! Text generation: a GGUF file's decoder, tokenizer, chat template and sampler, on a thread of its own.
//!
//! [`Engine::load`] starts one thread that owns the model and its KV cache. [`Engine::submit`] puts a [`Request`] in a
//! bounded line and returns a [`Generation`], from which events come; dropping it cancels the sequence, waiting or running.
//! Prompts become tokens on the caller's thread. Sequences run one at a time, in order of arrival.
//!
//! Knows no HTTP, wire format, book or lesson. Invariants: text inside a [`Message`] never becomes a control token; deltas
//! are whole characters and join to the summary's text; a failed sequence never ends the thread; what a file asks for and
//! the decoder does not do is refused by name when the file is loaded.

mod batch;
mod bytes;
mod error;
mod gguf;
mod handle;
mod line;
mod model;
mod prompt;
mod request;
mod sampler;
mod sequence;
mod stop;
mod template;
mod tokenizer;

pub use error::EngineError;
pub use handle::{Engine, EngineConfig, Generation, KvPrecision};
pub use prompt::{Message, Prompt, Role};
pub use request::{EndTokens, Event, FinishReason, ModelInfo, Request, Summary, Timings};
pub use sampler::Sampling;
pub use template::ChatTemplate;
pub use tokenizer::{Specials, Tokenizer};

#[cfg(test)]
mod tests;
