//! Campaigns to an audience.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use peyk::access::Role;
use peyk::campaigns::{self, Launch};
use peyk::contacts;
use peyk::kernel::id::CampaignId;
use peyk::messages::Status;
use serde_json::{Value, json};

use super::{one, saved};
use crate::api::Client;
use crate::contacts::created;
use crate::harness::{Csv, TestApp, both_engines};
use crate::uploads::body;

both_engines! {
    a_campaign_goes_to_whom_the_audience_holds_at_the_launch,
    who_opted_out_is_counted_and_not_written_to,
    a_launch_that_is_confirmed_for_another_number_is_refused,
    a_crash_in_the_middle_repeats_and_skips_nobody,
    a_draft_whose_audience_was_deleted_is_not_launched,
    an_audience_of_nobody_makes_no_campaign,
}

async fn draft(client: &Client, audience: &str, text: &str) -> Value {
    let body = json!({"name": "To them", "text": text, "category": "order", "audience": audience});
    let answer = client.post("/api/v1/sms/campaigns", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.json()
}

async fn launched(client: &Client, draft: &Value, body: Value) -> Value {
    let id = draft["id"].as_str().expect("an id");
    let answer = client.post(&format!("/api/v1/sms/campaigns/{id}/launch"), body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

/// The texts that were sent, by number.
async fn texts(client: &Client, campaign: &Value) -> Vec<(String, String)> {
    let id = campaign["id"].as_str().expect("an id");
    let page = client.get(&format!("/api/v1/sms/campaigns/{id}/messages")).await.json();
    let mut texts = Vec::new();
    for message in page["items"].as_array().expect("messages") {
        let message = client.get(&format!("/api/v1/sms/messages/{}", message["id"].as_str().expect("an id"))).await.json();
        let text = |name: &str| message[name].as_str().expect("a text").to_owned();
        texts.push((text("to"), text("text")));
    }
    texts.sort();
    texts
}

async fn a_campaign_goes_to_whom_the_audience_holds_at_the_launch(app: TestApp) {
    let client = Client::new(&app).await;
    let vip = |phone: &str, name: &str, city: &str| json!({"phone": phone, "name": name, "tags": ["vip"], "attributes": {"City": city}});
    created(&client, vip("+12122001000", "Ann", "Yazd")).await;
    let leaves = created(&client, vip("+12122001001", "Bob", "Rasht")).await;
    created(&client, json!({"phone": "+12122001002", "name": "No VIP"})).await;
    let audience = saved(&client, "VIPs", json!({"all": [one("tag.has", "", "vip")]})).await;
    let made = draft(&client, &audience, "Hi {{ name }} of {{ city }}").await;
    assert_eq!((&made["status"], &made["counts"]["total"], &made["audience"]), (&json!("draft"), &json!(2), &json!(audience)));
    // Until the launch one leaves the audience and two come in.
    crate::contacts::patched(&client, &leaves, json!({"tags": []})).await;
    created(&client, vip("+12122001003", "Cyd", "Qom")).await;
    created(&client, vip("+12122001004", "=1+1", "Ahvaz")).await;
    let campaign = launched(&client, &made, json!({})).await;
    assert_eq!((&campaign["counts"]["total"], &campaign["id"]), (&json!(3), &made["id"]));
    app.dispatch_all().await;
    let want = [("+12122001000", "Hi Ann of Yazd"), ("+12122001003", "Hi Cyd of Qom"), ("+12122001004", "Hi =1+1 of Ahvaz")];
    assert_eq!(texts(&client, &campaign).await, want.map(|(to, text)| (to.to_owned(), text.to_owned())));
    let again = launched(&client, &made, json!({})).await;
    assert_eq!(again["counts"]["total"], 3, "a second launch asks nobody and sends nothing");
    // Only the upload that was sent is left, and the audience knows its campaign.
    let mut tx = app.db.read().await.expect("the database reads");
    let (uploads,): (i64,) = tx.query("select count(*) from uploads").fetch_one().await.expect("uploads");
    assert_eq!(uploads, 1);
    assert_eq!(client.get(&format!("/api/v1/audiences/{audience}")).await.json()["campaigns"], json!([made["id"]]));
}

async fn who_opted_out_is_counted_and_not_written_to(app: TestApp) {
    let client = Client::new(&app).await;
    for n in 0..3 {
        created(&client, json!({"phone": format!("+1212200100{n}"), "name": "A"})).await;
    }
    let audience = saved(&client, "All", json!({"all": []})).await;
    let made = draft(&client, &audience, "t").await;
    client.post("/api/v1/sms/opt-out", json!({"phone": "+12122001001"})).await;
    let campaign = launched(&client, &made, json!({})).await;
    assert_eq!(campaign["counts"]["total"], 2);
    let upload = client.get(&format!("/api/v1/sms/uploads/{}", campaign["upload"].as_str().expect("an upload"))).await.json();
    assert_eq!((&upload["rows"], &upload["to_send"], &upload["opted_out"]), (&json!(3), &json!(2), &json!(1)), "{upload}");
    app.dispatch_all().await;
    let told: Vec<String> = texts(&client, &campaign).await.into_iter().map(|(to, _)| to).collect();
    assert_eq!(told, ["+12122001000", "+12122001002"]);
}

async fn a_launch_that_is_confirmed_for_another_number_is_refused(app: TestApp) {
    let client = Client::new(&app).await;
    created(&client, json!({"phone": "+12122001000"})).await;
    let audience = saved(&client, "All", json!({"all": []})).await;
    let made = draft(&client, &audience, "t").await;
    created(&client, json!({"phone": "+12122001001"})).await;
    let id = made["id"].as_str().expect("an id");
    let refused = client.post(&format!("/api/v1/sms/campaigns/{id}/launch"), json!({"confirm": 1})).await;
    assert_eq!(refused.refused(), [("confirm".to_owned(), "wrong_count".to_owned())]);
    let now = client.get(&format!("/api/v1/sms/campaigns/{id}")).await.json();
    assert_eq!((&now["status"], &now["counts"]["total"]), (&json!("draft"), &json!(2)));
    assert_eq!(launched(&client, &made, json!({"confirm": 2})).await["counts"]["total"], 2);
}

async fn a_crash_in_the_middle_repeats_and_skips_nobody(app: TestApp) {
    let client = Client::new(&app).await;
    let actor = app.actor(Role::Marketer);
    let file = Csv::of_people(2_600).bytes();
    contacts::import(&app, &actor, "people.csv", body(file)).await.expect("imported");
    let audience = saved(&client, "All", json!({"all": [one("import.is", "", "people.csv"), one("attribute.is_not_set", "x", "")]})).await;
    let made = draft(&client, &audience, "Hi {{ name }}").await;
    let id = CampaignId::parse(made["id"].as_str().expect("an id")).expect("an id");
    campaigns::launch(&app, &actor, &id, &Launch::default()).await.expect("launched");
    // One step of many; then nothing is known but what the database holds. The audience is changed meanwhile: the launch decided.
    assert!(campaigns::expand_step(&app).await.expect("a step"));
    client.put(&format!("/api/v1/audiences/{audience}"), json!({"conditions": {"all": [one("tag.has", "", "none")]}})).await;
    app.dispatch_all().await;
    let campaign = campaigns::get(&app, &actor, &id).await.expect("it is there");
    assert_eq!((campaign.total, campaign.counts.of(Status::Sent)), (2_600, 2_600), "{:?}", campaign.counts);
    let mut tx = app.db.read().await.expect("the database reads");
    let (all, people): (i64, i64) =
        tx.query("select count(*), count(distinct contact_id) from messages").fetch_one().await.expect("messages");
    assert_eq!((all, people), (2_600, 2_600));
    let phones: BTreeSet<String> = crate::messages::taken(&app).iter().filter_map(|line| line["to"].as_str().map(str::to_owned)).collect();
    assert_eq!(phones.len(), 2_600);
}

async fn a_draft_whose_audience_was_deleted_is_not_launched(app: TestApp) {
    let client = Client::new(&app).await;
    created(&client, json!({"phone": "+12122001000"})).await;
    let audience = saved(&client, "All", json!({"all": []})).await;
    let made = draft(&client, &audience, "t").await;
    client.call(Method::DELETE, &format!("/api/v1/audiences/{audience}"), None, &[]).await;
    let refused = client.post(&format!("/api/v1/sms/campaigns/{}/launch", made["id"].as_str().expect("an id")), json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("audience of this campaign was deleted"), "{}", refused.body);
}

async fn an_audience_of_nobody_makes_no_campaign(app: TestApp) {
    let client = Client::new(&app).await;
    created(&client, json!({"phone": "+12122001000"})).await;
    let audience = saved(&client, "None", json!({"all": [one("tag.has", "", "none")]})).await;
    let body = json!({"name": "n", "text": "t", "category": "order", "audience": audience});
    assert_eq!(client.post("/api/v1/sms/campaigns", body).await.refused(), [("audience".to_owned(), "empty".to_owned())]);
    let two = json!({"name": "n", "text": "t", "category": "order", "audience": audience, "recipients": [{"to": "+12122001000"}]});
    assert_eq!(client.post("/api/v1/sms/campaigns", two).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut tx = app.db.read().await.expect("the database reads");
    let (uploads,): (i64,) = tx.query("select count(*) from uploads").fetch_one().await.expect("uploads");
    assert_eq!(uploads, 0, "nothing is left of it");
}
