//! Who reads standard input: one thread, for all handles of the process.
//!
//! **States**, behind one lock: *quiet*; *asked* for some bytes; *reading*; and beside it what was
//! read and not taken yet: bytes, or the outcome of a read that gave none (the end, an error).
//!
//! **Steps.** Who reads, under the lock: (1) bytes or an outcome: take them; (2) quiet: ask, leave a
//! waker, and after the lock start the thread or tell it; (3) else leave a waker. The thread, under
//! the lock: (a) asked: reading; else wait to be told; (b) read, without the lock; (c) under the
//! lock: store what came, quiet, take all wakers; wake them after it.
//!
//! **Invariants.** I1: it reads only what somebody asked for: what a child process or other code of
//! the process is to read stays there. I2: what was read is taken once, by whichever handle comes
//! next: a cancelled read loses nothing, also if its handle is dropped. I3: wakers are left under
//! the lock under which (c) takes them, and only while nothing is there to be taken: no wake-up is
//! lost (models: `loom_input_…`). All are woken; the last that finds nothing asks again. I4: a handle
//! leaves one waker at most, and takes it along when it is dropped: the list is as long as there are
//! handles.
//!
//! *Rejected*: the blocking pool (the end of a runtime would wait for Enter); a thread a handle (two
//! would read at once); readiness (standard input may be a file, which has none, and making it
//! non-blocking would change it for all processes that share it).

use std::io::{self, Read};
use std::mem;
use std::task::{Context, Poll, Waker};
use std::thread;

use runtime_core::loom::{Condvar, Mutex};
use runtime_core::util::wake_list::WakeList;

use crate::io::ReadBuf;

/// As much as one read asks for.
const READ_MAX: usize = 64 * 1024;

#[derive(Debug)]
enum Thread {
    Quiet,
    Asked(usize),
    Reading,
}

#[derive(Debug)]
struct State {
    thread: Thread,
    started: bool,
    bytes: Vec<u8>,
    /// How many of `bytes` are taken.
    taken: usize,
    /// What a read said that gave no bytes: the end, or an error.
    outcome: Option<io::Result<()>>,
    /// One a handle at most (I4).
    wakers: Vec<(u64, Waker)>,
    handles: u64,
}

/// See the header.
#[derive(Debug)]
pub(super) struct Input {
    state: Mutex<State>,
    told: Condvar,
}

impl Input {
    pub(super) fn new() -> Input {
        Input {
            state: Mutex::new(State {
                thread: Thread::Quiet,
                started: false,
                bytes: Vec::new(),
                taken: 0,
                outcome: None,
                wakers: Vec::new(),
                handles: 0,
            }),
            told: Condvar::new(),
        }
    }

    /// A number for a new handle.
    pub(super) fn handle(&self) -> u64 {
        let mut state = self.state.lock();
        state.handles += 1;
        state.handles
    }

    /// A handle goes, and its waker with it.
    pub(super) fn leave(&self, handle: u64) {
        let old = {
            let mut state = self.state.lock();
            let at = state.wakers.iter().position(|(of, _)| *of == handle);
            at.map(|at| state.wakers.swap_remove(at))
        };
        drop(old);
    }

    /// Steps 1 to 3, with `read` for the thread to read with.
    pub(super) fn poll_read(
        &'static self,
        handle: u64,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        read: fn(&mut [u8]) -> io::Result<usize>,
    ) -> Poll<io::Result<()>> {
        self.poll_read_with(handle, cx, buf, || {
            let thread = thread::Builder::new().name("runtime-stdin".to_owned());
            // Nobody joins it.
            thread.spawn(move || self.live(read)).map(drop)
        })
    }

    /// The same, with what starts the thread.
    fn poll_read_with(
        &self,
        handle: u64,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        start_thread: impl FnOnce() -> io::Result<()>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let waker = cx.waker().clone();
        let mut state = self.state.lock();
        if let Some(taken) = state.take(buf) {
            return Poll::Ready(taken);
        }
        let old = state.leave_waker(handle, waker);
        let asks = matches!(state.thread, Thread::Quiet);
        let start = asks && !state.started;
        if asks {
            state.thread = Thread::Asked(buf.remaining().min(READ_MAX));
            state.started = true;
        }
        drop(state);
        drop(old);
        if !asks {
            return Poll::Pending;
        }
        if !start {
            self.told.notify_one();
            return Poll::Pending;
        }
        match start_thread() {
            Ok(()) => Poll::Pending,
            Err(error) => {
                self.refused();
                Poll::Ready(Err(error))
            }
        }
    }

    /// The thread could not be started: the next to read tries again.
    fn refused(&self) {
        let wakers = {
            let mut state = self.state.lock();
            state.thread = Thread::Quiet;
            state.started = false;
            mem::take(&mut state.wakers)
        };
        wake_all(wakers);
    }

    /// The thread's life, as long as the process.
    fn live(&self, read: fn(&mut [u8]) -> io::Result<usize>) {
        loop {
            self.turn(read);
        }
    }

    /// Steps a to c.
    fn turn(&self, read: fn(&mut [u8]) -> io::Result<usize>) {
        let (count, mut bytes) = {
            let mut state = self.state.lock();
            loop {
                if let Thread::Asked(count) = state.thread {
                    state.thread = Thread::Reading;
                    break (count, mem::take(&mut state.bytes));
                }
                state = self.told.wait(state);
            }
        };
        bytes.resize(count, 0);
        let outcome = read_once(read, &mut bytes);
        let wakers = {
            let mut state = self.state.lock();
            bytes.truncate(*outcome.as_ref().unwrap_or(&0));
            state.outcome = match outcome {
                Ok(1..) => None,
                Ok(0) => Some(Ok(())),
                Err(error) => Some(Err(error)),
            };
            (state.bytes, state.taken) = (bytes, 0);
            state.thread = Thread::Quiet;
            mem::take(&mut state.wakers)
        };
        wake_all(wakers);
    }
}

impl State {
    /// Gives the handle's waker of before.
    fn leave_waker(&mut self, handle: u64, waker: Waker) -> Option<Waker> {
        for (of, old) in &mut self.wakers {
            if *of == handle {
                return Some(mem::replace(old, waker));
            }
        }
        self.wakers.push((handle, waker));
        None
    }

    fn take(&mut self, buf: &mut ReadBuf<'_>) -> Option<io::Result<()>> {
        let bytes = &self.bytes[self.taken..];
        if bytes.is_empty() {
            return self.outcome.take();
        }
        let count = bytes.len().min(buf.remaining());
        buf.put_slice(&bytes[..count]);
        self.taken += count;
        if self.taken == self.bytes.len() {
            self.bytes.clear();
            self.taken = 0;
        }
        Some(Ok(()))
    }
}

fn read_once(read: fn(&mut [u8]) -> io::Result<usize>, bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        match read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

fn wake_all(wakers: Vec<(u64, Waker)>) {
    let mut list = WakeList::new();
    for (_, waker) in wakers {
        if !list.can_push() {
            // A panic has been reported by its hook; the thread lives on.
            let _ = list.wake_all_caught();
        }
        list.push(waker);
    }
    let _ = list.wake_all_caught();
}

/// Standard input itself, through the standard library's buffer: code that reads there too misses
/// nothing.
pub(super) fn read_stdin(bytes: &mut [u8]) -> io::Result<usize> {
    io::stdin().read(bytes)
}

#[cfg(all(test, loom))]
mod loom_tests;

#[cfg(all(test, not(loom)))]
mod tests;
