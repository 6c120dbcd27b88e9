//! The page of failed messages, without JavaScript.

use axum::http::StatusCode;
use peyk::access::Role;
use peyk::messages::{SINGLE_QUEUE, Status};

use super::Browser;
use crate::harness::{TestApp, both_engines};
use crate::messages::{PHONE, campaign, fail, get, send, taken, text_to};

both_engines! {
    failures_are_added_up_listed_and_the_ticked_ones_tried_again,
    all_that_fit_are_tried_again_after_a_look_at_what_that_means,
    a_campaign_leads_to_its_failed_messages,
    a_viewer_sees_masked_failures_and_cannot_try_again,
}

const PAGE: &str = "/history/failed";

async fn failures_are_added_up_listed_and_the_ticked_ones_tried_again(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let empty = browser.get(PAGE).await;
    assert_eq!(empty.status, StatusCode::OK);
    assert!(empty.body.contains("No failed messages"), "{}", empty.body);
    let (first, second) = (send(&app, text_to(PHONE)).await.id, send(&app, text_to("+12025550124")).await.id);
    fail(&app, SINGLE_QUEUE, ("unreachable", true)).await;
    let third = send(&app, text_to(PHONE)).await.id;
    fail(&app, SINGLE_QUEUE, ("invalid_number", false)).await;
    assert!(browser.get("/").await.body.contains("/history/failed?retryable=true"), "the overview tells of them");
    assert!(browser.get("/history").await.body.contains(r#"href="/history/failed""#));

    let page = browser.get(PAGE).await.body;
    assert!(page.contains("The carrier said unreachable") && page.contains("2 of 3 messages may succeed"), "{page}");
    for (id, can) in [(&first, true), (&second, true), (&third, false)] {
        assert_eq!(page.contains(&format!(r#"name="id" value="{id}""#)), can, "{id}: {page}");
        assert!(page.contains(&format!("/history/{id}")), "{id}");
    }
    let narrowed = browser.get("/history/failed?error=invalid_number").await.body;
    assert!(narrowed.contains(&third) && !narrowed.contains(&first), "{narrowed}");
    assert!(browser.get("/history/failed?error=nothing").await.body.contains("Show all failed messages"));
    let faulty = browser.get("/history/failed?from_date=soon").await.body;
    assert!(faulty.contains("There is a problem") && faulty.contains(r#"id="from_date-error""#), "{faulty}");

    let none = browser.submit("/do/messages/retry-selected", &[("back", PAGE)]).await.body;
    assert!(none.contains("Tick the messages"), "{none}");
    let fields = [("back", "/history/failed?retryable=true"), ("id", first.as_str()), ("id", third.as_str())];
    let answer = browser.post("/do/messages/retry-selected", &fields).await;
    assert_eq!(answer.location(), "/history/failed?retryable=true");
    let told = browser.get(answer.location()).await.body;
    assert!(told.contains("1 message waits for another try. 1 is not tried again: failed for a reason"), "{told}");
    assert_eq!(get(&app, &first).await.message.status, Status::Queued);
    assert_eq!(browser.post("/do/messages/retry-selected", &[("back", "//evil.example"), ("id", "x")]).await.location(), PAGE);
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 1);
}

async fn all_that_fit_are_tried_again_after_a_look_at_what_that_means(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    for _ in 0..60 {
        send(&app, text_to(PHONE)).await;
    }
    fail(&app, SINGLE_QUEUE, ("unreachable", true)).await;
    let other = send(&app, text_to(PHONE)).await.id;
    fail(&app, SINGLE_QUEUE, ("busy", true)).await;
    let page = browser.get("/history/failed?error=unreachable").await.body;
    assert!(page.contains("Try all 60 again") && page.contains("/history/failed/again?error=unreachable"), "{page}");
    assert!(page.contains("Next page") && page.matches(r#"name="id""#).count() == 50, "{page}");
    let confirm = browser.get("/history/failed/again?error=unreachable").await.body;
    assert!(confirm.contains("Try 60 messages again?") && confirm.contains(r#"name="error" value="unreachable""#), "{confirm}");
    let told = browser.submit("/do/messages/retry-failed", &[("error", "unreachable")]).await.body;
    assert!(told.contains("60 messages wait for another try."), "{told}");
    assert_eq!(get(&app, &other).await.message.status, Status::Failed);
    let nothing = browser.get("/history/failed/again?error=unreachable").await;
    assert_eq!(nothing.status, StatusCode::CONFLICT);
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 60);
}

async fn a_campaign_leads_to_its_failed_messages(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let campaign = campaign(&app, 3).await;
    fail(&app, campaign.id.as_str(), ("unreachable", true)).await;
    app.dispatch_all().await;
    let page = browser.get(&format!("/campaigns/{}", campaign.id)).await.body;
    assert!(page.contains("Try 3 failed again"), "{page}");
    let again = format!("/history/failed/again?campaign={}", campaign.id);
    assert!(page.contains(&again) && browser.get(&again).await.body.contains("Try 3 messages again?"), "{page}");
    let told = browser.submit("/do/messages/retry-failed", &[("campaign", campaign.id.as_str())]).await.body;
    assert!(told.contains("3 messages wait for another try."), "{told}");
    app.dispatch_all().await;
    let page = browser.get(&format!("/campaigns/{}", campaign.id)).await.body;
    assert!(page.contains("3 Waiting for receipt") && !page.contains("failed again"), "{page}");
}

async fn a_viewer_sees_masked_failures_and_cannot_try_again(app: TestApp) {
    let id = send(&app, text_to(PHONE)).await.id;
    fail(&app, SINGLE_QUEUE, ("unreachable", true)).await;
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    let page = viewer.get(PAGE).await.body;
    assert!(page.contains(&id) && !page.contains(PHONE) && !page.contains("/do/messages/") && !page.contains("again?"), "{page}");
    assert_eq!(viewer.get("/history/failed/again").await.status, StatusCode::FORBIDDEN);
    for command in ["/do/messages/retry-failed", "/do/messages/retry-selected"] {
        assert_eq!(viewer.post(command, &[("id", &id)]).await.status, StatusCode::FORBIDDEN, "{command}");
    }
    assert_eq!(get(&app, &id).await.message.status, Status::Failed);
}
