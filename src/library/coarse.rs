//! Vectors of sentences as they are stored: a byte a number, because there are several times as many as chunks. The cosine
//! moves by less than 0.005.

/// A vector of unit length as bytes: the size of a step, little-endian `f32`, then each number in steps.
pub(super) fn blob(vector: &[f32]) -> Vec<u8> {
    let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let step = if largest > 0.0 { largest / f32::from(i8::MAX) } else { 1.0 };
    let steps = vector.iter().map(|x| ((x / step).round() as i8).to_le_bytes()[0]);
    step.to_le_bytes().into_iter().chain(steps).collect()
}

/// The product of `vector` with a stored one; `None` where that has another dimension.
pub(super) fn product(vector: &[f32], blob: &[u8]) -> Option<f32> {
    let (step, steps) = blob.split_first_chunk::<4>()?;
    if steps.len() != vector.len() {
        return None;
    }
    // Eight sums side by side, which the compiler makes vector code of.
    let mut sums = [0.0_f32; 8];
    let (vectors, rest) = vector.as_chunks::<8>();
    let (bytes, last) = steps.as_chunks::<8>();
    for (numbers, bytes) in vectors.iter().zip(bytes) {
        for ((sum, x), byte) in sums.iter_mut().zip(numbers).zip(bytes) {
            *sum += x * f32::from(i8::from_le_bytes([*byte]));
        }
    }
    let rest: f32 = rest.iter().zip(last).map(|(x, byte)| x * f32::from(i8::from_le_bytes([*byte]))).sum();
    Some((sums.iter().sum::<f32>() + rest) * f32::from_le_bytes(*step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_product_with_a_stored_vector_is_nearly_that_with_the_vector(
            a in proptest::collection::vec(-1.0_f32..1.0, 1..200), seed in 0_usize..100,
        ) {
            let unit = |vector: Vec<f32>| {
                let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-3);
                vector.into_iter().map(|x| x / length).collect::<Vec<_>>()
            };
            let b = unit(a.iter().cycle().skip(seed).take(a.len()).copied().collect());
            let a = unit(a);
            let exact: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            let stored = product(&a, &blob(&b)).expect("the dimensions are the same");
            prop_assert!((exact - stored).abs() < 0.005, "{exact} {stored}");
        }
    }

    #[test]
    fn another_dimension_and_torn_bytes_have_no_product() {
        for bytes in [&[][..], &[1, 2, 3], &blob(&[1.0, 0.0])] {
            assert_eq!(product(&[1.0, 0.0, 0.0], bytes), None);
        }
        assert_eq!(product(&[1.0, 0.0], &blob(&[0.0, 0.0])), Some(0.0));
    }
}
