//! Rows: what requests fold to, until it is written, and what that changes of the counts.

use std::collections::BTreeMap;

use runtime::database::Transaction;
use schema::{Conflict, Part, Payload, RequestId, Service};

use crate::ProjectError;
use crate::count::Counts;
use crate::refold::Refolded;
use crate::shard::Shard;
use crate::table::{CONFLICTS, PARTS, PAYLOADS, SERVICES, Table};
use crate::write::count;

/// Bytes of rows that are held of a table before they are written: names and values may be as long as messages.
const MOST: usize = 4 << 20;

/// Rows of requests that the tables hold nothing of.
pub(crate) struct Rows {
    shard_count: i16,
    payloads: Pending<Payload>,
    services: Pending<Service>,
    parts: Pending<Part>,
    conflicts: Pending<Conflict>,
    /// In the order that they are written in, always the same: another one may add to the same counts.
    counts: BTreeMap<Shard, Counts>,
}

/// Rows of one table.
struct Pending<R: 'static> {
    table: &'static Table<R>,
    rows: Vec<R>,
    bytes: usize,
}

impl Rows {
    pub(crate) fn new(shard_count: i16) -> Self {
        Self {
            shard_count,
            payloads: Pending::of(&PAYLOADS),
            services: Pending::of(&SERVICES),
            parts: Pending::of(&PARTS),
            conflicts: Pending::of(&CONFLICTS),
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
        for conflict in view.conflicts(&request_id) {
            self.conflicts.add(transaction, conflict).await?;
        }
        if let Some(payload) = &view.payload {
            let counts = self.counts(&request_id);
            for (id, service) in &view.services {
                counts.add_service(payload.created_at, (*id, service.state()), 1);
            }
        }
        for service in view.services.into_values() {
            self.services.add(transaction, service).await?;
        }
        for part in view.parts.into_values() {
            self.parts.add(transaction, part).await?;
        }
        if let Some(payload) = view.payload {
            self.counts(&request_id).add_payload(&payload, 1);
            self.payloads.add(transaction, payload).await?;
        }
        Ok(())
    }

    /// Writes what is left, and the counts.
    pub(crate) async fn finish(mut self, transaction: &Transaction<'_>) -> Result<(), ProjectError> {
        self.payloads.write(transaction).await?;
        self.services.write(transaction).await?;
        self.parts.write(transaction).await?;
        self.conflicts.write(transaction).await?;
        for (shard, counts) in &self.counts {
            count::add(transaction, *shard, counts).await?;
        }
        Ok(())
    }
}

impl<R> Pending<R> {
    fn of(table: &'static Table<R>) -> Self {
        Self { table, rows: Vec::new(), bytes: 0 }
    }

    async fn add(&mut self, transaction: &Transaction<'_>, row: R) -> Result<(), ProjectError> {
        self.bytes += self.table.size(&row);
        self.rows.push(row);
        if self.bytes < MOST { Ok(()) } else { self.write(transaction).await }
    }

    async fn write(&mut self, transaction: &Transaction<'_>) -> Result<(), ProjectError> {
        self.bytes = 0;
        self.table.copy(transaction, &std::mem::take(&mut self.rows)).await
    }
}
