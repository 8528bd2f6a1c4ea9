//! Both ways through chunked, waiting and failing streams.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::executor::block_on;
use proptest::prelude::*;
use runtime_core::builder::Builder;
use runtime_core::spawn::spawn;
use runtime_core::time::timeout;

use super::super::tests::{Stepwise, bytes, steps};
use super::super::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf, copy_bidirectional, duplex, join,
    repeat, sink,
};
use super::copy_bidirectional_with_sizes;

proptest! {
    #[test]
    fn all_bytes_arrive_both_ways_in_any_chunks(
        there in bytes(), back in bytes(),
        reads in steps(false), writes in steps(false), sizes in (1_usize..40, 1_usize..40),
    ) {
        let mut a = join(Stepwise::reader(&reads, &there), Stepwise::writer(&writes, false));
        let mut b = join(Stepwise::reader(&writes, &back), Stepwise::writer(&reads, true));
        let copied = block_on(copy_bidirectional_with_sizes(&mut a, &mut b, sizes.0, sizes.1));
        prop_assert_eq!(copied.unwrap(), (there.len() as u64, back.len() as u64));
        prop_assert_eq!(&b.writer().output, &there);
        prop_assert_eq!(&a.writer().output, &back);
        prop_assert_eq!((a.writer().flushed, b.writer().flushed), (back.len(), there.len()));
    }

    /// An error ends it; what arrived is a beginning of what was sent.
    #[test]
    fn an_error_of_any_part_ends_both_ways(
        there in bytes(), back in bytes(), reads in steps(true), writes in steps(true),
    ) {
        let mut a = join(Stepwise::reader(&reads, &there), Stepwise::writer(&writes, false));
        let mut b = join(Stepwise::reader(&writes, &back), Stepwise::writer(&reads, true));
        let copied = block_on(copy_bidirectional(&mut a, &mut b));
        prop_assert!(there.starts_with(&b.writer().output));
        prop_assert!(back.starts_with(&a.writer().output));
        if let Ok(copied) = copied {
            prop_assert_eq!(copied, (there.len() as u64, back.len() as u64));
            prop_assert_eq!(&b.writer().output, &there);
            prop_assert_eq!(&a.writer().output, &back);
        }
    }
}

/// Counts its shutdowns and what is read of it after its end.
#[derive(Default)]
struct Ended {
    shutdowns: usize,
    reads: usize,
    panics: bool,
}

impl AsyncRead for Ended {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.reads += 1;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Ended {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!self.panics, "the stream's own");
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shutdowns += 1;
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_way_that_has_ended_is_left_alone_while_the_other_goes_on() {
    let mut a = Ended::default();
    let (mut b, mut peer) = duplex(8);
    let mut cx = Context::from_waker(Waker::noop());
    {
        let mut copy = pin!(copy_bidirectional(&mut a, &mut b));
        for _ in 0..3 {
            assert!(copy.as_mut().poll(&mut cx).is_pending());
            block_on(peer.write_all(b"more")).unwrap();
        }
        // The peer sees the end of the other way before it ends its own.
        assert_eq!(block_on(peer.read(&mut [0; 8])).unwrap(), 0);
        drop(peer);
        assert!(matches!(
            copy.as_mut().poll(&mut cx),
            Poll::Ready(Ok((0, 12)))
        ));
    }
    assert_eq!((a.reads, a.shutdowns), (1, 1));
}

#[test]
fn fault_098_a_writer_that_takes_nothing_stops_one_way_only() {
    let (mut a, mut left) = duplex(4);
    let (mut b, mut right) = duplex(4);
    let mut cx = Context::from_waker(Waker::noop());
    let mut copy = pin!(copy_bidirectional_with_sizes(&mut a, &mut b, 4, 4));
    // To the right nobody reads: buffers and pipes fill up.
    for _ in 0..4 {
        assert!(copy.as_mut().poll(&mut cx).is_pending());
        let _ = Pin::new(&mut left).poll_write(&mut cx, b"fill");
    }
    assert!(Pin::new(&mut left).poll_write(&mut cx, b"x").is_pending());
    block_on(right.write_all(b"back")).unwrap();
    assert!(copy.as_mut().poll(&mut cx).is_pending());
    let mut buf = [0; 4];
    block_on(left.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"back");
}

#[test]
fn fault_018_a_way_that_is_always_ready_leaves_the_other_its_turn() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for endless_first in [true, false] {
            let (near, mut far) = duplex(64);
            let mut endless = join(repeat(7), near);
            let mut answer = join(&b"hello"[..], sink());
            let both = spawn(async move {
                if endless_first {
                    copy_bidirectional(&mut endless, &mut answer).await
                } else {
                    copy_bidirectional(&mut answer, &mut endless).await
                }
            });
            let mut text = [0; 5];
            let heard = timeout(Duration::from_secs(10), far.read_exact(&mut text));
            heard.await.expect("its turn comes").unwrap();
            both.abort();
            assert_eq!(&text, b"hello");
        }
    });
}

#[test]
fn a_panic_or_a_drop_leaves_both_streams_usable() {
    let mut a = Ended {
        panics: true,
        ..Ended::default()
    };
    let (mut b, mut peer) = duplex(8);
    block_on(peer.write_all(b"lost")).unwrap();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        block_on(copy_bidirectional(&mut a, &mut b))
    }));
    assert!(outcome.is_err());
    a.panics = false;
    let mut cx = Context::from_waker(Waker::noop());
    assert!(
        pin!(copy_bidirectional(&mut a, &mut b))
            .poll(&mut cx)
            .is_pending()
    );
    block_on(peer.write_all(b"kept")).unwrap();
    let mut buf = [0; 4];
    block_on(b.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"kept");
}
