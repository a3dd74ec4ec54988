//! Values: what a column can hold, borrowed from the row that it is of.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use chrono::{DateTime, SecondsFormat, Utc};
use postgres_types::{IsNull, Json, ToSql, Type, to_sql_checked};
use schema::{Claim, Claims, NameId, RequestId};

use crate::copy_out::CopiedRow;

/// A value of a column.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int4(i32),
    Int8(i64),
    Time(DateTime<Utc>),
    Name(NameId),
    Text(&'a str),
    Claims(&'a Claims),
    /// What stands in a column as it is: jsonb, and what can't be read.
    Raw(&'a [u8]),
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Bool(value) => value.to_sql(kind, out),
            Self::Int4(value) => value.to_sql(kind, out),
            Self::Int8(value) => value.to_sql(kind, out),
            Self::Time(value) => value.to_sql(kind, out),
            Self::Name(value) => value.to_sql(kind, out),
            Self::Text(value) => value.to_sql(kind, out),
            Self::Claims(value) => Json(value).to_sql(kind, out),
            Self::Raw(value) => {
                out.extend_from_slice(value);
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        // The lists of columns pair them.
        true
    }

    to_sql_checked!();
}

impl<'a> Value<'a> {
    /// What stands in a column.
    pub(crate) fn stored(row: &'a CopiedRow, at: usize, kind: &Type) -> Self {
        let value = match *kind {
            Type::BOOL => row.get::<Option<bool>>(at).map(|value| value.map_or(Self::Null, Self::Bool)),
            Type::INT4 => row.get::<Option<i32>>(at).map(Self::from),
            Type::INT8 => row.get::<Option<i64>>(at).map(Self::from),
            Type::TIMESTAMPTZ => row.get::<Option<DateTime<Utc>>>(at).map(Self::from),
            Type::UUID => row.get::<Option<NameId>>(at).map(Self::from),
            Type::JSONB => Ok(row.bytes(at).map_or(Self::Null, Self::Raw)),
            _ => row.get::<Option<&str>>(at).map(Self::from),
        };
        // What is damaged is told apart by its bytes: no date is `infinity`.
        value.unwrap_or_else(|_| row.bytes(at).map_or(Self::Null, Self::Raw))
    }

    /// About how much it takes in memory, with what keeps it.
    pub(super) fn size(&self) -> usize {
        let text = match self {
            Self::Text(value) => value.len(),
            Self::Raw(value) => value.len(),
            _ => 0,
        };
        text + size_of::<String>()
    }

    /// Adds the value to what a digest is of, so that it is told apart from all others.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        let mut add = |tag: u8, value: &[u8]| {
            bytes.push(tag);
            bytes.extend_from_slice(value);
        };
        match self {
            Self::Null => add(0, &[]),
            Self::Bool(value) => add(1, &[u8::from(*value)]),
            Self::Int4(value) => add(2, &value.to_le_bytes()),
            Self::Int8(value) => add(3, &value.to_le_bytes()),
            Self::Time(value) => add(4, &value.timestamp_micros().to_le_bytes()),
            Self::Name(value) => add(5, value.as_bytes()),
            Self::Text(value) => {
                add(6, &(value.len() as u64).to_le_bytes());
                bytes.extend_from_slice(value.as_bytes());
            }
            Self::Claims(value) => Value::Raw(&jsonb(value)).encode(bytes),
            Self::Raw(value) => {
                add(7, &(value.len() as u64).to_le_bytes());
                bytes.extend_from_slice(value);
            }
        }
    }
}

/// Claims as PostgreSQL sends them: a version, and a text in which shorter keys come first. So whatever else stands in a column
/// is found, and nothing has to be read to find it.
fn jsonb(claims: &Claims) -> Vec<u8> {
    let Claims { account, org_id, inventory_id, system_id } = claims;
    let named =
        [("org_id", org_id), ("account", account), ("system_id", system_id), ("inventory_id", inventory_id)];
    let member = |(name, claim): (&str, &Option<Claim>)| {
        let Claim { date, stream, offset } = (*claim)?;
        let date = date.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        Some(format!(r#""{name}": {{"date": "{date}", "offset": {offset}, "stream": {}}}"#, stream.0))
    };
    let members: Vec<String> = named.into_iter().filter_map(member).collect();
    format!("\u{1}{{{}}}", members.join(", ")).into_bytes()
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("-"),
            Self::Bool(value) => value.fmt(f),
            Self::Int4(value) => value.fmt(f),
            Self::Int8(value) => value.fmt(f),
            Self::Time(value) => value.to_rfc3339().fmt(f),
            Self::Name(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::Claims(_) => f.write_str("claims"),
            Self::Raw(_) => f.write_str("(unreadable)"),
        }
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a RequestId> for Value<'a> {
    fn from(value: &'a RequestId) -> Self {
        Self::Text(value.as_str())
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Self::Int4(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int8(value)
    }
}

impl From<DateTime<Utc>> for Value<'_> {
    fn from(value: DateTime<Utc>) -> Self {
        Self::Time(value)
    }
}

impl From<NameId> for Value<'_> {
    fn from(value: NameId) -> Self {
        Self::Name(value)
    }
}
