//! The scalar twins: what the vector code computes, as plainly as it can be said.

use super::format::GROUP;
use super::packed::{Kind, Packed, TILE, Tile};
use super::rows::Rows;

/// `sums[row] = tile · row` for the rows from `first`.
pub(super) fn tile_sums(weight: &Packed, tile: &Tile<'_>, rows: &Rows, first: usize, sums: &mut [[f32; TILE]]) {
    for (row, sums) in sums.iter_mut().enumerate() {
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum = 0.0;
            for group in 0..weight.num_groups() {
                let at = group * rows.num_rows + first + row;
                let (quants, scale, row_sum) = match weight.kind {
                    Kind::Eight => (narrowed(&rows.wide[at].quants), rows.wide[at].scale, 0.0),
                    kind if kind.is_fine() => (rows.coarse[at].quants, rows.coarse[at].scale, rows.coarse[at].sum),
                    _ => (rows.narrow[at].quants, rows.narrow[at].scale, rows.narrow[at].sum),
                };
                for half in [0..GROUP / 2, GROUP / 2..GROUP] {
                    let own_scale = weight.scale(tile, group, lane, half.start);
                    let product = |i: usize| weight.quant(tile, group, lane, i) * i32::from(quants[i]);
                    *sum += own_scale * scale * half.map(product).sum::<i32>() as f32;
                }
                *sum += weight.min(tile, group, lane) * row_sum;
            }
        }
    }
}

/// The quants of a wide group in their order.
fn narrowed(wide: &[[i16; 2]; GROUP / 2]) -> [i8; GROUP] {
    std::array::from_fn(|i| wide[i / 4 * 2 + i % 2][i % 4 / 2] as i8)
}
