//! A BERT where it runs: our own code on the processor, candle's on a GPU.

use super::bert::Bert;
use super::share::Share;
use super::text::Tokens;
use super::weights::{Weights, damaged};
use super::{EmbedError, Pooling, Shape};
use crate::kernels::{Pool, Queries};
use candle_core::{D, Device, Tensor};
use candle_transformers::models::bert::BertModel;
use std::sync::{Mutex, TryLockError};

/// Tokens of one pass on the processor: enough to be worth reading the weights for, few enough for every core to have
/// passes of its own.
const MIN_PASS_TOKENS: usize = 64;
const MAX_PASS_TOKENS: usize = 256;
/// Passes that every thread has where there are texts enough, so that none waits long for the last.
const PASSES_PER_THREAD: usize = 4;
/// Tokens from which one pass is shared among threads. A question is sooner done by its caller alone: the others would
/// have to wake for microseconds of work, and be waited for where the processor is busy with something else.
const MIN_SHARED_TOKENS: usize = 64;
/// Threads for one pass; it reads all weights, and more threads do not make the memory faster.
const MAX_POOL_THREADS: usize = 4;
/// Padded tokens of one pass on a GPU.
const MAX_GPU_BATCH_TOKENS: usize = 16_384;

/// A loaded encoder. Calls may come from several threads at once.
pub(super) enum Encoder {
    Cpu(Box<Cpu>),
    Gpu(Box<Gpu>),
}

/// The weights and the threads.
pub(super) struct Cpu {
    bert: Bert,
    /// For a pass alone. Whoever finds it taken computes without it rather than wait.
    pool: Mutex<Pool>,
    share: Share,
}

/// candle's model.
pub(super) struct Gpu {
    model: BertModel,
    device: Device,
    pad_id: u32,
}

impl Encoder {
    pub(super) fn load(weights: Weights, shape: &Shape, device: Device) -> Result<Self, EmbedError> {
        if !device.is_cpu() {
            return Self::with_candle(weights, shape, device);
        }
        let bert = Bert::load(&weights, shape)?;
        let share = Share::new(rayon::current_num_threads());
        let pool = Pool::new(share.num_threads().min(MAX_POOL_THREADS), bert.level());
        Ok(Self::Cpu(Box::new(Cpu { bert, pool: Mutex::new(pool), share })))
    }

    /// The same run by candle, on whatever device.
    pub(super) fn with_candle(weights: Weights, shape: &Shape, device: Device) -> Result<Self, EmbedError> {
        let (path, weights) = weights.on(&device)?;
        let model = BertModel::load(weights, &shape.candle()).map_err(|error| damaged(&path, &error))?;
        Ok(Self::Gpu(Box::new(Gpu { model, device, pad_id: shape.pad_token_id })))
    }

    /// What `each` makes of the items, shared among the threads where it runs on the processor.
    pub(super) fn map<T: Sync, R: Send>(&self, items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
        match self {
            Self::Cpu(cpu) => cpu.share.map(items, each),
            Self::Gpu(_) => items.iter().map(each).collect(),
        }
    }

    /// One vector for each text, in the order given, of any length.
    pub(super) fn vectors(&self, texts: &[Tokens], pooling: Pooling) -> Result<Vec<Vec<f32>>, EmbedError> {
        // Texts of like length share a pass, so that a GPU computes little padding; the longest first, so that no core is
        // left with a long pass at the end.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(texts[*index].ids.len()));
        let sorted: Vec<&Tokens> = order.iter().map(|index| &texts[*index]).collect();
        let vectors = match self {
            Self::Cpu(cpu) => cpu.vectors(&sorted, pooling),
            Self::Gpu(gpu) => batches(&sorted, MAX_GPU_BATCH_TOKENS)
                .iter()
                .map(|batch| gpu.pass(batch, pooling))
                .collect::<Result<Vec<_>, EmbedError>>()?
                .concat(),
        };
        let mut in_order = vec![Vec::new(); texts.len()];
        for (index, vector) in order.into_iter().zip(vectors) {
            in_order[index] = vector;
        }
        Ok(in_order)
    }
}

impl Cpu {
    fn vectors(&self, texts: &[&Tokens], pooling: Pooling) -> Vec<Vec<f32>> {
        let num_tokens: usize = texts.iter().map(|text| text.ids.len()).sum();
        let most = num_tokens / (self.share.num_threads() * PASSES_PER_THREAD);
        let passes = batches(texts, most.clamp(MIN_PASS_TOKENS, MAX_PASS_TOKENS));
        let alone = |pass: &&[&Tokens]| self.pass(&Pool::new(1, self.bert.level()), pass, pooling);
        if passes.len() > 1 {
            return self.share.map(&passes, alone).concat();
        }
        if num_tokens < MIN_SHARED_TOKENS {
            return alone(&texts);
        }
        match self.pool.try_lock() {
            Ok(pool) => self.pass(&pool, texts, pooling),
            // A pool whose user panicked has ended all tasks and works on.
            Err(TryLockError::Poisoned(pool)) => self.pass(&pool.into_inner(), texts, pooling),
            Err(TryLockError::WouldBlock) => alone(&texts),
        }
    }

    fn pass(&self, pool: &Pool, texts: &[&Tokens], pooling: Pooling) -> Vec<Vec<f32>> {
        if pooling == Pooling::Cls {
            let rows = self.bert.forward(pool, texts, Queries::First); // (texts, width)
            return (0..rows.rows()).map(|row| rows.row(row).to_vec()).collect();
        }
        let rows = self.bert.forward(pool, texts, Queries::All); // (tokens, width)
        let mut row = 0;
        let mean = |text: &&Tokens| {
            let mut sum = vec![0.0; rows.width()];
            for _ in &text.ids {
                sum.iter_mut().zip(rows.row(row)).for_each(|(sum, x)| *sum += x);
                row += 1;
            }
            sum.iter_mut().for_each(|sum| *sum /= text.ids.len() as f32);
            sum
        };
        texts.iter().map(mean).collect()
    }
}

impl Gpu {
    /// One pass, `batch` longest first.
    fn pass(&self, batch: &[&Tokens], pooling: Pooling) -> Result<Vec<Vec<f32>>, EmbedError> {
        let device = &self.device;
        let (rows, width) = (batch.len(), batch[0].ids.len());
        let mut ids = Vec::with_capacity(rows * width);
        let mut types = Vec::with_capacity(rows * width);
        let mut mask = Vec::with_capacity(rows * width);
        for tokens in batch {
            let padding = width - tokens.ids.len();
            ids.extend(tokens.ids.iter().copied().chain(std::iter::repeat_n(self.pad_id, padding)));
            types.extend(tokens.type_ids.iter().copied().chain(std::iter::repeat_n(0, padding)));
            mask.extend(std::iter::repeat_n(1_f32, tokens.ids.len()).chain(std::iter::repeat_n(0.0, padding)));
        }
        let ids = Tensor::from_vec(ids, (rows, width), device)?; // (texts, tokens)
        let types = Tensor::from_vec(types, (rows, width), device)?; // (texts, tokens)
        let mask = Tensor::from_vec(mask, (rows, width), device)?; // (texts, tokens)
        let hidden = self.model.forward(&ids, &types, Some(&mask))?; // (texts, tokens, dimensions)
        let pooled = match pooling {
            Pooling::Cls => hidden.narrow(1, 0, 1)?.squeeze(1)?, // (texts, dimensions)
            Pooling::Mean => {
                let sum = hidden.broadcast_mul(&mask.unsqueeze(D::Minus1)?)?.sum(1)?; // (texts, dimensions)
                sum.broadcast_div(&mask.sum_keepdim(1)?)? // (texts, dimensions)
            }
        };
        Ok(pooled.to_vec2::<f32>()?)
    }
}

/// Consecutive texts, longest first, whose padded size is at most `max_tokens` together; a longer text is a batch of its
/// own.
fn batches<'a, 'b>(texts: &'a [&'b Tokens], max_tokens: usize) -> Vec<&'a [&'b Tokens]> {
    let mut batches = Vec::new();
    let mut rest = texts;
    while let Some(longest) = rest.first() {
        let rows = (max_tokens / longest.ids.len().max(1)).clamp(1, rest.len());
        let (batch, after) = rest.split_at(rows);
        batches.push(batch);
        rest = after;
    }
    batches
}
