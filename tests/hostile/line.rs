//! What happens to packets on their way, without any rights: a classic packet filter on a socket
//! judges what arrives there before TCP sees it.
//!
//! `tests/hostile.rs` says when a namespace does it instead.

use std::io;
use std::os::fd::AsFd;
use std::process::Command;

use socket2::{SockAddr, SockFilter, SockRef};

use super::LINE;

const LOAD_WORD: u16 = 0x20;
const JUMP_IF_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;

/// Where the kernel keeps a number that is drawn at random for each packet (`SKF_AD_RANDOM`).
const RANDOM: u32 = 0xffff_f038;

const ALL_OF_IT: u32 = u32::MAX;

fn step(code: u16, to_value: u32, skips: [u8; 2]) -> SockFilter {
    SockFilter::new(code, skips[0], skips[1], to_value)
}

/// What the namespace's line does by itself.
pub(crate) fn does(what: &str) -> bool {
    std::env::var_os(LINE).is_some_and(|does| does == what)
}

/// From now on so many packets of a hundred that come to this socket are lost.
pub(crate) fn loses(socket: &impl AsFd, percent: u32) {
    if does("loses") {
        return;
    }
    let lost_below = (u64::from(u32::MAX) * u64::from(percent) / 100) as u32;
    let filter = [
        step(LOAD_WORD, RANDOM, [0, 0]),
        step(JUMP_IF_AT_LEAST, lost_below, [0, 1]),
        step(RETURN, ALL_OF_IT, [0, 0]),
        step(RETURN, 0, [0, 0]),
    ];
    let attached = SockRef::from(socket).attach_filter(&filter);
    attached.expect("a filter needs no rights");
}

/// From now on nothing comes to this socket from its peer: a machine without power.
pub(crate) fn swallows(socket: &impl AsFd) {
    let socket = SockRef::from(socket);
    if !does("swallows") {
        let filter = [step(RETURN, 0, [0, 0])];
        let attached = socket.attach_filter(&filter);
        return attached.expect("a filter needs no rights");
    }
    let port = |address: io::Result<SockAddr>| {
        let address = address.expect("it is connected").as_socket();
        address.expect("of the internet").port().to_string()
    };
    let (from, to) = (port(socket.peer_addr()), port(socket.local_addr()));
    // Both ports: a rule stays, and either may be somebody else's later.
    let mut rule = Command::new("nft");
    rule.args(["add", "rule", "inet", "hostile", "input"]);
    rule.args(["tcp", "sport", &from, "tcp", "dport", &to, "drop"]);
    let status = rule.status().expect("the namespace has nft");
    assert!(status.success(), "nft: {status}");
}
