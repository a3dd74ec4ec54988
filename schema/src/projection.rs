//! Generations of read models.

use std::fmt;

use postgres_types::{FromSql, ToSql};

/// The version of decode, fold and read-model tables that this build knows.
///
/// Whatever changes what the same events fold to is a new version, and so a new generation.
pub const PROJECTION_VERSION: i32 = 1;

/// The tables of a generation of [`PROJECTION_VERSION`], to be run with `search_path` set to [`GenerationId::schema`].
pub const PROJECTION_DDL: &str = include_str!("../projections/v1.sql");

/// The key of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ToSql, FromSql)]
#[postgres(transparent)]
pub struct GenerationId(pub i32);

impl GenerationId {
    /// The PostgreSQL schema that holds the generation's tables.
    pub fn schema(self) -> String {
        format!("projection_{}", self.0)
    }
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
