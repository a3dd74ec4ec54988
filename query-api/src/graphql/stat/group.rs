//! What is told of a group of payloads, of services or of statuses.

use std::collections::HashMap;

use async_graphql::{Object, SimpleObject};

use crate::graphql::scalar::{Duration, Long};
use crate::queries::stat::{self, Outcomes, Timed};

/// How many payloads there are, by how they stand; or by how a service stands with them.
pub(super) struct OutcomeCounts(Outcomes);

/// How long some took: each is the duration of one of them.
#[derive(SimpleObject)]
pub(super) struct Latency {
    /// How many there are.
    count: Long,
    /// Half of them took no longer.
    p50: Duration,
    /// Nine of ten took no longer.
    p90: Duration,
    /// Ninety-nine of a hundred took no longer.
    p99: Duration,
    /// None took longer.
    max: Duration,
}

/// How a service did, for one of its sources.
#[derive(SimpleObject)]
pub(super) struct ServiceStat {
    /// Its name.
    service: String,
    /// The source that it names.
    source: Option<String>,
    /// The payloads that it saw, by how it stands with them.
    payloads: OutcomeCounts,
    /// How long it took with them, from its first status to its last. Of no more than 100,000 payloads in all of the window.
    latency: Option<Latency>,
}

/// How many statuses there are that say the same.
#[derive(SimpleObject)]
pub(super) struct KindStat {
    /// Who says so.
    service: String,
    /// For which of its sources.
    source: Option<String>,
    /// What happened.
    status: String,
    /// How many there are.
    count: Long,
}

/// How it went with the payloads of an organisation.
#[derive(SimpleObject)]
pub(super) struct OrganisationStat {
    /// The organisation; nothing for payloads of which none is known.
    org_id: Option<String>,
    /// Its payloads, by outcome.
    payloads: OutcomeCounts,
    /// How long they took.
    latency: Option<Latency>,
}

/// How many payloads there are, by how they stand; or by how a service stands with them.
#[Object]
impl OutcomeCounts {
    /// All of them.
    async fn total(&self) -> Long {
        Long(self.0.total())
    }

    /// Those that closed well.
    async fn success(&self) -> Long {
        Long(self.0.success)
    }

    /// Those that closed badly.
    async fn failure(&self) -> Long {
        Long(self.0.failure)
    }

    /// Those that haven't closed.
    async fn in_progress(&self) -> Long {
        Long(self.0.in_progress)
    }

    /// Of those that closed, the share that closed well; nothing where none has.
    async fn success_rate(&self) -> Option<f64> {
        self.0.success_rate()
    }
}

impl From<Outcomes> for OutcomeCounts {
    fn from(outcomes: Outcomes) -> Self {
        Self(outcomes)
    }
}

impl From<stat::Latency> for Latency {
    fn from(latency: stat::Latency) -> Self {
        let stat::Latency { count, p50, p90, p99, max } = latency;
        Self {
            count: Long(count),
            p50: Duration(p50),
            p90: Duration(p90),
            p99: Duration(p99),
            max: Duration(max),
        }
    }
}

impl ServiceStat {
    /// Each with how long it took.
    pub(super) fn timed(stats: Vec<stat::ServiceStat>, timed: Vec<Timed>) -> Vec<Self> {
        let name = |one: Timed| ((one.service, one.source), one.latency);
        let mut latencies: HashMap<_, _> = timed.into_iter().map(name).collect();
        let stat = |stat: stat::ServiceStat| {
            let stat::ServiceStat { service, source, outcomes } = stat;
            let name = (service, source);
            let latency = latencies.remove(&name).map(Latency::from);
            let (service, source) = name;
            Self { service, source, payloads: outcomes.into(), latency }
        };
        stats.into_iter().map(stat).collect()
    }
}

impl From<stat::KindStat> for KindStat {
    fn from(stat: stat::KindStat) -> Self {
        let stat::KindStat { service, source, status, count } = stat;
        Self { service, source, status, count: Long(count) }
    }
}

impl From<stat::OrganisationStat> for OrganisationStat {
    fn from(stat: stat::OrganisationStat) -> Self {
        let stat::OrganisationStat { org_id, outcomes, latency } = stat;
        Self { org_id, payloads: outcomes.into(), latency: latency.map(Latency::from) }
    }
}
