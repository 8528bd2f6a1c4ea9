//! Standard output, as a writer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::output::Output;
use crate::io::AsyncWrite;

/// Standard output of the process.
///
/// A write accepts bytes and returns; a thread of the pool hands them over, each write as a whole
/// (of up to 2 MiB) and in order. `flush` waits until it has: what was flushed is out when the
/// program ends, what was not is so at the end of the runtime. Writes of several handles may be in
/// any order.
///
/// A failure is reported by each later write and flush of this handle.
///
/// ```
/// use runtime::io::{AsyncWriteExt, stdout};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut out = stdout();
/// out.write_all(b"ready\n").await?;
/// out.flush().await?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Stdout {
    output: Output,
}

/// A handle of standard output.
pub fn stdout() -> Stdout {
    Stdout {
        output: Output::default(),
    }
}

impl AsyncWrite for Stdout {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().output.poll_write(cx, buf, io::stdout)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().output.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
