//! The OpenAPI document and what it promises.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Client;
use crate::harness::{TestApp, both_engines};

both_engines! {
    every_address_of_the_document_answers_and_asks_for_a_key,
    answers_have_the_fields_that_the_document_promises_and_no_others,
    the_page_of_documents_names_every_address_and_needs_no_script,
}

/// Every path, method and operation.
pub fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let each = |(path, item): (&String, &Value)| {
        let item = item.as_object().expect("a path has operations").clone();
        item.into_iter().map(|(method, operation)| (path.clone(), method.to_uppercase(), operation)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(each).collect()
}

async fn every_address_of_the_document_answers_and_asks_for_a_key(app: TestApp) {
    let client = Client::new(&app).await.nobody();
    let document = client.get("/api/openapi.json").await.json();
    assert!(document["openapi"].as_str().is_some_and(|v| v.starts_with("3.1")));
    let operations = operations(&document);
    assert!(operations.len() > 40, "{}", operations.len());
    for (path, method, operation) in operations {
        let at = format!("/api/v1{}", path.replace("{id}", "x").replace("{name}", "x").replace("{phone}", "x"));
        let answer = client.call(method.parse().expect("a method"), &at, None, &[]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{method} {path} has no summary");
        for body in operation["requestBody"]["content"].as_object().into_iter().flat_map(|c| c.values()) {
            assert!(!body["example"].is_null(), "{method} {path} has no example");
        }
    }
}

async fn the_page_of_documents_names_every_address_and_needs_no_script(app: TestApp) {
    let client = Client::new(&app).await.nobody();
    let document = client.get("/api/openapi.json").await.json();
    let page = client.get("/api/docs").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    for word in ["<script", "<style", " style=", "http://", "https://"] {
        assert!(!page.body.contains(word), "{word}");
    }
    for (path, ..) in operations(&document) {
        assert!(page.body.contains(&format!("/api/v1{path}<")), "{path}");
    }
    assert!(client.get("/api/docs.css").await.header("content-type").starts_with("text/css"));
}

async fn answers_have_the_fields_that_the_document_promises_and_no_others(app: TestApp) {
    let client = Client::new(&app).await;
    let document = client.get("/api/openapi.json").await.json();
    let check = |method: &str, path: &str, status: u16, answer: &super::Answer| {
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.body);
        let operation = &document["paths"][path][method];
        let content = &operation["responses"][status.to_string()]["content"]["application/json"]["schema"];
        assert!(!content.is_null(), "{method} {path} does not document {status}");
        conforms(&document, content, &answer.json(), &format!("{method} {path}"));
    };
    let post = async |path: &str, body: Value| client.post(&format!("/api/v1{path}"), body).await;
    let get = async |path: &str| client.get(&format!("/api/v1{path}")).await;

    let template =
        json!({"name": "Ready", "category": "order", "texts": {"en": "Hi {{ name }}"}, "description": "x", "dlt": {"header": "H"}});
    check("post", "/sms/templates", 201, &post("/sms/templates", template).await);
    check("post", "/sms/templates/{id}/publish", 200, &post("/sms/templates/ready/publish", json!({"note": "first"})).await);
    check(
        "put",
        "/sms/templates/{id}",
        200,
        &client.put("/api/v1/sms/templates/ready", json!({"texts": {"en": "Hello {{ name }}"}})).await,
    );
    check("post", "/sms/templates/{id}/restore", 200, &post("/sms/templates/ready/restore", json!({"version": 1})).await);
    check("get", "/sms/templates", 200, &get("/sms/templates").await);
    check("get", "/sms/templates/{id}", 200, &get("/sms/templates/ready").await);
    check("get", "/sms/templates/{id}/versions", 200, &get("/sms/templates/ready/versions").await);
    check(
        "post",
        "/sms/templates/{id}/preview",
        200,
        &post("/sms/templates/ready/preview", json!({"variables": {"name": "“Sara”"}})).await,
    );

    let request = json!({"to": "+12122001000", "template": "ready", "variables": {"name": "Sara"}, "reference": "r", "metadata": {"a": 1}});
    let sent = post("/sms/send", request).await;
    check("post", "/sms/send", 202, &sent);
    let id = sent.json()["id"].as_str().expect("an id").to_owned();
    let failing = post("/sms/send", json!({"to": "+12122000001", "text": "x"})).await.json()["id"].as_str().expect("an id").to_owned();
    let later = json!({"to": "+12122001000", "text": "x", "send_at": "2026-11-22T10:00:00Z"});
    let later = post("/sms/send", later).await.json()["id"].as_str().expect("an id").to_owned();
    app.dispatch_all().await;
    check("get", "/sms/messages", 200, &get("/sms/messages").await);
    for id in [&id, &failing] {
        check("get", "/sms/messages/{id}", 200, &get(&format!("/sms/messages/{id}")).await);
    }
    check("post", "/sms/messages/{id}/cancel", 200, &post(&format!("/sms/messages/{later}/cancel"), json!({})).await);
    check("post", "/sms/preview", 200, &post("/sms/preview", json!({"to": "+12122001000", "text": "“x”", "category": "marketing"})).await);
    check("get", "/sms/lookup", 200, &get("/sms/lookup?phone=%2B12122001000").await);
    check("get", "/sms/lookup", 200, &get("/sms/lookup?phone=12").await);
    super::lookup::twilio(&client, &app, json!({"lookup": "on"})).await;
    for phone in ["12122001000", "12122000001", "14165550123"] {
        check("get", "/sms/lookup", 200, &get(&format!("/sms/lookup?phone=%2B{phone}&connection=twilio")).await);
    }

    let list = json!({"name": "L", "text": "Hi {{ name }}", "category": "order",
        "recipients": [{"to": "+12122001001", "variables": {"name": "A"}}, {"to": "12", "variables": {"name": "B"}}]});
    let bulk = post("/sms/send-bulk", list).await;
    check("post", "/sms/send-bulk", 202, &bulk);
    let campaign = bulk.json()["id"].as_str().expect("an id").to_owned();
    let draft = json!({"name": "D", "text": "Hi", "category": "order", "recipients": [{"to": "+12122001002"}]});
    let draft = post("/sms/campaigns", draft).await;
    check("post", "/sms/campaigns", 201, &draft);
    let draft = draft.json()["id"].as_str().expect("an id").to_owned();
    check("post", "/sms/campaigns/{id}/launch", 200, &post(&format!("/sms/campaigns/{draft}/launch"), json!({"confirm": 1})).await);
    check("post", "/sms/campaigns/{id}/pause", 200, &post(&format!("/sms/campaigns/{draft}/pause"), json!({})).await);
    check("post", "/sms/campaigns/{id}/pace", 200, &post(&format!("/sms/campaigns/{draft}/pace"), json!({"pace": 60})).await);
    check("post", "/sms/campaigns/{id}/resume", 200, &post(&format!("/sms/campaigns/{draft}/resume"), json!({})).await);
    check("post", "/sms/campaigns/{id}/cancel", 200, &post(&format!("/sms/campaigns/{draft}/cancel"), json!({})).await);
    app.dispatch_all().await;
    check("post", "/sms/messages/retry", 202, &post("/sms/messages/retry", json!({"ids": [failing]})).await);
    check("post", "/sms/campaigns/{id}/retry-failed", 202, &post(&format!("/sms/campaigns/{campaign}/retry-failed"), json!({})).await);
    check("get", "/sms/campaigns", 200, &get("/sms/campaigns").await);
    check("get", "/sms/campaigns/{id}", 200, &get(&format!("/sms/campaigns/{campaign}")).await);
    check("get", "/sms/campaigns/{id}/messages", 200, &get(&format!("/sms/campaigns/{campaign}/messages")).await);

    let file = client.upload(&[("text", "Hi {{ name }}"), ("category", "order")], b"phone,name\n+12122001003,A\n12,B\n", true).await;
    check("post", "/sms/bulk", 201, &file);
    let upload = file.json()["upload"]["id"].as_str().expect("an id").to_owned();
    check("get", "/sms/uploads/{id}", 200, &get(&format!("/sms/uploads/{upload}")).await);
    check("get", "/sms/uploads/{id}/errors", 200, &get(&format!("/sms/uploads/{upload}/errors")).await);

    check("post", "/sms/opt-out", 200, &post("/sms/opt-out", json!({"phone": "+12122001009", "category": "marketing"})).await);
    check("post", "/sms/opt-out", 200, &post("/sms/opt-out", json!({"phone": "+12122001009"})).await);
    check("get", "/sms/opt-out/check/{phone}", 200, &get("/sms/opt-out/check/+12122001009").await);
    check("post", "/sms/opt-out/opt-in", 200, &post("/sms/opt-out/opt-in", json!({"phone": "+12122001009"})).await);
    check("get", "/notifications/preferences", 200, &get("/notifications/preferences?phone=%2B12122001009").await);
    let wish = json!({"categories": {"marketing": false}, "paused_until": "2026-12-01T00:00:00Z", "quiet_hours": {"from": "20:00", "to": "09:00"}});
    check("put", "/notifications/preferences", 200, &client.put("/api/v1/notifications/preferences?phone=%2B12122001009", wish).await);
    check("post", "/notifications/preference-link", 200, &post("/notifications/preference-link", json!({"phone": "+12122001009"})).await);

    let contact = json!({"phone": "+12122001020", "name": "Sara", "language": "fa", "time_zone": "Asia/Tehran", "status": "new",
        "attributes": {"city": "Yazd"}, "tags": ["vip"]});
    let contact = post("/contacts", contact).await;
    check("post", "/contacts", 201, &contact);
    let contact = contact.json()["id"].as_str().expect("an id").to_owned();
    let other = post("/contacts", json!({"phone": "+12122001021"})).await.json()["id"].as_str().expect("an id").to_owned();
    check("post", "/contacts/{id}/merge", 200, &post(&format!("/contacts/{contact}/merge"), json!({"other": other})).await);
    post("/sms/send", json!({"to": "+12122001020", "text": "x"})).await;
    post("/sms/opt-out", json!({"phone": "+12122001021", "reason": "x"})).await;
    check("get", "/contacts", 200, &get("/contacts").await);
    check("get", "/contacts/{id}", 200, &get(&format!("/contacts/{contact}")).await);
    check("get", "/contacts/{id}/timeline", 200, &get(&format!("/contacts/{contact}/timeline")).await);
    let change = client.call(axum::http::Method::PATCH, &format!("/api/v1/contacts/{contact}"), Some("{}".into()), &[]).await;
    check("patch", "/contacts/{id}", 200, &change);

    for (event, words) in [("e1", "hello"), ("e2", "help"), ("e3", "start")] {
        crate::inbox::write(&app, event, "+12122001010", words).await;
    }
    let contact = crate::inbox::with(&app, "+12122001010").await.contact;
    check("post", "/inbox/{contact}/reply", 202, &post(&format!("/inbox/{contact}/reply"), json!({"text": "hi"})).await);
    check("get", "/inbox", 200, &get("/inbox?status=all").await);
    check("get", "/inbox/{contact}", 200, &get(&format!("/inbox/{contact}?limit=2")).await);
    for what in ["read", "unread", "close", "reopen"] {
        let path = format!("/inbox/{{contact}}/{what}");
        check("post", &path, 200, &post(&format!("/inbox/{contact}/{what}"), json!({})).await);
    }
    check("post", "/inbox/{contact}/assign", 200, &post(&format!("/inbox/{contact}/assign"), json!({"user": null})).await);
    check("get", "/sms/stats", 200, &get("/sms/stats?start_date=2026-11-01&end_date=2026-11-30").await);
    for by in ["day", "provider", "country", "category", "template", "campaign"] {
        check("get", "/sms/costs/summary", 200, &get(&format!("/sms/costs/summary?group_by={by}")).await);
    }
    check("get", "/sms/providers", 200, &get("/sms/providers").await);
    check("get", "/sms/providers/{name}", 200, &get("/sms/providers/simulator").await);
    let change = json!({"provider": "simulator", "limits": {"per_second": 5}, "prices": {"US": "0.01"}});
    check("put", "/sms/providers/{name}", 200, &client.put("/api/v1/sms/providers/second", change).await);
    let test = post("/sms/providers/second/test", json!({"to": "+12122001000"})).await;
    check("post", "/sms/providers/{name}/test", 202, &test);
    check("get", "/settings", 200, &get("/settings").await);
    check("put", "/settings", 200, &client.put("/api/v1/settings", json!({"budget": "500"})).await);
}

/// Asserts that a value has the shape of a schema: required fields there, no field that the schema does not name.
fn conforms(document: &Value, schema: &Value, value: &Value, at: &str) {
    let mut shape = Shape::default();
    shape.read(document, schema);
    match value {
        Value::Object(fields) => {
            for name in &shape.required {
                assert!(fields.contains_key(*name), "{at}: {name} is promised and missing");
            }
            for (name, value) in fields {
                match (shape.properties.iter().find(|(n, _)| n == name), shape.others) {
                    (Some((_, schema)), _) => conforms(document, schema, value, &format!("{at}.{name}")),
                    (None, Some(schema)) => conforms(document, schema, value, &format!("{at}.{name}")),
                    (None, None) => assert!(shape.is_free, "{at}: {name} is not in the document"),
                }
            }
        }
        Value::Array(items) => {
            let schema = shape.items.unwrap_or_else(|| panic!("{at}: the document knows no list here"));
            items.iter().enumerate().for_each(|(i, item)| conforms(document, schema, item, &format!("{at}[{i}]")));
        }
        Value::Null => assert!(shape.types.contains(&"null"), "{at}: null is not in the document"),
        Value::String(_) => assert!(shape.types.contains(&"string"), "{at}: a text is not in the document"),
        Value::Bool(_) => assert!(shape.types.contains(&"boolean"), "{at}: a truth value is not in the document"),
        Value::Number(_) => {
            assert!(shape.types.iter().any(|t| ["integer", "number"].contains(t)), "{at}: a number is not in the document");
        }
    }
}

/// What a schema says, references followed and parts put together.
#[derive(Default)]
struct Shape<'a> {
    properties: Vec<(&'a str, &'a Value)>,
    required: Vec<&'a str>,
    types: Vec<&'a str>,
    items: Option<&'a Value>,
    others: Option<&'a Value>,
    is_free: bool,
}

impl<'a> Shape<'a> {
    fn read(&mut self, document: &'a Value, schema: &'a Value) {
        if let Some(name) = schema["$ref"].as_str() {
            let target = document.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{name} is not in the document"));
            self.read(document, target);
        }
        for group in ["allOf", "oneOf", "anyOf"] {
            schema[group].as_array().into_iter().flatten().for_each(|part| self.read(document, part));
        }
        let types = &schema["type"];
        self.types.extend(types.as_str());
        self.types.extend(types.as_array().into_iter().flatten().filter_map(Value::as_str));
        let properties = schema["properties"].as_object();
        self.properties.extend(properties.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema)));
        self.required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
        self.items = self.items.or_else(|| schema.get("items"));
        self.others = self.others.or_else(|| schema.get("additionalProperties").filter(|s| s.is_object()));
        let is_object = types == "object" || types.as_array().is_some_and(|all| all.iter().any(|t| t == "object"));
        self.is_free |= is_object && properties.is_none() && schema.get("additionalProperties").is_none();
    }
}
