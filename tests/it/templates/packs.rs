//! Ready-made templates become the organisation's own.

use axum::http::StatusCode;
use peyk::access::{Role, SettingsPatch, update_settings};
use peyk::kernel::error::Error;
use peyk::templates::packs::{install, pack, packs};
use peyk::templates::{archive, get, versions};
use serde_json::json;

use super::{input, live, refused, render};
use crate::api::{Client, another_subaccount};
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    a_pack_is_installed_published_and_can_be_sent,
    installing_again_changes_nothing,
    a_template_of_ones_own_is_never_overwritten,
    marketing_of_a_pack_waits_where_that_is_wanted,
    every_pack_installs_as_a_whole,
    a_code_that_the_pack_lacks_installs_nothing,
    programs_install_packs,
    the_page_shows_a_pack_and_installs_what_is_ticked,
}

fn codes(of: &[&str]) -> Vec<String> {
    of.iter().map(|code| (*code).to_owned()).collect()
}

async fn a_pack_is_installed_published_and_can_be_sent(app: TestApp) {
    let patch = SettingsPatch { organisation: Some("大安瓦斯".into()), ..SettingsPatch::default() };
    update_settings(&app, &app.actor(Role::Admin), patch).await.expect("saved");
    let marketer = app.actor(Role::Marketer);
    let done = install(&app, &marketer, "gas", None).await.expect("installed");
    assert_eq!((done.installed.len(), done.kept.len()), (5, 0));
    let published = live(&app, "payment_reminder", None).await.expect("it is live at once");
    let text = render(&published, "zh-Hant", &[("order_number", "G7"), ("amount", "850")]);
    assert!(text.starts_with("【大安瓦斯】提醒您，訂單 G7 尚有 850 元未付款"), "{text}");
    let page = peyk::kernel::page::PageRequest::read(None, None).expect("a page");
    let versions = versions(&app, &marketer, "payment_reminder", &page).await.expect("versions").items;
    assert_eq!(
        (versions.len(), versions[0].note.as_deref(), versions[0].by.as_str()),
        (1, Some("From the pack “Gas delivery”"), "Test marketer")
    );
    assert_eq!(pack(&app, &marketer, "gas").await.expect("the pack").installed(), 5);
}

async fn installing_again_changes_nothing(app: TestApp) {
    let marketer = app.actor(Role::Marketer);
    let some = codes(&["restaurant_order_ready"]);
    assert_eq!(install(&app, &marketer, "restaurant", Some(&some)).await.expect("installed").installed.len(), 1);
    let before = get(&app, &marketer, "restaurant_order_ready").await.expect("there");
    let again = install(&app, &marketer, "restaurant", None).await.expect("installed");
    assert_eq!((again.installed.len(), again.kept.as_slice()), (5, some.as_slice()));
    assert_eq!(get(&app, &marketer, "restaurant_order_ready").await.expect("there"), before);
    assert!(install(&app, &marketer, "restaurant", None).await.expect("nothing to do").installed.is_empty());
}

async fn a_template_of_ones_own_is_never_overwritten(app: TestApp) {
    let marketer = app.actor(Role::Marketer);
    let own = json!({"code": "delivery_arrived", "name": "Ours", "category": "delivery", "texts": {"en": "We are here."}});
    peyk::templates::create(&app, &marketer, input(own)).await.expect("made");
    archive(&app, &marketer, "delivery_arrived").await.expect("archived");
    let done = install(&app, &marketer, "gas", None).await.expect("installed");
    assert_eq!(done.kept, ["delivery_arrived"]);
    let kept = get(&app, &marketer, "delivery_arrived").await.expect("there");
    assert_eq!((kept.name.as_str(), kept.archived_at.is_some()), ("Ours", true));
}

async fn marketing_of_a_pack_waits_where_that_is_wanted(app: TestApp) {
    let patch = SettingsPatch { template_approval: Some(true), ..SettingsPatch::default() };
    update_settings(&app, &app.actor(Role::Admin), patch).await.expect("saved");
    let done = install(&app, &app.actor(Role::Marketer), "restaurant", None).await.expect("installed");
    let waiting: Vec<_> = done.installed.iter().filter(|t| t.waiting).map(|t| t.code.as_str()).collect();
    assert_eq!(waiting, ["restaurant_promotion"]);
    assert_eq!(refused(live(&app, "restaurant_promotion", None).await), [("template".into(), "unpublished".into())]);
    assert!(live(&app, "restaurant_order_ready", None).await.is_ok());
    let for_me = peyk::templates::waiting_for(&app, &app.actor(Role::Admin)).await.expect("a list");
    assert_eq!(for_me.iter().map(|t| t.code.as_str()).collect::<Vec<_>>(), ["restaurant_promotion"]);
}

async fn every_pack_installs_as_a_whole(app: TestApp) {
    let marketer = app.actor(Role::Marketer);
    for pack in packs(&app, &marketer).await.expect("packs") {
        let done = install(&app, &marketer, pack.name, None).await.expect("installed");
        assert_eq!((done.installed.len(), done.kept.len()), (pack.templates.len(), 0), "{}", pack.name);
    }
    assert!(packs(&app, &marketer).await.expect("packs").iter().all(|p| p.installed() == p.templates.len()));
}

async fn a_code_that_the_pack_lacks_installs_nothing(app: TestApp) {
    let marketer = app.actor(Role::Marketer);
    let wrong = codes(&["crm_won", "crm_drawn"]);
    assert_eq!(refused(install(&app, &marketer, "crm", Some(&wrong)).await), [("codes".into(), "unknown".into())]);
    assert_eq!(refused(install(&app, &marketer, "crm", Some(&[])).await), [("codes".into(), "required".into())]);
    assert!(matches!(install(&app, &marketer, "zoo", None).await, Err(Error::NotFound(_))));
    assert!(matches!(install(&app, &app.actor(Role::Viewer), "crm", None).await, Err(Error::Denied(_))));
    assert!(get(&app, &marketer, "crm_won").await.is_err(), "nothing of it stayed");
}

async fn programs_install_packs(app: TestApp) {
    let client = Client::new(&app).await;
    let packs = client.get("/api/v1/sms/template-packs").await.json();
    let names: Vec<_> = packs["items"].as_array().expect("packs").iter().map(|p| p["name"].as_str().unwrap_or("?")).collect();
    assert_eq!(names, ["shop", "laundry", "restaurant", "gas", "crm"]);
    let done = client.post("/api/v1/sms/template-packs/shop/install", json!({"codes": ["shop_order_shipped"]})).await;
    assert_eq!(
        (done.status, done.json()["installed"][0]["code"].as_str()),
        (StatusCode::CREATED, Some("shop_order_shipped")),
        "{}",
        done.body
    );
    let values = json!({"order_number": "A1", "tracking_url": "https://example.com/a"});
    let send = json!({"to": "+14155550123", "template": "shop_order_shipped", "variables": values, "language": "fa"});
    let sent = client.post("/api/v1/sms/send", send).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
    assert!(sent.json()["text"].as_str().is_some_and(|text| text.contains("سفارش A1 ارسال شد")), "{}", sent.body);
    let other = Client::of(&app, &another_subaccount(&app).await, "all").await;
    assert_eq!(other.get("/api/v1/sms/templates/shop_order_shipped").await.status, StatusCode::NOT_FOUND);
    app.dispatch_all().await;
}

async fn the_page_shows_a_pack_and_installs_what_is_ticked(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    assert!(marketer.get("/templates").await.body.contains("/templates/packs"));
    assert!(marketer.get("/templates/packs").await.body.contains("/templates/packs/laundry"));
    let page = marketer.get("/templates/packs/shop").await.body;
    assert!(page.contains("Order A-1042 is on its way with Post") && page.contains(r#"lang="fa" dir="rtl""#), "{page}");
    let page = marketer.submit("/do/templates/install", &[("name", "shop")]).await.body;
    assert!(page.contains("Choose at least one template."), "{page}");
    let two = [("name", "shop"), ("codes", "shop_welcome"), ("codes", "shop_survey")];
    let page = marketer.submit("/do/templates/install", &two).await.body;
    assert!(page.contains("2 templates installed and published") && page.matches("You have this").count() == 2, "{page}");
    let page = marketer.submit("/do/templates/install", &[("name", "shop"), ("all", "true")]).await.body;
    assert!(page.contains("19 templates installed") && !page.contains("Install the ticked ones"), "{page}");
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    let page = viewer.get("/templates/packs/crm").await.body;
    assert!(page.contains("Hi Sara, thank you for asking") && !page.contains("Install all"), "{page}");
}
