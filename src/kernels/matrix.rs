//! Products of rows with weights of 32 bits for the encoders of texts, where every text is computed once and whole: a
//! block of up to six rows and sixteen outputs stays in registers while the inputs go by.
//!
//! A row's result depends on the weights and the row alone, to the last bit, not on the rows beside it nor on how the
//! threads share the work.

#![allow(unsafe_code, reason = "the call of code for a detected processor; tasks write different columns")]

use super::level::{Level, Path};
use super::memory::{Memory, Piece};
use super::pool::{Pool, Shares};
use super::vector::{Activation, for_rows};

/// Outputs that are computed together.
pub(super) const COLUMNS: usize = 16;
/// Rows that are computed together at most.
const ROWS: usize = 6;
/// Inputs after which the sums are put aside, so that a tile's part and the rows' stay in the nearest cache.
const MAX_INPUTS: usize = 384;
/// Rows whose inputs stay in a core's second cache while the tiles go by.
const MAX_ROWS: usize = 192;
/// Tasks of an operation for every thread, so that none waits long for the last.
const TASKS_PER_THREAD: usize = 4;

/// Sixteen outputs' weights for one input, or their sums for one row.
pub(super) type Columns = [f32; COLUMNS];

/// Rows of numbers. Each begins a multiple of sixteen numbers after the one before.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    numbers: Vec<f32>,
    rows: usize,
    width: usize,
}

impl Sheet {
    /// Zeros.
    pub(crate) fn new(rows: usize, width: usize) -> Self {
        Self { numbers: vec![0.0; rows * width.next_multiple_of(COLUMNS)], rows, width }
    }

    /// As many rows of such width, whatever is in them; takes no new memory where there is enough.
    pub(super) fn reshape(&mut self, rows: usize, width: usize) {
        self.numbers.resize(rows * width.next_multiple_of(COLUMNS), 0.0);
        (self.rows, self.width) = (rows, width);
    }

    /// How many rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Numbers in a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// One row, `(width,)`.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.stride()..][..self.width]
    }

    /// One row to write, `(width,)`.
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        let start = row * self.stride();
        &mut self.numbers[start..][..self.width]
    }

    /// From one row's begin to the next one's.
    pub(super) fn stride(&self) -> usize {
        self.width.next_multiple_of(COLUMNS)
    }

    pub(super) fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    pub(super) fn numbers_mut(&mut self) -> &mut [f32] {
        &mut self.numbers
    }
}

/// Calls `each(row, numbers)` for all rows of a sheet.
pub(crate) fn for_rows_of(pool: &Pool, sheet: &mut Sheet, each: impl Fn(usize, &mut [f32]) + Sync) {
    let (width, stride) = (sheet.width, sheet.stride());
    if width > 0 {
        for_rows(pool, &mut sheet.numbers, stride, |row, numbers| each(row, &mut numbers[..width]));
    }
}

/// Weights and biases of a layer, in tiles of sixteen outputs.
#[derive(Debug)]
pub(crate) struct Matrix {
    inputs: usize,
    outputs: usize,
    /// `(tiles, inputs, 16)`
    tiles: Piece<Columns>,
    /// `(tiles, 16)`
    bias: Piece<Columns>,
}

impl Matrix {
    /// The layers `(weight (outputs, inputs), bias (outputs,))` one under the other.
    ///
    /// # Errors
    /// The system has no more memory.
    ///
    /// # Panics
    /// Where there are no inputs, or a weight is not as its bias and `inputs` say.
    pub(crate) fn pack(inputs: usize, layers: &[(&[f32], &[f32])], memory: &mut Memory) -> std::io::Result<Self> {
        assert!(inputs > 0, "a layer without inputs");
        let outputs = layers.iter().map(|(_, bias)| bias.len()).sum::<usize>();
        let num_tiles = outputs.div_ceil(COLUMNS);
        let mut tiles: Piece<Columns> = memory.take(num_tiles * inputs)?;
        let mut biases: Piece<Columns> = memory.take(num_tiles)?;
        let mut output = 0;
        for (weight, bias) in layers {
            assert_eq!(weight.len(), bias.len() * inputs, "a weight of {inputs} inputs and {} outputs", bias.len());
            for (weights, bias) in weight.chunks_exact(inputs).zip(*bias) {
                let (tile, column) = (output / COLUMNS, output % COLUMNS);
                biases[tile][column] = *bias;
                for (to, weight) in tiles[tile * inputs..(tile + 1) * inputs].iter_mut().zip(weights) {
                    to[column] = *weight;
                }
                output += 1;
            }
        }
        Ok(Self { inputs, outputs, tiles, bias: biases })
    }

    /// `sums = activation(rows · weightᵀ + bias)`, `(rows, outputs)`.
    ///
    /// # Panics
    /// Where the rows are not as wide as the weights.
    pub(crate) fn product(&self, pool: &Pool, rows: &Sheet, activation: Option<Activation>, sums: &mut Sheet) {
        assert_eq!(rows.width(), self.inputs, "rows as wide as the weights");
        sums.reshape(rows.rows(), self.outputs);
        let (stride, level) = (sums.stride(), pool.level());
        let shares = Shares::new(sums.numbers_mut());
        let num_tasks = match pool.num_threads() {
            1 => 1,
            threads => (threads * TASKS_PER_THREAD).min(self.bias.len()),
        };
        pool.run(num_tasks, |task| {
            let tiles = task * self.bias.len() / num_tasks..(task + 1) * self.bias.len() / num_tasks;
            // Blocks of like size.
            let num_blocks = rows.rows().div_ceil(MAX_ROWS);
            for block in 0..num_blocks {
                let (row, end) = (block * rows.rows() / num_blocks, (block + 1) * rows.rows() / num_blocks);
                let to = Target { shares: &shares, stride, row, rows: end - row };
                self.tiles(level, tiles.clone(), rows, &to, activation);
            }
        });
    }

    /// Some tiles with some rows.
    fn tiles(
        &self,
        level: Level,
        tiles: std::ops::Range<usize>,
        rows: &Sheet,
        to: &Target<'_>,
        activation: Option<Activation>,
    ) {
        // Parts of like size.
        let num_parts = self.inputs.div_ceil(MAX_INPUTS);
        for part in 0..num_parts {
            let inputs = part * self.inputs / num_parts..(part + 1) * self.inputs / num_parts;
            for tile in tiles.clone() {
                let start = if part == 0 { Start::Bias(&self.bias[tile]) } else { Start::Sums };
                let weights = &self.tiles[tile * self.inputs..][inputs.clone()];
                let weights = Tile { weights, start, next: self.inputs };
                let from = &rows.numbers()[to.row * rows.stride() + inputs.start..];
                let from = Strided { numbers: from, stride: rows.stride(), rows: to.rows };
                // SAFETY: the target's rows and this tile's columns are inside the sheet, whose stride is a multiple of
                // sixteen, and no other task has these columns.
                unsafe { tile_product(level, &from, &weights, to.column(tile), to.stride) };
                if let (Some(activation), true) = (activation, part + 1 == num_parts) {
                    for row in 0..to.rows {
                        // SAFETY: as above.
                        let sums = unsafe { to.shares.piece((to.row + row) * to.stride + tile * COLUMNS, COLUMNS) };
                        activation.apply(level, sums);
                    }
                }
            }
        }
    }
}

/// The rows of a sheet that a task writes its columns of.
struct Target<'a> {
    shares: &'a Shares<'a, f32>,
    stride: usize,
    row: usize,
    rows: usize,
}

impl Target<'_> {
    /// Where a tile's columns of the first row are.
    fn column(&self, tile: usize) -> *mut f32 {
        self.shares.at(self.row * self.stride + tile * COLUMNS)
    }
}

/// What the sums begin with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start<'a> {
    /// These in every row.
    Bias(&'a Columns),
    /// What is there.
    Sums,
}

/// The first numbers of rows that begin `stride` numbers apart.
pub(super) struct Strided<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) stride: usize,
    pub(super) rows: usize,
}

/// Weights of sixteen outputs.
pub(super) struct Tile<'a> {
    pub(super) weights: &'a [Columns],
    pub(super) start: Start<'a>,
    /// How far from its begin the tile begins that is wanted next, if there is one.
    pub(super) next: usize,
}

/// `sums[row] = start + Σ rows[row][i] · weights[i]`, where the sums of a row are sixteen numbers and begin `stride` numbers
/// after those of the row before.
///
/// # Safety
/// The sums of all rows are inside an allocation and nobody else's.
///
/// # Panics
/// Where the rows are shorter than the tile.
pub(super) unsafe fn tile_product(level: Level, rows: &Strided<'_>, tile: &Tile<'_>, sums: *mut f32, stride: usize) {
    let Some(last) = rows.rows.checked_sub(1) else { return };
    let len = tile.weights.len();
    assert!(last * rows.stride + len <= rows.numbers.len(), "rows of at least {len} numbers");
    // Blocks of like size: a block of one or two rows would wait for its own sums.
    let num_blocks = rows.rows.div_ceil(ROWS);
    for block in 0..num_blocks {
        let (first, end) = (block * rows.rows / num_blocks, (block + 1) * rows.rows / num_blocks);
        let rows = Strided { numbers: &rows.numbers[first * rows.stride..], stride: rows.stride, rows: end - first };
        // SAFETY: the caller's promise; the row numbers were checked above.
        unsafe {
            let sums = sums.add(first * stride);
            match level.path() {
                Path::Twin => twin(&rows, tile, sums, stride),
                #[cfg(target_arch = "x86_64")]
                _ => wide::rows(&rows, tile, &wide::Soon::new(tile, block, num_blocks), sums, stride),
            }
        }
    }
}

/// The specification.
///
/// # Safety
/// As [`tile_product`], whose checks are made.
unsafe fn twin(rows: &Strided<'_>, tile: &Tile<'_>, sums: *mut f32, stride: usize) {
    for row in 0..rows.rows {
        // SAFETY: the caller's promise.
        let to = unsafe { &mut *sums.add(row * stride).cast::<Columns>() };
        let mut sums = if let Start::Bias(bias) = tile.start { *bias } else { *to };
        for (x, weights) in rows.numbers[row * rows.stride..].iter().zip(tile.weights) {
            sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += x * weight);
        }
        *to = sums;
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use super::{Start, Strided, Tile};
    use std::arch::x86_64::*;

    /// Bytes that the processor fetches at once; the sixteen weights of an input.
    const LINE: usize = 64;

    /// What is fetched meanwhile: where there are few rows, the memory must not rest while a tile is computed with.
    pub(super) struct Soon {
        start: *const i8,
        /// Bytes for each input.
        step: usize,
    }

    impl Soon {
        /// The part of the next tile that is fetched during one of the blocks of rows.
        pub(super) fn new(tile: &Tile<'_>, block: usize, num_blocks: usize) -> Self {
            let step = LINE / num_blocks;
            let start = tile.weights.as_ptr().wrapping_add(tile.next).cast::<i8>();
            Self { start: start.wrapping_add(block * tile.weights.len() * step), step }
        }
    }

    /// The twin with AVX2 and FMA, for at most six rows.
    ///
    /// # Safety
    /// As [`super::tile_product`], whose checks are made; the processor has AVX2 and FMA.
    pub(super) unsafe fn rows(rows: &Strided<'_>, tile: &Tile<'_>, soon: &Soon, sums: *mut f32, stride: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            match rows.rows {
                1 => block::<1>(rows, tile, soon, sums, stride),
                2 => block::<2>(rows, tile, soon, sums, stride),
                3 => block::<3>(rows, tile, soon, sums, stride),
                4 => block::<4>(rows, tile, soon, sums, stride),
                5 => block::<5>(rows, tile, soon, sums, stride),
                _ => block::<6>(rows, tile, soon, sums, stride),
            }
        }
    }

    /// # Safety
    /// As [`rows`], with `R` of them.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn block<const R: usize>(rows: &Strided<'_>, tile: &Tile<'_>, soon: &Soon, sums: *mut f32, stride: usize) {
        let mut block = [[_mm256_setzero_ps(); 2]; R];
        for (row, [low, high]) in block.iter_mut().enumerate() {
            let from = if let Start::Bias(bias) = tile.start { bias.as_ptr() } else { sums.wrapping_add(row * stride) };
            // SAFETY: sixteen numbers, by the caller's promise or the bias's type.
            (*low, *high) = unsafe { (_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) };
        }
        let numbers = rows.numbers.as_ptr();
        for (i, weights) in tile.weights.iter().enumerate() {
            let weights = weights.as_ptr();
            // Asking for what is not there does no harm.
            _mm_prefetch::<_MM_HINT_T1>(soon.start.wrapping_add(i * soon.step));
            // SAFETY: sixteen weights; every row has as many numbers as the tile.
            unsafe {
                let (low, high) = (_mm256_loadu_ps(weights), _mm256_loadu_ps(weights.add(8)));
                for (row, sums) in block.iter_mut().enumerate() {
                    let x = _mm256_broadcast_ss(&*numbers.add(row * rows.stride + i));
                    sums[0] = _mm256_fmadd_ps(x, low, sums[0]);
                    sums[1] = _mm256_fmadd_ps(x, high, sums[1]);
                }
            }
        }
        for (row, [low, high]) in block.into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe {
                _mm256_storeu_ps(sums.add(row * stride), low);
                _mm256_storeu_ps(sums.add(row * stride + 8), high);
            }
        }
    }
}
