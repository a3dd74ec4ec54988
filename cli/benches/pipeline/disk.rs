//! What an event takes on disk.

use anyhow::Result;

use crate::database::Database;
use crate::figure::Figure;
use crate::say;

pub(crate) async fn measure(log: &Database) -> Result<Vec<Figure>> {
    say("disk: asking PostgreSQL");
    let row = log
        .client
        .query_one(
            "select sum(pg_table_size(day.oid) - toast.size)::float8 as heap, sum(pg_indexes_size(day.oid))::float8 as indexes,
                    sum(toast.size)::float8 as toast, pg_total_relation_size('seals')::float8 as seals,
                    (select sum(octet_length(value)) from events)::float8 as value, (select count(*) from events)::float8 as count
            from pg_inherits
            join pg_class as day on day.oid = pg_inherits.inhrelid
            cross join lateral (select pg_total_relation_size(day.reltoastrelid) as size) as toast
            where inhparent = 'events'::regclass",
            &[],
        )
        .await?;
    let [heap, indexes, toast, seals, value, count] =
        ["heap", "indexes", "toast", "seals", "value", "count"].map(|name| row.get::<_, f64>(name));
    let total = heap + indexes + toast + seals;
    let per_event = |name: &str, bytes: f64| Figure::of(name, "bytes", bytes / count);
    Ok(vec![
        per_event("on disk an event, all in all", total),
        per_event("  in the table", heap),
        per_event("  in the index", indexes),
        per_event("  in TOAST", toast),
        per_event("  in the seals", seals),
        per_event("  the value's own bytes", value),
        Figure::of("  the seals' share", "%", 100.0 * seals / total),
    ])
}
