//! What a name stands for.

use std::io;
use std::net::SocketAddr;

use super::ToSocketAddrs;
use super::addr::resolve;

/// Resolves a host and port; a name is looked up by the operating system, on a thread that may
/// block.
///
/// # Errors
/// What the operating system says.
///
/// # Cancel safety
/// Cancel safe; the lookup itself goes on until the operating system answers.
pub async fn lookup_host<T: ToSocketAddrs>(
    host: T,
) -> io::Result<impl Iterator<Item = SocketAddr>> {
    resolve(host).await
}
