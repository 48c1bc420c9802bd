//! How this machine's processor computes a model.

use crate::kernels::Level;

/// The instructions that the products are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instructions {
    /// What people call them: `AVX512-VNNI`, `scalar`.
    pub name: &'static str,
    /// Whether several numbers are computed at once; without that answers take many times as long.
    pub is_vector: bool,
}

/// The fastest instructions that this program has code for and this processor has.
#[must_use]
pub fn instructions() -> Instructions {
    let best = Level::best();
    Instructions { name: best.name(), is_vector: best.is_vector() }
}
