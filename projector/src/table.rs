//! Tables of read models: one list of columns each, for everything that is done with whole rows.

mod conflict;
mod part;
mod payload;
mod quarantine;
mod service;
mod status;
mod value;

use std::borrow::Borrow;
use std::fmt::Write as _;

use futures_util::pin_mut;
use runtime::database::Transaction;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use crate::ProjectError;
use crate::copy_out::CopiedRow;

pub(crate) use self::conflict::CONFLICTS;
pub(crate) use self::part::PARTS;
pub(crate) use self::payload::PAYLOADS;
pub(crate) use self::quarantine::QUARANTINE;
pub(crate) use self::service::SERVICES;
pub(crate) use self::status::{STATUSES, copied_status};
pub(crate) use self::value::Value;

/// A table, and how a row of it is made of a value of ours.
pub(crate) struct Table<R: 'static> {
    pub(crate) name: &'static str,
    /// The columns that tell a row from all others.
    pub(crate) key: &'static [&'static str],
    pub(crate) columns: &'static [Column<R>],
    /// Which of two rows of the same key stays; without it, the one that is written.
    pub(crate) replaces: Option<&'static str>,
}

/// A column.
pub(crate) struct Column<R> {
    pub(crate) name: &'static str,
    kind: Type,
    value: for<'a> fn(&'a R) -> Value<'a>,
}

impl<R> Column<R> {
    pub(crate) const fn new(name: &'static str, kind: Type, value: for<'a> fn(&'a R) -> Value<'a>) -> Self {
        Self { name, kind, value }
    }
}

impl<R> Table<R> {
    /// Adds rows whose keys aren't there.
    pub(crate) async fn copy(
        &self,
        transaction: &Transaction<'_>,
        rows: &[impl Borrow<R>],
    ) -> Result<(), ProjectError> {
        if rows.is_empty() {
            return Ok(());
        }
        let copied = self.copy_in(transaction, rows).await;
        copied.map_err(|error| match error.code() {
            Some(&SqlState::UNIQUE_VIOLATION) => ProjectError::WrittenTo(self.name),
            _ => error.into(),
        })
    }

    async fn copy_in(
        &self,
        transaction: &Transaction<'_>,
        rows: &[impl Borrow<R>],
    ) -> Result<(), tokio_postgres::Error> {
        let sql = format!("-- {0}::copy\ncopy {0} ({1}) from stdin (format binary)", self.name, self.names());
        let writer = BinaryCopyInWriter::new(transaction.copy_in(&sql).await?, &self.kinds());
        pin_mut!(writer);
        for row in rows {
            let values = self.values(row.borrow());
            writer.as_mut().write_raw(values.iter()).await?;
        }
        writer.finish().await?;
        Ok(())
    }

    fn values<'a>(&self, row: &'a R) -> Vec<Value<'a>> {
        self.columns.iter().map(|column| (column.value)(row)).collect()
    }

    /// Changes rows whose keys are there.
    pub(crate) async fn update(
        &self,
        transaction: &Transaction<'_>,
        rows: &[&R],
    ) -> Result<(), ProjectError> {
        if self.run(transaction, &self.update_sql(), rows).await? == rows.len() as u64 {
            return Ok(());
        }
        Err(ProjectError::WrittenTo(self.name))
    }

    /// Writes rows as they are now, whether or not their keys are there.
    pub(crate) async fn upsert(
        &self,
        transaction: &Transaction<'_>,
        rows: &[&R],
    ) -> Result<(), ProjectError> {
        self.run(transaction, &self.upsert_sql(), rows).await.map(drop)
    }

    async fn run(&self, transaction: &Transaction<'_>, sql: &str, rows: &[&R]) -> Result<u64, ProjectError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let statement = transaction.prepare_cached(sql).await?;
        let columns: Vec<Vec<Value<'_>>> =
            self.columns.iter().map(|column| rows.iter().map(|row| (column.value)(row)).collect()).collect();
        let parameters: Vec<&(dyn ToSql + Sync)> =
            columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect();
        Ok(transaction.execute(&statement, &parameters).await?)
    }

    fn update_sql(&self) -> String {
        let (name, columns) = (self.name, self.names());
        let same: Vec<String> = self.key.iter().map(|key| format!("{name}.{key} = changed.{key}")).collect();
        format!(
            "-- {name}::update\nupdate {name} set {} from unnest({}) as changed({columns}) where {}",
            self.assignments("changed"),
            self.arrays(),
            same.join(" and "),
        )
    }

    fn upsert_sql(&self) -> String {
        let (name, columns) = (self.name, self.names());
        let mut sql = format!(
            "-- {name}::upsert\ninsert into {name} ({columns}) select * from unnest({}) on conflict ({}) do update set {}",
            self.arrays(),
            self.key.join(", "),
            self.assignments("excluded"),
        );
        if let Some(replaces) = self.replaces {
            write!(sql, " where {replaces}").expect("a text takes all");
        }
        sql
    }

    /// A parameter for each column.
    fn arrays(&self) -> String {
        let array = |(column, number): (&Column<R>, usize)| format!("${number}::{}[]", column.kind.name());
        self.columns.iter().zip(1..).map(array).collect::<Vec<_>>().join(", ")
    }

    /// All but the key as another row has it.
    fn assignments(&self, from: &str) -> String {
        let changing = self.columns.iter().map(|column| column.name).filter(|name| !self.key.contains(name));
        changing.map(|name| format!("{name} = {from}.{name}")).collect::<Vec<_>>().join(", ")
    }

    /// The types of its columns.
    pub(crate) fn kinds(&self) -> Vec<Type> {
        self.columns.iter().map(|column| column.kind.clone()).collect()
    }

    /// The names of its columns, for a query.
    pub(crate) fn names(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }

    /// About how much a row takes in memory.
    pub(crate) fn size(&self, row: &R) -> usize {
        self.columns.iter().map(|column| (column.value)(row).size()).sum()
    }

    /// A digest of a row, of so many bits that no two rows have the same.
    pub(crate) fn digest(&self, row: &R) -> u128 {
        digest(self.columns.iter().map(|column| (column.value)(row)))
    }

    /// The digest of a row that is stored: of what stands in it, not of what was meant.
    pub(crate) fn digest_stored(&self, row: &CopiedRow) -> u128 {
        digest(self.columns.iter().enumerate().map(|(at, column)| column.stored(row, at)))
    }

    /// The columns in which a row that is stored isn't as it should be.
    pub(crate) fn list_differing(&self, expected: &R, stored: &CopiedRow) -> String {
        let differs = |(at, column): &(usize, &Column<R>)| {
            digest([(column.value)(expected)].into_iter()) != digest([column.stored(stored, *at)].into_iter())
        };
        let differing = self.columns.iter().enumerate().filter(differs);
        differing.map(|(_, column)| column.name).collect::<Vec<_>>().join(", ")
    }

    /// A row's key, for people.
    pub(crate) fn key(&self, row: &R) -> String {
        text(self.keys().map(|(_, column)| (column.value)(row)))
    }

    /// The key of a row that is stored, for people.
    pub(crate) fn stored_key(&self, row: &CopiedRow) -> String {
        text(self.keys().map(|(at, column)| column.stored(row, at)))
    }

    fn keys(&self) -> impl Iterator<Item = (usize, &'static Column<R>)> {
        self.columns.iter().enumerate().filter(|(_, column)| self.key.contains(&column.name))
    }
}

impl<R> Column<R> {
    fn stored<'a>(&self, row: &'a CopiedRow, at: usize) -> Value<'a> {
        Value::stored(row, at, &self.kind)
    }
}

fn text<'a>(values: impl Iterator<Item = Value<'a>>) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
}

/// A digest of values, of so many bits that no others have the same.
pub(crate) fn digest<'a>(values: impl Iterator<Item = Value<'a>>) -> u128 {
    // Hashed in one piece: many small ones would cost more than all else.
    let mut bytes = Vec::with_capacity(512);
    values.for_each(|value| value.encode(&mut bytes));
    let hash = blake3::hash(&bytes);
    let (first, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
    u128::from_le_bytes(*first)
}
