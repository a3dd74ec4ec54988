//! Differences: counted by PostgreSQL, piece by piece, and a few of them shown.

use runtime::database::Transaction;
use schema::GenerationId;
use tokio_postgres::types::ToSql;

use super::table::{Piece, Table};
use super::{Difference, TableComparison};
use crate::ProjectError;

/// Examples of each table that are shown.
const EXAMPLES: usize = 5;

/// A table of two generations.
pub(super) struct Pair<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) table: &'a Table,
    pub(super) old: GenerationId,
    pub(super) new: GenerationId,
}

impl Pair<'_> {
    /// The columns that both have, but for the shard, which says nothing to readers, and what PostgreSQL derives from others. Whether its key is among them, without which
    /// nothing can be compared, is noted, and so is which others aren't.
    pub(super) async fn columns(
        &self,
        comparison: &mut TableComparison,
    ) -> Result<Vec<String>, ProjectError> {
        let rows = self
            .transaction
            .query(
                "-- difference::columns
                select column_name::text, count(*) = 2 and count(distinct data_type) = 1 as is_common
                from information_schema.columns
                where table_name = $1 and table_schema in ($2, $3) and column_name <> 'shard' and is_generated = 'NEVER'
                group by column_name
                order by column_name",
                &[&self.table.name, &self.old.schema(), &self.new.schema()],
            )
            .await?;
        let (common, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.get("is_common"));
        let names = |rows: Vec<&tokio_postgres::Row>| rows.iter().map(|row| row.get("column_name")).collect();
        let columns: Vec<String> = names(common);
        comparison.uncompared = names(others);
        comparison.is_compared = self.table.key.iter().all(|key| columns.iter().any(|column| column == key));
        Ok(columns)
    }

    /// Adds what a piece differs in.
    pub(super) async fn compare(
        &self,
        piece: &Piece<'_>,
        columns: &[String],
        comparison: &mut TableComparison,
    ) -> Result<(), ProjectError> {
        let rows = |id| self.table.rows(piece, columns, id);
        let joined = format!(
            "{} as old full join {} as new using ({})",
            rows(self.old),
            rows(self.new),
            self.table.key.join(", ")
        );
        let names: Vec<&str> =
            columns.iter().map(String::as_str).filter(|name| !self.table.key.contains(name)).collect();
        let parameters: Vec<&(dyn ToSql + Sync)> =
            piece.request_ids.iter().map(|ids| ids as &(dyn ToSql + Sync)).collect();
        let differs = self.count(&joined, &names, &parameters, comparison).await?;
        if differs && comparison.examples.len() < EXAMPLES {
            self.list_examples(&joined, &names, &parameters, comparison).await?;
        }
        Ok(())
    }

    /// Gives whether there is anything.
    async fn count(
        &self,
        joined: &str,
        names: &[&str],
        parameters: &[&(dyn ToSql + Sync)],
        comparison: &mut TableComparison,
    ) -> Result<bool, ProjectError> {
        let changed = names.iter().map(|name| {
            format!(
                "count(*) filter (where old.is_there and new.is_there and old.{name} is distinct from new.{name})"
            )
        });
        let sql = format!(
            "-- difference::count
            select count(*) filter (where new.is_there is null) as gone,
                   count(*) filter (where old.is_there is null) as added,
                   array[{}]::bigint[] as changed
            from {joined}",
            changed.collect::<Vec<_>>().join(", ")
        );
        let row = self.transaction.query_one(&sql, parameters).await?;
        let (gone, added): (i64, i64) = (row.get("gone"), row.get("added"));
        comparison.gone += gone;
        comparison.added += added;
        let mut differs = gone + added > 0;
        for (name, count) in names.iter().zip(row.get::<_, Vec<i64>>("changed")) {
            if count > 0 {
                differs = true;
                comparison.add_changed(name, count);
            }
        }
        Ok(differs)
    }

    async fn list_examples(
        &self,
        joined: &str,
        names: &[&str],
        parameters: &[&(dyn ToSql + Sync)],
        comparison: &mut TableComparison,
    ) -> Result<(), ProjectError> {
        let changed = names
            .iter()
            .map(|name| format!("case when old.{name} is distinct from new.{name} then '{name}' end"));
        let keys: Vec<String> = self.table.key.iter().map(|key| format!("{key}::text")).collect();
        let sql = format!(
            "-- difference::list_examples
            select key, what from (
                select concat_ws(' ', {}) as key,
                       case when new.is_there is null then 'gone' when old.is_there is null then 'added'
                            else array_to_string(array[{}]::text[], ', ') end as what
                from {joined}
            ) as compared
            where what <> ''
            order by key
            limit {}",
            keys.join(", "),
            changed.collect::<Vec<_>>().join(", "),
            EXAMPLES - comparison.examples.len()
        );
        let rows = self.transaction.query(&sql, parameters).await?;
        let example = |row: &tokio_postgres::Row| Difference { key: row.get("key"), what: row.get("what") };
        comparison.examples.extend(rows.iter().map(example));
        Ok(())
    }
}
