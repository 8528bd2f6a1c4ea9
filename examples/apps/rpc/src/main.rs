//! Remote calls by gRPC: one answer to one message, streams either way and both ways, limits in
//! time, and callers that go away.
//!
//! - `main`: the command line.
//! - `messages`: what is sent to and fro.
//! - `service`: the server's side.
//! - `caller`: the client's side, each kind of call once.
//! - `load`: as many calls as there is time for.
#![forbid(unsafe_code)]

mod messages;

mod service;

mod caller;

mod load;

/// What the build script makes of the service's description.
mod generated {
    include!(concat!(env!("OUT_DIR"), "/apps.Sums.rs"));
}

use std::process::ExitCode;
use std::time::Duration;

use app::{Arguments, Failure};

const USAGE: &str = "\
usage: rpc serve [--port PORT] [--grace SECONDS]
       rpc call URL
       rpc follow URL
       rpc load URL [--seconds N] [--at-once N]

Sums by gRPC.
  serve   until SIGTERM or Ctrl-C; --port: default 50051, 0: any free one; --grace: default 10
  call    each kind of call once, with what came back
  follow  prints a stream that never ends
  load    calls for so long (default 5), so many at once (default 50); says how many and how slow
";

#[tokio::main]
async fn main() -> ExitCode {
    app::exit_code("rpc", USAGE, run().await)
}

async fn run() -> Result<(), Failure> {
    let mut arguments = Arguments::read(USAGE);
    let command = arguments.command()?;
    let port: u16 = arguments.option("--port", 50051)?;
    let grace = Duration::from_secs(arguments.option("--grace", 10)?);
    let duration = Duration::from_secs(arguments.option("--seconds", 5)?);
    let at_once: usize = arguments.option("--at-once", 50)?;
    if command == "serve" {
        arguments.end()?;
        return service::serve(port, grace).await;
    }
    let url = arguments.word("the URL")?;
    arguments.end()?;
    match command.as_str() {
        "call" => caller::call(url).await,
        "follow" => caller::follow(url).await,
        "load" => load::run(url, duration, at_once).await,
        unknown => Err(Failure::Usage(format!("unknown command {unknown:?}"))),
    }
}
