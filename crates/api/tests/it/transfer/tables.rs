//! Nothing that a migration adds is forgotten.

use std::collections::BTreeMap;

use jobbergate_api::transfer::{LEFT_OUT, TABLES};

use crate::schema::sqlite_columns;

#[tokio::test(flavor = "multi_thread")]
async fn each_column_is_exported_or_left_out_on_purpose() {
    let mut columns = sqlite_columns().await;
    for (table, why) in LEFT_OUT {
        assert!(columns.remove(*table).is_some(), "there is no table {table} that is left out");
        assert!(!why.is_empty(), "{table}");
    }
    let exported: BTreeMap<_, _> = TABLES
        .iter()
        .map(|table| {
            let columns = table.columns.iter().map(|c| (c.name.to_owned(), c.nullable));
            (table.name.to_owned(), columns.collect::<BTreeMap<_, _>>())
        })
        .collect();
    assert_eq!(
        exported, columns,
        "a migration has changed tables: say in src/transfer/tables/ which of its columns are exported, \
         or in LEFT_OUT why a table is not"
    );
}
