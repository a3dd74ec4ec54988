//! The API on a database of its own.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use clap::Parser as _;
use query_api::{ServeArgs, audit_pool_options, pool_options, probe_pool_options};
use runtime::database::{DatabaseArgs, Role};
use serde_json::Value;
use testkit::{MessageBuilder, TestDatabase, append_events, create_stream};
use tokio::sync::watch;
use tower::ServiceExt as _;

pub(crate) const ID: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
pub(crate) const PREFIXES: [&str; 2] = ["/api/v1", "/app/payload-tracker/api/v1"];

/// The API, to be asked without a socket.
pub(crate) struct Api {
    router: Router,
    pub(crate) database: TestDatabase,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

#[derive(clap::Parser)]
struct Arguments {
    #[command(flatten)]
    serve: ServeArgs,
}

impl Api {
    /// One that shows what these messages fold to.
    pub(crate) async fn of(messages: &[MessageBuilder]) -> Self {
        let api = Self::unprojected().await;
        let values: Vec<_> = messages.iter().map(|message| Some(message.build())).collect();
        api.append(&values).await;
        api.project(values.len()).await;
        api
    }

    /// Appends values to the log.
    pub(crate) async fn append(&self, values: &[Option<Vec<u8>>]) {
        let client = self.database.client().await.unwrap();
        let stream = create_stream(&client, "topic", 0).await.unwrap();
        append_events(&client, stream, values).await.unwrap();
    }

    /// Folds so many events of the log.
    pub(crate) async fn project(&self, event_count: usize) {
        let pool = self.database.pool(&projector::pool_options()).unwrap();
        let generation =
            projector::find_or_create(&pool, projector::Shape { request_id_length: 32, shard_count: 2 })
                .await
                .unwrap();
        projector::step(&pool, generation, event_count.max(1)).await.unwrap();
    }

    /// One on a database without read models.
    pub(crate) async fn unprojected() -> Self {
        Self::on(TestDatabase::create().await.unwrap())
    }

    /// One on a database.
    pub(crate) fn on(database: TestDatabase) -> Self {
        Self { router: Self::router(&database.args()), database }
    }

    /// The routes on any database, whether it is there or not.
    pub(crate) fn router(database: &DatabaseArgs) -> Router {
        Self::router_with(database, &[])
    }

    /// The same, with arguments of the command line.
    fn router_with(database: &DatabaseArgs, arguments: &[&str]) -> Router {
        Self::service(database, arguments).router().unwrap()
    }

    /// The service itself.
    pub(crate) fn service(database: &DatabaseArgs, arguments: &[&str]) -> query_api::Api {
        let arguments = [&["serve"], arguments].concat();
        let args = Arguments::parse_from(arguments).serve;
        let options = pool_options(&args);
        assert!(options.is_read_only && options.role == Role::Reader);
        let audit = database.pool(&audit_pool_options()).unwrap();
        let probe = database.pool(&probe_pool_options(&args)).unwrap();
        // Nobody hints: what is new is found by looking.
        let (_, wake) = watch::channel(());
        query_api::Api { args, pool: database.pool(&options).unwrap(), probe, audit, wake }
    }

    /// The same read models, served with arguments of the command line.
    #[must_use]
    pub(crate) fn with(&self, arguments: &[&str]) -> Self {
        Self { router: Self::router_with(&self.database.args(), arguments), database: self.database.clone() }
    }

    /// Another database asked, whether it is there or not.
    pub(crate) fn over(&self, database: &DatabaseArgs) -> Self {
        Self { router: Self::router(database), database: self.database.clone() }
    }

    /// An answer to who sends these headers.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request =
            headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        get(&self.router, path).await
    }

    /// The JSON of an answer that must be a 200.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.json()
    }

    /// One field of each item of a list.
    pub(crate) async fn column(&self, path: &str, field: &str) -> Vec<String> {
        let answer = self.json(path).await;
        let text = |item: &Value| item[field].as_str().map_or_else(|| item[field].to_string(), str::to_owned);
        answer["data"].as_array().unwrap().iter().map(text).collect()
    }

    pub(crate) async fn graphql(&self, query: &str) -> Value {
        let body = serde_json::json!({ "query": query }).to_string();
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        send(&self.router, request.body(body.into()).unwrap()).await.json()
    }

    /// An answer whose body is still to come.
    pub(crate) async fn respond(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, text }
}

/// A message of request `number`.
pub(crate) fn message(number: u32) -> MessageBuilder {
    MessageBuilder::new(&format!("{number:032x}"))
}
