//! Mitake's answers: lines like those of an INI file, or fields parted by TAB. All that matters is ASCII; what follows
//! `Error=` may be Big5 whatever charset was asked for, and is not read.

use crate::providers::form::lenient;

/// The answer to a submission or to the question for the points.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Mitake's name for the message; absent when it was not taken.
    pub msgid: Option<String>,
    /// Which of the codes.
    pub statuscode: Option<String>,
    /// The points that are left on the account.
    pub points: Option<String>,
    /// It is the first answer to this `clientid` again, and nothing was sent this time.
    pub duplicate: bool,
}

/// How far a message has come.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Mitake's name for it.
    pub msgid: String,
    /// The digit.
    pub statuscode: String,
    /// When, local time.
    pub time: String,
}

/// Reads the answer about one message. `None` when it has none of the keys that we know, or answers about several.
pub fn read(body: &[u8]) -> Option<Answer> {
    let text = lenient(body);
    let mut answer = Answer::default();
    let mut known = false;
    for (key, value) in text.lines().filter_map(|line| line.trim().split_once('=')) {
        let value = value.trim();
        let place = match key.trim().to_ascii_lowercase().as_str() {
            "msgid" => &mut answer.msgid,
            "statuscode" => &mut answer.statuscode,
            "accountpoint" => &mut answer.points,
            "duplicate" => {
                answer.duplicate = value.eq_ignore_ascii_case("y");
                continue;
            }
            _ => continue,
        };
        known = true;
        // Keys that come twice belong to two messages, and we send them one by one.
        if place.is_some() {
            return None;
        }
        *place = (!value.is_empty()).then(|| value.to_owned());
    }
    known.then_some(answer)
}

/// Whether a text can be a message's name: at most 20 visible characters, of which none could end or part it.
pub fn is_msgid(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b',')
}

/// Reads the rows of an answer to a query; lines that are none are skipped.
pub fn rows(body: &[u8]) -> Vec<Row> {
    let text = lenient(body);
    let row = |line: &str| {
        let mut fields = line.split('\t').map(str::trim);
        let (msgid, statuscode) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        Some(Row { msgid, statuscode, time: fields.next().unwrap_or_default().to_owned() })
    };
    text.lines().filter_map(row).filter(|row| is_msgid(&row.msgid)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_that_was_taken_has_an_id() {
        let answer = read(b"[att_1]\r\nmsgid=#000000013\r\nstatuscode=1\r\nAccountPoint=126\r\nDuplicate=Y\r\nsmsPoint=1\r\n").unwrap();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(answer, Answer { msgid: some("#000000013"), statuscode: some("1"), points: some("126"), duplicate: true });
        assert!(!read(b"[1]\nMsgId = 1\nstatuscode=0\nduplicate=N").unwrap().duplicate);
    }

    #[test]
    fn an_error_text_in_either_charset_does_no_harm() {
        // 帳號、密碼錯誤: its Big5 bytes hold some that UTF-8 forbids, and 0x5C-like second bytes.
        let big5 = b"statuscode=e\r\nError=\xb1b\xb8\xb9\xa1B\xb1K\xbdX\xbf\xf9\xbb~\r\n";
        assert_eq!(lenient(&big5[20..big5.len() - 2]), "帳號、密碼錯誤");
        for body in [big5.as_slice(), "statuscode=e\r\nError=帳號、密碼錯誤\r\n".as_bytes(), b"statuscode=e"] {
            let answer = read(body).unwrap();
            assert_eq!((answer.statuscode.as_deref(), answer.msgid), (Some("e"), None));
        }
    }

    #[test]
    fn what_is_no_answer_about_one_message_is_none() {
        for body in ["", "<html>it w", "[1]\r\n", "msgid=1\nstatuscode=1\nmsgid=2\nstatuscode=1"] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn rows_are_parted_by_tab_in_any_order() {
        let rows = rows(b"1010079523\t4\t20251114093000\r\n#000000013\t1\t20251114093001\t1\r\n\r\nnonsense\r\n");
        assert_eq!(rows.len(), 2);
        assert_eq!((&*rows[1].msgid, &*rows[1].statuscode, &*rows[1].time), ("#000000013", "1", "20251114093001"));
        assert!(!is_msgid("") && !is_msgid("1,2") && !is_msgid("1 2") && !is_msgid("1\n2") && !is_msgid(&"1".repeat(21)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[a-z=\\[\\]\t\r\n#0-9]{0,80}") {
            read(&bytes);
            rows(&bytes);
            read(text.as_bytes());
            rows(text.as_bytes());
        }

        #[test]
        fn an_error_text_of_any_bytes_hides_no_code(error in proptest::collection::vec(any::<u8>().prop_filter("one line", |b| !b"\r\n".contains(b)), 0..40)) {
            let body = [b"Error=".as_slice(), &error, b"\r\nstatuscode=k\r\n"].concat();
            let answer = read(&body).unwrap();
            prop_assert_eq!(answer.statuscode.as_deref(), Some("k"));
        }
    }
}
