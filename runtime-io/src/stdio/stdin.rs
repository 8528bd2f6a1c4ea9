//! Standard input, as a reader.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use runtime_core::Handle;
use runtime_core::coop;
use runtime_core::timer::clock::AutoAdvanceHold;

use super::input::{Input, read_stdin};
use crate::io::{AsyncRead, ReadBuf};
use crate::per_process::PerProcess;

/// A forked child has not its parent's thread.
static INPUT: PerProcess<Input> = PerProcess::new();

/// Standard input of the process.
///
/// A read asks a thread that belongs to no runtime: a program ends without waiting for a line that
/// nobody types. What a cancelled read had fetched comes with the next, of any handle. Read it
/// through [`BufReader`](crate::io::BufReader) to get lines.
///
/// ```no_run
/// use runtime::io::{AsyncBufReadExt, BufReader, stdin};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut lines = BufReader::new(stdin()).lines();
/// while let Some(line) = lines.next_line().await? {
///     assert!(!line.contains('\n'));
/// }
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Stdin {
    input: &'static Input,
    handle: u64,
    /// While a read waits, a paused clock does not jump.
    waiting: Option<AutoAdvanceHold>,
}

/// A handle of standard input; all handles read from the same stream.
pub fn stdin() -> Stdin {
    let Ok(input) = INPUT.get_or_make(|| Ok::<_, Infallible>(Input::new()));
    Stdin {
        input,
        handle: input.handle(),
        waiting: None,
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        self.input.leave(self.handle);
    }
}

impl AsyncRead for Stdin {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let progress = ready!(coop::poll_proceed(cx));
        let outcome = this.input.poll_read(this.handle, cx, buf, read_stdin);
        if outcome.is_ready() {
            progress.made();
            this.waiting = None;
        } else if this.waiting.is_none() {
            this.waiting = Handle::try_current().ok().map(|handle| handle.hold_clock());
        }
        outcome
    }
}
