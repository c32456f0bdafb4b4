//! Rows of an archive, made in the transaction of an import.

use sea_query::Value;

use super::{Stop, Target};
use crate::{
    db::{Kind, Session},
    identity::built_in_role,
    transfer::{
        Whose,
        archive::{Fault, FileName},
        row::Row,
        store,
        tables::{Place, Table, identity},
    },
};

/// How many values one statement has at most; SQLite takes 32 766.
const VALUES: usize = 8192;

impl Target {
    pub(super) async fn insert(
        &mut self,
        entry: &str,
        table: &'static Table,
        mut rows: Vec<Row>,
    ) -> Result<(), Stop> {
        self.place_in_organization(entry, table, &mut rows)?;
        require_known_roles(entry, table, &rows)?;
        self.require_accounts(entry, table, &rows)?;
        let db = match &mut self.identity {
            Some(identity) if table.is_shared() => identity,
            _ => &mut self.data,
        };
        let size = (VALUES / table.columns.len().max(1)).max(1);
        for (index, rows) in rows.chunks(size).enumerate() {
            match table.place {
                Place::Shared { advice, .. } => {
                    insert_shared(db, (entry, index * size), table, rows, advice).await?;
                }
                Place::Data | Place::Seeded => {
                    insert(db, (entry, index * size), table, rows).await?;
                }
            }
        }
        Ok(())
    }

    /// People and clients become those of the organization. Where others have theirs, the default data
    /// takes none that belong to one.
    fn place_in_organization(
        &self,
        entry: &str,
        table: &Table,
        rows: &mut [Row],
    ) -> Result<(), Stop> {
        let Some(place) = column(table, "organization") else { return Ok(()) };
        for (index, row) in rows.iter_mut().enumerate() {
            let Some(cell) = row.get_mut(place) else { continue };
            match (&self.whose, &*cell) {
                (Whose::Organization(Some(organization)), _) => {
                    *cell = organization.as_str().into();
                }
                (Whose::Organization(None), Value::String(Some(organization))) => {
                    let reason = format!(
                        "it belongs to the organization {organization:?}, and this import is of the default \
                         data; import the archive of an organization with --organization"
                    );
                    return Err(fault(entry, index, reason));
                }
                (Whose::Organization(None) | Whose::Everybody, _) => {}
            }
        }
        Ok(())
    }

    /// Roles and tokens must be of accounts that are in the archive: nobody else's gets any.
    fn require_accounts(&mut self, entry: &str, table: &Table, rows: &[Row]) -> Result<(), Stop> {
        for (index, row) in rows.iter().enumerate() {
            if let Some(Value::String(Some(id))) = identity::account(table, row) {
                self.accounts.insert(id.clone());
            }
            if let Some(about) = identity::about_account(table, row)
                && !matches!(about, Value::String(Some(id)) if self.accounts.contains(id))
            {
                let reason = "it is about an account that is not in the archive".to_owned();
                return Err(fault(entry, index, reason));
            }
        }
        Ok(())
    }

    /// A file must be one that a row names.
    pub(super) async fn require_row(&mut self, entry: &str, file: &FileName) -> Result<(), Stop> {
        if store::names_file(&mut self.data, file.table, file.parent, &file.name).await? {
            return Ok(());
        }
        let reason = format!("no row of {} names this file", file.table.name);
        Err(Stop::Fault(Fault { entry: entry.to_owned(), line: None, reason }))
    }
}

fn column(table: &Table, name: &str) -> Option<usize> {
    table.columns.iter().position(|column| column.name == name)
}

fn is_built_in(table: &Table, row: &Row) -> bool {
    let cell = column(table, "built_in").and_then(|place| row.get(place));
    cell == Some(&Value::from(true))
}

/// What a role permits that is there from the start is set by the program, and nobody can change it.
fn require_known_roles(entry: &str, table: &Table, rows: &[Row]) -> Result<(), Stop> {
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| is_built_in(table, row)) {
        let Some(Value::String(Some(name))) = row.first() else { continue };
        if built_in_role(name).is_none() {
            let reason = format!(
                "this program has no built-in role {name:?}; give those who have it another role at the old \
                 server, and export again"
            );
            return Err(fault(entry, index, reason));
        }
    }
    Ok(())
}

fn fault(entry: &str, index: usize, reason: String) -> Stop {
    Stop::Fault(Fault { entry: entry.to_owned(), line: Some(index + 1), reason })
}

/// All at once; if that fails, one after the other, to say which one it is.
async fn insert(
    db: &mut Session,
    (entry, first): (&str, usize),
    table: &Table,
    rows: &[Row],
) -> Result<(), Stop> {
    store::begin_part(db).await?;
    let Err(error) = store::insert(db, table, rows).await else {
        return Ok(store::keep_part(db).await?);
    };
    if error.as_database_error().is_none() {
        return Err(error.into());
    }
    store::undo_part(db).await?;
    for (index, row) in rows.iter().enumerate() {
        if let Err(error) = store::insert(db, table, std::slice::from_ref(row)).await {
            return Err(match error.as_database_error() {
                Some(reason) => {
                    let reason = format!("{} does not take this row: {reason}", table.name);
                    fault(entry, first + index, reason)
                }
                None => error.into(),
            });
        }
    }
    Ok(())
}

/// What is there already must be the same.
async fn insert_shared(
    db: &mut Session,
    (entry, first): (&str, usize),
    table: &Table,
    rows: &[Row],
    advice: &str,
) -> Result<(), Stop> {
    for (index, row) in rows.iter().enumerate() {
        let inserted = store::insert(db, table, std::slice::from_ref(row)).await;
        match inserted {
            Ok(0) => {
                let known = store::find(db, table, row).await?;
                if !known.is_some_and(|known| is_same(table, row, &known)) {
                    let words = format!(
                        "the server has another row of {} for the same; {advice}",
                        table.name
                    );
                    return Err(fault(entry, first + index, words));
                }
            }
            Ok(_) => {}
            Err(error) => {
                let Some(reason) = error.as_database_error() else { return Err(error.into()) };
                let reason = format!("{} does not take this row: {reason}", table.name);
                return Err(fault(entry, first + index, reason));
            }
        }
    }
    Ok(())
}

/// Roles that each server has from the start permit what its version says.
fn is_same(table: &Table, row: &Row, known: &Row) -> bool {
    if is_built_in(table, row) && is_built_in(table, known) {
        return true;
    }
    // When a role was made differs from server to server.
    let is_role = column(table, "built_in").is_some();
    table.columns.iter().zip(row.iter().zip(known)).all(|(column, (one, other))| {
        let is_when = is_role && column.kind == Kind::Instant;
        let same_json = || column.kind == Kind::Json && json(one) == json(other);
        is_when || one == other || same_json()
    })
}

/// PostgreSQL writes JSON in its own way.
fn json(value: &Value) -> Option<serde_json::Value> {
    let Value::String(Some(text)) = value else { return None };
    serde_json::from_str(text).ok()
}
