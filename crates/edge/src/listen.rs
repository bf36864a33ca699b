//! Taking a port, with an error that says what to do.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::Error;

/// Connections that wait in the kernel to be accepted, per socket.
const BACKLOG: u32 = 4096;

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

    /// Up to `wanted` sockets on the one port, among which the kernel spreads new connections. Fewer where the
    /// system does not know how.
    pub(crate) fn spread(self, wanted: usize) -> Vec<TcpListener> {
        let mut sockets = vec![self.socket];
        while sockets.len() < wanted {
            match listen(self.address, Share::With) {
                Ok(socket) => sockets.push(socket),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "one socket serves all threads' connections"
                    );
                    break;
                }
            }
        }
        sockets
    }
}

/// Listens on `addr`; port 0 takes any free one. Must be called inside a tokio runtime.
///
/// # Errors
/// [`Error::PortInUse`], [`Error::AddressNotAvailable`], [`Error::PermissionDenied`], or
/// [`Error::Listen`] with what the system said.
pub fn bind(addr: SocketAddr) -> Result<Listener, Error> {
    let first = listen(addr, Share::First).and_then(|socket| Ok(Listener { address: socket.local_addr()?, socket }));
    first.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => Error::PortInUse { addr },
        ErrorKind::AddrNotAvailable => Error::AddressNotAvailable { addr },
        ErrorKind::PermissionDenied => Error::PermissionDenied { addr },
        _ => Error::Listen { addr, source },
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// Takes the port from nobody, and is ready to share it afterwards.
    First,
    With,
}

fn listen(addr: SocketAddr, share: Share) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for the old connections' TIME_WAIT; a second listener is still refused.
    socket.set_reuseaddr(true)?;
    if share == Share::With {
        socket.set_reuseport(true)?;
    }
    socket.bind(addr)?;
    if share == Share::First {
        // Only now: with it another process of this user that shares its port would let us in, and each of the two
        // would get some of the connections.
        socket.set_reuseport(true)?;
    }
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests;
