//! A second door to the broker: TLS, and a login with SCRAM.

use std::fs;
use std::path::Path;

use anyhow::Result;
use embedded::free_port;

use crate::Authority;

/// Who may log in.
pub(super) const USERNAME: &str = "tracker";
pub(super) const PASSWORD: &str = "only known to tests";

/// Where the door is.
#[derive(Debug)]
pub(super) struct Secured {
    pub(super) port: u16,
    certificate: String,
}

impl Secured {
    /// Prepares one, whose certificate is for `localhost` alone.
    pub(super) fn new(authority: &Authority) -> Result<Self> {
        let identity = authority.identity_of("localhost")?;
        Ok(Self { port: free_port()?, certificate: identity.key + &identity.certificate })
    }

    /// The listener as the broker names it.
    pub(super) fn listener(&self) -> String {
        format!(",SECURED://127.0.0.1:{}", self.port)
    }

    /// The broker's settings; writes the file that they name.
    pub(super) fn properties(&self, folder: &Path) -> Result<String> {
        let keystore = folder.join("identity.pem");
        fs::write(&keystore, &self.certificate)?;
        Ok(format!(
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL\n\
             sasl.enabled.mechanisms=SCRAM-SHA-512\n\
             listener.name.secured.scram-sha-512.sasl.jaas.config=\
             org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
             listener.name.secured.ssl.keystore.type=PEM\n\
             listener.name.secured.ssl.keystore.location={}\n",
            keystore.display()
        ))
    }
}

/// What formatting the storage is told, so that the user is there from the start.
pub(super) fn scram() -> String {
    format!("SCRAM-SHA-512=[name={USERNAME},password={PASSWORD}]")
}
