//! Tables that are compared, and the pieces that each is compared in, so that no statement is about all there is.

use schema::{GenerationId, RequestId};

use super::motion::Motion;
use super::sum;
use crate::bucket::Bucket;

/// A table that is compared.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) key: &'static [&'static str],
    cut: Cut,
}

/// How it is cut into pieces, and what is left out of them for one of the two knows more.
enum Cut {
    /// By request, without those in motion.
    Requests,
    /// By stream, up to where both have folded it.
    Streams,
    /// Not at all: sums are less than what is counted.
    Sums(fn(&str, &[String]) -> String),
}

/// What of a table is compared at once.
pub(super) struct Piece<'a> {
    condition: String,
    /// The requests in motion, `$1` of a statement, where the piece asks for them.
    pub(super) request_ids: Option<Vec<&'a RequestId>>,
}

impl Table {
    pub(super) const ALL: [Self; 10] = [
        Self { name: "payloads", key: &["request_id"], cut: Cut::Requests },
        Self { name: "services", key: &["request_id", "service_id"], cut: Cut::Requests },
        Self { name: "parts", key: &["request_id", "service_id", "part_id"], cut: Cut::Requests },
        Self { name: "conflicts", key: &["request_id", "attribute", "value_id"], cut: Cut::Requests },
        Self { name: "statuses", key: &["request_id", "stream_id", "record_offset"], cut: Cut::Requests },
        Self { name: "quarantine", key: &["stream_id", "record_offset"], cut: Cut::Streams },
        Self {
            name: "status_kinds",
            key: &["kind_id", "service", "status"],
            cut: Cut::Sums(sum::status_kinds),
        },
        Self {
            name: "status_counts",
            key: &["clock", "width", "bucket", "kind_id"],
            cut: Cut::Sums(sum::status_counts),
        },
        Self {
            name: "payload_counts",
            key: &["width", "bucket", "outcome"],
            cut: Cut::Sums(sum::payload_counts),
        },
        Self {
            name: "service_counts",
            key: &["width", "bucket", "service_id", "state"],
            cut: Cut::Sums(sum::service_counts),
        },
    ];

    /// The pieces, which together are all that can be compared.
    pub(super) fn pieces<'a>(&self, motion: &'a Motion) -> Vec<Piece<'a>> {
        match self.cut {
            Cut::Requests => {
                let piece = |bucket: Bucket| Piece {
                    condition: format!("{} and request_id <> all($1)", bucket.range().condition()),
                    request_ids: Some(motion.of(bucket)),
                };
                Bucket::all().map(piece).collect()
            }
            Cut::Streams => {
                let piece = |(stream, end_offset): &(schema::StreamId, i64)| Piece {
                    condition: format!("stream_id = {} and record_offset < {end_offset}", stream.0),
                    request_ids: None,
                };
                motion.streams.iter().map(piece).collect()
            }
            Cut::Sums(_) => {
                vec![Piece { condition: "true".to_owned(), request_ids: Some(motion.all()) }]
            }
        }
    }

    /// The rows of a piece that a generation has, as a part of a query.
    pub(super) fn rows(&self, piece: &Piece<'_>, columns: &[String], generation: GenerationId) -> String {
        let schema = generation.schema();
        let table = match self.cut {
            Cut::Requests | Cut::Streams => format!("{schema}.{}", self.name),
            Cut::Sums(sum) => sum(&schema, columns),
        };
        let columns = columns.join(", ");
        format!("(select true as is_there, {columns} from {table} as rows where {})", piece.condition)
    }
}
