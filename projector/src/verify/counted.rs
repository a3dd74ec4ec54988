//! Counts, summed up: what folding counts, beside what is stored, without a list of either.

use std::collections::{BTreeMap, HashMap};

use runtime::database::Transaction;
use schema::{GenerationId, NameId, Payload, Service, Status};
use tokio_postgres::types::Type;

use crate::ProjectError;
use crate::copy_out::CopyOut;
use crate::count::Counts;
use crate::shard::Shard;
use crate::table::{Value, digest};

/// Bytes of what is counted together before it is summed up: a name may be as long as a message.
const TOGETHER: usize = 8 << 20;
/// What a status takes beside its names.
const STATUS: usize = 400;
/// What a service of a payload takes.
const SERVICE: usize = 300;

/// By table, the digests of what is counted, each as often as it was: the same however the counting was cut into pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CountSums {
    pub(super) kinds: u128,
    pub(super) statuses: u128,
    pub(super) payloads: u128,
    pub(super) services: u128,
}

/// Counts as the projection does, in pieces of bounded size.
pub(super) struct Counted {
    shard_count: i16,
    counts: HashMap<Shard, Counts>,
    together: usize,
    sums: CountSums,
}

impl Counted {
    pub(super) fn new(shard_count: i16) -> Self {
        Self { shard_count, counts: HashMap::new(), together: 0, sums: CountSums::default() }
    }

    pub(super) fn add_status(&mut self, status: &Status) {
        let shard = Shard::of(&status.request_id, self.shard_count);
        self.counts.entry(shard).or_default().add_status(status, 1);
        let names = [Some(&status.service), status.source.as_ref(), Some(&status.status)];
        self.together += STATUS + names.into_iter().flatten().map(String::len).sum::<usize>();
        if self.together >= TOGETHER {
            self.sum_up();
        }
    }

    pub(super) fn add_payload(&mut self, payload: &Payload, services: &BTreeMap<NameId, Service>) {
        let shard = Shard::of(&payload.request_id, self.shard_count);
        let counts = self.counts.entry(shard).or_default();
        counts.add_payload(payload, 1);
        for (id, service) in services {
            counts.add_service(payload.created_at, (*id, service.state()), 1);
        }
        self.together += SERVICE * services.len();
        if self.together >= TOGETHER {
            self.sum_up();
        }
    }

    pub(super) fn finish(mut self) -> CountSums {
        self.sum_up();
        self.sums
    }

    fn sum_up(&mut self) {
        self.together = 0;
        for (shard, counts) in self.counts.drain() {
            let shard = i32::from(shard.0);
            for (id, kind, count) in counts.kinds() {
                let names = [(&kind.service).into(), kind.source.as_ref().into(), (&kind.status).into()];
                let row = [id.into(), kind.service_id().into(), Value::from(shard)].into_iter().chain(names);
                add(&mut self.sums.kinds, digest(row), count);
            }
            for ((clock, bucket, kind), count) in counts.statuses() {
                let bucket = [Value::Int4(bucket.width), bucket.start.into()];
                let row =
                    [i32::from(clock.code()).into(), shard.into(), kind.into()].into_iter().chain(bucket);
                add(&mut self.sums.statuses, digest(row), count);
            }
            for ((bucket, outcome), count) in counts.payloads() {
                let row =
                    [Value::Int4(bucket.width), bucket.start.into(), outcome.as_str().into(), shard.into()];
                add(&mut self.sums.payloads, digest(row.into_iter()), count);
            }
            for ((bucket, service, state), count) in counts.services() {
                let bucket = [Value::Int4(bucket.width), bucket.start.into()];
                let service = [service.into(), state.as_str().into(), shard.into()];
                add(&mut self.sums.services, digest(bucket.into_iter().chain(service)), count);
            }
        }
    }
}

impl CountSums {
    pub(super) fn add(&mut self, other: &Self) {
        let Self { kinds, statuses, payloads, services } = other;
        self.kinds = self.kinds.wrapping_add(*kinds);
        self.statuses = self.statuses.wrapping_add(*statuses);
        self.payloads = self.payloads.wrapping_add(*payloads);
        self.services = self.services.wrapping_add(*services);
    }

    /// Of what is stored.
    pub(super) async fn read(transaction: &Transaction<'_>, id: GenerationId) -> Result<Self, ProjectError> {
        let kinds = [Type::UUID, Type::UUID, Type::INT4, Type::TEXT, Type::TEXT, Type::TEXT];
        let statuses = [Type::INT4, Type::INT4, Type::UUID, Type::INT4, Type::TIMESTAMPTZ];
        let payloads = [Type::INT4, Type::TIMESTAMPTZ, Type::TEXT, Type::INT4];
        let services = [Type::INT4, Type::TIMESTAMPTZ, Type::UUID, Type::TEXT, Type::INT4];
        let of = |table, columns| format!("select {columns}, count from {}.{table}", id.schema());
        let kind = of("status_kinds", "kind_id, service_id, shard::int, service, source, status");
        let status = of("status_counts", "clock::int, shard::int, kind_id, width, bucket");
        let payload = of("payload_counts", "width, bucket, outcome, shard::int");
        let service = of("service_counts", "width, bucket, service_id, state, shard::int");
        Ok(Self {
            kinds: sum(transaction, &kind, &kinds).await?,
            statuses: sum(transaction, &status, &statuses).await?,
            payloads: sum(transaction, &payload, &payloads).await?,
            services: sum(transaction, &service, &services).await?,
        })
    }
}

/// Sums up rows whose last column is a count.
async fn sum(transaction: &Transaction<'_>, query: &str, kinds: &[Type]) -> Result<u128, ProjectError> {
    let all: Vec<Type> = kinds.iter().cloned().chain([Type::INT8]).collect();
    let mut rows = CopyOut::start(transaction, "counted::sum", query, &all).await?;
    let mut sum = 0;
    while let Some(row) = rows.next().await? {
        let values = kinds.iter().enumerate().map(|(at, kind)| Value::stored(&row, at, kind));
        add(&mut sum, digest(values), row.get(kinds.len())?);
    }
    Ok(sum)
}

fn add(sum: &mut u128, digest: u128, count: i64) {
    *sum = sum.wrapping_add(digest.wrapping_mul(i128::from(count).cast_unsigned()));
}
