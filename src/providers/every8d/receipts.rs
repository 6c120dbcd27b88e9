//! What Every8d says later: by calling the address that it holds on file (a GET), or when it is asked for a batch.

use serde_json::Value;

use crate::kernel::clock::Millis;
use crate::kernel::crypto::sha256_hex;
use crate::providers::form::{Fields, lenient};
use crate::providers::{Call, CallError, Heard, Inbound, Polled, Receipt, taiwan};

use super::answer::{self, Answer};
use super::codes::Table;

/// The status of a call that hands on what somebody wrote.
const REPLY: i64 = 999;

/// Reads a call. `echoes` tells whether the subject of our messages is our attempt reference.
pub fn hear(table: Table, echoes: bool, call: &Call<'_>) -> Result<Heard, CallError> {
    let fields = Fields::of_url(call.url);
    let batch = fields.text("BatchID").unwrap_or_default();
    let status = fields.text("STATUS").and_then(|status| status.trim().parse::<i64>().ok());
    let status = status.ok_or(CallError::Unreadable("its status is no number"))?;
    let time = fields.text("RT").unwrap_or_default();
    let at = taiwan::instant(&time).unwrap_or(call.at);
    if status == REPLY {
        let from = fields.text("RM").ok_or(CallError::Unreadable("the person's number is missing"))?;
        let text = fields.text("SM").unwrap_or_default().into_owned();
        // The same words twice are two texts unless they came in the same second.
        let key = sha256_hex(format!("{batch} {time} {from} {} {text}", fields.text("MSGID").unwrap_or_default()).as_bytes());
        // The call does not say which number was written to.
        let inbound =
            Inbound { event_key: format!("reply-{key}"), to: String::new(), from: taiwan::e164(&from), text, at, answered: false };
        return Ok(Heard { inbound: vec![inbound], ..Heard::default() });
    }
    if batch.is_empty() {
        return Err(CallError::Unreadable("the batch is missing"));
    }
    let attempt = fields.text("SUBJECT").filter(|subject| echoes && subject.starts_with("att_")).map(|subject| subject.into_owned());
    let receipts = receipt(table, attempt, &batch, status, at).into_iter().collect();
    Ok(Heard { receipts, ..Heard::default() })
}

/// Reads the answer to the question for a batch, which is JSON; the error's code if it is one.
pub fn polled(table: Table, message: &Polled<'_>, body: &[u8], now: Millis) -> Result<Option<Receipt>, i64> {
    if let Some(Answer::No(code)) = answer::read(body) {
        return Err(code);
    }
    let row =
        serde_json::from_str::<Value>(lenient(body).trim()).ok().and_then(|mut answer| Some(answer.get_mut("DATA")?.get_mut(0)?.take()));
    Ok(row.and_then(|row| {
        let status = answer::number(row.get("STATUS")?)?;
        let time = |name: &str| row.get(name).and_then(Value::as_str).and_then(taiwan::instant);
        let at = time("RECEIVED_TIME").or_else(|| time("SEND_TIME")).unwrap_or(now);
        receipt(table, Some(message.attempt.into()), message.provider_message_id, status, at)
    }))
}

/// A receipt, unless the message is still under way. A batch is one message, for we send them one by one. Its cost is in
/// credits, whose price only the shop's contract knows.
fn receipt(table: Table, attempt: Option<String>, batch: &str, status: i64, at: Millis) -> Option<Receipt> {
    Some(Receipt {
        attempt,
        provider_message_id: Some(batch.into()),
        status: table.status(status)?,
        at,
        event_key: format!("{batch}-{status}"),
        price_micros: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{Door, ReceiptStatus};
    use proptest::prelude::*;
    use reqwest::header::HeaderMap;

    fn heard(query: &str) -> Result<Heard, CallError> {
        let url = format!("https://shop.example/webhooks/every8d/k/status?{query}");
        hear(Table::Of2025, true, &Call { door: Door::Status, url: &url, headers: &HeaderMap::new(), body: b"", at: 7 })
    }

    #[test]
    fn a_receipt_is_correlated_by_batch_and_by_subject() {
        let heard = heard("BatchID=b-1&RM=%2B886912345678&RT=20251114093000&STATUS=100&SM=&SUBJECT=att_1&MR=").unwrap();
        let [receipt] = &*heard.receipts else { panic!("{heard:?}") };
        assert_eq!((receipt.attempt.as_deref(), receipt.provider_message_id.as_deref()), (Some("att_1"), Some("b-1")));
        assert_eq!((&receipt.status, receipt.at, &*receipt.event_key), (&ReceiptStatus::Delivered, 1_763_083_800_000, "b-1-100"));
    }

    #[test]
    fn another_subject_is_no_reference_and_a_strange_time_is_the_call_s() {
        let told = heard("BATCHID=b-1&STATUS=103&RT=soon&SUBJECT=Autumn").unwrap();
        assert_eq!((told.receipts[0].attempt.as_deref(), told.receipts[0].at), (None, 7));
        let url = "https://shop.example/?BatchID=b-1&STATUS=100&SUBJECT=att_1";
        let call = Call { door: Door::Status, url, headers: &HeaderMap::new(), body: b"", at: 7 };
        assert_eq!(hear(Table::Of2025, false, &call).unwrap().receipts[0].attempt, None);
    }

    #[test]
    fn a_status_on_the_way_is_taken_without_a_receipt() {
        assert_eq!(heard("BatchID=b-1&STATUS=300"), Ok(Heard::default()));
        for query in ["", "BatchID=b-1", "BatchID=b-1&STATUS=fine", "STATUS=100", "STATUS=999&SM=hi"] {
            assert!(matches!(heard(query), Err(CallError::Unreadable(_))), "{query}");
        }
    }

    #[test]
    fn a_reply_is_a_text_and_different_words_are_different_events() {
        let reply =
            |sm: &str| heard(&format!("BatchID=b-1&RM=%2B886912345678&RT=20251114093000&STATUS=999&SM={sm}")).unwrap().inbound.remove(0);
        let first = reply("%E9%80%80%E8%A8%82");
        assert_eq!((&*first.text, &*first.from, first.at), ("退訂", "+886912345678", 1_763_083_800_000));
        assert_eq!(first, reply("%E9%80%80%E8%A8%82"));
        assert_ne!(first.event_key, reply("%E5%A5%BD").event_key);
        assert!(!first.event_key.contains("退訂"));
    }

    #[test]
    fn a_batch_is_read_whether_figures_are_text_or_not() {
        let message = Polled { attempt: "att_1", provider_message_id: "b-1", to: "+886912345678" };
        let read = |body: &str| polled(Table::Of2025, &message, body.as_bytes(), 7);
        for status in ["100", "\"100\""] {
            let body = format!(r#"{{"SMS_COUNT":1,"BID":"b-1","DATA":[{{"STATUS":{status},"RECEIVED_TIME":"2025/11/14 09:30:00"}}]}}"#);
            let receipt = read(&body).unwrap().unwrap();
            assert_eq!((receipt.status, receipt.at, &*receipt.event_key), (ReceiptStatus::Delivered, 1_763_083_800_000, "b-1-100"));
        }
        assert_eq!(read(r#"{"DATA":[{"STATUS":"300"}]}"#), Ok(None));
        for body in ["", "{}", "[]", r#"{"SMS_COUNT":0,"DATA":[]}"#, r#"{"DATA":[{"STATUS":null}]}"#, "<html>"] {
            assert_eq!(read(body), Ok(None), "{body}");
        }
        assert_eq!(read("-2, no"), Err(-2));
    }

    proptest! {
        #[test]
        fn any_call_and_any_answer_is_read_or_refused(query in ".{0,99}", body in proptest::collection::vec(any::<u8>(), 0..99)) {
            heard(&query).ok();
            heard(&format!("BatchID={query}&STATUS=100&RT={query}")).ok();
            polled(Table::Of2025, &Polled { attempt: "", provider_message_id: "", to: "" }, &body, 0).ok();
        }
    }
}
