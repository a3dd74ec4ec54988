//! How much stories take: known before anything of them is read.

use schema::RequestId;

use super::source::{EVENT_OF_STATUS, quarantined, statuses};
use crate::error::{ApiError, LOG_MIB, QueryError};
use crate::queries::walk::FEW;
use crate::queries::{Appended, Conditions, Snapshot};

/// What a message takes in memory, beside its texts.
const OVERHEAD: usize = 500;

/// About how many bytes are read to tell what these requests were at a point, or are. Refused where too many messages would have to be
/// passed for it.
pub(super) async fn of(
    snapshot: &Snapshot<'_>,
    request_ids: &&[RequestId],
    appended: Option<&Appended>,
) -> Result<Result<usize, ApiError>, QueryError> {
    let most = (LOG_MIB << 20) / OVERHEAD + 1;
    // A message may hold much that isn't decoded, and all of it is read.
    let bytes = if snapshot.shows_log() {
        format!(
            "coalesce((select octet_length(value) from events
                where {EVENT_OF_STATUS} offset 0), 0)"
        )
    } else {
        "octet_length(concat(service, source, status, status_msg, part, account, org_id, inventory_id, system_id))".to_owned()
    };
    let mut asked = Conditions::default();
    asked.bind(request_ids);
    let mut then = |table| {
        appended.into_iter().for_each(|appended| asked.had_been_appended(table, appended));
        asked.take()
    };
    let (of_statuses, of_quarantine) = (then("statuses"), then("quarantine"));
    let passed = if appended.is_some() { passed() } else { "0::bigint".to_owned() };
    let sql = format!(
        "-- story::size
        select coalesce(sum(bytes), 0)::bigint as bytes, {passed} as passed
        from (
            (select {OVERHEAD} + {bytes} as bytes from {} {of_statuses} limit {most})
            union all
            (select {OVERHEAD} from {} {of_quarantine} limit {most})
        ) as messages",
        statuses(),
        quarantined()
    );
    let row = &snapshot.query(&sql, asked.values()).await?[0];
    let (bytes, passed): (i64, i64) = (row.get("bytes"), row.get("passed"));
    if passed > FEW {
        return Ok(Err(ApiError::TooMuchToPass));
    }
    Ok(Ok(usize::try_from(bytes).unwrap_or(usize::MAX)))
}

/// How many messages there are, of which those of a point are found. No more are counted than are too many.
fn passed() -> String {
    format!("(select count(*) from {}) + (select count(*) from {})", statuses(), quarantined())
}
