//! What is called on every reader and writer, over a stream whose peer gives bytes and room.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use runtime::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWrite, AsyncWriteExt,
    BufReader, ReadBuf, copy, copy_bidirectional, copy_bidirectional_with_sizes, copy_buf,
};

use super::Case;
use super::drive::{case, lossless};

const READ: &str = "io: io/read_ext";
const BUF_READ: &str = "io: io/buf_read_ext";
const WRITE: &str = "io: io/write_ext";
const SEEK: &str = "io: io/seek_ext";
const BOTH: &str = "io: io/copy_bidirectional";

pub(crate) const CASES: &[Case] = &[
    (READ, "numbers!::$method", read_number),
    (READ, "AsyncReadExt::read", read),
    (READ, "AsyncReadExt::read_buf", read_buf),
    (READ, "AsyncReadExt::read_exact", read_exact),
    (READ, "AsyncReadExt::read_to_end", || {
        gathers(async |it, all| it.read_to_end(all).await.map(drop));
    }),
    (READ, "AsyncReadExt::read_to_string", || {
        gathers_text(async |it, all| it.read_to_string(all).await.map(drop));
    }),
    (BUF_READ, "AsyncBufReadExt::read_until", || {
        gathers(async |it, all| it.read_until(b'!', all).await.map(drop));
    }),
    (BUF_READ, "AsyncBufReadExt::read_line", || {
        gathers_text(async |it, all| it.read_line(all).await.map(drop));
    }),
    (BUF_READ, "AsyncBufReadExt::fill_buf", fill_buf),
    ("io: io/lines", "Lines::next_line", next_line),
    ("io: io/segments", "Split::next_segment", next_segment),
    (WRITE, "numbers!::$method", write_number),
    (WRITE, "AsyncWriteExt::write", || {
        writes(async |it, from| it.write(from).await)
    }),
    (WRITE, "AsyncWriteExt::write_vectored", || {
        writes(async |it, from| it.write_vectored(&[IoSlice::new(from)]).await);
    }),
    (WRITE, "AsyncWriteExt::write_buf", || {
        writes(async |it, mut from| it.write_buf(&mut from).await);
    }),
    (WRITE, "AsyncWriteExt::write_all_buf", write_all_buf),
    (WRITE, "AsyncWriteExt::write_all", write_all),
    (WRITE, "AsyncWriteExt::flush", || {
        ends(async |it| it.flush().await)
    }),
    (WRITE, "AsyncWriteExt::shutdown", || {
        ends(async |it| it.shutdown().await)
    }),
    ("io: io/copy", "copy", copies),
    ("io: io/copy", "copy_buf", copies_buf),
    (BOTH, "copy_bidirectional", || {
        both(async |a, b| copy_bidirectional(a, b).await)
    }),
    (BOTH, "copy_bidirectional_with_sizes", || {
        both(async |a, b| copy_bidirectional_with_sizes(a, b, 3, 3).await);
    }),
    (SEEK, "AsyncSeekExt::seek", seek),
    (SEEK, "AsyncSeekExt::rewind", rewind),
    (SEEK, "AsyncSeekExt::stream_position", stream_position),
];

/// A stream's inside, shared with its peer, who calls its methods.
#[derive(Debug, Default)]
struct Inside {
    given: VecDeque<u8>,
    ended: bool,
    /// So many more bytes may be written.
    room: usize,
    written: Vec<u8>,
    waker: Option<Waker>,
}

#[derive(Clone, Debug, Default)]
struct Stream(Rc<RefCell<Inside>>);

impl Stream {
    fn change(&self, change: impl FnOnce(&mut Inside)) {
        change(&mut self.0.borrow_mut());
        let waker = self.0.borrow_mut().waker.take();
        waker.into_iter().for_each(Waker::wake);
    }

    fn give(&self, bytes: &[u8]) {
        self.change(|it| it.given.extend(bytes));
    }

    /// The end, and room for everything.
    fn end(&self) {
        self.change(|it| {
            it.ended = true;
            it.room = 1000;
        });
    }

    fn room(&self, more: usize) {
        self.change(|it| it.room += more);
    }

    fn written(&self) -> Vec<u8> {
        self.0.borrow().written.clone()
    }

    fn given(&self) -> usize {
        self.0.borrow().given.len()
    }

    fn waits<T>(&self, cx: &Context<'_>) -> Poll<T> {
        self.0.borrow_mut().waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut inside = self.0.borrow_mut();
        if inside.given.is_empty() && !inside.ended {
            drop(inside);
            return self.waits(cx);
        }
        let count = buf.remaining().min(inside.given.len());
        buf.put_slice(&inside.given.drain(..count).collect::<Vec<_>>());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut inside = self.0.borrow_mut();
        if inside.room == 0 {
            drop(inside);
            return self.waits(cx);
        }
        let count = buf.len().min(inside.room);
        inside.room -= count;
        inside.written.extend(&buf[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = self.0.borrow().ended;
        if ended {
            Poll::Ready(Ok(()))
        } else {
            self.waits(cx)
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// A position that is reached by a second poll only.
#[derive(Debug, Default)]
struct Tape {
    to: Option<u64>,
    at: u64,
    is_under_way: bool,
}

impl AsyncSeek for Tape {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        let to = match position {
            SeekFrom::Start(to) => to,
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
            SeekFrom::End(_) => return Err(io::ErrorKind::Unsupported.into()),
        };
        self.to = Some(to);
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        if self.to.is_some() && !std::mem::replace(&mut self.is_under_way, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_under_way = false;
        self.at = self.to.take().unwrap_or(self.at);
        Poll::Ready(Ok(self.at))
    }
}

async fn streams() -> (Stream, Stream) {
    let stream = Stream::default();
    (stream.clone(), stream)
}

fn ok<T>(result: io::Result<T>) -> T {
    result.expect("no error was given")
}

fn read() {
    lossless(
        streams,
        &[|it: &mut Stream| it.give(b"ab"), |it| it.end()],
        async |it: &mut Stream| {
            let mut buf = [0; 1];
            (ok(it.read(&mut buf).await), buf)
        },
        (1, [b'a']),
        |it, _| assert_eq!(it.given(), 1),
    );
}

fn read_buf() {
    lossless(
        streams,
        &[|it: &mut Stream| it.give(b"ab"), |it| it.end()],
        async |it: &mut Stream| {
            let mut buf = Vec::new();
            ok(it.read_buf(&mut buf).await);
            buf
        },
        b"ab".to_vec(),
        |it, _| assert_eq!(it.given(), 0),
    );
}

/// What was read stands in the buffer; how much has to be found out by other means.
fn read_exact() {
    case(
        async || {
            let (stream, peer) = streams().await;
            ((stream, [0; 4]), peer)
        },
        &[|it: &mut Stream| it.give(b"ab"), |it| it.give(b"cdef")],
        async |(it, buf): &mut (Stream, [u8; 4])| ok(it.read_exact(buf).await),
        async |(it, buf), peer, dropped| {
            let taken = 6 - peer.given();
            assert_eq!(buf[..taken], b"abcd"[..taken]);
            assert_eq!(dropped.output, (taken == 4).then_some(4));
            let rest = ok(it.read_exact(&mut buf[taken..]).await);
            assert_eq!((rest, &*buf), (4 - taken, b"abcd"));
        },
    );
}

/// One byte is never lost; of two the first may be, and only that.
fn read_number() {
    lossless(
        streams,
        &[|it: &mut Stream| it.give(&[7]), |it| it.end()],
        async |it: &mut Stream| ok(it.read_u8().await),
        7,
        |it, _| assert_eq!(it.given(), 0),
    );
    case(
        streams,
        &[|it: &mut Stream| it.give(&[1]), |it| it.give(&[2, 3, 4])],
        async |it: &mut Stream| ok(it.read_u16().await),
        async |it, peer, dropped| {
            if let Some(number) = dropped.output {
                assert_eq!((number, peer.given()), (0x0102, 2));
            } else {
                assert!(peer.given() >= 3, "at most what was read of one");
                let skipped = 4 - peer.given();
                let expected = [0x0102, 0x0203][skipped];
                assert_eq!(ok(it.read_u16().await), expected);
            }
        },
    );
}

/// Everything until the end stands in the vector in the end, once.
fn gathers(op: impl AsyncFn(&mut BufReader<Stream>, &mut Vec<u8>) -> io::Result<()>) {
    case(
        async || {
            let (stream, peer) = streams().await;
            ((BufReader::with_capacity(3, stream), Vec::new()), peer)
        },
        &[
            |it: &mut Stream| it.give(b"ab"),
            |it| it.give(b"cdef"),
            |it| it.end(),
        ],
        async |(it, all): &mut (BufReader<Stream>, Vec<u8>)| ok(op(it, all).await),
        async |(it, all), _, _| {
            ok(op(it, all).await);
            assert_eq!(all.as_slice(), b"abcdef");
        },
    );
}

/// As [`gathers`], of text.
fn gathers_text(op: impl AsyncFn(&mut BufReader<Stream>, &mut String) -> io::Result<()>) {
    case(
        async || {
            let (stream, peer) = streams().await;
            ((BufReader::with_capacity(3, stream), String::new()), peer)
        },
        &[
            |it: &mut Stream| it.give(b"ab"),
            |it| it.give(b"cdef"),
            |it| it.end(),
        ],
        async |(it, all): &mut (BufReader<Stream>, String)| ok(op(it, all).await),
        async |(it, all), _, _| {
            ok(op(it, all).await);
            assert_eq!(all, "abcdef");
        },
    );
}

fn fill_buf() {
    lossless(
        async || {
            let (stream, peer) = streams().await;
            (BufReader::new(stream), peer)
        },
        &[|it: &mut Stream| it.give(b"ab"), |it| it.end()],
        async |it: &mut BufReader<Stream>| ok(it.fill_buf().await).to_vec(),
        b"ab".to_vec(),
        |it, _| assert_eq!(it.buffer(), b"ab"),
    );
}

fn next_line() {
    lossless(
        async || {
            let (stream, peer) = streams().await;
            (BufReader::new(stream).lines(), peer)
        },
        &[
            |it: &mut Stream| it.give(b"on"),
            |it| it.give(b"e\ntwo"),
            |it| it.end(),
        ],
        async |it: &mut runtime::io::Lines<BufReader<Stream>>| ok(it.next_line().await),
        Some("one".to_owned()),
        |it, _| assert_eq!(it.get_ref().buffer(), b"two"),
    );
}

fn next_segment() {
    lossless(
        async || {
            let (stream, peer) = streams().await;
            (BufReader::new(stream).split(b','), peer)
        },
        &[
            |it: &mut Stream| it.give(b"on"),
            |it| it.give(b"e,"),
            |it| it.end(),
        ],
        async |it: &mut runtime::io::Split<BufReader<Stream>>| ok(it.next_segment().await),
        Some(b"one".to_vec()),
        |_, peer| assert_eq!(peer.given(), 0),
    );
}

/// Written once, or not at all.
fn writes(op: impl AsyncFn(&mut Stream, &[u8]) -> io::Result<usize>) {
    lossless(
        streams,
        &[|it: &mut Stream| it.room(2)],
        async |it: &mut Stream| ok(op(it, b"abc").await),
        2,
        |_, peer| assert_eq!(peer.written(), b"ab"),
    );
}

/// Some of its bytes may have been written, from the first on.
fn write_number() {
    lossless(
        streams,
        &[|it: &mut Stream| it.room(1)],
        async |it: &mut Stream| ok(it.write_u8(7).await),
        (),
        |_, peer| assert_eq!(peer.written(), [7]),
    );
    case(
        streams,
        &[|it: &mut Stream| it.room(1), |it| it.room(3)],
        async |it: &mut Stream| ok(it.write_u16(0x0102).await),
        async |it, peer, dropped| {
            let written = peer.written();
            assert_eq!(written, [1, 2][..written.len()]);
            assert_eq!(dropped.output.is_some(), written.len() == 2);
            ok(it.write_u16(0x0304).await);
            assert_eq!(peer.written(), [&written[..], &[3, 4]].concat());
        },
    );
}

fn write_all() {
    case(
        streams,
        &[|it: &mut Stream| it.room(2), |it| it.room(9)],
        async |it: &mut Stream| ok(it.write_all(b"abcd").await),
        async |_, peer, dropped| {
            let written = peer.written();
            assert_eq!(written, b"abcd"[..written.len()]);
            assert_eq!(dropped.output.is_some(), written.len() == 4);
        },
    );
}

fn write_all_buf() {
    case(
        async || {
            let (stream, peer) = streams().await;
            ((stream, &b"abcd"[..]), peer)
        },
        &[|it: &mut Stream| it.room(2), |it| it.room(9)],
        async |(it, from): &mut (Stream, &[u8])| ok(it.write_all_buf(from).await),
        async |(it, from), peer, _| {
            ok(it.write_all_buf(from).await);
            assert_eq!(peer.written(), b"abcd");
        },
    );
}

fn ends(op: impl AsyncFn(&mut Stream) -> io::Result<()>) {
    lossless(
        streams,
        &[|it: &mut Stream| it.end()],
        async |it: &mut Stream| ok(op(it).await),
        (),
        |_, _| (),
    );
}

/// What arrives is a beginning of what was read, and nothing comes twice.
fn copies() {
    case(
        async || (Stream::default(), Stream::default()).pair(),
        &[
            |(from, _): &mut (Stream, Stream)| from.give(b"abcd"),
            |(_, to)| to.room(2),
            |(from, to)| {
                from.end();
                to.end();
            },
        ],
        async |(from, to): &mut (Stream, Stream)| ok(copy(from, to).await),
        async |(from, to), _, dropped| {
            let written = to.written();
            assert_eq!(written, b"abcd"[..written.len()]);
            let read = 4 - from.given();
            assert!(written.len() <= read);
            assert!(
                dropped
                    .output
                    .is_none_or(|count| count == 4 && written.len() == 4)
            );
            let count = ok(copy(from, to).await);
            assert_eq!(count, 4 - read as u64, "what was not read is copied");
        },
    );
}

/// Subject and peer are the same two streams.
trait Pair: Sized + Clone {
    fn pair(self) -> (Self, Self) {
        (self.clone(), self)
    }
}

impl Pair for (Stream, Stream) {}

fn copies_buf() {
    case(
        async || {
            let (from, to) = (Stream::default(), Stream::default());
            let reader = BufReader::with_capacity(3, from.clone());
            ((reader, to.clone()), (from, to))
        },
        &[
            |(from, _): &mut (Stream, Stream)| from.give(b"abcd"),
            |(_, to)| to.room(2),
            |(from, to)| {
                from.end();
                to.end();
            },
        ],
        async |(from, to): &mut (BufReader<Stream>, Stream)| ok(copy_buf(from, to).await),
        async |(from, to), _, _| {
            ok(copy_buf(from, to).await);
            assert_eq!(to.written(), b"abcd");
        },
    );
}

/// Each way as [`copies`].
fn both(op: impl AsyncFn(&mut Stream, &mut Stream) -> io::Result<(u64, u64)>) {
    case(
        async || (Stream::default(), Stream::default()).pair(),
        &[
            |(a, b): &mut (Stream, Stream)| {
                a.give(b"abcd");
                b.give(b"1234");
            },
            |(a, b)| {
                a.room(1);
                b.room(2);
            },
            |(a, b)| {
                a.end();
                b.end();
            },
        ],
        async |(a, b): &mut (Stream, Stream)| ok(op(a, b).await),
        async |(a, b), _, dropped| {
            for (from, to, bytes) in [(&*a, &*b, b"abcd"), (&*b, &*a, b"1234")] {
                let written = to.written();
                assert_eq!(written, bytes[..written.len()]);
                assert!(written.len() <= 4 - from.given());
                assert!(dropped.output.is_none() || written.len() == 4);
            }
        },
    );
}

async fn tape() -> (Tape, ()) {
    (
        Tape {
            at: 5,
            ..Tape::default()
        },
        (),
    )
}

/// The position has moved or not, and is told.
fn seek() {
    case(
        tape,
        &[],
        async |it: &mut Tape| ok(it.seek(SeekFrom::Current(2)).await),
        async |it, (), dropped| {
            let at = ok(it.stream_position().await);
            assert!(matches!((dropped.output, at), (None, 5 | 7) | (Some(7), 7)));
        },
    );
}

fn rewind() {
    lossless(
        tape,
        &[],
        async |it: &mut Tape| {
            ok(it.rewind().await);
            it.at
        },
        0,
        |_, ()| (),
    );
}

fn stream_position() {
    lossless(
        tape,
        &[],
        async |it: &mut Tape| ok(it.stream_position().await),
        5,
        |_, ()| (),
    );
}
