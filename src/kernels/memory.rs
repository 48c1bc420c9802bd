//! Memory for what each step goes through from end to end: weights, keys and values. It comes in large mappings for which the
//! system is asked for huge pages: with pages of 4 KiB a good part of the time went into finding each of them.

#![allow(unsafe_code, reason = "pieces of a mapping as slices of numbers")]

use memmap2::{MmapMut, MmapOptions};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Bytes of a mapping, where no more are needed at once. What is never written takes no memory.
const MAPPING_BYTES: usize = 64 << 20;
/// Every piece begins on such a boundary: a line of the processor's cache.
const ALIGNMENT: usize = 64;
/// A huge page.
const HUGE_PAGE: usize = 2 << 20;

/// What memory of zeros can be taken for.
///
/// # Safety
/// All zeros are a value, any bytes are one, and its alignment is at most 64.
pub(super) unsafe trait Plain: Copy + Send + Sync + 'static {}

// SAFETY: numbers.
unsafe impl Plain for u16 {}
// SAFETY: numbers.
unsafe impl Plain for i8 {}
// SAFETY: numbers.
unsafe impl Plain for f32 {}
// SAFETY: as its elements.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
// SAFETY: 32 bytes aligned to 32.
unsafe impl Plain for super::packed::Lane {}

/// A slice of numbers in a mapping, which stays as long as any piece of it.
#[derive(Debug)]
pub(super) struct Piece<T> {
    start: *mut T,
    len: usize,
    /// None for an empty piece.
    _mapping: Option<Arc<MmapMut>>,
    _owned: PhantomData<T>,
}

// SAFETY: a piece is the only way to its part of the mapping, as a Vec is to its memory.
unsafe impl<T: Plain> Send for Piece<T> {}
// SAFETY: as above; a shared piece can only be read.
unsafe impl<T: Plain> Sync for Piece<T> {}

impl<T> Default for Piece<T> {
    fn default() -> Self {
        Self { start: std::ptr::dangling_mut(), len: 0, _mapping: None, _owned: PhantomData }
    }
}

impl<T> Deref for Piece<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `len` values that this piece alone has; see `Memory::take`.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}

impl<T> DerefMut for Piece<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.len) }
    }
}

/// Gives out pieces.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    mapping: Option<Arc<MmapMut>>,
    start: usize,
    used: usize,
    len: usize,
}

impl Memory {
    /// `count` zeros.
    ///
    /// # Errors
    /// The system has no more memory.
    pub(super) fn take<T: Plain>(&mut self, count: usize) -> std::io::Result<Piece<T>> {
        const { assert!(align_of::<T>() <= ALIGNMENT && size_of::<T>() > 0, "pieces begin on boundaries of 64 bytes") };
        if count == 0 {
            return Ok(Piece::default());
        }
        let bytes = count.checked_mul(size_of::<T>()).ok_or(std::io::ErrorKind::OutOfMemory)?;
        if self.mapping.is_none() || bytes > self.len - self.used {
            self.map(bytes)?;
        }
        let start = std::ptr::with_exposed_provenance_mut(self.start + self.used);
        self.used = (self.used + bytes).next_multiple_of(ALIGNMENT).min(self.len);
        Ok(Piece { start, len: count, _mapping: self.mapping.clone(), _owned: PhantomData })
    }

    /// A new mapping of at least so many bytes.
    fn map(&mut self, bytes: usize) -> std::io::Result<()> {
        let len =
            bytes.max(MAPPING_BYTES).checked_next_multiple_of(HUGE_PAGE).ok_or(std::io::ErrorKind::OutOfMemory)?;
        let mut mapping = MmapOptions::new().len(len).no_reserve_swap().map_anon()?;
        #[cfg(target_os = "linux")]
        if let Err(error) = mapping.advise(memmap2::Advice::HugePage) {
            tracing::debug!(%error, "no huge pages");
        }
        (self.start, self.used, self.len) = (mapping.as_mut_ptr().expose_provenance(), 0, len);
        self.mapping = Some(Arc::new(mapping));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_zeros_apart_from_each_other_and_outlive_who_gave_them() {
        let mut memory = Memory::default();
        let mut pieces: Vec<Piece<u16>> = (0..40).map(|i| memory.take(i * 1001).expect("memory")).collect();
        let mut large: Piece<[f32; 8]> = memory.take(MAPPING_BYTES / 32 + 1).expect("memory");
        drop(memory);
        large.last_mut().expect("not empty")[7] = 1.0;
        for (index, piece) in pieces.iter_mut().enumerate() {
            assert!(piece.iter().all(|number| *number == 0) && piece.len() == index * 1001);
            assert!(piece.as_ptr().addr().is_multiple_of(ALIGNMENT) || piece.is_empty());
            piece.fill(index as u16);
        }
        for (index, piece) in pieces.iter().enumerate() {
            assert!(piece.iter().all(|number| *number == index as u16));
        }
    }

    #[test]
    fn more_than_there_is_is_an_error() {
        assert!(Memory::default().take::<f32>(usize::MAX).is_err());
        assert!(Memory::default().take::<f32>(usize::MAX / 4 - 5).is_err());
    }
}
