//! The blocks of GGUF's quantised types, read into one form: groups of 32 numbers with scales and a minimum.
//!
//! Facts of the format: <https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h>.

/// Numbers of a group.
pub(crate) const GROUP: usize = 32;
/// Numbers of a block of the types with K in their name.
const SUPER: usize = 256;

/// A type of weights in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    F32,
    F16,
    Bf16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4K,
    Q5K,
    Q6K,
}

/// 32 numbers: `scale * (quants[i] - zero) + min`, with f16 bits for scale and minimum.
///
/// Of the types with K in their name these are the block's, and each group multiplies them with whole numbers of its own:
/// `scale * fine[0] * quants[i] + min * fine[1]`, of Q6_K `scale * fine[i / 16] * (quants[i] - zero)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Group {
    /// From 0; of Q8_0 the bits of an `i8`.
    pub(super) quants: [u8; GROUP],
    pub(super) scale: u16,
    pub(super) min: u16,
    /// As `i8`.
    pub(super) fine: [u8; 2],
}

impl Format {
    /// Numbers and bytes of a block.
    pub(super) const fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 | Self::Bf16 => (1, 2),
            Self::Q4_0 => (GROUP, 18),
            Self::Q4_1 => (GROUP, 20),
            Self::Q5_0 => (GROUP, 22),
            Self::Q5_1 => (GROUP, 24),
            Self::Q8_0 => (GROUP, 34),
            Self::Q4K => (SUPER, 144),
            Self::Q5K => (SUPER, 176),
            Self::Q6K => (SUPER, 210),
        }
    }

    /// Bytes of a row of `columns` numbers; `None` where they are no whole blocks.
    pub(super) fn row_bytes(self, columns: usize) -> Option<usize> {
        let (numbers, bytes) = self.block();
        columns.is_multiple_of(numbers).then(|| columns / numbers * bytes)
    }

    /// Group `index` of a row of a quantised type.
    pub(super) fn group(self, row: &[u8], index: usize) -> Group {
        let (numbers, bytes) = self.block();
        let per_block = numbers / GROUP;
        assert!(per_block > 0, "{self:?} has no groups");
        let block = &row[index / per_block * bytes..][..bytes];
        let part = index % per_block;
        match self {
            Self::F32 | Self::F16 | Self::Bf16 => unreachable!("refused above"),
            Self::Q4_0 => Group { quants: nibbles(&block[2..], &[]), scale: bits(block), min: 0, fine: [0; 2] },
            Self::Q4_1 => {
                let quants = nibbles(&block[4..], &[]);
                Group { quants, scale: bits(block), min: bits(&block[2..]), fine: [0; 2] }
            }
            Self::Q5_0 => {
                Group { quants: nibbles(&block[6..], &block[2..6]), scale: bits(block), min: 0, fine: [0; 2] }
            }
            Self::Q5_1 => {
                let quants = nibbles(&block[8..], &block[4..8]);
                Group { quants, scale: bits(block), min: bits(&block[2..]), fine: [0; 2] }
            }
            Self::Q8_0 => {
                let quants = block[2..].try_into().expect("the rest of the block is its 32 numbers");
                Group { quants, scale: bits(block), min: 0, fine: [0; 2] }
            }
            Self::Q4K => k_group(block, part, &block[16..], &[]),
            Self::Q5K => k_group(block, part, &block[48..], &block[16..48]),
            Self::Q6K => q6_group(block, part),
        }
    }
}

/// Sign of an f16.
const HALF_SIGN: u16 = 1 << 15;

/// The first two bytes.
fn bits(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

pub(super) fn from_half(bits: u16) -> f32 {
    half::f16::from_bits(bits).to_f32()
}

pub(super) fn to_half(number: f32) -> u16 {
    half::f16::from_f32(number).to_bits()
}

/// Number `i` is the low half of byte `i`, number `i + 16` its high half; a fifth bit of each is bit `i` of `fifth`.
fn nibbles(bytes: &[u8], fifth: &[u8]) -> [u8; GROUP] {
    let fifth = fifth.try_into().map_or(0, u32::from_le_bytes);
    std::array::from_fn(|i| (bytes[i % 16] >> (i / 16 * 4) & 15) | ((fifth >> i & 1) as u8) << 4)
}

/// Q4_K and Q5_K: scale and minimum of a group are a number of 6 bits times one of the block; the minimum is taken off.
fn k_group(block: &[u8], part: usize, low: &[u8], fifth: &[u8]) -> Group {
    let packed = &block[4..16];
    let (scale, min) = match part {
        0..4 => (packed[part] & 63, packed[part + 4] & 63),
        _ => (packed[part + 4] & 15 | packed[part - 4] >> 6 << 4, packed[part + 4] >> 4 | packed[part] >> 6 << 4),
    };
    let low = &low[part / 2 * GROUP..][..GROUP];
    let quants = std::array::from_fn(|i| {
        let fifth = fifth.get(i).map_or(0, |bits| bits >> part & 1);
        (low[i] >> (part % 2 * 4) & 15) | fifth << 4
    });
    Group { quants, scale: bits(block), min: bits(&block[2..]) ^ HALF_SIGN, fine: [scale, min] }
}

/// Q6_K: 4 bits of each number in the first 128 bytes, 2 in the next 64, then a scale for every 16.
fn q6_group(block: &[u8], part: usize) -> Group {
    let (half, quarter) = (part / 4, part % 4);
    let low = &block[half * 64 + quarter % 2 * GROUP..][..GROUP];
    let high = &block[128 + half * GROUP..][..GROUP];
    let quants = std::array::from_fn(|i| (low[i] >> (quarter / 2 * 4) & 15) | (high[i] >> (quarter * 2) & 3) << 4);
    Group { quants, scale: bits(&block[208..]), min: 0, fine: [block[192 + part * 2], block[193 + part * 2]] }
}
