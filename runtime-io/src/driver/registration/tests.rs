//! What a registration begins with, against the operating system.

use std::net::{TcpListener, TcpStream};
use std::task::{Context, Waker};

use runtime_core::builder::Builder;

use super::Registration;
use crate::driver::readiness::Direction;
use crate::io::{Interest, Ready};

const BOTH: mio::Interest = mio::Interest::READABLE.add(mio::Interest::WRITABLE);

/// A connection with somebody who says nothing.
fn silent() -> (mio::net::TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (near, _) = listener.accept().unwrap();
    near.set_nonblocking(true).unwrap();
    (mio::net::TcpStream::from_std(near), far)
}

/// As each is where the selector wants its sources from the start. Nobody turns the selector: all
/// that is known is what is assumed.
#[test]
fn what_is_attached_when_it_is_made_counts_as_ready_until_it_is_tried_in_vain() {
    Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async {
            let (mut near, _far) = silent();
            let mut registration = Registration::new(&mut near, BOTH).unwrap();
            if !registration.is_attached() {
                registration.attached(&near).unwrap();
            }
            registration.assume(Ready::READABLE);
            let mut nobody = Context::from_waker(Waker::noop());
            assert!(
                registration
                    .poll_ready(Direction::Read, &mut nobody)
                    .is_ready()
            );
            let event = registration.readiness(Interest::READABLE).unwrap();
            assert!(event.unwrap().ready.is_readable());

            registration.tried_in_vain(Interest::READABLE, event);
            assert!(registration.readiness(Interest::READABLE).is_err());
            assert!(
                registration
                    .poll_ready(Direction::Read, &mut nobody)
                    .is_pending()
            );
        });
}
