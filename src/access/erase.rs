//! What the doors keep for a while and what may hold somebody's number: answers that are given again, and forms that were refused.

use std::collections::HashSet;

use serde_json::Value;

use super::idempotency::KEPT;
use super::store;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{MessageId, SubaccountId, fresh};
use crate::kernel::phone::Traces;

/// Fields of an answer that are about a person.
const PERSONAL: [&str; 8] = ["to", "text", "reference", "metadata", "value", "detail", "name", "file_name"];
/// Where a session keeps what its next page shows.
const FLASH: &str = "flash";

/// Takes a person out of what is kept of earlier requests: answers that would be given again, keys that name the number, and
/// forms of the subaccount's users that wait to be shown again (those go whole, they are sealed). A step.
pub async fn forget_person(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    traces: &Traces,
    messages: &[(MessageId, Millis)],
    now: Millis,
) -> Result<()> {
    let recent = messages.iter().filter(|(_, at)| *at > now - KEPT);
    let mut instants: Vec<Millis> = recent.map(|(_, at)| *at).collect();
    instants.dedup();
    let ids: HashSet<&str> = messages.iter().map(|(id, _)| id.as_str()).collect();
    let mut kept = store::idempotency::kept_of_others(tx, subaccount).await?;
    for part in instants.chunks(500) {
        kept.extend(store::idempotency::kept_at(tx, subaccount, part).await?);
    }
    for row in &kept {
        let (_, _, key, answer) = row;
        let rewritten = without(answer, traces, &ids)?;
        let renamed = traces.stand_in(key).then(|| format!("erased-{}", fresh(now)));
        if rewritten.is_some() || renamed.is_some() {
            let answer = rewritten.as_ref().unwrap_or(answer);
            store::idempotency::rewrite(tx, subaccount, row, renamed.as_ref().unwrap_or(key), answer).await?;
        }
    }
    for (id, data) in store::sessions::of_subaccount(tx, subaccount).await? {
        let mut data: serde_json::Map<String, Value> = serde_json::from_str(&data).map_err(Error::internal)?;
        if data.remove(FLASH).is_some() {
            store::sessions::set_data(tx, &id, &Value::Object(data).to_string()).await?;
        }
    }
    Ok(())
}

/// The answer without the person; `None` when it is not about them.
fn without(answer: &str, traces: &Traces, messages: &HashSet<&str>) -> Result<Option<String>> {
    // The empty answer of a request that is being worked on.
    if answer.is_empty() {
        return Ok(None);
    }
    let mut value: Value = serde_json::from_str(answer).map_err(Error::internal)?;
    let found = blank(&mut value, traces, messages);
    Ok(found.then(|| value.to_string()))
}

/// Blanks what is personal in every object that names the person or one of their messages; whether there was any.
fn blank(value: &mut Value, traces: &Traces, messages: &HashSet<&str>) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |found, item| blank(item, traces, messages) | found),
        Value::Object(fields) => {
            let is_theirs = fields.iter().any(|(name, value)| {
                let text = value.as_str().unwrap_or_default();
                (name == "id" && messages.contains(text)) || (PERSONAL.contains(&name.as_str()) && traces.stand_in(text))
            });
            if is_theirs {
                fields.retain(|name, _| name == "to" || !PERSONAL.contains(&name.as_str()));
                fields.entry("to").and_modify(|to| *to = Value::String(String::new()));
            }
            fields.values_mut().fold(is_theirs, |found, inner| blank(inner, traces, messages) | found)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::phone::Phone;

    #[test]
    fn only_the_person_leaves_an_answer() {
        let traces = Traces::of(&Phone::from_e164("+14155550123").expect("a number"));
        let ids = HashSet::from(["msg_1"]);
        let without =
            |answer: &str| without(answer, &traces, &ids).expect("JSON").map(|text| serde_json::from_str::<Value>(&text).expect("JSON"));
        let sent = r#"{"id":"msg_1","to":"+1 •••• ••0123","text":"Hi Ann","status":"queued","attempts":[]}"#;
        assert_eq!(without(sent), Some(serde_json::json!({"id":"msg_1","to":"","status":"queued","attempts":[]})));
        let many = r#"{"id":"cam_1","refused":[{"row":1,"value":"(415) 555-0123","detail":"no"},{"row":2,"value":"x","detail":"y"}]}"#;
        assert_eq!(without(many), Some(serde_json::json!({"id":"cam_1","refused":[{"row":1},{"row":2,"value":"x","detail":"y"}]})));
        let file = r#"{"upload":{"id":"upl_1","file_name":"for 415-555-0123.csv"},"name":"for 415-555-0123"}"#;
        assert_eq!(without(file), Some(serde_json::json!({"upload":{"id":"upl_1"}})));
        assert_eq!(without(r#"{"id":"msg_2","to":"+14155550199","text":"Hi"}"#), None);
        assert_eq!(without(""), None);
    }
}
