//! Forms: what is refused comes back, what is accepted leads on, nothing is told to the wrong person.

use axum::http::StatusCode;
use peyk::access::Role;
use peyk::access::setup;

use super::Browser;
use crate::harness::{TestApp, both_engines};

both_engines! {
    refused_input_comes_back_escaped_with_its_errors,
    a_password_never_comes_back,
    what_was_left_is_shown_once_and_to_nobody_else,
    typed_values_lie_sealed_in_the_database,
    unknown_and_wrong_are_answered_alike,
    set_up_signs_the_owner_in_and_is_gone,
    settings_are_saved_with_several_boxes_of_one_name,
    a_key_is_shown_once,
    a_form_that_does_not_fit_is_a_notice_and_never_in_the_address,
    the_theme_is_remembered,
}

const EVIL: &str = "</textarea></title><script>alert(1)</script>";

async fn refused_input_comes_back_escaped_with_its_errors(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let fields = [("email", "not an address"), ("name", EVIL), ("role", "marketer"), ("password", "seven quiet herons")];
    let refused = owner.post("/do/settings/users/add", &fields).await;
    assert_eq!((refused.status, refused.location()), (StatusCode::SEE_OTHER, "/settings/users"));
    let page = owner.get("/settings/users").await.body;
    assert!(!page.contains("<script>"), "{page}");
    assert!(page.contains("&lt;/textarea&gt;&lt;/title&gt;&lt;script&gt;"), "the typed name is there again: {page}");
    assert!(page.contains("<title>Error: Users – Peyk</title>"), "{page}");
    assert!(page.contains(r##"<a href="#email">"##) && page.contains(r#"id="email-error""#), "{page}");
    assert!(page.contains(r#"value="marketer" selected"#), "{page}");
}

async fn a_password_never_comes_back(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let fields = [("email", "bad"), ("name", "Ann"), ("role", "viewer"), ("password", "eleven loud geese")];
    let page = owner.submit("/do/settings/users/add", &fields).await.body;
    assert!(page.contains(r#"value="Ann""#) && !page.contains("eleven loud geese"), "{page}");
}

async fn what_was_left_is_shown_once_and_to_nobody_else(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let mut admin = Browser::signed_in(&app, Role::Admin).await;
    owner.post("/do/settings/users/add", &[("email", "bad"), ("name", "Only mine"), ("role", "viewer"), ("password", "x")]).await;
    assert!(!admin.get("/settings/users").await.body.contains("Only mine"), "another session");
    assert!(!owner.clone().get("/settings/keys").await.body.contains("Only mine"), "another form");
    owner.post("/do/settings/users/add", &[("email", "bad"), ("name", "Only mine"), ("role", "viewer"), ("password", "x")]).await;
    assert!(owner.get("/settings/users").await.body.contains("Only mine"));
    assert!(!owner.get("/settings/users").await.body.contains("Only mine"), "once");
}

async fn typed_values_lie_sealed_in_the_database(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    owner.post("/do/settings/users/add", &[("email", "+44 7700 900123"), ("name", "x"), ("role", "viewer"), ("password", "x")]).await;
    let mut tx = app.db.read().await.expect("the database reads");
    let rows: Vec<(String,)> = tx.query("select data from sessions").fetch_all().await.expect("sessions");
    assert!(rows.iter().any(|(data,)| data.contains("flash")), "the form is kept in the session");
    assert!(rows.iter().all(|(data,)| !data.contains("7700")), "but not readable");
}

async fn unknown_and_wrong_are_answered_alike(app: TestApp) {
    Browser::signed_in(&app, Role::Owner).await;
    let mut pages = Vec::new();
    for email in ["owner@example.com", "nobody@example.com"] {
        let mut browser = Browser::new(&app);
        let page = browser.submit("/do/public/login", &[("email", email), ("password", "wrong")]).await;
        assert!(page.body.contains("error-summary"), "{}", page.body);
        pages.push((page.status, page.body.replace(email, "EMAIL")));
    }
    assert_eq!(pages[0], pages[1]);
}

async fn set_up_signs_the_owner_in_and_is_gone(app: TestApp) {
    let address = setup::address(&app).await.expect("an address").expect("set-up is open");
    let path = address.strip_prefix("http://127.0.0.1:3000").expect("at the public address").to_owned();
    let token = path.split_once("token=").expect("with its token").1.to_owned();
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/setup?token=wrong").await.status, StatusCode::NOT_FOUND);
    assert!(browser.get(&path).await.body.contains("Carrier simulator"));
    let mut fields = vec![
        ("token", token.as_str()),
        ("email", "ada@example.com"),
        ("name", "Ada"),
        ("password", "seven quiet herons"),
        ("organisation", "Cedar Clinic"),
        ("time_zone", "Asia/Tehran"),
        ("language", "fa"),
        ("currency", "USD"),
        ("default_country", "IR"),
        ("countries", "IR, gb"),
        ("budget", "lots"),
    ];
    let refused = browser.submit("/do/public/setup", &fields).await.body;
    assert!(refused.contains(r##"href="#budget""##) && refused.contains(r#"value="Cedar Clinic""#), "{refused}");
    fields.retain(|(name, _)| *name != "budget");
    fields.push(("budget", "800"));
    let overview = browser.submit("/do/public/setup", &fields).await;
    assert_eq!(overview.status, StatusCode::OK);
    assert!(overview.body.contains("Cedar Clinic") && overview.body.contains("Your desk is ready"), "{}", overview.body);
    assert_eq!(Browser::new(&app).get(&path).await.status, StatusCode::NOT_FOUND, "closed for ever");
}

async fn settings_are_saved_with_several_boxes_of_one_name(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let mut fields = vec![
        ("organisation", "Lark & Sons"),
        ("default_country", "GB"),
        ("countries", ""),
        ("time_zone", "Europe/London"),
        ("language", "en"),
        ("currency", "GBP"),
        ("budget", ""),
        ("quiet", "true"),
        ("quiet_from", "22:00"),
        ("quiet_to", "07:30"),
        ("quiet_categories", "marketing"),
        ("quiet_categories", "reminder"),
    ];
    let page = owner.submit("/do/settings/organisation", &fields).await.body;
    assert!(page.contains("Settings saved.") && page.contains("Lark &amp; Sons"), "{page}");
    let settings = peyk::access::settings(&app, &app.actor(Role::Owner)).await.expect("settings");
    assert_eq!(settings.quiet_hours.expect("kept").categories.len(), 2);
    fields.retain(|(name, _)| *name != "quiet");
    owner.submit("/do/settings/organisation", &fields).await;
    let settings = peyk::access::settings(&app, &app.actor(Role::Owner)).await.expect("settings");
    assert_eq!(settings.quiet_hours, None, "an unticked box ends them");
}

async fn a_key_is_shown_once(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let page = owner.submit("/do/settings/keys/add", &[("name", "Shop"), ("scopes", "view"), ("scopes", "send")]).await.body;
    let key = page.split("pk_").nth(1).and_then(|rest| rest.split('<').next()).map(|rest| format!("pk_{rest}")).expect("the key is shown");
    let actor = peyk::access::actor_for_key(&app, &key, None).await.expect("it works");
    assert!(actor.may(peyk::access::Permission::Send) && !actor.may(peyk::access::Permission::Access));
    let again = owner.get("/settings/keys").await.body;
    assert!(again.contains("Shop") && !again.contains(&key), "never again");
    let none = owner.submit("/do/settings/keys/add", &[("name", "Nothing")]).await.body;
    assert!(none.contains("Choose at least one right."), "{none}");
}

async fn a_form_that_does_not_fit_is_a_notice_and_never_in_the_address(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let request = axum::http::Request::post("/do/settings/users/add")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("referer", "http://127.0.0.1:3000/settings/users")
        .body(axum::body::Body::from("email=secret%40example.com"))
        .expect("a request");
    let answer = owner.send(request).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/settings/users"));
    assert!(owner.get("/settings/users").await.body.contains("The form could not be read."));
}

async fn the_theme_is_remembered(app: TestApp) {
    let mut browser = Browser::new(&app);
    assert!(!browser.get("/login").await.body.contains("data-theme"));
    let page = browser.submit("/do/public/theme", &[("theme", "dark"), ("back", "/login")]).await.body;
    assert!(page.contains(r#"data-theme="dark""#), "{page}");
}
