//! Between two streams, both ways at once.
//!
//! Each direction is a `Copy` of its own and then a shutdown of its writer; it goes on whether the
//! other waits, has ended or is slow. A direction that has ended is not polled again, so that no
//! stream is read after its end or shut down twice. An error of either ends both: the other may wait
//! for ever for a peer that is gone.
//!
//! What a panic or a drop in between leaves are the two streams, whole; the bytes under way are lost.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::copy::{CAPACITY, Copy};
use super::{AsyncRead, AsyncWrite};

/// Copies between two streams both ways, until both have ended, and says how many bytes went from
/// `a` to `b` and from `b` to `a`.
///
/// When one stream is read to its end, the other is flushed and its writing shut down; the way back
/// goes on until it ends as well.
///
/// # Errors
/// What either says, but `Interrupted`, after which it tries again; `WriteZero` if no more can be
/// written. Both directions end with the first error, and bytes that were read and not written are
/// lost.
///
/// # Cancel safety
/// Lossy: up to 8 KiB each way that were read and not written are lost.
///
/// # Fairness
/// Each lap of a direction takes a unit of the task's budget, and neither direction keeps the other
/// from its turn.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional, duplex};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let (mut client, mut near) = duplex(64);
/// let (mut far, mut server) = duplex(64);
/// let proxy = runtime::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
///
/// client.write_all(b"ask").await?;
/// let mut question = [0; 3];
/// server.read_exact(&mut question).await?;
/// server.write_all(b"answer").await?;
/// drop(server);
///
/// let mut answer = String::new();
/// client.read_to_string(&mut answer).await?;
/// drop(client);
/// assert_eq!(answer, "answer");
/// assert_eq!(proxy.await.unwrap()?, (3, 6));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn copy_bidirectional<A, B>(a: &mut A, b: &mut B) -> io::Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    copy_both(a, b, CAPACITY, CAPACITY).await
}

/// Like [`copy_bidirectional`], with buffers of the given sizes in bytes.
///
/// # Errors
/// As there.
///
/// # Panics
/// If a size is 0.
///
/// # Cancel safety
/// Lossy: what stands in the buffers is lost.
///
/// # Fairness
/// As there.
///
/// ```
/// use runtime::io::{copy_bidirectional_with_sizes, join};
///
/// # runtime::Runtime::new()?.block_on(async {
/// let mut a = join(&b"to b"[..], Vec::new());
/// let mut b = join(&b"to a"[..], Vec::new());
/// copy_bidirectional_with_sizes(&mut a, &mut b, 1024, 16).await?;
/// assert_eq!((&a.writer()[..], &b.writer()[..]), (&b"to a"[..], &b"to b"[..]));
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn copy_bidirectional_with_sizes<A, B>(
    a: &mut A,
    b: &mut B,
    a_to_b_buf_size: usize,
    b_to_a_buf_size: usize,
) -> io::Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    assert!(
        a_to_b_buf_size > 0,
        "`a_to_b_buf_size` must be greater than 0"
    );
    assert!(
        b_to_a_buf_size > 0,
        "`b_to_a_buf_size` must be greater than 0"
    );
    copy_both(a, b, a_to_b_buf_size, b_to_a_buf_size).await
}

async fn copy_both<A, B>(
    a: &mut A,
    b: &mut B,
    a_to_b_size: usize,
    b_to_a_size: usize,
) -> io::Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let mut a_to_b = OneWay::Copying(Copy::new(a_to_b_size));
    let mut b_to_a = OneWay::Copying(Copy::new(b_to_a_size));
    let mut back_is_first = true;
    poll_fn(|cx| {
        // In turns: the first may use the whole budget up, each time.
        back_is_first = !back_is_first;
        let mut there = Poll::Pending;
        if !back_is_first {
            there = a_to_b.poll(cx, Pin::new(&mut *a), Pin::new(&mut *b))?;
        }
        let back = b_to_a.poll(cx, Pin::new(&mut *b), Pin::new(&mut *a))?;
        if back_is_first {
            there = a_to_b.poll(cx, Pin::new(&mut *a), Pin::new(&mut *b))?;
        }
        Poll::Ready(Ok((ready!(there), ready!(back))))
    })
    .await
}

/// One direction; the numbers are of copied bytes.
enum OneWay {
    Copying(Copy),
    ShuttingDown(u64),
    Ended(u64),
}

impl OneWay {
    fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        loop {
            *self = match self {
                OneWay::Copying(copy) => {
                    let copied = ready!(copy.poll(cx, reader.as_mut(), writer.as_mut()))?;
                    OneWay::ShuttingDown(copied)
                }
                OneWay::ShuttingDown(copied) => {
                    ready!(writer.as_mut().poll_shutdown(cx))?;
                    OneWay::Ended(*copied)
                }
                OneWay::Ended(copied) => return Poll::Ready(Ok(*copied)),
            };
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
