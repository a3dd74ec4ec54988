//! Sums: the counts of a generation over all its shards, less what requests in motion ($1) add to them.

/// Of `status_kinds`: of the columns that both have, for an older one has fewer.
pub(super) fn status_kinds(schema: &str, columns: &[String]) -> String {
    let names = columns.iter().map(String::as_str).filter(|name| *name != "count");
    let names = names.collect::<Vec<_>>().join(", ");
    format!(
        "(select {names}, sum(count)::bigint as count from (
            select {names}, count from {schema}.status_kinds
            union all
            select {names}, -1 from {}
        ) as counted group by {names} having sum(count) <> 0)",
        moving(schema, &names)
    )
}

/// Of `status_counts`.
pub(super) fn status_counts(schema: &str, _: &[String]) -> String {
    let all_kinds = "'00000000-0000-0000-0000-000000000000'::uuid";
    let moving = moving(schema, "kind_id, service, source, status");
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
pub(super) fn payload_counts(schema: &str, _: &[String]) -> String {
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

/// Of `service_counts`.
pub(super) fn service_counts(schema: &str, _: &[String]) -> String {
    format!(
        "(select width, bucket, service_id, state, sum(count)::bigint as count from (
            select width, bucket, service_id, state, count from {schema}.service_counts
            union all
            select width, {}, service_id, state, -1
            from {schema}.payloads join {schema}.services using (request_id)
            cross join (values (0), (60), (3600), (86400)) as each(width)
            where request_id = any($1)
        ) as counted group by width, bucket, service_id, state having sum(count) <> 0)",
        bucket("created_at")
    )
}

/// Statuses of requests in motion, each with these columns of its kind.
fn moving(schema: &str, names: &str) -> String {
    format!(
        "(select kind.*, date, created_at
        from {schema}.statuses as status
        join (select distinct {names} from {schema}.status_kinds) as kind
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
