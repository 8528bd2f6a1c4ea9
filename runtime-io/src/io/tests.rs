//! The extension methods over every chunking, against what the standard library makes of the same
//! bytes.

use std::collections::VecDeque;
use std::io::{self, BufRead, Cursor, IoSlice, Read, Seek, SeekFrom};
use std::pin::{Pin, pin};
use std::str::{self, Utf8Error};
use std::sync::Mutex;
use std::sync::atomic::AtomicPtr;
use std::task::{Context, Poll, Waker};

use futures::executor::block_on;
use proptest::prelude::*;
use runtime_core::coop;

use super::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWrite, AsyncWriteExt, BufReader,
    BufStream, BufWriter, ReadBuf, copy, copy_buf, duplex, repeat, sink,
};

/// What a source or sink does at one poll.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Moves so many bytes at most.
    Move(usize),
    /// Wakes at once, and lets wait.
    Wait,
    Fail,
}

pub(super) fn steps(failing: bool) -> impl Strategy<Value = Vec<Step>> {
    let fail = u32::from(failing);
    let step = prop_oneof![
        6 => (1_usize..20).prop_map(Step::Move),
        3 => Just(Step::Wait),
        fail => Just(Step::Fail),
    ];
    prop::collection::vec(step, 0..40)
}

pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(
        prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()],
        0..300,
    )
}

/// Bytes to read and written bytes, moved as the steps say; after the last step, all at once.
#[derive(Debug, Default)]
pub(super) struct Stepwise {
    steps: VecDeque<Step>,
    input: VecDeque<u8>,
    pub(super) output: Vec<u8>,
    pub(super) flushed: usize,
    vectored: bool,
}

impl Stepwise {
    pub(super) fn reader(steps: &[Step], input: &[u8]) -> Stepwise {
        let steps = steps.iter().cloned().collect();
        Stepwise {
            steps,
            input: input.iter().copied().collect(),
            ..Stepwise::default()
        }
    }

    pub(super) fn writer(steps: &[Step], vectored: bool) -> Stepwise {
        Stepwise {
            steps: steps.iter().cloned().collect(),
            vectored,
            ..Stepwise::default()
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<io::Result<usize>> {
        match self.steps.pop_front() {
            None => Poll::Ready(Ok(wanted)),
            Some(Step::Move(count)) => Poll::Ready(Ok(count.min(wanted))),
            Some(Step::Wait) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Fail) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncRead for Stepwise {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wanted = buf.remaining().min(self.input.len());
        self.poll_step(cx, wanted).map_ok(|count| {
            let bytes: Vec<u8> = self.input.drain(..count).collect();
            buf.put_slice(&bytes);
        })
    }
}

impl AsyncWrite for Stepwise {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_step(cx, buf.len()).map_ok(|count| {
            self.output.extend_from_slice(&buf[..count]);
            count
        })
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_step(cx, 0)
            .map_ok(|_| self.flushed = self.output.len())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        self.as_mut().poll_write(cx, &all)
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }
}

proptest! {
    #[test]
    fn reading_to_the_end_reads_all_or_keeps_what_it_read(
        input in bytes(), steps in steps(true), kept in bytes(),
    ) {
        let mut reader = Stepwise::reader(&steps, &input);
        let mut all = kept.clone();
        let outcome = block_on(reader.read_to_end(&mut all));
        prop_assert_eq!(&all[..kept.len()], &kept[..]);
        let read = all.len() - kept.len();
        prop_assert_eq!(&all[kept.len()..], &input[..read]);
        match outcome {
            Ok(count) => prop_assert_eq!((count, read), (input.len(), input.len())),
            Err(_) => prop_assert_eq!(read + reader.input.len(), input.len()),
        }
    }

    #[test]
    fn text_is_appended_whole_or_given_back(input in bytes(), steps in steps(false)) {
        let mut text = "kept".to_owned();
        let outcome = block_on(Stepwise::reader(&steps, &input).read_to_string(&mut text));
        match std::str::from_utf8(&input) {
            Ok(valid) => {
                prop_assert_eq!(outcome.unwrap(), input.len());
                prop_assert_eq!(text, format!("kept{valid}"));
            }
            Err(_) => {
                let error = outcome.unwrap_err().into_inner().unwrap();
                let all = [b"kept", &*input].concat();
                let expected = str::from_utf8(&all).unwrap_err();
                prop_assert_eq!(*error.downcast::<Utf8Error>().unwrap(), expected);
                prop_assert_eq!(text, "kept");
            }
        }
    }

    #[test]
    fn a_full_buffer_or_an_early_end(
        input in bytes(), steps in steps(false), size in 0_usize..300,
    ) {
        let mut buf = vec![0; size];
        let outcome = block_on(Stepwise::reader(&steps, &input).read_exact(&mut buf));
        if size <= input.len() {
            prop_assert_eq!(outcome.unwrap(), size);
            prop_assert_eq!(&buf[..], &input[..size]);
        } else {
            prop_assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
            prop_assert_eq!(&buf[..input.len()], &input[..]);
        }
    }

    #[test]
    fn segments_and_lines_are_those_of_the_standard_library(
        input in bytes(), steps in steps(false), capacity in 1_usize..40,
    ) {
        let reader = || BufReader::with_capacity(capacity, Stepwise::reader(&steps, &input));
        let mut split = reader().split(b'a');
        let mut segments = Vec::new();
        while let Some(segment) = block_on(split.next_segment()).unwrap() {
            segments.push(segment);
        }
        let expected: Vec<_> = BufRead::split(&*input, b'a').map(Result::unwrap).collect();
        prop_assert_eq!(segments, expected);

        let mut lines = reader().lines();
        for expected in BufRead::lines(&*input) {
            match (block_on(lines.next_line()), expected) {
                (Ok(line), Ok(expected)) => prop_assert_eq!(line, Some(expected)),
                (line, expected) => prop_assert!(line.is_err() && expected.is_err()),
            }
        }
        prop_assert_eq!(block_on(lines.next_line()).unwrap(), None);
    }

    #[test]
    fn a_line_is_appended_whole_or_given_back(
        input in bytes(), steps in steps(false), clears: bool,
    ) {
        let mut reader = BufReader::with_capacity(7, Stepwise::reader(&steps, &input));
        let mut text = String::new();
        for line in input.split_inclusive(|byte| *byte == b'\n') {
            let before = text.clone();
            let outcome = block_on(AsyncBufReadExt::read_line(&mut reader, &mut text));
            match outcome {
                Ok(count) => {
                    prop_assert_eq!(count, line.len());
                    prop_assert_eq!(&text.as_bytes()[before.len()..], line);
                }
                Err(error) => {
                    let error = error.into_inner().unwrap().downcast::<Utf8Error>().unwrap();
                    let all = [before.as_bytes(), line].concat();
                    prop_assert_eq!(*error, str::from_utf8(&all).unwrap_err());
                    prop_assert_eq!(&text, &before);
                }
            }
            if clears {
                text.clear();
            }
        }
        prop_assert_eq!(block_on(AsyncBufReadExt::read_line(&mut reader, &mut text)).unwrap(), 0);
    }

    #[test]
    fn chained_and_limited_readers_are_those_of_the_standard_library(
        one in bytes(), two in bytes(), steps in steps(false), limit in 0_u64..400,
    ) {
        let first = Stepwise::reader(&steps, &one);
        let reader = AsyncReadExt::chain(first, Stepwise::reader(&steps, &two));
        let mut reader = AsyncReadExt::take(reader, limit);
        let mut all = Vec::new();
        block_on(reader.read_to_end(&mut all)).unwrap();
        let mut expected = Vec::new();
        Read::take(Read::chain(&*one, &*two), limit).read_to_end(&mut expected).unwrap();
        prop_assert_eq!(&all, &expected);
        prop_assert_eq!(reader.limit(), limit - all.len() as u64);
    }

    #[test]
    fn a_buffered_reader_seeks_like_that_of_the_standard_library(
        input in bytes(), capacity in 1_usize..20,
        moves in prop::collection::vec((-400_i64..400, 0_usize..30), 1..20),
    ) {
        let mut reader = BufReader::with_capacity(capacity, Cursor::new(input.clone()));
        let mut expected = io::BufReader::with_capacity(capacity, Cursor::new(input));
        for (offset, count) in moves {
            let position = block_on(reader.seek(SeekFrom::Current(offset)));
            match Seek::seek(&mut expected, SeekFrom::Current(offset)) {
                Ok(wanted) => prop_assert_eq!(position.unwrap(), wanted),
                Err(_) => prop_assert!(position.is_err()),
            }
            let mut bytes = Vec::new();
            let mut part = AsyncReadExt::take(&mut reader, count as u64);
            block_on(part.read_to_end(&mut bytes)).unwrap();
            let mut wanted = Vec::new();
            Read::take(&mut expected, count as u64).read_to_end(&mut wanted).unwrap();
            prop_assert_eq!(bytes, wanted);
        }
    }

    #[test]
    fn a_buffered_writer_loses_and_doubles_nothing(
        parts in prop::collection::vec(bytes(), 0..6), steps in steps(true),
        capacity in 1_usize..50, vectored: bool,
    ) {
        let inner = Stepwise::writer(&steps, vectored);
        let mut writer = BufWriter::with_capacity(capacity, inner);
        let mut sent: Vec<u8> = Vec::new();
        for part in &parts {
            let mut rest = &part[..];
            while !rest.is_empty() {
                let (one, two) = rest.split_at(rest.len() / 2);
                let slices = [IoSlice::new(one), IoSlice::new(two)];
                let outcome = if rest.len() % 2 == 0 {
                    block_on(writer.write(rest))
                } else {
                    block_on(writer.write_vectored(&slices))
                };
                let count = outcome.unwrap_or(0);
                sent.extend_from_slice(&rest[..count]);
                rest = &rest[count..];
            }
        }
        // Each failure is one step, so that it ends.
        while block_on(writer.flush()).is_err() {}
        prop_assert!(writer.buffer().is_empty());
        prop_assert_eq!(&writer.get_ref().output, &sent);
        prop_assert_eq!(&sent, &parts.concat());
        prop_assert_eq!(writer.get_ref().flushed, sent.len());
    }

    #[test]
    fn all_is_written_from_a_buffer_or_stays_in_it(
        input in bytes(), steps in steps(true), vectored: bool,
    ) {
        let mut writer = Stepwise::writer(&steps, vectored);
        let mut rest = bytes::Bytes::from(input.clone());
        let outcome = block_on(writer.write_all_buf(&mut rest));
        prop_assert_eq!(outcome.is_ok(), rest.is_empty());
        prop_assert_eq!([&writer.output[..], &rest[..]].concat(), input);
    }

    #[test]
    fn a_copy_is_whole_and_flushed(
        input in bytes(), reads in steps(false), writes in steps(false), capacity in 1_usize..50,
    ) {
        let mut writer = Stepwise::writer(&writes, false);
        let mut reader = Stepwise::reader(&reads, &input);
        prop_assert_eq!(block_on(copy(&mut reader, &mut writer)).unwrap(), input.len() as u64);
        prop_assert_eq!((&writer.output, writer.flushed), (&input, input.len()));

        let mut writer = Stepwise::writer(&writes, false);
        let mut reader = BufReader::with_capacity(capacity, Stepwise::reader(&reads, &input));
        prop_assert_eq!(block_on(copy_buf(&mut reader, &mut writer)).unwrap(), input.len() as u64);
        prop_assert_eq!((&writer.output, writer.flushed), (&input, input.len()));
    }

    #[test]
    fn a_read_that_is_given_up_can_be_taken_up_again(input in bytes(), steps in steps(false)) {
        let mut reader = BufReader::with_capacity(5, Stepwise::reader(&steps, &input));
        let mut line = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            // A future a poll: each is dropped before its end, or ends.
            let read = pin!(AsyncBufReadExt::read_until(&mut reader, b'\n', &mut line));
            if read.poll(&mut cx).is_ready() {
                break;
            }
        }
        let expected = input.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        prop_assert_eq!(line, expected);
    }

    #[test]
    fn numbers_come_back(bits: u128, steps in steps(false)) {
        let mut stream = Stepwise::writer(&steps, false);
        block_on(async {
            stream.write_u128(bits).await?;
            stream.write_i16_le(bits as i16).await?;
            stream.write_f64(f64::from_bits(bits as u64)).await?;
            stream.write_u8(bits as u8).await
        }).unwrap();
        prop_assert_eq!(&stream.output[..16], bits.to_be_bytes());
        let mut reader = Stepwise::reader(&steps, &stream.output);
        block_on(async {
            assert_eq!(reader.read_u128().await.unwrap(), bits);
            assert_eq!(reader.read_i16_le().await.unwrap(), bits as i16);
            assert_eq!(reader.read_f64().await.unwrap().to_bits(), bits as u64);
            assert_eq!(reader.read_u8().await.unwrap(), bits as u8);
            assert_eq!(reader.read_u8().await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        });
    }
}

/// Gives the caller another buffer than it was given.
struct Exchanges;

impl AsyncRead for Exchanges {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Kept, so that a search for leaks finds it.
        static KEPT: Mutex<Vec<AtomicPtr<u8>>> = Mutex::new(Vec::new());
        let buffer = vec![0; 1 << 20].leak();
        let kept = AtomicPtr::new(buffer.as_mut_ptr());
        KEPT.lock().expect("it never panics").push(kept);
        let mut other = ReadBuf::new(buffer);
        other.advance(1 << 20);
        *buf = other;
        Poll::Ready(Ok(()))
    }
}

#[test]
#[should_panic = "the reader exchanged the buffer"]
fn fault_098_a_reader_that_exchanges_the_buffer_is_caught_at_the_end() {
    let _ = block_on(Exchanges.read_to_end(&mut Vec::new()));
}

#[test]
#[should_panic = "the reader exchanged the buffer"]
fn fault_098_a_reader_that_exchanges_the_buffer_is_caught_by_a_limit() {
    let _ = block_on(AsyncReadExt::take(Exchanges, 8).read(&mut [0; 16]));
}

#[test]
#[should_panic = "the reader exchanged the buffer"]
fn fault_098_a_reader_that_exchanges_the_buffer_is_caught_by_a_buffer() {
    let _ = block_on(BufReader::new(Exchanges).fill_buf());
}

#[test]
#[should_panic = "the reader exchanged the buffer"]
fn fault_098_a_reader_that_exchanges_the_buffer_is_caught_by_a_number() {
    let _ = block_on(Exchanges.read_u32());
}

/// At each read the next so many bytes, into bytes that count as initialised.
struct Sizes(std::vec::IntoIter<usize>);

impl AsyncRead for Sizes {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let all = buf.capacity();
        let known = buf.initialized().len();
        assert!(
            known == 0 || known == all,
            "{known} of {all} bytes count as initialised"
        );
        let free = buf.initialize_unfilled();
        let count = self.0.next().map_or(0, |count| count.min(free.len()));
        free[..count].fill(7);
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}

#[test]
fn fault_098_what_a_vector_grows_by_counts_as_initialised_only_if_it_is() {
    // The second one is read beside the vector, since it may be the end; then the vector moves.
    let mut sizes = Sizes(vec![90, 32, 5].into_iter());
    let mut all = Vec::with_capacity(100);
    assert_eq!(block_on(sizes.read_to_end(&mut all)).unwrap(), 127);
    assert_eq!(all, [7; 127]);
}

/// Takes what it gets, and claims more.
struct Boasts(usize);

impl AsyncWrite for Boasts {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len().saturating_add(self.0)))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Who writes by it panics: he neither passes over bytes that were never written, nor takes the claim
/// for a success, nor writes for ever.
#[test]
fn fault_098_a_writer_that_claims_more_than_it_was_given_is_caught() {
    type Writes = fn(Boasts) -> io::Result<()>;
    const WAYS: [(&str, Writes); 8] = [
        ("write_all", |mut it| block_on(it.write_all(b"abc"))),
        ("write_u32", |mut it| block_on(it.write_u32(7))),
        ("write_all_buf", |mut it| {
            block_on(it.write_all_buf(&mut &b"abc"[..]))
        }),
        ("write_buf", |mut it| {
            block_on(it.write_buf(&mut &b"abc"[..])).map(drop)
        }),
        ("copy", |mut it| {
            block_on(copy(&mut &b"abc"[..], &mut it)).map(drop)
        }),
        ("copy_buf", |mut it| {
            block_on(copy_buf(&mut &b"abc"[..], &mut it)).map(drop)
        }),
        ("BufWriter", |it| {
            block_on(async {
                let mut buffered = BufWriter::with_capacity(8, it);
                buffered.write_all(b"abc").await?;
                buffered.flush().await
            })
        }),
        ("copy_bidirectional", |it| {
            let mut near = super::join(&b"abc"[..], sink());
            let mut far = super::join(super::empty(), it);
            block_on(super::copy_bidirectional(&mut near, &mut far)).map(drop)
        }),
    ];
    for (name, writes) in WAYS {
        // Of a number's bytes so many are none in a count of eight bits.
        for more in [1, 252, 1000, usize::MAX] {
            let panic = std::panic::catch_unwind(|| writes(Boasts(more)));
            let panic = panic.expect_err(name);
            let text = panic.downcast_ref::<&str>().expect("a text");
            assert!(
                text.contains("claims more than it was given"),
                "{name}: {text}"
            );
        }
    }
}

#[test]
fn a_writer_that_takes_nothing_is_an_error() {
    let mut full = Cursor::new([0_u8; 2]);
    let mut full = Cursor::new(&mut full.get_mut()[..]);
    let error = block_on(full.write_all(b"abc")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    let error = block_on(copy(&mut &b"abc"[..], &mut full)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
}

#[test]
fn what_is_always_ready_still_lets_others_run() {
    let mut cx = Context::from_waker(Waker::noop());
    let _budget = coop::budget();
    let mut endless = repeat(1);
    let mut nowhere = sink();
    assert!(
        pin!(copy(&mut endless, &mut nowhere))
            .poll(&mut cx)
            .is_pending()
    );
    assert!(!coop::has_budget_remaining());
    let _budget = coop::budget();
    // In memory nobody takes units but the loop.
    let mut slices = Cursor::new(vec![b'a'; 4096]);
    let mut reader = BufReader::with_capacity(1, &mut slices);
    assert!(
        pin!(reader.read_until(b'b', &mut Vec::new()))
            .poll(&mut cx)
            .is_pending()
    );
    assert!(!coop::has_budget_remaining());
}

#[test]
fn a_stream_with_buffers_may_be_made_from_either_order() {
    let mut one = BufStream::from(BufReader::new(BufWriter::new(Stepwise::reader(&[], b"in"))));
    let mut two = BufStream::from(BufWriter::new(BufReader::new(Stepwise::reader(&[], b"in"))));
    for stream in [&mut one, &mut two] {
        let mut text = String::new();
        block_on(stream.read_to_string(&mut text)).unwrap();
        assert_eq!(text, "in");
        block_on(stream.write_all(b"out")).unwrap();
        assert!(stream.get_ref().output.is_empty());
        block_on(stream.flush()).unwrap();
        assert_eq!(stream.get_ref().output, b"out");
    }
}

/// A future holds what it was given and little more.
#[test]
fn futures_are_small() {
    let mut reader = sink_and_source();
    let word = size_of::<usize>();
    let mut buf = [0; 4];
    assert_eq!(size_of_val(&reader.read(&mut buf)), 3 * word);
    assert_eq!(size_of_val(&reader.write_all(&buf)), 3 * word);
    assert_eq!(size_of_val(&reader.flush()), word);
    // A pointer, and four bytes of which so many are there.
    assert!(size_of_val(&reader.read_u32()) <= word + 8);
}

fn sink_and_source() -> Stepwise {
    Stepwise::default()
}

/// Two who answer each other through a copy would else wait for ever.
#[test]
fn a_copy_flushes_what_it_has_while_its_reader_has_nothing() {
    let mut cx = Context::from_waker(Waker::noop());
    for buffered in [false, true] {
        let (mut near, reader) = duplex(64);
        let (writer, mut far) = duplex(64);
        let mut reader = BufReader::new(reader);
        let mut writer = BufWriter::new(writer);
        block_on(near.write_all(b"ping")).unwrap();
        let copying: Pin<Box<dyn Future<Output = io::Result<u64>>>> = match buffered {
            false => Box::pin(copy(&mut reader, &mut writer)),
            true => Box::pin(copy_buf(&mut reader, &mut writer)),
        };
        let mut copying = copying;
        assert!(copying.as_mut().poll(&mut cx).is_pending());
        let mut received = [0; 4];
        let read = pin!(far.read_exact(&mut received)).poll(&mut cx);
        assert!(read.is_ready(), "buffered: {buffered}");
        assert_eq!(&received, b"ping");
    }
}
