//! Names that are keys, however long they are.

use std::fmt;

use postgres_types::{FromSql, ToSql};
use uuid::Uuid;

/// Sixteen bytes that stand for one or more texts where PostgreSQL needs a key: an index refuses a row of more than 2,704 bytes,
/// and a producer may send a service name of a megabyte.
///
/// They are the first of a BLAKE3 over the texts, each behind its length, so that no two lists of texts run together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, ToSql, FromSql)]
#[postgres(transparent)]
pub struct NameId(Uuid);

impl NameId {
    /// Stands for what isn't told apart: all kinds together.
    pub const ALL: Self = Self(Uuid::nil());

    /// The id of these texts; that one is absent counts too.
    pub fn of(texts: &[Option<&str>]) -> Self {
        let mut bytes = Vec::with_capacity(128);
        for text in texts {
            // No text is as long as what marks an absent one.
            let length = text.map_or(u64::MAX, |text| text.len() as u64);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
        }
        let hash = blake3::hash(&bytes);
        let (first, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
        Self(Uuid::from_bytes(*first))
    }

    /// The sixteen bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for NameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_texts_have_different_ids() {
        let ids = [
            NameId::of(&[Some("ab"), Some("c")]),
            NameId::of(&[Some("a"), Some("bc")]),
            NameId::of(&[Some("abc"), None]),
            NameId::of(&[Some("abc"), Some("")]),
            NameId::of(&[Some("abc")]),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id), "{at}");
        }
    }
}
