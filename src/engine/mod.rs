//! Text generation: a GGUF file's decoder, tokenizer, chat template and sampler, on a thread of its own.
//!
//! [`Engine::load`] starts one thread that owns the model and its KV cache. [`Engine::submit`] puts a [`Request`] in a
//! bounded line and returns a [`Generation`], from which events come; dropping it cancels the sequence, waiting or running.
//! Prompts become tokens on the caller's thread.
//!
//! ```text
//! submit ─ line ─> scheduler ─ plan ─> worker ─ step ─> model      who waits, who runs; all at once; one forward pass
//!                   │  pool (blocks, prefix)     └─ logits ─> sequence ─ events ─> Generation
//! ```
//!
//! Sequences run together: a step is the next token of each that writes and a chunk of the prompts that are read. Keys and
//! values are in blocks of one pool; sequences that begin alike share them, also while they are computed. When the pool is
//! full the youngest sequence waits and is computed again later. What runs together changes no answer but by rounding.
//!
//! Knows no HTTP, wire format, book or lesson. Invariants: text inside a [`Message`] never becomes a control token; deltas
//! are whole characters and join to the summary's text; a failed sequence ends neither the thread nor another sequence; what a file asks for and
//! the decoder does not do is refused by name when the file is loaded.

mod batch;
mod blocks;
mod bytes;
mod drafting;
mod error;
mod gguf;
mod grammar;
mod handle;
mod instructions;
mod line;
mod lookup;
mod model;
mod pool;
mod prefix;
mod prompt;
mod recompute;
mod request;
mod sampler;
mod scheduler;
mod sequence;
mod stop;
mod template;
mod tokenizer;
mod totals;
mod worker;

pub use drafting::Drafts;
pub use error::EngineError;
pub use grammar::Grammar;
pub use handle::{Engine, EngineConfig, Generation, KvPrecision};
pub use instructions::{Instructions, instructions};
pub use prompt::{Message, Prompt, Role};
pub use request::{Choice, EndTokens, Event, FinishReason, ModelInfo, Request, Summary, Timings};
pub use sampler::Sampling;
pub use template::ChatTemplate;
pub use tokenizer::{Specials, Tokenizer};
pub use totals::Totals;

#[cfg(test)]
pub(crate) use model::nano;
/// Good model files of some kilobytes, one of each architecture, for the fuzzer to damage.
#[cfg(fuzzing)]
pub fn nano_files() -> Vec<Vec<u8>> {
    let write = |architecture| model::nano::Nano::of(architecture).write();
    let read = |(_folder, path): (_, std::path::PathBuf)| std::fs::read(path).expect("it was just written");
    ["llama", "qwen2", "qwen3"].map(write).map(read).into()
}

#[cfg(test)]
mod grammar_tests;
#[cfg(test)]
mod scheduler_tests;
#[cfg(test)]
mod tests;
