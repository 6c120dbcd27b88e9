//! Both generations before the suite that every provider passes.

use serde_json::{Value, json};

use reqwest::header::HeaderMap;

use crate::providers::conformance::{
    Answers, Asked, Hearing, Inbox, NOW, Outcome, Polling, Request, Spoken, Subject, WEBHOOKS, Written, answer, conforms, field,
};
use crate::providers::{Balance, Door, Provider, Settings};

const ID: &str = "5283650118493756217";
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

fn settings(base: &str, account: &[(&str, &str)]) -> Settings {
    let pairs = [("base_url", base), ("from", "50001234")].into_iter().chain(account.iter().copied());
    Settings::new(pairs.map(|(name, value)| (name.into(), value.into())).collect())
}

/// An answer of the REST generation: all of them are HTTP 200.
fn rest(value: impl Into<Value>, status: i64, word: &str) -> Vec<u8> {
    answer(200, &[JSON], json!({ "Value": value.into(), "RetStatus": status, "StrRetStatus": word }).to_string())
}

fn console(body: Value) -> Vec<u8> {
    answer(200, &[JSON], body.to_string())
}

fn e164(to: &str) -> Option<String> {
    Some(format!("+98{}", to.strip_prefix('0')?))
}

fn forwarded(written: &Written<'_>) -> Spoken {
    let from = written.from.replace("+98", "0");
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("to", written.to)
        .append_pair("body", written.text)
        .append_pair("from", &from)
        .finish();
    Spoken { door: Door::Inbound, url: format!("{WEBHOOKS}/inbound?{query}"), headers: HeaderMap::new(), body: Vec::new() }
}

#[tokio::test]
async fn the_rest_generation_conforms() {
    let text = |id: u64, text: &str, at: i64| json!({ "MsgID": id, "Body": text, "SenderNumber": "9121234567", "RecipientNumber": "50001234", "SendDate": format!("/Date({at}+0330)/"), "Parts": 1 });
    let list = json!({
        "MyBase": { "Value": "2", "RetStatus": 1, "StrRetStatus": "Ok" },
        "Data": [text(42, "\u{6f1}\u{6f2}", NOW), text(41, "\u{6f1}\u{6f1}", NOW - 60_000)],
    });
    conforms(Subject {
        provider: Provider::Melipayamak,
        settings: |base| settings(base, &[("username", "shop"), ("password", "p4ssw0rdOfTheShop"), ("apikey", "4p1KeyInTheHeader")]),
        to: "+989121234567",
        from: "50001234",
        answers: Answers {
            accepted: (rest(ID, 1, "Ok"), ID),
            refused: rest("18", 1, "Ok"),
            refused_for_now: Some(rest("6", 1, "Ok")),
            throttled: rest("4", 1, "Ok"),
            throttled_for_seven_seconds: None,
            wrong_credentials: rest(Value::Null, 0, "InvalidUserNameOrPassword"),
            compliance: Some(rest("35", 1, "Ok")),
            unknown_code: rest("77", 1, "+989121234567 is not reached at full moon"),
            further: vec![
                ("a number for a text", rest(7, 1, "Ok"), Outcome::Permanent),
                ("no credit", rest("2", 1, "Ok"), Outcome::Misconfigured),
                ("accepted without an id", rest("1", 1, "Ok"), Outcome::Unknown),
                ("no value at all", answer(200, &[JSON], r#"{"RetStatus":1,"StrRetStatus":"Ok"}"#), Outcome::Unknown),
            ],
        },
        read: |request| {
            let form = request.form();
            let text = field(&form, "text").filter(|_| request.path() == "/api/SendSMS/SendSMS")?;
            Some(Asked { to: e164(&field(&form, "to")?)?, text })
        },
        many: None,
        hearing: Some(Hearing { receipt: None, inbound: Some(forwarded), signing: None }),
        polling: Some(Polling { delivered: rest("1", 1, "Ok"), failed: rest("16", 1, "Ok"), open: rest("8", 1, "Ok") }),
        inbox: Some(Inbox {
            answer: answer(200, &[JSON], list.to_string()),
            written: vec![("+989121234567", "\u{6f1}\u{6f1}"), ("+989121234567", "\u{6f1}\u{6f2}")],
        }),
        looking: None,
        balance: Some((rest("21634.1243", 1, "Ok"), Balance { amount: 21_634_124_300, currency: None })),
    })
    .await;
}

fn read_console(request: &Request) -> Option<Asked> {
    let body = request.json();
    let text = body["text"].as_str().filter(|_| request.path().starts_with("/api/send/simple/"))?;
    Some(Asked { to: e164(body["to"].as_str()?)?, text: text.into() })
}

#[tokio::test]
async fn the_console_generation_conforms() {
    let text = |text: &str, at: &str| json!({ "sender": "989121234567", "body": text, "sendDate": at });
    let list = json!({ "messages": [text("\u{6f1}\u{6f2}", "2023-11-15T01:43:20.123"), text("\u{6f1}\u{6f1}", "2023-11-15T01:42:20")], "status": "" });
    let statuses = |code: i32| console(json!({ "results": [""], "resultsAsCode": [code], "status": "" }));
    let problem = json!({ "type": "about:blank", "title": "One or more validation errors occurred.", "status": 400, "errors": { "to": ["+989121234567"] } });
    conforms(Subject {
        provider: Provider::Melipayamak,
        settings: |base| settings(base, &[("token", "t0kenInThePath0123456789")]),
        to: "+989121234567",
        from: "50001234",
        answers: Answers {
            accepted: (console(json!({ "recId": 5_283_650_118_493_756_217_u64, "status": "" })), ID),
            refused: console(json!({ "recId": 0, "status": "18" })),
            refused_for_now: Some(console(json!({ "recId": 0, "status": "\u{62e}\u{637}\u{627} +989121234567" }))),
            throttled: answer(429, &[], ""),
            throttled_for_seven_seconds: Some(answer(429, &[("retry-after", "7")], "")),
            wrong_credentials: answer(401, &[], ""),
            compliance: Some(console(json!({ "recId": 35, "status": "" }))),
            unknown_code: console(json!({ "recId": 77, "status": "" })),
            further: vec![
                ("problem details", answer(400, &[("content-type", "application/problem+json")], problem.to_string()), Outcome::Permanent),
                ("no id", console(json!({ "status": "" })), Outcome::Unknown),
            ],
        },
        read: read_console,
        many: None,
        hearing: Some(Hearing { receipt: None, inbound: Some(forwarded), signing: None }),
        polling: Some(Polling { delivered: statuses(1), failed: statuses(500), open: statuses(200) }),
        inbox: Some(Inbox {
            answer: console(list),
            written: vec![("+989121234567", "\u{6f1}\u{6f1}"), ("+989121234567", "\u{6f1}\u{6f2}")],
        }),
        looking: None,
        balance: Some((console(json!({ "amount": 100.5, "status": "" })), Balance { amount: 100_500_000, currency: None })),
    })
    .await;
}
