//! Forms of a request id: what a payload's own messages called it.

use std::collections::HashMap;

use schema::{RequestId, RequestIdForm};
use serde::Deserialize;

use super::Snapshot;
use crate::error::QueryError;

/// All of a message that matters here.
#[derive(Deserialize)]
struct Message {
    request_id: String,
}

/// The form that most of the payload's messages used, of those that came first. `None` when none is there to be asked.
pub(crate) async fn find(
    snapshot: &Snapshot<'_>,
    request_id: &RequestId,
) -> Result<Option<String>, QueryError> {
    // The time of append leads to the day's partition. What is long is passed over: only the id is looked for.
    let sql = "-- form::find
        select value from (
            select stream_id, record_offset, created_at from statuses
            where request_id = $1
                and ($2::text is null or exists (select from payloads where payloads.request_id = $1 and org_id = $2))
            order by stream_id, record_offset limit 100) as status
        join events on events.stream_id = status.stream_id and events.record_offset = status.record_offset
            and events.appended_at = status.created_at
        where octet_length(value) < 65536";
    let rows = snapshot.query(sql, &[request_id, snapshot.org_id()]).await?;
    let forms = rows.iter().filter_map(|row| form(row.get("value"), request_id));
    let mut counts: HashMap<String, usize> = HashMap::new();
    for form in forms {
        *counts.entry(form).or_default() += 1;
    }
    // Of two that are as frequent, always the same one.
    Ok(counts.into_iter().max_by(|(a, m), (b, n)| (m, b).cmp(&(n, a))).map(|(form, _)| form))
}

/// As the message has it: alone, or as the first of a chain.
fn form(value: &[u8], request_id: &RequestId) -> Option<String> {
    let message: Message = serde_json::from_slice(value).ok()?;
    let root = message.request_id.split(':').next()?.trim();
    (RequestIdForm::parse(root) == RequestIdForm::Uuid(request_id.clone())).then(|| root.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_calls_its_payload_by_a_form_of_the_id() {
        let id = RequestId::lookup(&"a".repeat(32));
        let dashed = "AAAAAAAA-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
        let of = |asked: &str| form(format!(r#"{{"request_id":"{asked}","x":1}}"#).as_bytes(), &id);
        assert_eq!(of(dashed).as_deref(), Some(dashed));
        assert_eq!(of(&format!("{dashed}:{}", "b".repeat(32))).as_deref(), Some(dashed));
        assert_eq!((of("other"), form(b"{", &id)), (None, None));
    }
}
