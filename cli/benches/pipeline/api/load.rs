//! A load: so many clients, each of whom asks again as soon as it was answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What isn't counted yet: caches fill, connections are made.
const WARM_UP: Duration = Duration::from_secs(1);

/// How many clients, and for how long.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) connections: usize,
    pub(super) time: Duration,
}

/// What came of it.
pub(super) struct Answered {
    /// How long each answer took, in order of length.
    times: Vec<Duration>,
    /// From the end of the warm-up to the last answer.
    elapsed: Duration,
    /// Of the last answer.
    pub(super) length: usize,
}

impl Load {
    /// Long enough for a limit.
    pub(super) fn brief(self) -> Self {
        Self { time: self.time.min(Duration::from_secs(2)), ..self }
    }

    /// Asks for a path. All clients share a thread of their own, as those of `wrk -t1` do.
    pub(super) async fn run(self, address: SocketAddr, path: &str) -> Result<Answered> {
        let path = path.to_owned();
        let load = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(self.ask(address, path))
        };
        tokio::task::spawn_blocking(load).await?
    }

    async fn ask(self, address: SocketAddr, path: String) -> Result<Answered> {
        let started_at = Instant::now();
        let counted_from = started_at + WARM_UP;
        let mut clients = JoinSet::new();
        for _ in 0..self.connections {
            clients.spawn(client(address, path.clone(), counted_from, counted_from + self.time));
        }
        let (mut times, mut length) = (Vec::new(), 0);
        while let Some(answered) = clients.join_next().await {
            let (one, its_length) = answered??;
            times.extend(one);
            length = its_length;
        }
        times.sort_unstable();
        Ok(Answered { times, elapsed: counted_from.elapsed(), length })
    }
}

/// How long each answer took that was asked for after the warm-up, at least one; and the last one's length.
async fn client(
    address: SocketAddr,
    path: String,
    from: Instant,
    until: Instant,
) -> Result<(Vec<Duration>, usize)> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let mut times = Vec::new();
    loop {
        let asked_at = Instant::now();
        let length = answer(&mut sender, &path).await?;
        if asked_at >= from {
            times.push(asked_at.elapsed());
        }
        if Instant::now() >= until && !times.is_empty() {
            return Ok((times, length));
        }
    }
}

/// The length of a whole answer.
async fn answer(sender: &mut SendRequest<Empty<Bytes>>, path: &str) -> Result<usize> {
    sender.ready().await?;
    let request = Request::get(path).header("host", "localhost").body(Empty::new())?;
    let response = sender.send_request(request).await?;
    ensure!(response.status().is_success(), "{path}: {}", response.status());
    let mut body = response.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, Bytes::len);
    }
    Ok(length)
}

impl Answered {
    pub(super) fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub(super) fn percentile_ms(&self, share: f64) -> f64 {
        let at = (share * self.times.len() as f64) as usize;
        self.times.get(at).or(self.times.last()).map_or(f64::NAN, |time| 1_000.0 * time.as_secs_f64())
    }
}
