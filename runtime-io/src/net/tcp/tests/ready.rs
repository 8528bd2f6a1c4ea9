//! Who asks what a connection is ready for, without trying it.

use std::time::Duration;

use runtime_core::time::{sleep, timeout};

use super::{pair, run};
use crate::io::{AsyncWriteExt, Interest, Ready};
use crate::net::TcpStream;

/// Looks again and again, as a program may that does something else in between.
async fn comes(stream: &TcpStream, interest: Interest, wanted: fn(Ready) -> bool) {
    let looks = async {
        while !wanted(stream.ready(interest).await.unwrap()) {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(10), looks)
        .await
        .expect("it is told");
}

#[test]
fn fault_048_who_only_asks_learns_of_bytes_and_of_the_end() {
    run(|| async {
        for interest in [Interest::READABLE, Interest::READABLE | Interest::WRITABLE] {
            let (mut near, mut far) = pair().await;
            far.write_all(b"x").await.unwrap();
            near.write_all(b"y").await.unwrap();
            comes(&near, interest, Ready::is_readable).await;
            comes(&far, interest, Ready::is_readable).await;
            drop(far);
            comes(&near, interest, Ready::is_read_closed).await;
        }
    });
}

#[test]
fn fault_048_who_has_tried_in_vain_and_only_asks_learns_of_bytes() {
    run(|| async {
        let (near, mut far) = pair().await;
        near.try_read(&mut [0; 8]).unwrap_err();
        far.try_read(&mut [0; 8]).unwrap_err();
        far.write_all(b"x").await.unwrap();
        let both = Interest::READABLE | Interest::WRITABLE;
        comes(&near, both, Ready::is_readable).await;
        assert_eq!(near.try_read(&mut [0; 8]).unwrap(), 1);
    });
}
