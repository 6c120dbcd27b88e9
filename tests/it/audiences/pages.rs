//! The pages of audiences, as a browser without JavaScript meets them.

use axum::http::StatusCode;
use peyk::access::Role;
use serde_json::json;

use super::{one, saved};
use crate::api::Client;
use crate::contacts::created;
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    an_audience_is_made_counted_changed_copied_and_deleted_by_forms,
    what_is_wrong_stands_beside_its_row,
    a_message_is_sent_from_the_page_and_a_changed_audience_is_shown_again_first,
    variants_are_tried_with_an_audience_from_the_page,
    a_viewer_sees_how_many_and_no_conditions,
    a_mistake_is_told_in_the_count_and_fills_no_other_audience,
}

async fn scene(client: &Client) {
    created(client, json!({"phone": "+12122001000", "name": "Ann", "tags": ["vip"], "attributes": {"city": "Yazd"}})).await;
    created(client, json!({"phone": "+12122001001", "name": "Bob", "language": "fa"})).await;
    created(client, json!({"phone": "+12122001002", "name": "<b>Cyd</b>"})).await;
}

async fn an_audience_is_made_counted_changed_copied_and_deleted_by_forms(app: TestApp) {
    scene(&Client::new(&app).await).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let empty = browser.get("/audiences").await.body;
    assert!(empty.contains("No audiences yet") && empty.contains(r#"href="/audiences/new""#), "{empty}");
    let new = browser.get("/audiences/new").await.body;
    assert!(new.contains("3 people") && new.contains("&lt;b&gt;Cyd") && new.contains("Condition 2"), "{new}");
    let rows = [
        ("name", "Ours"),
        ("join", "any"),
        ("c0.kind", ""),
        ("c1.kind", "tag.has"),
        ("c1.value", "vip"),
        ("c2.kind", "language.is"),
        ("c2.value", "fa"),
        ("c2.group", "a"),
        ("category", "order"),
    ];
    // The count is shown in place, nothing is saved, and the rows close up.
    let counted = browser.post("/do/audiences/count", &rows).await;
    assert_eq!(counted.status, StatusCode::OK, "{}", counted.body);
    for words in ["2 people", "2 of whom may be sent messages about", r#"name="c0.value" type="text" value="vip""#, "Condition 4"] {
        assert!(counted.body.contains(words), "{words}: {}", counted.body);
    }
    assert!(browser.get("/audiences").await.body.contains("No audiences yet"));
    let made = browser.post("/do/audiences/save", &rows).await;
    let at = made.location().to_owned();
    assert!(at.starts_with("/audiences/aud_"), "{at}: {}", made.body);
    let page = browser.get(&at).await.body;
    for words in ["Ours", "2 people", "In no campaign yet", r#"value="vip""#] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let list = browser.get("/audiences").await.body;
    assert!(list.contains("Any of 2 conditions") && list.contains(&format!(r#"href="{at}""#)), "{list}");
    let id = at.rsplit('/').next().expect("an id").to_owned();
    let change =
        [("id", id.as_str()), ("name", "Yazd"), ("join", "all"), ("c0.kind", "attribute.is"), ("c0.name", "city"), ("c0.value", "yazd")];
    let changed = browser.submit("/do/audiences/save", &change).await.body;
    assert!(changed.contains("Saved.") && changed.contains("1 person"), "{changed}");
    let copy = browser.submit("/do/audiences/copy", &[("id", &id)]).await.body;
    assert!(copy.contains("Yazd (copy)"), "{copy}");
    assert!(browser.get(&format!("{at}/delete")).await.body.contains("Delete the audience"));
    let gone = browser.submit("/do/audiences/delete", &[("id", &id)]).await.body;
    assert!(gone.contains("The audience is deleted") && !gone.contains(&at), "{gone}");
}

async fn what_is_wrong_stands_beside_its_row(app: TestApp) {
    scene(&Client::new(&app).await).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let rows = [
        ("name", "N"),
        ("join", "all"),
        ("c0.kind", "tag.has"),
        ("c0.value", "vip"),
        ("c1.kind", "last_reply.within"),
        ("c1.value", "soon"),
    ];
    for command in ["/do/audiences/save", "/do/audiences/count"] {
        let page = browser.submit(command, &rows).await.body;
        assert!(page.contains(r##"href="#c1.value""##) && page.contains("This is no number of days."), "{command}: {page}");
        assert!(page.contains(r#"value="soon""#) && page.contains("Complete the conditions"), "{command}: {page}");
    }
    let nameless = browser.submit("/do/audiences/save", &[("name", ""), ("join", "all")]).await.body;
    assert!(nameless.contains("A name has 1 to 100 characters"), "{nameless}");
}

async fn a_message_is_sent_from_the_page_and_a_changed_audience_is_shown_again_first(app: TestApp) {
    let client = Client::new(&app).await;
    scene(&client).await;
    let id = saved(&client, "All", json!({"all": []})).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let page = browser.get(&format!("/audiences/{id}/send")).await.body;
    assert!(page.contains("What do they get?") && page.contains("Nothing is sent yet."), "{page}");
    let nothing = browser.submit("/do/audiences/send", &[("id", &id), ("wording", "text"), ("text", ""), ("category", "order")]).await.body;
    assert!(nothing.contains("error-summary"), "{nothing}");
    let message = [("id", id.as_str()), ("wording", "text"), ("text", "Hi {{ name }}"), ("category", "order"), ("name", "Hello all")];
    let made = browser.post("/do/audiences/send", &message).await;
    let confirm = made.location().to_owned();
    assert!(confirm.ends_with("/confirm"), "{confirm}: {}", made.body);
    let page = browser.get(&confirm).await.body;
    assert!(page.contains("Send to 3 people") && page.contains("Hello all"), "{page}");
    created(&client, json!({"phone": "+12122001003", "name": "Dan"})).await;
    let upload = confirm.split('/').nth(2).expect("an upload").to_owned();
    let changed = browser.post("/do/uploads/launch", &[("id", &upload), ("token", "t1"), ("when", "now")]).await;
    let now = changed.location().to_owned();
    assert!(now != confirm && now.ends_with("/confirm"), "{now}");
    let page = browser.get(&now).await.body;
    assert!(page.contains("Nothing was sent: the audience has changed") && page.contains("Send to 4 people"), "{page}");
    app.dispatch_all().await;
    assert!(crate::messages::taken(&app).is_empty());
    let upload = now.split('/').nth(2).expect("an upload").to_owned();
    let sent = browser.post("/do/uploads/launch", &[("id", &upload), ("token", "t2"), ("when", "now")]).await;
    assert!(sent.location().starts_with("/campaigns/"), "{}", sent.location());
    app.dispatch_all().await;
    assert_eq!(crate::messages::taken(&app).len(), 4);
    let used = browser.get(&format!("/audiences/{id}")).await.body;
    assert!(used.contains("Hello all") && !used.contains("In no campaign yet"), "{used}");
}

async fn variants_are_tried_with_an_audience_from_the_page(app: TestApp) {
    let client = Client::new(&app).await;
    for n in 1..=30 {
        created(&client, json!({"phone": crate::harness::Csv::phone(n), "name": "Ann"})).await;
    }
    crate::templates::variants::two_variants(&app).await;
    let id = saved(&client, "All", json!({"all": []})).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let message = [("id", id.as_str()), ("wording", "template"), ("template", "visit"), ("name", "Hello all")];
    let confirm = browser.post("/do/audiences/send", &message).await.location().to_owned();
    let page = browser.get(&confirm).await.body;
    assert!(page.contains("Try first, then send the best"), "{page}");
    let upload = confirm.split('/').nth(2).expect("an upload").to_owned();
    let launch = |percent: &'static str| {
        let fields = [
            ("id", upload.as_str()),
            ("token", "once"),
            ("when", "now"),
            ("variants", "try"),
            ("trial.percent", percent),
            ("trial.wait_minutes", "60"),
            ("trial.measure", "delivered"),
            ("trial.confidence", "95"),
            ("trial.otherwise", "first"),
        ];
        fields.to_vec()
    };
    let page = browser.submit("/do/uploads/launch", &launch("95")).await.body;
    assert!(page.contains("Try it with 1 to 90 percent") && page.contains(r#"value="95""#), "what was typed comes back: {page}");
    let sent = browser.post("/do/uploads/launch", &launch("40")).await;
    let campaign = sent.location().to_owned();
    assert!(campaign.starts_with("/campaigns/"), "{campaign}");
    app.dispatch_all().await;
    let tried = crate::messages::taken(&app).len();
    assert!((2..28).contains(&tried), "{tried} of 30");
    assert!(browser.get(&campaign).await.body.contains("40 % of the people first"));
    app.advance(61 * 60_000);
    app.dispatch_all().await;
    assert_eq!(crate::messages::taken(&app).len(), 30, "and then the rest");
    // The same by the API.
    let body = json!({"name": "Again", "template": "visit", "audience": id});
    let made = client.post("/api/v1/sms/campaigns", body).await.json();
    let path = format!("/api/v1/sms/campaigns/{}", made["id"].as_str().expect("an id"));
    let wrong = client.post(&format!("{path}/launch"), json!({"trial": {"percent": 0, "wait_minutes": 60}})).await.refused();
    assert_eq!(wrong, [("trial.percent".to_owned(), "out_of_range".to_owned())]);
    let launched = client.post(&format!("{path}/launch"), json!({"trial": {"percent": 40, "wait_minutes": 60}})).await.json();
    assert_eq!((&launched["trial"]["percent"], &launched["trial"]["stage"]), (&json!(40), &json!("trying")), "{launched}");
    app.dispatch_all().await;
    let now = client.get(&path).await.json();
    assert_eq!(now["trial"]["stage"], "waiting");
    assert!(crate::messages::taken(&app).len() < 60);
}

async fn a_viewer_sees_how_many_and_no_conditions(app: TestApp) {
    let client = Client::new(&app).await;
    scene(&client).await;
    let id = saved(&client, "Yazd", json!({"all": [one("attribute.is", "city", "Yazd-secret"), one("tag.has", "", "vip")]})).await;
    client.put(&format!("/api/v1/audiences/{id}"), json!({"conditions": {"all": [one("attribute.is", "city", "Yazd")]}})).await;
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    let page = viewer.get(&format!("/audiences/{id}")).await.body;
    assert!(page.contains("1 person") && !page.contains("2122001000") && !page.contains("attribute.is") && !page.contains("Ann"), "{page}");
    assert!(!page.contains("Send to them") && !page.contains("<form class=\"stack"), "{page}");
    // Without a form there is nothing to complete.
    let typed = [("id", id.as_str()), ("join", "all"), ("c0.kind", "tag.has"), ("c0.value", "nobody")];
    let page = viewer.post("/do/audiences/count", &typed).await.body;
    assert!(page.contains("1 person") && !page.contains("Complete the conditions"), "{page}");
    for path in ["/audiences/new".to_owned(), format!("/audiences/{id}/send"), format!("/audiences/{id}/delete")] {
        assert_eq!(viewer.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(viewer.post("/do/audiences/delete", &[("id", &id)]).await.status, StatusCode::FORBIDDEN);
}

async fn a_mistake_is_told_in_the_count_and_fills_no_other_audience(app: TestApp) {
    let client = Client::new(&app).await;
    scene(&client).await;
    let ours = saved(&client, "Ours", json!({"all": [one("tag.has", "", "vip")]})).await;
    let theirs = saved(&client, "Theirs", json!({"all": [one("language.is", "", "fa")]})).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let form = [("id", ours.as_str()), ("name", "Typed"), ("join", "all"), ("c0.kind", "last_reply.within"), ("c0.value", "soon")];
    // With JavaScript, while somebody types.
    let part = browser.post_for_a_part("/do/audiences/count", &form).await;
    let count = part.body.split(r#"id="count""#).nth(1).unwrap_or_else(|| panic!("{}: {}", part.status, part.body));
    assert!(count.contains("days") && !count.contains("1 person"), "{count}");
    assert!(part.body.contains(&format!(r#"name="back" value="/audiences/{ours}""#)), "a change of the theme leads back: {}", part.body);
    // Without it the form stands again on its page, and on no other one that is opened first.
    assert_eq!(browser.post("/do/audiences/save", &form).await.status, StatusCode::SEE_OTHER);
    for _ in 0..2 {
        let other = browser.get(&format!("/audiences/{theirs}")).await.body;
        assert!(other.contains(r#"value="Theirs""#) && !other.contains("Typed") && other.contains("1 person"), "{other}");
        browser.post_for_a_part("/do/audiences/count", &form).await;
    }
}
