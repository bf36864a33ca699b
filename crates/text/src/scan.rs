//! Looking through bytes a block at a time, which compilers turn into a few instructions for each block.

const BLOCK: usize = 32;

/// The place of the first byte that is `wanted`.
#[inline]
pub fn find(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let mut start = 0;
    for block in bytes.chunks_exact(BLOCK) {
        if block.iter().fold(false, |any, &byte| any | wanted(byte)) {
            break;
        }
        start += BLOCK;
    }
    bytes[start..].iter().position(|&byte| wanted(byte)).map(|at| start + at)
}

/// Whether a byte is `wanted`.
#[inline]
pub fn any(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> bool {
    find(bytes, wanted).is_some()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_first_place_is_found_wherever_it_is() {
        for length in 0..100 {
            for place in 0..=length {
                let mut bytes = vec![b'a'; length];
                bytes.iter_mut().skip(place).step_by(3).for_each(|byte| *byte = b'.');
                assert_eq!(super::find(&bytes, |byte| byte == b'.'), (place < length).then_some(place));
            }
        }
    }
}
