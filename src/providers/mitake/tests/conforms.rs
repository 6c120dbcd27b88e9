//! Mitake before the suite that every provider passes.

use std::time::Duration;

use encoding_rs::BIG5;
use reqwest::header::HeaderMap;

use crate::providers::conformance::{
    ATTEMPT, Answers, Asked, Event, Hearing, Many, Outcome, Polling, Request, Said, Spoken, Subject, WEBHOOKS, Word, answer, conforms,
    field,
};
use crate::providers::taiwan::{self, world_tests as world};
use crate::providers::{Balance, Door, Provider};

const ID: &str = "#000000013";

#[tokio::test]
async fn mitake_conforms() {
    conforms(Subject {
        provider: Provider::Mitake,
        settings: |base| world::settings(base, &[("password", "mtkSecret99")]),
        to: "+886912345678",
        from: "",
        answers: answers(),
        read,
        many: Some(many()),
        hearing: Some(Hearing { receipt: Some(receipt), inbound: None, signing: None }),
        polling: Some(Polling { delivered: row("4"), failed: row("8"), open: row("1") }),
        inbox: None,
        looking: None,
        balance: Some((lines("AccountPoint=126\r\n"), Balance { amount: 126_000_000, currency: None })),
    })
    .await;
}

/// An answer in Big5, as it comes.
fn lines(text: &str) -> Vec<u8> {
    answer(200, &[("content-type", "text/plain")], &BIG5.encode(text).0)
}

fn no(code: &str, error: &str) -> Vec<u8> {
    lines(&format!("[{ATTEMPT}]\r\nstatuscode={code}\r\nError={error}\r\nAccountPoint=126\r\n"))
}

fn answers() -> Answers {
    let taken = format!("[{ATTEMPT}]\r\nmsgid={ID}\r\nstatuscode=1\r\nAccountPoint=126\r\n");
    let accepted = || Outcome::Accepted(ID.into());
    Answers {
        accepted: (lines(&taken), ID),
        refused: no("v", "0912345678 無效的手機號碼"),
        refused_for_now: Some(no("r", "系統暫停服務")),
        throttled: lines("statuscode=l\r\nError=帳號已達到同時連線數上限\r\n"),
        throttled_for_seven_seconds: Some(answer(429, &[("retry-after", "7")], "")),
        wrong_credentials: lines("statuscode=e\r\nError=帳號、密碼錯誤\r\n"),
        compliance: None,
        unknown_code: no("q", "0912345678 不明"),
        further: vec![
            ("a repetition", lines(&format!("{taken}Duplicate=Y\r\n")), accepted()),
            ("a repetition that arrived long since", lines(&format!("{}Duplicate=Y\r\n", taken.replace("code=1", "code=4"))), accepted()),
            ("an address that is not let in", lines("statuscode=k\r\nError=無效的連線位址\r\n"), Outcome::Misconfigured),
            ("no right to send over HTTP", no("p", "沒有權限使用外部Http程式"), Outcome::Misconfigured),
            ("a number out of service, with an id", lines(&taken.replace("code=1", "code=7")), Outcome::Permanent),
            ("a letter beside an id", lines(&taken.replace("code=1", "code=e")), Outcome::Unknown),
            ("an id without a code", lines(&format!("[1]\r\nmsgid={ID}\r\n")), Outcome::Unknown),
            ("a code without an id", lines("[1]\r\nstatuscode=1\r\n"), Outcome::Unknown),
            ("two messages", lines(&taken.repeat(2)), Outcome::Unknown),
        ],
    }
}

fn read(request: &Request) -> Option<Asked> {
    let form = request.form();
    let signed_in = field(&form, "username")? == "shop" && field(&form, "password")? == "mtkSecret99";
    let charset = field(&request.query(), "CharsetURL")? == "UTF8";
    (signed_in && charset && request.method == "POST" && request.path() == "/api/mtk/SmSend").then_some(())?;
    (field(&form, "clientid")? == ATTEMPT).then_some(())?;
    Some(Asked { to: taiwan::e164(&field(&form, "dstaddr")?), text: field(&form, "smbody")?.replace('\u{6}', "\n") })
}

fn many() -> Many {
    Many {
        read: read_many,
        answer: |words| {
            let blocks: String = words.iter().map(|(attempt, word)| format!("[{attempt}]\r\n{}", block(*word))).collect();
            lines(&format!("{blocks}AccountPoint=98\r\n"))
        },
        lonely: &["100$$ off", "$5 off", "a\rb", " a", "a\t"],
        whole: vec![
            ("wrong credentials", lines("statuscode=e\r\nError=帳號、密碼錯誤\r\n"), Outcome::Misconfigured),
            ("an address that is not let in", lines("statuscode=k\r\nError=無效的連線位址\r\n"), Outcome::Misconfigured),
            ("too many connections", lines("statuscode=l\r\nError=帳號已達到同時連線數上限\r\n"), Outcome::Throttled(None)),
            ("HTTP 429", answer(429, &[("retry-after", "7")], ""), Outcome::Throttled(Some(Duration::from_secs(7)))),
            ("closed", lines("statuscode=r\r\nError=系統暫停服務\r\n"), Outcome::Retryable),
            ("too large", lines("statuscode=x\r\nError=0912345678\r\n"), Outcome::Retryable),
            ("HTTP 413", answer(413, &[], "<html>"), Outcome::Retryable),
            ("a code without a block", lines("statuscode=1\r\nAccountPoint=98\r\n"), Outcome::Unknown),
            ("a letter beside an id", lines("statuscode=e\r\nmsgid=#1\r\n"), Outcome::Unknown),
            ("only points", lines("AccountPoint=98\r\n"), Outcome::Unknown),
            ("a stranger's block", lines("[1]\r\nstatuscode=e\r\n"), Outcome::Unknown),
        ],
    }
}

fn block(word: Word) -> String {
    match word {
        Word::Taken(id) => format!("msgid={id}\r\nstatuscode=1\r\n"),
        Word::TakenBefore(id) => format!("msgid={id}\r\nstatuscode=4\r\nDuplicate=Y\r\n"),
        Word::Refused => "statuscode=v\r\nError=0912345678 無效的手機號碼\r\n".into(),
        Word::Throttled => "statuscode=l\r\nError=帳號已達到同時連線數上限\r\n".into(),
        Word::Contradiction => "msgid=#1\r\nstatuscode=v\r\n".into(),
    }
}

fn read_many(request: &Request) -> Option<Vec<(String, Asked)>> {
    let query = request.query();
    let signed_in = field(&query, "username")? == "shop" && field(&query, "password")? == "mtkSecret99";
    let charset = field(&query, "Encoding_PostIn")? == "UTF8";
    (signed_in && charset && request.method == "POST" && request.path() == "/api/mtk/SmBulkSend").then_some(())?;
    let line = |line: &str| {
        let parts: Vec<&str> = line.split("$$").collect();
        let &[attempt, to, "", "", "", response, text] = &*parts else { return None };
        (response == format!("{WEBHOOKS}/status?attempt={attempt}")).then_some(())?;
        Some((attempt.to_owned(), Asked { to: taiwan::e164(to), text: text.replace('\u{6}', "\n") }))
    };
    std::str::from_utf8(&request.body).ok()?.split('\n').map(line).collect()
}

fn row(code: &str) -> Vec<u8> {
    lines(&format!("{ID}\t{code}\t20231115061320\r\n"))
}

fn receipt(event: &Event<'_>) -> Option<Spoken> {
    let (word, flag) = match event.status {
        Said::Sent => ("UNKNOWN", "2"),
        Said::Delivered => ("DELIVRD", "4"),
        Said::Failed => ("UNDELIV", "7"),
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("attempt", event.attempt)
        .append_pair("msgid", event.message_id)
        .append_pair("dstaddr", &taiwan::local(event.to))
        .append_pair("donetime", "20231115061320")
        .append_pair("statuscode", "0")
        .append_pair("statusstr", word)
        .append_pair("StatusFlag", flag)
        .finish();
    let url = format!("{WEBHOOKS}/status?{query}");
    Some(Spoken { door: Door::Status, url, headers: HeaderMap::new(), body: Vec::new() })
}
