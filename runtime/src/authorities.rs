//! Certificate authorities: whom a connection trusts to say who a server is.

use std::fmt;
use std::fs;
use std::str::FromStr;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use thiserror::Error;

/// The certificates of a PEM file, read when the option that names it is.
///
/// So a file that can't be used stops the start, and nothing is read again later: a new file takes a restart.
#[derive(Clone)]
pub struct Authorities {
    pem: String,
    store: RootCertStore,
}

/// Why there are none.
#[derive(Debug, Error)]
pub enum AuthoritiesError {
    /// The file isn't there, or isn't ours to read.
    #[error("the file can't be read: {0}")]
    Unreadable(std::io::Error),
    /// It holds something else.
    #[error("no certificate in PEM form is in it")]
    NoCertificate,
}

impl Authorities {
    /// As PEM: for a TLS stack of its own.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// For rustls.
    pub fn store(&self) -> &RootCertStore {
        &self.store
    }
}

/// The path of a PEM file, or what would be in it.
impl FromStr for Authorities {
    type Err = AuthoritiesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pem = if text.contains("-----BEGIN ") {
            text.to_owned()
        } else {
            fs::read_to_string(text).map_err(AuthoritiesError::Unreadable)?
        };
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        let mut store = RootCertStore::empty();
        // A bundle may hold one that is too old to be understood; what matters is that there is one that is.
        let (usable, _) =
            store.add_parsable_certificates(certificates.map_err(|_| AuthoritiesError::NoCertificate)?);
        if usable == 0 {
            return Err(AuthoritiesError::NoCertificate);
        }
        Ok(Self { pem, store })
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} certificates", self.store.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_can_not_be_used_says_so() {
        let missing = "/there/is/no/such/file.pem".parse::<Authorities>().unwrap_err();
        assert!(missing.to_string().contains("can't be read: No such file"), "{missing}");
        let other = "/dev/null".parse::<Authorities>().unwrap_err();
        assert!(matches!(other, AuthoritiesError::NoCertificate), "{other}");
        let broken = "-----BEGIN CERTIFICATE-----\naGk=\n-----END CERTIFICATE-----\n".parse::<Authorities>();
        assert!(matches!(broken, Err(AuthoritiesError::NoCertificate)));
    }
}
