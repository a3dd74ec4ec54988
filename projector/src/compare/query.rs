//! How each table is compared: digests by bucket first, then the rows of the buckets that differ.

use runtime::database::Transaction;
use schema::{GenerationId, RequestId};

use super::motion::Motion;
use super::{Difference, TableComparison};
use crate::ProjectError;

/// Examples of each table that are shown.
const EXAMPLES: usize = 5;

/// A table that is compared.
pub(super) struct Compared {
    table: &'static str,
    key: &'static [&'static str],
    /// What it is cut into buckets by: the request where there is one.
    bucket: &'static str,
    /// What is left out of it.
    except: Except,
}

/// What can't be compared while one of the two is ahead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Except {
    /// Rows of requests of which one knows more.
    Requests,
    /// Rows of events that only one has seen.
    Positions,
}

/// How many rows differ in what, and some of them.
struct Row {
    key: String,
    is_gone: bool,
    is_added: bool,
    columns: Vec<String>,
}

impl Compared {
    pub(super) const ALL: [Self; 6] = [
        Self::of_requests("payloads", &["request_id"]),
        Self::of_requests("services", &["request_id", "service_id"]),
        Self::of_requests("parts", &["request_id", "service_id", "part_id"]),
        Self::of_requests("conflicts", &["request_id", "attribute", "value_id"]),
        Self::of_requests("statuses", &["request_id", "stream_id", "record_offset"]),
        Self {
            table: "quarantine",
            key: &["stream_id", "record_offset"],
            bucket: "stream_id::text",
            except: Except::Positions,
        },
    ];

    const fn of_requests(table: &'static str, key: &'static [&'static str]) -> Self {
        Self { table, key, bucket: "left(request_id, 2)", except: Except::Requests }
    }

    pub(super) async fn compare(
        &self,
        transaction: &Transaction<'_>,
        old: GenerationId,
        new: GenerationId,
        motion: &Motion,
    ) -> Result<TableComparison, ProjectError> {
        let mut comparison = TableComparison {
            table: self.table,
            gone: 0,
            added: 0,
            changed: Vec::new(),
            examples: Vec::new(),
        };
        let columns = self.columns(transaction, old, new).await?;
        if columns.is_empty() {
            // The other version has no such table: there is nothing to compare.
            return Ok(comparison);
        }
        for bucket in self.differing_buckets(transaction, &columns, old, new).await? {
            for row in self.differing_rows(transaction, &columns, (old, new), &bucket, motion).await? {
                comparison.take(row);
            }
        }
        Ok(comparison)
    }

    /// Those that both have.
    async fn columns(
        &self,
        transaction: &Transaction<'_>,
        old: GenerationId,
        new: GenerationId,
    ) -> Result<Vec<String>, ProjectError> {
        let rows = transaction
            .query(
                "-- compare::columns
                select column_name::text from information_schema.columns
                where table_name = $1 and table_schema in ($2, $3)
                group by column_name having count(*) = 2
                order by column_name",
                &[&self.table, &old.schema(), &new.schema()],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    async fn differing_buckets(
        &self,
        transaction: &Transaction<'_>,
        columns: &[String],
        old: GenerationId,
        new: GenerationId,
    ) -> Result<Vec<String>, ProjectError> {
        let digests = |id: GenerationId| {
            format!(
                "select {bucket} as bucket, count(*) as rows,
                        sum(hashtextextended(row({columns})::text, 0)::numeric) as digest
                from {schema}.{table} group by 1",
                bucket = self.bucket,
                columns = columns.join(", "),
                schema = id.schema(),
                table = self.table,
            )
        };
        let sql = format!(
            "-- compare::differing_buckets
            select bucket from ({}) as old full join ({}) as new using (bucket)
            where (old.rows, old.digest) is distinct from (new.rows, new.digest)
            order by bucket",
            digests(old),
            digests(new)
        );
        let rows = transaction.query(&sql, &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    async fn differing_rows(
        &self,
        transaction: &Transaction<'_>,
        columns: &[String],
        (old, new): (GenerationId, GenerationId),
        bucket: &str,
        motion: &Motion,
    ) -> Result<Vec<Row>, ProjectError> {
        let except = match self.except {
            Except::Requests => "request_id <> all($2)",
            Except::Positions => {
                "not exists (select from unnest($2::int[], $3::bigint[]) as moving(stream_id, next_offset)
                    where moving.stream_id = rows.stream_id and rows.record_offset >= moving.next_offset)"
            }
        };
        let rows = |id: GenerationId| {
            format!(
                "(select rows.tableoid, rows.* from {}.{} as rows where {} = $1 and {except})",
                id.schema(),
                self.table,
                self.bucket
            )
        };
        let names = columns.iter().filter(|column| !self.key.contains(&column.as_str()));
        let differs: Vec<String> = names
            .map(|name| format!("case when old.{name} is distinct from new.{name} then '{name}' end"))
            .collect();
        let keys: Vec<String> = self.key.iter().map(|key| format!("{key}::text")).collect();
        let sql = format!(
            "-- compare::differing_rows
            select key, is_gone, is_added, columns from (
                select concat_ws(' ', {}) as key, new.tableoid is null as is_gone, old.tableoid is null as is_added,
                       array_remove(array[{}]::text[], null) as columns
                from {} as old full join {} as new using ({})
            ) as compared
            where is_gone or is_added or columns <> '{{}}'
            order by key",
            keys.join(", "),
            differs.join(", "),
            rows(old),
            rows(new),
            self.key.join(", "),
        );
        let request_ids: &Vec<RequestId> = &motion.request_ids;
        let rows = match self.except {
            Except::Requests => transaction.query(&sql, &[&bucket, request_ids]).await?,
            Except::Positions => {
                transaction.query(&sql, &[&bucket, &motion.streams, &motion.offsets]).await?
            }
        };
        let row = |row: &tokio_postgres::Row| Row {
            key: row.get("key"),
            is_gone: row.get("is_gone"),
            is_added: row.get("is_added"),
            columns: row.get("columns"),
        };
        Ok(rows.iter().map(row).collect())
    }
}

impl TableComparison {
    fn take(&mut self, row: Row) {
        let what = match (row.is_gone, row.is_added) {
            (true, _) => {
                self.gone += 1;
                "gone".to_owned()
            }
            (_, true) => {
                self.added += 1;
                "added".to_owned()
            }
            _ => {
                for column in &row.columns {
                    match self.changed.iter_mut().find(|(name, _)| name == column) {
                        Some((_, count)) => *count += 1,
                        None => self.changed.push((column.clone(), 1)),
                    }
                }
                row.columns.join(", ")
            }
        };
        if self.examples.len() < EXAMPLES {
            self.examples.push(Difference { key: row.key, what });
        }
    }
}
