//! Products of rows with packed weights: how the work is shared out, and which code does it.

#![allow(unsafe_code, reason = "the call of code for a detected processor; tasks write different columns")]

use super::level::{Level, Path};
use super::packed::{Kind, Packed, TILE};
use super::pool::{Pool, Shares};
use super::rows::{RowGroup, Rows};
use super::vector::swiglu;
#[cfg(target_arch = "x86_64")]
use super::{avx2, vnni};
use super::{dense, twin};

/// Bytes of rounded rows that a task goes over with one tile after the other: they stay in the processor's second cache.
const ROWS_BYTES: usize = 192 * 1024;
/// Rows whose sums a task keeps at most.
const MAX_ROWS: usize = 256;
/// Rows from which on tiles are gone over in pairs: fewer are in registers at once, so that one tile is read only once.
const PAIR_ROWS: usize = 24;
/// Tasks of an operation for each thread, so that one that is slowed down leaves its work to the others.
const TASKS_PER_THREAD: usize = 4;

/// What becomes of what stands in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sink {
    /// It is written over.
    Store,
    /// The product is added to it.
    Add,
}

/// A weight, and where its product goes.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) weight: &'a Packed,
    /// Added to each row: `(outputs)`.
    pub(crate) bias: Option<&'a [f32]>,
    pub(crate) out: &'a mut [f32], // (rows, outputs)
    pub(crate) sink: Sink,
}

/// Where a weight's product goes, for tasks that have tiles of their own.
struct Open<'a> {
    weight: &'a Packed,
    bias: Option<&'a [f32]>,
    out: Shares<'a, f32>,
    sink: Sink,
    first_tile: usize,
}

/// `rows · weightᵀ + bias` of several weights that take the same rows.
///
/// # Panics
/// If sizes do not fit, or the rows are not there in the form that a weight takes.
pub(crate) fn products(pool: &Pool, rows: &Rows, jobs: &mut [Job<'_>]) {
    let mut num_tiles = 0;
    let mut open = Vec::with_capacity(jobs.len());
    for job in jobs {
        let Job { weight, bias, .. } = *job;
        check(weight, rows, job.out.len());
        assert!(bias.is_none_or(|bias| bias.len() == weight.outputs), "a bias for each output");
        open.push(Open { weight, bias, out: Shares::new(job.out), sink: job.sink, first_tile: num_tiles });
        num_tiles += weight.num_tiles();
    }
    let level = pool.level();
    share(pool, num_tiles, |first, last| {
        let mut sums = [[[0f32; TILE]; MAX_ROWS]; 2];
        for job in &open {
            let tiles = first.saturating_sub(job.first_tile)..last.saturating_sub(job.first_tile);
            let tiles = tiles.start..tiles.end.min(job.weight.num_tiles());
            for part in parts(job.weight, rows).filter(|_| !tiles.is_empty()) {
                let width = if part.len() >= PAIR_ROWS { 2 } else { 1 };
                for tile in tiles.clone().step_by(width) {
                    let [one, two] = sums.each_mut().map(|sums| &mut sums[..part.len()]);
                    // SAFETY: each task has tiles, and so columns, of its own.
                    let put = |tile: usize, sums: &[_]| unsafe { job.put(tile, part.start, sums) };
                    if width == 2 && tile + 1 < tiles.end {
                        let both = [(job.weight, tile), (job.weight, tile + 1)];
                        tile_sums(level, both, rows, part.start, [&mut *one, &mut *two]);
                        put(tile + 1, two);
                    } else {
                        tile_sums(level, [(job.weight, tile)], rows, part.start, [&mut *one]);
                    }
                    put(tile, one);
                }
            }
        }
    });
}

/// `silu(rows · gateᵀ) * (rows · upᵀ)`: the middle of a feed-forward layer, `(rows, outputs)`.
///
/// # Panics
/// As for [`products`].
pub(crate) fn gated(pool: &Pool, rows: &Rows, gate: &Packed, up: &Packed, out: &mut [f32]) {
    check(gate, rows, out.len());
    check(up, rows, out.len());
    let open = Open { weight: gate, bias: None, out: Shares::new(out), sink: Sink::Store, first_tile: 0 };
    let level = pool.level();
    share(pool, gate.num_tiles(), |first, last| {
        let mut both = [[[0f32; TILE]; MAX_ROWS]; 2];
        for part in parts(gate, rows) {
            for tile in first..last {
                let [sums, others] = both.each_mut().map(|sums| &mut sums[..part.len()]);
                if gate.kind == up.kind && part.len() >= PAIR_ROWS {
                    tile_sums(level, [(gate, tile), (up, tile)], rows, part.start, [&mut *sums, &mut *others]);
                } else {
                    tile_sums(level, [(gate, tile)], rows, part.start, [&mut *sums]);
                    tile_sums(level, [(up, tile)], rows, part.start, [&mut *others]);
                }
                swiglu(level, sums.as_flattened_mut(), others.as_flattened());
                // SAFETY: each task has tiles, and so columns, of its own.
                unsafe { open.put(tile, part.start, sums) };
            }
        }
    });
}

impl Open<'_> {
    /// Writes a tile's sums, `(rows, 8)`, into its columns.
    ///
    /// # Safety
    /// Nobody else uses these columns.
    unsafe fn put(&self, tile: usize, first_row: usize, sums: &[[f32; TILE]]) {
        let (outputs, column) = (self.weight.outputs, tile * TILE);
        let width = TILE.min(outputs - column);
        let mut bias = [0.0; TILE];
        if let Some(all) = self.bias {
            bias[..width].copy_from_slice(&all[column..column + width]);
        }
        for (row, sums) in sums.iter().enumerate() {
            // SAFETY: a row's piece of the columns that are the caller's alone.
            let to = unsafe { self.out.piece((first_row + row) * outputs + column, width) };
            let sums: [f32; TILE] = std::array::from_fn(|i| sums[i] + bias[i]);
            match (to.first_chunk_mut::<TILE>(), self.sink) {
                (Some(to), Sink::Store) => *to = sums,
                (Some(to), Sink::Add) => to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum),
                (None, Sink::Store) => to.copy_from_slice(&sums[..width]),
                (None, Sink::Add) => to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum),
            }
        }
    }
}

fn check(weight: &Packed, rows: &Rows, out: usize) {
    assert_eq!(rows.inputs, weight.inputs, "rows and weight have the same inputs");
    assert_eq!(out, rows.num_rows * weight.outputs, "an output for every row and column");
    assert!(rows.serves(weight.kind), "rows in the form for {:?}", weight.kind);
}

/// Calls `work(first, last)` for ranges of tiles, each of whole pairs.
fn share(pool: &Pool, num_tiles: usize, work: impl Fn(usize, usize) + Sync) {
    let num_pairs = num_tiles.div_ceil(2);
    let num_tasks = num_pairs.min(pool.num_threads() * TASKS_PER_THREAD);
    let start = |task: usize| num_tiles.min(task * num_pairs / num_tasks * 2);
    pool.run(num_tasks, |task| work(start(task), start(task + 1)));
}

/// The rows in parts that one task goes over for all its tiles.
fn parts(weight: &Packed, rows: &Rows) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
    let row_bytes = weight.inputs.div_ceil(32).max(1) * size_of::<RowGroup>();
    let most = (ROWS_BYTES / row_bytes).clamp(16, MAX_ROWS);
    let count = rows.num_rows.div_ceil(most).max(1);
    let num_rows = rows.num_rows;
    (0..count).map(move |part| part * num_rows / count..(part + 1) * num_rows / count)
}

/// The products of tiles of one kind with the rows from `first`: each of `sums` is `(rows, 8)`.
fn tile_sums<const T: usize>(
    level: Level,
    of: [(&Packed, usize); T],
    rows: &Rows,
    first: usize,
    sums: [&mut [[f32; TILE]]; T],
) {
    let kind = of[0].0.kind;
    if !kind.is_quantised() {
        for ((weight, tile), sums) in of.into_iter().zip(sums) {
            sums.fill([0.0; TILE]);
            dense::tile_sums(level, weight, tile, &rows.full[first * rows.inputs..], sums);
        }
        return;
    }
    let tiles = of.map(|(weight, tile)| weight.tile(tile));
    let narrow = if kind.is_fine() { &rows.coarse } else { &rows.narrow };
    let (narrow, wide) = (narrow.get(first..).unwrap_or_default(), rows.wide.get(first..).unwrap_or_default());
    /// The code of one module for the weights' kind.
    #[cfg(target_arch = "x86_64")]
    macro_rules! by_kind {
        ($($module:ident)::+) => {
            match kind {
                Kind::Eight => $($module)::+::eight(&tiles, wide, rows.num_rows, sums),
                Kind::Four => $($module)::+::four(&tiles, narrow, rows.num_rows, sums),
                Kind::FourMin => $($module)::+::four_min(&tiles, narrow, rows.num_rows, sums),
                Kind::FourFine => $($module)::+::four_fine(&tiles, narrow, rows.num_rows, sums),
                Kind::Five => $($module)::+::five(&tiles, narrow, rows.num_rows, sums),
                Kind::FiveMin => $($module)::+::five_min(&tiles, narrow, rows.num_rows, sums),
                Kind::FiveFine => $($module)::+::five_fine(&tiles, narrow, rows.num_rows, sums),
                Kind::Six => $($module)::+::six(&tiles, narrow, rows.num_rows, sums),
                Kind::Full | Kind::Half | Kind::Brain => unreachable!("done above"),
            }
        };
    }
    match level.path() {
        Path::Twin => {
            for (((weight, _), tile), sums) in of.into_iter().zip(&tiles).zip(sums) {
                twin::tile_sums(weight, tile, rows, first, sums);
            }
        }
        #[cfg(all(test, target_arch = "x86_64"))]
        // SAFETY: the level is proof of AVX2, FMA and F16C.
        Path::EmulatedVnni => unsafe { by_kind!(vnni::tested) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level is proof of AVX2, FMA and F16C.
        Path::Avx2 => unsafe { by_kind!(avx2) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level is proof of these and of AVX-VNNI.
        Path::AvxVnni => unsafe { by_kind!(vnni::avx) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level is proof of these and of AVX512F, AVX512VL and AVX512-VNNI.
        Path::Avx512Vnni => unsafe { by_kind!(vnni::avx512) },
    }
}
