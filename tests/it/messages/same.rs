//! A preview and a call to send say the same: the text, its language, and why not.

use axum::http::StatusCode;
use futures::future::join_all;
use peyk::access::Role;
use peyk::contacts::{self, ContactInput};
use serde_json::{Value, json};

use super::PHONE;
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    a_preview_says_and_refuses_what_sending_says_and_refuses,
    people_are_written_to_in_the_language_that_they_chose,
    a_version_that_is_not_live_can_be_looked_at_and_would_not_be_sent,
    the_page_shows_what_it_sends,
}

const SEND: &str = "/api/v1/sms/send";
const PREVIEW: &str = "/api/v1/sms/preview";
/// Somebody of whom nothing is known.
const STRANGER: &str = "+12025550177";

async fn template(client: &Client, code: &str, texts: Value) {
    let made = client.post("/api/v1/sms/templates", json!({"code": code, "name": code, "category": "order", "texts": texts})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
}

async fn publish(client: &Client, code: &str) {
    let live = client.post(&format!("/api/v1/sms/templates/{code}/publish"), json!({})).await;
    assert_eq!(live.status, StatusCode::OK, "{}", live.body);
}

/// A published greeting in two languages, with a draft of a colleague's that says something else.
async fn greeting(client: &Client) {
    template(client, "greet", json!({"en": "Hi {{ name }}", "fa": "سلام {{ name }}"})).await;
    publish(client, "greet").await;
    let draft = client.put("/api/v1/sms/templates/greet", json!({"texts": {"en": "Nobody saw this, {{ name }}"}})).await;
    assert_eq!(draft.status, StatusCode::OK, "{}", draft.body);
}

/// Somebody who chose a language.
async fn reader(app: &TestApp, phone: &str, language: &str) {
    let input: ContactInput = serde_json::from_value(json!({"phone": phone, "language": language})).expect("the shape is right");
    contacts::create(app, &app.actor(Role::Marketer), input).await.expect("a contact");
}

/// Requests without a number, sound and not.
fn requests() -> Vec<Value> {
    let greet = |more: Value| {
        let mut request = json!({"template": "greet", "variables": {"name": "Ali"}});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        request
    };
    vec![
        json!({"text": "Your order left"}),
        json!({"text": "x".repeat(1_600)}),
        json!({"text": "x".repeat(1_601)}),
        json!({"text": ""}),
        json!({"text": " \n "}),
        json!({"text": "a\u{0}b"}),
        json!({"text": "a", "language": "no such tag"}),
        json!({"text": "a", "category": "spam"}),
        json!({"text": "a", "template": "greet"}),
        json!({}),
        greet(json!({})),
        greet(json!({"language": "fa"})),
        greet(json!({"language": " "})),
        greet(json!({"language": "de"})),
        greet(json!({"language": "no such tag"})),
        greet(json!({"category": "reminder"})),
        greet(json!({"category": "spam", "language": "no such tag"})),
        greet(json!({"variables": {}})),
        greet(json!({"variables": {"name": null}})),
        greet(json!({"variables": {"name": 7}})),
        greet(json!({"variables": {"name": ["Ali"]}})),
        greet(json!({"variables": {"name": "Ali", "unsubscribe_link": "https://evil.example"}})),
        greet(json!({"variables": {"name": "x".repeat(1_000)}})),
        json!({"template": "unknown"}),
        json!({"template": "never-published"}),
        json!({"template": "put-away"}),
        json!({"template": "perhaps"}),
        json!({"template": "perhaps", "variables": {"name": "Ali"}}),
        json!({"template": "long", "variables": {"a": "x".repeat(200)}}),
        json!({"template": "long", "variables": {"a": "x".repeat(80)}}),
    ]
}

async fn a_preview_says_and_refuses_what_sending_says_and_refuses(app: TestApp) {
    let client = Client::new(&app).await;
    greeting(&client).await;
    template(&client, "never-published", json!({"en": "Soon"})).await;
    template(&client, "perhaps", json!({"en": "{% if name %}Hi {{ name }}{% endif %}"})).await;
    template(&client, "long", json!({"en": "{{ a }} ".repeat(15)})).await;
    template(&client, "put-away", json!({"en": "Once"})).await;
    for code in ["perhaps", "long", "put-away"] {
        publish(&client, code).await;
    }
    client.call(axum::http::Method::DELETE, "/api/v1/sms/templates/put-away", None, &[]).await;
    reader(&app, PHONE, "fa").await;
    let (mut sent, mut refused) = (0, 0);
    for to in [PHONE, STRANGER] {
        for mut request in requests() {
            request["to"] = json!(to);
            let (preview, send) = (client.post(PREVIEW, request.clone()).await, client.post(SEND, request.clone()).await);
            let (shown, accepted) = (preview.json(), send.json());
            if send.status == StatusCode::ACCEPTED {
                sent += 1;
                assert_eq!((preview.status, &shown["would_send"]), (StatusCode::OK, &json!(true)), "{request}: {shown}");
                for field in ["text", "language", "segments", "encoding"] {
                    assert_eq!(shown[field], accepted[field], "{field} of {request}");
                }
            } else {
                refused += 1;
                assert_eq!(send.status, StatusCode::UNPROCESSABLE_ENTITY, "{request}: {accepted}");
                assert_eq!((preview.status, &shown["errors"]), (send.status, &accepted["errors"]), "{request}: {shown}");
            }
        }
    }
    assert_eq!((sent, refused), (2 * 10, 2 * 20));
}

async fn people_are_written_to_in_the_language_that_they_chose(app: TestApp) {
    let client = Client::new(&app).await;
    greeting(&client).await;
    let persian: Vec<String> = (10..14).map(|n| format!("+120255501{n}")).collect();
    for phone in &persian {
        reader(&app, phone, "fa").await;
    }
    let send = async |to: &str, language: Option<&str>| {
        let mut body = json!({"to": to, "template": "greet", "variables": {"name": "Ali"}});
        if let Some(language) = language {
            body["language"] = json!(language);
        }
        let sent = client.post(SEND, body).await.json();
        (sent["language"].as_str().unwrap_or_default().to_owned(), sent["text"].as_str().unwrap_or_default().to_owned())
    };
    let (en, fa) = (("en".to_owned(), "Hi Ali".to_owned()), ("fa".to_owned(), "سلام Ali".to_owned()));
    let to: Vec<&str> = persian.iter().map(String::as_str).chain([STRANGER]).collect();
    let answers = join_all(to.iter().map(|to| send(to, None))).await;
    assert_eq!(answers, [fa.clone(), fa.clone(), fa.clone(), fa.clone(), en.clone()], "many calls at once");
    assert_eq!(send(&persian[0], Some("en")).await, en, "the call’s word counts before the person’s");
    assert_eq!(send(STRANGER, Some("fa")).await, fa);
    app.dispatch_all().await;
    assert_eq!(super::links::sent_texts(&app).await.iter().filter(|text| text.starts_with("سلام")).count(), 5);
}

async fn a_version_that_is_not_live_can_be_looked_at_and_would_not_be_sent(app: TestApp) {
    let client = Client::new(&app).await;
    greeting(&client).await;
    publish(&client, "greet").await;
    let look = async |version: i64| {
        client.post(PREVIEW, json!({"to": PHONE, "template": "greet", "version": version, "variables": {"name": "Ali"}})).await.json()
    };
    let (old, live) = (look(1).await, look(2).await);
    assert_eq!((&old["text"], &old["would_send"]), (&json!("Hi Ali"), &json!(false)), "{old}");
    assert!(old["reasons"][0].as_str().is_some_and(|why| why.contains("version 2")), "{old}");
    assert_eq!((&live["text"], &live["would_send"]), (&json!("Nobody saw this, Ali"), &json!(true)), "{live}");
}

async fn the_page_shows_what_it_sends(app: TestApp) {
    let client = Client::new(&app).await;
    greeting(&client).await;
    reader(&app, PHONE, "fa").await;
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let fields = [("to", PHONE), ("template", "greet"), ("variables.name", "Ali")];
    let page = marketer.post("/do/send/preview", &fields).await.body;
    assert!(page.contains("سلام Ali") && page.contains("It would be sent.") && !page.contains("Nobody saw this"), "{page}");
    let sent = marketer.submit("/do/send", &fields).await.body;
    assert!(sent.contains("Accepted.") && sent.contains("سلام Ali"), "{sent}");
    client.call(axum::http::Method::DELETE, "/api/v1/sms/templates/greet", None, &[]).await;
    let page = marketer.post("/do/send/preview", &fields).await.body;
    assert!(page.contains("Not ready yet") && page.contains("This template is archived") && !page.contains("It would be sent."), "{page}");
    let long = "x".repeat(1_601);
    let page = marketer.post("/do/send/preview", &[("to", PHONE), ("text", &long)]).await.body;
    assert!(page.contains("Not ready yet") && page.contains("1600 is the most"), "{page}");
}
