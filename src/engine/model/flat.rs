//! The forward pass on the processor: one flat batch of the rows of many sequences, on plain buffers that are kept from step
//! to step, with keys and values in blocks. [`super::decoder`] computes the same with candle; it is what a GPU runs, and what
//! this is tested against.

use super::super::batch::{BLOCK_TOKENS, BlockId, Part, StepModel};
use super::super::error::EngineError;
use super::super::gguf::Gguf;
use super::config::{Config, RopeLayout};
use super::flat_weights::{FlatWeights, Linear, is_covered};
use super::rope::Angles;
use crate::kernels::{
    Cache, Forms, Job, Level, Norm, Packed, Pool, Precision, Rows, Shape, Sink, Span, attention, for_rows, gated,
    products, rms_norm_in_place,
};

const _: () = assert!(BLOCK_TOKENS == crate::kernels::BLOCK_TOKENS, "scheduler and kernels have the same blocks");

/// A language model with the pool of blocks.
#[derive(Debug)]
pub(crate) struct FlatModel {
    config: Config,
    precision: Precision,
    weights: FlatWeights,
    angles: Angles,
    pool: Pool,
    cache: Cache,
    buffers: Buffers,
}

/// What a step computes on the way.
#[derive(Debug, Default)]
struct Buffers {
    x: Vec<f32>,      // (rows, hidden)
    wanted: Vec<f32>, // (rows wanted, hidden)
    q: Vec<f32>,      // (rows, num_heads * key_dim)
    k: Vec<f32>,      // (rows, num_kv_heads * key_dim)
    v: Vec<f32>,      // (rows, num_kv_heads * value_dim)
    mixed: Vec<f32>,  // (rows, num_heads * value_dim)
    gated: Vec<f32>,  // (rows, feed_forward)
    cos: Vec<f32>,    // (rows, key_dim / 2)
    sin: Vec<f32>,    // (rows, key_dim / 2)
    rows: Rows,
}

impl FlatModel {
    /// Reads a model, its pool without blocks: see [`Self::set_num_blocks`]. `None` where the kernels lack the processor's instructions or one of
    /// the file's types.
    ///
    /// # Errors
    /// See [`Config::read`] and [`FlatWeights::read`].
    pub(crate) fn load(gguf: &mut Gguf, precision: Precision) -> Result<Option<Self>, EngineError> {
        let config = Config::read(gguf)?;
        if !Level::best().is_vector() || !is_covered(gguf, &config) {
            return Ok(None);
        }
        Self::load_at(gguf, precision, Level::best()).map(Some)
    }

    /// The same with the code of one level.
    pub(super) fn load_at(gguf: &mut Gguf, precision: Precision, level: Level) -> Result<Self, EngineError> {
        let config = Config::read(gguf)?;
        let pool = Pool::new(rayon::current_num_threads(), level);
        let weights = FlatWeights::read(gguf, &config, &pool)?;
        let angles = Angles::new(&config, weights.rope_factors.as_deref());
        let cache = Cache::new(shape(&config, precision), 0)?;
        tracing::debug!(threads = pool.num_threads(), weight_bytes = weights.num_bytes(), "weights packed");
        Ok(Self { config, precision, weights, angles, pool, cache, buffers: Buffers::default() })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Forgets all blocks and has `num_blocks` from now on.
    ///
    /// # Errors
    /// The system has no room for so many.
    pub(crate) fn set_num_blocks(&mut self, num_blocks: usize) -> Result<(), EngineError> {
        tracing::debug!(num_blocks, block_bytes = self.block_bytes(), "room for keys and values");
        self.cache = Cache::new(shape(&self.config, self.precision), num_blocks)?;
        Ok(())
    }

    /// Bytes of a block's keys and values, all layers.
    pub(crate) fn block_bytes(&self) -> usize {
        shape(&self.config, self.precision).block_bytes()
    }

    fn run(&mut self, parts: &[Part<'_>]) -> Vec<f32> {
        let blocks: Vec<Vec<u32>> =
            parts.iter().map(|part| part.blocks.iter().map(|block| block.0).collect()).collect();
        let mut spans = Vec::with_capacity(parts.len());
        let mut first_row = 0;
        for (part, blocks) in parts.iter().zip(&blocks) {
            let num_rows = part.ids.len();
            assert!(num_rows > 0 && part.num_logits <= num_rows, "a part has a token, and logits of its own rows");
            assert!(part.earlier + num_rows <= blocks.len() * BLOCK_TOKENS, "a part's blocks have room for it");
            spans.push(Span { first_row, num_rows, earlier: part.earlier, blocks });
            first_row += num_rows;
        }
        self.begin(parts, first_row);
        for index in 0..self.weights.layers.len() {
            self.layer(index, &spans);
        }
        let wanted = spans.iter().zip(parts);
        let wanted: Vec<_> = wanted
            .flat_map(|(span, part)| {
                (span.first_row + span.num_rows - part.num_logits)..(span.first_row + span.num_rows)
            })
            .collect();
        self.logits(&wanted)
    }

    /// Embeds the tokens and computes their positions' tables.
    fn begin(&mut self, parts: &[Part<'_>], num_rows: usize) {
        let Config { hidden, vocab, key_dim, num_heads, num_kv_heads, value_dim, feed_forward, .. } = self.config;
        let Buffers { x, q, k, v, mixed, gated, .. } = &mut self.buffers;
        let widths = [
            (x, hidden),
            (q, num_heads * key_dim),
            (k, num_kv_heads * key_dim),
            (v, num_kv_heads * value_dim),
            (mixed, num_heads * value_dim),
            (gated, feed_forward),
        ];
        for (buffer, width) in widths {
            buffer.resize(num_rows * width, 0.0);
        }
        let ids: Vec<usize> = parts.iter().flat_map(|part| part.ids.iter().map(|id| *id as usize)).collect();
        assert!(ids.iter().all(|id| *id < vocab), "ids are checked when a request comes in");
        let embedding = &self.weights.embedding;
        for_rows(&self.pool, &mut self.buffers.x, hidden, |row, numbers| embedding.row(ids[row], numbers));
        let Buffers { cos, sin, .. } = &mut self.buffers;
        cos.clear();
        sin.clear();
        for part in parts {
            for position in part.earlier..part.earlier + part.ids.len() {
                self.angles.push(position, cos, sin);
            }
        }
    }

    fn layer(&mut self, index: usize, spans: &[Span<'_>]) {
        let Self { config, weights, pool, cache, buffers, .. } = self;
        let layer = &weights.layers[index];
        let Buffers { x, q, k, v, mixed, gated: middle, cos, sin, rows, .. } = buffers;
        let eps = config.norm_eps;
        rows.set_normed(pool, x, Norm { weight: &layer.attn_norm, eps }, layer.attention_forms());
        products(pool, rows, &mut [job(&layer.q, q), job(&layer.k, k), job(&layer.v, v)]);
        let turn = Turn { dim: config.key_dim, layout: config.rope.layout, eps, cos, sin };
        turn.all(pool, q, layer.q_norm.as_deref());
        turn.all(pool, k, layer.k_norm.as_deref());
        cache.write(pool, index, spans, k, v);
        attention(pool, cache, index, spans, q, mixed);
        add(pool, rows, mixed, &layer.output, x);
        rows.set_normed(pool, x, Norm { weight: &layer.ffn_norm, eps }, layer.gate_forms());
        gated(pool, rows, &layer.gate, &layer.up, middle);
        add(pool, rows, middle, &layer.down, x);
    }

    /// Logits of these rows: `(rows, vocab)`.
    fn logits(&mut self, wanted: &[usize]) -> Vec<f32> {
        let Self { config, weights, pool, buffers, .. } = self;
        let Config { hidden, vocab, norm_eps: eps, .. } = *config;
        let Buffers { x, wanted: last, rows, .. } = buffers;
        let mut logits = vec![0.0; wanted.len() * vocab];
        if wanted.is_empty() {
            return logits;
        }
        last.clear();
        wanted.iter().for_each(|row| last.extend_from_slice(&x[row * hidden..(row + 1) * hidden]));
        let weight: &Packed = &weights.output;
        rows.set_normed(pool, last, Norm { weight: &weights.output_norm, eps }, Forms::default().and(weight.kind()));
        products(pool, rows, &mut [Job { weight, bias: None, out: &mut logits, sink: Sink::Store }]);
        logits
    }
}

fn shape(config: &Config, precision: Precision) -> Shape {
    Shape {
        num_layers: config.num_layers,
        num_heads: config.num_kv_heads,
        group: config.num_heads / config.num_kv_heads,
        key_dim: config.key_dim,
        value_dim: config.value_dim,
        precision,
    }
}

fn job<'a>(linear: &'a Linear, out: &'a mut [f32]) -> Job<'a> {
    Job { weight: &linear.weight, bias: linear.bias.as_deref(), out, sink: Sink::Store }
}

/// Adds the product of `numbers` to `x`.
fn add(pool: &Pool, rows: &mut Rows, numbers: &[f32], linear: &Linear, x: &mut [f32]) {
    rows.set(pool, numbers, linear.weight.inputs(), Forms::default().and(linear.weight.kind()));
    products(pool, rows, &mut [Job { sink: Sink::Add, ..job(linear, x) }]);
}

/// How queries and keys get their positions.
struct Turn<'a> {
    dim: usize,
    layout: RopeLayout,
    eps: f32,
    cos: &'a [f32], // (rows, dim / 2)
    sin: &'a [f32], // (rows, dim / 2)
}

impl Turn<'_> {
    /// Norms each head, where the model does that, and turns it: `(rows, heads * dim)`.
    fn all(&self, pool: &Pool, numbers: &mut [f32], weight: Option<&[f32]>) {
        let (rows, half) = (self.cos.len() / (self.dim / 2), self.dim / 2);
        for_rows(pool, numbers, numbers.len() / rows, |row, numbers| {
            let (cos, sin) = (&self.cos[row * half..][..half], &self.sin[row * half..][..half]);
            for head in numbers.chunks_exact_mut(self.dim) {
                if let Some(weight) = weight {
                    rms_norm_in_place(head, Norm { weight, eps: self.eps });
                }
                match self.layout {
                    RopeLayout::Interleaved => turn_neighbours(head, cos, sin),
                    RopeLayout::HalfSplit => turn_halves(head, cos, sin),
                }
            }
        });
    }
}

fn turn_neighbours(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    for (pair, (cos, sin)) in head.as_chunks_mut::<2>().0.iter_mut().zip(cos.iter().zip(sin)) {
        let [a, b] = *pair;
        *pair = [a * cos - b * sin, a * sin + b * cos];
    }
}

fn turn_halves(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    let (first, second) = head.split_at_mut(cos.len());
    for ((a, b), (cos, sin)) in first.iter_mut().zip(second).zip(cos.iter().zip(sin)) {
        (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
    }
}

impl StepModel for FlatModel {
    fn num_blocks(&self) -> usize {
        self.cache.num_blocks()
    }

    fn vocab(&self) -> usize {
        self.config.vocab
    }

    fn verifies(&self) -> bool {
        true
    }

    fn step(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>, EngineError> {
        Ok(self.run(parts))
    }

    fn copy_block(&mut self, from: BlockId, to: BlockId, _num_tokens: usize) {
        // What stands after the tokens that count is written over before it is read.
        self.cache.copy_block(from.0, to.0);
    }
}
