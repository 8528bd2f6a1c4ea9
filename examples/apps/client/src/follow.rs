//! What comes bit by bit, printed as it comes, until the server ends it; there is no limit in time.

use app::{Failure, Trying};
use futures_util::StreamExt;
use reqwest::Client;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// The lines of an answer.
pub(crate) async fn lines(client: Client, url: &str) -> Result<(), Failure> {
    let mut answer = client.get(url).send().await.trying(url)?;
    let mut line = Vec::new();
    while let Some(bytes) = answer.chunk().await.trying(url)? {
        for byte in bytes {
            if byte == b'\n' {
                app::say(String::from_utf8_lossy(&line))?;
                line.clear();
            } else {
                line.push(byte);
            }
        }
    }
    Ok(())
}

/// The messages of a WebSocket.
pub(crate) async fn socket(url: &str) -> Result<(), Failure> {
    let (mut socket, _) = connect_async(url).await.trying(url)?;
    while let Some(message) = socket.next().await {
        if let Message::Text(text) = message.trying(url)? {
            app::say(text)?;
        }
    }
    Ok(())
}
