use std::net::TcpListener;

use super::*;

#[test]
fn reads_an_answer_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 512];
        let n = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.0 503 Busy\r\nRetry-After: 1\r\n\r\nlater\r\n\r\nreally").unwrap();
        String::from_utf8_lossy(&request[..n]).into_owned()
    });
    let answer = get(address, "/here", Duration::from_secs(5)).unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (503, "later\r\n\r\nreally"));
    assert!(server.join().unwrap().starts_with("GET /here HTTP/1.0\r\n"));
}

#[test]
fn half_a_head_is_no_answer() {
    assert!(parse("HTTP/1.1 200 OK\r\nContent-Le").is_none());
    assert!(parse("nonsense\r\n\r\n").is_none());
}
