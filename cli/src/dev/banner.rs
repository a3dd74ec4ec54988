//! What `dev` prints once everything runs: where it is, and lines to try.

use std::convert::Infallible;
use std::time::Duration;

use runtime::health::Health;
use tokio_util::sync::CancellationToken;

use super::DevArgs;

/// The text, for servers that are known by now.
pub(super) fn text(args: &DevArgs) -> String {
    let (broker, topic) = (args.kafka.broker.bootstrap_servers(), &args.kafka.topic);
    let api = args.serve.public_port;
    let metrics = args.admin.metrics_port;
    let (host, port) = (args.database.host(), args.database.port);
    let (user, name) = (&args.database.user, &args.database.name);
    format!(
        r#"
payload-tracker is running. Ctrl-C stops all of it.

  Kafka broker  {broker}  (topic {topic})
  REST          http://localhost:{api}/api/v1/payloads  (/api/v1/docs describes it)
  GraphiQL      http://localhost:{api}/graphql
  metrics       http://localhost:{metrics}/metrics  (/live, /ready)
  PostgreSQL    psql -h {host} -p {port} -U {user} {name}

Try, in another terminal:

  echo '{{"service":"puptoo","request_id":"0a1b2c3d4e5f60718293a4b5c6d7e8f9","status":"received","date":"2026-08-22T04:17:03Z"}}' \
    | kcat -b {broker} -t {topic} -P
  curl http://localhost:{api}/api/v1/payloads
  curl http://localhost:{api}/api/v1/payloads/0a1b2c3d4e5f60718293a4b5c6d7e8f9
  curl http://localhost:{api}/api/v1/statuses
  curl http://localhost:{api}/graphql -H 'content-type: application/json' \
    -d '{{"query":"{{ payloads {{ totalCount nodes {{ requestId outcome statusCount }} }} }}"}}'
  payload-tracker seed --kafka-bootstrap-servers {broker} --messages 10000
"#
    )
}

/// Prints it once every part is ready, and then waits for the stop.
pub(super) async fn print_when_ready(
    text: String,
    health: Health,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    while !health.reasons().is_empty() && !stop.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    #[expect(clippy::print_stdout, reason = "it is for the person at the terminal")]
    if !stop.is_cancelled() {
        println!("{text}");
    }
    stop.cancelled().await;
    Ok(())
}
