//! Products with AVX2: one tile of eight outputs with rows. `maddubs` multiplies four inputs of eight outputs at once; its
//! sums of pairs fit 16 bits, and so do their sums over a group, once the zero is taken off (see each kind), even where a
//! sum on the way wraps.

#![allow(unsafe_code, reason = "vector loads and stores")]

use super::packed::{Lane, TILE, Tile};
use super::rows::{RowGroup, Scales, WideGroup};
use std::arch::asm;
use std::arch::x86_64::*;

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn lane(lane: &Lane) -> __m256i {
    // SAFETY: a lane is 32 bytes on a boundary of 32.
    unsafe { _mm256_load_si256(lane.0.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2,f16c")]
pub(super) fn halves(bits: &[u16; TILE]) -> __m256 {
    // SAFETY: an unaligned load of eight u16.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(bits.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn floats(numbers: &[f32; TILE]) -> __m256 {
    // SAFETY: an unaligned load of eight f32.
    unsafe { _mm256_loadu_ps(numbers.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store(to: &mut [f32; TILE], numbers: __m256) {
    // SAFETY: an unaligned store of eight f32.
    unsafe { _mm256_storeu_ps(to.as_mut_ptr(), numbers) }
}

/// Vector `V` of a group of 4-bit numbers.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn vector_four<const V: usize>(tile: &Tile<'_>, group: usize) -> __m256i {
    let bytes = lane(&tile.low.as_chunks::<4>().0[group][V % 4]);
    let mask = _mm256_set1_epi8(15);
    if V < 4 { _mm256_and_si256(bytes, mask) } else { _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask) }
}

/// The same of 5-bit numbers.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn vector_five<const V: usize>(tile: &Tile<'_>, group: usize) -> __m256i {
    let bits = lane(&tile.high[group]);
    let fifth = match V {
        0 => _mm256_slli_epi16(bits, 4),
        1 => _mm256_slli_epi16(bits, 3),
        2 => _mm256_slli_epi16(bits, 2),
        3 => _mm256_slli_epi16(bits, 1),
        4 => bits,
        5 => _mm256_srli_epi16(bits, 1),
        6 => _mm256_srli_epi16(bits, 2),
        _ => _mm256_srli_epi16(bits, 3),
    };
    _mm256_or_si256(vector_four::<V>(tile, group), _mm256_and_si256(fifth, _mm256_set1_epi8(16)))
}

/// The same of 6-bit numbers.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn vector_six<const V: usize>(tile: &Tile<'_>, group: usize) -> __m256i {
    let bits = lane(&tile.high.as_chunks::<2>().0[group][V / 4]);
    let upper = match V % 4 {
        0 => _mm256_slli_epi16(bits, 4),
        1 => _mm256_slli_epi16(bits, 2),
        2 => bits,
        _ => _mm256_srli_epi16(bits, 2),
    };
    _mm256_or_si256(vector_four::<V>(tile, group), _mm256_and_si256(upper, _mm256_set1_epi8(48)))
}

/// Adds sums of 16 bits. In assembly because the compiler would otherwise take the rows one by one, as sums of whole numbers
/// may be in any order, and then each addition waits for the last.
#[inline]
#[target_feature(enable = "avx2")]
fn add_16(sums: __m256i, more: __m256i) -> __m256i {
    let mut sums = sums;
    // SAFETY: it reads and writes registers only; AVX2 is there.
    unsafe {
        asm!("vpaddw {sums}, {sums}, {more}", sums = inout(ymm_reg) sums, more = in(ymm_reg) more,
            options(nostack, nomem, preserves_flags));
    }
    sums
}

/// Adds sums of 32 bits, in assembly for the same reason.
#[inline]
#[target_feature(enable = "avx2")]
fn add_32(sums: __m256i, more: __m256i) -> __m256i {
    let mut sums = sums;
    // SAFETY: as above.
    unsafe {
        asm!("vpaddd {sums}, {sums}, {more}", sums = inout(ymm_reg) sums, more = in(ymm_reg) more,
            options(nostack, nomem, preserves_flags));
    }
    sums
}

/// Four quants of a row for all outputs.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn quad(row: &RowGroup, v: usize) -> __m256i {
    _mm256_set1_epi32(i32::from_ne_bytes(row.quants.as_chunks::<4>().0[v].map(|quant| quant as u8)))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn pair(pair: [i16; 2]) -> __m256i {
    _mm256_set1_epi32(i32::from(pair[0] as u16) | i32::from(pair[1]) << 16)
}

/// Sums of pairs to sums of each output.
#[inline]
#[target_feature(enable = "avx2")]
fn whole(pairs: __m256i) -> __m256i {
    _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
}

/// One group of `T` tiles with `N` rows. All sums take turns with each vector, so that the processor always has some to add
/// to that do not wait for each other; two tiles share what is loaded of the rows.
macro_rules! group {
    ($name:ident, $vector:ident, [$($v:literal)*], $zero:expr, $scale:expr, $min:expr, $end:ident) => {
        #[inline]
        #[target_feature(enable = "avx2,fma,f16c")]
        fn $name<const T: usize, const N: usize>(
            tiles: &[Tile<'_>; T],
            group: usize,
            rows: &[RowGroup; N],
            sums: &mut Sums<T, N>,
        ) {
            let zero: Option<usize> = $zero;
            let mut zeros = [_mm256_setzero_si256(); N];
            if let Some(zero) = zero {
                zeros.iter_mut().zip(rows).for_each(|(to, row)| *to = pair(row.zeros[zero]));
            }
            let mut all: [[__m256i; N]; T] = [zeros; T];
            $({
                let mut numbers = [_mm256_setzero_si256(); T];
                for (numbers, tile) in numbers.iter_mut().zip(tiles) {
                    *numbers = $vector::<$v>(tile, group);
                }
                for (index, row) in rows.iter().enumerate() {
                    let quad = quad(row, $v);
                    for (all, numbers) in all.iter_mut().zip(numbers) {
                        all[index] = add_16(all[index], _mm256_maddubs_epi16(numbers, quad));
                    }
                }
            })*
            for ((tile, sums), all) in tiles.iter().zip(sums).zip(all) {
                let (scale, min) = ($scale(tile, group), $min(tile, group));
                for ((sum, row), all) in sums.iter_mut().zip(rows).zip(all) {
                    *sum = $end(scale, min, row, whole(all), *sum);
                }
            }
        }
    };
}

/// Scales of a group.
#[inline]
#[target_feature(enable = "avx2,f16c")]
pub(super) fn scale(tile: &Tile<'_>, group: usize) -> __m256 {
    halves(&tile.scales[group])
}

/// Minimums of a group.
#[inline]
#[target_feature(enable = "avx2,f16c")]
pub(super) fn min(tile: &Tile<'_>, group: usize) -> __m256 {
    halves(&tile.mins[group])
}

/// What a kind without minimums has for them.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn no_min(_: &Tile<'_>, _: usize) -> __m256 {
    _mm256_setzero_ps()
}

/// Scales of a group, or of half of one, that are its own times its block's.
#[inline]
#[target_feature(enable = "avx2,f16c")]
pub(super) fn fine_scale<const HALF: usize>(tile: &Tile<'_>, group: usize) -> __m256 {
    _mm256_mul_ps(halves(&tile.scales[group / 8]), whole_numbers(&tile.fine[group][HALF]))
}

/// Minimums of a group that are its own times its block's.
#[inline]
#[target_feature(enable = "avx2,f16c")]
pub(super) fn fine_min(tile: &Tile<'_>, group: usize) -> __m256 {
    _mm256_mul_ps(halves(&tile.mins[group / 8]), whole_numbers(&tile.fine[group][1]))
}

#[inline]
#[target_feature(enable = "avx2")]
fn whole_numbers(numbers: &[i8; TILE]) -> __m256 {
    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_cvtsi64_si128(i64::from_ne_bytes(numbers.map(|number| number as u8)))))
}

/// `sum += scale * whole`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn end(scale: __m256, _: __m256, row: &RowGroup, whole: __m256i, sum: __m256) -> __m256 {
    _mm256_fmadd_ps(_mm256_mul_ps(scale, _mm256_set1_ps(row.scale)), _mm256_cvtepi32_ps(whole), sum)
}

/// And the minimum times the row's sum.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn end_min(scale: __m256, min: __m256, row: &RowGroup, whole: __m256i, sum: __m256) -> __m256 {
    _mm256_fmadd_ps(min, _mm256_set1_ps(row.sum), end(scale, min, row, whole, sum))
}

/// And what a zero of 16 has taken off is put back: with it the sums fit 16 bits, but the numbers have none.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn end_five_min(scale: __m256, min: __m256, row: &RowGroup, whole: __m256i, sum: __m256) -> __m256 {
    end_min(scale, min, row, _mm256_add_epi32(whole, _mm256_set1_epi32(row.sixteenfold)), sum)
}

group!(group_four, vector_four, [0 1 2 3 4 5 6 7], Some(0), scale, no_min, end);
group!(group_four_min, vector_four, [0 1 2 3 4 5 6 7], None, scale, min, end_min);
group!(group_four_fine, vector_four, [0 1 2 3 4 5 6 7], None, fine_scale::<0>, fine_min, end_min);
group!(group_five, vector_five, [0 1 2 3 4 5 6 7], Some(1), scale, no_min, end);
group!(group_five_min, vector_five, [0 1 2 3 4 5 6 7], Some(1), scale, min, end_five_min);
group!(group_five_fine, vector_five, [0 1 2 3 4 5 6 7], Some(1), fine_scale::<0>, fine_min, end_five_min);
group!(front_six, vector_six, [0 1 2 3], Some(2), fine_scale::<0>, no_min, end);
group!(back_six, vector_six, [4 5 6 7], Some(3), fine_scale::<1>, no_min, end);

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn group_six<const T: usize, const N: usize>(
    tiles: &[Tile<'_>; T],
    group: usize,
    rows: &[RowGroup; N],
    sums: &mut Sums<T, N>,
) {
    front_six(tiles, group, rows, sums);
    back_six(tiles, group, rows, sums);
}

/// 8-bit numbers: of each four inputs, 0 and 2, then 1 and 3, as 16 bits.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn group_eight<const T: usize, const N: usize>(
    tiles: &[Tile<'_>; T],
    group: usize,
    rows: &[WideGroup; N],
    sums: &mut Sums<T, N>,
) {
    let mut all = [[_mm256_setzero_si256(); N]; T];
    for v in 0..8 {
        let mut numbers = [[_mm256_setzero_si256(); 2]; T];
        for (numbers, tile) in numbers.iter_mut().zip(tiles) {
            *numbers = vectors_eight(tile, group, v);
        }
        for (index, row) in rows.iter().enumerate() {
            let quads = [pair(row.quants[v * 2]), pair(row.quants[v * 2 + 1])];
            for (all, numbers) in all.iter_mut().zip(numbers) {
                all[index] = add_32(all[index], _mm256_madd_epi16(numbers[0], quads[0]));
                all[index] = add_32(all[index], _mm256_madd_epi16(numbers[1], quads[1]));
            }
        }
    }
    end_eight(tiles, group, rows, all, sums);
}

/// Vector `v` of 8-bit numbers as 16 bits: those at even and at odd places.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn vectors_eight(tile: &Tile<'_>, group: usize, v: usize) -> [__m256i; 2] {
    let bytes = lane(&tile.low.as_chunks::<8>().0[group][v]);
    [_mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8), _mm256_srai_epi16(bytes, 8)]
}

/// Adds a group's whole sums.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn end_eight<const T: usize, const N: usize>(
    tiles: &[Tile<'_>; T],
    group: usize,
    rows: &[WideGroup; N],
    all: [[__m256i; N]; T],
    sums: &mut Sums<T, N>,
) {
    for ((tile, sums), all) in tiles.iter().zip(sums).zip(all) {
        let own = scale(tile, group);
        for ((sum, row), all) in sums.iter_mut().zip(rows).zip(all) {
            let scale = _mm256_mul_ps(own, _mm256_set1_ps(row.scale));
            *sum = _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(all), *sum);
        }
    }
}

/// Sums of `T` tiles with `N` rows.
pub(super) type Sums<const T: usize, const N: usize> = [[__m256; N]; T];

/// `sums = tiles · rows`, each of a tile with all rows. Of `rows`, those of one group are followed by those of the next
/// after `stride`. `$most` sums are in registers at the same time.
macro_rules! products {
    ($features:literal, $most:literal, $name:ident, $few:ident, $row:ty, $group:ident) => {
        #[target_feature(enable = $features)]
        fn $few<const T: usize, const N: usize>(
            tiles: &[Tile<'_>; T],
            rows: &[$row],
            stride: usize,
            out: [&mut [[f32; TILE]]; T],
        ) {
            let mut sums = [[_mm256_setzero_ps(); N]; T];
            for (group, rows) in rows.chunks(stride).enumerate() {
                $group(tiles, group, rows.first_chunk().expect("as many rows"), &mut sums);
            }
            for (out, sums) in out.into_iter().zip(sums) {
                out.iter_mut().zip(sums).for_each(|(out, sum)| store(out, sum));
            }
        }

        #[target_feature(enable = $features)]
        pub(in crate::kernels) fn $name<const T: usize>(
            tiles: &[Tile<'_>; T],
            rows: &[$row],
            stride: usize,
            out: [&mut [[f32; TILE]]; T],
        ) {
            let mut out = out;
            let (mut first, num_rows) = (0, out[0].len());
            while first < num_rows {
                let count = (num_rows - first).min($most / T);
                let few = out.each_mut().map(|out| &mut out[first..first + count]);
                let rows = &rows[first..];
                match count {
                    1 => $few::<T, 1>(tiles, rows, stride, few),
                    2 => $few::<T, 2>(tiles, rows, stride, few),
                    3 => $few::<T, 3>(tiles, rows, stride, few),
                    4 => $few::<T, 4>(tiles, rows, stride, few),
                    5 => $few::<T, 5>(tiles, rows, stride, few),
                    6 => $few::<T, 6>(tiles, rows, stride, few),
                    7 => $few::<T, 7>(tiles, rows, stride, few),
                    _ => $few::<T, 8>(tiles, rows, stride, few),
                }
                first += count;
            }
        }
    };
}

pub(super) use products;

products!("avx2,fma,f16c", 8, four, few_four, RowGroup, group_four);
products!("avx2,fma,f16c", 8, four_min, few_four_min, RowGroup, group_four_min);
products!("avx2,fma,f16c", 8, four_fine, few_four_fine, RowGroup, group_four_fine);
products!("avx2,fma,f16c", 8, five, few_five, RowGroup, group_five);
products!("avx2,fma,f16c", 8, five_min, few_five_min, RowGroup, group_five_min);
products!("avx2,fma,f16c", 8, five_fine, few_five_fine, RowGroup, group_five_fine);
products!("avx2,fma,f16c", 8, six, few_six, RowGroup, group_six);
products!("avx2,fma,f16c", 8, eight, few_eight, WideGroup, group_eight);

/// Rounds a group of a row.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn round(numbers: &[f32; 32], largest: Option<f32>) -> RowGroup {
    let scales = Scales::new(numbers, largest);
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| floats(&numbers.as_chunks::<TILE>().0[i]));
    let inverse = _mm256_set1_ps(scales.inverse);
    let whole = |x| _mm256_cvtps_epi32(_mm256_mul_ps(x, inverse));
    let packed = _mm256_packs_epi16(_mm256_packs_epi32(whole(a), whole(b)), _mm256_packs_epi32(whole(c), whole(d)));
    let quants = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));

    // Sums of pairs, of the even and of the odd pairs of each half in every word of 32 bits.
    let pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), quants);
    let pairs = _mm256_add_epi16(pairs, _mm256_shuffle_epi32(pairs, 0b01_00_11_10));
    let pairs = _mm256_add_epi16(pairs, _mm256_shuffle_epi32(pairs, 0b10_11_00_01));
    let (front, back) = (_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    let both = _mm_add_epi16(front, back);
    let all = _mm_unpacklo_epi64(both, _mm_unpacklo_epi32(front, back));
    let zeros = _mm_mullo_epi16(all, _mm_setr_epi16(-8, -8, -16, -16, -32, -32, -32, -32));
    let sum = _mm_cvtsi128_si32(_mm_madd_epi16(both, _mm_set1_epi16(1)));
    let half = |number| _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtps_ph(_mm_set_ss(number), 0)));
    let halved = |number| if scales.halved { half(number) } else { number };
    let mut group = RowGroup {
        scale: halved(scales.scale),
        sum: halved(scales.scale * sum as f32),
        sixteenfold: 16 * sum,
        ..RowGroup::default()
    };
    // SAFETY: unaligned stores of 32 and of 16 bytes into fields of that size.
    unsafe {
        _mm256_storeu_si256(group.quants.as_mut_ptr().cast(), quants);
        _mm_storeu_si128(group.zeros.as_mut_ptr().cast(), zeros);
    }
    group
}
