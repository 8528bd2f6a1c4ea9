//! Connections: accepted until the end, each served by a task of its own.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a client may take to agree on TLS, and to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pause after a connection that could not be taken, for want of descriptors for example.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts until the end, and gives what is open then.
pub(crate) async fn until(
    ending: CancellationToken,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
) -> GracefulShutdown {
    let open = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ending.cancelled() => return open,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, tls.clone(), router.clone(), open.watcher());
                tokio::spawn(connection);
            }
            Err(error) => {
                eprintln!("web: no connection: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, router: Router, open: Watcher) {
    // Answers are small, and a client waits for each.
    drop(stream.set_nodelay(true));
    let Some(tls) = tls else {
        return converse(stream, router, open).await;
    };
    if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
        converse(stream, router, open).await;
    }
}

/// HTTP/1 or HTTP/2, as the client begins. That a client leaves is no error of ours.
async fn converse<S>(stream: S, router: Router, open: Watcher)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = router.map_request(|request: hyper::Request<_>| request.map(Body::new));
    let service = TowerToHyperService::new(service);
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    drop(open.watch(connection.into_owned()).await);
}
