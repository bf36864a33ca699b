use super::*;

#[test]
fn the_worst_decides_unless_it_is_optional() {
    let at = Timestamp::EPOCH;
    let ok = Component::ok("store", at);
    let slow = Component::degraded("queue", at, "1,200 jobs wait for more than a minute");
    let gone = Component::down("remote", at, "no connection");
    assert_eq!(overall(&[]), State::Ok);
    assert_eq!(overall(&[ok.clone(), slow.clone()]), State::Degraded);
    assert_eq!(overall(&[ok.clone(), gone.clone()]), State::Down);
    assert_eq!(overall(&[ok, slow, gone.optional()]), State::Degraded);
    assert_eq!((State::Degraded.status_code(), State::Down.status_code()), (200, 503));
}

#[test]
fn what_a_caller_sees() {
    let component = Component::down("remote", Timestamp::EPOCH, "no connection");
    assert_eq!(
        serde_json::to_string(&component).unwrap(),
        r#"{"name":"remote","state":"down","reason":"no connection","checked_at":"1970-01-01T00:00:00Z"}"#
    );
}
