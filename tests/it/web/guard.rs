//! What every request and answer passes.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use peyk::access::Role;

use super::Browser;
use crate::harness::{TestApp, both_engines};

both_engines! {
    every_answer_carries_the_security_headers,
    no_page_holds_an_inline_script_or_style,
    a_change_that_another_site_starts_is_refused,
    a_visitor_signs_in_and_gets_the_page_first_asked_for,
    signing_in_leads_to_this_host_only,
    the_session_gets_a_new_id_at_sign_in_and_ends_at_sign_out,
    a_disabled_user_is_out_at_once,
    a_right_that_is_missing_is_named,
    a_process_that_drains_says_so,
    assets_may_be_kept_for_ever,
}

const COMMANDS: [&str; 20] = [
    "/do/public/login",
    "/do/public/logout",
    "/do/public/theme",
    "/do/public/setup",
    "/do/settings/organisation",
    "/do/settings/users/add",
    "/do/settings/users/disable",
    "/do/settings/keys/add",
    "/do/settings/keys/revoke",
    "/do/uploads/receive",
    "/do/uploads/message",
    "/do/uploads/columns",
    "/do/uploads/discard",
    "/do/uploads/launch",
    "/do/messages/retry-selected",
    "/do/messages/retry-failed",
    "/do/campaigns/pause",
    "/do/campaigns/resume",
    "/do/campaigns/cancel",
    "/do/campaigns/again",
];

async fn every_answer_carries_the_security_headers(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let mut stranger = Browser::new(&app);
    let mut answers = Vec::new();
    for path in ["/", "/login", "/setup", "/settings/keys", "/nothing", "/healthz", "/readyz", "/assets/nothing.css", "/p/abc"] {
        answers.push((path, owner.get(path).await));
        answers.push((path, stranger.get(path).await));
    }
    answers.push((
        "refused",
        stranger
            .send(Request::post("/do/public/login").header("origin", "https://evil.example").body(Body::empty()).expect("a request"))
            .await,
    ));
    for (path, answer) in answers {
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        let referrer = if path == "/p/abc" { "no-referrer" } else { "strict-origin-when-cross-origin" };
        assert_eq!(answer.header("referrer-policy"), referrer, "{path}");
        assert!(answer.headers.get("access-control-allow-origin").is_none(), "{path}");
    }
}

async fn no_page_holds_an_inline_script_or_style(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    for path in ["/", "/settings/organisation", "/settings/users", "/settings/keys", "/uploads", "/campaigns", "/login", "/nothing"] {
        let page = owner.get(path).await.body;
        assert!(!page.contains("<script>") && !page.contains("style=") && !page.contains("<style"), "{path}");
        assert!(!page.contains(" onclick=") && page.trim_end().ends_with("</html>"), "{path}");
    }
}

async fn a_change_that_another_site_starts_is_refused(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    for command in COMMANDS {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-none", ""),
        ] {
            let request = Request::post(command).header(name, value).body(Body::empty()).expect("a request");
            assert_eq!(owner.send(request).await.status, StatusCode::FORBIDDEN, "{command} with {name}: {value}");
        }
    }
    assert_eq!(owner.get("/settings/users").await.status, StatusCode::OK, "still signed in");
    let ours = Request::post("/do/public/logout").header("origin", "http://127.0.0.1:3000").body(Body::empty()).expect("a request");
    assert_eq!(owner.send(ours).await.status, StatusCode::SEE_OTHER);
}

async fn a_visitor_signs_in_and_gets_the_page_first_asked_for(app: TestApp) {
    Browser::signed_in(&app, Role::Owner).await;
    let mut browser = Browser::new(&app);
    let sent = browser.get("/settings/users?x=1&y=2").await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, "/login?next=/settings/users%3Fx%3D1%26y%3D2"));
    let page = browser.get("/login?next=/settings/users%3Fx%3D1%26y%3D2").await.body;
    assert!(page.contains(r#"name="next" value="/settings/users?x=1&amp;y=2""#), "{page}");
    let fields = [("email", "owner@example.com"), ("password", "seven quiet herons"), ("next", "/settings/users?x=1&y=2")];
    assert_eq!(browser.post("/do/public/login", &fields).await.location(), "/settings/users?x=1&y=2");
}

async fn signing_in_leads_to_this_host_only(app: TestApp) {
    Browser::signed_in(&app, Role::Owner).await;
    for evil in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let mut browser = Browser::new(&app);
        let fields = [("email", "owner@example.com"), ("password", "seven quiet herons"), ("next", evil)];
        assert_eq!(browser.post("/do/public/login", &fields).await.location(), "/", "{evil}");
    }
}

async fn the_session_gets_a_new_id_at_sign_in_and_ends_at_sign_out(app: TestApp) {
    Browser::signed_in(&app, Role::Owner).await;
    let mut browser = Browser::new(&app);
    let refused = browser.post("/do/public/login", &[("email", "owner@example.com"), ("password", "wrong")]).await;
    let cookie = refused.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    let before = browser.cookie("peyk").expect("a session for the refused form").to_owned();
    browser.post("/do/public/login", &[("email", "owner@example.com"), ("password", "seven quiet herons")]).await;
    assert_ne!(browser.cookie("peyk"), Some(before.as_str()));
    let mut copy = browser.clone();
    assert_eq!(copy.get("/settings/users").await.status, StatusCode::OK);
    browser.post("/do/public/logout", &[]).await;
    assert_eq!(copy.get("/settings/users").await.status, StatusCode::SEE_OTHER, "a stolen cookie ends with the session");
}

async fn a_disabled_user_is_out_at_once(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    assert_eq!(viewer.get("/").await.status, StatusCode::OK);
    let page = owner.submit("/do/settings/users/disable", &[("id", "viewer@example.com")]).await.body;
    assert!(page.contains("Test viewer is signed out everywhere"), "{page}");
    assert_eq!(viewer.get("/").await.location(), "/login");
}

async fn a_right_that_is_missing_is_named(app: TestApp) {
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    let page = viewer.get("/settings/keys").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("“access”") && page.body.contains("Reference"), "{}", page.body);
    let command = viewer.post("/do/settings/keys/add", &[("name", "x"), ("scopes", "view")]).await;
    assert_eq!(command.status, StatusCode::FORBIDDEN);
    let missing = viewer.get("/nothing").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.body.contains("Page not found"));
    assert_eq!(viewer.get("/do/settings/keys/add").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(viewer.post("/do/nothing", &[]).await.status, StatusCode::NOT_FOUND);
}

async fn a_process_that_drains_says_so(app: TestApp) {
    let mut browser = Browser::new(&app);
    assert_eq!(browser.get("/readyz").await.status, StatusCode::OK);
    app.start_draining();
    assert_eq!(browser.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
}

async fn assets_may_be_kept_for_ever(app: TestApp) {
    let mut browser = Browser::new(&app);
    let page = browser.get("/login").await.body;
    let addresses: Vec<&str> = page.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(addresses.len(), 4, "{addresses:?}");
    for address in addresses {
        let asset = browser.get(address).await;
        assert_eq!(asset.status, StatusCode::OK, "{address}");
        assert!(asset.header("cache-control").contains("immutable"), "{address}");
    }
}
