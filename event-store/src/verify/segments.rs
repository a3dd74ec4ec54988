//! The segments of all streams: to verify a part of one, and to know its chain at any offset.

use std::sync::Arc;

use futures_util::{TryStreamExt as _, pin_mut};
use runtime::database::{Object, Pool};
use schema::{OffsetGap, Seal, Stream, StreamId};

use super::anchor;
use super::event::read;
use super::finding::{Finding, What};
use super::hole::Gaps;
use super::segment::Segment;
use super::snapshot::Snapshot;
use super::{Progress, VerifyError};
use crate::chain::Chain;

/// What is recorded of every stream, as of one moment.
#[derive(Debug)]
pub(crate) struct Segments {
    snapshot: Snapshot,
}

impl Segments {
    pub(crate) async fn of(client: &mut Object) -> Result<Self, VerifyError> {
        Ok(Self { snapshot: Snapshot::take(client).await? })
    }

    /// A stream that there are events of.
    ///
    /// # Panics
    /// When nobody began it, which `verify` would have found.
    pub(crate) fn stream(&self, id: StreamId) -> &Stream {
        let stream = self.snapshot.streams.iter().find(|stream| stream.id == id);
        stream.expect("a stream is begun before its first event")
    }

    /// Its gaps in order.
    pub(crate) fn gaps(&self, id: StreamId) -> &[OffsetGap] {
        self.snapshot.gaps.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Its seals in order.
    pub(crate) fn seals(&self, id: StreamId) -> &[Seal] {
        self.snapshot.seals.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Recomputes the chain around these offsets, from the last head recorded before to the first one after.
    pub(crate) async fn verify(
        &self,
        pool: &Pool,
        id: StreamId,
        from_offset: i64,
        to_offset: i64,
    ) -> Result<Option<Finding>, VerifyError> {
        let Some(stream) = self.snapshot.streams.iter().find(|stream| stream.id == id) else {
            return Ok(Some(Finding::unknown(id)));
        };
        let retired = self.snapshot.retired.get(&id).map_or(&[][..], Vec::as_slice);
        let mut anchors = anchor::list(stream, self.seals(id), retired, &[]);
        let end = anchors.iter().position(|anchor| anchor.offset >= to_offset).unwrap_or(anchors.len() - 1);
        anchors.truncate(end + 1);
        let start = anchors.iter().rposition(|anchor| anchor.offset <= from_offset).unwrap_or(0);
        anchors.drain(..start);
        let gaps = Arc::new(Gaps::of(self.gaps(id)));
        let segment = Segment { stream: Arc::new(stream.clone()), gaps, anchors, is_replay: false };
        let verified = segment.verify(pool, &Progress::default()).await?;
        // A clock that went back over midnight changes nothing of what was appended.
        Ok(verified.findings.into_iter().find(|finding| !matches!(finding.what, What::OutOfOrder { .. })))
    }

    /// The chain of a stream over all its events before an offset.
    pub(crate) async fn chain_at(
        &self,
        pool: &Pool,
        stream: &Stream,
        offset: i64,
    ) -> Result<Chain, VerifyError> {
        let Stream { topic, partition, lineage, .. } = stream;
        let seals = self.seals(stream.id).iter().map(|seal| (seal.next_offset, seal.event_count, seal.head));
        let retired = self.snapshot.retired.get(&stream.id).into_iter().flatten();
        let retired =
            retired.map(|range| (range.to_offset, anchor::count_after(stream, range), range.head_after));
        let known = seals.chain(retired).filter(|known| known.0 <= offset).max_by_key(|known| known.0);
        let (from_offset, event_count, head) = known.unwrap_or((offset, 0, schema::Head::default()));
        let mut chain = Chain::of(topic, *partition, *lineage, head, event_count);
        let client = pool.get().await?;
        let events = read(&client, stream.id, from_offset, offset).await?;
        pin_mut!(events);
        while let Some(event) = events.try_next().await? {
            chain.push(&event.record);
        }
        Ok(chain)
    }
}
