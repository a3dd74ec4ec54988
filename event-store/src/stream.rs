//! The rows of `streams`: where each partition stands.

use runtime::database::Pool;
use schema::Stream;

use crate::AppendError;

/// A stream to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewStream {
    pub(crate) partition: i32,
    pub(crate) lineage: i32,
    pub(crate) first_offset: i64,
}

/// The latest lineage of each of these partitions, where there is one.
pub(crate) async fn list_latest(
    pool: &Pool,
    topic: &str,
    partitions: &[i32],
) -> Result<Vec<Stream>, AppendError> {
    let client = pool.get().await?;
    let rows = client
        .query(
            "-- stream::list_latest
            select distinct on (partition) id, topic, partition, lineage, first_offset, next_offset, last_record_hash
            from streams
            where topic = $1 and partition = any($2)
            order by partition, lineage desc",
            &[&topic, &partitions],
        )
        .await?;
    Ok(rows.iter().map(Stream::from_row).collect())
}

/// Begins streams. One that another consumer began in the meantime stays as that one made it.
pub(crate) async fn insert(pool: &Pool, topic: &str, streams: &[NewStream]) -> Result<(), AppendError> {
    let partitions: Vec<i32> = streams.iter().map(|stream| stream.partition).collect();
    let lineages: Vec<i32> = streams.iter().map(|stream| stream.lineage).collect();
    let first_offsets: Vec<i64> = streams.iter().map(|stream| stream.first_offset).collect();
    let client = pool.get().await?;
    client
        .execute(
            "-- stream::insert
            insert into streams (topic, partition, lineage, first_offset, next_offset)
            select $1, partition, lineage, first_offset, first_offset
            from unnest($2::int[], $3::int[], $4::bigint[]) as new(partition, lineage, first_offset)
            on conflict (topic, partition, lineage) do nothing",
            &[&topic, &partitions, &lineages, &first_offsets],
        )
        .await?;
    Ok(())
}
