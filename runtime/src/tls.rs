//! TLS as a client: with servers that prove who they are.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// Trusts the system's authorities. Where there are none it trusts nobody.
///
/// # Errors
/// A fault of this build.
pub fn system_config() -> Result<ClientConfig, rustls::Error> {
    config(system_store().unwrap_or_else(RootCertStore::empty))
}

/// Trusts these authorities.
pub(crate) fn config(store: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

/// The system's authorities, if it has any.
pub(crate) fn system_store() -> Option<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    (!store.is_empty()).then_some(store)
}
