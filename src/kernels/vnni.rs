//! Products with the instructions that add four products at once to 32 bits: AVX-VNNI, and AVX512-VNNI with vectors of 256
//! bits. The layout and the order are those of [`super::avx2`]; as no sum is of 16 bits, the zero is taken off in 32.

use super::avx2::{
    Sums, end, end_eight, end_min, fine_min, fine_scale, min, no_min, pair, products, quad, scale, store, vector_five,
    vector_four, vector_six, vectors_eight,
};
use super::packed::{TILE, Tile};
use super::rows::{RowGroup, WideGroup};
use std::arch::x86_64::*;

/// One group of `T` tiles with `N` rows, each begun with `start`.
macro_rules! group {
    ($features:literal, $bytes:ident, $name:ident, $vector:ident, [$($v:literal)*], $start:expr, $scale:expr, $min:expr, $end:ident) => {
        #[inline]
        #[target_feature(enable = $features)]
        fn $name<const T: usize, const N: usize>(
            tiles: &[Tile<'_>; T],
            group: usize,
            rows: &[RowGroup; N],
            sums: &mut Sums<T, N>,
        ) {
            let mut start = [_mm256_setzero_si256(); N];
            for (start, row) in start.iter_mut().zip(rows) {
                *start = $start(row);
            }
            let mut all: [[__m256i; N]; T] = [start; T];
            $({
                let mut numbers = [_mm256_setzero_si256(); T];
                for (numbers, tile) in numbers.iter_mut().zip(tiles) {
                    *numbers = $vector::<$v>(tile, group);
                }
                for (index, row) in rows.iter().enumerate() {
                    let quad = quad(row, $v);
                    for (all, numbers) in all.iter_mut().zip(numbers) {
                        all[index] = $bytes(all[index], numbers, quad);
                    }
                }
            })*
            for ((tile, sums), all) in tiles.iter().zip(sums).zip(all) {
                let (scale, min) = ($scale(tile, group), $min(tile, group));
                for ((sum, row), all) in sums.iter_mut().zip(rows).zip(all) {
                    *sum = $end(scale, min, row, all, *sum);
                }
            }
        }
    };
}

#[inline]
#[target_feature(enable = "avx2")]
fn from_nothing(_: &RowGroup) -> __m256i {
    _mm256_setzero_si256()
}

/// What a zero of 8 takes off.
#[inline]
#[target_feature(enable = "avx2")]
fn less_eight(row: &RowGroup) -> __m256i {
    _mm256_set1_epi32(-row.sixteenfold / 2)
}

/// What a zero of 16 takes off.
#[inline]
#[target_feature(enable = "avx2")]
fn less_sixteen(row: &RowGroup) -> __m256i {
    _mm256_set1_epi32(-row.sixteenfold)
}

/// What a zero of 32 takes off the first half.
#[inline]
#[target_feature(enable = "avx2")]
fn front_less(row: &RowGroup) -> __m256i {
    _mm256_madd_epi16(pair(row.zeros[2]), _mm256_set1_epi16(1))
}

/// And off the other.
#[inline]
#[target_feature(enable = "avx2")]
fn back_less(row: &RowGroup) -> __m256i {
    _mm256_madd_epi16(pair(row.zeros[3]), _mm256_set1_epi16(1))
}

/// All kinds, with the instructions of one level: of bytes, and of pairs of 16 bits.
macro_rules! kinds {
    ($module:ident, $features:literal, $most:literal, $bytes:ident, $words:ident) => {
        pub(super) mod $module {
            use super::*;

            group!($features, $bytes, group_four, vector_four, [0 1 2 3 4 5 6 7], less_eight, scale, no_min, end);
            group!($features, $bytes, group_four_min, vector_four, [0 1 2 3 4 5 6 7], from_nothing, scale, min, end_min);
            group!(
                $features,
                $bytes,
                group_four_fine,
                vector_four,
                [0 1 2 3 4 5 6 7],
                from_nothing,
                fine_scale::<0>,
                fine_min,
                end_min
            );
            group!($features, $bytes, group_five, vector_five, [0 1 2 3 4 5 6 7], less_sixteen, scale, no_min, end);
            group!($features, $bytes, group_five_min, vector_five, [0 1 2 3 4 5 6 7], from_nothing, scale, min, end_min);
            group!(
                $features,
                $bytes,
                group_five_fine,
                vector_five,
                [0 1 2 3 4 5 6 7],
                from_nothing,
                fine_scale::<0>,
                fine_min,
                end_min
            );
            group!($features, $bytes, front_six, vector_six, [0 1 2 3], front_less, fine_scale::<0>, no_min, end);
            group!($features, $bytes, back_six, vector_six, [4 5 6 7], back_less, fine_scale::<1>, no_min, end);

            #[inline]
            #[target_feature(enable = $features)]
            fn group_six<const T: usize, const N: usize>(
                tiles: &[Tile<'_>; T],
                group: usize,
                rows: &[RowGroup; N],
                sums: &mut Sums<T, N>,
            ) {
                front_six(tiles, group, rows, sums);
                back_six(tiles, group, rows, sums);
            }

            #[inline]
            #[target_feature(enable = $features)]
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
                            all[index] = $words($words(all[index], numbers[0], quads[0]), numbers[1], quads[1]);
                        }
                    }
                }
                end_eight(tiles, group, rows, all, sums);
            }

            products!($features, $most, four, few_four, RowGroup, group_four);
            products!($features, $most, four_min, few_four_min, RowGroup, group_four_min);
            products!($features, $most, four_fine, few_four_fine, RowGroup, group_four_fine);
            products!($features, $most, five, few_five, RowGroup, group_five);
            products!($features, $most, five_min, few_five_min, RowGroup, group_five_min);
            products!($features, $most, five_fine, few_five_fine, RowGroup, group_five_fine);
            products!($features, $most, six, few_six, RowGroup, group_six);
            products!($features, $most, eight, few_eight, WideGroup, group_eight);
        }
    };
}

// The first has 16 registers, the second 32.
kinds!(avx, "avx2,fma,f16c,avxvnni", 8, _mm256_dpbusd_avx_epi32, _mm256_dpwssd_avx_epi32);
kinds!(avx512, "avx2,fma,f16c,avx512f,avx512vl,avx512vnni", 16, _mm256_dpbusd_epi32, _mm256_dpwssd_epi32);
