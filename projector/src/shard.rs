//! Shards: requests are dealt out to writers that never meet.

use schema::RequestId;

/// One of the writers of a generation: all of a request's rows are its own, and it has cursors of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Shard(pub(crate) i16);

impl Shard {
    /// All shards of a generation that has so many.
    pub(crate) fn all(count: i16) -> impl Iterator<Item = Self> {
        (0..count).map(Self)
    }

    /// Whose the request is. Stored rows depend on it, so it never changes: FNV-1a.
    /// <http://www.isthe.com/chongo/tech/comp/fnv/>
    pub(crate) fn of(request_id: &RequestId, count: i16) -> Self {
        let hash = request_id.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let shard = hash % u64::from(count.unsigned_abs().max(1));
        Self(i16::try_from(shard).expect("below a count of the same type"))
    }
}
