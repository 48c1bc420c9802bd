//! Weights in the one layout that serves one row and many: tiles of eight outputs, so that a vector holds the same four
//! inputs of each, and all of a tile's groups of 32 inputs one after the other.
//!
//! Of a group, vector `v` of eight has input `4 v + i` of output `o` in byte `4 o + i`. The numbers keep their width:
//!
//! | kind | low plane | high plane |
//! |---|---|---|
//! | 4 bits | 4 vectors: vector `v` in the low halves of the bytes, `v + 4` in the high halves | |
//! | 5 bits | as 4 bits | one vector: bit `v` of each byte |
//! | 6 bits | as 4 bits | two vectors: bits `2 (v % 4)` and the next, of vector `v / 4` |
//! | 8 bits | 8 vectors | |

#![allow(unsafe_code, reason = "tasks write different tiles")]

use super::format::{Format, GROUP, Group, from_half};
use super::memory::{Memory, Piece};
use super::pool::{Pool, Shares};

/// Outputs of a tile.
pub(super) const TILE: usize = 8;
/// Inputs of one output in a vector.
const QUAD: usize = 4;

/// A vector of bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(32))]
pub(super) struct Lane(pub(super) [u8; 32]);

/// How a weight's numbers are kept. Of those with fine scales ggml rounds the rows in blocks of 256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `scale * (q - 8)`: Q4_0.
    Four,
    /// `scale * q + min`: Q4_1.
    FourMin,
    /// `scale * fine * q + min * fine`: Q4_K.
    FourFine,
    /// `scale * (q - 16)`: Q5_0.
    Five,
    /// `scale * q + min`: Q5_1.
    FiveMin,
    /// `scale * fine * q + min * fine`: Q5_K.
    FiveFine,
    /// `scale * fine * (q - 32)`, the fine of 16 numbers each: Q6_K.
    Six,
    /// `scale * q`: Q8_0.
    Eight,
    /// Numbers of 32 bits.
    Full,
    /// Numbers of 16 bits, as f16.
    Half,
    /// The upper 16 bits of an f32.
    Brain,
}

/// What a group takes in each plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) low: usize,
    pub(super) high: usize,
    /// Whether a group has a minimum.
    pub(super) has_min: bool,
    /// Whether scale and minimum are of eight groups, and each group has whole numbers that they are multiplied with.
    pub(super) is_fine: bool,
    pub(super) zero: i32,
}

impl Plan {
    /// How many groups have a scale in common.
    pub(super) const fn groups_per_scale(self) -> usize {
        if self.is_fine { 8 } else { 1 }
    }
}

impl Kind {
    pub(super) const fn plan(self) -> Plan {
        let (low, high, zero) = match self {
            Self::Four => (4, 0, 8),
            Self::FourMin | Self::FourFine => (4, 0, 0),
            Self::Five => (4, 1, 16),
            Self::FiveMin | Self::FiveFine => (4, 1, 0),
            Self::Six => (4, 2, 32),
            Self::Eight => (8, 0, 0),
            Self::Full | Self::Half | Self::Brain => (0, 0, 0),
        };
        let has_min = matches!(self, Self::FourMin | Self::FourFine | Self::FiveMin | Self::FiveFine);
        Plan { low, high, has_min, is_fine: self.is_fine(), zero }
    }

    fn of(format: Format) -> Self {
        match format {
            Format::Q4_0 => Self::Four,
            Format::Q4_1 => Self::FourMin,
            Format::Q4K => Self::FourFine,
            Format::Q5_0 => Self::Five,
            Format::Q5_1 => Self::FiveMin,
            Format::Q5K => Self::FiveFine,
            Format::Q6K => Self::Six,
            Format::Q8_0 => Self::Eight,
            Format::F32 => Self::Full,
            Format::F16 => Self::Half,
            Format::Bf16 => Self::Brain,
        }
    }

    /// Whether groups have fine scales, and its product is with rows rounded in blocks of 256.
    pub(super) const fn is_fine(self) -> bool {
        matches!(self, Self::FourFine | Self::FiveFine | Self::Six)
    }

    /// Whether its product is with rounded rows.
    pub(crate) fn is_quantised(self) -> bool {
        !matches!(self, Self::Full | Self::Half | Self::Brain)
    }
}

/// A weight `(outputs, inputs)`.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(super) kind: Kind,
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    low: Piece<Lane>,
    high: Piece<Lane>,
    scales: Piece<[u16; TILE]>,
    mins: Piece<[u16; TILE]>,
    fine: Piece<[[i8; TILE]; 2]>,
    /// Numbers of kind `Full`: `(tiles, inputs, 8)`.
    pub(super) full: Piece<[f32; TILE]>,
    /// Numbers of kinds `Half` and `Brain`: the same shape.
    pub(super) half: Piece<[u16; TILE]>,
}

/// One tile's planes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tile<'a> {
    pub(super) low: &'a [Lane],
    pub(super) high: &'a [Lane],
    pub(super) scales: &'a [[u16; TILE]],
    pub(super) mins: &'a [[u16; TILE]],
    pub(super) fine: &'a [[[i8; TILE]; 2]],
}

/// Why bytes are no weight.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    /// Rows that end inside a block.
    #[error("a weight of {inputs} columns, expected a multiple of {block}")]
    Columns { inputs: usize, block: usize },
    /// Another number of bytes than the shape takes.
    #[error("a weight of {got} bytes, expected {expected}")]
    Bytes { got: usize, expected: usize },
    /// The system has no memory for it.
    #[error("no memory for the weights")]
    Memory(#[from] std::io::Error),
}

impl Packed {
    /// Reads the bytes of a weight `(outputs, inputs)` as they stand in a file, one output's row after the other.
    ///
    /// # Errors
    /// The rows are no whole blocks, the bytes no whole rows, or there is no memory.
    pub(crate) fn new(
        (pool, memory): (&Pool, &mut Memory),
        format: Format,
        shape: (usize, usize),
        bytes: &[u8],
    ) -> Result<Self, PackError> {
        let (outputs, inputs) = shape;
        let (block, _) = format.block();
        let row_bytes = format.row_bytes(inputs).ok_or(PackError::Columns { inputs, block })?;
        let expected = row_bytes.saturating_mul(outputs);
        if bytes.len() != expected {
            return Err(PackError::Bytes { got: bytes.len(), expected });
        }
        let kind = Kind::of(format);
        let mut packed = Self {
            kind,
            outputs,
            inputs,
            low: Piece::default(),
            high: Piece::default(),
            scales: Piece::default(),
            mins: Piece::default(),
            fine: Piece::default(),
            full: Piece::default(),
            half: Piece::default(),
        };
        if kind.is_quantised() {
            packed.fill((pool, memory), format, bytes)?;
        } else {
            packed.fill_dense(memory, bytes)?;
        }
        Ok(packed)
    }

    #[cfg(test)]
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Bytes in memory.
    pub(crate) fn num_bytes(&self) -> usize {
        size_of_val(&*self.low)
            + size_of_val(&*self.high)
            + size_of_val(&*self.scales)
            + size_of_val(&*self.mins)
            + size_of_val(&*self.fine)
            + size_of_val(&*self.full)
            + size_of_val(&*self.half)
    }

    pub(super) fn num_tiles(&self) -> usize {
        self.outputs.div_ceil(TILE)
    }

    pub(super) fn num_groups(&self) -> usize {
        self.inputs / GROUP
    }

    pub(super) fn tile(&self, index: usize) -> Tile<'_> {
        let (plan, groups) = (self.kind.plan(), self.num_groups());
        let range = |each: usize| index * groups * each..(index + 1) * groups * each;
        let scales = groups / plan.groups_per_scale();
        let of_scales = index * scales..(index + 1) * scales;
        Tile {
            low: &self.low[range(plan.low)],
            high: &self.high[range(plan.high)],
            scales: &self.scales[of_scales.clone()],
            mins: &self.mins[if plan.has_min { of_scales } else { 0..0 }],
            fine: &self.fine[range(usize::from(plan.is_fine))],
        }
    }

    /// Reads all groups; each tile is a task.
    fn fill(&mut self, (pool, memory): (&Pool, &mut Memory), format: Format, bytes: &[u8]) -> std::io::Result<()> {
        let (plan, groups, num_tiles, outputs) = (self.kind.plan(), self.num_groups(), self.num_tiles(), self.outputs);
        let row_bytes = bytes.len() / outputs.max(1);
        let all = num_tiles * groups;
        let (has_min, is_fine) = (usize::from(plan.has_min), usize::from(plan.is_fine));
        self.low = memory.take(all * plan.low)?;
        self.high = memory.take(all * plan.high)?;
        self.scales = memory.take(all / plan.groups_per_scale())?;
        self.mins = memory.take(self.scales.len() * has_min)?;
        self.fine = memory.take(all * is_fine)?;
        let (low, high) = (Shares::new(&mut self.low), Shares::new(&mut self.high));
        let (scales, mins) = (Shares::new(&mut self.scales), Shares::new(&mut self.mins));
        let fine = Shares::new(&mut self.fine);
        pool.run(num_tiles, |tile| {
            let absent = Group { quants: [plan.zero as u8; GROUP], scale: 0, min: 0, fine: [0; 2] };
            for group in 0..groups {
                let read = |lane: usize| match tile * TILE + lane {
                    row if row < outputs => format.group(&bytes[row * row_bytes..(row + 1) * row_bytes], group),
                    _ => absent, // outputs that the last tile does not have are zero
                };
                let read: [Group; TILE] = std::array::from_fn(read);
                let at = tile * groups + group;
                let scale_at = at / plan.groups_per_scale();
                // SAFETY: each tile is in one task, and has a piece of its own in each plane.
                let planes = unsafe {
                    (
                        low.piece(at * plan.low, plan.low),
                        high.piece(at * plan.high, plan.high),
                        scales.piece(scale_at, 1),
                        mins.piece(scale_at * has_min, has_min),
                        fine.piece(at * is_fine, is_fine),
                    )
                };
                pack(&read, planes.0, planes.1);
                planes.2.fill(read.map(|group| group.scale));
                planes.3.fill(read.map(|group| group.min));
                planes.4.fill([0, 1].map(|i| read.map(|group| group.fine[i] as i8)));
            }
        });
        Ok(())
    }

    fn fill_dense(&mut self, memory: &mut Memory, bytes: &[u8]) -> std::io::Result<()> {
        let all = self.num_tiles() * self.inputs;
        let place = |at: usize, lane: usize| {
            let (tile, input) = (at / self.inputs, at % self.inputs);
            (tile * TILE + lane < self.outputs).then_some((tile * TILE + lane) * self.inputs + input)
        };
        if self.kind == Kind::Full {
            let words = bytes.as_chunks::<4>().0;
            let number = |at, lane| place(at, lane).map_or(0.0, |i| f32::from_le_bytes(words[i]));
            let mut full: Piece<[f32; TILE]> = memory.take(all)?;
            full.iter_mut().enumerate().for_each(|(at, to)| *to = std::array::from_fn(|lane| number(at, lane)));
            self.full = full;
        } else {
            let words = bytes.as_chunks::<2>().0;
            let number = |at, lane| place(at, lane).map_or(0, |i| u16::from_le_bytes(words[i]));
            let mut half: Piece<[u16; TILE]> = memory.take(all)?;
            half.iter_mut().enumerate().for_each(|(at, to)| *to = std::array::from_fn(|lane| number(at, lane)));
            self.half = half;
        }
        Ok(())
    }

    /// Output `index`'s row of numbers.
    ///
    /// # Panics
    /// If there is no such output, or `row` is not as long as the weight has inputs.
    pub(crate) fn row(&self, index: usize, row: &mut [f32]) {
        assert!(index < self.outputs && row.len() == self.inputs, "row {index} of {}", self.outputs);
        let (tile, lane) = (index / TILE, index % TILE);
        if !self.kind.is_quantised() {
            for (input, number) in row.iter_mut().enumerate() {
                let at = tile * self.inputs + input;
                *number = match self.kind {
                    Kind::Full => self.full[at][lane],
                    Kind::Half => from_half(self.half[at][lane]),
                    _ => f32::from_bits(u32::from(self.half[at][lane]) << 16),
                };
            }
            return;
        }
        let planes = self.tile(tile);
        for (group, numbers) in row.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
            for (i, number) in numbers.iter_mut().enumerate() {
                *number = self.number(&planes, group, lane, i);
            }
        }
    }

    /// A number of a tile, as the kind defines it.
    pub(super) fn number(&self, tile: &Tile<'_>, group: usize, lane: usize, i: usize) -> f32 {
        self.scale(tile, group, lane, i) * self.quant(tile, group, lane, i) as f32 + self.min(tile, group, lane)
    }

    /// What number `i` of a group is multiplied with.
    pub(super) fn scale(&self, tile: &Tile<'_>, group: usize, lane: usize, i: usize) -> f32 {
        let scale = from_half(tile.scales[group / self.kind.plan().groups_per_scale()][lane]);
        let half = if self.kind == Kind::Six { i / 16 } else { 0 };
        tile.fine.get(group).map_or(scale, |fine| scale * f32::from(fine[half][lane]))
    }

    /// What is added to each number of a group.
    pub(super) fn min(&self, tile: &Tile<'_>, group: usize, lane: usize) -> f32 {
        let plan = self.kind.plan();
        if !plan.has_min {
            return 0.0;
        }
        let min = from_half(tile.mins[group / plan.groups_per_scale()][lane]);
        tile.fine.get(group).map_or(min, |fine| min * f32::from(fine[1][lane]))
    }

    /// A whole number of a tile, its zero taken off.
    pub(super) fn quant(&self, tile: &Tile<'_>, group: usize, lane: usize, i: usize) -> i32 {
        let (plan, vector, byte) = (self.kind.plan(), i / QUAD, lane * QUAD + i % QUAD);
        if plan.low == 8 {
            return i32::from(tile.low[group * 8 + vector].0[byte] as i8);
        }
        let low = tile.low[group * 4 + vector % 4].0[byte] >> (vector / 4 * 4) & 15;
        let high = match plan.high {
            0 => 0,
            1 => tile.high[group].0[byte] >> vector & 1,
            _ => tile.high[group * 2 + vector / 4].0[byte] >> (vector % 4 * 2) & 3,
        };
        i32::from(low | high << 4) - plan.zero
    }
}

/// Puts the numbers of a group of eight outputs into its planes.
fn pack(groups: &[Group; TILE], low: &mut [Lane], high: &mut [Lane]) {
    let mut vectors = [[0u8; 32]; 8];
    for (lane, group) in groups.iter().enumerate() {
        for (vector, quad) in vectors.iter_mut().zip(group.quants.as_chunks::<QUAD>().0) {
            vector[lane * QUAD..][..QUAD].copy_from_slice(quad);
        }
    }
    if low.len() == 8 {
        low.iter_mut().zip(vectors).for_each(|(low, vector)| low.0 = vector);
        return;
    }
    for (v, low) in low.iter_mut().enumerate() {
        low.0 = std::array::from_fn(|byte| (vectors[v][byte] & 15) | (vectors[v + 4][byte] & 15) << 4);
    }
    // Of each vector as many upper bits as its share of the high vectors' eight.
    let bits = high.len();
    for (part, high) in high.iter_mut().enumerate() {
        let vectors = &vectors[part * 8 / bits..(part + 1) * 8 / bits];
        for (v, vector) in vectors.iter().enumerate() {
            let upper = |byte: u8| (byte >> 4 & ((1 << bits) - 1)) << (v * bits);
            high.0.iter_mut().zip(vector).for_each(|(high, byte)| *high |= upper(*byte));
        }
    }
}
