//! Waiting for a connection to come about.
//!
//! A connect that goes on by itself is looked at once before it is waited for: over loopback it is
//! usually decided by then. Afterwards each readiness to write is a reason to look again: an error
//! is taken from the socket, a peer means that it is there, neither means that the readiness was
//! spurious. Looks go through mio, which has the next event armed by one that was in vain.

use std::io;
use std::net::SocketAddr;

use crate::driver::evented::Evented;
use crate::io::Interest;
use crate::net::tcp::TcpStream;

const LOOKS_MAX: u32 = 64;

/// Connects to one address.
pub(super) async fn connect(addr: SocketAddr) -> io::Result<TcpStream> {
    finish(mio::net::TcpStream::connect(addr)?).await
}

/// Waits for a connect that has begun; if it is given up, the socket is closed.
pub(super) async fn finish(io: mio::net::TcpStream) -> io::Result<TcpStream> {
    let io = Evented::new(io, super::stream::INTEREST)?;
    let stream: &mio::net::TcpStream = &io;
    let mut looks = 0;
    io.async_io(Interest::WRITABLE, || {
        looks += 1;
        if looks <= LOOKS_MAX {
            stream.try_io(|| look(stream))
        } else {
            Err(io::ErrorKind::NotConnected.into())
        }
    })
    .await?;
    Ok(TcpStream::from_evented(io))
}

/// `WouldBlock` as long as nothing is decided.
fn look(io: &mio::net::TcpStream) -> io::Result<()> {
    if let Some(error) = io.take_error()? {
        return Err(error);
    }
    match io.peer_addr() {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        outcome => outcome.map(drop),
    }
}
