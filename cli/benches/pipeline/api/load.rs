//! A load: so many clients, each of whom asks again as soon as it was answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What isn't counted yet: caches fill, connections are made.
const WARM_UP: Duration = Duration::from_secs(1);

/// How many clients, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) time: Duration,
}

/// What they ask.
#[derive(Clone)]
pub(crate) struct Asked {
    path: String,
    /// A query of GraphQL.
    query: Option<Bytes>,
}

/// What came of it.
pub(crate) struct Answered {
    /// How long each answer took, in order of length.
    times: Vec<Duration>,
    /// From the end of the warm-up to the last answer.
    elapsed: Duration,
    /// Of the last answer.
    pub(crate) length: usize,
}

impl Asked {
    pub(crate) fn rest(path: &str) -> Self {
        Self { path: path.to_owned(), query: None }
    }

    pub(crate) fn graphql(query: &str) -> Self {
        let body = serde_json::json!({ "query": query }).to_string();
        Self { path: "/graphql".to_owned(), query: Some(body.into()) }
    }

    fn request(&self) -> Result<Request<Full<Bytes>>> {
        let request = match &self.query {
            None => Request::get(&self.path),
            Some(_) => Request::post(&self.path).header("content-type", "application/json"),
        };
        Ok(request.header("host", "localhost").body(Full::new(self.query.clone().unwrap_or_default()))?)
    }
}

impl Load {
    /// Long enough for a limit.
    pub(crate) fn brief(self) -> Self {
        Self { time: self.time.min(Duration::from_secs(2)), ..self }
    }

    /// All clients share a thread of their own, as those of `wrk -t1` do.
    pub(crate) async fn run(self, address: SocketAddr, asked: Asked) -> Result<Answered> {
        let load = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(self.ask(address, asked))
        };
        tokio::task::spawn_blocking(load).await?
    }

    async fn ask(self, address: SocketAddr, asked: Asked) -> Result<Answered> {
        let started_at = Instant::now();
        let counted_from = started_at + WARM_UP;
        let mut clients = JoinSet::new();
        for _ in 0..self.connections {
            clients.spawn(client(address, asked.clone(), counted_from, counted_from + self.time));
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
    asked: Asked,
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
        let length = answer(&mut sender, &asked).await?;
        if asked_at >= from {
            times.push(asked_at.elapsed());
        }
        if Instant::now() >= until && !times.is_empty() {
            return Ok((times, length));
        }
    }
}

/// The length of a whole answer.
async fn answer(sender: &mut SendRequest<Full<Bytes>>, asked: &Asked) -> Result<usize> {
    sender.ready().await?;
    let response = sender.send_request(asked.request()?).await?;
    ensure!(response.status().is_success(), "{}: {}", asked.path, response.status());
    let mut body = response.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, Bytes::len);
    }
    Ok(length)
}

impl Answered {
    pub(crate) fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub(crate) fn percentile_ms(&self, share: f64) -> f64 {
        let at = (share * self.times.len() as f64) as usize;
        self.times.get(at).or(self.times.last()).map_or(f64::NAN, |time| 1_000.0 * time.as_secs_f64())
    }
}
