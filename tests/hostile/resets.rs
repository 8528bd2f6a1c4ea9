//! A storm of connections that end in every way that TCP has.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream as Client};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::time::{sleep, timeout};
use socket2::SockRef;

use super::support::{descriptors, in_own_process_for, wait_descriptors};
use super::{limit, sized, workers};

const GREETING: &[u8] = b"welcome!";

/// Asks the server to end its own direction first.
const YOU_FIRST: u8 = b'h';

const BYTES: usize = 1000;

const MOMENT: Duration = Duration::from_millis(1);

/// What the server has seen.
#[derive(Debug, Default)]
struct Seen {
    ended: AtomicUsize,
    resets: AtomicUsize,
    bytes: AtomicUsize,
}

#[test]
fn fault_055_a_storm_of_resets_ends_each_connection_once_and_leaks_nothing() {
    const NAME: &str =
        "resets::fault_055_a_storm_of_resets_ends_each_connection_once_and_leaks_nothing";
    in_own_process_for(limit(), NAME, || {
        let runtime = workers();
        let seen = Arc::new(Seen::default());
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a listener");
        let address = listener.local_addr().expect("bound");
        // The driver's own descriptors are there when it has waited once.
        let nobody = runtime.block_on(async { timeout(MOMENT, listener.accept()).await });
        assert!(nobody.is_err());
        let before = descriptors();
        let accepts = runtime.spawn(accept(listener, Arc::clone(&seen)));

        let (rounds, begun) = (sized(1000, 100_000), Instant::now());
        let clients: Vec<_> = (0..2)
            .map(|first| thread::spawn(move || storm(address, (first..rounds).step_by(2))))
            .collect();
        let polite = clients.into_iter().map(|it| it.join().expect("no panic"));
        let polite: usize = polite.sum();
        let took = begun.elapsed();

        runtime.block_on(async {
            // A connection that was reset before it was accepted may never be seen.
            while descriptors() > before || runtime.metrics().num_alive_tasks() > 1 {
                sleep(MOMENT).await;
            }
        });
        accepts.abort();
        assert!(wait_descriptors(before), "{} of {before}", descriptors());
        // Relaxed: all tasks have ended.
        let [ended, resets, bytes] =
            [&seen.ended, &seen.resets, &seen.bytes].map(|count| count.load(Ordering::Relaxed));
        let rate = rounds as f64 / took.as_secs_f64();
        println!("{rounds} connections, {rate:.0} a second: {resets} resets, {polite} polite");
        assert!(resets > 0 && ended <= rounds && ended >= polite);
        assert!(bytes >= polite * BYTES, "data before an end is readable");
    });
}

async fn accept(listener: TcpListener, seen: Arc<Seen>) {
    loop {
        let (stream, _) = listener.accept().await.expect("resets are no reason");
        let seen = Arc::clone(&seen);
        runtime::spawn(async move {
            if let Err(error) = serve(stream, &seen).await {
                use ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
                let kinds = [BrokenPipe, ConnectionReset, NotConnected];
                assert!(kinds.contains(&error.kind()), "{error}");
                // Relaxed: a count, read when all have ended.
                seen.resets.fetch_add(1, Ordering::Relaxed);
            }
            // Relaxed: as above.
            seen.ended.fetch_add(1, Ordering::Relaxed);
        });
    }
}

async fn serve(mut stream: TcpStream, seen: &Seen) -> Result<(), Error> {
    let mut error = stream.write_all(GREETING).await.err();
    let mut buffer = [0; 256];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => break,
            Ok(count) => {
                // Relaxed: a count, read when all have ended.
                seen.bytes.fetch_add(count, Ordering::Relaxed);
                if buffer[..count].contains(&YOU_FIRST) {
                    stream.shutdown().await?;
                }
            }
            // Once; what follows is the end.
            Err(next) => assert!(error.replace(next).is_none(), "a second error"),
        }
    }
    match error {
        Some(error) => Err(error),
        None => stream.shutdown().await,
    }
}

/// Gives how many connections ended politely.
fn storm(address: SocketAddr, numbers: impl Iterator<Item = usize>) -> usize {
    let mut polite = 0;
    for number in numbers {
        let mut client = Client::connect(address).expect("the listener lives");
        let resets_at_end = |client: &Client| {
            let linger = SockRef::from(client).set_linger(Some(Duration::ZERO));
            linger.expect("the option");
        };
        match number % 16 {
            // Perhaps before it is accepted.
            0..=4 => resets_at_end(&client),
            // What lies unread makes a reset of an end.
            5..=9 => drop(client.peek(&mut [0]).expect("the greeting comes")),
            10..=13 => {
                client.write_all(&[b'.'; BYTES]).expect("sent");
                resets_at_end(&client);
            }
            14 => {
                client.write_all(&[b'.'; BYTES]).expect("sent");
                client.shutdown(Shutdown::Write).expect("half closed");
                assert_eq!(rest(&mut client), GREETING);
                polite += 1;
            }
            _ => {
                client.write_all(&[YOU_FIRST]).expect("sent");
                assert_eq!(rest(&mut client), GREETING);
                client
                    .write_all(&[b'.'; BYTES])
                    .expect("the other way lives");
                polite += 1;
            }
        }
    }
    polite
}

fn rest(client: &mut Client) -> Vec<u8> {
    let mut all = Vec::new();
    client.read_to_end(&mut all).expect("an end, no reset");
    all
}
