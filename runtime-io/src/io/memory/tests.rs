//! The streams in memory against a queue, and their wakes counted.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use proptest::prelude::*;

use super::super::{AsyncRead, AsyncWrite, ReadBuf};
use super::{DuplexStream, SimplexStream, duplex};

#[derive(Default)]
struct Count(AtomicUsize);

impl Count {
    fn waker() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        (count, waker)
    }

    fn get(&self) -> usize {
        // Relaxed: one thread.
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        // Relaxed: one thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn read(
    stream: &mut (impl AsyncRead + Unpin),
    waker: &Waker,
    size: usize,
) -> Poll<io::Result<Vec<u8>>> {
    let mut bytes = vec![0; size];
    let mut buf = ReadBuf::new(&mut bytes);
    let poll = Pin::new(stream).poll_read(&mut Context::from_waker(waker), &mut buf);
    let filled = buf.filled().to_vec();
    poll.map_ok(|()| filled)
}

fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    waker: &Waker,
    bytes: &[u8],
) -> Poll<io::Result<usize>> {
    Pin::new(stream).poll_write(&mut Context::from_waker(waker), bytes)
}

fn pending<T>(poll: &Poll<T>) -> bool {
    poll.is_pending()
}

#[derive(Debug, Clone)]
enum Act {
    Read(usize),
    Write(Vec<u8>),
    WriteVectored(Vec<u8>, Vec<u8>),
    Shutdown,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..12);
    let act = prop_oneof![
        8 => (0_usize..12).prop_map(Act::Read),
        5 => bytes().prop_map(Act::Write),
        3 => (bytes(), bytes()).prop_map(|(one, two)| Act::WriteVectored(one, two)),
        1 => Just(Act::Shutdown),
    ];
    prop::collection::vec(act, 0..60)
}

proptest! {
    /// One thread acts at both ends; each result and each wake is what a plain queue says.
    #[test]
    fn a_pipe_is_a_queue_with_an_end(acts in acts(), capacity in 1_usize..16) {
        let (mut writer, mut reader) = duplex(capacity);
        let (reader_wakes, reader_waker) = Count::waker();
        let (writer_wakes, writer_waker) = Count::waker();
        let mut model: VecDeque<u8> = VecDeque::new();
        let (mut closed, mut reader_waits, mut writer_waits) = (false, false, false);
        let (mut wakes_of_reader, mut wakes_of_writer) = (0, 0);
        for act in acts {
            match act {
                Act::Read(size) => {
                    let outcome = read(&mut reader, &reader_waker, size);
                    if size > 0 && model.is_empty() && !closed {
                        prop_assert!(pending(&outcome));
                        reader_waits = true;
                        continue;
                    }
                    let count = size.min(model.len());
                    let expected: Vec<u8> = model.drain(..count).collect();
                    prop_assert!(matches!(outcome, Poll::Ready(Ok(found)) if found == expected));
                    wakes_of_writer += usize::from(count > 0 && std::mem::take(&mut writer_waits));
                }
                Act::Write(_) | Act::WriteVectored(..) => {
                    let (outcome, all) = match act {
                        Act::Write(bytes) => (write(&mut writer, &writer_waker, &bytes), bytes),
                        Act::WriteVectored(one, two) => {
                            let slices = [IoSlice::new(&one), IoSlice::new(&two)];
                            let mut cx = Context::from_waker(&writer_waker);
                            let poll = Pin::new(&mut writer).poll_write_vectored(&mut cx, &slices);
                            (poll, [one, two].concat())
                        }
                        _ => unreachable!("matched above"),
                    };
                    if closed {
                        let broken = io::ErrorKind::BrokenPipe;
                        prop_assert!(
                            matches!(outcome, Poll::Ready(Err(error)) if error.kind() == broken)
                        );
                        continue;
                    }
                    let count = all.len().min(capacity - model.len());
                    if count == 0 && !all.is_empty() {
                        prop_assert!(pending(&outcome));
                        writer_waits = true;
                        continue;
                    }
                    prop_assert!(matches!(outcome, Poll::Ready(Ok(found)) if found == count));
                    model.extend(&all[..count]);
                    wakes_of_reader += usize::from(count > 0 && std::mem::take(&mut reader_waits));
                }
                Act::Shutdown => {
                    let mut cx = Context::from_waker(&writer_waker);
                    prop_assert!(Pin::new(&mut writer).poll_shutdown(&mut cx).is_ready());
                    closed = true;
                    wakes_of_reader += usize::from(std::mem::take(&mut reader_waits));
                }
            }
            prop_assert_eq!(reader_wakes.get(), wakes_of_reader);
            prop_assert_eq!(writer_wakes.get(), wakes_of_writer);
        }
    }
}

#[test]
fn an_end_that_goes_wakes_both_waiters_once_and_lets_the_rest_be_read() {
    let (mut near, mut far) = duplex(2);
    let (reading, reading_waker) = Count::waker();
    let (writing, writing_waker) = Count::waker();
    assert!(pending(&read(&mut near, &reading_waker, 1)));
    assert!(matches!(
        write(&mut near, &writing_waker, b"abc"),
        Poll::Ready(Ok(2))
    ));
    assert!(pending(&write(&mut near, &writing_waker, b"c")));
    assert!(matches!(
        write(&mut far, Waker::noop(), b"z"),
        Poll::Ready(Ok(1))
    ));
    assert_eq!((reading.get(), writing.get()), (1, 0));
    drop(far);
    assert_eq!((reading.get(), writing.get()), (1, 1));
    assert!(matches!(read(&mut near, &reading_waker, 9), Poll::Ready(Ok(bytes)) if bytes == b"z"));
    assert!(
        matches!(read(&mut near, &reading_waker, 9), Poll::Ready(Ok(bytes)) if bytes.is_empty())
    );
    let outcome = write(&mut near, &writing_waker, b"c");
    assert!(
        matches!(outcome, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe)
    );
}

#[test]
fn fault_012_a_waker_is_kept_while_it_is_the_same_and_exchanged_when_it_is_not() {
    let (mut near, mut far) = duplex(2);
    let (first, first_waker) = Count::waker();
    let (second, second_waker) = Count::waker();
    assert!(pending(&read(&mut near, &first_waker, 1)));
    assert!(pending(&read(&mut near, &first_waker, 1)));
    assert_eq!(Arc::strong_count(&first), 3, "one clone for two polls");
    assert!(pending(&read(&mut near, &second_waker, 1)));
    assert_eq!(Arc::strong_count(&first), 2, "the displaced one is dropped");
    assert!(write(&mut far, Waker::noop(), b"x").is_ready());
    assert_eq!((first.get(), second.get()), (0, 1));
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker's own");
    }
}

#[test]
fn fault_011_a_panicking_waker_does_not_keep_the_other_direction_asleep() {
    let (mut near, mut far) = duplex(1);
    assert!(pending(&read(&mut near, &Waker::from(Arc::new(Panics)), 1)));
    let (writing, writing_waker) = Count::waker();
    assert!(write(&mut near, Waker::noop(), b"x").is_ready());
    assert!(pending(&write(&mut near, &writing_waker, b"y")));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(far))).is_err());
    assert_eq!(writing.get(), 1);
    far = duplex(1).0;
    drop(far);
}

#[test]
fn fault_010_a_waker_that_drops_the_other_end_does_so_outside_the_lock() {
    struct DropsWhenWoken(std::sync::Mutex<Option<DuplexStream>>);

    impl Wake for DropsWhenWoken {
        fn wake(self: Arc<Self>) {
            drop(self.0.lock().unwrap().take());
        }
    }

    let (mut near, far) = duplex(1);
    let (mut third, mut fourth) = duplex(1);
    let drops = Arc::new(DropsWhenWoken(std::sync::Mutex::new(Some(far))));
    assert!(pending(&read(
        &mut third,
        &Waker::from(Arc::clone(&drops)),
        1
    )));
    assert!(write(&mut fourth, Waker::noop(), b"x").is_ready());
    assert!(
        matches!(read(&mut near, Waker::noop(), 1), Poll::Ready(Ok(bytes)) if bytes.is_empty())
    );
}

#[test]
#[should_panic = "greater than 0"]
fn a_stream_without_room_is_refused() {
    SimplexStream::new_unsplit(0);
}
