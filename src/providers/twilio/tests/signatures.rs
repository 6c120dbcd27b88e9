//! Which calls are Twilio's: the vectors were made by running Twilio's own Python library, 9.13.0.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::super::signature::{HEADER, KEY_HEADER, Key, params, sign};
use super::super::twiml;
use crate::kernel::crypto::Secret;
use crate::providers::{Call, Door};

const FORM: &str = "application/x-www-form-urlencoded";
const CALL_URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const CALL_FORM: &str = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
const CALL_SHA1: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
const CALL_SHA256: &str = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=";
const JSON_URL: &str = "https://mycompany.com/hook?bodySHA256=db4a7ecb114bc66c623a06c4ff6fe8daa2f49cc270ebbf7a1f81e22ab061c837";
const JSON_SHA1: &str = "C+pofQd1fymfqci7Chpt+EOXd+k=";
const KEY: &str = "key=WK1,algorithm=HMAC_SHA256";

fn token() -> Key {
    Key::Token(Secret::new("12345"))
}

fn shared() -> Key {
    Key::Shared { id: "WK1".into(), secret: Secret::new("12345") }
}

fn signed(key: &Key, url: &str, body: &str, headers: &[(&'static str, &str)]) -> bool {
    let pairs = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
    let headers: HeaderMap = pairs.collect();
    key.signed(&Call { door: Door::Status, url, headers: &headers, body: body.as_bytes(), at: 0 })
}

#[test]
fn the_vectors_hold() {
    let arabic = format!(
        "MessageSid=SM{}&MessageStatus=delivered&To=%2B886912345678&From=%2B15005550006&Body=%D8%B3%D9%84%D8%A7%D9%85",
        "a".repeat(32)
    );
    for (url, form, signature) in [
        (CALL_URL, CALL_FORM, CALL_SHA1),
        ("https://example.com:8443/sms", &arabic, "hLwyL0p2K4X72lbXMNGPpmLg9J4="),
        (JSON_URL, "", JSON_SHA1),
    ] {
        assert_eq!(sign("12345", url, &params(form.as_bytes())), signature, "{url}");
        assert!(signed(&token(), url, form, &[("content-type", FORM), (HEADER, signature)]), "{url}");
    }
}

#[test]
fn nothing_but_the_very_call_is_signed() {
    let good = [("content-type", FORM), (HEADER, CALL_SHA1)];
    assert!(signed(&token(), CALL_URL, CALL_FORM, &good));
    assert!(signed(
        &token(),
        CALL_URL,
        CALL_FORM,
        &[("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8"), (HEADER, CALL_SHA1)]
    ));
    for (case, key, url, form, headers) in [
        ("another token", Key::Token(Secret::new("12346")), CALL_URL, CALL_FORM.to_owned(), &good[..]),
        ("another address", token(), "https://mycompany.com/myapp.php?foo=1&bar=3", CALL_FORM.into(), &good),
        ("a changed value", token(), CALL_URL, CALL_FORM.replace("1234&", "1235&"), &good),
        ("one value more", token(), CALL_URL, format!("{CALL_FORM}&New=1"), &good),
        ("one value less", token(), CALL_URL, CALL_FORM.replace("&Digits=1234", ""), &good),
        ("no signature", token(), CALL_URL, CALL_FORM.into(), &good[..1]),
        ("half a signature", token(), CALL_URL, CALL_FORM.into(), &[good[0], (HEADER, "RSOYDt4T1cUTdK1P")]),
        ("a body that is no form and has no hash", token(), CALL_URL, CALL_FORM.into(), &good[1..]),
    ] {
        assert!(!signed(&key, url, &form, headers), "{case}");
    }
}

#[test]
fn the_order_and_repetition_of_parameters_do_not_matter() {
    let turned: Vec<_> = CALL_FORM.split('&').rev().collect();
    assert!(signed(&token(), CALL_URL, &turned.join("&"), &[("content-type", FORM), (HEADER, CALL_SHA1)]));
    let once = sign("12345", CALL_URL, &params(b"a=1&a=2"));
    assert_eq!(once, sign("12345", CALL_URL, &params(b"a=2&a=1&a=2")));
    assert_ne!(once, sign("12345", CALL_URL, &params(b"a=1")));
}

#[test]
fn the_port_may_be_written_or_left_out() {
    for (called, signed_as, good) in [
        ("https://h.example/a?b=c", "https://h.example:443/a?b=c", true),
        ("https://h.example:443/a", "https://h.example/a", true),
        ("http://h.example/a", "http://h.example:80/a", true),
        ("https://h.example:8443/a", "https://h.example/a", true),
        ("http://[::1]/a", "http://[::1]:80/a", true),
        ("https://h.example", "https://h.example:443", true),
        ("https://h.example/a", "https://h.example:8443/a", false),
        ("https://h.example/a", "http://h.example/a", false),
        ("https://h.example/a:443/b", "https://h.example/a/b", false),
    ] {
        let signature = sign("12345", signed_as, &params(b"x=1"));
        assert_eq!(signed(&token(), called, "x=1", &[("content-type", FORM), (HEADER, &signature)]), good, "{called} as {signed_as}");
    }
}

#[test]
fn a_body_of_json_is_covered_by_its_hash() {
    let headers = [("content-type", "application/json"), (HEADER, JSON_SHA1)];
    assert!(signed(&token(), JSON_URL, r#"{"a":"b"}"#, &headers));
    assert!(!signed(&token(), JSON_URL, r#"{"a":"c"}"#, &headers));
    let without_hash = sign("12345", "https://mycompany.com/hook", &params(b""));
    assert!(!signed(&token(), "https://mycompany.com/hook", r#"{"a":"b"}"#, &[headers[0], (HEADER, &without_hash)]));
}

#[test]
fn a_connection_with_a_shared_key_takes_nothing_weaker() {
    let form = ("content-type", FORM);
    let (weak, strong) = ((HEADER, CALL_SHA1), (HEADER, CALL_SHA256));
    assert!(signed(&shared(), CALL_URL, CALL_FORM, &[form, strong, (KEY_HEADER, KEY)]));
    assert!(signed(&shared(), CALL_URL, CALL_FORM, &[form, strong, (KEY_HEADER, "algorithm=HMAC_SHA256, key=WK1")]));
    for (case, key, headers) in [
        ("the token's signature", shared(), &[form, weak][..]),
        ("the token's signature under the key's name", shared(), &[form, weak, (KEY_HEADER, KEY)]),
        ("no word of the key", shared(), &[form, strong]),
        ("another key", shared(), &[form, strong, (KEY_HEADER, "key=WK2,algorithm=HMAC_SHA256")]),
        ("another algorithm", shared(), &[form, strong, (KEY_HEADER, "key=WK1,algorithm=HMAC_SHA1")]),
        ("a key where none is set", token(), &[form, strong, (KEY_HEADER, KEY)]),
    ] {
        assert!(!signed(&key, CALL_URL, CALL_FORM, headers), "{case}");
    }
}

#[test]
fn a_reply_is_escaped() {
    let answer = twiml::answer(Some(r#"Tom & "Jo" <script>]]>"#));
    let message = answer.split("<Message>").nth(1).and_then(|rest| rest.split("</Message>").next()).unwrap();
    assert!(!message.contains(['<', '>', '"']) && message.starts_with("Tom &#38; "), "{answer}");
    assert!(
        answer.starts_with(r#"<?xml version="1.0" encoding="UTF-8"?><Response><Message>"#) && answer.ends_with("</Message></Response>")
    );
}
