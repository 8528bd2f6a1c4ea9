//! Where a byte is.

/// So many are compared at once: the compiler makes vector instructions of it.
const CHUNK: usize = 32;

/// The first place of `byte`.
pub(super) fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    let has_it = |chunk: &[u8]| {
        chunk
            .iter()
            .fold(false, |has, other| has | (*other == byte))
    };
    let without = bytes.chunks_exact(CHUNK).take_while(|chunk| !has_it(chunk));
    let skipped = without.count() * CHUNK;
    let found = bytes[skipped..].iter().position(|other| *other == byte);
    found.map(|index| skipped + index)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::find;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_first(bytes in prop::collection::vec(0_u8..8, 0..200), byte in 0_u8..8) {
            prop_assert_eq!(find(byte, &bytes), bytes.iter().position(|other| *other == byte));
        }

        #[test]
        fn it_is_found_behind_much_else(before in 0_usize..300, behind in 0_usize..80) {
            let mut bytes = vec![1; before];
            prop_assert_eq!(find(0, &bytes), None);
            bytes.push(0);
            bytes.extend(vec![0; behind]);
            prop_assert_eq!(find(0, &bytes), Some(before));
        }
    }
}
