//! Resume cursors: the place of the log up to which somebody was told everything. Clients keep them as they are.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schema::{GenerationId, StreamId};
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::queries::folded::Vector;

/// What the text is made of. Another version is another number.
const VERSION: u8 = 1;

/// That of a thousand partitions is shorter.
const LONGEST: usize = 32 * 1024;

/// The version, the generation, and of each stream its number and the first offset that wasn't told.
#[derive(Deserialize, Serialize)]
struct Written(u8, i32, Vec<(i32, i64)>);

/// The text of a place.
pub(in crate::graphql) fn write(place: &Vector) -> String {
    let offsets = place.offsets.iter().map(|(stream, offset)| (stream.0, *offset));
    let written = Written(VERSION, place.generation.0, offsets.collect());
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).expect("numbers are JSON"))
}

/// The place of a text.
pub(super) fn read(text: &str) -> Result<Vector, ApiError> {
    if text.len() > LONGEST {
        return Err(ApiError::BadRequest("that is too long for a cursor of a subscription".to_owned()));
    }
    let no_cursor = || ApiError::BadRequest("that is no cursor of a subscription".to_owned());
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| no_cursor())?;
    match serde_json::from_slice(&json) {
        Ok(Written(VERSION, generation, offsets)) => {
            let offsets = offsets.into_iter().map(|(stream, offset)| (StreamId(stream), offset));
            Ok(Vector { generation: GenerationId(generation), offsets: offsets.collect() })
        }
        _ => Err(no_cursor()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written_and_nothing_else_is_one() {
        for offsets in [vec![], vec![(StreamId(1), 0), (StreamId(20), i64::MAX)]] {
            let place = Vector { generation: GenerationId(3), offsets: offsets.into_iter().collect() };
            assert_eq!(read(&write(&place)).unwrap(), place);
        }
        for json in ["", "[]", "[2,1,[]]", "[1,1]", "[1,1,[[1]]]", "[1,1,[[1,1.5]]]", "[1,\"a\",[]]"] {
            assert!(read(&URL_SAFE_NO_PAD.encode(json)).is_err(), "{json}");
        }
        assert!(read("ä").is_err());
    }
}
