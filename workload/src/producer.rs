//! Producers: how each service writes its messages.

use chrono::{DateTime, Timelike as _, Utc};

/// The form of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// `2026-08-22T04:17:03.219543Z`, with up to nine digits.
    Rfc3339,
    /// `2026-08-22T04:17:03Z`.
    Seconds,
    /// `2026-08-22T04:17:03.219543`, without a fraction when that is 0.
    Naive,
    /// `2026-08-22 04:17:03.219543`.
    Spaced,
}

/// How a service writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Producer {
    pub(crate) name: &'static str,
    pub(crate) date_form: DateForm,
    /// Seconds that it takes, in the middle.
    pub(crate) latency: f64,
    /// Names a source.
    pub(crate) source: Option<&'static str>,
    /// Knows whose payload it is.
    pub(crate) has_org: bool,
    /// Names the host.
    pub(crate) has_inventory_id: bool,
}

const fn producer(name: &'static str, date_form: DateForm, latency: f64) -> Producer {
    Producer { name, date_form, latency, source: None, has_org: true, has_inventory_id: false }
}

const fn host(producer: Producer) -> Producer {
    Producer { has_inventory_id: true, ..producer }
}

pub(crate) const INGRESS: Producer = producer("ingress", DateForm::Rfc3339, 0.3);
pub(crate) const PUPTOO: Producer = producer("puptoo", DateForm::Naive, 1.0);
pub(crate) const STORAGE_BROKER: Producer = producer("storage-broker", DateForm::Naive, 0.3);
pub(crate) const INVENTORY: Producer =
    Producer { has_org: false, ..host(producer("inventory-mq-service", DateForm::Naive, 0.1)) };
pub(crate) const ENGINE: Producer = producer("insights-engine", DateForm::Naive, 1.7);
pub(crate) const ADVISOR: Producer = Producer {
    source: Some("insights-client"),
    ..producer("insights-advisor-service", DateForm::Naive, 0.07)
};
pub(crate) const VULNERABILITY: Producer = host(producer("vulnerability", DateForm::Spaced, 1.7));
pub(crate) const PATCHMAN: Producer = host(producer("patchman", DateForm::Rfc3339, 1.0));
pub(crate) const COMPLIANCE: Producer =
    Producer { source: Some("compliance-inventory"), ..producer("compliance", DateForm::Seconds, 20.0) };
pub(crate) const ARCHIVE_SYNC: Producer = producer("archive-sync", DateForm::Naive, 0.5);
pub(crate) const CCX: Producer = producer("ccx-data-pipeline", DateForm::Naive, 1.0);
pub(crate) const RULES_UPLOADER: Producer = producer("rules-uploader", DateForm::Naive, 0.5);
pub(crate) const DVO_EXTRACTOR: Producer = producer("dvo-extractor", DateForm::Naive, 0.5);
pub(crate) const DVO_WRITER: Producer = producer("dvo-writer", DateForm::Rfc3339, 0.2);
pub(crate) const DB_WRITER: Producer = producer("insights-results-db-writer", DateForm::Rfc3339, 0.2);
pub(crate) const OCP_VULNERABILITY: Producer = producer("ocp-vulnerability", DateForm::Rfc3339, 0.5);
pub(crate) const YUPTOO: Producer = producer("yuptoo", DateForm::Naive, 1.0);
pub(crate) const TASKS: Producer =
    Producer { source: Some("rhc-worker-script"), ..producer("tasks", DateForm::Rfc3339, 0.1) };

impl DateForm {
    /// Writes a date as this producer would. `nanos` are digits beyond the microseconds.
    pub(crate) fn write(self, date: DateTime<Utc>, nanos: u32) -> String {
        let micros = date.nanosecond() / 1_000;
        match self {
            Self::Rfc3339 if nanos == 0 => date.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            Self::Rfc3339 => format!("{}.{micros:06}{nanos:03}Z", date.format("%Y-%m-%dT%H:%M:%S")),
            Self::Seconds => date.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            Self::Naive if micros == 0 => date.format("%Y-%m-%dT%H:%M:%S").to_string(),
            Self::Naive => format!("{}.{micros:06}", date.format("%Y-%m-%dT%H:%M:%S")),
            Self::Spaced => format!("{}.{micros:06}", date.format("%Y-%m-%d %H:%M:%S")),
        }
    }
}
