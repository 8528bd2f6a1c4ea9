//! What is answered to which request.

use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::feed::Feed;
use crate::notes::{Found, Note, Notes};

const CACHE: HeaderName = HeaderName::from_static("x-cache");

/// Of a request's body.
const BYTES_MAX: usize = 64 << 10;

/// Of a note's text.
const TEXT_MAX: usize = 10_000;

/// How long an answer may take to begin.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub(crate) struct Site {
    notes: Notes,
    feed: Feed,
}

impl Site {
    pub(crate) fn new(notes: Notes, feed: Feed) -> Site {
        Site { notes, feed }
    }
}

pub(crate) fn router(site: Site) -> Router {
    Router::new()
        .route("/notes", get(list).post(add))
        .route("/notes/{id}", get(find).delete(remove))
        .route("/events", get(events))
        .route("/socket", get(socket))
        .route("/health", get(health))
        .route("/wait/{ms}", get(wait))
        .fallback(async || Problem::NotFound)
        .with_state(site)
        .layer(CompressionLayer::new())
        .layer(RequestBodyLimitLayer::new(BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            LIMIT,
        ))
        .layer(CatchPanicLayer::new())
}

/// What goes wrong, as JSON.
enum Problem {
    NotFound,
    Unreadable(StatusCode, String),
    Unavailable,
}

impl From<sqlx::Error> for Problem {
    fn from(_: sqlx::Error) -> Problem {
        Problem::Unavailable
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Problem {
        Problem::Unreadable(rejection.status(), rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Problem::NotFound => (StatusCode::NOT_FOUND, "there is no such thing".to_owned()),
            Problem::Unreadable(status, text) => (status, text),
            Problem::Unavailable => {
                let text = "the database does not answer".to_owned();
                (StatusCode::SERVICE_UNAVAILABLE, text)
            }
        };
        (status, Json(json!({ "error": text }))).into_response()
    }
}

#[derive(Deserialize)]
struct Draft {
    text: String,
}

async fn add(
    State(site): State<Site>,
    draft: Result<Json<Draft>, JsonRejection>,
) -> Result<(StatusCode, Json<Note>), Problem> {
    let Json(Draft { text }) = draft?;
    if text.is_empty() || text.len() > TEXT_MAX {
        let problem = format!("a text has 1 to {TEXT_MAX} bytes");
        return Err(Problem::Unreadable(
            StatusCode::UNPROCESSABLE_ENTITY,
            problem,
        ));
    }
    let note = site.notes.add(text).await?;
    site.feed.publish(&note);
    Ok((StatusCode::CREATED, Json(note)))
}

async fn list(State(site): State<Site>) -> Result<Json<Vec<Note>>, Problem> {
    Ok(Json(site.notes.list().await?))
}

async fn find(State(site): State<Site>, Path(id): Path<i64>) -> Result<Response, Problem> {
    let (note, found) = site.notes.find(id).await?.ok_or(Problem::NotFound)?;
    let cache = match found {
        Found::InCache => "hit",
        Found::InDatabase => "miss",
    };
    Ok(([(CACHE, cache)], Json(note)).into_response())
}

async fn remove(State(site): State<Site>, Path(id): Path<i64>) -> Result<StatusCode, Problem> {
    match site.notes.remove(id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::NotFound),
    }
}

async fn events(State(site): State<Site>) -> impl IntoResponse {
    Sse::new(site.feed.events()).keep_alive(KeepAlive::default())
}

async fn socket(State(site): State<Site>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.max_message_size(TEXT_MAX);
    upgrade.on_upgrade(|socket| site.feed.converse(socket, site.notes))
}

async fn health(State(site): State<Site>) -> Result<Json<serde_json::Value>, Problem> {
    site.notes.check().await?;
    Ok(Json(json!({ "followers": site.feed.followers() })))
}

async fn wait(Path(ms): Path<u64>) -> Json<serde_json::Value> {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Json(json!({ "waited_ms": ms }))
}
