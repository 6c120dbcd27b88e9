//! Connection pages: order, state, purpose, prices.

use axum::http::StatusCode;
use peyk::access::Role;
use peyk::connections::{self, ConnectionView};
use peyk::kernel::clock::Millis;
use peyk::messages;
use peyk::providers::Provider;

use super::Browser;
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_connection_is_made_once,
    the_order_is_changed_by_buttons,
    what_a_connection_is_for_is_saved_or_refused_by_field,
    a_paused_connection_is_used_again_when_somebody_says_so,
    a_paused_connection_is_named_on_the_overview_and_the_settings,
    a_refused_test_says_what_to_do_and_a_mended_setting_lets_it_go_on,
    a_page_shows_only_the_addresses_that_its_provider_calls,
    an_account_of_ones_own_goes_before_the_simulator,
    a_new_price_holds_from_now_on,
    connections_are_for_those_who_may_change_settings,
    the_form_of_a_new_connection_asks_for_what_its_provider_wants,
    a_secret_is_written_on_a_page_and_never_shown,
    a_test_goes_through_its_connection_and_leads_to_the_message,
    the_balance_is_asked_for_by_a_button,
    a_price_list_is_taken_whole_or_not_at_all,
}

const NEW: [(&str, &str); 2] = [("provider", "simulator"), ("config.base_url", "")];

async fn two(app: &TestApp) -> Browser {
    let mut owner = Browser::signed_in(app, Role::Owner).await;
    for name in ["First one", "Second"] {
        let fields = [&NEW[..], &[("name", name), ("price", "0.01")]].concat();
        assert_eq!(owner.post("/do/settings/connections/add", &fields).await.status, StatusCode::SEE_OTHER);
    }
    owner
}

/// Every connection but the one that a subaccount begins with.
async fn listed(app: &TestApp) -> Vec<ConnectionView> {
    let all = connections::list(app, &app.actor(Role::Owner)).await.expect("connections");
    all.into_iter().filter(|v| v.connection.name != "simulator").collect()
}

async fn a_connection_is_made_once(app: TestApp) {
    let mut owner = two(&app).await;
    let page = owner.get("/settings/connections/First%20one").await;
    assert_eq!(page.status, StatusCode::OK);
    let key = &listed(&app).await[0].connection.webhook_key;
    assert!(page.body.contains(&format!("/webhooks/simulator/{key}/status")), "{}", page.body);
    let again = [&NEW[..], &[("name", "Second"), ("price", "9")]].concat();
    let page = owner.submit("/do/settings/connections/add", &again).await.body;
    assert!(page.contains("There is a connection of this name already."), "{page}");
    assert_eq!(listed(&app).await[1].prices.len(), 1);
    let faulty = [&NEW[..], &[("name", "Third"), ("price", "cheap")]].concat();
    let page = owner.submit("/do/settings/connections/add", &faulty).await.body;
    assert!(page.contains(r#"id="price-error""#) && page.contains(r#"value="cheap""#), "{page}");
}

async fn the_order_is_changed_by_buttons(app: TestApp) {
    let mut owner = two(&app).await;
    let all = async || connections::list(&app, &app.actor(Role::Owner)).await.expect("connections");
    let names = async || all().await.into_iter().map(|v| v.connection.name).collect::<Vec<_>>();
    assert_eq!(names().await, ["simulator", "First one", "Second"]);
    owner.submit("/do/settings/connections/move", &[("name", "Second"), ("to", "up")]).await;
    assert_eq!(names().await, ["simulator", "Second", "First one"]);
    owner.submit("/do/settings/connections/move", &[("name", "simulator"), ("to", "up")]).await;
    assert_eq!(names().await, ["simulator", "Second", "First one"], "the first stays first");
    owner.submit("/do/settings/connections/move", &[("name", "simulator"), ("to", "down")]).await;
    assert_eq!(names().await, ["Second", "simulator", "First one"]);
}

async fn what_a_connection_is_for_is_saved_or_refused_by_field(app: TestApp) {
    let mut owner = two(&app).await;
    let fields = [("name", "Second"), ("senders", "Cedar, +447700900123"), ("countries", "gb, TW")];
    let both = [&fields[..], &[("categories", "order"), ("categories", "marketing"), ("config.base_url", "")]].concat();
    owner.submit("/do/settings/connections/save", &both).await;
    let saved = &listed(&app).await[1].connection;
    assert_eq!(saved.senders, ["Cedar", "+447700900123"]);
    assert_eq!(saved.countries.iter().map(|c| c.as_str()).collect::<Vec<_>>(), ["GB", "TW"]);
    assert_eq!(saved.categories.len(), 2);
    let faulty = [("name", "Second"), ("senders", "Cedar"), ("countries", "Taiwan")];
    let page = owner.submit("/do/settings/connections/save", &faulty).await.body;
    assert!(page.contains(r#"id="countries-error""#) && page.contains(r#"value="Taiwan""#), "{page}");
    let limits = |second, day| [("name", "Second"), ("limits.per_second", second), ("limits.per_minute", ""), ("limits.per_day", day)];
    owner.submit("/do/settings/connections/save", &limits("50", "20,000")).await;
    let set = listed(&app).await[1].connection.limits;
    assert_eq!((set.per_second, set.per_minute, set.per_day), (Some(50), None, Some(20_000)));
    let page = owner.submit("/do/settings/connections/save", &limits("fast", "0")).await.body;
    assert!(page.contains(r#"id="limits.per_second-error""#) && page.contains(r#"value="fast""#), "{page}");
    owner.submit("/do/settings/connections/save", &[("name", "Second"), ("senders", "Cedar")]).await;
    assert_eq!(listed(&app).await[1].connection.limits, set, "a form that does not ask leaves them");
    let gone = owner.post("/do/settings/connections/save", &[("name", "Gone")]).await;
    assert_eq!((gone.status, listed(&app).await.len()), (StatusCode::NOT_FOUND, 2));
}

async fn a_paused_connection_is_used_again_when_somebody_says_so(app: TestApp) {
    let mut owner = two(&app).await;
    let id = listed(&app).await[0].connection.id.clone();
    let mut tx = app.db.write().await.expect("the database writes");
    connections::pause(&mut tx, &app.subaccount, &id, "credentials refused", app.clock.now()).await.expect("paused");
    tx.commit().await.expect("the database writes");
    let page = owner.get("/settings/connections").await.body;
    assert!(page.contains(">Paused<") && page.contains("credentials refused") && page.contains("Use again now"), "{page}");
    owner.submit("/do/settings/connections/save", &[("name", "First one"), ("senders", "Cedar")]).await;
    assert!(listed(&app).await[0].connection.paused_reason.is_some(), "saving something else does not end a pause");
    owner.submit("/do/settings/connections/switch", &[("name", "First one"), ("on", "true")]).await;
    assert_eq!(listed(&app).await[0].connection.paused_reason, None);
    owner.submit("/do/settings/connections/switch", &[("name", "First one"), ("on", "false")]).await;
    assert!(!listed(&app).await[0].connection.enabled);
}

async fn a_paused_connection_is_named_on_the_overview_and_the_settings(app: TestApp) {
    const PAGES: [&str; 4] = ["/", "/settings/organisation", "/settings/connections", "/settings/routing"];
    let mut owner = two(&app).await;
    for path in PAGES {
        assert!(!owner.get(path).await.body.contains("is paused:"), "{path}");
    }
    let pause = async |id: &_| {
        let mut tx = app.db.write().await.expect("the database writes");
        connections::pause(&mut tx, &app.subaccount, id, "The provider refused the credentials.", app.clock.now()).await.expect("paused");
        tx.commit().await.expect("the database writes");
    };
    pause(&listed(&app).await[0].connection.id).await;
    for path in PAGES {
        let page = owner.get(path).await.body;
        for words in
            ["First one", "The provider refused the credentials. ", "take the next connection", "/settings/connections/First%20one"]
        {
            assert!(page.contains(words), "{path}, {words}: {page}");
        }
    }
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    let page = viewer.get("/").await.body;
    assert!(page.contains("First one") && page.contains("Ask somebody who may change settings"), "{page}");
    assert!(!page.contains("/settings/connections/First"), "{page}");
    for view in connections::list(&app, &app.actor(Role::Owner)).await.expect("connections") {
        pause(&view.connection.id).await;
    }
    assert!(owner.get("/").await.body.contains("messages wait until this is mended"));
    owner.submit("/do/settings/connections/switch", &[("name", "First one"), ("on", "false")]).await;
    let page = owner.get("/").await.body;
    assert!(!page.contains("First one") && page.contains("Second"), "what somebody switched off is no surprise: {page}");
}

async fn a_refused_test_says_what_to_do_and_a_mended_setting_lets_it_go_on(app: TestApp) {
    const MINUTE: Millis = 60_000;
    let mut owner = two(&app).await;
    let save = |address: &str| [("name", "Second".to_owned()), ("config.base_url", address.to_owned())];
    let saved = async |owner: &mut Browser, address: &str| {
        let fields = save(address);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        owner.submit("/do/settings/connections/save", &fields).await.body
    };
    let wrong = format!("{}/nowhere", app.simulator_url);
    assert!(saved(&mut owner, &wrong).await.contains("Connection saved."));
    let test = [("name", "Second"), ("to", "+12122001000"), ("text", "")];
    let message = owner.post("/do/settings/connections/test", &test).await.location().to_owned();
    assert!(!owner.get(&message).await.body.contains("is paused:"));
    app.dispatch_all().await;
    let page = owner.get(&message).await.body;
    for words in ["Second", "is paused:", "does not lead to the provider", "Check its credentials and settings"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let page = saved(&mut owner, &wrong).await;
    assert!(page.contains("Connection saved.") && page.contains("is paused:"), "the same again mends nothing: {page}");
    let page = saved(&mut owner, "").await;
    assert!(page.contains("It is used again") && !page.contains("is paused:"), "{page}");
    app.advance(MINUTE);
    app.dispatch_all().await;
    let page = owner.get(&message).await.body;
    assert!(page.contains("Taken") && !page.contains("is paused:"), "{page}");
}

async fn a_page_shows_only_the_addresses_that_its_provider_calls(app: TestApp) {
    type Fields = &'static [(&'static str, &'static str)];
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let accounts: [(&str, Fields, [bool; 2]); 3] = [
        ("melipayamak", &[("config.username", "shop"), ("config.password", "secret"), ("config.from", "50001234")], [false, true]),
        ("mitake", &[("config.username", "shop"), ("config.password", "secret")], [true, false]),
        (
            "sns",
            &[("config.region", "eu-central-1"), ("config.access_key_id", "AKIA"), ("config.secret_access_key", "secret")],
            [false, false],
        ),
    ];
    for (provider, account, shown) in accounts {
        let fields = [&[("provider", provider), ("name", provider)][..], account].concat();
        let page = owner.submit("/do/settings/connections/add", &fields).await.body;
        let called = ["status-address", "inbound-address"].map(|id| page.contains(&format!(r#"id="{id}""#)));
        assert_eq!(called, shown, "{provider}: {page}");
    }
    let panel = owner.get("/settings/connections/melipayamak").await.body;
    assert!(panel.contains("/inbound?to=$TO$&amp;from=$FROM$&amp;body=$TEXT$"), "{panel}");
}

async fn an_account_of_ones_own_goes_before_the_simulator(app: TestApp) {
    let mut owner = two(&app).await;
    let account = |name| [("provider", "mitake"), ("name", name), ("config.username", "shop"), ("config.password", "secret")];
    for name in ["taiwan", "taiwan again"] {
        owner.submit("/do/settings/connections/add", &account(name)).await;
    }
    let all = connections::list(&app, &app.actor(Role::Owner)).await.expect("connections");
    let order: Vec<_> = all.into_iter().map(|v| (v.connection.name, v.connection.priority)).collect();
    let expected = [("taiwan", 9), ("taiwan again", 9), ("simulator", 10), ("First one", 10), ("Second", 10)];
    assert_eq!(order, expected.map(|(name, priority)| (name.to_owned(), priority)));
}

async fn a_new_price_holds_from_now_on(app: TestApp) {
    const HOUR: Millis = 3_600_000;
    let mut owner = two(&app).await;
    app.advance(HOUR);
    let price = |country, price| [("name", "Second"), ("country", country), ("price", price)];
    let page = owner.submit("/do/settings/connections/price", &price("*", "0.02")).await.body;
    assert!(page.contains("$0.02") && !page.contains("$0.01"), "{page}");
    let page = owner.submit("/do/settings/connections/price", &price("TW", "0.05")).await.body;
    assert!(page.contains("$0.05") && page.contains("$0.02") && page.contains("Taiwan"), "{page}");
    assert_eq!(listed(&app).await[1].prices.len(), 3, "what was paid before stays known");
    let page = owner.submit("/do/settings/connections/price", &price("TW", "-1")).await.body;
    assert!(page.contains("A price is not below zero."), "{page}");
}

async fn connections_are_for_those_who_may_change_settings(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    assert_eq!(marketer.get("/settings/connections").await.status, StatusCode::FORBIDDEN);
    let fields = [&NEW[..], &[("name", "Mine"), ("price", "0")]].concat();
    assert_eq!(marketer.post("/do/settings/connections/add", &fields).await.status, StatusCode::FORBIDDEN);
    assert!(listed(&app).await.is_empty());
}

async fn the_form_of_a_new_connection_asks_for_what_its_provider_wants(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let page = owner.get("/settings/connections").await.body;
    for provider in Provider::ALL {
        assert!(page.contains(&format!(r#"<option value="{}""#, provider.as_str())), "{page}");
        let form = owner.get(&format!("/settings/connections?provider={}", provider.as_str())).await.body;
        for field in provider.fields().iter().filter(|f| !(f.secret && provider == Provider::Simulator)) {
            assert!(form.contains(&format!(r#"name="config.{}""#, field.name)) && form.contains(field.label), "{form}");
        }
    }
    let faulty = [("provider", "simulator"), ("name", "Third"), ("price", ""), ("config.base_url", "localhost")];
    let page = owner.submit("/do/settings/connections/add", &faulty).await.body;
    assert!(page.contains(r#"id="config.base_url-error""#) && page.contains(r#"value="localhost""#), "{page}");
    assert!(page.contains(r#"value="Third""#), "what was typed stays: {page}");
}

async fn a_secret_is_written_on_a_page_and_never_shown(app: TestApp) {
    let mut owner = two(&app).await;
    let token = async || listed(&app).await[0].connection.settings.get("token").map(str::to_owned);
    let first = token().await.expect("it was made");
    let page = owner.get("/settings/connections/First%20one").await.body;
    assert!(page.contains(&format!("It ends in …{}", &first[first.len() - 4..])) && !page.contains(&first), "{page}");
    let save = |secret| [("name", "First one"), ("senders", "Cedar"), ("config.base_url", ""), ("config.token", secret)];
    owner.submit("/do/settings/connections/save", &save("")).await;
    assert_eq!(token().await.as_ref(), Some(&first), "an empty field keeps it");
    let page = owner.submit("/do/settings/connections/save", &save("a new token of mine")).await.body;
    assert_eq!(token().await.as_deref(), Some("a new token of mine"));
    assert!(!page.contains("a new token"), "{page}");
    let key = &listed(&app).await[0].connection.webhook_key;
    for door in ["status", "inbound"] {
        assert!(page.contains(&format!("http://127.0.0.1:3000/webhooks/simulator/{key}/{door}")), "{page}");
    }
}

async fn a_test_goes_through_its_connection_and_leads_to_the_message(app: TestApp) {
    let mut owner = two(&app).await;
    let test = |to| [("name", "Second"), ("to", to), ("text", "")];
    for (to, words) in [("+12122001000", "Second"), ("+12122000001", "invalid_number")] {
        let answer = owner.post("/do/settings/connections/test", &test(to)).await;
        let page = answer.location().to_owned();
        let id = page.strip_prefix("/history/").expect("it leads to the message");
        app.dispatch_all().await;
        let detail = messages::get(&app, &app.actor(Role::Owner), id).await.expect("it is there");
        assert_eq!(detail.message.connection.as_deref(), Some("Second"), "though it is not the first");
        let body = owner.get(&page).await.body;
        assert!(body.contains(words), "{words}: {body}");
    }
    let page = owner.submit("/do/settings/connections/test", &test("12")).await.body;
    assert!(page.contains(r#"id="test-to-error""#) && page.contains(r#"value="12""#), "{page}");
    owner.submit("/do/settings/connections/save", &[("name", "Second"), ("countries", "TW"), ("senders", "Cedar")]).await;
    let page = owner.submit("/do/settings/connections/test", &test("+12122001000")).await.body;
    assert!(page.contains("does not send to United States; it is for TW"), "{page}");
    owner.submit("/do/settings/connections/switch", &[("name", "Second"), ("on", "false")]).await;
    let page = owner.submit("/do/settings/connections/test", &test("+12122001000")).await.body;
    assert!(page.contains("The connection is off."), "{page}");
    app.dispatch_all().await;
}

async fn the_balance_is_asked_for_by_a_button(app: TestApp) {
    let mut owner = two(&app).await;
    let page = owner.submit("/do/settings/connections/balance", &[("name", "Second")]).await.body;
    assert!(page.contains("This provider does not tell what is left."), "{page}");
    let gone = owner.post("/do/settings/connections/balance", &[("name", "Gone")]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

async fn a_price_list_is_taken_whole_or_not_at_all(app: TestApp) {
    const IMPORT: &str = "/do/settings/connections/prices?name=Second";
    let mut owner = two(&app).await;
    let page = owner.get("/settings/connections/Second").await.body;
    assert!(page.contains(IMPORT), "{page}");
    app.advance(3_600_000);
    let mut upload = async |file: &str| {
        let answer = owner.post_files(IMPORT, &[("prices.csv", file.as_bytes())]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/settings/connections/Second"));
        owner.get("/settings/connections/Second").await.body
    };
    let page = upload("country,price\nTW,0.05\nXX,1\nIR,dear\n").await;
    assert!(page.contains("Row 3: “XX” is not a country code") && page.contains("Row 4: Write the amount"), "{page}");
    assert_eq!(listed(&app).await[1].prices.len(), 1, "nothing of a faulty list is taken");
    let page = upload("price,country\n0.05,TW\n0.06,ir\n0.04,*\n").await;
    assert!(page.contains("3 prices hold from now on.") && page.contains("Taiwan") && page.contains("$0.06"), "{page}");
    assert_eq!(listed(&app).await[1].prices.len(), 4);
    let page = upload("").await;
    assert!(page.contains("The file is empty."), "{page}");
    let large = format!("country,price\n*,0.1{}\n", "0".repeat(300 * 1024));
    assert!(upload(&large).await.contains("at most 256 KiB"));
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let answer = marketer.post_files(IMPORT, &[("prices.csv", b"country,price\n*,9\n")]).await;
    assert_eq!((answer.status, listed(&app).await[1].prices.len()), (StatusCode::FORBIDDEN, 4));
}
