//! A line that loses packets; in a namespace, one that also reorders them and is thin.

use std::time::Instant;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};

use super::line::loses;
use super::{sized, watchdog, workers};

/// No more than this: a lost packet's turn doubles with each loss.
const LOST_PERCENT: [u32; 2] = [10, 30];

/// One packet each.
const PIECE_BYTES: usize = 512;

#[test]
fn fault_059_an_echo_over_a_bad_line_is_exact() {
    let _watchdog = watchdog();
    let connections: u32 = 4;
    let bytes: usize = sized(16 << 10, 32 << 10);
    let begun = Instant::now();
    workers().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("bound");
        let mut pairs = Vec::new();
        for number in 0..connections {
            let near = lossy(TcpStream::connect(address).await.expect("connected"));
            // It sends before the other end is accepted: where the last packet of the handshake is
            // lost, it is what is sent that completes it. The kernel asks for that packet five
            // times and then forgets the connection, of which a silent client never hears.
            let converses = runtime::spawn(converse(near, number, bytes));
            let (far, _) = listener.accept().await.expect("accepted");
            let echoes = runtime::spawn(echo(lossy(far)));
            pairs.push((converses, echoes));
        }
        for (converses, echoes) in pairs {
            converses.await.expect("what came back is what was sent");
            drop(echoes.await.expect("no panic").expect("no error"));
        }
    });
    println!(
        "{connections} connections, {bytes} bytes there and back each: {:?}",
        begun.elapsed()
    );
}

fn lossy(end: TcpStream) -> TcpStream {
    end.set_nodelay(true).expect("the option");
    loses(&end, sized(LOST_PERCENT[0], LOST_PERCENT[1]));
    end
}

/// Gives its end back: one that is closed with bytes on their way is the kernel's, which gives up
/// after a minute of losses.
async fn echo(mut stream: TcpStream) -> std::io::Result<TcpStream> {
    let (mut reader, mut writer) = stream.split();
    runtime::io::copy(&mut reader, &mut writer).await?;
    stream.shutdown().await?;
    Ok(stream)
}

async fn converse(mut stream: TcpStream, number: u32, length: usize) {
    let byte = |at: usize| (at as u32).wrapping_mul(31).wrapping_add(number) as u8;
    let (mut reader, mut writer) = stream.split();
    let sends = async {
        for from in (0..length).step_by(PIECE_BYTES) {
            let piece: Vec<u8> = (from..length.min(from + PIECE_BYTES)).map(byte).collect();
            writer.write_all(&piece).await.expect("it goes on");
        }
        writer.shutdown().await.expect("it ends");
    };
    let receives = async {
        let mut received = Vec::new();
        reader.read_to_end(&mut received).await.expect("it goes on");
        assert_eq!(received.len(), length);
        let is_same = received.iter().enumerate().all(|(at, it)| *it == byte(at));
        assert!(is_same, "connection {number}");
    };
    runtime::join!(sends, receives);
}
