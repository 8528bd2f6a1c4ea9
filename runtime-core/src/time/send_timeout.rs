//! `mpsc::Sender::send_timeout`: it stands here because channels know no clock.

use std::time::Duration;

use super::timeout;
use crate::sync::mpsc::Sender;
use crate::sync::mpsc::error::SendTimeoutError;

impl<T> Sender<T> {
    /// Sends a value, waiting for room no longer than `limit`.
    ///
    /// # Errors
    /// Gives the value back if there was no room in time, or if the receiver is gone or closed.
    ///
    /// # Panics
    /// Outside of any runtime, as every timer does.
    ///
    /// # Cancel safety
    /// Lossy: nothing was sent; the value is dropped and its place in the queue lost.
    ///
    /// ```
    /// use runtime::sync::mpsc;
    /// use std::time::Duration;
    ///
    /// # runtime::Runtime::new()?.block_on(async {
    /// let (tx, _rx) = mpsc::channel(1);
    /// let limit = Duration::from_millis(1);
    /// assert!(tx.send_timeout(1, limit).await.is_ok());
    /// assert!(tx.send_timeout(2, limit).await.is_err(), "there is no room");
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn send_timeout(&self, value: T, limit: Duration) -> Result<(), SendTimeoutError<T>> {
        match timeout(limit, self.reserve()).await {
            Ok(Ok(permit)) => {
                permit.send(value);
                Ok(())
            }
            Ok(Err(_)) => Err(SendTimeoutError::Closed(value)),
            Err(_) => Err(SendTimeoutError::Timeout(value)),
        }
    }
}
