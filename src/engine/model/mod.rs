//! The decoder: configuration, weights and per-sequence state apart. What distinguishes Llama, Qwen2 and Qwen3 is data in
//! [`config::Config`] and optional tensors in [`weights::Weights`]; there is one forward pass. Knows no text.

mod config;
mod decoder;
mod expand;
mod flat;
mod flat_weights;
mod kv;
mod norm;
mod rope;
mod weights;

pub(crate) use config::Config;
pub(crate) use decoder::Decoder;
pub(crate) use flat::FlatModel;
pub(crate) use kv::KvCache;

#[cfg(test)]
mod flat_tests;
#[cfg(any(test, fuzzing))]
pub(crate) mod nano;
#[cfg(test)]
mod tests;
