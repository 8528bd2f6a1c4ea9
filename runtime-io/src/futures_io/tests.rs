//! Each direction, with the other family's own methods.

use std::cell::Cell;
use std::io::{self, SeekFrom};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures::executor::block_on;
use futures::io as foreign;
use futures::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use super::FuturesIo;
use crate::io as ours;
use crate::io::{AsyncRead, AsyncSeek, ReadBuf};

#[test]
fn a_pipe_of_ours_is_read_and_written_by_foreign_methods() {
    block_on(async {
        let (mut one, mut other) = ours::duplex(4);
        let write = async {
            one.write_all(b"more than fits in").await?;
            one.close().await
        };
        let mut text = String::new();
        let (written, read) = futures::join!(write, other.read_to_string(&mut text));
        assert_eq!((written.is_ok(), read.expect("a clean end")), (true, 17));
        assert_eq!(text, "more than fits in");
        let broken = other.write_all(b"x").await;
        assert!(broken.is_ok(), "closing ends one direction only");
    });
}

#[test]
fn buffers_of_ours_have_foreign_lines() {
    block_on(async {
        let reader = ours::BufReader::new(&b"one\ntwo\n"[..]);
        let lines: Vec<String> = futures::TryStreamExt::try_collect(reader.lines())
            .await
            .expect("text");
        assert_eq!(lines, ["one", "two"]);
        let mut writer = ours::BufWriter::new(Vec::new());
        writer.write_all(b"kept back").await.expect("room");
        assert_eq!(writer.get_ref(), b"");
        writer.flush().await.expect("room");
        assert_eq!(writer.get_ref(), b"kept back");
    });
}

#[test]
fn there_and_back_is_the_same() {
    block_on(async {
        let (one, other) = ours::duplex(64);
        let mut one = FuturesIo::new(FuturesIo::new(one));
        let mut other = FuturesIo::new(FuturesIo::new(other));
        ours::AsyncWriteExt::write_all(&mut one, b"through four")
            .await
            .expect("room");
        ours::AsyncWriteExt::shutdown(&mut one)
            .await
            .expect("it is open");
        let mut text = String::new();
        let read = ours::AsyncReadExt::read_to_string(&mut other, &mut text).await;
        assert_eq!(
            (read.expect("a clean end"), text.as_str()),
            (12, "through four")
        );
    });
}

#[test]
fn a_foreign_cursor_is_read_sought_and_written_by_our_methods() {
    block_on(async {
        let mut stream = FuturesIo::new(foreign::Cursor::new(b"0123456789".to_vec()));
        let at = ours::AsyncSeekExt::seek(&mut stream, SeekFrom::Start(4)).await;
        assert_eq!(at.expect("it is there"), 4);
        let mut two = [0; 2];
        ours::AsyncReadExt::read_exact(&mut stream, &mut two)
            .await
            .expect("enough");
        assert_eq!(&two, b"45");
        let at = ours::AsyncSeekExt::stream_position(&mut stream).await;
        assert_eq!(at.expect("it has one"), 6);
        ours::AsyncWriteExt::write_all(&mut stream, b"xy")
            .await
            .expect("room");
        assert_eq!(stream.into_inner().into_inner(), b"012345xy89");
    });
}

#[test]
fn a_cursor_of_ours_seeks_by_the_foreign_method() {
    block_on(async {
        let mut stream = FuturesIo::new(io::Cursor::new("0123456789"));
        let at = stream.seek(SeekFrom::End(-3)).await;
        assert_eq!(at.expect("it is there"), 7);
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.expect("text");
        assert_eq!(rest, "789");
        assert!(
            stream.seek(SeekFrom::Current(-11)).await.is_err(),
            "before the start"
        );
        let at = stream.seek(SeekFrom::Current(-1)).await;
        assert_eq!(at.expect("the failed one is over"), 9);
    });
}

/// Moves only at the second look.
#[derive(Default)]
struct Slow {
    begun: Cell<u32>,
    position: u64,
    looked: bool,
}

impl AsyncSeek for Slow {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        self.begun.set(self.begun.get() + 1);
        if let SeekFrom::Current(by) = position {
            self.position = self.position.wrapping_add_signed(by);
        }
        self.looked = false;
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        if self.begun.get() > 0 && !std::mem::replace(&mut self.looked, true) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(self.position))
    }
}

#[test]
fn a_seek_that_waits_is_begun_once() {
    let mut stream = pin!(FuturesIo::new(Slow::default()));
    let mut cx = Context::from_waker(Waker::noop());
    let mut seek = |by| foreign::AsyncSeek::poll_seek(stream.as_mut(), &mut cx, by);
    let three = SeekFrom::Current(3);
    assert!(seek(three).is_pending());
    assert!(matches!(seek(three), Poll::Ready(Ok(3))));
    // Given up in mid-way: it moves all the same, and the next one counts from there.
    assert!(seek(three).is_pending());
    let two = SeekFrom::Current(2);
    assert!(seek(two).is_pending());
    assert!(matches!(seek(two), Poll::Ready(Ok(8))));
    assert_eq!(stream.get_ref().begun.get(), 3);
}

/// Says that it has read more than there was room for.
struct Liar;

impl foreign::AsyncRead for Liar {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len() + 1))
    }
}

#[test]
#[should_panic(expected = "filled must not become larger")]
fn a_reader_that_lies_is_found_out() {
    let mut bytes = [0; 4];
    let mut buffer = ReadBuf::new(&mut bytes);
    let mut cx = Context::from_waker(Waker::noop());
    let _ = pin!(FuturesIo::new(Liar)).poll_read(&mut cx, &mut buffer);
}
