//! Those who follow along: each new note goes to all of them.
//!
//! Who reads too slowly misses notes and is told how many, and keeps nobody else waiting. Who
//! follows is let go at the end, and waited for.

use std::convert::Infallible;

use axum::extract::ws::{Message, WebSocket};
use axum::response::sse::Event;
use futures_util::{Stream, StreamExt};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError::Lagged;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::notes::{Note, Notes};

/// How many notes who follows may be behind.
const BEHIND: usize = 256;

#[derive(Clone)]
pub(crate) struct Feed {
    notes: Sender<Note>,
    ending: CancellationToken,
    sockets: TaskTracker,
}

impl Feed {
    pub(crate) fn new(ending: CancellationToken) -> Feed {
        Feed {
            notes: broadcast::channel(BEHIND).0,
            ending,
            sockets: TaskTracker::new(),
        }
    }

    /// To all who follow; there may be none.
    pub(crate) fn publish(&self, note: &Note) {
        drop(self.notes.send(note.clone()));
    }

    pub(crate) fn followers(&self) -> usize {
        self.notes.receiver_count()
    }

    /// Each new note, until the end.
    pub(crate) fn events(&self) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        let events = BroadcastStream::new(self.notes.subscribe()).map(|received| {
            Ok(match received {
                Ok(note) => Event::default().event("note").data(json(&note)),
                Err(Lagged(missed)) => Event::default().event("missed").data(missed.to_string()),
            })
        });
        events.take_until(self.ending.clone().cancelled_owned())
    }

    /// Serves one socket until it or we are at the end.
    pub(crate) async fn converse(self, mut socket: WebSocket, notes: Notes) {
        let _tracked = self.sockets.token();
        let mut published = self.notes.subscribe();
        while let Some(message) = self.next(&mut socket, &mut published, &notes).await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
        // Who has left already does not hear it.
        drop(socket.send(Message::Close(None)).await);
    }

    /// When every socket is served.
    pub(crate) async fn ended(&self) {
        self.sockets.close();
        self.sockets.wait().await;
    }

    /// What to send next; nothing at the end.
    async fn next(
        &self,
        socket: &mut WebSocket,
        published: &mut Receiver<Note>,
        notes: &Notes,
    ) -> Option<Message> {
        loop {
            tokio::select! {
                () = self.ending.cancelled() => return None,
                received = published.recv() => {
                    return match received {
                        Ok(note) => Some(Message::text(json(&note))),
                        Err(RecvError::Lagged(missed)) => Some(Message::text(problem(missed))),
                        Err(RecvError::Closed) => None,
                    };
                }
                message = socket.recv() => {
                    let Message::Text(text) = message?.ok()? else {
                        continue;
                    };
                    match notes.add(text.to_string()).await {
                        Ok(note) => self.publish(&note),
                        Err(_) => return Some(Message::text(problem("not kept"))),
                    }
                }
            }
        }
    }
}

fn json(note: &Note) -> String {
    serde_json::to_string(note).expect("a number and a text")
}

fn problem(what: impl serde::Serialize) -> String {
    serde_json::json!({ "missed": what }).to_string()
}
