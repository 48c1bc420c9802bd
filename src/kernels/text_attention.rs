//! Attention of every token of a text to all tokens of that text, as encoders have it: nothing is cached, nothing hidden.

#![allow(unsafe_code, reason = "tasks write different columns")]

use super::level::Level;
use super::matrix::{COLUMNS, Columns, Sheet, Start, Strided, Tile, tile_product};
use super::pool::{Pool, Shares};
use super::vector::exp_in_place;
use std::ops::Range;

/// Query rows whose scores are computed together.
const MAX_ROWS: usize = 48;
const ZEROS: Columns = [0.0; COLUMNS];

/// Which tokens of a text attend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queries {
    /// All.
    All,
    /// The first one.
    First,
}

/// What one head sees of the sheet of queries, keys and values.
struct Head<'a> {
    projected: &'a Sheet,
    /// Numbers of a head.
    size: usize,
    /// First column of the queries; keys and values begin one and two widths later.
    column: usize,
    width: usize,
}

/// `out` is the heads' outputs side by side, `(queries, width)`, of `projected`: queries, keys and values side by side,
/// `(tokens, 3 * width)`. Each of `texts` is the rows of one text.
///
/// # Panics
/// Where the width is no multiple of `num_heads`, or a text is not inside.
pub(crate) fn text_attention(
    pool: &Pool,
    projected: &Sheet,
    num_heads: usize,
    texts: &[Range<usize>],
    queries: Queries,
    out: &mut Sheet,
) {
    let width = projected.width() / 3;
    assert!(num_heads > 0 && projected.width() == num_heads * (width / num_heads) * 3, "{num_heads} heads of {width}");
    assert!(texts.iter().all(|text| text.start < text.end && text.end <= projected.rows()), "texts of the sheet");
    let num_queries = |text: &Range<usize>| if queries == Queries::All { text.len() } else { 1 };
    let firsts: Vec<usize> = texts
        .iter()
        .scan(0, |row, text| {
            *row += num_queries(text);
            Some(*row - num_queries(text))
        })
        .collect();
    out.reshape(texts.iter().map(num_queries).sum(), width);
    let stride = out.stride();
    let shares = Shares::new(out.numbers_mut());
    let (size, level) = (width / num_heads, pool.level());
    pool.run(texts.len() * num_heads, |task| {
        let (at, column) = (task / num_heads, task % num_heads * size);
        let head = Head { projected, size, column, width };
        head.attend(level, texts[at].clone(), num_queries(&texts[at]), |row, numbers| {
            // SAFETY: no other task has this head's columns of this text's rows.
            let to = unsafe { shares.piece((firsts[at] + row) * stride + column, size) };
            to.copy_from_slice(numbers);
        });
    });
}

impl Head<'_> {
    /// Calls `put(query, output)` for the first `num_queries` tokens of `text`.
    fn attend(&self, level: Level, text: Range<usize>, num_queries: usize, mut put: impl FnMut(usize, &[f32])) {
        let num_tokens = text.len();
        let (keys, values) = (self.keys(text.clone()), self.values(text.clone()));
        let (score_stride, out_stride) = (num_tokens.next_multiple_of(COLUMNS), self.size.next_multiple_of(COLUMNS));
        let rows = num_queries.min(MAX_ROWS);
        let mut scores = vec![0.0; rows * score_stride];
        let mut outs = vec![0.0; rows * out_stride];
        let mut factors = vec![0.0; rows];
        for first in (0..num_queries).step_by(MAX_ROWS) {
            let rows = MAX_ROWS.min(num_queries - first);
            let stride = self.projected.stride();
            let numbers = &self.projected.numbers()[(text.start + first) * stride + self.column..];
            multiply(level, &Strided { numbers, stride, rows }, &keys, self.size, &mut scores);
            for (scores, factor) in scores.chunks_exact_mut(score_stride).zip(&mut factors).take(rows) {
                *factor = 1.0 / exp_in_place(level, &mut scores[..num_tokens]);
            }
            multiply(level, &Strided { numbers: &scores, stride: score_stride, rows }, &values, num_tokens, &mut outs);
            for (row, (out, factor)) in outs.chunks_exact_mut(out_stride).zip(&factors).take(rows).enumerate() {
                let out = &mut out[..self.size];
                out.iter_mut().for_each(|x| *x *= factor);
                put(first + row, out);
            }
        }
    }

    /// The keys over the root of their size, in tiles of sixteen tokens: `(tiles, size, 16)`.
    fn keys(&self, text: Range<usize>) -> Vec<Columns> {
        let mut tiles = vec![ZEROS; text.len().div_ceil(COLUMNS) * self.size];
        let factor = 1.0 / (self.size as f32).sqrt();
        for (token, row) in text.enumerate() {
            let key = &self.projected.row(row)[self.width + self.column..][..self.size];
            let tile = &mut tiles[token / COLUMNS * self.size..][..self.size];
            for (to, x) in tile.iter_mut().zip(key) {
                to[token % COLUMNS] = x * factor;
            }
        }
        tiles
    }

    /// The values in tiles of sixteen numbers: `(tiles, tokens, 16)`.
    fn values(&self, text: Range<usize>) -> Vec<Columns> {
        let num_tokens = text.len();
        let mut tiles = vec![ZEROS; self.size.div_ceil(COLUMNS) * num_tokens];
        for (token, row) in text.enumerate() {
            let value = &self.projected.row(row)[2 * self.width + self.column..][..self.size];
            for (tile, part) in value.chunks(COLUMNS).enumerate() {
                tiles[tile * num_tokens + token][..part.len()].copy_from_slice(part);
            }
        }
        tiles
    }
}

/// `out[row] = rows[row] · tiles`, the tiles of `inputs` numbers.
fn multiply(level: Level, rows: &Strided<'_>, tiles: &[Columns], inputs: usize, out: &mut [f32]) {
    let stride = tiles.len() / inputs * COLUMNS;
    assert!(rows.rows * stride <= out.len(), "{} rows of {stride} in {}", rows.rows, out.len());
    for (tile, weights) in tiles.chunks_exact(inputs).enumerate() {
        // SAFETY: the rows are in `out`, which is borrowed alone.
        unsafe {
            let sums = out.as_mut_ptr().add(tile * COLUMNS);
            let tile = Tile { weights, start: Start::Bias(&ZEROS), next: inputs };
            tile_product(level, rows, &tile, sums, stride);
        }
    }
}
