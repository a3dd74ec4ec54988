//! TLS to PostgreSQL: verified in full, or not at all.

use clap::{Args, ValueEnum};
use rustls::RootCertStore;
use thiserror::Error;
use tokio_postgres::config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Authorities, tls};

/// How the way to PostgreSQL is protected.
#[derive(Args, Clone, Debug, Default)]
pub struct SslArgs {
    /// verify-full: only over TLS, and only to a server that proves to be the host. disable: in plain text [default:
    /// verify-full where a root certificate is named, else disable]
    #[arg(id = "db_ssl_mode", long = "db-ssl-mode", env = "DB_SSL_MODE", value_name = "DB_SSL_MODE")]
    pub mode: Option<SslMode>,
    /// PEM file of the authorities that may vouch for the server [default: the system's]
    #[arg(
        id = "db_ssl_root_cert",
        long = "db-ssl-root-cert",
        env = "DB_SSL_ROOT_CERT",
        value_name = "DB_SSL_ROOT_CERT"
    )]
    pub root_cert: Option<Authorities>,
}

/// Whether TLS is used.
///
/// PostgreSQL knows modes in between. They encrypt without knowing to whom, or fall back to plain text: each means
/// `verify-full` here, so that nobody gets less than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SslMode {
    /// Plain text.
    Disable,
    /// Over TLS, with a server whose certificate is by a trusted authority and for the host that was asked for.
    #[value(aliases = ["allow", "prefer", "require", "verify-ca"])]
    VerifyFull,
}

/// Why TLS can't be used.
#[derive(Debug, Error)]
pub enum SslError {
    /// Nobody could vouch for the server.
    #[error("this system has no certificate authorities: name a PEM file in DB_SSL_ROOT_CERT")]
    NoAuthorities,
    /// A fault of this build.
    #[error("TLS can't be set up")]
    Setup(#[from] rustls::Error),
}

impl SslArgs {
    pub(super) fn mode(&self) -> SslMode {
        let with_authorities = self.root_cert.as_ref().map(|_| SslMode::VerifyFull);
        self.mode.or(with_authorities).unwrap_or(SslMode::Disable)
    }

    /// What the driver is told: `Require` never falls back to plain text, and the connector verifies.
    pub(super) fn driver_mode(&self) -> config::SslMode {
        match self.mode() {
            SslMode::Disable => config::SslMode::Disable,
            SslMode::VerifyFull => config::SslMode::Require,
        }
    }

    /// What makes TLS of a TCP connection. Without use where TLS is disabled.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, SslError> {
        let store = match (self.mode(), &self.root_cert) {
            (SslMode::Disable, _) => RootCertStore::empty(),
            (SslMode::VerifyFull, Some(authorities)) => authorities.store().clone(),
            (SslMode::VerifyFull, None) => tls::system_store().ok_or(SslError::NoAuthorities)?,
        };
        Ok(MakeRustlsConnect::new(tls::config(store)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_of_postgresql_means_at_least_itself() {
        for name in ["allow", "prefer", "require", "verify-ca", "verify-full"] {
            assert_eq!(SslMode::from_str(name, false), Ok(SslMode::VerifyFull), "{name}");
        }
        assert_eq!(SslMode::from_str("disable", false), Ok(SslMode::Disable));
        assert!(SslMode::from_str("yes", false).is_err());
    }

    #[test]
    fn nothing_given_is_plain_text_and_never_a_fall_back() {
        assert_eq!(SslArgs::default().driver_mode(), config::SslMode::Disable);
        let full = SslArgs { mode: Some(SslMode::VerifyFull), root_cert: None };
        assert_eq!(full.driver_mode(), config::SslMode::Require);
    }
}
