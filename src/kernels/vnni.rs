//! Products with the instructions that add four products at once to 32 bits: AVX-VNNI, and AVX512-VNNI with vectors of 256
//! bits. The layout and the order are those of [`super::avx2`]; as no sum is of 16 bits, the zero is taken off in 32.

use super::avx2::{
    FEW, end, end_min, fine_min, fine_scale, floats, lane, min, no_min, pair, products, quad, scale, store,
    vector_five, vector_four, vector_six,
};
use super::packed::{TILE, Tile};
use super::rows::{RowGroup, WideGroup};
use std::arch::x86_64::*;

/// One group of a tile with a few rows, each begun with `start`.
macro_rules! group {
    ($features:literal, $bytes:ident, $name:ident, $vector:ident, $vectors:expr, $start:expr, $scale:expr, $min:expr, $end:ident) => {
        #[inline]
        #[target_feature(enable = $features)]
        fn $name<const N: usize>(tile: &Tile<'_>, group: usize, rows: &[RowGroup; N], sums: &mut [[f32; TILE]; N]) {
            let mut all: [__m256i; N] = std::array::from_fn(|row| $start(&rows[row]));
            for v in $vectors {
                let numbers = $vector(tile, group, v);
                for (all, row) in all.iter_mut().zip(rows) {
                    *all = $bytes(*all, numbers, quad(row, v));
                }
            }
            let (scale, min) = ($scale(tile, group), $min(tile, group));
            for ((sum, row), all) in sums.iter_mut().zip(rows).zip(all) {
                let new = $end(scale, min, row, all, floats(sum));
                store(sum, new);
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
    ($module:ident, $features:literal, $bytes:ident, $words:ident) => {
        pub(super) mod $module {
            use super::*;

            group!($features, $bytes, group_four, vector_four, 0..8, less_eight, scale, no_min, end);
            group!($features, $bytes, group_four_min, vector_four, 0..8, from_nothing, scale, min, end_min);
            group!(
                $features,
                $bytes,
                group_four_fine,
                vector_four,
                0..8,
                from_nothing,
                fine_scale::<0>,
                fine_min,
                end_min
            );
            group!($features, $bytes, group_five, vector_five, 0..8, less_sixteen, scale, no_min, end);
            group!($features, $bytes, group_five_min, vector_five, 0..8, from_nothing, scale, min, end_min);
            group!(
                $features,
                $bytes,
                group_five_fine,
                vector_five,
                0..8,
                from_nothing,
                fine_scale::<0>,
                fine_min,
                end_min
            );
            group!($features, $bytes, front_six, vector_six, 0..4, front_less, fine_scale::<0>, no_min, end);
            group!($features, $bytes, back_six, vector_six, 4..8, back_less, fine_scale::<1>, no_min, end);

            #[inline]
            #[target_feature(enable = $features)]
            fn group_six<const N: usize>(
                tile: &Tile<'_>,
                group: usize,
                rows: &[RowGroup; N],
                sums: &mut [[f32; TILE]; N],
            ) {
                front_six(tile, group, rows, sums);
                back_six(tile, group, rows, sums);
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn group_eight<const N: usize>(
                tile: &Tile<'_>,
                group: usize,
                rows: &[WideGroup; N],
                sums: &mut [[f32; TILE]; N],
            ) {
                let mut all = [_mm256_setzero_si256(); N];
                for v in 0..8 {
                    let bytes = lane(&tile.low.as_chunks::<8>().0[group][v]);
                    let (even, odd) = (_mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8), _mm256_srai_epi16(bytes, 8));
                    for (all, row) in all.iter_mut().zip(rows) {
                        *all = $words($words(*all, even, pair(row.quants[v * 2])), odd, pair(row.quants[v * 2 + 1]));
                    }
                }
                let own = scale(tile, group);
                for ((sum, row), all) in sums.iter_mut().zip(rows).zip(all) {
                    let scale = _mm256_mul_ps(own, _mm256_set1_ps(row.scale));
                    let new = _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(all), floats(sum));
                    store(sum, new);
                }
            }

            products!($features, four, few_four, RowGroup, group_four);
            products!($features, four_min, few_four_min, RowGroup, group_four_min);
            products!($features, four_fine, few_four_fine, RowGroup, group_four_fine);
            products!($features, five, few_five, RowGroup, group_five);
            products!($features, five_min, few_five_min, RowGroup, group_five_min);
            products!($features, five_fine, few_five_fine, RowGroup, group_five_fine);
            products!($features, six, few_six, RowGroup, group_six);
            products!($features, eight, few_eight, WideGroup, group_eight);
        }
    };
}

kinds!(avx, "avx2,fma,f16c,avxvnni", _mm256_dpbusd_avx_epi32, _mm256_dpwssd_avx_epi32);
kinds!(avx512, "avx2,fma,f16c,avx512f,avx512vl,avx512vnni", _mm256_dpbusd_epi32, _mm256_dpwssd_epi32);
