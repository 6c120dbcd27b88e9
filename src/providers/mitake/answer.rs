//! Mitake's answers: lines like those of an INI file, or fields parted by TAB. All that matters is ASCII; what follows
//! `Error=` may be Big5 whatever charset was asked for, and is not read.

use std::collections::HashMap;

use crate::providers::form::lenient;

/// The answer to a submission or to the question for the points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// The answer to a call with many messages.
#[derive(Debug, PartialEq, Eq)]
pub enum Many {
    /// It has no blocks: what it says, it says about the whole call.
    Whole(Answer),
    /// What it says about each `clientid`; `None` where that cannot be read, or where it says two things.
    Each(HashMap<String, Option<Answer>>),
}

/// Reads the answer about many messages. `None` when it has neither a block nor a key that we know.
pub fn read_many(body: &[u8]) -> Option<Many> {
    let name = |line: &str| Some(line.trim().strip_prefix('[')?.strip_suffix(']')?.trim().to_owned());
    let text = lenient(body);
    if !text.lines().any(|line| name(line).is_some()) {
        return read(body).map(Many::Whole);
    }
    // A last line without its end may have been cut, and half an id is another id.
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    let mut blocks: Vec<(String, String)> = Vec::new();
    for line in whole.lines() {
        if let Some(name) = name(line) {
            blocks.push((name, String::new()));
        } else if let Some((_, block)) = blocks.last_mut()
            // The points are those of the account, and come once or with each block.
            && !line.trim_start().to_ascii_lowercase().starts_with("accountpoint")
        {
            block.push_str(line);
            block.push('\n');
        }
    }
    let mut each: HashMap<String, Option<Answer>> = HashMap::new();
    for (name, block) in blocks {
        let answer = read(block.as_bytes());
        each.entry(name).and_modify(|known| *known = known.take().filter(|known| answer.as_ref() == Some(known))).or_insert(answer);
    }
    Some(Many::Each(each))
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

    fn each(body: &str) -> HashMap<String, Option<Answer>> {
        let Some(Many::Each(each)) = read_many(body.as_bytes()) else { panic!("{body}") };
        each
    }

    #[test]
    fn every_block_is_read_by_its_name() {
        let each = each("[a]\r\nmsgid=#1\r\nstatuscode=1\r\n[b]\r\nstatuscode=v\r\nError=x\r\n[c]\r\nAccountPoint=9\r\n");
        let code = |name: &str| each[name].as_ref().and_then(|answer| answer.statuscode.clone());
        assert_eq!((code("a").as_deref(), code("b").as_deref(), each["c"].is_none()), (Some("1"), Some("v"), true));
        let whole = read_many(b"statuscode=k\r\nError=[x\r\n");
        assert!(matches!(whole, Some(Many::Whole(Answer { statuscode: Some(code), .. })) if code == "k"));
        assert!(read_many(b"").is_none() && read_many(b"<html>it w").is_none());
    }

    #[test]
    fn a_block_that_comes_twice_must_say_the_same() {
        let block = "[a]\nmsgid=#1\nstatuscode=1\n";
        assert!(each(&block.repeat(2))["a"].is_some());
        for other in ["[a]\nmsgid=#2\nstatuscode=1\n", "[a]\n", "[a]\nstatuscode=v\n"] {
            assert_eq!(each(&format!("{block}{other}"))["a"], None, "{other}");
            assert_eq!(each(&format!("{other}{block}{block}"))["a"], None, "{other}");
        }
    }

    #[test]
    fn half_an_id_is_none() {
        let each = each("[a]\nmsgid=#1\nstatuscode=1\n[b]\nstatuscode=1\nmsgid=#0000");
        assert!(each["a"].is_some());
        assert_eq!(each["b"].as_ref().and_then(|answer| answer.msgid.clone()), None);
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
            read_many(&bytes);
            rows(&bytes);
            read_many(text.as_bytes());
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
