use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::*;

#[test]
fn framing() {
    let event = Event { id: Some("7\nevent: x".into()), event: Some("job".into()), data: "one\r\ntwo\rthree\n".into() };
    assert_eq!(event.to_bytes(), "id: 7event: x\nevent: job\ndata: one\ndata: two\ndata: three\ndata: \n\n");
    assert_eq!(Event { data: "{}".into(), ..Event::default() }.to_bytes(), "data: {}\n\n");
}

#[tokio::test(start_paused = true)]
async fn events_then_heartbeats_then_the_end() {
    let (tx, mut rx) = mpsc::channel::<Bytes>(4);
    let events = spoken(|speaker| async move {
        while let Some(event) = rx.recv().await {
            speaker.say(event).await;
        }
        speaker.say(Bytes::from_static(b"data: bye\n\n")).await;
    });
    let mut body = response(events, Duration::from_secs(15)).into_body();
    tx.send(Event { data: "hello".into(), ..Event::default() }.to_bytes()).await.unwrap();
    let mut next = async || body.frame().await.map(|f| f.unwrap().into_data().unwrap());
    assert_eq!(next().await.unwrap(), "data: hello\n\n");
    let before = Instant::now();
    assert_eq!(next().await.unwrap(), ":\n\n");
    assert_eq!(before.elapsed().as_secs(), 15);
    drop(tx);
    assert_eq!(next().await.unwrap(), "data: bye\n\n");
    assert_eq!(next().await, None);
    assert_eq!(next().await, None, "and stays at its end");
}

#[tokio::test]
async fn a_speech_waits_until_its_word_was_taken() {
    let said = Arc::new(Mutex::new(0));
    let count = Arc::clone(&said);
    let mut events = Box::pin(spoken(|speaker| async move {
        for n in 1..=3 {
            *count.lock().unwrap() = n;
            speaker.say(Bytes::from(n.to_string())).await;
        }
    }));
    for n in 1..=3 {
        assert_eq!(events.next().await.unwrap(), n.to_string());
        tokio::task::yield_now().await;
        assert_eq!(*said.lock().unwrap(), n, "the next one is not begun before somebody asks");
    }
    assert_eq!(events.next().await, None);
}
