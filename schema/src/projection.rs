//! Generations of read models.

use std::fmt;

use postgres_types::{FromSql, ToSql};

/// The version of decode, fold and read-model tables that this build knows.
///
/// Whatever changes what the same events fold to is a new version, and so a new generation.
pub const PROJECTION_VERSION: i32 = 4;

/// The tables of a generation of [`PROJECTION_VERSION`], to be run with `search_path` set to [`GenerationId::schema`].
pub const PROJECTION_TABLES: &str = include_str!("../projections/v4/tables.sql");

/// The index by which a rebuild reads the statuses it has loaded. Run like the tables, and any number of times.
pub const STATUS_INDEX: &str = include_str!("../projections/v4/statuses.sql");

/// The other indexes. Run like the tables, and any number of times.
pub const PROJECTION_INDEXES: &str = include_str!("../projections/v4/indexes.sql");

/// Who sees which of their rows. Run like the tables, and any number of times.
pub const PROJECTION_POLICIES: &str = include_str!("../projections/v4/policies.sql");

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
