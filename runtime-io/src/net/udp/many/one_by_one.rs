//! Where there is no call for many.

use std::io::{self, IoSliceMut};

use mio::net::UdpSocket;

use super::{BATCH, Datagram, Received};

pub(super) fn send(socket: &UdpSocket, datagrams: &[Datagram<'_>]) -> io::Result<usize> {
    // What is wrong with a later one is found again when the caller begins with it.
    count(datagrams.iter(), |datagram| {
        match datagram.to {
            Some(to) => socket.send_to(datagram.payload, to),
            None => socket.send(datagram.payload),
        }
        .map(drop)
    })
}

pub(super) fn receive(
    socket: &UdpSocket,
    bufs: &mut [IoSliceMut<'_>],
    received: &mut Vec<Received>,
) -> io::Result<usize> {
    count(bufs.iter_mut(), |buf| {
        let (len, from) = socket.recv_from(buf)?;
        received.push(Received { len, from });
        Ok(())
    })
}

/// How many succeed before the first that does not; its error if it is the first of all.
fn count<T>(
    items: impl Iterator<Item = T>,
    mut operation: impl FnMut(T) -> io::Result<()>,
) -> io::Result<usize> {
    let mut done = 0;
    for item in items.take(BATCH) {
        match operation(item) {
            Ok(()) => done += 1,
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(done)
}
