//! What kind of line a number is. Answers as Lookup v2 gives them with line type intelligence.

use serde_json::json;

use super::*;
use crate::providers::conformance::{Behaviour, Server, answer};
use crate::providers::{LOOKUP, Line};

const ON: (&str, &str) = (LOOKUP, "on");

#[tokio::test]
async fn one_question_is_asked_at_the_address_of_lookups() {
    let body = json!({
        "calling_country_code": "1", "country_code": "US", "phone_number": "+14159929960", "national_format": "(415) 992-9960",
        "valid": true, "validation_errors": [], "caller_name": null,
        "line_type_intelligence": {
            "error_code": null, "mobile_country_code": "240", "mobile_network_code": "38", "carrier_name": "Twilio", "type": "nonFixedVoip",
        },
        "url": "https://lookups.twilio.com/v2/PhoneNumbers/+14159929960", "a_field_to_come": {},
    });
    let server = Server::start(Behaviour::Answer(answer(200, &[], body.to_string()))).await;
    let line = connect(&server.base, &[ON]).line("+14159929960", "IR").await.unwrap().unwrap();
    let expected = Line {
        valid: true,
        validation_errors: Vec::new(),
        line_type: Some("nonFixedVoip".into()),
        carrier_name: Some("Twilio".into()),
        mobile_country_code: Some("240".into()),
        mobile_network_code: Some("38".into()),
        country: Some("US".into()),
        error_code: None,
    };
    assert_eq!(line, expected);
    let request = server.requests().remove(0);
    assert_eq!((request.method.as_str(), request.path()), ("GET", "/v2/PhoneNumbers/+14159929960"));
    assert_eq!(request.query(), [("Fields".to_owned(), "line_type_intelligence".to_owned())]);
    assert!(request.headers["authorization"].to_str().unwrap().starts_with("Basic "));
    connect(&server.base, &[ON]).line("0912 345/6789", "IR").await.unwrap();
    let request = server.requests().remove(1);
    assert_eq!(request.path(), "/v2/PhoneNumbers/0912%20345%2F6789", "it stays one part of the path");
    assert!(request.query().contains(&("CountryCode".to_owned(), "IR".to_owned())));
}

#[tokio::test]
async fn nothing_is_asked_unless_it_is_switched_on() {
    let server = Server::start(Behaviour::Answer(answer(200, &[], r#"{"valid":true}"#))).await;
    for more in [&[][..], &[(LOOKUP, "off")]] {
        assert_eq!(connect(&server.base, more).line(SOMEBODY, "US").await, Ok(None));
    }
    assert!(server.requests().is_empty());
    assert!(connect(&server.base, &[ON]).line(SOMEBODY, "US").await.unwrap().unwrap().valid, "no more than that has to be there");
}

#[test]
fn the_address_is_twilios_own_or_follows_the_other_one() {
    let base = |more: &[(&str, &str)]| {
        let settings = settings("", more);
        let api = settings.base_url("https://api.twilio.com").unwrap();
        super::super::lines::base(&settings, &api).map(String::from).map_err(|bad| bad.field)
    };
    for (more, expected) in [
        (&[][..], "https://lookups.twilio.com/"),
        (&[("base_url", "https://api.twilio.com")], "https://lookups.twilio.com/"),
        (&[("base_url", "https://api.dublin.ie1.twilio.com")], "https://lookups.dublin.ie1.twilio.com/"),
        (&[("base_url", "http://127.0.0.1:4010/twilio")], "http://127.0.0.1:4010/twilio"),
        (&[("base_url", "https://api.nottwilio.com")], "https://api.nottwilio.com/"),
        (&[("base_url", "http://127.0.0.1:4010"), ("lookup_base_url", "https://proxy.example/l")], "https://proxy.example/l"),
    ] {
        assert_eq!(base(more).as_deref(), Ok(expected));
    }
    assert_eq!(base(&[("lookup_base_url", "ftp://x")]), Err("lookup_base_url"));
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_that_quotes_nothing() {
    let problem = |code: u32, status: u16| json!({ "code": code, "message": SOMEBODY, "status": status }).to_string();
    for (status, body) in [
        (401, problem(20003, 401)),
        (404, problem(20404, 404)),
        (429, problem(20429, 429)),
        (400, problem(60600, 400)),
        (500, "<html>".into()),
        (200, "<html>".into()),
        (200, "{}".into()),
        (302, String::new()),
    ] {
        let server = Server::start(Behaviour::Answer(answer(status, &[], &body))).await;
        let error = connect(&server.base, &[ON]).line(SOMEBODY, "US").await.unwrap_err();
        assert!(!format!("{error:?}").contains(SOMEBODY), "{status}: {error:?}");
        match status {
            401 | 404 | 302 => assert!(matches!(error, SendError::Misconfigured { .. }), "{status}: {error:?}"),
            429 => assert!(matches!(error, SendError::Throttled { .. })),
            400 => assert!(matches!(error, SendError::Refused(_))),
            _ => assert!(matches!(error, SendError::Unknown { .. }), "{status}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn the_simulator_knows_lines() {
    let world = World::new(r#""seed":1"#, &[ON]).await;
    let line = async |number: &str, country: &str| world.client.line(number, country).await.unwrap().unwrap();
    for (number, country, kind) in [
        (SOMEBODY, "US", Some("mobile")),
        ("+15550000002", "US", Some("landline")),
        ("+18005550100", "US", Some("tollFree")),
        ("0912 345 6789", "IR", Some("mobile")),
        ("+14165550123", "US", None),
    ] {
        let line = line(number, country).await;
        assert_eq!((line.valid, line.line_type.as_deref()), (true, kind), "{number}");
        assert_eq!(line.error_code.as_deref(), if kind.is_none() { Some("60601") } else { None }, "{number}");
        assert_eq!(line.mobile_country_code.is_some(), kind == Some("mobile"), "{number}");
    }
    for (number, word) in [
        ("+15550000001", "INVALID_BUT_POSSIBLE"),
        ("+1555", "TOO_SHORT"),
        ("+1555000123412345", "TOO_LONG"),
        ("+99912345678", "INVALID_COUNTRY_CODE"),
        ("hello", "NOT_A_NUMBER"),
    ] {
        let line = line(number, "US").await;
        assert_eq!((line.valid, line.validation_errors.as_slice()), (false, &[word.to_owned()][..]), "{number}");
        assert_eq!(line.line_type, None);
    }
    let wrong = World::new(r#""seed":1"#, &[ON, ("auth_token", "wrong")]).await;
    assert!(matches!(wrong.client.line(SOMEBODY, "US").await, Err(SendError::Misconfigured { .. })));
}
