//! Everything that is stored, as one number per column: what a request left as it was has the same.

use std::collections::BTreeMap;

use peyk::kernel::crypto::sha256_hex;

use crate::harness::TestApp;

/// Left out, with the reason: sessions move with every visit of somebody who is signed in, and the log of requests to sign in counts
/// visits to the door. Nothing about a person or their consent stands there.
const LEFT_OUT: [&str; 1] = ["sessions"];

/// The digest of every column, by table and name.
pub async fn digest(app: &TestApp) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut tx = app.db.read().await.expect("the database reads");
    for (table, column) in app.db.columns().await.expect("the schema can be read") {
        if LEFT_OUT.contains(&table.as_str()) {
            continue;
        }
        let value = if app.db.is_shared() { format!("coalesce(cast(\"{column}\" as text), '-')") } else { format!("quote(\"{column}\")") };
        let sql = format!("select {value} from {table}");
        let rows: Vec<(String,)> = tx.query(&sql).fetch_all().await.expect("every column is text somehow");
        let mut rows: Vec<String> = rows.into_iter().map(|(value,)| value).collect();
        rows.sort_unstable();
        all.insert(format!("{table}.{column}"), format!("{} {}", rows.len(), sha256_hex(rows.join("\n").as_bytes())));
    }
    all
}

/// The columns that differ.
pub fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    after.iter().filter(|(column, value)| before.get(*column) != Some(value)).map(|(column, _)| column.clone()).collect()
}
