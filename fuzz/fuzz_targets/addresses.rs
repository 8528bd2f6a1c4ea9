//! Texts that name addresses, against the standard library: the same addresses, or an error of the
//! same kind. Names that would have to be asked for are left out.
#![no_main]

use std::net::{SocketAddr, ToSocketAddrs};

use libfuzzer_sys::fuzz_target;
use runtime::net::lookup_host;
use runtime_fuzz::Waiter;

/// Whether the standard library would ask the system for it.
fn is_name(text: &str) -> bool {
    let parts = text.rsplit_once(':');
    let named = parts.filter(|(_, port)| port.parse::<u16>().is_ok());
    text.parse::<SocketAddr>().is_err()
        && named.is_some_and(|(host, _)| host.parse::<std::net::IpAddr>().is_err())
}

fn same(
    ours: std::io::Result<Vec<SocketAddr>>,
    theirs: std::io::Result<std::vec::IntoIter<SocketAddr>>,
) {
    let kind = |error: std::io::Error| error.kind();
    assert_eq!(
        ours.map_err(kind),
        theirs.map(Iterator::collect).map_err(kind)
    );
}

fn looked_up(host: impl runtime::net::ToSocketAddrs) -> std::io::Result<Vec<SocketAddr>> {
    match Waiter::new(lookup_host(host)).poll() {
        std::task::Poll::Ready(found) => found.map(Iterator::collect),
        std::task::Poll::Pending => panic!("numbers need no waiting"),
    }
}

fuzz_target!(|input: (&str, u16)| {
    let (text, port) = input;
    if !is_name(text) {
        same(looked_up(text), text.to_socket_addrs());
        same(looked_up(text.to_owned()), text.to_socket_addrs());
    }
    if text.parse::<std::net::IpAddr>().is_ok() {
        same(looked_up((text, port)), (text, port).to_socket_addrs());
        same(
            looked_up((text.to_owned(), port)),
            (text, port).to_socket_addrs(),
        );
        let both = format!("[{text}]:{port}");
        if !is_name(&both) {
            same(looked_up(&both), both.to_socket_addrs());
        }
    }
});
