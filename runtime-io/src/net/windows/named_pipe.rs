//! Named pipes: connections between processes, by a name that looks like a path.
//!
//! An instance of a pipe serves one client at a time: a server makes it by [`ServerOptions`], waits
//! for a client in [`connect`](NamedPipeServer::connect), and makes the next instance before it
//! turns to that client, so that there is always one to be found. A client opens the pipe by
//! [`ClientOptions`].
//!
//! mio makes readiness of the system's completions: it reads ahead, up to 4 KiB, and copies what is
//! written. So a write that has succeeded is under way: whether it arrives, the next write tells.
//!
//! ```
//! use runtime::io::{AsyncReadExt, AsyncWriteExt};
//! use runtime::net::windows::named_pipe::{ClientOptions, ServerOptions};
//!
//! # runtime::Runtime::new()?.block_on(async {
//! let name = format!(r"\\.\pipe\runtime-page-{}", std::process::id());
//! let mut server = ServerOptions::new().first_pipe_instance(true).create(&name)?;
//! let mut client = ClientOptions::new().open(&name)?;
//! server.connect().await?;
//! client.write_all(b"ping").await?;
//! let mut buf = [0; 4];
//! server.read_exact(&mut buf).await?;
//! assert_eq!(&buf, b"ping");
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod end;

mod server;
pub use server::NamedPipeServer;

mod client;
pub use client::NamedPipeClient;

mod server_options;
pub use server_options::ServerOptions;

mod client_options;
pub use client_options::ClientOptions;

mod system;

/// How a pipe keeps what is written.
///
/// ```
/// use runtime::net::windows::named_pipe::{PipeMode, ServerOptions};
///
/// let mut options = ServerOptions::new();
/// options.pipe_mode(PipeMode::Message);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PipeMode {
    /// As a stream of bytes.
    Byte,
    /// As messages: a read ends where a write ended.
    Message,
}

/// The two ends of a pipe.
///
/// ```
/// use runtime::net::windows::named_pipe::PipeEnd;
///
/// assert_ne!(PipeEnd::Client, PipeEnd::Server);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PipeEnd {
    /// The end that opened it.
    Client,
    /// The end that made it.
    Server,
}

/// What the system knows of a pipe; see [`NamedPipeServer::info`].
///
/// ```
/// use runtime::net::windows::named_pipe::{PipeEnd, ServerOptions};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let name = format!(r"\\.\pipe\runtime-info-{}", std::process::id());
/// let server = ServerOptions::new().max_instances(7).create(&name)?;
/// let info = server.info()?;
/// assert_eq!((info.end, info.max_instances), (PipeEnd::Server, 7));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PipeInfo {
    /// How it keeps what is written.
    pub mode: PipeMode,
    /// Which end this is.
    pub end: PipeEnd,
    /// How many instances there may be.
    pub max_instances: u32,
    /// Bytes of the buffer for what the server writes.
    pub out_buffer_size: u32,
    /// Bytes of the buffer for what the client writes.
    pub in_buffer_size: u32,
}

#[cfg(all(test, not(loom)))]
mod tests;
