//! Looking through bytes a block at a time, which compilers turn into a few instructions for each block.

const BLOCK: usize = 32;

/// Asks for one of `bytes`. Without a branch, unlike `matches!`, so that a block is asked at once.
#[inline]
pub fn of<const N: usize>(bytes: [u8; N]) -> impl Fn(u8) -> bool {
    move |byte| bytes.iter().fold(false, |any, &wanted| any | (byte == wanted))
}

/// The place of the first byte that is `wanted`.
#[inline]
pub fn find(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for (index, block) in blocks.iter().enumerate() {
        if let Some(at) = first(block, &wanted) {
            return Some(index * BLOCK + at);
        }
    }
    match bytes.last_chunk::<BLOCK>() {
        // What it has of the block before is known not to be wanted.
        Some(last) => first(last, &wanted).map(|at| bytes.len() - BLOCK + at),
        None => rest.iter().position(|&byte| wanted(byte)),
    }
}

#[inline]
fn first(block: &[u8; BLOCK], wanted: &impl Fn(u8) -> bool) -> Option<usize> {
    let flags = block.map(|byte| u8::from(wanted(byte)));
    // Eight flags at a time, the first in the lowest bits: asking each by itself would be a branch for each.
    let (eights, _) = flags.as_chunks::<8>();
    let flags = |eight: &[u8; 8]| u64::from_le_bytes(*eight);
    let eight = eights.iter().position(|eight| flags(eight) != 0)?;
    Some(eight * 8 + flags(&eights[eight]).trailing_zeros() as usize / 8)
}

/// How many bytes are `wanted`.
#[inline]
pub fn count(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    // So few that a byte can count them.
    const FEW: usize = 255;
    bytes.chunks(FEW).map(|few| usize::from(few.iter().fold(0, |sum, &byte| sum + u8::from(wanted(byte))))).sum()
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
                assert_eq!(super::count(&bytes, |byte| byte == b'.'), (length - place).div_ceil(3));
            }
        }
    }
}
