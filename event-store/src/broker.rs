//! The way to the brokers: where they are, how they are to prove who they are, and who we are.

use std::fmt;

use clap::{Args, ValueEnum};
use rdkafka::ClientConfig;
use runtime::{Authorities, Secret};
use thiserror::Error;

/// Where the brokers are, and how the way there is protected.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Kafka")]
pub struct BrokerArgs {
    /// Brokers to ask first, as host:port, joined by commas [default: localhost:29092]
    #[arg(
        long = "kafka-bootstrap-servers",
        env = "KAFKA_BOOTSTRAP_SERVERS",
        value_name = "KAFKA_BOOTSTRAP_SERVERS"
    )]
    pub bootstrap_servers: Option<String>,
    /// Whether to speak TLS and to log in [default: TLS where authorities or a user are named, and a login
    /// where a user is]
    #[arg(
        id = "kafka_security_protocol",
        long = "kafka-security-protocol",
        env = "KAFKA_SECURITY_PROTOCOL",
        value_name = "KAFKA_SECURITY_PROTOCOL",
        ignore_case = true
    )]
    pub security_protocol: Option<SecurityProtocol>,
    /// How to log in [default: SCRAM-SHA-512]
    #[arg(
        id = "kafka_sasl_mechanism",
        long = "kafka-sasl-mechanism",
        env = "KAFKA_SASL_MECHANISM",
        value_name = "KAFKA_SASL_MECHANISM",
        ignore_case = true
    )]
    pub sasl_mechanism: Option<SaslMechanism>,
    /// User to log in as
    #[arg(
        id = "kafka_username",
        long = "kafka-username",
        env = "KAFKA_USERNAME",
        value_name = "KAFKA_USERNAME"
    )]
    pub username: Option<String>,
    /// The user's password
    #[arg(
        id = "kafka_password",
        long = "kafka-password",
        env = "KAFKA_PASSWORD",
        value_name = "KAFKA_PASSWORD",
        hide_env_values = true
    )]
    pub password: Option<Secret>,
    /// PEM file of the authorities that may vouch for the brokers [default: the system's]
    #[arg(id = "kafka_ca_path", long = "kafka-ca-path", env = "KAFKA_CA_PATH", value_name = "KAFKA_CA_PATH")]
    pub ca: Option<Authorities>,
}

/// Whether to speak TLS, and whether to log in, under Kafka's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SecurityProtocol {
    /// Neither.
    Plaintext,
    /// TLS.
    Ssl,
    /// Logs in, in plain text.
    SaslPlaintext,
    /// Both.
    SaslSsl,
}

/// How to log in, under Kafka's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SaslMechanism {
    /// Both sides prove that they know the password.
    #[default]
    #[value(name = "SCRAM-SHA-512")]
    ScramSha512,
    /// As above, with a shorter hash.
    #[value(name = "SCRAM-SHA-256")]
    ScramSha256,
    /// The broker is told the password.
    #[value(name = "PLAIN")]
    Plain,
}

/// Settings that can't work together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BrokerError {
    /// Nobody to log in as.
    #[error("KAFKA_SECURITY_PROTOCOL is {0}, which takes a user to log in as: set KAFKA_USERNAME")]
    NoUsername(SecurityProtocol),
    /// Nothing to log in with.
    #[error("there is a user to log in to Kafka as, but no password: set KAFKA_PASSWORD")]
    NoPassword,
}

impl BrokerArgs {
    /// Brokers that ask for nothing.
    pub fn at(bootstrap_servers: impl Into<String>) -> Self {
        Self { bootstrap_servers: Some(bootstrap_servers.into()), ..Self::default() }
    }

    /// The brokers, or where a local one is by default.
    pub fn bootstrap_servers(&self) -> &str {
        self.bootstrap_servers.as_deref().unwrap_or("localhost:29092")
    }

    /// The settings that every client starts from. What isn't set here is as librdkafka has it: nothing is passed through.
    ///
    /// # Errors
    /// When the settings can't work together.
    pub fn client_config(&self) -> Result<ClientConfig, BrokerError> {
        let mut config = ClientConfig::new();
        let protocol = self.security_protocol();
        config
            .set("bootstrap.servers", self.bootstrap_servers())
            .set("client.id", "payload-tracker")
            .set("security.protocol", protocol.to_string());
        if protocol.is_encrypted() {
            // The broker's certificate must be for the name that we asked for.
            config
                .set("enable.ssl.certificate.verification", "true")
                .set("ssl.endpoint.identification.algorithm", "https");
            match &self.ca {
                Some(authorities) => config.set("ssl.ca.pem", authorities.pem()),
                // Our own OpenSSL doesn't know where this system keeps them.
                None => config.set("ssl.ca.location", "probe"),
            };
        }
        if protocol.logs_in() {
            let username = self.username.as_ref().ok_or(BrokerError::NoUsername(protocol))?;
            let password = self.password.as_ref().ok_or(BrokerError::NoPassword)?;
            config
                .set("sasl.mechanism", self.sasl_mechanism.unwrap_or_default().to_string())
                .set("sasl.username", username)
                .set("sasl.password", password.expose());
        }
        Ok(config)
    }

    /// What was given for a protected connection is never sent over another one for want of a word.
    pub(crate) fn security_protocol(&self) -> SecurityProtocol {
        let logs_in = self.username.is_some() || self.password.is_some() || self.sasl_mechanism.is_some();
        self.security_protocol.unwrap_or(match (logs_in, &self.ca) {
            (true, _) => SecurityProtocol::SaslSsl,
            (false, Some(_)) => SecurityProtocol::Ssl,
            (false, None) => SecurityProtocol::Plaintext,
        })
    }
}

impl SecurityProtocol {
    fn is_encrypted(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    fn logs_in(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl fmt::Display for SecurityProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(*self, f)
    }
}

impl fmt::Display for SaslMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(*self, f)
    }
}

/// The name that it is given by is the one that librdkafka knows.
fn write_name(value: impl ValueEnum, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    value.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
}

#[cfg(test)]
mod tests;
