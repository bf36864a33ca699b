use std::time::Duration;

use stdx::Rng;

use super::*;

fn frame(value: &[u8]) -> Frame<'_> {
    let now = Timestamp::from_seconds(1_795_000_000);
    let life = Life::from(now, Duration::from_secs(60), Duration::from_secs(30), Duration::from_secs(600));
    let tags = Box::new([1, u64::MAX]);
    Frame { log: 7, since: 8, schema: 9, life, stored_at: now, space: "site", key: "/ä", tags, value: value.into() }
}

#[test]
fn what_went_in_comes_out() {
    let rng = Rng::seeded(1);
    let noise: Vec<u8> = (0..5000).map(|_| rng.below(256) as u8).collect();
    for value in [&b""[..], b"short", &[7; 1025], &[7; 100_000], &noise] {
        let bytes = frame(value).encode().unwrap();
        assert_eq!(Frame::parse(&bytes), Some(frame(value)));
    }
    assert!(frame(&[7; 100_000]).encode().unwrap().len() < 300, "compressed");
    assert!(frame(&noise).encode().unwrap().len() < 5_200, "not made longer");
    assert!(frame(&[7; 1000]).encode().unwrap().len() > 1000, "short ones are left as they are");
}

#[test]
fn a_damaged_frame_is_none() {
    for value in [&b"a value"[..], &[7; 4000]] {
        let whole = frame(value).encode().unwrap();
        for at in 0..whole.len() {
            assert_eq!(Frame::parse(&whole[..at]), None);
            for bit in [1, 0x80] {
                let mut bad = whole.clone();
                bad[at] ^= bit;
                assert_eq!(Frame::parse(&bad), None, "byte {at}");
            }
        }
    }
}

#[test]
fn a_right_sum_over_nonsense_is_none_or_whole() {
    let whole = frame(&[7; 4000]).encode().unwrap();
    let rng = Rng::seeded(2);
    for _ in 0..20_000 {
        let mut bad = whole[..whole.len() - SUM].to_vec();
        let at = rng.below(bad.len() as u64) as usize;
        bad[at] = rng.below(256) as u8;
        bad.truncate(bad.len() - rng.below(3) as usize);
        let sum = xxh3_64(&bad);
        bad.extend(sum.to_le_bytes());
        // No panic, no allocation beyond the limit.
        let _ = Frame::parse(&bad);
    }
}

#[test]
fn values_travel_in_postcard() {
    let codec = Codec::<(u64, String)>::postcard(1);
    let bytes = (codec.encode)(&(300, "x".into())).unwrap();
    assert_eq!(bytes, [0xac, 2, 1, b'x']);
    assert_eq!((codec.decode)(&bytes), Some((300, "x".into())));
    assert_eq!((codec.decode)(&bytes[..2]), None);
}
