//! What we ask of Twilio. The names were read from Twilio's own OpenAPI document of its API of 2010-04-01
//! (twilio-oai 2.6.7).

use super::*;
use crate::kernel::clock::{DAY, MINUTE};
use crate::providers::conformance::{Behaviour, Request, Server, answer, field};
use crate::providers::outcome::Question;
use crate::providers::twilio::FIELDS;

/// `CreateMessageRequest`.
const CREATE: [&str; 25] = [
    "To",
    "StatusCallback",
    "ApplicationSid",
    "MaxPrice",
    "ProvideFeedback",
    "Attempt",
    "ValidityPeriod",
    "ForceDelivery",
    "ContentRetention",
    "AddressRetention",
    "SmartEncoded",
    "PersistentAction",
    "TrafficType",
    "ShortenUrls",
    "ScheduleType",
    "SendAt",
    "SendAsMms",
    "ContentVariables",
    "RiskCheck",
    "From",
    "FallbackFrom",
    "MessagingServiceSid",
    "Body",
    "MediaUrl",
    "ContentSid",
];
/// The query of `ListMessage`.
const LIST: [&str; 8] = ["To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"];

async fn asked(more: &[(&str, &str)], from: &str, callback_url: &str) -> Request {
    let server = Server::start(Behaviour::Answer(answer(201, &[], ""))).await;
    let message = Outgoing { from, ..message("att 1", SOMEBODY, "hello & € +", callback_url) };
    assert!(connect(&server.base, more).send(&message).await.is_err());
    server.requests().remove(0)
}

#[tokio::test]
async fn a_message_is_posted_as_the_official_document_wants_it() {
    let request = asked(&[("messaging_service_sid", SERVICE)], "Shop", "https://Peyk.example:443/webhooks/twilio/key/status").await;
    assert_eq!((request.method.as_str(), request.path()), ("POST", &*format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")));
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    // `ACaa…:s3cr3tAuthToken`.
    assert_eq!(request.headers["authorization"], "Basic QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTpzM2NyM3RBdXRoVG9rZW4=");
    let form = request.form();
    assert!(form.iter().all(|(name, _)| CREATE.contains(&name.as_str())), "{form:?}");
    // The address goes out as it is written, since Twilio signs it so.
    let callback = "https://Peyk.example:443/webhooks/twilio/key/status?attempt=att+1";
    for (name, value) in
        [("To", SOMEBODY), ("From", SENDER), ("MessagingServiceSid", SERVICE), ("Body", "hello & € +"), ("StatusCallback", callback)]
    {
        assert_eq!(field(&form, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(form.len(), 5);
}

#[tokio::test]
async fn an_api_key_takes_the_place_of_the_token() {
    let key = format!("SK{}", "d".repeat(32));
    let request = asked(&[("api_key_sid", &key), ("api_key_secret", "k")], "", "").await;
    assert!(request.path().contains(ACCOUNT));
    assert_eq!(request.headers["authorization"], "Basic U0tkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZDpr");
}

#[tokio::test]
async fn the_connections_own_sender_goes_before_the_messages() {
    for (from, service, named, expected) in [
        (SENDER, "", "Peyk", (Some(SENDER), None)),
        ("", SERVICE, "Peyk", (None, Some(SERVICE))),
        (SENDER, SERVICE, "Peyk", (Some(SENDER), Some(SERVICE))),
        ("", "", "Shop", (Some("Shop"), None)),
    ] {
        let form = asked(&[("from", from), ("messaging_service_sid", service)], named, "").await.form();
        let (number, service) = (field(&form, "From"), field(&form, "MessagingServiceSid"));
        assert_eq!((number.as_deref(), service.as_deref()), expected);
        assert_eq!(field(&form, "StatusCallback"), None, "no address, no receipts");
    }
    let nobody = connect("http://127.0.0.1:9", &[("from", "")]).send(&Outgoing { from: "", ..message("att", SOMEBODY, "t", "") }).await;
    assert!(matches!(nobody, Err(SendError::Misconfigured { .. })), "{nobody:?}");
}

#[tokio::test]
async fn a_text_that_is_too_long_never_leaves() {
    let server = Server::start(Behaviour::Answer(answer(500, &[], ""))).await;
    let client = connect(&server.base, &[]);
    let refused = client.send(&message("att", SOMEBODY, &"ی".repeat(1601), "")).await;
    assert!(matches!(&refused, Err(SendError::Refused(refusal)) if refusal.code == "too_long"), "{refused:?}");
    assert_eq!(server.connections(), 0);
    client.send(&message("att", SOMEBODY, &"ی".repeat(1600), "")).await.unwrap_err();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_message_is_looked_for_as_the_official_document_allows() {
    let server = Server::start(Behaviour::Answer(answer(500, &[], ""))).await;
    let question = Question { attempt: "att", to: SOMEBODY, from: "Peyk", text: "t", started_at: NOW - NOW % DAY + MINUTE };
    connect(&server.base, &[]).lookup(&question).await;
    let request = server.requests().remove(0);
    assert_eq!((request.method.as_str(), request.path()), ("GET", &*format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")));
    let query = request.query();
    assert!(query.iter().all(|(name, _)| LIST.contains(&name.as_str())), "{query:?}");
    assert_eq!(field(&query, "To").as_deref(), Some(SOMEBODY));
    assert_eq!(field(&query, "DateSent>").as_deref(), Some("2023-11-13"), "the day before, in GMT");
    connect(&server.base, &[]).balance().await.unwrap_err();
    assert_eq!(server.requests()[1].target, format!("/2010-04-01/Accounts/{ACCOUNT}/Balance.json"));
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let key = format!("SK{}", "d".repeat(32));
    let build = |more: &[(&str, &str)]| Provider::Twilio.client(outbound(), Clock::fixed(NOW), &settings("", more)).map(|_| ());
    for (more, named) in [
        (&[("account_sid", "")][..], "account_sid"),
        (&[("account_sid", "AC123")], "account_sid"),
        (&[("account_sid", "SKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")], "account_sid"),
        (&[("auth_token", "")], "auth_token"),
        (&[("messaging_service_sid", "MG1")], "messaging_service_sid"),
        (&[("api_key_sid", &key)], "api_key_secret"),
        (&[("api_key_secret", "s")], "api_key_sid"),
        (&[("api_key_sid", "key"), ("api_key_secret", "s")], "api_key_sid"),
        (&[("webhook_key_id", "WK1")], "webhook_key_secret"),
        (&[("auth_token", ""), ("api_key_sid", &key), ("api_key_secret", "s")], "auth_token"),
        (&[("auth_token", ""), ("webhook_key_id", "WK1"), ("webhook_key_secret", "s")], "auth_token"),
        (&[("base_url", "api.twilio.com")], "base_url"),
    ] {
        let bad = build(more).unwrap_err();
        assert_eq!(bad.field, named, "{more:?}");
        assert!(FIELDS.iter().any(|field| field.name == bad.field));
    }
    let both =
        [("auth_token", ""), ("api_key_sid", &*key), ("api_key_secret", "s"), ("webhook_key_id", "WK1"), ("webhook_key_secret", "s")];
    assert_eq!(build(&both), Ok(()), "with both keys nothing needs the token");
    assert_eq!(build(&[("from", "")]), Ok(()));
}
