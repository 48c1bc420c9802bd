//! BERT (Devlin et al. 2018) on the processor. The tokens of all texts of a pass are rows of one sheet, one text after the
//! other and nothing between them; only attention knows where a text ends.

use super::text::Tokens;
use super::weights::Weights;
use super::{EmbedError, Shape};
use crate::kernels::{Activation, LayerNorm, Level, Matrix, Memory, Pool, Queries, Sheet, for_rows_of, text_attention};
use std::ops::Range;

/// The weights, and what is done with them.
pub(super) struct Bert {
    /// `(vocabulary, width)`
    words: Vec<f32>,
    /// `(max_tokens, width)`
    positions: Vec<f32>,
    /// `(types, width)`
    types: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    width: usize,
    num_heads: usize,
    activation: Activation,
    level: Level,
}

struct Layer {
    /// Queries, keys and values: `width` to `3 * width`.
    projection: Matrix,
    /// The heads' outputs together: `width` to `width`.
    output: Matrix,
    output_norm: Norm,
    up: Matrix,
    down: Matrix,
    norm: Norm,
}

/// Of a layer norm, `(width,)` each.
struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
    eps: f32,
}

impl Bert {
    pub(super) fn load(weights: &Weights, shape: &Shape) -> Result<Self, EmbedError> {
        let (width, inner) = (shape.hidden_size, shape.intermediate_size);
        let mut memory = Memory::default();
        let eps = shape.layer_norm_eps as f32;
        let norm = |name: &str| {
            let part = |new, old| weights.either(&format!("{name}.{new}"), &format!("{name}.{old}"), &[width]);
            Ok::<_, EmbedError>(Norm { scale: part("weight", "gamma")?, shift: part("bias", "beta")?, eps })
        };
        let mut matrix = |names: &[String], outputs: usize, inputs: usize| {
            let mut layers = Vec::new();
            for name in names {
                let weight = weights.encoder(&format!("{name}.weight"), &[outputs, inputs])?;
                layers.push((weight, weights.encoder(&format!("{name}.bias"), &[outputs])?));
            }
            let layers: Vec<(&[f32], &[f32])> = layers.iter().map(|(w, b)| (w.as_slice(), b.as_slice())).collect();
            Matrix::pack(inputs, &layers, &mut memory).map_err(EmbedError::Memory)
        };
        let mut layers = Vec::with_capacity(shape.num_hidden_layers.min(1024));
        for index in 0..shape.num_hidden_layers {
            let name = |part: &str| format!("encoder.layer.{index}.{part}");
            let attention = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
            layers.push(Layer {
                projection: matrix(&attention, width, width)?,
                output: matrix(&[name("attention.output.dense")], width, width)?,
                output_norm: norm(&name("attention.output.LayerNorm"))?,
                up: matrix(&[name("intermediate.dense")], inner, width)?,
                down: matrix(&[name("output.dense")], width, inner)?,
                norm: norm(&name("output.LayerNorm"))?,
            });
        }
        let table = |name: &str, rows| weights.encoder(&format!("embeddings.{name}_embeddings.weight"), &[rows, width]);
        Ok(Self {
            words: table("word", shape.vocab_size)?,
            positions: table("position", shape.max_position_embeddings)?,
            types: table("token_type", shape.type_vocab_size)?,
            norm: norm("embeddings.LayerNorm")?,
            layers,
            width,
            num_heads: shape.num_attention_heads,
            activation: shape.activation(),
            level: Level::best(),
        })
    }

    /// The code it runs with, for the pools given to [`Bert::forward`].
    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// The last layer's rows, one text after the other: of every token, `(tokens, width)`, or of the first of each text,
    /// `(texts, width)`.
    ///
    /// A text has at least one token and no token, type or place beyond the tables.
    pub(super) fn forward(&self, pool: &Pool, texts: &[&Tokens], queries: Queries) -> Sheet {
        let mut end = 0;
        let mut spans: Vec<Range<usize>> = Vec::with_capacity(texts.len());
        for text in texts {
            spans.push(end..end + text.ids.len());
            end += text.ids.len();
        }
        let mut rows = self.embed(pool, texts, end); // (tokens, width)
        let last = self.layers.len().wrapping_sub(1);
        if self.layers.is_empty() && queries == Queries::First {
            return firsts(&rows, &spans);
        }
        // Used by all layers, because fresh memory costs time.
        let (mut wide, mut narrow, mut heads) = (Sheet::default(), Sheet::default(), Sheet::default());
        for (index, layer) in self.layers.iter().enumerate() {
            let queries = if index == last { queries } else { Queries::All };
            layer.projection.product(pool, &rows, None, &mut wide); // (tokens, 3 * width)
            text_attention(pool, &wide, self.num_heads, &spans, queries, &mut heads); // (queries, width)
            if queries == Queries::First {
                rows = firsts(&rows, &spans); // (texts, width)
            }
            layer.output.product(pool, &heads, None, &mut narrow); // (queries, width)
            layer.output_norm.add(pool, &mut rows, &narrow);
            layer.up.product(pool, &rows, Some(self.activation), &mut wide); // (queries, inner)
            layer.down.product(pool, &wide, None, &mut narrow); // (queries, width)
            layer.norm.add(pool, &mut rows, &narrow);
        }
        rows
    }

    fn row<'a>(&self, table: &'a [f32], row: usize) -> &'a [f32] {
        &table[row * self.width..][..self.width]
    }

    /// What the tokens are before the first layer, `(tokens, width)`.
    fn embed(&self, pool: &Pool, texts: &[&Tokens], num_tokens: usize) -> Sheet {
        let mut rows = Sheet::new(num_tokens, self.width);
        let mut row = 0;
        for text in texts {
            for (place, (id, kind)) in text.ids.iter().zip(&text.type_ids).enumerate() {
                let word = self.row(&self.words, *id as usize);
                let position = self.row(&self.positions, place);
                let kind = self.row(&self.types, *kind as usize);
                for (((to, word), position), kind) in rows.row_mut(row).iter_mut().zip(word).zip(position).zip(kind) {
                    *to = word + kind + position;
                }
                row += 1;
            }
        }
        let level = self.level;
        for_rows_of(pool, &mut rows, |_, row| self.norm.kernel().apply(level, row, &[]));
        rows
    }
}

impl Norm {
    fn kernel(&self) -> LayerNorm<'_> {
        LayerNorm { scale: &self.scale, shift: &self.shift, eps: self.eps }
    }

    /// `rows = norm(rows + others)`.
    fn add(&self, pool: &Pool, rows: &mut Sheet, others: &Sheet) {
        let level = pool.level();
        for_rows_of(pool, rows, |index, row| self.kernel().apply(level, row, others.row(index)));
    }
}

/// The first row of each text.
fn firsts(rows: &Sheet, texts: &[Range<usize>]) -> Sheet {
    let mut firsts = Sheet::new(texts.len(), rows.width());
    for (index, text) in texts.iter().enumerate() {
        firsts.row_mut(index).copy_from_slice(rows.row(text.start));
    }
    firsts
}
