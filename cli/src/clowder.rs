//! The configuration that the Clowder operator mounts into a pod: a JSON file, named by `ACG_CONFIG`.
//!
//! Its fields: <https://github.com/RedHatInsights/clowder>, `controllers/cloud.redhat.com/config/schema.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::error::Category;
use thiserror::Error;

/// The name under which the topic is asked for; the real one may be another.
const REQUESTED_TOPIC: &str = "platform.payload-status";
const KAFKA_PORT: u16 = 9092;

/// What the file says, by the variable that would say the same.
pub(crate) type Variables = BTreeMap<&'static str, String>;

/// Why it says nothing.
#[derive(Debug, Error)]
pub(crate) enum ClowderError {
    #[error("ACG_CONFIG names {path}, which can't be read: {source}")]
    Unreadable { path: String, source: std::io::Error },
    /// Without what is there instead, which may be a secret.
    #[error("ACG_CONFIG names {path}, which isn't a Clowder configuration: {reason}")]
    Invalid { path: String, reason: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppConfig {
    public_port: Option<u16>,
    /// The old name of the former.
    web_port: Option<u16>,
    metrics_port: Option<u16>,
    metrics_path: Option<String>,
    kafka: Option<Kafka>,
    database: Option<Database>,
}

#[derive(Deserialize)]
struct Kafka {
    brokers: Vec<Broker>,
    #[serde(default)]
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Broker {
    hostname: String,
    port: Option<u16>,
    cacert: Option<String>,
    security_protocol: Option<String>,
    sasl: Option<Sasl>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sasl {
    username: Option<String>,
    password: Option<String>,
    sasl_mechanism: Option<String>,
    /// Where it was before it moved to the broker.
    security_protocol: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Topic {
    requested_name: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Database {
    hostname: String,
    port: u16,
    name: String,
    username: String,
    password: String,
    ssl_mode: Option<String>,
    rds_ca: Option<String>,
}

/// Reads the file.
pub(crate) fn read(path: &Path) -> Result<Variables, ClowderError> {
    let name = || path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|source| ClowderError::Unreadable { path: name(), source })?;
    let config: AppConfig = serde_json::from_str(&text)
        .map_err(|error| ClowderError::Invalid { path: name(), reason: reason(&error) })?;
    Ok(config.variables())
}

/// Where it is wrong, and in which way.
fn reason(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Io | Category::Syntax => "no JSON",
        Category::Eof => "JSON that ends too early",
        Category::Data => "a field of another type, or one that is missing",
    };
    format!("{what} at line {}, column {}", error.line(), error.column())
}

impl AppConfig {
    fn variables(self) -> Variables {
        let port = |port: Option<u16>| port.map(|port| port.to_string());
        let own = [
            ("PUBLICPORT", port(self.public_port.or(self.web_port))),
            ("METRICSPORT", port(self.metrics_port)),
            ("METRICS_PATH", self.metrics_path),
        ];
        let kafka = self.kafka.map(Kafka::variables).unwrap_or_default();
        let database = self.database.map(Database::variables).unwrap_or_default();
        let all = own.into_iter().chain(kafka).chain(database);
        all.filter_map(|(name, value)| Some((name, given(value)?))).collect()
    }
}

/// What is empty says nothing.
fn given(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

type Pairs = Vec<(&'static str, Option<String>)>;

impl Kafka {
    /// The servers are those of all brokers; how to speak to them is the same for all, so the first one says it.
    fn variables(self) -> Pairs {
        let servers: Vec<String> = self.brokers.iter().map(Broker::server).collect();
        let topic = self.topics.into_iter().find(|topic| topic.requested_name == REQUESTED_TOPIC);
        let mut pairs = vec![
            ("KAFKA_BOOTSTRAP_SERVERS", Some(servers.join(","))),
            ("TOPIC_PAYLOAD_STATUS", topic.map(|topic| topic.name)),
        ];
        pairs.extend(self.brokers.into_iter().next().map(Broker::variables).unwrap_or_default());
        pairs
    }
}

impl Broker {
    fn server(&self) -> String {
        format!("{}:{}", self.hostname, self.port.unwrap_or(KAFKA_PORT))
    }

    fn variables(self) -> Pairs {
        let sasl = self.sasl.unwrap_or_default();
        vec![
            ("KAFKA_SECURITY_PROTOCOL", given(self.security_protocol).or(sasl.security_protocol)),
            ("KAFKA_SASL_MECHANISM", sasl.sasl_mechanism),
            ("KAFKA_USERNAME", sasl.username),
            ("KAFKA_PASSWORD", sasl.password),
            ("KAFKA_CA_PATH", self.cacert),
        ]
    }
}

impl Database {
    fn variables(self) -> Pairs {
        vec![
            ("DB_HOST", Some(self.hostname)),
            ("DB_PORT", Some(self.port.to_string())),
            ("DB_NAME", Some(self.name)),
            ("DB_USER", Some(self.username)),
            ("DB_PASSWORD", Some(self.password)),
            ("DB_SSL_MODE", self.ssl_mode),
            ("DB_SSL_ROOT_CERT", self.rds_ca),
        ]
    }
}

#[cfg(test)]
mod tests;
