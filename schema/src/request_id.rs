//! Request ids: one canonical form for the many that producers send.

use std::fmt;

use postgres_types::{FromSql, ToSql};
use serde::Serialize;
use uuid::Uuid;

/// The key of a payload: 32 lower-case hex digits, or verbatim where the producer's id is of no known form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ToSql, FromSql, Serialize)]
#[postgres(transparent)]
#[serde(transparent)]
pub struct RequestId(String);

/// What the text of a request id turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestIdForm {
    /// 32 hex digits or a dashed UUID, in any case.
    Uuid(RequestId),
    /// `root:slice:host`, of UUIDs in either form: a status of the root's payload, about the part that the rest names.
    Chain {
        /// The first id: whose payload it is.
        root: RequestId,
        /// The rest in canonical form, joined by `:`.
        part: String,
    },
    /// Anything else, verbatim.
    Other(RequestId),
}

impl RequestId {
    /// The id to look a payload up by, for any form in which a client may know it.
    pub fn lookup(text: &str) -> Self {
        match RequestIdForm::parse(text) {
            RequestIdForm::Uuid(id) | RequestIdForm::Other(id) | RequestIdForm::Chain { root: id, .. } => id,
        }
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl RequestIdForm {
    /// Tells the form of an id. Every text has one.
    pub fn parse(text: &str) -> Self {
        if let Some(canonical) = canonical_uuid(text) {
            return Self::Uuid(RequestId(canonical));
        }
        match canonical_chain(text) {
            Some((root, part)) => Self::Chain { root: RequestId(root), part },
            None => Self::Other(RequestId(text.to_owned())),
        }
    }
}

fn canonical_chain(text: &str) -> Option<(String, String)> {
    let (root, rest) = text.split_once(':')?;
    let root = canonical_uuid(root)?;
    let rest: Vec<String> = rest.split(':').map(canonical_uuid).collect::<Option<_>>()?;
    Some((root, rest.join(":")))
}

fn canonical_uuid(text: &str) -> Option<String> {
    // The parser also takes the braced and the URN form, which no producer sends: the length rules them out.
    if text.len() != 32 && text.len() != 36 {
        return None;
    }
    let uuid = Uuid::try_parse(text).ok()?;
    Some(uuid.simple().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANONICAL: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

    #[test]
    fn every_form_of_a_uuid_is_the_same_payload() {
        for text in [CANONICAL, "0A1B2C3D4E5F60718293A4B5C6D7E8F9", "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"] {
            assert_eq!(RequestIdForm::parse(text), RequestIdForm::Uuid(RequestId(CANONICAL.to_owned())));
        }
    }

    #[test]
    fn a_chain_belongs_to_its_root_and_keeps_the_rest_as_the_part() {
        let other = "ffffffff-0000-0000-0000-000000000001";
        let form = RequestIdForm::parse(&format!("{CANONICAL}:{other}:{other}"));
        let part = "ffffffff000000000000000000000001:ffffffff000000000000000000000001";
        let expected = RequestIdForm::Chain { root: RequestId(CANONICAL.to_owned()), part: part.to_owned() };
        assert_eq!(form, expected);
    }

    #[test]
    fn what_is_no_uuid_stays_verbatim() {
        for text in ["third-party", "-1", "host/rand-000001", "", ":", &format!("{CANONICAL}:x"), "é"] {
            assert_eq!(RequestIdForm::parse(text), RequestIdForm::Other(RequestId(text.to_owned())));
        }
    }
}
