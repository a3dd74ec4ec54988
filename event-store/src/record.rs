//! Records: what the broker hands over, owned and untouched.

mod header;

use rdkafka::Message as _;
use rdkafka::message::BorrowedMessage;

use self::header::UnreadableHeaders;

/// A Kafka record, byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its offset in the partition.
    pub offset: i64,
    /// Its timestamp, milliseconds since the epoch.
    pub timestamp_ms: Option<i64>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// The names of its headers, in order. `None` when it has none.
    pub header_names: Option<Vec<Vec<u8>>>,
    /// Their values, in the same order.
    pub header_values: Option<Vec<Option<Vec<u8>>>>,
}

impl Record {
    /// Copies what a consumer delivered.
    pub(crate) fn of(message: &BorrowedMessage<'_>) -> Result<Self, UnreadableHeaders> {
        let (header_names, header_values) = header::of(message)?.unzip();
        Ok(Self {
            offset: message.offset(),
            timestamp_ms: message.timestamp().to_millis(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            header_names,
            header_values,
        })
    }

    /// The bytes that it holds, for bounding memory.
    pub(crate) fn size(&self) -> usize {
        let names = self.header_names.iter().flatten().map(Vec::len).sum::<usize>();
        let headers = names + self.header_values.iter().flatten().flatten().map(Vec::len).sum::<usize>();
        let overhead =
            size_of::<Self>() + 2 * size_of::<Vec<u8>>() * self.header_names.as_ref().map_or(0, Vec::len);
        overhead + self.key.as_ref().map_or(0, Vec::len) + self.value.as_ref().map_or(0, Vec::len) + headers
    }

    /// BLAKE3 over all of it, each field with its length, so that no two records share their bytes.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.offset.to_le_bytes());
        hasher.update(&self.timestamp_ms.unwrap_or(-1).to_le_bytes());
        let mut field = |bytes: Option<&[u8]>| {
            let length =
                bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).expect("a record fits in memory"));
            hasher.update(&length.to_le_bytes());
            hasher.update(bytes.unwrap_or_default());
        };
        field(self.key.as_deref());
        field(self.value.as_deref());
        for (name, value) in self.header_names.iter().flatten().zip(self.header_values.iter().flatten()) {
            field(Some(name));
            field(value.as_deref());
        }
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_of_a_record_can_change_without_its_digest() {
        let some = |text: &str| Some(text.as_bytes().to_vec());
        let record = Record {
            offset: 7,
            timestamp_ms: Some(1),
            key: some("k"),
            value: some("v"),
            ..Record::default()
        };
        let named = |name: &str| Some(vec![name.as_bytes().to_vec()]);
        let others = [
            Record { offset: 8, ..record.clone() },
            Record { timestamp_ms: Some(2), ..record.clone() },
            Record { key: None, ..record.clone() },
            Record { key: some("kv"), value: some(""), ..record.clone() },
            Record { value: None, ..record.clone() },
            Record { header_names: named("a"), header_values: Some(vec![None]), ..record.clone() },
            Record { header_names: named("a"), header_values: Some(vec![some("")]), ..record.clone() },
        ];
        let mut digests: Vec<_> = others.iter().chain([&record]).map(Record::digest).collect();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), others.len() + 1);
    }
}
