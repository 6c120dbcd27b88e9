//! Looking a number up on a connection's page, as a browser without JavaScript does.

use axum::http::StatusCode;
use peyk::access::Role;
use serde_json::json;

use super::Browser;
use crate::api::Client;
use crate::api::lookup::twilio;
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_number_is_looked_up_where_that_is_switched_on,
    the_switch_is_a_field_of_the_connection,
}

const LOOK_UP: &str = "/do/settings/connections/lookup";

async fn a_number_is_looked_up_where_that_is_switched_on(app: TestApp) {
    let client = Client::new(&app).await;
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    twilio(&client, &app, json!({})).await;
    for name in ["twilio", "simulator"] {
        assert!(!owner.get(&format!("/settings/connections/{name}")).await.body.contains(LOOK_UP), "{name}");
    }
    let page = owner.submit(LOOK_UP, &[("name", "twilio"), ("phone", "+12122001000")]).await.body;
    assert!(page.contains("This connection does not look numbers up."), "{page}");
    twilio(&client, &app, json!({"lookup": "on"})).await;
    let page = owner.get("/settings/connections/twilio").await.body;
    assert!(page.contains(LOOK_UP) && page.contains("It charges for each question."), "{page}");
    let answer = owner.post(LOOK_UP, &[("name", "twilio"), ("phone", "(212) 200-1000")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/settings/connections/twilio"), "no number in an address");
    let page = owner.get("/settings/connections/twilio").await.body;
    assert!(page.contains("Line: mobile in United States. Carrier: Simulated Mobile. Network: 001 01."), "{page}");
    let page = owner.submit(LOOK_UP, &[("name", "twilio"), ("phone", "+12122000001")]).await.body;
    assert!(page.contains("No telephone has this number: invalid but possible."), "{page}");
    let page = owner.submit(LOOK_UP, &[("name", "twilio"), ("phone", "what?")]).await.body;
    assert!(page.contains(r#"id="lookup-phone-error""#) && page.contains(r#"value="what?""#), "{page}");
    assert_eq!(owner.post(LOOK_UP, &[("name", "gone"), ("phone", "+12122001000")]).await.status, StatusCode::NOT_FOUND);
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    assert_eq!(marketer.post(LOOK_UP, &[("name", "twilio"), ("phone", "+12122001000")]).await.status, StatusCode::FORBIDDEN);
}

async fn the_switch_is_a_field_of_the_connection(app: TestApp) {
    let client = Client::new(&app).await;
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    twilio(&client, &app, json!({})).await;
    let page = owner.get("/settings/connections/twilio").await.body;
    assert!(page.contains(r#"name="config.lookup""#), "{page}");
    for (value, offered) in [("on", true), ("", false)] {
        let fields = [("name", "twilio"), ("senders", ""), ("config.lookup", value)];
        let page = owner.submit("/do/settings/connections/save", &fields).await.body;
        assert_eq!(page.contains(LOOK_UP), offered, "{page}");
    }
}
