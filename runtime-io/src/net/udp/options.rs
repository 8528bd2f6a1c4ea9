//! What can be set on a socket.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use socket2::SockRef;

use super::UdpSocket;
use crate::net::options::options;

impl UdpSocket {
    fn socket(&self) -> SockRef<'_> {
        SockRef::from(&*self.io)
    }

    options! {
        "whether it may send to broadcast addresses (`SO_BROADCAST`)":
            broadcast, set_broadcast -> bool, broadcast, set_broadcast;
        "whether IPv4 multicasts come back to this machine (`IP_MULTICAST_LOOP`)":
            multicast_loop_v4, set_multicast_loop_v4 -> bool,
            multicast_loop_v4, set_multicast_loop_v4;
        "the time to live of IPv4 multicasts, in hops (`IP_MULTICAST_TTL`)":
            multicast_ttl_v4, set_multicast_ttl_v4 -> u32, multicast_ttl_v4, set_multicast_ttl_v4;
        "whether IPv6 multicasts come back to this machine (`IPV6_MULTICAST_LOOP`)":
            multicast_loop_v6, set_multicast_loop_v6 -> bool,
            multicast_loop_v6, set_multicast_loop_v6;
        "the time to live of the packets sent, in hops (`IP_TTL`)":
            ttl, set_ttl -> u32, ttl_v4, set_ttl_v4;
        #[cfg(any(
            target_os = "android",
            target_os = "dragonfly",
            target_os = "freebsd",
            target_os = "fuchsia",
            target_os = "linux",
            target_os = "macos",
            target_os = "netbsd",
            target_os = "openbsd"
        ))]
        "the traffic class of IPv6 packets (`IPV6_TCLASS`)":
            tclass_v6, set_tclass_v6 -> u32, tclass_v6, set_tclass_v6;
        #[cfg(not(any(
            target_os = "fuchsia",
            target_os = "redox",
            target_os = "solaris",
            target_os = "illumos",
            target_os = "haiku"
        )))]
        "the type of service of IPv4 packets (`IP_TOS`)":
            tos_v4, set_tos_v4 -> u32, tos_v4, set_tos_v4;
        #[cfg(not(any(
            target_os = "fuchsia",
            target_os = "redox",
            target_os = "solaris",
            target_os = "illumos",
            target_os = "haiku"
        )))]
        #[deprecated(note = "the other name of `tos_v4`")]
        "the type of service of IPv4 packets (`IP_TOS`)":
            tos, set_tos -> u32, tos_v4, set_tos_v4;
    }

    /// Tells which network interface it is bound to (`SO_BINDTODEVICE`).
    ///
    /// # Errors
    /// What the operating system says.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        self.socket().device()
    }

    /// Binds it to a network interface, or to none.
    ///
    /// # Errors
    /// What the operating system says, for instance that it takes a privilege.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        self.socket().bind_device(interface)
    }

    /// Joins a group at the interface that has the address, or at one that the operating system
    /// chooses if it is unspecified (`IP_ADD_MEMBERSHIP`).
    ///
    /// # Errors
    /// What the operating system says.
    pub fn join_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.socket().join_multicast_v4(&multiaddr, &interface)
    }

    /// Joins a group at the interface of that index, or at any for 0 (`IPV6_ADD_MEMBERSHIP`).
    ///
    /// # Errors
    /// What the operating system says.
    pub fn join_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket().join_multicast_v6(multiaddr, interface)
    }

    /// Leaves a group (`IP_DROP_MEMBERSHIP`).
    ///
    /// # Errors
    /// What the operating system says.
    pub fn leave_multicast_v4(&self, multiaddr: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.socket().leave_multicast_v4(&multiaddr, &interface)
    }

    /// Leaves a group (`IPV6_DROP_MEMBERSHIP`).
    ///
    /// # Errors
    /// What the operating system says.
    pub fn leave_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket().leave_multicast_v6(multiaddr, interface)
    }
}
