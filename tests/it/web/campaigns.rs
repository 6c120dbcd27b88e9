//! From a file to a campaign, through the pages.

use axum::http::StatusCode;
use peyk::access::{Amount, Role, SettingsPatch, update_settings};
use peyk::campaigns::{self, CampaignStatus};
use peyk::kernel::page::PageRequest;
use peyk::uploads;

use super::Browser;
use super::browser::Answer;
use crate::harness::{Csv, TestApp, both_engines};

both_engines! {
    a_file_goes_from_upload_to_the_carrier_through_the_pages,
    submitting_twice_sends_once,
    a_broken_file_is_one_clear_message_on_the_page,
    several_files_become_an_upload_each,
    a_file_of_another_country_is_told_which_one_it_was_read_for,
    a_campaign_is_paused_resumed_and_cancelled,
    a_large_launch_wants_its_count_typed,
    a_launch_that_the_budget_refuses_leaves_no_draft,
    columns_that_stand_for_two_things_are_refused_where_they_stand,
    rejected_rows_are_filtered_downloaded_and_uploaded_again,
    a_file_is_used_again_with_its_message,
    people_who_may_only_look_get_no_levers_and_no_numbers,
}

const TEXT: &str = "Hi {{ name }}, it is ready.";

/// Posts a file and opens the page that it leads to.
async fn upload(browser: &mut Browser, files: &[(&str, &[u8])]) -> Answer {
    let answer = browser.post_files("/do/uploads/receive", files).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let next = answer.location().to_owned();
    browser.get(&next).await
}

async fn newest(app: &TestApp) -> uploads::Upload {
    let page = uploads::list(app, &app.actor(Role::Owner), &PageRequest::default()).await.expect("uploads");
    page.items.into_iter().next().expect("an upload")
}

/// Uploads a file, says what its people get, matches its columns and waits for the check; the upload's id.
pub async fn checked(app: &TestApp, browser: &mut Browser, csv: Csv) -> String {
    let page = upload(browser, &[("people.csv", &csv.bytes())]).await;
    assert!(page.body.contains("What do they get?"), "{}", page.body);
    let id = newest(app).await.id.to_string();
    let message = [("id", id.as_str()), ("wording", "text"), ("text", TEXT), ("category", "order"), ("language", "en")];
    let page = browser.submit("/do/uploads/message", &message).await.body;
    assert!(page.contains(r#"<option value="phone" selected"#) && page.contains(r#"<option value="name" selected"#), "{page}");
    let columns = [("id", id.as_str()), ("col.phone", "phone"), ("col.name", "name"), ("col.language", "")];
    browser.submit("/do/uploads/columns", &columns).await;
    let path = format!("/uploads/{id}");
    for _ in 0..2_000 {
        let page = browser.get(&path).await.body;
        if !page.contains("hx-trigger") {
            return id;
        }
        tokio::task::yield_now().await;
    }
    panic!("the check does not end");
}

/// The token of the form on the confirm page.
pub fn token(page: &str) -> &str {
    let rest = page.split(r#"name="token" value=""#).nth(1).expect("a token");
    rest.split('"').next().expect("its end")
}

pub async fn launched(app: &TestApp, browser: &mut Browser, people: u64) -> String {
    let id = checked(app, browser, Csv::of_people(people)).await;
    let page = browser.get(&format!("/uploads/{id}/confirm")).await.body;
    let answer = browser.post("/do/uploads/launch", &[("id", &id), ("token", token(&page)), ("name", "Autumn")]).await;
    assert!(answer.location().starts_with("/campaigns/cmp_"), "{}", answer.location());
    answer.location().to_owned()
}

async fn a_file_goes_from_upload_to_the_carrier_through_the_pages(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let csv = Csv::of_people(40).row(&["nonsense", "Zed"]).row(&[&Csv::phone(3), "Again"]);
    let id = checked(&app, &mut browser, csv).await;
    let review = browser.get(&format!("/uploads/{id}")).await.body;
    for words in ["1 of 42 rows has a problem", "Continue with 40", "people.csv, ", "About $0.316"] {
        assert!(review.contains(words), "{words}: {review}");
    }
    assert!(review.contains(r#"<mark class="var">Person 1</mark>"#), "the first row is previewed: {review}");
    let other = browser.get(&format!("/uploads/{id}?row=5")).await.body;
    assert!(other.contains(r#"<mark class="var">Person 4</mark>"#) && other.contains("row=6#preview"), "{other}");
    let confirm = browser.get(&format!("/uploads/{id}/confirm")).await.body;
    assert!(confirm.contains("Send to 40 people") && confirm.contains("Person 1") && confirm.contains("$0.316"), "{confirm}");
    let fields = [("id", id.as_str()), ("token", token(&confirm)), ("name", "Autumn & <b>more</b>"), ("when", "now")];
    let sending = browser.submit("/do/uploads/launch", &fields).await.body;
    assert!(sending.contains("Autumn &amp; &lt;b&gt;more&lt;/b&gt;") && !sending.contains("<b>more"), "{sending}");
    assert!(sending.contains("0 of 40") && sending.contains(r#"hx-trigger="every 2s""#), "{sending}");
    app.dispatch_all().await;
    let campaign = campaigns::list(&app, &app.actor(Role::Owner), None, &PageRequest::default()).await.expect("campaigns").items.remove(0);
    let page = browser.get(&format!("/campaigns/{}", campaign.id)).await.body;
    assert!(page.contains("40 of 40") && page.contains("40 Waiting for receipt") && page.contains("Finished"), "{page}");
    assert!(page.contains(&format!("/history?campaign={}&amp;status=delivered", campaign.id)), "{page}");
    assert!(page.contains("hx-trigger"), "receipts are still to come: {page}");
    let list = browser.get("/campaigns?status=finished").await.body;
    assert!(list.contains(&format!("/campaigns/{}", campaign.id)) && list.contains("40 of 40"), "{list}");
}

async fn submitting_twice_sends_once(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let id = checked(&app, &mut browser, Csv::of_people(3)).await;
    let path = format!("/uploads/{id}/confirm");
    let page = browser.get(&path).await.body;
    let fields = [("id", id.as_str()), ("token", token(&page)), ("name", "Once")];
    let (mut one, mut two) = (browser.clone(), browser.clone());
    let (first, second) = tokio::join!(one.post("/do/uploads/launch", &fields), two.post("/do/uploads/launch", &fields));
    assert_eq!((first.status, first.location()), (StatusCode::SEE_OTHER, second.location()));
    // The back button: the page says what happened; a form with another token leads to the same campaign.
    assert!(browser.get(&path).await.body.contains("It is not sent a second time."));
    let third = browser.post("/do/uploads/launch", &[("id", id.as_str()), ("token", "another"), ("name", "Twice")]).await;
    assert_eq!(third.location(), first.location());
    app.dispatch_all().await;
    let sent = app.simulator.journal_lines().iter().filter(|line| line.contains("\"submit\"")).count();
    assert_eq!(sent, 3);
}

async fn a_broken_file_is_one_clear_message_on_the_page(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    for (bytes, words) in [
        (&b""[..], "The file is empty."),
        (&b"phone,name\n"[..], "no rows under them"),
        (&b"PK\x03\x04\x14\x00\x06\x00"[..], "bad.csv: "),
        (&b"phone,Phone\n+12125550001,x\n"[..], "Two columns are named"),
    ] {
        let page = upload(&mut browser, &[("bad.csv", bytes)]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(r##"<a href="#file">bad.csv: "##) && page.body.contains(words), "{words}: {}", page.body);
        assert!(page.body.contains("<title>Error: "), "{}", page.body);
    }
    let none = upload(&mut browser, &[("", b"")]).await;
    assert!(none.body.contains("Choose a CSV file."), "{}", none.body);
    assert!(none.body.contains("No uploads yet"), "nothing of them stays");
}

async fn several_files_become_an_upload_each(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let (one, two) = (Csv::of_people(2).bytes(), Csv::of_people(3).bytes());
    let page = upload(&mut browser, &[("one.csv", &one), ("bad.csv", b""), ("two.csv", &two)]).await.body;
    assert!(page.contains("2 of 3 files are stored.") && page.contains("bad.csv: The file is empty."), "{page}");
    let found = uploads::list(&app, &app.actor(Role::Owner), &PageRequest::default()).await.expect("uploads").items;
    assert_eq!(found.iter().map(|u| (u.file_name.as_str(), u.counts.rows)).collect::<Vec<_>>(), [("two.csv", 3), ("one.csv", 2)]);
    browser.submit("/do/uploads/discard", &[("id", found[0].id.as_str())]).await;
    assert!(!browser.get("/uploads").await.body.contains("two.csv"));
}

async fn a_file_of_another_country_is_told_which_one_it_was_read_for(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let iranian = Csv::with_header("phone,name").row(&["09121234567", "Sara"]);
    let id = checked(&app, &mut browser, iranian).await;
    let review = browser.get(&format!("/uploads/{id}")).await.body;
    assert!(review.contains("Numbers without a country code were read as numbers of United States."), "{review}");
    let id = checked(&app, &mut browser, Csv::of_people(1)).await;
    assert!(!browser.get(&format!("/uploads/{id}")).await.body.contains("were read as"), "there is somebody to send to");
}

async fn a_campaign_is_paused_resumed_and_cancelled(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let path = launched(&app, &mut browser, 5).await;
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let status = async || {
        let id = peyk::kernel::id::CampaignId::parse(&id).expect("an id");
        campaigns::get(&app, &app.actor(Role::Owner), &id).await.expect("it is there").status
    };
    let paused = browser.submit("/do/campaigns/pause", &[("id", &id)]).await.body;
    assert!(paused.contains("Nothing more leaves until you resume.") && paused.contains("/do/campaigns/resume"), "{paused}");
    assert!(!paused.contains("/do/campaigns/pause"), "only what is legal now: {paused}");
    app.dispatch_all().await;
    assert_eq!(status().await, CampaignStatus::Paused);
    let again = browser.submit("/do/campaigns/resume", &[("id", &id)]).await.body;
    assert!(again.contains("/do/campaigns/pause") && !again.contains("/do/campaigns/resume"), "{again}");
    let confirm = browser.get(&format!("{path}/cancel")).await.body;
    assert!(confirm.contains("5 messages are stopped for good. None has left yet."), "{confirm}");
    assert_eq!(status().await, CampaignStatus::Sending, "looking cancels nothing");
    let page = browser.submit("/do/campaigns/cancel", &[("id", &id)]).await.body;
    assert!(page.contains("Cancelled. None had left yet."), "{page}");
    app.dispatch_all().await;
    let page = browser.get(&path).await.body;
    assert!(page.contains("5 Cancelled") && !page.contains("/do/campaigns/pause"), "{page}");
    assert_eq!(browser.get(&format!("{path}/cancel")).await.status, StatusCode::CONFLICT);
}

async fn a_large_launch_wants_its_count_typed(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let id = checked(&app, &mut browser, Csv::of_people(501)).await;
    let path = format!("/uploads/{id}/confirm");
    let page = browser.get(&path).await.body;
    assert!(page.contains("Type 501 to confirm"), "{page}");
    for wrong in ["", "500"] {
        let fields = [("id", id.as_str()), ("token", token(&page)), ("name", "Large"), ("confirm", wrong)];
        let refused = browser.submit("/do/uploads/launch", &fields).await.body;
        assert!(refused.contains(r##"<a href="#confirm">"##) && refused.contains(r#"value="Large""#), "{refused}");
    }
    let fields = [("id", id.as_str()), ("token", token(&page)), ("name", "Large"), ("confirm", "501")];
    assert!(browser.post("/do/uploads/launch", &fields).await.location().starts_with("/campaigns/cmp_"));
}

async fn a_launch_that_the_budget_refuses_leaves_no_draft(app: TestApp) {
    let budget = Some(Some(Amount { micros: 20_000, currency: None }));
    update_settings(&app, &app.actor(Role::Owner), SettingsPatch { budget, ..SettingsPatch::default() }).await.expect("a budget");
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let id = checked(&app, &mut browser, Csv::of_people(3)).await;
    let page = browser.get(&format!("/uploads/{id}/confirm")).await.body;
    assert!(page.contains("so it cannot be sent") && page.contains("Type 3 to confirm"), "{page}");
    let fields = [("id", id.as_str()), ("token", token(&page)), ("name", "Dear"), ("confirm", "3")];
    let refused = browser.submit("/do/uploads/launch", &fields).await.body;
    assert!(refused.contains("is left of this month&#x27;s budget") || refused.contains("is left of this month's budget"), "{refused}");
    assert!(refused.contains(r#"value="Dear""#), "what was typed is there again: {refused}");
    let found = campaigns::list(&app, &app.actor(Role::Owner), None, &PageRequest::default()).await.expect("campaigns").items;
    assert!(found.is_empty(), "neither made nor launched");
    assert_eq!(newest(&app).await.status, uploads::UploadStatus::Checked);
}

async fn columns_that_stand_for_two_things_are_refused_where_they_stand(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let id = checked(&app, &mut browser, Csv::of_people(2)).await;
    let twice = [("id", id.as_str()), ("col.phone", "phone"), ("col.name", "phone")];
    let page = browser.submit("/do/uploads/columns", &twice).await.body;
    assert!(page.contains("is chosen for “phone” and for “name”") && page.contains(r#"id="col.name-error""#), "{page}");
    let missing = [("id", id.as_str()), ("col.phone", ""), ("col.name", "name")];
    let page = browser.submit("/do/uploads/columns", &missing).await.body;
    assert!(page.contains(r#"id="col.phone-error""#), "{page}");
}

async fn rejected_rows_are_filtered_downloaded_and_uploaded_again(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let csv = Csv::of_people(2).row(&["", "Nobody"]).row(&["12", "Short"]).row(&[&Csv::phone(9), ""]);
    let id = checked(&app, &mut browser, csv).await;
    let page = browser.get(&format!("/uploads/{id}?reason=empty")).await.body;
    assert!(page.contains("1 of 1 rows") && page.contains(">4</a>") && !page.contains(">5</a>"), "{page}");
    let file = browser.get(&format!("/uploads/{id}/rejected.csv")).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment"));
    assert!(file.body.contains("\"Short\"") && file.body.lines().count() == 4, "{}", file.body);
    let mended = Csv::with_header("phone,name").row(&[&Csv::phone(7), "Mended"]).bytes();
    let answer = browser.post_files_like("/do/uploads/receive", &id, &[("mended.csv", &mended)]).await;
    let page = browser.get(answer.location()).await.body;
    assert!(page.contains("As in the last file with the same columns."), "message and columns are kept: {page}");
}

async fn a_file_is_used_again_with_its_message(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let path = launched(&app, &mut browser, 4).await;
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let page = browser.submit("/do/campaigns/again", &[("id", &id)]).await.body;
    assert!(page.contains("This is a copy of the campaign") && page.contains("As in the last file with the same columns."), "{page}");
    let copy = newest(&app).await;
    assert_eq!((copy.counts.rows, copy.text.as_deref()), (4, Some(TEXT)));
    let checked = uploads::check_now(&app, &app.actor(Role::Marketer), &copy.id).await.expect("checked");
    assert_eq!(checked.counts.to_send, 4);
}

async fn people_who_may_only_look_get_no_levers_and_no_numbers(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let path = launched(&app, &mut marketer, 3).await;
    app.dispatch_all().await;
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    let page = viewer.get(&path).await.body;
    assert!(page.contains("3 of 3") && !page.contains("/do/campaigns/") && !page.contains(&Csv::phone(1)), "{page}");
    let upload = newest(&app).await.id;
    assert!(!viewer.get(&format!("/uploads/{upload}")).await.body.contains(&Csv::phone(1)));
    for denied in ["/uploads".to_owned(), format!("/uploads/{upload}/confirm"), format!("/uploads/{upload}/rejected.csv")] {
        assert_eq!(viewer.get(&denied).await.status, StatusCode::FORBIDDEN, "{denied}");
    }
    let answer = viewer.post_files("/do/uploads/receive", &[("x.csv", &Csv::of_people(1).bytes())]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
