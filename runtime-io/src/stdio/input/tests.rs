//! The one thread against many who read.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};
use std::task::{Context, Poll, Waker};

use super::Input;
use crate::io::ReadBuf;

/// What the thread of a test reads, message by message; a closed channel is the end.
struct Script {
    sender: Mutex<Option<Sender<io::Result<Vec<u8>>>>>,
    receiver: Mutex<Option<Receiver<io::Result<Vec<u8>>>>>,
    asked: Mutex<Vec<usize>>,
}

impl Script {
    const fn new() -> Script {
        Script {
            sender: Mutex::new(None),
            receiver: Mutex::new(None),
            asked: Mutex::new(Vec::new()),
        }
    }

    fn open(&self) {
        let (sender, receiver) = channel();
        *self.sender.lock().unwrap() = Some(sender);
        *self.receiver.lock().unwrap() = Some(receiver);
    }

    fn send(&self, message: io::Result<&[u8]>) {
        let message = message.map(<[u8]>::to_vec);
        self.sender
            .lock()
            .unwrap()
            .as_ref()
            .unwrap()
            .send(message)
            .unwrap();
    }

    fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        self.asked.lock().unwrap().push(bytes.len());
        let message = self.receiver.lock().unwrap().as_ref().unwrap().recv();
        let message = message.unwrap_or(Ok(Vec::new()))?;
        bytes[..message.len()].copy_from_slice(&message);
        Ok(message.len())
    }
}

/// An input and a script of one test's own: the thread lives as long as the process.
macro_rules! input {
    () => {{
        static INPUT: LazyLock<Input> = LazyLock::new(Input::new);
        static SCRIPT: Script = Script::new();
        SCRIPT.open();
        fn read(bytes: &mut [u8]) -> io::Result<usize> {
            SCRIPT.read(bytes)
        }
        (&*INPUT, &SCRIPT, read as fn(&mut [u8]) -> io::Result<usize>)
    }};
}

type Read = fn(&mut [u8]) -> io::Result<usize>;

async fn get(input: &'static Input, read: Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    let mut buf = ReadBuf::new(&mut bytes);
    let handle = input.handle();
    std::future::poll_fn(|cx| input.poll_read(handle, cx, &mut buf, read)).await?;
    input.leave(handle);
    let count = buf.filled().len();
    bytes.truncate(count);
    Ok(bytes)
}

fn block<T>(future: impl Future<Output = T>) -> T {
    futures::executor::block_on(future)
}

#[test]
fn a_cancelled_read_loses_nothing() {
    let (input, script, read) = input!();
    let mut bytes = [0; 8];
    let mut buf = ReadBuf::new(&mut bytes);
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(input.poll_read(0, cx, &mut buf, read).is_pending());
    script.send(Ok(b"abcdef"));
    assert_eq!(block(get(input, read, 4)).unwrap(), b"abcd");
    assert_eq!(block(get(input, read, 4)).unwrap(), b"ef");
    assert_eq!(*script.asked.lock().unwrap(), [8], "one read was enough");
}

#[test]
fn nothing_is_read_that_nobody_asked_for() {
    let (input, script, read) = input!();
    script.send(Ok(b"a"));
    script.send(Ok(b"b"));
    assert_eq!(block(get(input, read, 4)).unwrap(), b"a");
    assert!(block(get(input, read, 0)).unwrap().is_empty());
    assert_eq!(script.asked.lock().unwrap().len(), 1);
    assert_eq!(block(get(input, read, 4)).unwrap(), b"b");
    assert_eq!(script.asked.lock().unwrap().len(), 2);
}

#[test]
fn an_error_and_the_end_are_said_once_and_asked_for_again() {
    let (input, script, read) = input!();
    script.send(Err(io::ErrorKind::PermissionDenied.into()));
    script.send(Err(io::ErrorKind::Interrupted.into()));
    script.send(Ok(b""));
    script.send(Ok(b"more"));
    let error = block(get(input, read, 4)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert!(block(get(input, read, 4)).unwrap().is_empty());
    assert_eq!(block(get(input, read, 4)).unwrap(), b"more");
}

#[test]
fn two_who_wait_both_come_to_their_end() {
    let (input, script, read) = input!();
    let first = std::thread::spawn(move || block(get(input, read, 1)).unwrap());
    let second = std::thread::spawn(move || block(get(input, read, 1)).unwrap());
    script.send(Ok(b"a"));
    script.send(Ok(b"b"));
    let mut both = [first.join().unwrap(), second.join().unwrap()].concat();
    both.sort();
    assert_eq!(both, b"ab");
}

#[test]
fn a_task_that_polls_often_leaves_one_waker() {
    let (input, _script, read) = input!();
    let mut bytes = [0; 8];
    let cx = &mut Context::from_waker(Waker::noop());
    for _ in 0..100 {
        let mut buf = ReadBuf::new(&mut bytes);
        assert!(matches!(
            input.poll_read(0, cx, &mut buf, read),
            Poll::Pending
        ));
    }
    assert_eq!(input.state.lock().wakers.len(), 1);
    input.leave(0);
    assert_eq!(input.state.lock().wakers.len(), 0);
}
