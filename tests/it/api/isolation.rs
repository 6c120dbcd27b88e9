//! Every address, held against keys that lack the scope and keys of another tenant.

use axum::http::{Method, StatusCode};
use peyk::access::Permission;
use serde_json::{Value, json};

use super::document::operations;
use super::{Client, another_subaccount};
use crate::harness::{TestApp, both_engines};

both_engines! {
    every_address_is_closed_to_a_key_without_its_scope,
    nothing_of_one_subaccount_is_found_by_another,
    a_list_shows_its_own_subaccount_only,
}

const MESSAGE: &str = "msg_0000000000";
const CAMPAIGN: &str = "cmp_0000000000";
const UPLOAD: &str = "upl_0000000000";
const CONTACT: &str = "con_0000000000";

/// Every operation, a call that reaches it and the scope that it needs.
fn table() -> Vec<(&'static str, &'static str, String, Option<Value>, Permission)> {
    use Permission::{Consent, Costs, Send, Settings, Templates, View, ViewPersonal};
    let phone = || Some(json!({"phone": "+12122001000"}));
    let list = || Some(json!({"name": "n", "text": "t", "category": "order", "recipients": [{"to": "+12122001000"}]}));
    let get = |path: &'static str, at: String, scope| ("GET", path, at, None, scope);
    let message = |rest: &str| format!("/sms/messages/{MESSAGE}{rest}");
    let campaign = |rest: &str| format!("/sms/campaigns/{CAMPAIGN}{rest}");
    let upload = |rest: &str| format!("/sms/uploads/{UPLOAD}{rest}");
    let template = |rest: &str| format!("/sms/templates/some{rest}");
    let contact = |rest: &str| format!("/contacts/{CONTACT}{rest}");
    let inbox = |rest: &str| format!("/inbox/{CONTACT}{rest}");
    let audience = |rest: &str| format!("/audiences/aud_0000000000{rest}");
    vec![
        ("POST", "/sms/send", "/sms/send".into(), Some(json!({"to": "+12122001000", "text": "t"})), Send),
        ("POST", "/sms/preview", "/sms/preview".into(), Some(json!({"text": "t"})), View),
        get("/sms/messages", "/sms/messages".into(), View),
        get("/sms/messages/{id}", message(""), View),
        ("POST", "/sms/messages/{id}/cancel", message("/cancel"), Some(json!({})), Send),
        ("POST", "/sms/messages/{id}/retry", message("/retry"), Some(json!({})), Send),
        ("POST", "/sms/messages/{id}/redact", message("/redact"), Some(json!({})), Settings),
        ("POST", "/sms/messages/retry", "/sms/messages/retry".into(), Some(json!({"all": true})), Send),
        get("/sms/lookup", "/sms/lookup?phone=1".into(), View),
        get("/sms/templates", "/sms/templates".into(), View),
        (
            "POST",
            "/sms/templates",
            "/sms/templates".into(),
            Some(json!({"name": "n", "category": "order", "texts": {"en": "t"}})),
            Templates,
        ),
        get("/sms/templates/{id}", template(""), View),
        ("PUT", "/sms/templates/{id}", template(""), Some(json!({"name": "n"})), Templates),
        ("DELETE", "/sms/templates/{id}", template(""), None, Templates),
        get("/sms/templates/{id}/variants", template("/variants"), View),
        ("POST", "/sms/templates/{id}/variant", template("/variant"), Some(json!({"variant": "A"})), Templates),
        ("POST", "/sms/templates/{id}/preview", template("/preview"), Some(json!({})), View),
        get("/sms/templates/{id}/versions", template("/versions"), View),
        ("POST", "/sms/templates/{id}/publish", template("/publish"), Some(json!({})), Templates),
        ("POST", "/sms/templates/{id}/restore", template("/restore"), Some(json!({"version": 1})), Templates),
        ("POST", "/sms/templates/{id}/approve", template("/approve"), Some(json!({})), Templates),
        ("POST", "/sms/templates/{id}/reject", template("/reject"), Some(json!({"note": "n"})), Templates),
        ("POST", "/sms/templates/{id}/copy", template("/copy"), Some(json!({})), Templates),
        ("POST", "/sms/templates/{id}/unarchive", template("/unarchive"), Some(json!({})), Templates),
        get("/sms/templates/{id}/uses", template("/uses"), View),
        get("/sms/templates/{id}/diff", template("/diff"), View),
        get("/sms/template-packs", "/sms/template-packs".into(), View),
        ("POST", "/sms/template-packs/{name}/install", "/sms/template-packs/none/install".into(), Some(json!({})), Templates),
        ("POST", "/sms/send-bulk", "/sms/send-bulk".into(), list(), Send),
        get("/sms/campaigns", "/sms/campaigns".into(), View),
        ("POST", "/sms/campaigns", "/sms/campaigns".into(), list(), Send),
        get("/sms/campaigns/{id}", campaign(""), View),
        get("/sms/campaigns/{id}/messages", campaign("/messages"), View),
        get("/sms/campaigns/{id}/variants", campaign("/variants"), View),
        ("POST", "/sms/campaigns/{id}/variant", campaign("/variant"), Some(json!({"variant": "A"})), Send),
        ("POST", "/sms/campaigns/{id}/launch", campaign("/launch"), Some(json!({})), Send),
        ("POST", "/sms/campaigns/{id}/pause", campaign("/pause"), Some(json!({})), Send),
        ("POST", "/sms/campaigns/{id}/pace", campaign("/pace"), Some(json!({"pace": 60})), Send),
        ("POST", "/sms/campaigns/{id}/resume", campaign("/resume"), Some(json!({})), Send),
        ("POST", "/sms/campaigns/{id}/cancel", campaign("/cancel"), Some(json!({})), Send),
        ("POST", "/sms/campaigns/{id}/retry-failed", campaign("/retry-failed"), Some(json!({})), Send),
        ("POST", "/sms/bulk", "/sms/bulk".into(), Some(json!({})), Send),
        get("/sms/uploads/{id}", upload(""), View),
        get("/sms/uploads/{id}/errors", upload("/errors"), View),
        get("/sms/uploads/{id}/rejected.csv", upload("/rejected.csv"), ViewPersonal),
        ("POST", "/sms/opt-out", "/sms/opt-out".into(), phone(), Consent),
        ("POST", "/sms/opt-out/opt-in", "/sms/opt-out/opt-in".into(), phone(), Consent),
        get("/sms/opt-out/check/{phone}", "/sms/opt-out/check/+12122001000".into(), Consent),
        get("/sms/opt-out/export", "/sms/opt-out/export".into(), Consent),
        get("/consent/evidence", "/consent/evidence".into(), Consent),
        get("/notifications/preferences", "/notifications/preferences?phone=%2B12122001000".into(), Consent),
        (
            "PUT",
            "/notifications/preferences",
            "/notifications/preferences?phone=%2B12122001000".into(),
            Some(json!({"language": "fa"})),
            Consent,
        ),
        ("POST", "/notifications/preference-link", "/notifications/preference-link".into(), phone(), Consent),
        ("POST", "/notifications/preference-link/revoke", "/notifications/preference-link/revoke".into(), phone(), Consent),
        get("/contacts", "/contacts".into(), View),
        ("POST", "/contacts", "/contacts".into(), phone(), Send),
        ("POST", "/contacts/import", "/contacts/import".into(), Some(json!({})), Send),
        get("/contacts/export", "/contacts/export".into(), ViewPersonal),
        get("/contacts/{id}", contact(""), View),
        ("PATCH", "/contacts/{id}", contact(""), Some(json!({"name": "n"})), Send),
        ("DELETE", "/contacts/{id}", contact(""), None, Send),
        get("/contacts/{id}/timeline", contact("/timeline"), View),
        get("/contacts/{id}/export", contact("/export"), ViewPersonal),
        ("POST", "/contacts/{id}/erase", contact("/erase"), Some(json!({})), Settings),
        ("POST", "/contacts/{id}/redact", contact("/redact"), Some(json!({})), Settings),
        get("/retention", "/retention".into(), Settings),
        ("PUT", "/retention", "/retention".into(), Some(json!({"texts": 90})), Settings),
        ("POST", "/retention/preview", "/retention/preview".into(), Some(json!({"texts": 90})), Settings),
        ("POST", "/contacts/{id}/merge", contact("/merge"), Some(json!({"other": CONTACT})), Send),
        get("/contacts/{id}/purchases", contact("/purchases"), View),
        ("POST", "/contacts/{id}/purchases", contact("/purchases"), Some(json!({"reference": "r", "amount": {"amount": "1"}})), Send),
        ("DELETE", "/contacts/{id}/purchases/{purchase}", contact("/purchases/pur_0000000000"), None, Send),
        get("/audiences", "/audiences".into(), View),
        ("POST", "/audiences", "/audiences".into(), Some(json!({"name": "n", "conditions": {"all": []}})), Send),
        ("POST", "/audiences/count", "/audiences/count".into(), Some(json!({"conditions": {"all": []}})), View),
        get("/audiences/{id}", audience(""), View),
        ("PUT", "/audiences/{id}", audience(""), Some(json!({"name": "n"})), Send),
        ("DELETE", "/audiences/{id}", audience(""), None, Send),
        get("/audiences/{id}/count", audience("/count"), View),
        get("/audiences/{id}/members", audience("/members"), View),
        get("/inbox/replies", "/inbox/replies".into(), View),
        ("POST", "/inbox/replies", "/inbox/replies".into(), Some(json!({"name": "n", "text": "t"})), Templates),
        ("PUT", "/inbox/replies/{id}", "/inbox/replies/rpl_0000000000".into(), Some(json!({"name": "n", "text": "t"})), Templates),
        ("DELETE", "/inbox/replies/{id}", "/inbox/replies/rpl_0000000000".into(), None, Templates),
        get("/inbox", "/inbox".into(), View),
        get("/inbox/{contact}", inbox(""), View),
        ("POST", "/inbox/{contact}/reply", inbox("/reply"), Some(json!({"text": "t"})), Send),
        ("POST", "/inbox/{contact}/close", inbox("/close"), Some(json!({})), Send),
        ("POST", "/inbox/{contact}/reopen", inbox("/reopen"), Some(json!({})), Send),
        ("POST", "/inbox/{contact}/assign", inbox("/assign"), Some(json!({"user": null})), Send),
        ("POST", "/inbox/{contact}/read", inbox("/read"), Some(json!({})), Send),
        ("POST", "/inbox/{contact}/unread", inbox("/unread"), Some(json!({})), Send),
        get("/sms/stats", "/sms/stats".into(), View),
        get("/sms/costs/summary", "/sms/costs/summary".into(), Costs),
        get("/sms/providers", "/sms/providers".into(), View),
        get("/sms/providers/{name}", "/sms/providers/simulator".into(), View),
        ("PUT", "/sms/providers/{name}", "/sms/providers/simulator".into(), Some(json!({"priority": 5})), Settings),
        ("POST", "/sms/providers/{name}/test", "/sms/providers/simulator/test".into(), Some(json!({"to": "+12122001000"})), Settings),
        get("/settings", "/settings".into(), View),
        ("PUT", "/settings", "/settings".into(), Some(json!({"test_mode": true})), Settings),
        get("/stream", "/stream".into(), View),
    ]
}

async fn every_address_is_closed_to_a_key_without_its_scope(app: TestApp) {
    let mut documented: Vec<_> = operations(&Client::new(&app).await.get("/api/openapi.json").await.json())
        .into_iter()
        .map(|(path, method, _)| (method, path))
        .collect();
    let mut listed: Vec<_> = table().iter().map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned())).collect();
    documented.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, documented, "the table of this test knows every address");
    for (method, path, at, body, scope) in table() {
        let client = Client::without(&app, scope).await;
        let method: Method = method.parse().expect("a method");
        let answer = client.call(method.clone(), &format!("/api/v1{at}"), body.map(|b| b.to_string()), &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} without {}: {}", scope.as_str(), answer.body);
        assert_eq!(answer.json()["type"], "/problems/denied");
    }
}

async fn nothing_of_one_subaccount_is_found_by_another(app: TestApp) {
    let own = Client::new(&app).await;
    let id = |answer: super::Answer| answer.json()["id"].as_str().map(str::to_owned).unwrap_or_else(|| panic!("{}", answer.body));
    let message = id(own.post("/api/v1/sms/send", json!({"to": "+12122001000", "text": "t"})).await);
    let list = json!({"name": "n", "text": "t", "category": "order", "recipients": [{"to": "+12122001000"}]});
    let campaign = own.post("/api/v1/sms/campaigns", list).await;
    let upload = campaign.json()["upload"].as_str().expect("an upload").to_owned();
    let campaign = id(campaign);
    let template = id(own.post("/api/v1/sms/templates", json!({"name": "some", "category": "order", "texts": {"en": "t"}})).await);
    own.post("/api/v1/sms/templates/some/publish", json!({})).await;
    own.put("/api/v1/sms/providers/mine", json!({"provider": "simulator"})).await;

    crate::inbox::write(&app, "e1", "+12122001000", "hello").await;
    let contact = crate::inbox::with(&app, "+12122001000").await.contact;

    let stranger = Client::of(&app, &another_subaccount(&app).await, "all").await;
    for (method, path, at, body, _) in table() {
        let by_id = path.contains("{id}") || path.contains("{contact}") || (path.contains("{name}") && method == "GET");
        if !by_id {
            continue;
        }
        let at = at
            .replace(MESSAGE, &message)
            .replace(CAMPAIGN, &campaign)
            .replace(UPLOAD, &upload)
            .replace(CONTACT, &contact)
            .replace("/simulator", "/mine");
        for at in [at.clone(), at.replace("/some", &format!("/{template}"))] {
            let method: Method = method.parse().expect("a method");
            let answer = stranger.call(method.clone(), &format!("/api/v1{at}"), body.as_ref().map(ToString::to_string), &[]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {at}: {}", answer.body);
        }
    }
    // Nor can it be named in a request.
    let foreign = [
        ("/api/v1/sms/send", json!({"to": "+12122001000", "template": template})),
        ("/api/v1/sms/send", json!({"to": "+12122001000", "text": "t", "connection": "mine"})),
        ("/api/v1/sms/campaigns", json!({"name": "n", "text": "t", "category": "order", "upload": upload})),
    ];
    for (at, body) in foreign {
        let answer = stranger.post(at, body).await;
        assert!([StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY].contains(&answer.status), "{at}: {}", answer.body);
    }
    assert_eq!(own.get(&format!("/api/v1/contacts/{contact}")).await.status, StatusCode::OK);
    assert_eq!(crate::inbox::with(&app, "+12122001000").await.unread, 1, "a stranger read nothing");
    let mine = own.get(&format!("/api/v1/sms/messages/{message}")).await;
    assert_eq!(mine.json()["status"], "queued", "a stranger changed nothing");
    app.dispatch_all().await;
}

async fn a_list_shows_its_own_subaccount_only(app: TestApp) {
    let own = Client::new(&app).await;
    let other = Client::of(&app, &another_subaccount(&app).await, "all").await;
    for (client, text) in [(&own, "ours"), (&other, "theirs")] {
        let answer = client.post("/api/v1/sms/send", json!({"to": "+12122001000", "text": text, "reference": text})).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }
    app.dispatch_all().await;
    let references = async |client: &Client, query: &str| {
        let answer = client.get(&format!("/api/v1/sms/messages{query}")).await.json();
        let items = answer["items"].as_array().expect("a list").clone();
        items.iter().map(|m| m["reference"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(references(&own, "").await, ["ours"]);
    assert_eq!(references(&other, "").await, ["theirs"]);
    assert_eq!(references(&other, "?to=%2B12122001000").await, ["theirs"]);
    assert!(references(&other, "?reference=ours").await.is_empty());
    assert_eq!(own.get("/api/v1/sms/stats").await.json()["totals"]["total"], 1);
}
