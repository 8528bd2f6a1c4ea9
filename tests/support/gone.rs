//! What a test may ask of an end whose peer is gone, beside tests that start children.

use std::io::Error;
use std::time::Duration;

use runtime::io::{AsyncWrite, AsyncWriteExt};
use runtime::time::sleep;

/// Writes until it is refused: the child of another test has the peer as well, between its fork and its exec.
pub(crate) async fn refusal(mut writer: impl AsyncWrite + Unpin) -> Error {
    loop {
        if let Err(error) = writer.write_all(b"anybody?").await {
            break error;
        }
        sleep(Duration::from_millis(1)).await;
    }
}
