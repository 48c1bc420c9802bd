//! Products of rows with quantised weights and attention over blocks, as vector code chosen at run time: the only home of
//! `unsafe` SIMD. A scalar twin of every kernel is its specification and its test. Knows no models.
//!
//! A weight is read once into [`Packed`]. The rows of a step are rounded once into [`Rows`] and multiplied with all weights
//! that take them by [`products`] or [`gated`]. An encoder of texts has its weights in [`Matrix`] and its rows in [`Sheet`],
//! both in f32. A [`Pool`] of threads shares out the tasks of each operation.

mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod cache;
mod dense;
mod format;
mod level;
mod matrix;
mod memory;
mod packed;
mod pool;
mod product;
mod rows;
mod text_attention;
mod twin;
mod vector;
#[cfg(target_arch = "x86_64")]
mod vnni;

pub(crate) use attention::attention;
pub(crate) use cache::{BLOCK_TOKENS, Cache, Precision, Shape, Span};
pub(crate) use format::Format;
pub(crate) use level::Level;
pub(crate) use matrix::{Matrix, Sheet, for_rows_of};
pub(crate) use memory::Memory;
pub(crate) use packed::{PackError, Packed};
pub(crate) use pool::Pool;
pub(crate) use product::{Job, Sink, gated, products};
pub(crate) use rows::{Forms, Rows};
pub(crate) use text_attention::{Queries, text_attention};
pub(crate) use vector::{Activation, LayerNorm, Norm, for_rows, rms_norm_in_place};

#[cfg(test)]
mod encoder_tests;
#[cfg(test)]
mod tests;
