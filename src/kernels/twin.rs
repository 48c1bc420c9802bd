//! The scalar twins: what the vector code computes, as plainly as it can be said.

use super::format::{GROUP, from_half};
use super::packed::{Kind, Packed, TILE, Tile};
use super::rows::Rows;

/// `sums[row] += tile · row` for the rows from `first`.
pub(super) fn tile_sums(weight: &Packed, tile: &Tile<'_>, rows: &Rows, first: usize, sums: &mut [[f32; TILE]]) {
    let plan = weight.kind.plan();
    for (row, sums) in sums.iter_mut().enumerate() {
        for (lane, sum) in sums.iter_mut().enumerate() {
            for group in 0..weight.num_groups() {
                let at = group * rows.num_rows + first + row;
                let (quants, scale, row_sum) = match weight.kind {
                    Kind::Eight => (narrowed(&rows.wide[at].quants), rows.wide[at].scale, 0.0),
                    kind if kind.is_coarse() => (rows.coarse[at].quants, rows.coarse[at].scale, rows.coarse[at].sum),
                    _ => (rows.narrow[at].quants, rows.narrow[at].scale, rows.narrow[at].sum),
                };
                for half in 0..plan.scales {
                    let size = GROUP / plan.scales;
                    let product = |i: usize| weight.quant(tile, group, lane, i) * i32::from(quants[i]);
                    let whole: i32 = (half * size..(half + 1) * size).map(product).sum();
                    *sum += from_half(tile.scales[group * plan.scales + half][lane]) * scale * whole as f32;
                }
                if plan.mins == 1 {
                    *sum += from_half(tile.mins[group][lane]) * row_sum;
                }
            }
        }
    }
}

/// The quants of a wide group in their order.
fn narrowed(wide: &[[i16; 2]; GROUP / 2]) -> [i8; GROUP] {
    std::array::from_fn(|i| wide[i / 4 * 2 + i % 2][i % 4 / 2] as i8)
}
