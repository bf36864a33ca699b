use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a listener or a setting of the edge could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("port {} on {} is in use by another process", addr.port(), addr.ip())]
    PortInUse { addr: SocketAddr },
    #[error("{} is no address of this machine", addr.ip())]
    AddressNotAvailable { addr: SocketAddr },
    #[error("this user may not listen on {addr}; ports below 1024 need a privilege")]
    PermissionDenied { addr: SocketAddr },
    #[error("listening on {addr}")]
    Listen { addr: SocketAddr, source: std::io::Error },
    #[error("reading the {what} in {}", file.display())]
    TlsFile { what: &'static str, file: PathBuf, source: rustls::pki_types::pem::Error },
    #[error("{} holds no certificate", file.display())]
    NoCertificate { file: PathBuf },
    #[error("the certificate in {} and the key in {} cannot be used together", certificate.display(), key.display())]
    TlsPair { certificate: PathBuf, key: PathBuf, source: rustls::Error },
    #[error("preparing HTTP/3")]
    Quic { source: quinn::crypto::rustls::NoInitialCipherSuite },
    #[error("{text:?} is no network; write an address such as 10.0.0.1 or a network such as 10.0.0.0/8")]
    NotANetwork { text: String },
}
