//! Unix sockets: names that do not fit, descriptors sent uninvited, peers that are gone, halves
//! dropped in any order; and everything under a storm of signals.
#![allow(unsafe_code, reason = "sends a descriptor, and signals to threads")]

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::unix::AsyncFd;
use runtime::io::{AsyncReadExt, AsyncWriteExt, Interest};
use runtime::net::unix::pipe;
use runtime::net::{UdpSocket, UnixDatagram, UnixListener, UnixSocket, UnixStream};
use runtime::process::Command;
use runtime::time::timeout;
use socket2::SockRef;

use crate::everything::{everything, scratch};
use crate::runtimes;
use crate::support::{Watchdog, descriptors, in_own_process, refusal};

/// What a path of a Unix socket holds at most, with the zero at its end.
const PATH_MAX: usize = 108;

fn path_of(length: usize) -> PathBuf {
    let start = scratch("long").to_str().expect("text").to_owned();
    PathBuf::from(format!("{start:x<length$}"))
}

#[test]
fn fault_061_a_path_that_does_not_fit_is_an_error_and_leaves_nothing() {
    const NAME: &str = "sockets::fault_061_a_path_that_does_not_fit_is_an_error_and_leaves_nothing";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            runtime.block_on(async {
                assert_eq!(everything(&[]).await.len(), 0);
                let open = descriptors();
                let fits = path_of(PATH_MAX - 1);
                let listener = UnixListener::bind(&fits).expect("it fits");
                let stream = UnixStream::connect(&fits).await.expect("connected");
                let name = stream.peer_addr().expect("its address");
                assert_eq!(name.as_pathname(), Some(&*fits));
                drop((listener, stream));
                std::fs::remove_file(&fits).expect("removed");
                for length in [PATH_MAX, PATH_MAX + 1, 4096] {
                    let long = path_of(length);
                    let sender = UnixDatagram::unbound().expect("a socket");
                    let refused = [
                        UnixListener::bind(&long).map(drop),
                        UnixDatagram::bind(&long).map(drop),
                        UnixStream::connect(&long).await.map(drop),
                        sender.connect(&long),
                        sender.send_to(b"note", &long).await.map(drop),
                    ];
                    for outcome in refused {
                        let error = outcome.expect_err("too long");
                        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{length}");
                    }
                    assert!(!long.exists());
                }
                assert_eq!(descriptors(), open);
            });
        }
    });
}

#[test]
fn fault_061_a_path_with_a_zero_byte_is_no_shorter_one() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let path = scratch("before");
            let receiver = UnixDatagram::bind(&path).expect("bound");
            let longer = PathBuf::from(format!("{}\0behind", path.display()));
            let sender = UnixDatagram::unbound().expect("a socket");
            let mut cx = Context::from_waker(Waker::noop());
            let polled = match sender.poll_send_to(&mut cx, b"note", &longer) {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => panic!("refused at once"),
            };
            let refused = [
                UnixDatagram::bind(&longer).map(drop),
                UnixListener::bind(&longer).map(drop),
                UnixStream::connect(&longer).await.map(drop),
                sender.connect(&longer),
                sender.send_to(b"note", &longer).await.map(drop),
                sender.try_send_to(b"note", &longer).map(drop),
                polled.map(drop),
                UnixSocket::new_stream().and_then(|socket| socket.bind(&longer)),
                UnixSocket::new_stream()
                    .expect("a socket")
                    .connect(&longer)
                    .await
                    .map(drop),
            ];
            for outcome in refused {
                let error = outcome.expect_err("there is no such path");
                assert_eq!(error.kind(), ErrorKind::InvalidInput);
            }
            let nothing = receiver
                .try_recv(&mut [0; 8])
                .expect_err("nothing was sent");
            assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
            std::fs::remove_file(&path).expect("removed");
        });
    }
}

/// Polls `wait` as a task may: it comes back, and it waits.
async fn waits<T>(wait: impl Future<Output = T>) {
    let ended = runtime::time::timeout(Duration::from_millis(50), wait).await;
    assert!(ended.is_err(), "nothing has come yet");
}

#[test]
fn fault_048_a_pipe_that_is_opened_again_is_waited_for() {
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        runtime.block_on(async {
            let (mut sender, mut receiver) = pipe::pipe().expect("a pipe");
            let (full, mut byte) = (vec![0; 1 << 20], [0]);
            let of = |end: &dyn AsRawFd| format!("/proc/self/fd/{}", end.as_raw_fd());
            let (to_read, to_write) = (of(&receiver), of(&receiver));
            waits(receiver.read(&mut byte)).await;
            drop(sender);
            assert_eq!(receiver.read(&mut byte).await.expect("the end"), 0);
            let writer = File::options().write(true).open(to_write).expect("opened");
            waits(receiver.read(&mut byte)).await;
            waits(receiver.readable()).await;
            (&writer).write_all(b"n").expect("room");
            assert_eq!(receiver.read(&mut byte).await.expect("a byte"), 1);
            waits(receiver.read(&mut byte)).await;
            drop(writer);
            assert_eq!(receiver.read(&mut byte).await.expect("the end"), 0);

            // The other end: who writes meets nobody, then somebody who does not read.
            let again = File::options().write(true).open(&to_read).expect("opened");
            sender = pipe::Sender::from_file(again).expect("an end that writes");
            let name = of(&sender);
            waits(sender.write_all(&full)).await;
            drop(receiver);
            let error = sender.write_all(&full).await.expect_err("nobody reads");
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
            let mut reader = File::options().read(true).open(name).expect("opened");
            waits(sender.write_all(&full)).await;
            waits(sender.writable()).await;
            let reading = thread::spawn(move || {
                let mut buf = vec![0; 1 << 16];
                reader.read_exact(&mut buf).map(|()| reader)
            });
            sender.write_all(b"n").await.expect("there is room");
            drop(reading.join().expect("read"));
        });
    }
}

/// A reader that finds nothing takes no news of urgent data along.
#[test]
fn fault_048_an_urgent_byte_is_still_told_when_a_reader_has_looked_in_vain() {
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        runtime.block_on(async {
            let (near, far) = told_of_urgent_data();
            let sent = SockRef::from(&far).send_out_of_band(b"!");
            assert_eq!(sent.expect("sent"), 1);
            // The system counts it as something to read.
            let mut guard = near.readable().await.expect("it lives");
            let read = guard.try_io(|near| {
                let mut stream = near.get_ref();
                stream.read(&mut [0; 8])
            });
            assert!(read.is_err(), "nothing stands in the stream");
            drop(guard);
            let ready = timeout(Duration::from_secs(10), near.ready(Interest::PRIORITY));
            let guard = ready.await.expect("it is told").expect("it lives");
            assert!(guard.ready().is_priority());
        });
    }
}

/// A connection whose first end hears of urgent data as well.
fn told_of_urgent_data() -> (AsyncFd<std::net::TcpStream>, std::net::TcpStream) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("bound");
    let far = std::net::TcpStream::connect(at).expect("connected");
    let (near, _) = listener.accept().expect("accepted");
    near.set_nonblocking(true).expect("set");
    let both = Interest::READABLE | Interest::PRIORITY;
    // SAFETY: the stream owns its descriptor, and `near` the stream.
    let near = unsafe { AsyncFd::register_with_interest(near, both) };
    (near.expect("registered"), far)
}

/// Nothing but an urgent byte: who waits for priority data learns of it, and when it is taken nobody
/// spins; the end behind it is learnt by who reads.
#[test]
fn fault_048_an_urgent_byte_alone_wakes_who_waits_for_priority() {
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        runtime.block_on(async {
            let (near, far) = told_of_urgent_data();
            waits(near.ready(Interest::PRIORITY)).await;
            for byte in [b'a', b'b'] {
                let sent = SockRef::from(&far).send_out_of_band(&[byte]);
                assert_eq!(sent.expect("sent"), 1);
                let ready = timeout(Duration::from_secs(10), near.ready(Interest::PRIORITY));
                let mut guard = ready.await.expect("in time").expect("it lives");
                assert!(guard.ready().is_priority(), "{:?}", guard.ready());
                let mut taken = [MaybeUninit::new(0)];
                let count = SockRef::from(near.get_ref()).recv_out_of_band(&mut taken);
                assert_eq!(count.expect("it is there"), 1);
                // SAFETY: it was made with a value.
                assert_eq!(unsafe { taken[0].assume_init() }, byte);
                guard.clear_ready();
                drop(guard);
                waits(near.ready(Interest::PRIORITY)).await;
            }
            // Who reads is told in vain at most, and then of the end.
            drop(far);
            let mut in_vain = 0;
            loop {
                let mut end = near.readable().await.expect("it lives");
                if end.ready().is_read_closed() {
                    break;
                }
                in_vain += 1;
                assert!(in_vain < 4, "{:?}", end.ready());
                end.clear_ready();
            }
            let mut stream = near.get_ref();
            assert_eq!(stream.read(&mut [0]).expect("the end"), 0);
        });
    }
}

#[test]
fn fault_048_a_datagram_socket_that_was_shut_down_to_read_waits() {
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        runtime.block_on(async {
            let near = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
            let far = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
            near.connect(far.local_addr().expect("bound"))
                .await
                .expect("connected");
            far.connect(near.local_addr().expect("bound"))
                .await
                .expect("connected");
            let mut buf = [0; 8];
            waits(near.recv(&mut buf)).await;
            SockRef::from(&near)
                .shutdown(Shutdown::Read)
                .expect("shut down");
            waits(near.recv(&mut buf)).await;
            waits(async {
                loop {
                    near.readable().await.expect("it lives");
                    assert_eq!(
                        near.try_recv(&mut buf).expect_err("nothing came").kind(),
                        ErrorKind::WouldBlock
                    );
                }
            })
            .await;
            // Linux delivers all the same.
            far.send(b"note").await.expect("sent");
            assert_eq!(near.recv(&mut buf).await.expect("received"), 4);
        });
    }
}

/// Has the kernel end a read between two messages of a byte each, and reads both.
fn reads_behind_a_border(first: impl Fn(&StdUnixStream)) {
    for runtime in runtimes() {
        runtime.block_on(async {
            let (near, far) = StdUnixStream::pair().expect("a pair");
            near.set_nonblocking(true).expect("set");
            let mut near = UnixStream::from_std(near).expect("a stream");
            let mut buf = [0; 8];
            waits(near.read(&mut buf)).await;
            // Both are there before the reader's turn comes: this thread has it.
            let mut read = Box::pin(near.read(&mut buf));
            assert!(futures::poll!(&mut read).is_pending());
            first(&far);
            (&far).write_all(b"x").expect("sent");
            let mut count = read.await.expect("read");
            while count < 2 {
                count += near.read(&mut buf).await.expect("what is there");
            }
            assert_eq!(count, 2);
        });
    }
}

#[test]
fn fault_049_a_message_behind_one_with_a_descriptor_is_read() {
    let _watchdog = Watchdog::new();
    reads_behind_a_border(send_a_descriptor);
}

#[test]
fn fault_049_a_message_behind_an_urgent_byte_is_read() {
    let _watchdog = Watchdog::new();
    reads_behind_a_border(|far| {
        let sender = SockRef::from(far);
        (&*far).write_all(b"n").expect("sent");
        // Not there in every kernel.
        let _ = sender.send_out_of_band(b"u");
    });
}

/// Sends a byte, and a descriptor that nobody asked for.
fn send_a_descriptor(through: &StdUnixStream) {
    let sent = through.as_raw_fd();
    let mut byte = *b"n";
    let mut bytes = libc::iovec {
        iov_base: byte.as_mut_ptr().cast(),
        iov_len: byte.len(),
    };
    let mut control = [0_u64; 8];
    // SAFETY: all zeros are a valid value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: arithmetic.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(4) } as _;
    // SAFETY: the message has room for one header.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    // SAFETY: the header lies in `control`.
    let header = unsafe { &mut *header };
    header.cmsg_level = libc::SOL_SOCKET;
    header.cmsg_type = libc::SCM_RIGHTS;
    // SAFETY: arithmetic.
    header.cmsg_len = unsafe { libc::CMSG_LEN(4) } as _;
    // SAFETY: behind the header there is room for a descriptor.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: as above.
    unsafe { data.cast::<i32>().write_unaligned(sent) };
    // SAFETY: the message and what it names live throughout the call.
    let outcome = unsafe { libc::sendmsg(through.as_raw_fd(), &raw const message, 0) };
    assert_eq!(outcome, 1, "{}", std::io::Error::last_os_error());
}

#[test]
fn fault_061_descriptors_that_a_peer_sends_are_not_taken() {
    const NAME: &str = "sockets::fault_061_descriptors_that_a_peer_sends_are_not_taken";
    in_own_process(NAME, || {
        for runtime in runtimes() {
            runtime.block_on(async {
                assert_eq!(everything(&[]).await.len(), 0);
                let (near, far) = StdUnixStream::pair().expect("a pair");
                near.set_nonblocking(true).expect("set");
                let mut near = UnixStream::from_std(near).expect("a stream");
                let open = descriptors();
                for _ in 0..50 {
                    send_a_descriptor(&far);
                    assert_eq!(near.read_u8().await.expect("read"), b'n');
                }
                assert_eq!(descriptors(), open);
            });
        }
    });
}

/// A process that listens, takes a connection and is killed.
#[test]
fn fault_061_a_peer_that_is_killed_is_the_end_of_the_stream() {
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        runtime.block_on(async {
            let (near, far) = StdUnixStream::pair().expect("a pair");
            near.set_nonblocking(true).expect("set");
            let mut near = UnixStream::from_std(near).expect("a stream");
            let mut command = Command::new("cat");
            let far: std::os::fd::OwnedFd = far.into();
            command.stdin(Stdio::from(far)).stdout(Stdio::piped());
            let mut child = command.spawn().expect("a child");
            // It has its copy of the other end; ours goes with the command.
            drop(command);
            near.write_all(b"up\n").await.expect("written");
            let mut stdout = child.stdout.take().expect("a pipe");
            stdout.read_exact(&mut [0; 3]).await.expect("it lives");
            let reading = async { near.read(&mut [0; 8]).await };
            let (read, killed) = futures::join!(reading, child.kill());
            killed.expect("killed");
            match read {
                Ok(count) => assert_eq!(count, 0),
                Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            }
            let error = refusal(near).await;
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        });
    }
}

/// More than the socket holds, so that the writer waits while halves are dropped.
const MUCH: usize = 1 << 20;

#[test]
fn fault_062_halves_of_unix_streams_go_in_any_order_and_lose_nothing() {
    let _watchdog = Watchdog::new();
    for runtime in runtimes() {
        for reader_goes_first in [true, false] {
            runtime.block_on(async {
                let (near, far) = UnixStream::pair().expect("a pair");
                let (near_read, mut near_write) = near.into_split();
                let (mut far_read, mut far_write) = far.into_split();
                let mut reader = Some(near_read);
                if reader_goes_first {
                    drop(reader.take());
                }
                let writing = runtime::spawn(async move {
                    near_write.write_all(&vec![7; MUCH]).await.expect("written");
                    near_write
                });
                let mut received = vec![0; MUCH];
                far_read.read_exact(&mut received).await.expect("all of it");
                let near_write = writing.await.expect("it ends");
                drop(near_write);
                // The half that writes says that no more comes.
                assert_eq!(far_read.read(&mut received).await.expect("the end"), 0);
                drop(far_read);
                match reader {
                    Some(mut reader) => {
                        far_write.write_all(b"still").await.expect("written");
                        reader.read_exact(&mut [0; 5]).await.expect("read");
                    }
                    None => {
                        let error = refusal(far_write).await;
                        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
                    }
                }
            });
        }
    }
}

static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: libc::c_int) {
    // Relaxed: for people to read.
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// Interrupts every system call of every thread but its own, until it is told to stop.
fn storm(stop: &AtomicBool) {
    // SAFETY: no pointers.
    let own = unsafe { libc::syscall(libc::SYS_gettid) };
    let process = std::process::id();
    // Relaxed: a request.
    while !stop.load(Ordering::Relaxed) {
        let threads = std::fs::read_dir("/proc/self/task").expect("/proc/self/task");
        for thread in threads.flatten() {
            let name = thread.file_name();
            let number: libc::c_long = name.to_str().expect("text").parse().expect("a number");
            if number != own {
                // SAFETY: no pointers; a thread that has gone is an error.
                unsafe { libc::syscall(libc::SYS_tgkill, process, number, libc::SIGWINCH) };
            }
        }
    }
}

/// A handler without `SA_RESTART`: system calls end with `EINTR`.
fn interrupt_on_signal() {
    // SAFETY: all zeros are a valid value: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler = count as extern "C" fn(libc::c_int);
    action.sa_sigaction = handler as libc::sighandler_t;
    let nowhere = std::ptr::null_mut();
    // SAFETY: the action lives throughout the call; the handler only counts.
    let outcome = unsafe { libc::sigaction(libc::SIGWINCH, &raw const action, nowhere) };
    assert_eq!(outcome, 0);
}

#[test]
fn fault_046_a_storm_of_signals_changes_nothing_and_wakes_nobody_for_good() {
    const NAME: &str =
        "sockets::fault_046_a_storm_of_signals_changes_nothing_and_wakes_nobody_for_good";
    in_own_process(NAME, || {
        interrupt_on_signal();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let storming = thread::spawn(move || storm(&stopped));
        let begun = Instant::now();
        let mut rounds = 0;
        while begun.elapsed() < Duration::from_secs(2) {
            for runtime in runtimes() {
                runtime.block_on(async {
                    let failed = everything(&[]).await;
                    assert!(failed.is_empty(), "{failed:?}");
                    let due = Instant::now() + Duration::from_millis(2);
                    runtime::time::sleep(Duration::from_millis(2)).await;
                    assert!(Instant::now() >= due, "early");
                });
                rounds += 1;
            }
        }
        // Relaxed: as above.
        stop.store(true, Ordering::Relaxed);
        storming.join().expect("no panic");
        // Relaxed: the storm is over.
        let handled = HANDLED.load(Ordering::Relaxed);
        println!("{handled} signals, {rounds} rounds");
        assert!(handled > 1000 && rounds > 2);
    });
}
