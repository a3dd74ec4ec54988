//! Sums: the counts of a generation over all its shards, less what requests in motion ($1) add to them.

/// Of `status_kinds`.
pub(super) fn status_kinds(schema: &str) -> String {
    format!(
        "(select kind_id, service, source, status, sum(count)::bigint as count from (
            select kind_id, service, source, status, count from {schema}.status_kinds
            union all
            select kind_id, service, source, status, -1 from {}
        ) as counted group by kind_id, service, source, status having sum(count) <> 0)",
        moving(schema)
    )
}

/// Of `status_counts`.
pub(super) fn status_counts(schema: &str) -> String {
    let all_kinds = "'00000000-0000-0000-0000-000000000000'::uuid";
    let moving = moving(schema);
    format!(
        "(select clock, width, bucket, kind_id, sum(count)::bigint as count from (
            select clock, width, bucket, kind_id, count from {schema}.status_counts
            union all
            select clock, width, {bucket}, kind.id, -1 from {moving}
            cross join lateral (values
                ('d'::\"char\", 60, date), ('d', 3600, date), ('d', 86400, date), ('c', 60, created_at), ('c', 3600, created_at), ('c', 86400, created_at)
            ) as each(clock, width, time)
            cross join lateral (values (kind_id), ({all_kinds})) as kind(id)
            union all
            select 'a', 0, 'epoch', {all_kinds}, -1 from {moving}
        ) as counted group by clock, width, bucket, kind_id having sum(count) <> 0)",
        bucket = bucket("time"),
    )
}

/// Of `payload_counts`.
pub(super) fn payload_counts(schema: &str) -> String {
    format!(
        "(select width, bucket, outcome, sum(count)::bigint as count from (
            select width, bucket, outcome, count from {schema}.payload_counts
            union all
            select width, {}, outcome, -1 from {schema}.payloads
            cross join (values (0), (60), (3600), (86400)) as each(width)
            where request_id = any($1)
        ) as counted group by width, bucket, outcome having sum(count) <> 0)",
        bucket("created_at")
    )
}

/// Statuses of requests in motion, each with its kind.
fn moving(schema: &str) -> String {
    format!(
        "(select kind_id, status.service, status.source, status.status, date, created_at
        from {schema}.statuses as status
        join (select distinct kind_id, service, source, status from {schema}.status_kinds) as kind
            on kind.service = status.service and kind.status = status.status
            and kind.source is not distinct from status.source
        where request_id = any($1)) as moving"
    )
}

/// Where the stretch of a time begins.
fn bucket(time: &str) -> String {
    format!(
        "case width when 0 then 'epoch' else to_timestamp(floor(extract(epoch from {time}) / nullif(width, 0)) * width) end"
    )
}
