//! Variants on pages: written, looked at, tried, and one for everybody.

use peyk::access::Role;
use peyk::campaigns;
use peyk::kernel::page::PageRequest;
use peyk::templates;
use serde_json::json;

use super::Browser;
use crate::api::Client;
use crate::harness::{Csv, TestApp, both_engines};
use crate::templates::variants::{drafted, launch, two_variants};

both_engines! {
    variants_are_written_looked_at_and_published,
    a_trial_is_chosen_at_the_launch_and_ended_by_a_button,
    the_api_tells_what_came_of_variants_and_chooses_one,
    a_fault_stands_at_the_variant_that_it_is_of,
    the_editor_keeps_what_the_registry_knows_and_tells_the_price,
}

async fn variants_are_written_looked_at_and_published(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let input = serde_json::from_value(json!({"code": "visit", "name": "Visit", "category": "order", "texts": {"en": "Come, {{ name }}"}}));
    let made = templates::create(&app, &app.actor(Role::Marketer), input.expect("an input")).await.expect("made");
    let path = format!("/templates/{}/variants", made.id);
    let page = marketer.get(&path).await.body;
    assert!(page.contains("New variant B") && page.contains("Come, {{ name }}"), "{page}");
    let (id, seen) = (made.id.to_string(), peyk::kernel::clock::rfc3339(made.updated_at));
    let fields = |share: &'static str| {
        let all = [
            ("variants.0.share", "60"),
            ("variants.1.share", share),
            ("variants.1.name", "Short"),
            ("variants.1.texts.en", "Hey {{ name }}!\r\nCome"),
        ];
        all.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec()
    };
    let post = async |browser: &mut Browser, share| {
        let mut all = fields(share);
        all.extend([("id".to_owned(), id.clone()), ("seen".to_owned(), seen.clone())]);
        let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        browser.submit("/do/templates/variants", &all).await.body
    };
    let page = post(&mut marketer, "60").await;
    assert!(page.contains("60 + 60 = 120 percent") && page.contains("Hey {{ name }}!"), "what was typed comes back: {page}");
    let page = post(&mut marketer, "40").await;
    assert!(page.contains("Variants saved") && page.contains("B “Short”") && page.contains("A/B variants (2)"), "{page}");
    assert!(page.contains(r#"Hey <mark class="var">Sara</mark>!"#), "{page}");
    let stored = templates::get(&app, &app.actor(Role::Owner), "visit").await.expect("stored");
    assert_eq!(stored.variants[1].texts.values().next().map(String::as_str), Some("Hey {{ name }}!\nCome"));
    templates::publish(&app, &app.actor(Role::Marketer), "visit", None).await.expect("published");
    let page = marketer.get(&path).await.body;
    assert!(page.contains("What came of version 1") && page.contains("Nothing is ahead by replies yet."), "{page}");
    let page = marketer.submit("/do/templates/variant", &[("id", &id), ("variant", "B")]).await.body;
    assert!(page.contains("What B says stands in the draft"), "{page}");
    let page = marketer.get(&format!("/templates/{id}/versions?from=1&to=draft")).await.body;
    assert!(page.contains("Variant B, "), "the comparison names the variant: {page}");
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    let page = viewer.get(&path).await.body;
    assert!(!page.contains("Save variants") && !page.contains("for everyone"), "{page}");
}

async fn a_trial_is_chosen_at_the_launch_and_ended_by_a_button(app: TestApp) {
    two_variants(&app).await;
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let (actor, choice) = (app.actor(Role::Marketer), peyk::uploads::Wording::Template("visit".into()));
    let choice = peyk::uploads::MessageChoice { wording: choice, category: None, language: None };
    let upload = crate::uploads::uploaded(&app, &actor, Csv::of_people(50), &choice).await;
    peyk::uploads::check_now(&app, &actor, &upload.id).await.expect("checked");
    let page = marketer.get(&format!("/uploads/{}", upload.id)).await.body;
    assert!(page.contains("variant A") && page.contains("variant B"), "the cost is told by variant: {page}");
    let page = marketer.get(&format!("/uploads/{}/confirm", upload.id)).await.body;
    assert!(page.contains("Try first, then send the best"), "{page}");
    let id = upload.id.to_string();
    let send = |percent: &'static str| {
        [
            ("id", id.as_str()),
            ("token", "once"),
            ("name", "Autumn"),
            ("when", "now"),
            ("variants", "try"),
            ("trial.percent", percent),
            ("trial.wait_minutes", "60"),
            ("trial.measure", "replied"),
            ("trial.confidence", "95"),
            ("trial.otherwise", "ask"),
        ]
    };
    let page = marketer.submit("/do/uploads/launch", &send("95")).await.body;
    assert!(page.contains("Try it with 1 to 90 percent"), "{page}");
    let page = marketer.submit("/do/uploads/launch", &send("40")).await.body;
    assert!(page.contains("40 % of the people first"), "{page}");
    app.dispatch_all().await;
    let campaign = campaigns::list(&app, &actor, None, &PageRequest::default()).await.expect("a list").items.remove(0);
    let path = format!("/campaigns/{}", campaign.id);
    let page = marketer.get(&path).await.body;
    assert!(page.contains("The rest waits.") && page.contains("Use B for everyone"), "{page}");
    let page = marketer.submit("/do/campaigns/variant", &[("id", campaign.id.as_str()), ("variant", "B")]).await.body;
    assert!(page.contains("gets B from now on") && page.contains("For everyone"), "{page}");
    app.dispatch_all().await;
    assert_eq!(crate::messages::taken(&app).len(), 50);
}

async fn the_api_tells_what_came_of_variants_and_chooses_one(app: TestApp) {
    two_variants(&app).await;
    let client = Client::new(&app).await;
    let campaign = drafted(&app, 30, campaigns::NewCampaign::default()).await;
    launch(&app, &campaign).await;
    app.dispatch_all().await;
    let found = client.get(&format!("/api/v1/sms/campaigns/{}/variants?measure=delivered", campaign.id)).await.json();
    let sent: u64 = found["variants"].as_array().expect("a list").iter().map(|v| v["sent"].as_u64().expect("a number")).sum();
    assert_eq!((sent, &found["comparison"]["measure"]), (30, &json!("delivered")));
    let found = client.get("/api/v1/sms/templates/visit/variants").await.json();
    assert_eq!(found["variants"][1]["name"], "Reply YES");
    let refused = client.get("/api/v1/sms/templates/visit/variants?measure=clicked").await.refused();
    assert_eq!(refused, [("measure".to_owned(), "unknown".to_owned())]);
    let people: Vec<_> = (1..=20).map(|n| json!({"to": Csv::phone(500 + n), "variables": {"name": "Sara"}})).collect();
    let trial = json!({"percent": 30, "wait_minutes": 60});
    let body = json!({"name": "Tried", "template": "visit", "recipients": people, "trial": trial});
    let made = client.post("/api/v1/sms/campaigns", body).await.json();
    assert_eq!(
        (&made["trial"]["stage"], &made["trial"]["confidence"], &made["trial"]["otherwise"]),
        (&json!("trying"), &json!(95), &json!("ask"))
    );
    let path = format!("/api/v1/sms/campaigns/{}", made["id"].as_str().expect("an id"));
    let chosen = client.post(&format!("{path}/variant"), json!({"variant": "B"})).await.json();
    assert_eq!(chosen["variant"], "B");
    client.post(&format!("{path}/launch"), json!({})).await;
    app.dispatch_all().await;
    let list = client.get(&format!("{path}/messages")).await.json();
    let variants: Vec<_> = list["items"].as_array().expect("a list").iter().map(|m| m["variant"].clone()).collect();
    assert_eq!(variants, vec![json!("B"); 20], "a choice before the launch is for everybody");
    let used = client.post("/api/v1/sms/templates/visit/variant", json!({"variant": "B"})).await.json();
    assert!(used["texts"]["en"].as_str().is_some_and(|text| text.starts_with("B:")) && used["variants"].is_null(), "{used}");
}

async fn a_fault_stands_at_the_variant_that_it_is_of(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let variants = json!([{"share": 40}, {"share": 30, "texts": {"en": "Hey"}}, {"share": 30, "texts": {"en": "Ho"}}]);
    let input = json!({"code": "visit", "name": "Visit", "category": "order", "texts": {"en": "Come"}, "variants": variants});
    let made = templates::create(&app, &app.actor(Role::Marketer), serde_json::from_value(input).expect("an input")).await.expect("made");
    let (id, seen) = (made.id.to_string(), peyk::kernel::clock::rfc3339(made.updated_at));
    let fields = [
        ("id", id.as_str()),
        ("seen", seen.as_str()),
        ("variants.0.share", "50"),
        ("variants.1.share", "30"),
        ("variants.1.texts.en", "Hey"),
        ("variants.1.remove", "true"),
        ("variants.2.share", "50"),
        ("variants.2.texts.en", "Ho {{ name"),
    ];
    let page = marketer.submit("/do/templates/variants", &fields).await.body;
    assert!(page.contains(r#"id="variants.2.texts.en-error""#) && !page.contains(r#"id="variants.1.texts.en-error""#), "{page}");
}

async fn the_editor_keeps_what_the_registry_knows_and_tells_the_price(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let fields = |id: &'static str| {
        vec![
            ("name", "Paid"),
            ("code", "paid"),
            ("category", "order"),
            ("description", ""),
            ("languages", "en"),
            ("texts.en", "Paid."),
            ("dlt.entity_id", "1101"),
            ("dlt.template_id", id),
            ("dlt.header", "CEDARS"),
        ]
    };
    let page = marketer.submit("/do/templates/create", &fields("1107 55")).await.body;
    assert!(page.contains("letters, digits and hyphens only"), "{page}");
    let page = marketer.submit("/do/templates/create", &fields("110755")).await.body;
    assert!(page.contains("Draft saved") && page.contains(r#"value="110755""#), "{page}");
    assert!(page.contains("each, to a number of your own country"), "{page}");
    let stored = templates::get(&app, &app.actor(Role::Owner), "paid").await.expect("stored").dlt.expect("registered");
    assert_eq!((stored.entity_id.as_deref(), stored.header.as_deref()), (Some("1101"), Some("CEDARS")));
    templates::publish(&app, &app.actor(Role::Marketer), "paid", None).await.expect("published");
    let request = json!({"to": "+12025550123", "template": "paid"});
    peyk::messages::send(&app, &app.actor(Role::Marketer), serde_json::from_value(request).expect("a request")).await.expect("accepted");
    app.dispatch_all().await;
    let page = marketer.get("/templates/paid/versions").await.body;
    assert!(page.contains("0.0% delivered, 1 sent."), "{page}");
}
