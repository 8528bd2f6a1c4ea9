//! Notes over HTTP: a JSON API, each new note as an event, a WebSocket, and an end without a cut.
//!
//! - `main`: the command line, and the order in which things start and end.
//! - `notes`: where notes are kept: a database behind an optional cache.
//! - `pages`: what is answered to which request.
//! - `feed`: those who follow along, by server-sent events or by WebSocket.
//! - `serve`: connections, with or without TLS, HTTP/1 or HTTP/2.
#![forbid(unsafe_code)]

mod notes;

mod feed;

mod pages;

mod serve;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use app::{Arguments, Ending, Failure, Identity, Trying};
use tokio::net::TcpListener;

use feed::Feed;
use notes::Notes;
use pages::Site;

const USAGE: &str = "\
usage: web [--port PORT] [--database URL] [--cache URL] [--tls FOLDER] [--grace SECONDS]

Notes over HTTP.
  GET, POST /notes      the last hundred; a new one, {\"text\": \"…\"}
  GET, DELETE /notes/N  one of them
  GET /events           each new note, as a server-sent event
  GET /socket           a WebSocket: what is sent becomes a note, each new note comes back
  GET /health           that all is well, and how many follow along
  GET /wait/MS          an answer after so many milliseconds

  --port      default 8080; 0: any free one
  --database  sqlite:FILE?mode=rwc or postgres://…; default: in memory
  --cache     redis://…; default: none
  --tls       HTTPS by FOLDER/cert.pem and FOLDER/key.pem, which are made if they are missing
  --grace     how long a request may go on after SIGTERM or Ctrl-C; default 10
";

#[tokio::main]
async fn main() -> ExitCode {
    app::exit_code("web", USAGE, run().await)
}

async fn run() -> Result<(), Failure> {
    let mut arguments = Arguments::read(USAGE);
    let port: u16 = arguments.option("--port", 8080)?;
    let database = arguments.option("--database", "sqlite::memory:".to_owned())?;
    let cache: Option<String> = arguments.given("--cache")?;
    let folder: Option<PathBuf> = arguments.given("--tls")?;
    let grace = Duration::from_secs(arguments.option("--grace", 10)?);
    arguments.end()?;

    let ending = Ending::listen()?.token();
    app::count_tasks_when_asked()?;
    let identity = folder.map(|folder| Identity::in_folder(&folder));
    let tls = match identity {
        Some(identity) => Some(identity?.server(&["h2", "http/1.1"])?),
        None => None,
    };
    let notes = Notes::open(&database, cache.as_deref()).await?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .trying(format!("listening on port {port}"))?;
    let address = listener.local_addr().trying("listening")?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    app::say(format!(
        "listening on {scheme}://localhost:{}",
        address.port()
    ))?;

    let feed = Feed::new(ending.clone());
    let site = Site::new(notes.clone(), feed.clone());
    let served = serve::until(ending, listener, tls.map(Into::into), pages::router(site));
    let open = served.await;
    let ended = Ending::within(grace, async {
        tokio::join!(open.shutdown(), feed.ended());
    });
    let ended = ended.await;
    notes.close().await;
    ended
}
