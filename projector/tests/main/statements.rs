//! The number of statements of a step: it doesn't depend on the number of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use projector::{pool_options, step};
use runtime::database::DatabaseArgs;
use testkit::MessageBuilder;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::fixture::Fixture;

/// Stands between a client and PostgreSQL, and counts the statements that pass.
struct Counter {
    args: DatabaseArgs,
    statements: Arc<AtomicUsize>,
    _proxy: JoinSet<()>,
}

impl Counter {
    async fn before(database: DatabaseArgs) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let args = DatabaseArgs { port: listener.local_addr().unwrap().port(), ..database.clone() };
        let statements = Arc::new(AtomicUsize::new(0));
        let (mut proxy, count) = (JoinSet::new(), Arc::clone(&statements));
        proxy.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((database.host(), database.port)).await.unwrap();
                let ((from_client, mut to_client), (mut from_server, to_server)) =
                    (client.into_split(), server.into_split());
                connections.spawn(forward(from_client, to_server, Arc::clone(&count)));
                connections
                    .spawn(async move { drop(tokio::io::copy(&mut from_server, &mut to_client).await) });
            }
        });
        Self { args, statements, _proxy: proxy }
    }

    fn take(&self) -> usize {
        self.statements.swap(0, Ordering::SeqCst)
    }
}

/// Passes on what the client sends, message by message: a type, but for the first, a length, and so many bytes.
async fn forward(
    mut client: impl AsyncRead + Unpin,
    mut server: impl AsyncWrite + Unpin,
    count: Arc<AtomicUsize>,
) {
    let mut is_first = true;
    loop {
        let mut head = Vec::new();
        if !is_first {
            let Ok(kind) = client.read_u8().await else { return };
            if matches!(kind, b'Q' | b'E') {
                count.fetch_add(1, Ordering::SeqCst);
            }
            head.push(kind);
        }
        is_first = false;
        let Ok(length) = client.read_u32().await else { return };
        head.extend(length.to_be_bytes());
        let mut body = vec![0; length as usize - 4];
        if client.read_exact(&mut body).await.is_err()
            || server.write_all(&[head, body].concat()).await.is_err()
        {
            return;
        }
    }
}

#[tokio::test]
async fn a_step_of_many_events_takes_as_many_statements_as_a_step_of_few() {
    let fixture = Fixture::create(2).await;
    let counter = Counter::before(fixture.database.args()).await;
    let pool = counter.args.pool(&pool_options()).unwrap();
    let (mut counts, mut first) = (Vec::new(), 0);
    // The first two fill the connections' caches of statements.
    for events in [60, 60, 60, 4_000] {
        let message = |number: usize| Some(MessageBuilder::new(&format!("{:032x}", first + number)).build());
        let values: Vec<_> = (0..events / 2 - 1).map(message).chain([None]).collect();
        first += events;
        fixture.append(0, &values).await;
        fixture.append(1, &values).await;
        counter.take();
        step(&pool, fixture.generation, 10_000).await.unwrap();
        counts.push(counter.take());
    }
    assert_eq!(counts[2], counts[3], "{counts:?}");
    assert!(counts[3] > 5, "the proxy counts: {counts:?}");
}
