//! Rows of activations, rounded once to 8 bits and then multiplied with every weight that takes them.
//!
//! As ggml does it: a group of 32 numbers is d·q with q from -127 to 127 and d rounded to 16 bits, and for weights with a
//! minimum the sum of d·q is kept, rounded to 16 bits too. For the types with K in their name d is one of 256 numbers, and
//! nothing is rounded to 16 bits. Groups of the same place stand together for all rows, because a
//! product takes one group of a weight with all rows.

#![allow(unsafe_code, reason = "tasks write different rows; the call of code for a detected processor")]

use super::format::{GROUP, from_half, to_half};
use super::level::{Level, Path};
use super::packed::Kind;
use super::pool::{Pool, Shares};
use super::vector::{Norm, for_rows, rms_norm, rms_scale};

/// A group of a row.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(64))]
pub(super) struct RowGroup {
    pub(super) quants: [i8; GROUP],
    /// Two i16 each, to begin sums of pairs with: minus the zero of a kind times the sum of the quants 0 and 1, and 2 and 3,
    /// of each four. For zero 8; for 16; for 32 of the first 16 quants, and of the others.
    pub(super) zeros: [[i16; 2]; 4],
    pub(super) scale: f32,
    /// Sum of the group's numbers.
    pub(super) sum: f32,
    /// Sum of the quants times 16.
    pub(super) sixteenfold: i32,
}

/// A group of a row with its quants as 16 bits: of each four, 0 and 2, then 1 and 3.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(super) struct WideGroup {
    pub(super) quants: [[i16; 2]; 16],
    pub(super) scale: f32,
}

/// Which forms of the rows a set of weights takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Forms {
    narrow: bool,
    coarse: bool,
    wide: bool,
    full: bool,
}

impl Forms {
    /// These and what another weight takes.
    pub(crate) fn and(self, kind: Kind) -> Self {
        Self {
            narrow: self.narrow || (kind.is_quantised() && kind != Kind::Eight && !kind.is_fine()),
            coarse: self.coarse || kind.is_fine(),
            wide: self.wide || kind == Kind::Eight,
            full: self.full || !kind.is_quantised(),
        }
    }
}

/// Rows `(rows, inputs)` in the forms that were asked for. Its memory is kept for the next rows.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(super) num_rows: usize,
    pub(super) inputs: usize,
    pub(super) narrow: Vec<RowGroup>, // (inputs / 32, rows)
    pub(super) coarse: Vec<RowGroup>, // (inputs / 32, rows), with scales of 256 numbers
    pub(super) wide: Vec<WideGroup>,  // (inputs / 32, rows)
    pub(super) full: Vec<f32>,        // (rows, inputs)
    scales: Vec<f32>,                 // (rows)
    forms: Forms,
}

/// Numbers that share a scale in the coarse form.
const BLOCK: usize = 256;
/// Numbers for which a task of their own is worth it.
const TASK_NUMBERS: usize = 8 * 1024;

impl Rows {
    /// Takes new rows of `inputs` numbers each.
    ///
    /// # Panics
    /// If `x` is not whole rows, or rows are rounded that are not whole groups.
    pub(crate) fn set(&mut self, pool: &Pool, x: &[f32], inputs: usize, forms: Forms) {
        self.begin(x, inputs, forms);
        if forms.full {
            self.full.copy_from_slice(x);
        }
        self.round(pool, |row, group| *x[row * inputs + group * GROUP..].first_chunk().expect("whole groups"));
    }

    /// Takes new rows as wide as `norm`'s weight, each normed: see [`rms_norm`].
    ///
    /// # Panics
    /// As for [`Self::set`].
    pub(crate) fn set_normed(&mut self, pool: &Pool, x: &[f32], norm: Norm<'_>, forms: Forms) {
        let inputs = norm.weight.len();
        self.begin(x, inputs, forms);
        for (row, normed) in self.full.chunks_exact_mut(inputs).enumerate() {
            rms_norm(&x[row * inputs..(row + 1) * inputs], norm, normed);
        }
        self.scales.resize(self.num_rows, 0.0);
        for_rows(pool, &mut self.scales, 1, |row, scale| {
            scale[0] = rms_scale(&x[row * inputs..(row + 1) * inputs], norm.eps)
        });
        let scales = std::mem::take(&mut self.scales);
        self.round(pool, |row, group| {
            let numbers: &[f32; GROUP] = x[row * inputs + group * GROUP..].first_chunk().expect("whole groups");
            let weight: &[f32; GROUP] = norm.weight[group * GROUP..].first_chunk().expect("whole groups");
            std::array::from_fn(|i| (numbers[i] * scales[row]) * weight[i])
        });
        self.scales = scales;
    }

    fn begin(&mut self, x: &[f32], inputs: usize, forms: Forms) {
        assert!(inputs > 0 && x.len().is_multiple_of(inputs), "{} numbers are no rows of {inputs}", x.len());
        (self.num_rows, self.inputs, self.forms) = (x.len() / inputs, inputs, forms);
        self.full.resize(if forms.full { x.len() } else { 0 }, 0.0);
    }

    /// Fills in the rounded forms: `numbers` gives a group of a row.
    fn round(&mut self, pool: &Pool, numbers: impl Fn(usize, usize) -> [f32; GROUP] + Sync) {
        let (forms, inputs, rows, level) = (self.forms, self.inputs, self.num_rows, pool.level());
        let block = if forms.coarse { BLOCK } else { GROUP };
        if !forms.narrow && !forms.wide && !forms.coarse {
            return;
        }
        assert!(inputs.is_multiple_of(block), "rows of {inputs} numbers are no blocks of {block}");
        let groups = inputs / GROUP;
        self.narrow.resize(if forms.narrow { rows * groups } else { 0 }, RowGroup::default());
        self.coarse.resize(if forms.coarse { rows * groups } else { 0 }, RowGroup::default());
        self.wide.resize(if forms.wide { rows * groups } else { 0 }, WideGroup::default());
        let (narrow, coarse) = (Shares::new(&mut self.narrow), Shares::new(&mut self.coarse));
        let wide = Shares::new(&mut self.wide);
        let rows_per_task = (TASK_NUMBERS / inputs).clamp(1, rows.max(1));
        pool.run(rows.div_ceil(rows_per_task), |task| {
            for row in task * rows_per_task..rows.min((task + 1) * rows_per_task) {
                for at in (0..groups).filter(|_| forms.narrow || forms.wide) {
                    let rounded = round(level, &numbers(row, at), None);
                    if forms.wide {
                        // SAFETY: each task has rows of its own, and so places of its own.
                        let place = unsafe { wide.piece(at * rows + row, 1) };
                        place[0] = rounded.widened();
                    }
                    if forms.narrow {
                        // SAFETY: as above.
                        let place = unsafe { narrow.piece(at * rows + row, 1) };
                        place[0] = rounded;
                    }
                }
                for first in (0..groups).step_by(BLOCK / GROUP).filter(|_| forms.coarse) {
                    let block: [_; BLOCK / GROUP] = std::array::from_fn(|i| numbers(row, first + i));
                    let largest = block.as_flattened().iter().fold(0f32, |a, b| if b.abs() > a.abs() { *b } else { a });
                    for (i, numbers) in block.iter().enumerate() {
                        // SAFETY: as above.
                        let place = unsafe { coarse.piece((first + i) * rows + row, 1) };
                        place[0] = round(level, numbers, Some(largest));
                    }
                }
            }
        });
    }

    /// Whether the rows are there in the form that a weight of this kind takes.
    pub(super) fn serves(&self, kind: Kind) -> bool {
        self.forms.and(kind) == self.forms
    }
}

/// Rounds a group by its own largest number, or by that of its block.
fn round(level: Level, numbers: &[f32; GROUP], largest: Option<f32>) -> RowGroup {
    match level.path() {
        Path::Twin => RowGroup::round(numbers, Scales::new(numbers, largest)),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the level is proof of AVX2, FMA and F16C.
        _ => unsafe { super::avx2::round(numbers, largest) },
    }
}

/// How a group is rounded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scales {
    /// What the numbers are multiplied with.
    pub(super) inverse: f32,
    /// What the quants are then multiplied with.
    pub(super) scale: f32,
    /// Whether scale and sum are rounded to 16 bits.
    pub(super) halved: bool,
}

impl Scales {
    #[inline(always)]
    pub(super) fn new(numbers: &[f32; GROUP], largest: Option<f32>) -> Self {
        let mut sizes = [0f32; 8];
        let mut sum = [0f32; 8];
        for eight in numbers.as_chunks::<8>().0 {
            for ((size, sum), number) in sizes.iter_mut().zip(&mut sum).zip(eight) {
                *size = if number.abs() > *size { number.abs() } else { *size };
                *sum += *number;
            }
        }
        // What is not a number stays none: a sum has it, a comparison would lose it.
        let poison = if sum.iter().any(|sum| sum.is_nan()) { f32::NAN } else { 1.0 };
        match largest {
            None => {
                let most = sizes.iter().fold(0f32, |most, size| most.max(*size));
                let inverse = if most > 0.0 { 127.0 / most } else { 0.0 };
                Self { inverse, scale: most / 127.0 * poison, halved: true }
            }
            Some(0.0) => Self { inverse: 0.0, scale: 0.0 * poison, halved: false },
            Some(most) => {
                let inverse = -127.0 / most;
                Self { inverse, scale: 1.0 / inverse * poison, halved: false }
            }
        }
    }
}

impl RowGroup {
    /// The scalar twin of rounding.
    pub(super) fn round(numbers: &[f32; GROUP], scales: Scales) -> Self {
        // At most 127 in size by construction; `as` saturates what is not a number.
        let quants = numbers.map(|number| (number * scales.inverse).round_ties_even() as i8);
        let pair_sum = |quants: &[i8], first: usize| -> i16 {
            quants.as_chunks::<4>().0.iter().map(|four| i16::from(four[first]) + i16::from(four[first + 1])).sum()
        };
        let (front, back) = quants.split_at(GROUP / 2);
        let halves = [front, back].map(|half| [pair_sum(half, 0), pair_sum(half, 2)]);
        let whole = [halves[0][0] + halves[1][0], halves[0][1] + halves[1][1]];
        let times = |sums: [i16; 2], zero: i16| sums.map(|sum| sum.wrapping_mul(-zero));
        let sum = i32::from(whole[0]) + i32::from(whole[1]);
        let halved = |number: f32| if scales.halved { from_half(to_half(number)) } else { number };
        Self {
            quants,
            zeros: [times(whole, 8), times(whole, 16), times(halves[0], 32), times(halves[1], 32)],
            scale: halved(scales.scale),
            sum: halved(scales.scale * sum as f32),
            sixteenfold: 16 * sum,
        }
    }

    fn widened(&self) -> WideGroup {
        let wide = |i: usize| i16::from(self.quants[i]);
        let quants = std::array::from_fn(|pair| {
            let first = pair / 2 * 4 + pair % 2;
            [wide(first), wide(first + 2)]
        });
        WideGroup { quants, scale: self.scale }
    }
}
