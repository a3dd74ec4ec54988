//! Ports of the loopback interface.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use crate::Error;

/// A port that nobody listened on a moment ago; whoever uses it must be ready to find it taken, and ask again.
///
/// # Errors
/// When the machine has no port left.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Tells a taken port from one that can be used, before a server fails on it with a message of its own.
pub(crate) fn check_free(port: u16) -> Result<(), Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).map_err(|source| Error::from_bind(port, source))
}
