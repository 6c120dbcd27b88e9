//! Messages that go by a registered text.

use super::*;
use crate::providers::Registered;

const TO: &str = "+989121234567";
/// The panel's texts.
const PATTERNS: &str = r#""patterns":{"1234":"{0} جان، سفارش {1} ارسال شد."}"#;

fn registered(id: &str, values: &[&str]) -> Registered {
    Registered { id: id.into(), values: Ok(values.iter().map(|value| (*value).to_owned()).collect()) }
}

async fn world(account: &[(&'static str, &'static str)]) -> World {
    World::new(&[account, &[("patterns", "yes")]].concat(), &format!("{QUICK},{PATTERNS}")).await
}

async fn send_by(world: &World, registered: &Registered) -> Result<Accepted, SendError> {
    let message = Outgoing {
        attempt: "att",
        to: TO,
        from: "",
        text: "سارا جان، سفارش A1 ارسال شد.",
        callback_url: "",
        promotional: false,
        registered_template: Some(registered),
    };
    world.client.send(&message).await
}

/// Posts a form or JSON and reads the JSON that comes back.
async fn post(url: &str, body: &str) -> Value {
    let kind = if body.starts_with('{') { "application/json" } else { crate::providers::form::CONTENT_TYPE };
    let client = outbound();
    let request = client.post(reqwest::Url::parse(url).unwrap()).header(reqwest::header::CONTENT_TYPE, kind);
    serde_json::from_slice(&client.send(request.body(body.to_owned())).await.unwrap().body).unwrap()
}

fn digest(text: &str) -> String {
    crate::kernel::crypto::sha256_hex(text.as_bytes())
}

#[tokio::test]
async fn a_registered_text_arrives_with_its_values() {
    for account in [REST, CONSOLE] {
        let world = world(account).await;
        let id = send_by(&world, &registered("1234", &["سارا", "A1"])).await.unwrap().provider_message_id;
        let journal = world.journal();
        assert_eq!((&journal[0]["to"], &journal[0]["id"]), (&json!(TO), &json!(id)));
        assert_eq!(journal[0]["text_sha256"], digest("سارا جان، سفارش A1 ارسال شد."));
        assert_eq!(world.receipt(&id, TO).await.status, ReceiptStatus::Delivered);
    }
}

#[tokio::test]
async fn the_panels_refusals_are_said_in_its_words() {
    for account in [REST, CONSOLE] {
        let world = world(account).await;
        for (by, code) in [
            (registered("99", &["Ann", "A1"]), "-4"),
            (registered("1234", &["Ann"]), "-5"),
            (registered("1234", &["Ann", "A1", "more"]), "-5"),
        ] {
            assert_eq!(refused(send_by(&world, &by).await), (code.into(), RefusalClass::Permanent));
        }
        for (values, code) in
            [(["a;b", "A1"], "pattern_value"), (["a\nb", "A1"], "pattern_value"), (["Ann", "https://x.ir"], "pattern_link")]
        {
            assert_eq!(refused(send_by(&world, &registered("1234", &values)).await), (code.into(), RefusalClass::Permanent));
        }
        assert!(world.journal().is_empty(), "nothing reached a carrier");
    }
}

#[tokio::test]
async fn an_id_that_is_no_patterns_goes_out_as_text() {
    for account in [REST, CONSOLE] {
        let other = world(account).await;
        let without = World::new(account, &format!("{QUICK},{PATTERNS}")).await;
        for (world, id) in [(other, "1107161234567890123"), (without, "1234")] {
            send_by(&world, &registered(id, &["Ann", "B2"])).await.unwrap();
            assert_eq!(world.journal()[0]["text_sha256"], digest("سارا جان، سفارش A1 ارسال شد."), "{id}");
        }
    }
}

#[tokio::test]
async fn the_simulated_panel_takes_one_recipient_and_no_links() {
    let world = world(REST).await;
    let base = format!("{}/melipayamak/api", world.base);
    for (to, text, code) in [("09121234567,09121234568", "Ann;A1", "-2"), ("09121234567", "Ann;www.x.ir", "-10"), ("", "Ann;A1", "16")] {
        let answer =
            post(&format!("{base}/SendSMS/BaseServiceNumber"), &format!("username=shop&password=secret&bodyId=1234&to={to}&text={text}"))
                .await;
        assert_eq!(answer, json!({ "Value": code, "RetStatus": 1, "StrRetStatus": "Ok" }), "{to} {text}");
    }
    for (to, args, code) in [("09121234567,09121234568", ["Ann", "A1"], "-2"), ("09121234567", ["Ann", "http://x.ir"], "-10")] {
        let answer = post(&format!("{base}/send/shared/token"), &json!({ "bodyId": 1234, "to": to, "args": args }).to_string()).await;
        assert_eq!(answer, json!({ "recId": 0, "status": code }), "{to} {args:?}");
    }
}
