//! The way from the port we promised to the port librdkafka picked: a mock cluster can't be told where to listen.

use std::io;
use std::net::TcpListener as StdTcpListener;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Forwards every connection until dropped.
///
/// On a thread of its own: many calls of Kafka clients block, and one that blocks the only thread of a runtime must not
/// wait for a broker that needs that thread.
#[derive(Debug)]
pub(super) struct Forwarder {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Forwarder {
    /// Forwards what comes in at `listener` to `target`, a `host:port`.
    pub(super) fn start(listener: StdTcpListener, target: String) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _context = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let run = move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, target) => {}
                }
            });
        };
        let thread = thread::Builder::new().name("kafka-forwarder".to_owned()).spawn(run)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

async fn accept(listener: TcpListener, target: String) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    connections.spawn(forward(client, target.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "the embedded broker can't accept a connection");
                    // Mostly too many open files: give some time to be closed.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn forward(mut client: TcpStream, target: String) {
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    // Kafka's small requests wait for their answers: don't let them wait for a full segment too.
    _ = client.set_nodelay(true);
    _ = server.set_nodelay(true);
    // An end is an end: clients see the connection close and connect again.
    _ = copy_bidirectional(&mut client, &mut server).await;
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        drop(self.stop.take());
        // At once, so that the port is free again. A panic of the thread has been printed.
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}
