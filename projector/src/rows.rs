//! Rows: what requests fold to, until it is written, and what that changes of the counts.

use std::collections::BTreeMap;

use runtime::database::Transaction;
use schema::{Conflict, Part, Payload, RequestId, Service};

use crate::ProjectError;
use crate::count::Counts;
use crate::refold::Refolded;
use crate::shard::Shard;
use crate::table::{CONFLICTS, PARTS, PAYLOADS, SERVICES};
use crate::write::count;

/// Rows that are held before they are written.
const MOST: usize = 20_000;

/// Rows of requests that the tables hold nothing of.
pub(crate) struct Rows {
    shard_count: i16,
    payloads: Vec<Payload>,
    services: Vec<Service>,
    parts: Vec<Part>,
    conflicts: Vec<Conflict>,
    /// In the order that they are written in, always the same: another one may add to the same counts.
    counts: BTreeMap<Shard, Counts>,
}

impl Rows {
    pub(crate) fn new(shard_count: i16) -> Self {
        Self {
            shard_count,
            payloads: Vec::new(),
            services: Vec::new(),
            parts: Vec::new(),
            conflicts: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    /// The counts that a request is in.
    pub(crate) fn counts(&mut self, request_id: &RequestId) -> &mut Counts {
        self.counts.entry(Shard::of(request_id, self.shard_count)).or_default()
    }

    /// Takes in a request. What has gathered is written when it is much.
    pub(crate) async fn take(
        &mut self,
        transaction: &Transaction<'_>,
        refolded: Refolded,
    ) -> Result<(), ProjectError> {
        let Refolded { request_id, view } = refolded;
        self.conflicts.extend(view.conflicts(&request_id));
        self.services.extend(view.services.into_values());
        self.parts.extend(view.parts.into_values());
        if let Some(payload) = view.payload {
            self.counts(&request_id).add_payload(&payload, 1);
            self.payloads.push(payload);
        }
        if self.services.len() + self.parts.len() > MOST { self.write(transaction).await } else { Ok(()) }
    }

    /// Writes what is left, and the counts.
    pub(crate) async fn finish(mut self, transaction: &Transaction<'_>) -> Result<(), ProjectError> {
        self.write(transaction).await?;
        for (shard, counts) in &self.counts {
            count::add(transaction, *shard, counts).await?;
        }
        Ok(())
    }

    async fn write(&mut self, transaction: &Transaction<'_>) -> Result<(), ProjectError> {
        PAYLOADS.copy(transaction, &std::mem::take(&mut self.payloads)).await?;
        SERVICES.copy(transaction, &std::mem::take(&mut self.services)).await?;
        PARTS.copy(transaction, &std::mem::take(&mut self.parts)).await?;
        CONFLICTS.copy(transaction, &std::mem::take(&mut self.conflicts)).await
    }
}
