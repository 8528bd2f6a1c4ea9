//! Many visitors at once, each of whom knows what the answers have to be: a note that was written
//! is there to be read, and is gone once it is removed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use app::{Failure, Trying};
use reqwest::{Method, Response, StatusCode, Version};
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;

use crate::patient::Patient;

/// After so long a request is given up, of those that would take [`FOR_EVER_MS`].
const GIVEN_UP: Duration = Duration::from_millis(2);

const FOR_EVER_MS: u64 = 10_000;

#[derive(Clone, Debug)]
pub(crate) struct Visits {
    pub(crate) count: u64,
    pub(crate) at_once: u64,
    pub(crate) cancel_every: Option<u64>,
}

#[derive(Deserialize)]
struct Note {
    id: i64,
    text: String,
}

impl Visits {
    pub(crate) async fn run(self, patient: Patient, url: &str) -> Result<(), Failure> {
        let begun = Instant::now();
        let next = Arc::new(AtomicU64::new(0));
        let mut visitors = JoinSet::new();
        for _ in 0..self.at_once {
            let (visits, patient) = (self.clone(), patient.clone());
            let (next, url) = (next.clone(), url.to_owned());
            visitors.spawn(async move { visits.visitor(&patient, &url, &next).await });
        }
        let mut version = None;
        while let Some(visitor) = visitors.join_next().await {
            version = visitor.trying("a visitor")??.or(version);
        }
        let given_up = self.cancel_every.map_or(0, |every| self.count / every);
        let (visits, retried) = (self.count, patient.retried());
        app::say(format!(
            "{visits} visits, {} right answers, {given_up} requests given up, {retried} repeated, \
             {:?}",
            4 * visits,
            version.unwrap_or(Version::HTTP_11),
        ))?;
        eprintln!("client: in {:.2?}", begun.elapsed());
        Ok(())
    }

    /// One visit after the other, until all are made.
    async fn visitor(
        &self,
        patient: &Patient,
        url: &str,
        next: &AtomicU64,
    ) -> Result<Option<Version>, Failure> {
        let mut version = None;
        loop {
            // Relaxed: a number that nobody else gets.
            let number = 1 + next.fetch_add(1, Ordering::Relaxed);
            if number > self.count {
                return Ok(version);
            }
            let spoken = visit(patient, url, number).await;
            version = Some(spoken.map_err(|error| failed(number, error))?);
            if self
                .cancel_every
                .is_some_and(|every| number.is_multiple_of(every))
            {
                give_up(patient, url)
                    .await
                    .map_err(|error| failed(number, error))?;
            }
        }
    }
}

/// Four answers, each looked at.
async fn visit(patient: &Patient, url: &str, number: u64) -> Result<Version, String> {
    let text = format!("visit {number}");
    let draft = json!({ "text": text });
    let all = format!("{url}/notes");
    let answer = patient.send(Method::POST, &all, Some(&draft)).await;
    let written: Note = read(expect(answer, StatusCode::CREATED)?).await?;
    let one = format!("{all}/{}", written.id);
    let answer = expect(patient.send(Method::GET, &one, None).await, StatusCode::OK)?;
    let version = answer.version();
    let found: Note = read(answer).await?;
    if (found.id, &found.text) != (written.id, &text) {
        return Err(format!("another note came back: {:?}", found.text));
    }
    let answer = patient.send(Method::DELETE, &one, None).await;
    expect(answer, StatusCode::NO_CONTENT)?;
    let answer = patient.send(Method::GET, &one, None).await;
    expect(answer, StatusCode::NOT_FOUND)?;
    Ok(version)
}

/// A request that is dropped in mid-way; the connection goes on to serve others.
async fn give_up(patient: &Patient, url: &str) -> Result<(), String> {
    let wait = format!("{url}/wait/{FOR_EVER_MS}");
    let request = patient.send(Method::GET, &wait, None);
    match tokio::time::timeout(GIVEN_UP, request).await {
        Ok(answer) => Err(format!("answered too early: {answer:?}")),
        Err(_) => Ok(()),
    }
}

fn expect(answer: reqwest::Result<Response>, status: StatusCode) -> Result<Response, String> {
    let answer = answer.map_err(|error| format!("{error:?}"))?;
    match answer.status() {
        right if right == status => Ok(answer),
        wrong => Err(format!("{wrong} instead of {status} from {}", answer.url())),
    }
}

async fn read(answer: Response) -> Result<Note, String> {
    let note = answer.json().await;
    note.map_err(|error| format!("the answer's body: {error:?}"))
}

fn failed(number: u64, error: String) -> Failure {
    Failure::Failed(format!("visit {number}: {error}"))
}
