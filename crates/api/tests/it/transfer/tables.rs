//! Nothing that a migration adds is forgotten.

use std::collections::BTreeMap;

use jobbergate_api::transfer::{LEFT_OUT, TABLES};

use crate::schema::{Columns, postgres_columns, sqlite_columns};

/// The tables of a database but for those that are left out, which are of one of the two at least.
fn not_left_out(mut columns: Columns, seen: &mut Vec<&str>) -> Columns {
    for (table, why) in LEFT_OUT {
        assert!(!why.is_empty(), "{table}");
        if columns.remove(*table).is_some() {
            seen.push(table);
        }
    }
    columns
}

#[tokio::test(flavor = "multi_thread")]
async fn each_column_is_exported_or_left_out_on_purpose() {
    let exported: BTreeMap<_, _> = TABLES
        .iter()
        .map(|table| {
            let columns = table.columns.iter().map(|c| (c.name.to_owned(), c.nullable));
            (table.name.to_owned(), columns.collect::<BTreeMap<_, _>>())
        })
        .collect();
    let mut seen = Vec::new();
    for columns in [sqlite_columns().await, postgres_columns().await] {
        assert_eq!(
            exported,
            not_left_out(columns, &mut seen),
            "a migration has changed tables: say in src/transfer/tables/ which of its columns are exported, \
             or in LEFT_OUT why a table is not"
        );
    }
    for (table, _) in LEFT_OUT {
        assert!(seen.contains(table), "there is no table {table} that is left out");
    }
}
