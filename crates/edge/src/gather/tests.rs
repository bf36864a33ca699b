use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

#[tokio::test]
async fn what_was_written_comes_once_it_is_flushed() {
    let (io, mut far) = tokio::io::duplex(1 << 20);
    let mut near = Gather::new(io);
    for part in ["one ", "two ", "three"] {
        near.write_all(part.as_bytes()).await.unwrap();
    }
    assert_eq!(near.waiting.len(), 13, "nothing is on its way");
    near.flush().await.unwrap();
    let mut seen = [0; 13];
    far.read_exact(&mut seen).await.unwrap();
    assert_eq!((&seen[..], near.waiting.capacity()), (&b"one two three"[..], 0));
}

#[tokio::test]
async fn a_slow_reader_gets_all_in_order_and_holds_the_writer() {
    let (io, mut far) = tokio::io::duplex(1_000);
    let mut near = Gather::new(io);
    let text: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    let write = async {
        let mut left = &text[..];
        while !left.is_empty() {
            let (one, two) = left.split_at(left.len().min(7_000));
            near.write_all(one).await.unwrap();
            assert!(near.waiting.len() <= ROOM);
            left = two;
        }
        near.shutdown().await.unwrap();
    };
    let mut seen = Vec::new();
    let (_, read) = tokio::join!(write, far.read_to_end(&mut seen));
    read.unwrap();
    assert!(seen == text);
}
