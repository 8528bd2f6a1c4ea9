//! A client of `web`, and of any other HTTP server: one request, a stream of lines, or thousands of
//! visits that know what the answers have to be.
//!
//! - `main`: the command line.
//! - `follow`: streams of lines, until the server ends them.
//! - `patient`: requests with a limit in time that are tried again where that is safe.
//! - `visits`: the load.
#![forbid(unsafe_code)]

mod follow;

mod patient;

mod visits;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use app::{Arguments, Failure, Trying};
use reqwest::{Client, Method, Response};

use patient::Patient;
use visits::Visits;

const USAGE: &str = "\
usage: client get URL | listen URL | visit URL   [option …]

Speaks HTTP, over TLS if the URL begins with https.
  get     prints the protocol, the status and the body
  listen  prints each line of the answer as it comes, server-sent events for example; of a
          WebSocket, if the URL begins with ws, each message
  visit   to a `web` at URL: writes notes, reads them, compares, removes them

  --http1, --http2    one protocol only; default: what both can
  --trust FILE        the server's certificate
  --timeout-ms N      for each request; default 5000
  --retries N         for a request that may be repeated; default 3
  --visits N          default 1000
  --at-once N         how many visitors there are; default 50
  --cancel-every N    each so many visits a request is given up; default: none is
";

#[tokio::main]
async fn main() -> ExitCode {
    app::exit_code("client", USAGE, run().await)
}

async fn run() -> Result<(), Failure> {
    let mut arguments = Arguments::read(USAGE);
    let command = arguments.command()?;
    let limit = Duration::from_millis(arguments.option("--timeout-ms", 5000)?);
    let retries = arguments.option("--retries", 3)?;
    let visits: u64 = arguments.option("--visits", 1000)?;
    let at_once: u64 = arguments.option("--at-once", 50)?;
    let cancel_every: Option<u64> = arguments.given("--cancel-every")?;
    let only = (arguments.flag("--http1"), arguments.flag("--http2"));
    let trust: Option<PathBuf> = arguments.given("--trust")?;
    let url = arguments.word("the URL")?;
    arguments.end()?;

    let client = client(only, trust)?;
    match command.as_str() {
        "get" => {
            let patient = Patient::new(client, limit, retries);
            let answer = patient.send(Method::GET, &url, None).await;
            show(answer.trying(&url)?).await
        }
        "listen" if url.starts_with("ws:") => follow::socket(&url).await,
        "listen" => follow::lines(client, &url).await,
        "visit" => {
            let patient = Patient::new(client, limit, retries);
            let visits = Visits {
                count: visits,
                at_once,
                cancel_every,
            };
            visits.run(patient, url.trim_end_matches('/')).await
        }
        unknown => Err(Failure::Usage(format!("unknown command {unknown:?}"))),
    }
}

fn client(only: (bool, bool), trust: Option<PathBuf>) -> Result<Client, Failure> {
    // It takes no cryptography by itself. An error says that there is one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = Client::builder().no_proxy();
    let (builder, protocols): (_, &[&str]) = match only {
        (false, false) => (builder, &["h2", "http/1.1"]),
        (true, false) => (builder.http1_only(), &["http/1.1"]),
        (false, true) => (builder.http2_prior_knowledge(), &["h2"]),
        (true, true) => return Err(Failure::Usage("--http1 or --http2, not both".to_owned())),
    };
    let builder = match trust {
        Some(certificate) => {
            builder.tls_backend_preconfigured(app::trusting(&certificate, protocols)?)
        }
        None => builder,
    };
    builder.build().trying("the client")
}

async fn show(answer: Response) -> Result<(), Failure> {
    app::say(format!("{:?} {}", answer.version(), answer.status()))?;
    app::say(answer.text().await.trying("the body")?)
}
