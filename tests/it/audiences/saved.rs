//! Audiences made, changed, copied, listed and deleted.

use axum::http::{Method, StatusCode};
use peyk::access::Role;
use peyk::audiences;
use serde_json::json;

use super::{one, saved};
use crate::api::Client;
use crate::contacts::created;
use crate::harness::{TestApp, both_engines};

both_engines! {
    an_audience_is_made_read_changed_copied_and_deleted,
    its_people_are_listed_page_by_page,
}

async fn an_audience_is_made_read_changed_copied_and_deleted(app: TestApp) {
    let client = Client::new(&app).await;
    let conditions = json!({"all": [{"field": "tag", "op": "has", "value": "vip"}]});
    let id = saved(&client, " VIPs ", conditions.clone()).await;
    let at = format!("/api/v1/audiences/{id}");
    let read = client.get(&at).await.json();
    assert_eq!((&read["name"], &read["conditions"], &read["campaigns"]), (&json!("VIPs"), &conditions, &json!([])));
    let again = client.post("/api/v1/audiences", json!({"name": "VIPs", "conditions": conditions})).await;
    assert_eq!(again.refused(), [("name".to_owned(), "taken".to_owned())]);
    let wrong = client.post("/api/v1/audiences", json!({"name": "", "conditions": {"all": [one("tag.is", "", "x")]}})).await;
    assert_eq!(wrong.refused().into_iter().map(|(f, _)| f).collect::<Vec<_>>(), ["name", "conditions.all[0].op"]);
    let changed = client.put(&at, json!({"conditions": {"any": [{"field": "status", "op": "is_set"}]}})).await.json();
    assert_eq!((&changed["name"], &changed["conditions"]["any"][0]["op"]), (&json!("VIPs"), &json!("is_set")));
    let actor = app.actor(Role::Marketer);
    for want in ["VIPs (copy)", "VIPs (copy 2)"] {
        assert_eq!(audiences::copy(&app, &actor, &id).await.expect("a copy").name, want);
    }
    let listed = client.get("/api/v1/audiences?limit=2").await.json();
    let names: Vec<&str> = listed["items"].as_array().expect("a list").iter().filter_map(|a| a["name"].as_str()).collect();
    assert_eq!(names, ["VIPs (copy 2)", "VIPs (copy)"], "{listed}");
    let next = listed["next_cursor"].as_str().expect("a cursor");
    let rest = client.get(&format!("/api/v1/audiences?limit=2&cursor={next}")).await.json();
    assert_eq!(rest["items"][0]["name"], "VIPs", "{rest}");
    assert_eq!(client.call(Method::DELETE, &at, None, &[]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.get(&at).await.status, StatusCode::NOT_FOUND);
}

async fn its_people_are_listed_page_by_page(app: TestApp) {
    let client = Client::new(&app).await;
    for n in 0..7 {
        let size = if n % 2 == 0 { "L" } else { "S" };
        created(&client, json!({"phone": format!("+1212200100{n}"), "name": format!("P{n}"), "attributes": {"size": size}})).await;
    }
    for (conditions, want) in [
        (json!({"all": []}), vec!["P0", "P1", "P2", "P3", "P4", "P5", "P6"]),
        (json!({"all": [one("attribute.is", "size", "L")]}), vec!["P0", "P2", "P4", "P6"]),
    ] {
        let id = saved(&client, &conditions.to_string(), conditions.clone()).await;
        let (mut met, mut cursor) = (Vec::new(), String::new());
        for _ in 0..10 {
            let page = client.get(&format!("/api/v1/audiences/{id}/members?limit=3{cursor}")).await.json();
            met.extend(page["items"].as_array().expect("a page").iter().map(|c| c["name"].as_str().expect("a name").to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(met, want, "{conditions}");
    }
    let strange = client.get("/api/v1/audiences/aud_0kx1w2v3t4s5r6q7p8n9m0a/members").await;
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
}
