//! Each field of the file, and the variable that it stands for.

use serde_json::{Value, json};

use super::*;

fn variables(config: Value) -> Variables {
    serde_json::from_value::<AppConfig>(config).unwrap().variables()
}

fn kafka(broker: Value) -> Variables {
    let mut variables = variables(json!({ "kafka": { "brokers": [broker], "topics": [] } }));
    variables.remove("KAFKA_BOOTSTRAP_SERVERS");
    variables
}

#[test]
fn ports_and_the_path_of_the_metrics_are_taken() {
    let config = json!({ "publicPort": 8000, "webPort": 1, "metricsPort": 9000, "metricsPath": "/metrics" });
    let expected = [("METRICSPORT", "9000"), ("METRICS_PATH", "/metrics"), ("PUBLICPORT", "8000")];
    assert_eq!(variables(config), expected.map(|(name, value)| (name, value.to_owned())).into());
    assert_eq!(variables(json!({ "webPort": 8001 }))["PUBLICPORT"], "8001");
}

#[test]
fn all_brokers_are_joined_and_the_topic_is_found_by_the_name_it_was_asked_for() {
    let config = json!({ "kafka": {
        "brokers": [{ "hostname": "a", "port": 9093 }, { "hostname": "b" }],
        "topics": [
            { "requestedName": "platform.other", "name": "other" },
            { "requestedName": "platform.payload-status", "name": "env-7.platform.payload-status" },
        ],
    }});
    let variables = variables(config);
    assert_eq!(variables["KAFKA_BOOTSTRAP_SERVERS"], "a:9093,b:9092");
    assert_eq!(variables["TOPIC_PAYLOAD_STATUS"], "env-7.platform.payload-status");
    assert_eq!(variables.len(), 2);
}

#[test]
fn the_way_to_the_brokers_is_that_of_the_first() {
    let broker = json!({
        "hostname": "a", "port": 9093, "cacert": "a PEM", "securityProtocol": "SASL_SSL", "authtype": "sasl",
        "sasl": { "username": "user", "password": "secret", "saslMechanism": "SCRAM-SHA-512", "securityProtocol": "SASL_PLAINTEXT" },
    });
    let expected = [
        ("KAFKA_CA_PATH", "a PEM"),
        ("KAFKA_PASSWORD", "secret"),
        ("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"),
        ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
        ("KAFKA_USERNAME", "user"),
    ];
    assert_eq!(kafka(broker), expected.map(|(name, value)| (name, value.to_owned())).into());
}

#[test]
fn the_protocol_is_also_found_where_it_was_in_the_past() {
    let broker = json!({ "hostname": "a", "sasl": { "securityProtocol": "SASL_SSL" } });
    assert_eq!(kafka(broker)["KAFKA_SECURITY_PROTOCOL"], "SASL_SSL");
}

#[test]
fn tls_takes_no_login() {
    let broker = json!({ "hostname": "a", "cacert": "a PEM", "securityProtocol": "SSL" });
    assert_eq!(kafka(broker).into_keys().collect::<Vec<_>>(), ["KAFKA_CA_PATH", "KAFKA_SECURITY_PROTOCOL"]);
}

#[test]
fn the_database_is_taken_with_its_authority() {
    let variables = variables(json!({ "database": {
        "hostname": "db", "port": 5433, "name": "tracker", "username": "user", "password": "secret",
        "adminUsername": "root", "adminPassword": "not ours", "sslMode": "verify-full", "rdsCa": "a PEM",
    }}));
    let expected = [
        ("DB_HOST", "db"),
        ("DB_NAME", "tracker"),
        ("DB_PASSWORD", "secret"),
        ("DB_PORT", "5433"),
        ("DB_SSL_MODE", "verify-full"),
        ("DB_SSL_ROOT_CERT", "a PEM"),
        ("DB_USER", "user"),
    ];
    assert_eq!(variables, expected.map(|(name, value)| (name, value.to_owned())).into());
}

#[test]
fn what_is_empty_or_unknown_says_nothing() {
    let config = json!({ "metricsPath": "", "logging": { "type": "null" }, "endpoints": [], "kafka": null });
    assert_eq!(variables(config), Variables::new());
}
