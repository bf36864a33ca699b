//! Taking a port, with an error that says what to do.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::Error;

/// Connections that wait in the kernel to be accepted.
const BACKLOG: u32 = 1024;

/// A port that is ours; give it to [`crate::serve`].
#[derive(Debug)]
pub struct Listener {
    pub(crate) socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// The address with the port that was really taken, when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Listens on `addr`; port 0 takes any free one. Must be called inside a tokio runtime.
///
/// # Errors
/// [`Error::PortInUse`], [`Error::AddressNotAvailable`], [`Error::PermissionDenied`], or
/// [`Error::Listen`] with what the system said.
pub fn bind(addr: SocketAddr) -> Result<Listener, Error> {
    let listen = || {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A restart must not wait for the old connections' TIME_WAIT; a second listener is still refused.
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        let socket = socket.listen(BACKLOG)?;
        let address = socket.local_addr()?;
        Ok(Listener { socket, address })
    };
    listen().map_err(|source: std::io::Error| match source.kind() {
        ErrorKind::AddrInUse => Error::PortInUse { addr },
        ErrorKind::AddrNotAvailable => Error::AddressNotAvailable { addr },
        ErrorKind::PermissionDenied => Error::PermissionDenied { addr },
        _ => Error::Listen { addr, source },
    })
}

#[cfg(test)]
mod tests;
