//! A network between a service and its PostgreSQL that fails on demand, at a named step of an append if need be.

mod message;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::message::{Direction, Messages, Passage};

/// What is wrong with the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Every message takes this much longer.
    Slow(Duration),
    /// Nothing arrives any more, and nobody is told.
    BlackHole,
    /// Connections are cut, and new ones refused.
    Down,
    /// The next connection that comes to this step of an append is cut there. Once.
    CutAt(Step),
    /// The next connection that comes to this step of an append stays there, for as long as this is so.
    HoldAt(Step),
}

/// A step of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The server waits for more records, having got some.
    AmidCopy,
    /// The records are inserted, and the service hasn't heard so.
    AfterInsert,
    /// The service has asked for the commit, and the server hasn't heard so.
    BeforeCommit,
    /// The append is committed, and the service hasn't heard so.
    AfterCommit,
}

/// A TCP proxy on 127.0.0.1 that knows PostgreSQL's protocol. It ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    fault: watch::Sender<Fault>,
    target: Mutex<SocketAddr>,
    hits: AtomicUsize,
}

impl Proxy {
    /// Starts one that passes everything on to a port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(target_port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let target = Mutex::new((Ipv4Addr::LOCALHOST, target_port).into());
        let shared =
            Arc::new(Shared { fault: watch::Sender::new(Fault::None), target, hits: AtomicUsize::new(0) });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { port, shared, _tasks: tasks })
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes what is wrong, for the connections there are and those to come.
    pub fn set(&self, fault: Fault) {
        self.shared.fault.send_replace(fault);
    }

    /// Connections from now on go to another port: the old server is gone, and its name leads to a new one.
    pub fn lead_to(&self, target_port: u16) {
        let target = (Ipv4Addr::LOCALHOST, target_port).into();
        *self.shared.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// How often an append came to the step that a fault waited for.
    pub fn hits(&self) -> usize {
        self.shared.hits.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        if *shared.fault.borrow() == Fault::Down {
            continue;
        }
        let shared = Arc::clone(&shared);
        connections.spawn(async move { drop(connect(client, &shared).await) });
        while connections.try_join_next().is_some() {}
    }
}

async fn connect(mut client: TcpStream, shared: &Shared) -> Result<()> {
    let target = *shared.target.lock().unwrap_or_else(PoisonError::into_inner);
    let mut server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let passage = Passage::default();
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let mut fault = shared.fault.subscribe();
    // Whichever ends first takes both connections along.
    tokio::select! {
        ended = pump(from_client, to_server, Messages::new(Direction::ToServer), &passage, shared) => ended,
        ended = pump(from_server, to_client, Messages::new(Direction::ToClient), &passage, shared) => ended,
        _ = fault.wait_for(|fault| *fault == Fault::Down) => Ok(()),
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut messages: Messages,
    passage: &Passage,
    shared: &Shared,
) -> Result<()> {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut chunk).await?;
        if count == 0 {
            return Ok(());
        }
        messages.push(&chunk[..count]);
        while let Some(message) = messages.next() {
            if !shared.let_pass(passage.step(messages.direction, &message)).await {
                return Ok(());
            }
            to.write_all(&message).await?;
        }
    }
}

impl Shared {
    /// Waits for as long as the fault asks; `false` when the connection is to be cut.
    async fn let_pass(&self, step: Option<Step>) -> bool {
        let mut changes = self.fault.subscribe();
        loop {
            let fault = *changes.borrow_and_update();
            match fault {
                Fault::Slow(delay) => {
                    sleep(delay).await;
                    return true;
                }
                Fault::BlackHole => {}
                Fault::Down => return false,
                Fault::HoldAt(at) if step == Some(at) => {
                    self.hits.fetch_add(1, Ordering::Relaxed);
                }
                Fault::CutAt(at) if step == Some(at) => {
                    self.hits.fetch_add(1, Ordering::Relaxed);
                    self.fault.send_replace(Fault::None);
                    return false;
                }
                Fault::None | Fault::HoldAt(_) | Fault::CutAt(_) => return true,
            }
            if changes.changed().await.is_err() {
                return false;
            }
        }
    }
}
