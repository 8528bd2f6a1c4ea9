//! The end, on request: SIGTERM or Ctrl-C, then a time of grace for what has begun.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{Failure, Trying};

/// Heard from now on: who listens late ends by the signal's default.
#[derive(Debug)]
pub struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    pub fn listen() -> Result<Ending, Failure> {
        Ok(Ending {
            terminate: signal(SignalKind::terminate()).trying("listening to SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).trying("listening to SIGINT")?,
        })
    }

    /// Returns when this process is told to end.
    pub async fn told(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => (),
            _ = self.interrupt.recv() => (),
        }
    }

    /// Cancelled when this process is told to end.
    pub fn token(self) -> CancellationToken {
        let token = CancellationToken::new();
        let child = token.clone();
        tokio::spawn(async move {
            self.told().await;
            child.cancel();
        });
        token
    }

    /// Waits for what has begun, but not for ever.
    pub async fn within(grace: Duration, rest: impl Future<Output = ()>) -> Result<(), Failure> {
        let ended = tokio::time::timeout(grace, rest).await;
        ended.map_err(|_| Failure::Failed(format!("still busy after {grace:?}; ending anyway")))
    }
}
