use futures_util::FutureExt;

use super::*;

#[test]
fn items_come_in_order_and_few_wait() {
    let (sender, mut receiver) = relay();
    for n in 0..ROOM {
        assert_eq!(sender.send(n).now_or_never(), Some(Ok(())));
    }
    assert_eq!(sender.send(9).now_or_never(), None, "there is no room");
    sender.push(7, ROOM);
    sender.push(8, ROOM + 1);
    let all: Vec<_> = std::iter::from_fn(|| receiver.try_recv()).collect();
    assert_eq!(all, [0, 1, 2, 3, 8]);
}

#[test]
fn the_first_wish_is_seen() {
    let (sender, mut receiver) = relay::<u8>();
    assert_eq!(sender.wanted().now_or_never(), None);
    assert_eq!(receiver.recv().now_or_never(), None);
    assert_eq!(sender.wanted().now_or_never(), Some(Ok(())));
}

#[tokio::test]
async fn either_end_hears_when_the_other_goes() {
    let (sender, mut receiver) = relay::<u8>();
    let other = sender.clone();
    drop(sender);
    assert_eq!(receiver.recv().now_or_never(), None, "one sender is left");
    let (heard, ()) = tokio::join!(receiver.recv(), async { drop(other) });
    assert_eq!(heard, None);

    let (sender, receiver) = relay();
    for n in 0..ROOM {
        sender.push(n, ROOM);
    }
    let (sent, ()) = tokio::join!(sender.send(4), async { drop(receiver) });
    assert_eq!((sent, sender.wanted().await), (Err(Gone), Err(Gone)));
}
