//! The listener: connections that may take their time, but not all of it.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tracing::{debug, warn};

use crate::config::TrafficArgs;

/// Room for the longest URL and identity.
const LONGEST_HEAD: usize = 64 * 1024;
/// After an accept that failed: what failed, file handles say, doesn't come back at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, and then finishes what is being answered. A client whose request doesn't come, or who takes nothing of its
/// answer for as long as clients may take, is left.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    args: &TrafficArgs,
    stop: CancellationToken,
) {
    let most = usize::try_from(args.max_connections.get()).unwrap_or(usize::MAX);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Those that wait cost no file handle: the kernel holds them.
            accepted = listener.accept(), if connections.len() < most => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, peer, args.client_timeout(), routes.clone(), stop.clone()));
                }
                Err(error) => {
                    warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = stop.cancelled() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Serves one connection until it is closed, or is something else than HTTP.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    client_timeout: Duration,
    routes: Router,
    stop: CancellationToken,
) {
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(client_timeout));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(client_timeout)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        debug!(error = %error, "a connection broke off");
    }
}
