//! A future in `block_on` that is always ready starves nothing that it polls itself.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::task::yield_now;
use runtime::time::sleep;

use crate::multi_thread;
use crate::support::Watchdog;

/// Polls `waits` at each turn of a loop that only gives way.
async fn beside_a_busy_loop<F: Future>(waits: F) -> F::Output {
    let mut waits = pin!(waits);
    let begun = Instant::now();
    loop {
        let polled = poll_fn(|cx| Poll::Ready(waits.as_mut().poll(cx))).await;
        if let Poll::Ready(output) = polled {
            return output;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody came by");
        yield_now().await;
    }
}

/// Without a task no other thread is there that could look.
#[test]
fn fault_019_a_future_in_block_on_that_is_always_ready_leaves_a_timer_and_a_socket_in_time() {
    let _watchdog = Watchdog::new();
    for workers in [1, 2, 8] {
        let runtime = multi_thread(workers);
        runtime.block_on(async { beside_a_busy_loop(sleep(Duration::from_millis(5))).await });
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
            let address = listener.local_addr().expect("an address");
            let accept = listener.accept();
            // It waits before anybody comes.
            let mut accept = pin!(accept);
            poll_fn(|cx| {
                assert!(accept.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            let client = std::net::TcpStream::connect(address).expect("a listener");
            let (mut server, _) = beside_a_busy_loop(accept).await.expect("a client");
            client.set_nonblocking(true).expect("a socket");
            let mut client = TcpStream::from_std(client).expect("a socket");
            let echoes = async {
                server.write_all(b"a").await.expect("a client");
                client.read_u8().await.expect("a server")
            };
            assert_eq!(beside_a_busy_loop(echoes).await, b'a');
        });
    }
}
