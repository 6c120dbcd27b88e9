//! Every8d's answers. The text is `CREDIT,SENDED,COST,UNSEND,BATCH_ID` or `-2, a message`; some installations wrap
//! that in JSON as `{"Result":true,"Msg":"…"}`. HTTP is 200 either way.

use serde_json::Value;

use crate::providers::form::lenient;

/// An answer that could be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// An error: its code, which is negative. Its message is in Chinese and says no more than the code.
    No(i64),
    /// What was asked for, split at commas and trimmed.
    Values(Vec<String>),
}

/// The answer to a submission of one message.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many messages were sent, of one.
    pub sent: u32,
    /// How many were not.
    pub unsent: u32,
    /// Every8d's name for the call; correlates receipts.
    pub id: String,
}

/// Reads an answer in either form.
pub fn read(body: &[u8]) -> Option<Answer> {
    let text = lenient(body);
    let text = bare(&text);
    if !text.starts_with('{') {
        return plain(text);
    }
    let Value::Object(wrapped) = serde_json::from_str(text).ok()? else { return None };
    let message = wrapped.get("Msg").and_then(Value::as_str).unwrap_or_default();
    if is_true(wrapped.get("Result")?) {
        return plain(bare(message));
    }
    // `Result` false is a no, but only a code tells which, and whether it is a definite one.
    if let Some(code) = wrapped.get("Status").and_then(number).filter(|code| *code < 0) {
        return Some(Answer::No(code));
    }
    plain(bare(message)).filter(|answer| matches!(answer, Answer::No(_)))
}

fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

fn plain(text: &str) -> Option<Answer> {
    let values: Vec<_> = text.split(',').map(|value| value.trim().to_owned()).collect();
    // A credit of less than nothing has decimals; a code has none.
    if let Some(code) = values.first().and_then(|first| first.parse::<i64>().ok()).filter(|code| *code < 0) {
        return Some(Answer::No(code));
    }
    (!text.is_empty()).then_some(Answer::Values(values))
}

/// A number that JSON may write as one or as text.
pub fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

/// Reads the values of a submission's answer.
pub fn batch(values: &[String]) -> Option<Batch> {
    let [credit, sent, cost, unsent, id] = values else { return None };
    let amounts = [credit, cost].iter().all(|amount| amount.parse::<f64>().is_ok_and(f64::is_finite));
    let named = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    (amounts && named).then_some(())?;
    Some(Batch { sent: sent.parse().ok()?, unsent: unsent.parse().ok()?, id: id.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sent(text: &str) -> Option<Batch> {
        match read(text.as_bytes())? {
            Answer::Values(values) => batch(&values),
            Answer::No(_) => None,
        }
    }

    #[test]
    fn a_sent_batch_is_read_in_either_form() {
        let batch = Some(Batch { sent: 1, unsent: 0, id: "b-1".into() });
        for text in [
            "87.00,1,1,0,b-1",
            " \u{feff}87.00, 1, 1.0, 0, b-1\r\n",
            "-3.50,1,1,0,b-1",
            r#"{"Result":true,"Msg":"87.00,1,1,0,b-1"}"#,
            r#"{"Result":"True","Msg":" 87.00,1,1,0,b-1 "}"#,
        ] {
            assert_eq!(sent(text), batch, "{text}");
        }
    }

    #[test]
    fn an_error_is_read_in_either_form() {
        let big5 = [b"-2,".as_slice(), &encoding_rs::BIG5.encode("帳號密碼錯誤").0].concat();
        assert_eq!(read(&big5), Some(Answer::No(-2)));
        for (text, code) in [
            ("-99, 主機端發生不明錯誤，請與廠商窗口聯繫。", -99),
            ("-2", -2),
            (r#"{"Result":false,"Status":"-2","Msg":"no"}"#, -2),
            (r#"{"Result":false,"Status":-2,"Msg":"no"}"#, -2),
            (r#"{"Result":false,"Msg":"-24,no"}"#, -24),
            (r#"{"Result":true,"Msg":"-24,no"}"#, -24),
        ] {
            assert_eq!(read(text.as_bytes()), Some(Answer::No(code)), "{text}");
        }
    }

    #[test]
    fn what_is_half_or_strange_is_no_batch() {
        for text in [
            "",
            "87.00,1,1,0",
            "87.00,1,1,0,",
            "87.00,1,1,0,b 1",
            "x,1,1,0,b-1",
            "nan,1,1,0,b-1",
            "87.00,-1,1,0,b-1",
            "<html>a,1,1,0,b",
            r#"{"Result":false,"Msg":"87.00,1,1,0,b-1"}"#,
            r#"{"Msg":"87.00,1,1,0,b-1"}"#,
            r#"{"Result":true,"Msg":"87.00,1"#,
        ] {
            assert_eq!(sent(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in r#"[-{}",:0-9a-zA-Z .]{0,60}"#) {
            read(&bytes);
            sent(&text);
        }

        #[test]
        fn a_batch_is_read_whatever_the_figures(credit in 0_u32..1_000_000, sent_count in 0_u32..9, id in "[0-9a-f-]{1,36}") {
            let text = format!("{credit}.00,{sent_count},1,{},{id}", 9 - sent_count);
            prop_assert_eq!(sent(&text), Some(Batch { sent: sent_count, unsent: 9 - sent_count, id }));
        }
    }
}
