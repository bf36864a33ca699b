use super::*;

#[tokio::test]
async fn a_taken_port_is_named() {
    let first = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let error = bind(first.address()).unwrap_err();
    assert!(matches!(error, Error::PortInUse { addr } if addr == first.address()));
    assert_eq!(error.to_string(), format!("port {} on 127.0.0.1 is in use by another process", first.address().port()));
}

#[tokio::test]
async fn a_foreign_address_is_refused() {
    // TEST-NET-1, never an address of a machine.
    let error = bind("192.0.2.1:0".parse().unwrap()).unwrap_err();
    assert!(matches!(error, Error::AddressNotAvailable { .. }), "{error}");
}
