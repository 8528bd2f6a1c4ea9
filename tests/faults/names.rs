//! Names and addresses that do not answer.
#![allow(
    unsafe_code,
    reason = "puts files of its own in the place of the system's"
)]

use std::ffi::CString;
use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener as StdTcpListener, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use runtime::net::{TcpListener, TcpStream, lookup_host};
use runtime::runtime::Builder;
use runtime::time::timeout;
use socket2::{Domain, SockAddr, Socket, Type};

use crate::everything::{everything, scratch};
use crate::runtimes;
use crate::support::{Watchdog, descriptors, in_own_process};

/// The resolver asks it, and gives up after five seconds and one more try.
const NAME_SERVER: &str = "127.11.22.33:53";

/// No resolver that hangs lets go sooner.
const FAR_LESS_THAN_A_LOOKUP: Duration = Duration::from_secs(3);

/// Puts a file with this text in the place of one of the system's, for this thread and those that it
/// starts. `false` without the right to.
fn replace(file: &Path, text: &str) -> bool {
    let ours = scratch("replacement");
    fs::write(&ours, text).expect("written");
    let [from, to] = [ours.as_path(), file]
        .map(|path| CString::new(path.to_str().expect("text")).expect("no zero"));
    let none = std::ptr::null();
    // SAFETY: no pointers.
    if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
        return false;
    }
    let private = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: the names end with zeros; the others are none.
    let outcome = unsafe { libc::mount(none, c"/".as_ptr(), none, private, none.cast()) };
    assert_eq!(outcome, 0);
    // SAFETY: as above.
    let outcome =
        unsafe { libc::mount(from.as_ptr(), to.as_ptr(), none, libc::MS_BIND, none.cast()) };
    fs::remove_file(&ours).expect("removed");
    outcome == 0
}

/// A name server that hears questions and is silent. `None` without the right to be one.
fn silent_name_server() -> Option<UdpSocket> {
    let server = UdpSocket::bind(NAME_SERVER).ok()?;
    server
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("set");
    let address = NAME_SERVER.split(':').next().expect("an address");
    let text = format!("nameserver {address}\n");
    replace(Path::new("/etc/resolv.conf"), &text).then_some(server)
}

#[test]
fn fault_063_a_name_server_that_is_silent_holds_up_no_end_and_nobody_else() {
    const NAME: &str =
        "names::fault_063_a_name_server_that_is_silent_holds_up_no_end_and_nobody_else";
    let begun = Instant::now();
    in_own_process(NAME, || {
        let Some(server) = silent_name_server() else {
            return println!("{NAME}: not without the right to mount");
        };
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).max_blocking_threads(1).build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async {
            for number in 0..100 {
                drop(runtime::spawn(async move {
                    lookup_host(format!("host-{number}.test:80"))
                        .await
                        .map(drop)
                }));
            }
            let short = Duration::from_millis(50);
            let asked = timeout(short, TcpStream::connect("host.test:80")).await;
            assert!(asked.is_err(), "it hangs");
            let mut question = [0; 512];
            assert!(server.recv(&mut question).expect("a question") > 0);
            // Neither blocking closures nor numeric addresses wait behind it.
            assert_eq!(
                runtime::task::spawn_blocking(|| 7).await.expect("it ends"),
                7
            );
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            let address = listener.local_addr().expect("its address");
            TcpStream::connect(address).await.expect("connected");
        });
        let begun = Instant::now();
        drop(runtime);
        assert!(
            begun.elapsed() < FAR_LESS_THAN_A_LOOKUP,
            "{:?}",
            begun.elapsed()
        );
    });
    // Nor does the end of the process wait.
    assert!(
        begun.elapsed() < FAR_LESS_THAN_A_LOOKUP * 2,
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn fault_063_a_name_of_a_hundred_addresses_is_tried_to_the_last() {
    const ADDRESSES: usize = 100;
    const NAME: &str = "names::fault_063_a_name_of_a_hundred_addresses_is_tried_to_the_last";
    in_own_process(NAME, || {
        let lines = (1..=ADDRESSES).map(|number| format!("127.77.0.{number} many.test\n"));
        if !replace(Path::new("/etc/hosts"), &lines.collect::<String>()) {
            return println!("{NAME}: not without the right to mount");
        }
        for runtime in runtimes() {
            let open = runtime.block_on(async {
                // A runtime has all its descriptors after its first task.
                runtime::spawn(async {}).await.expect("it ends");
                let found = lookup_host("many.test:80").await.expect("found");
                let all: Vec<SocketAddr> = found.collect();
                assert_eq!(all.len(), ADDRESSES, "{all:?}");
                let last = all.last().expect("one").ip();
                let listener = TcpListener::bind((last, 0)).await.expect("a listener");
                let port = listener.local_addr().expect("its address").port();
                let open = descriptors();
                let connection = TcpStream::connect(("many.test", port)).await;
                let peer = connection.expect("connected").peer_addr();
                assert_eq!(peer.expect("its address").ip(), last);
                drop(listener);
                let error = TcpStream::connect(("many.test", port))
                    .await
                    .expect_err("gone");
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
                open
            });
            assert!(descriptors() < open, "nothing is left of the attempts");
        }
    });
}

/// A port at which attempts to connect get no answer: its queue is full, and nobody accepts.
fn black_hole() -> (Socket, Vec<Socket>, SocketAddr) {
    let any_port = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0));
    let listener = Socket::new(Domain::IPV6, Type::STREAM, None).expect("a socket");
    listener.bind(&SockAddr::from(any_port)).expect("bound");
    listener.listen(0).expect("listening");
    let address = listener.local_addr().expect("its address");
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let socket = Socket::new(Domain::IPV6, Type::STREAM, None).expect("a socket");
        socket.set_nonblocking(true).expect("set");
        // In progress, for ever once the queue is full.
        let _ = socket.connect(&address);
        waiting.push(socket);
    }
    let address = address.as_socket().expect("an address");
    (listener, waiting, address)
}

#[test]
fn fault_054_a_black_hole_in_one_family_does_not_hold_up_the_other() {
    let _watchdog = Watchdog::new();
    let (_listener, _waiting, hole) = black_hole();
    let answers = StdTcpListener::bind("127.0.0.1:0").expect("a listener");
    let answering = answers.local_addr().expect("its address");
    for runtime in runtimes() {
        runtime.block_on(async {
            let alone = timeout(Duration::from_millis(400), TcpStream::connect(hole)).await;
            assert!(alone.is_err(), "a black hole that answers");
            let begun = Instant::now();
            let connected = TcpStream::connect(&[hole, answering][..]).await;
            assert_eq!(
                connected.expect("connected").peer_addr().expect("known"),
                answering
            );
            let took = begun.elapsed();
            assert!(
                took >= Duration::from_millis(250),
                "{took:?}: the first is preferred"
            );
            // Without the race: the two minutes that the system tries one address.
            assert!(took < Duration::from_secs(20), "{took:?}");
        });
    }
}

#[test]
fn fault_054_attempts_that_are_given_up_are_closed() {
    const NAME: &str = "names::fault_054_attempts_that_are_given_up_are_closed";
    in_own_process(NAME, || {
        let (_listener, _waiting, hole) = black_hole();
        let answers = StdTcpListener::bind("127.0.0.1:0").expect("a listener");
        let answering = answers.local_addr().expect("its address");
        for runtime in runtimes() {
            runtime.block_on(async {
                // All that the runtime itself has open is there.
                assert_eq!(everything(&[]).await.len(), 0);
                let open = descriptors();
                for _ in 0..20 {
                    let attempt = TcpStream::connect(hole);
                    assert!(timeout(Duration::from_millis(1), attempt).await.is_err());
                }
                assert_eq!(descriptors(), open);
                let won = TcpStream::connect(&[hole, answering][..]).await;
                assert_eq!(descriptors(), open + 1, "the attempt that lost is closed");
                drop(won);
            });
        }
    });
}
