//! The data map says of every column of the schema what it holds, and of none that is not there.

use std::collections::BTreeSet;

use peyk::privacy::data_map::{document, tables};

use crate::harness::{TestApp, both_engines};

both_engines! { every_column_of_the_schema_is_classified_and_no_other }

async fn every_column_of_the_schema_is_classified_and_no_other(app: TestApp) {
    let there: BTreeSet<(String, String)> = app.db.columns().await.expect("the schema can be read").into_iter().collect();
    let mut classified = BTreeSet::new();
    for table in tables() {
        for column in table.columns {
            assert!(classified.insert((table.name.to_owned(), column.0.to_owned())), "{}.{} stands twice", table.name, column.0);
        }
    }
    let missing: Vec<_> = there.difference(&classified).collect();
    assert!(missing.is_empty(), "say in src/privacy/data_map what these hold: {missing:?}");
    let gone: Vec<_> = classified.difference(&there).collect();
    assert!(gone.is_empty(), "take these out of src/privacy/data_map: {gone:?}");
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let committed = include_str!("../../../docs/data-map.md");
    assert!(committed.trim_end() == document().trim_end(), "write it anew: cargo run -- data-map > docs/data-map.md");
}
