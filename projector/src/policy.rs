//! Policies: the read models have some, which show an auditor everything. Who checks makes sure of that.

use runtime::database::Transaction;
use schema::GenerationId;

use crate::ProjectError;

/// How PostgreSQL stores a condition that is always true. `pg_get_expr` would say it in SQL, but waits for whoever has locked the table.
const TRUE: &str =
    r"^\{CONST :consttype 16 .*:constisnull false .*:constvalue 1 \[ (1 0 0 0 0 0 0 0|0 0 0 0 0 0 0 1) \]\}$";

/// Has a transaction read the tables of a generation by their policies.
///
/// An auditor's connections fail rather than have any policy applied: see [`runtime::database::Role::Auditor`].
pub(crate) async fn allow(transaction: &Transaction<'_>) -> Result<(), ProjectError> {
    transaction.batch_execute("set local row_security = on").await?;
    Ok(())
}

/// The same, where nothing is hidden from it, of a generation or of the log.
///
/// # Errors
/// When a policy may hide rows.
pub(crate) async fn show_all(transaction: &Transaction<'_>, id: GenerationId) -> Result<(), ProjectError> {
    allow(transaction).await?;
    let hidden = transaction
        .query_opt(
            "-- policy::show_all
            select pg_class.oid::regclass::text as name
            from pg_class
            left join lateral (
                select bool_and(polpermissive and polqual::text ~ $2) as is_open
                from pg_policy
                where polrelid = pg_class.oid and polcmd in ('r', '*')
                    and (0 = any(polroles) or exists (select from unnest(polroles) as role where pg_has_role(role, 'usage')))
            ) as policies on true
            where relrowsecurity and relnamespace in ('public'::regnamespace, to_regnamespace($1))
                and has_table_privilege(pg_class.oid, 'select') and is_open is not true
            order by 1 limit 1",
            &[&id.schema(), &TRUE],
        )
        .await?;
    match hidden {
        Some(row) => Err(ProjectError::Hidden(row.get("name"))),
        None => Ok(()),
    }
}
