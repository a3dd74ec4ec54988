//! Heads: what a chain of events comes down to.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use bytes::BytesMut;
use postgres_types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use thiserror::Error;

/// The running digest of a stream, over all its events up to some offset. Shown as 64 hex digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Head(pub [u8; 32]);

/// A text that is no [`Head`].
#[derive(Clone, Copy, Debug, Error)]
#[error("not a head: 64 hex digits are expected")]
pub struct ParseHeadError;

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Head {
    type Err = ParseHeadError;

    fn from_str(text: &str) -> Result<Self, ParseHeadError> {
        let mut head = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(ParseHeadError);
        }
        for (byte, number) in head.iter_mut().zip(0..) {
            let digits = &text[2 * number..2 * number + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ParseHeadError)?;
        }
        Ok(Self(head))
    }
}

impl serde::Serialize for Head {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Head {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<'a> FromSql<'a> for Head {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(<&[u8]>::from_sql(ty, raw)?.try_into()?))
    }

    accepts!(BYTEA);
}

impl ToSql for Head {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.as_slice().to_sql(ty, out)
    }

    accepts!(BYTEA);
    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_back_from_what_is_shown() {
        let head = Head(std::array::from_fn(|number| u8::try_from(number * 8).unwrap()));
        assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
        for text in ["", "00", &"g".repeat(64), &"ä".repeat(32)] {
            assert!(text.parse::<Head>().is_err(), "{text}");
        }
    }
}
