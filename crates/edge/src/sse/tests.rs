use super::*;

#[test]
fn framing() {
    let event = Event { id: Some("7\nevent: x".into()), event: Some("job".into()), data: "one\r\ntwo\rthree\n".into() };
    assert_eq!(event.to_bytes(), "id: 7event: x\nevent: job\ndata: one\ndata: two\ndata: three\ndata: \n\n");
    assert_eq!(Event { data: "{}".into(), ..Event::default() }.to_bytes(), "data: {}\n\n");
}

#[tokio::test(start_paused = true)]
async fn events_then_heartbeats_then_the_end() {
    let (tx, rx) = mpsc::channel(4);
    let mut body = response(rx, Duration::from_secs(15)).into_body();
    tx.send(Event { data: "hello".into(), ..Event::default() }.to_bytes()).await.unwrap();
    let mut next = async || body.frame().await.map(|f| f.unwrap().into_data().unwrap());
    assert_eq!(next().await.unwrap(), "data: hello\n\n");
    let before = Instant::now();
    assert_eq!(next().await.unwrap(), ":\n\n");
    assert_eq!(before.elapsed().as_secs(), 15);
    drop(tx);
    assert_eq!(next().await, None);
}
