//! A greeting over HTTP, for `cargo xtask probe --serve`: writes its address on the first line, and
//! serves until its standard input ends.

use axum::Router;
use axum::routing::get;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let application = Router::new().route("/", get(async || "Hello, world!"));
    axum::serve(listener, application)
        .with_graceful_shutdown(told_to_end())
        .await
}

async fn told_to_end() {
    let mut input = tokio::io::stdin();
    while let Ok(1..) = input.read(&mut [0; 64]).await {}
}
