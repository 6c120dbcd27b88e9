//! Every8d before the suite that every provider passes.

use reqwest::header::HeaderMap;

use crate::providers::conformance::{
    Answers, Asked, Event, Hearing, Outcome, Polling, Request, Said, Spoken, Subject, WEBHOOKS, Written, answer, conforms, field,
};
use crate::providers::taiwan::{self, world_tests as world};
use crate::providers::{Balance, Door, Provider};

const BATCH: &str = "de0f5b11-5a5c-4c5e-9a0b-3f7c5a1d2e60";

#[tokio::test]
async fn every8d_conforms() {
    conforms(Subject {
        provider: Provider::Every8d,
        settings: |base| world::settings(base, &[("password", "e8dSecret99")]),
        to: "+886912345678",
        from: "",
        answers: answers(),
        read,
        many: None,
        hearing: Some(Hearing { receipt: Some(receipt), inbound: Some(inbound), signing: None }),
        polling: Some(Polling { delivered: row("100"), failed: row("103"), open: row("300") }),
        inbox: None,
        looking: None,
        balance: Some((text("88.50"), Balance { amount: 88_500_000, currency: None })),
    })
    .await;
}

fn text(body: &str) -> Vec<u8> {
    answer(200, &[("content-type", "text/plain; charset=utf-8")], body)
}

fn answers() -> Answers {
    let wrapped =
        |result: bool, status: &str, message: &str| text(&format!(r#"{{"Result":{result},"Status":"{status}","Msg":"{message}"}}"#));
    Answers {
        accepted: (text(&format!("87.00,1,1,0,{BATCH}")), BATCH),
        refused: text("-8, 0912345678 門號格式錯誤"),
        refused_for_now: Some(text(&format!("0.00,0,0,1,{BATCH}"))),
        throttled: answer(429, &[], ""),
        throttled_for_seven_seconds: Some(answer(429, &[("retry-after", "7")], "")),
        wrong_credentials: text("-2, 帳號或密碼錯誤"),
        compliance: Some(text("-3, 黑名單")),
        unknown_code: text("-77, 0912345678 不明"),
        further: vec![
            ("an unknown error of the host", text("-99, 主機端發生不明錯誤，請與廠商窗口聯繫。"), Outcome::Unknown),
            ("JSON around a batch", wrapped(true, "", &format!("87.00,1,1,0,{BATCH}")), Outcome::Accepted(BATCH.into())),
            ("JSON around wrong credentials", wrapped(false, "-2", "帳號或密碼錯誤"), Outcome::Misconfigured),
            ("JSON that says no without a code", wrapped(false, "", "失敗"), Outcome::Unknown),
            ("a batch of nothing", text(&format!("87.00,0,0,0,{BATCH}")), Outcome::Unknown),
            ("a batch without a name", text("87.00,1,1,0,"), Outcome::Unknown),
            ("a path that is not there", answer(404, &[], ""), Outcome::Misconfigured),
        ],
    }
}

fn read(request: &Request) -> Option<Asked> {
    let form = request.form();
    let signed_in = field(&form, "UID")? == "shop" && field(&form, "PWD")? == "e8dSecret99";
    (signed_in && request.method == "POST" && request.path() == "/API21/HTTP/SendSMS.ashx").then_some(())?;
    Some(Asked { to: taiwan::e164(&field(&form, "DEST")?), text: field(&form, "MSG")? })
}

fn row(status: &str) -> Vec<u8> {
    let row = r#""NAME":"","MOBILE":"+886912345678","SEND_TIME":"2023/11/15 06:13:20","COST":1,"REAL_COST":1,"RECEIVED_TIME":"""#;
    text(&format!(r#"{{"SMS_COUNT":1,"BID":"{BATCH}","DATA":[{{"MR":"",{row},"STATUS":"{status}"}}]}}"#))
}

fn call(fields: &[(&str, &str)]) -> Spoken {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).append_pair("RT", "20231115061320").finish();
    let url = format!("{WEBHOOKS}/status?{query}");
    Spoken { door: Door::Status, url, headers: HeaderMap::new(), body: Vec::new() }
}

fn receipt(event: &Event<'_>) -> Option<Spoken> {
    let status = match event.status {
        Said::Sent => "0",
        Said::Delivered => "100",
        Said::Failed => "103",
    };
    Some(call(&[("BatchID", event.message_id), ("RM", event.to), ("STATUS", status), ("SUBJECT", event.attempt), ("SM", "")]))
}

fn inbound(written: &Written<'_>) -> Spoken {
    call(&[("BatchID", BATCH), ("RM", written.from), ("STATUS", "999"), ("SM", written.text)])
}
