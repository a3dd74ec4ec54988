//! The object of a message: the ten fields that mean something, as raw JSON.
//!
//! Values stay raw until asked for, because of what real producers send: numbers for texts, lone surrogates, fields twice.

use std::fmt;

use schema::Reason;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{Rejection, field, rejection};

/// Deeper is no message. `serde_json` skips values without recursion, so the limit is for readers of the raw value.
const DEEPEST: usize = 64;

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Service,
    Source,
    Status,
    StatusMsg,
    RequestId,
    Account,
    OrgId,
    InventoryId,
    SystemId,
    Date,
}

const FIELDS: [Field; 10] = [
    Field::Service,
    Field::Source,
    Field::Status,
    Field::StatusMsg,
    Field::RequestId,
    Field::Account,
    Field::OrgId,
    Field::InventoryId,
    Field::SystemId,
    Field::Date,
];

impl Field {
    /// Its name in the message.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Source => "source",
            Self::Status => "status",
            Self::StatusMsg => "status_msg",
            Self::RequestId => "request_id",
            Self::Account => "account",
            Self::OrgId => "org_id",
            Self::InventoryId => "inventory_id",
            Self::SystemId => "system_id",
            Self::Date => "date",
        }
    }

    /// The field of this name, and whether the name is exact or only differs in case.
    fn named(name: &str) -> Option<(Self, bool)> {
        let exact = FIELDS.into_iter().find(|field| field.name() == name).map(|field| (field, true));
        let folded = || {
            FIELDS
                .into_iter()
                .find(|field| field.name().eq_ignore_ascii_case(name))
                .map(|field| (field, false))
        };
        exact.or_else(folded)
    }
}

/// The raw values of the fields.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields<'a> {
    values: [Option<Value<'a>>; FIELDS.len()],
}

#[derive(Clone, Copy, Debug)]
struct Value<'a> {
    json: &'a str,
    is_exact: bool,
}

impl<'a> Fields<'a> {
    /// Reads the one object that the text must be.
    pub(super) fn parse(text: &'a str) -> Result<Self, Rejection> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let is_object = text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{');
        let parsed = if is_object {
            deserializer.deserialize_map(FieldsVisitor).map(Some)
        } else {
            deserializer.deserialize_ignored_any(IgnoredAny).map(|_| None)
        };
        let fields = parsed.map_err(|error| rejection(Reason::NotJson, describe(&error)))?;
        deserializer.end().map_err(|error| rejection(Reason::TrailingBytes, describe(&error)))?;
        let fields =
            fields.ok_or_else(|| rejection(Reason::NotAnObject, "the value is JSON, but no object"))?;
        if depth(text) > DEEPEST {
            return Err(rejection(Reason::TooDeep, format!("nested deeper than {DEEPEST}")));
        }
        Ok(fields)
    }

    /// The text of a field: as a string says, or the JSON itself. `None` when it is absent or null.
    pub(super) fn text(&self, field: Field) -> Option<String> {
        field::text(self.values[field as usize]?.json)
    }

    /// An optional field: the empty text counts as absent.
    pub(super) fn optional(&self, field: Field) -> Option<String> {
        self.text(field).filter(|text| !text.is_empty())
    }

    /// A field that must be a scalar and not blank, verbatim.
    pub(super) fn required(&self, field: Field) -> Option<String> {
        let is_scalar = |value: &Value<'_>| !value.json.starts_with(['{', '[']);
        self.values[field as usize].filter(is_scalar)?;
        self.text(field).filter(|text| !text.trim().is_empty())
    }

    /// A field that names something: trimmed and in lower case, whatever the producer makes of it.
    pub(super) fn label(&self, field: Field) -> Option<String> {
        let text = self.required(field)?;
        Some(text.trim().to_lowercase())
    }
}

/// Of two values for a field, the one with the exact name counts, else the last.
struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<&RawValue>()? {
            let json = map.next_value::<&RawValue>()?.get();
            let Some((field, is_exact)) = field::text(name.get()).and_then(|name| Field::named(&name)) else {
                continue;
            };
            let slot = &mut fields.values[field as usize];
            if slot.is_none_or(|value| is_exact || !value.is_exact) {
                *slot = Some(Value { json, is_exact });
            }
        }
        Ok(fields)
    }
}

fn describe(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Eof => "the value ends in the middle",
        Category::Syntax | Category::Data | Category::Io => "the value is not JSON",
    };
    format!("{what}: {error}")
}

/// How deep valid JSON nests.
fn depth(json: &str) -> usize {
    let opening = json.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opening <= DEEPEST {
        return opening;
    }
    let (mut depth, mut deepest, mut in_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
