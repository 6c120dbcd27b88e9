//! What Mitake says later: by calling the address that the message named (a GET), or when it is asked.

use crate::kernel::clock::Millis;
use crate::providers::form::Fields;
use crate::providers::{Call, CallAnswer, CallError, Heard, Polled, Receipt, taiwan};

use super::answer::{self, Row};
use super::codes;

/// The field of our address that names the attempt.
pub const ATTEMPT: &str = "attempt";

/// Reads a call. The answer must name the message, or Mitake takes the receipt for lost and calls again; so it is also
/// given to a status that says nothing.
pub fn hear(call: &Call<'_>) -> Result<Heard, CallError> {
    let fields = Fields::of_url(call.url);
    let msgid = fields.text("msgid").filter(|id| answer::is_msgid(id)).ok_or(CallError::Unreadable("the message's id is missing"))?;
    let digit = match fields.text("StatusFlag") {
        Some(digit) => digit.trim().to_owned(),
        None => fields.text("statusstr").and_then(|word| codes::digit_of(word.trim())).unwrap_or_default().to_owned(),
    };
    let at = fields.text("donetime").and_then(|time| taiwan::instant(&time)).unwrap_or(call.at);
    let attempt = fields.text(ATTEMPT).map(|attempt| attempt.into_owned());
    let body = format!("magicid=sms_gateway_rpack\nmsgid={msgid}\n");
    Ok(Heard {
        receipts: receipt(attempt, &msgid, &digit, at).into_iter().collect(),
        inbound: Vec::new(),
        answer: CallAnswer { content_type: "text/plain", body: body.into() },
    })
}

/// The receipts among the rows of a query, for the messages that were asked for.
pub fn polled(messages: &[Polled<'_>], rows: &[Row], now: Millis) -> Vec<Receipt> {
    let receipt = |row: &Row| {
        let message = messages.iter().find(|message| message.provider_message_id == row.msgid)?;
        receipt(Some(message.attempt.into()), &row.msgid, &row.statuscode, taiwan::instant(&row.time).unwrap_or(now))
    };
    rows.iter().filter_map(receipt).collect()
}

/// A receipt, unless the digit says nothing yet. Points are no money: what one costs, only the contract knows.
fn receipt(attempt: Option<String>, msgid: &str, digit: &str, at: Millis) -> Option<Receipt> {
    Some(Receipt {
        attempt,
        provider_message_id: Some(msgid.into()),
        status: codes::status(digit)?,
        at,
        event_key: format!("{msgid}-{digit}"),
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
        let url = format!("https://shop.example/webhooks/mitake/k/status?{query}");
        hear(&Call { door: Door::Status, url: &url, headers: &HeaderMap::new(), body: b"", at: 7 })
    }

    const REST: &str = "dstaddr=0912345678&dlvtime=20251114092900&donetime=20251114093000&statuscode=0";

    #[test]
    fn a_receipt_is_answered_with_the_magic_words() {
        // However Mitake joins its query to ours.
        for joint in ["&", "?"] {
            let heard = heard(&format!("attempt=att_1{joint}msgid=%23000000013&{REST}&statusstr=DELIVRD&StatusFlag=4")).unwrap();
            let [receipt] = &*heard.receipts else { panic!("{heard:?}") };
            assert_eq!((receipt.attempt.as_deref(), receipt.provider_message_id.as_deref()), (Some("att_1"), Some("#000000013")));
            assert_eq!((&receipt.status, receipt.at, &*receipt.event_key), (&ReceiptStatus::Delivered, 1_763_083_800_000, "#000000013-4"));
            assert_eq!(heard.answer.content_type, "text/plain");
            assert_eq!(heard.answer.body, "magicid=sms_gateway_rpack\nmsgid=#000000013\n");
        }
    }

    #[test]
    fn a_word_stands_in_for_a_missing_flag_and_the_unknown_is_acknowledged_too() {
        let status = |rest: &str| {
            let heard = heard(&format!("msgid=1&{rest}")).unwrap();
            assert_eq!(heard.answer.body, "magicid=sms_gateway_rpack\nmsgid=1\n");
            heard.receipts.first().map(|receipt| receipt.status.clone())
        };
        assert_eq!(status("statusstr=EXPIRED"), Some(ReceiptStatus::Expired));
        assert_eq!(status("statusstr=DELIVRD&StatusFlag=8"), Some(ReceiptStatus::Expired), "the flag says it more finely");
        assert!(matches!(status("statusstr=UNDELIV&StatusFlag="), Some(ReceiptStatus::Failed(_))));
        assert_eq!(status("statusstr=UNKNOWN"), None);
        assert_eq!(status("StatusFlag=0"), None);
    }

    #[test]
    fn a_call_without_an_id_is_not_answered() {
        for query in ["", "msgid=", "msgid=1%0A2&StatusFlag=4", "StatusFlag=4"] {
            assert!(matches!(heard(query), Err(CallError::Unreadable(_))), "{query}");
        }
    }

    #[test]
    fn rows_of_strangers_are_left_out() {
        let message = Polled { attempt: "att_1", provider_message_id: "#1", to: "+886912345678" };
        let rows = answer::rows(b"#1\t4\t20251114093000\r\n#2\t4\t20251114093000\r\n#1\t0\t20251114093000\r\n");
        let receipts = polled(&[message], &rows, 7);
        assert_eq!(receipts.len(), 1);
        assert_eq!((receipts[0].attempt.as_deref(), &*receipts[0].event_key), (Some("att_1"), "#1-4"));
    }

    proptest! {
        #[test]
        fn any_call_is_read_or_refused(query in ".{0,99}") {
            heard(&query).ok();
            heard(&format!("msgid=1&StatusFlag={query}&donetime={query}")).ok();
        }
    }
}
