//! Gaps: offsets that the broker skipped.

use std::fmt;

use postgres_types::{FromSql, ToSql};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use crate::StreamId;

/// A row of `offset_gaps`: the broker went from `from_offset` to `to_offset` without handing out what lies between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetGap {
    /// The stream that has the gap.
    pub stream: StreamId,
    /// The first missing offset.
    pub from_offset: i64,
    /// The first offset that is there again.
    pub to_offset: i64,
    /// Why, where that is known.
    pub reason: GapReason,
}

/// Why offsets were skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Retention or delete-records took the records before they were read. They are lost.
    Expired,
    /// The topic is compacted: later records of the same keys replaced them.
    Compacted,
    /// Control records, and records of transactions that were aborted. Nothing was to be had.
    Transaction,
    /// The broker didn't say.
    Unknown,
}

impl OffsetGap {
    /// Reads a row that holds all columns of `offset_gaps` by name.
    pub fn from_row(row: &Row) -> Self {
        Self {
            stream: row.get("stream_id"),
            from_offset: row.get("from_offset"),
            to_offset: row.get("to_offset"),
            reason: row.get("reason"),
        }
    }

    /// How many offsets it spans.
    pub fn offset_count(&self) -> u64 {
        self.to_offset.abs_diff(self.from_offset)
    }
}

impl GapReason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Expired, Self::Compacted, Self::Transaction, Self::Unknown];

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Compacted => "compacted",
            Self::Transaction => "transaction",
            Self::Unknown => "unknown",
        }
    }

    /// Whether something that was published is missing from the log, or may be.
    pub fn is_loss(self) -> bool {
        self != Self::Transaction
    }
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ToSql for GapReason {
    fn to_sql(
        &self,
        ty: &postgres_types::Type,
        out: &mut bytes::BytesMut,
    ) -> Result<postgres_types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.as_str().to_sql(ty, out)
    }

    postgres_types::accepts!(TEXT);
    postgres_types::to_sql_checked!();
}

impl<'a> FromSql<'a> for GapReason {
    fn from_sql(
        ty: &postgres_types::Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        match <&str>::from_sql(ty, raw)? {
            "expired" => Ok(Self::Expired),
            "compacted" => Ok(Self::Compacted),
            "transaction" => Ok(Self::Transaction),
            "unknown" => Ok(Self::Unknown),
            other => Err(format!("not a reason of a gap: {other}").into()),
        }
    }

    postgres_types::accepts!(TEXT);
}
