//! What moves less than it was offered, and what moves as much: whether readiness is left.

use std::future::poll_fn;
use std::io::{IoSlice, Write};
use std::pin::pin;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::future::join;
use futures::poll;
use runtime_core::time::timeout;

use super::{pair, pair_with_std, run};
use crate::io::{AsyncReadExt, AsyncWriteExt, ReadBuf};

#[test]
fn fault_049_a_read_that_fills_its_buffer_leaves_the_rest_readable() {
    run(|| async {
        let (mut near, mut far) = pair().await;
        let mut part = [0; 4];
        // It is polled first: what it reads is announced by an event, and by no other after that.
        let (read, sent) = join(far.read(&mut part), near.write_all(b"0123456789ab")).await;
        sent.unwrap();
        assert_eq!((read.unwrap(), &part), (4, b"0123"));
        let mut rest = [0; 8];
        far.read_exact(&mut rest).await.unwrap();
        assert_eq!(&rest, b"456789ab");
    });
}

#[test]
fn fault_049_more_slices_than_one_call_takes_leave_room_to_write() {
    run(|| async {
        let (mut near, mut far) = pair().await;
        let (first, second) = ([IoSlice::new(b"x"); 3000], [IoSlice::new(b"y"); 3000]);
        assert_eq!(near.write_vectored(&first).await.unwrap(), 1024);
        // Whoever waits to read is known to the driver, which then tells of room once.
        assert!(poll!(pin!(near.read(&mut [0]))).is_pending());
        near.writable().await.unwrap();
        assert_eq!(near.write_vectored(&second).await.unwrap(), 1024);
        let third = timeout(Duration::from_secs(10), near.write_all(b"z"));
        third.await.expect("there is room").unwrap();
        let mut all = [0; 2049];
        far.read_exact(&mut all).await.unwrap();
        assert_eq!((all[1023], all[1024], all[2048]), (b'x', b'y', b'z'));
    });
}

#[test]
fn fault_049_after_a_peek_and_a_short_read_the_next_bytes_still_wake() {
    run(|| async {
        let (mut near, far) = pair_with_std().await;
        let (go, going) = mpsc::channel::<&'static [u8]>();
        let writer = thread::spawn(move || {
            let mut far = far;
            going.iter().for_each(|bytes| far.write_all(bytes).unwrap());
        });
        let mut buf = [0; 8];
        for _ in 0..50 {
            go.send(b"abc").unwrap();
            near.readable().await.unwrap();
            let peeked = near.peek(&mut buf).await.unwrap();
            assert_eq!(&buf[..peeked], &b"abc"[..peeked]);
            near.read_exact(&mut buf[..3]).await.unwrap();
            go.send(b"wxyz").unwrap();
            let mut read_buf = ReadBuf::new(&mut buf);
            let peeked = poll_fn(|cx| near.poll_peek(cx, &mut read_buf))
                .await
                .unwrap();
            assert_eq!(read_buf.filled(), &b"wxyz"[..peeked]);
            near.read_exact(&mut buf[..4]).await.unwrap();
            assert_eq!(&buf[..4], b"wxyz");
        }
        drop(go);
        writer.join().unwrap();
        assert_eq!(near.read(&mut buf).await.unwrap(), 0);
    });
}
