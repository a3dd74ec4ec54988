//! What each combination of settings comes to.

use super::*;

/// Unexpired for long, and of nobody: only that it is a certificate matters here.
const CA: &str = include_str!("authority.pem");

fn args(username: Option<&str>, password: Option<&str>, with_ca: bool) -> BrokerArgs {
    BrokerArgs {
        username: username.map(str::to_owned),
        password: password.map(Secret::from),
        ca: with_ca.then(|| CA.parse().unwrap()),
        ..BrokerArgs::at("broker:9093")
    }
}

#[test]
fn without_a_word_about_it_the_protocol_is_the_one_that_keeps_what_was_given() {
    for (args, expected) in [
        (args(None, None, false), "PLAINTEXT"),
        (args(None, None, true), "SSL"),
        (args(Some("user"), Some("secret"), false), "SASL_SSL"),
        (args(Some("user"), Some("secret"), true), "SASL_SSL"),
    ] {
        assert_eq!(args.client_config().unwrap().get("security.protocol"), Some(expected));
    }
}

// Seen to fail with ssl.endpoint.identification.algorithm set to none.
#[test]
fn whoever_encrypts_also_verifies_the_host_name() {
    for (with_ca, authorities) in [(true, ("ssl.ca.pem", CA)), (false, ("ssl.ca.location", "probe"))] {
        let args = args(Some("user"), Some("secret"), with_ca);
        let config = args.client_config().unwrap();
        assert_eq!(config.get("ssl.endpoint.identification.algorithm"), Some("https"));
        assert_eq!(config.get("enable.ssl.certificate.verification"), Some("true"));
        assert_eq!(config.get(authorities.0), Some(authorities.1));
        assert_eq!(config.get("sasl.mechanism"), Some("SCRAM-SHA-512"));
    }
}

#[test]
fn a_login_without_user_or_password_is_refused_and_names_the_variable() {
    let nobody = BrokerArgs { security_protocol: Some(SecurityProtocol::SaslSsl), ..args(None, None, true) };
    let error = nobody.client_config().unwrap_err().to_string();
    assert!(error.contains("SASL_SSL") && error.contains("KAFKA_USERNAME"), "{error}");
    let error = args(None, Some("secret"), false).client_config().unwrap_err().to_string();
    assert!(error.contains("KAFKA_USERNAME"), "a password alone means a login, too: {error}");
    let error = args(Some("user"), None, false).client_config().unwrap_err().to_string();
    assert!(error.contains("KAFKA_PASSWORD"), "{error}");
}

#[test]
fn a_client_can_be_made_of_every_combination() {
    for protocol in SecurityProtocol::value_variants() {
        for mechanism in SaslMechanism::value_variants() {
            let args = BrokerArgs {
                security_protocol: Some(*protocol),
                sasl_mechanism: Some(*mechanism),
                ..args(Some("user"), Some("secret"), true)
            };
            let made: Result<rdkafka::consumer::BaseConsumer, _> = args.client_config().unwrap().create();
            assert!(made.is_ok(), "{protocol} {mechanism}: {:?}", made.err());
        }
    }
}

#[test]
fn the_password_is_shown_nowhere() {
    let args = args(Some("user"), Some("hunter2"), true);
    let shown = format!("{args:?} {:?}", args.client_config().unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}
