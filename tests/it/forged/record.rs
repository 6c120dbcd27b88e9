//! Everything that a webhook could change, as text.

use std::collections::BTreeMap;

use crate::harness::TestApp;

/// Tables and what of them is compared: all that says something, and no sealed column, since those are never rewritten alone.
const TABLES: [(&str, &str); 19] = [
    (
        "messages",
        "id status reason due_at fence attempts cost connection_id provider_message_id error_code error_detail sent_at delivered_at final_at",
    ),
    ("attempts", "id message_id state reason code detail provider_message_id finished_at checked_at"),
    ("receipts", "connection_id event_key attempt_id provider_message_id message_id status code at received_at"),
    ("message_events", "id message_id kind detail at"),
    ("contacts", "id language granted withdrawn stopped_at paused_until quiet_hours link_epoch updated_at"),
    ("consent_ledger", "id contact_id category change source at hash"),
    ("consent_heads", "subaccount_id seq hash"),
    ("inbound", "id contact_id connection_id event_key keyword changed at received_at read_at"),
    ("conversations", "contact_id last_id unread assigned_to closed_at"),
    ("keyword_answers", "message_id contact_id keyword at"),
    ("inbound_seen", "connection_id event_key seen_at"),
    ("facts", "subaccount_id slot_at connection_id country category status messages segments cost estimated"),
    ("spending", "subaccount_id month spent reserved"),
    ("connections", "id enabled paused_reason blocked_until updated_at"),
    ("connection_health", "slot_at connection_id country accepted refused unknown delivered failed"),
    ("connection_circuits", "*"),
    ("polls", "attempt_id message_id due_at"),
    ("price_reads", "attempt_id message_id provider_message_id due_at tries"),
    ("audit_log", "seq action object hash"),
];

/// What stood in the database at one moment.
#[derive(Debug, PartialEq, Eq)]
pub struct Record(BTreeMap<&'static str, Vec<String>>);

impl Record {
    /// What stands there now.
    pub async fn of(app: &TestApp) -> Self {
        let mut tx = app.db.read().await.expect("the database reads");
        let mut tables = BTreeMap::new();
        for (table, columns) in TABLES {
            let line = match columns {
                "*" => "cast(count(*) as text)".to_owned(),
                columns => columns.split(' ').map(|c| format!("coalesce(cast({c} as text), '-')")).collect::<Vec<_>>().join(" || ' ' || "),
            };
            let sql = format!("select {line} as line from {table} order by line");
            let lines: Vec<(String,)> = tx.query(&sql).fetch_all().await.expect("a table can be read");
            tables.insert(table, lines.into_iter().map(|(line,)| line).collect());
        }
        Self(tables)
    }

    /// Without what was reported and is about no message that we know.
    pub fn about_messages(mut self) -> Self {
        self.0.entry("receipts").or_default().retain(|line| line.split(' ').any(|word| word.starts_with("msg_")));
        self
    }
}
