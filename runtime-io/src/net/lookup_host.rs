//! What a name stands for.

use std::io;
use std::net::SocketAddr;

use super::ToSocketAddrs;
use super::addr::resolve;

/// Resolves a host and port; a name is looked up by the operating system.
///
/// Lookups have threads of their own, 64 at most a runtime, so that names that hang keep neither
/// files nor `spawn_blocking` waiting, and do not delay a shutdown. Numbers need no thread.
///
/// # Errors
/// What the operating system says; `InvalidInput` if a text has no port.
///
/// # Cancel safety
/// Lossless: who gives up waits no more. A lookup that has begun goes on until the operating system
/// answers, and holds one of the threads meanwhile.
///
/// ```
/// # runtime::Runtime::new()?.block_on(async {
/// let mut addrs = runtime::net::lookup_host("127.0.0.1:80").await?;
/// assert_eq!(addrs.next(), Some(([127, 0, 0, 1], 80).into()));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn lookup_host<T: ToSocketAddrs>(
    host: T,
) -> io::Result<impl Iterator<Item = SocketAddr>> {
    resolve(host).await
}
