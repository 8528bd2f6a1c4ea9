//! Requests with a limit in time that are tried again where that is safe.
//!
//! Safe is: what may happen twice, whatever became of it; anything, if nobody was there to hear it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode};

/// Before the second attempt; doubled before each further one.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Clone, Debug)]
pub(crate) struct Patient {
    client: Client,
    limit: Duration,
    retries: u32,
    retried: Arc<AtomicU64>,
}

impl Patient {
    pub(crate) fn new(client: Client, limit: Duration, retries: u32) -> Patient {
        Patient {
            client,
            limit,
            retries,
            retried: Arc::default(),
        }
    }

    /// How many attempts were not the first.
    pub(crate) fn retried(&self) -> u64 {
        // Relaxed: a count that nothing follows from.
        self.retried.load(Ordering::Relaxed)
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        body: Option<&serde_json::Value>,
    ) -> reqwest::Result<Response> {
        let mut pause = PAUSE;
        for _ in 0..self.retries {
            let answer = self.once(&method, url, body).await;
            let again = match &answer {
                Ok(answer) => {
                    answer.status() == StatusCode::SERVICE_UNAVAILABLE && method.is_idempotent()
                }
                Err(error) => error.is_connect() || method.is_idempotent(),
            };
            if !again {
                return answer;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            // Relaxed: as above.
            self.retried.fetch_add(1, Ordering::Relaxed);
        }
        self.once(&method, url, body).await
    }

    async fn once(
        &self,
        method: &Method,
        url: &str,
        body: Option<&serde_json::Value>,
    ) -> reqwest::Result<Response> {
        let request = self.client.request(method.clone(), url).timeout(self.limit);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await
    }
}
