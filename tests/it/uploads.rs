//! Files in: what is stored, checked, shown and given back.

use std::io;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use peyk::access::{Actor, Role};
use peyk::contacts;
use peyk::contacts::Standing;
use peyk::contacts::csv::StoredMapping;
use peyk::kernel::category::Category;
use peyk::kernel::clock::{MINUTE, SECOND};
use peyk::kernel::error::Error;
use peyk::kernel::page::PageRequest;
use peyk::kernel::phone::Phone;
use peyk::templates;
use peyk::uploads::{self, Code, MessageChoice, Origin, Outcome, Upload, UploadStatus, Wording};

use crate::harness::{Csv, TestApp, both_engines};

both_engines! {
    a_file_is_checked_and_its_rows_add_up,
    a_file_that_cannot_be_used_leaves_nothing_behind,
    a_body_that_breaks_off_leaves_nothing_behind,
    rejected_rows_can_be_mended_and_uploaded_again,
    any_row_is_shown_as_it_would_be_sent,
    a_viewer_sees_no_personal_data,
    the_mapping_of_the_last_file_is_remembered,
    a_file_used_again_is_about_what_its_template_is_about_today,
    a_placeholder_without_a_column_is_one_error_not_one_for_each_row,
    people_who_never_agreed_are_left_out_of_marketing,
    a_check_that_a_crash_cut_short_is_done_again,
    another_tenant_finds_nothing,
}

/// A body that comes in small pieces.
pub fn body(bytes: Vec<u8>) -> impl futures::Stream<Item = io::Result<Bytes>> {
    stream::iter(bytes.chunks(1_000).map(|part| Ok(Bytes::copy_from_slice(part))).collect::<Vec<_>>())
}

pub fn text(text: &str, category: Category) -> MessageChoice {
    MessageChoice { wording: Wording::Text(text.into()), category: Some(category), language: None }
}

/// Receives a file and gives it a message.
pub async fn uploaded(app: &TestApp, actor: &Actor, csv: Csv, message: &MessageChoice) -> Upload {
    let upload = uploads::receive(app, actor, "people.csv", body(csv.bytes())).await.expect("the file is good");
    assert_eq!(upload.status, UploadStatus::Received);
    uploads::set_message(app, actor, &upload.id, message).await.expect("the message is good")
}

async fn rows_in(app: &TestApp, table: &str) -> i64 {
    let mut tx = app.db.read().await.expect("the database reads");
    let (rows,): (i64,) = tx.query(&format!("select count(*) from {table}")).fetch_one().await.expect("rows can be counted");
    rows
}

async fn a_file_is_checked_and_its_rows_add_up(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    // Blank line 3, a repeat, a bad number, a missing name, more than one block of good rows.
    let mut csv =
        Csv::with_header("phone,name").row(&[&Csv::phone(1), "Ann"]).line("").row(&["nonsense", "Bob"]).row(&[&Csv::phone(1), "Ann"]);
    csv = csv.row(&[&Csv::phone(2), ""]);
    for n in 10..1_500 {
        csv = csv.row(&[&Csv::phone(n), "Person"]);
    }
    let upload = uploaded(&app, &actor, csv, &text("Hi {{ name }}", Category::Order)).await;
    assert_eq!(upload.counts.rows, 1_494);
    let upload = uploads::check_now(&app, &actor, &upload.id).await.expect("it can be checked");
    assert_eq!(upload.status, UploadStatus::Checked);
    let c = upload.counts;
    assert_eq!((c.to_send, c.rejected, c.repeated, c.opted_out), (1_491, 2, 1, 0));
    assert_eq!(c.rows, c.to_send + c.rejected + c.repeated + c.opted_out);
    let summary = upload.summary.expect("a checked upload has one");
    assert_eq!(summary.groups.len(), 1);
    assert_eq!(summary.reasons(), [(Code::HasLetters, 1), (Code::MissingValue, 1)]);
    let errors = uploads::errors(&app, &actor, &upload.id, None, &PageRequest::default()).await.expect("errors").items;
    assert_eq!(errors.iter().map(|e| (e.row, e.column.as_str())).collect::<Vec<_>>(), [(4, "phone"), (6, "name")]);
    assert_eq!(errors[0].value, "nonsense");
    let one = uploads::errors(&app, &actor, &upload.id, Some(Code::MissingValue), &PageRequest::default()).await.expect("errors").items;
    assert_eq!(one.len(), 1);
}

async fn a_file_that_cannot_be_used_leaves_nothing_behind(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let mut csv = Csv::of_people(2_000);
    csv = csv.line("\"never closed");
    let error = uploads::receive(&app, &actor, "x.csv", body(csv.bytes())).await.expect_err("a broken file");
    let Error::Invalid(fields) = &error else { panic!("{error:?}") };
    assert_eq!((fields.0[0].field.as_str(), fields.0[0].code.as_str()), ("file", "unclosed_quote"));
    for table in ["uploads", "upload_chunks"] {
        assert_eq!(rows_in(&app, table).await, 0, "{table}");
    }
    assert!(matches!(uploads::receive(&app, &actor, "x.csv", body(Vec::new())).await, Err(Error::Invalid(_))));
    assert!(matches!(uploads::receive(&app, &app.actor(Role::Viewer), "x.csv", body(Vec::new())).await, Err(Error::Denied(_))));
}

async fn a_body_that_breaks_off_leaves_nothing_behind(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let whole = Csv::of_people(3_000).bytes();
    let broken = stream::iter([Ok(Bytes::from(whole)), Err(io::Error::other("reset"))]);
    let error = uploads::receive(&app, &actor, "x.csv", broken).await.expect_err("a broken body");
    assert!(matches!(&error, Error::Invalid(fields) if fields.0[0].code == "cut_short"), "{error:?}");
    assert_eq!(rows_in(&app, "uploads").await, 0);
}

async fn collected(app: &TestApp, actor: &Actor, upload: &Upload) -> Vec<u8> {
    let parts: Vec<_> = uploads::rejected_csv(app.shared(), actor, &upload.id).await.expect("a file").collect().await;
    parts.into_iter().flat_map(|part| part.expect("a part").to_vec()).collect()
}

async fn rejected_rows_can_be_mended_and_uploaded_again(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let csv = Csv::with_header("phone,name").row(&[&Csv::phone(1), "=1+1"]).row(&["07OO", "=2+2"]).row(&[&Csv::phone(3), " "]);
    let upload = uploaded(&app, &actor, csv, &text("Hi {{ name }}", Category::Order)).await;
    let upload = uploads::check_now(&app, &actor, &upload.id).await.expect("checked");
    let file = collected(&app, &actor, &upload).await;
    let readable = String::from_utf8(file.clone()).expect("UTF-8");
    assert!(readable.contains("\"07OO\",\"'=2+2\",\"3\""), "{readable}");
    let mended = readable.replace("07OO", &Csv::phone(7)).replace("\" \"", "\"Sam\"");
    let again = uploads::receive(&app, &actor, "mended.csv", body(mended.into_bytes())).await.expect("our own file");
    assert_eq!(again.headers, ["phone", "name"]);
    uploads::set_message(&app, &actor, &again.id, &text("Hi {{ name }}", Category::Order)).await.expect("a message");
    let again = uploads::check_now(&app, &actor, &again.id).await.expect("checked");
    assert_eq!((again.counts.rows, again.counts.to_send), (2, 2));
    let preview = uploads::preview_row(&app, &actor, &again.id, 2).await.expect("a row");
    assert_eq!(preview.parts.iter().map(|p| p.text.as_str()).collect::<String>(), "Hi =2+2");
}

async fn any_row_is_shown_as_it_would_be_sent(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let upload = uploaded(&app, &actor, Csv::of_people(1_300), &text("Hi {{ name }}!", Category::Order)).await;
    let upload = uploads::check_now(&app, &actor, &upload.id).await.expect("checked");
    for row in [2, 513, 514, 1_025, 1_301] {
        let preview = uploads::preview_row(&app, &actor, &upload.id, row).await.expect("a row");
        assert_eq!(preview.parts.iter().map(|p| p.text.as_str()).collect::<String>(), format!("Hi Person {}!", row - 1));
        assert!(preview.parts[1].from_placeholder);
        assert_eq!(preview.outcome, Some(Outcome::ToSend));
        assert_eq!(preview.measure.map(|m| m.segments), Some(1));
    }
    for row in [0, 1, 1_302] {
        assert!(matches!(uploads::preview_row(&app, &actor, &upload.id, row).await, Err(Error::NotFound(_))), "{row}");
    }
}

async fn a_viewer_sees_no_personal_data(app: TestApp) {
    let (actor, viewer) = (app.actor(Role::Marketer), app.actor(Role::Viewer));
    let csv = Csv::with_header("phone,name").row(&[&Csv::phone(1), "Secretname"]).row(&["bad Secretname", "x"]);
    let upload = uploaded(&app, &actor, csv, &text("Hi {{ name }}", Category::Order)).await;
    let upload = uploads::check_now(&app, &actor, &upload.id).await.expect("checked");
    let errors = uploads::errors(&app, &viewer, &upload.id, None, &PageRequest::default()).await.expect("errors");
    let preview = uploads::preview_row(&app, &viewer, &upload.id, 2).await.expect("a row");
    let review = uploads::review(&app, &viewer, &upload.id).await.expect("a review");
    let all = format!("{:?} {preview:?} {:?}", errors.items, review.columns);
    assert!(!all.contains("Secretname") && !all.contains(&Csv::phone(1)[2..]), "{all}");
    assert!(uploads::rejected_csv(app.shared(), &viewer, &upload.id).await.is_err());
}

async fn the_mapping_of_the_last_file_is_remembered(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let file = || Csv::with_header("Ref,Who").row(&[&Csv::phone(1), "Ann"]);
    let message = text("Hi {{ name }}", Category::Order);
    let first = uploaded(&app, &actor, file(), &message).await;
    let review = uploads::review(&app, &actor, &first.id).await.expect("a review");
    assert_eq!((review.origin, review.unfilled), (Some(Origin::Guessed), vec!["name".to_owned()]));
    let mapping = StoredMapping::parse(r#"{"Ref":"phone","Who":"name"}"#).expect("a mapping");
    uploads::set_mapping(&app, &actor, &first.id, &mapping).await.expect("it fits");
    let second = uploaded(&app, &actor, file(), &message).await;
    let review = uploads::review(&app, &actor, &second.id).await.expect("a review");
    assert_eq!(review.origin, Some(Origin::Remembered));
    assert_eq!(review.columns.iter().map(|c| c.meaning.as_deref()).collect::<Vec<_>>(), [Some("phone"), Some("name")]);
    assert_eq!(review.columns[1].values, ["Ann"]);
}

async fn a_file_used_again_is_about_what_its_template_is_about_today(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let template = |given| serde_json::from_value(given).expect("the shape of a template");
    let visit = serde_json::json!({"code": "visit", "name": "Visit", "category": "order", "texts": {"en": "Come, {{ name }}"}});
    templates::create(&app, &actor, template(visit)).await.expect("made");
    templates::publish(&app, &actor, "visit", None).await.expect("published");
    let message = MessageChoice { wording: Wording::Template("visit".into()), category: None, language: None };
    let first = uploaded(&app, &actor, Csv::of_people(20), &message).await;
    let checked = uploads::check_now(&app, &actor, &first.id).await.expect("checked");
    assert_eq!((checked.category, checked.counts.to_send), (Some(Category::Order), 20));
    // It was an advertisement all along, and somebody corrects it.
    templates::update(&app, &actor, "visit", template(serde_json::json!({"category": "marketing"}))).await.expect("corrected");
    let copied = uploads::copy(app.shared(), &actor, &first.id).await.expect("copied");
    let mended = uploads::receive(&app, &actor, "mended.csv", body(Csv::of_people(20).bytes())).await.expect("the file is good");
    let mended = uploads::same_message(&app, &actor, &mended.id, &first.id).await.expect("the same message");
    for again in [copied, mended] {
        assert_eq!(again.category, Some(Category::Marketing));
        let checked = uploads::check_now(&app, &actor, &again.id).await.expect("checked");
        assert_eq!(checked.counts.to_send, 0, "nobody agreed to advertisements");
    }
    let free = uploaded(&app, &actor, Csv::of_people(3), &text("Hi", Category::Delivery)).await;
    let again = uploads::copy(app.shared(), &actor, &free.id).await.expect("copied");
    assert_eq!(again.category, Some(Category::Delivery), "a text of one’s own has no other");
}

async fn a_placeholder_without_a_column_is_one_error_not_one_for_each_row(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let upload = uploaded(&app, &actor, Csv::of_people(20), &text("{{ city }}", Category::Order)).await;
    let error = uploads::check_now(&app, &actor, &upload.id).await.expect_err("city has no column");
    assert!(matches!(&error, Error::Invalid(fields) if fields.0[0].code == "unmatched_placeholder"), "{error:?}");
    let upload = uploads::get(&app, &actor, &upload.id).await.expect("it is there");
    assert_eq!(upload.status, UploadStatus::Received);
}

async fn people_who_never_agreed_are_left_out_of_marketing(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let cipher = app.cipher.tenant(&app.subaccount);
    let phone = Phone::from_e164(&Csv::phone(2)).expect("a number");
    let mut tx = app.db.write().await.expect("the database writes");
    let person = contacts::ensure(&mut tx, &cipher, &app.subaccount, &[phone], app.clock.now()).await.expect("a contact").remove(0);
    let standing = Standing { granted: Category::Marketing.bit(), ..Standing::default() };
    contacts::set_standing(&mut tx, &app.subaccount, &person.id, &standing, app.clock.now()).await.expect("a standing");
    tx.commit().await.expect("the database writes");
    let upload = uploaded(&app, &actor, Csv::of_people(3), &text("Sale!", Category::Marketing)).await;
    let upload = uploads::check_now(&app, &actor, &upload.id).await.expect("checked");
    assert_eq!((upload.counts.to_send, upload.counts.opted_out), (1, 2));
}

async fn a_check_that_a_crash_cut_short_is_done_again(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let csv = Csv::of_people(600).row(&["bad", "x"]);
    let upload = uploaded(&app, &actor, csv, &text("Hi {{ name }}", Category::Order)).await;
    uploads::check_now(&app, &actor, &upload.id).await.expect("checked");
    // As a crash leaves it: some verdicts and errors are there, and the check goes on for nobody.
    let mut tx = app.db.write().await.expect("the database writes");
    tx.query("update uploads set status = 'checking'").execute().await.expect("it is set back");
    tx.query("delete from upload_verdicts where chunk = 1").execute().await.expect("half is lost");
    tx.commit().await.expect("the database writes");
    app.advance(30 * SECOND);
    assert_eq!(uploads::resume(&app).await.expect("looked"), 0, "somebody may still be at it");
    app.advance(MINUTE);
    assert_eq!(uploads::resume(&app).await.expect("looked"), 1);
    let upload = uploads::get(&app, &actor, &upload.id).await.expect("it is there");
    assert_eq!((upload.status, upload.counts.to_send, upload.counts.rejected), (UploadStatus::Checked, 600, 1));
    assert_eq!(rows_in(&app, "upload_errors").await, 1);
    assert_eq!(rows_in(&app, "upload_verdicts").await, 2);
}

async fn another_tenant_finds_nothing(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let upload = uploaded(&app, &actor, Csv::of_people(3), &text("Hi", Category::Order)).await;
    let mut tx = app.db.write().await.expect("the database writes");
    let other = peyk::access::subaccount_named(&mut tx, "other", app.clock.now()).await.expect("a subaccount");
    tx.commit().await.expect("the database writes");
    let stranger = Actor::shell(other);
    assert!(matches!(uploads::get(&app, &stranger, &upload.id).await, Err(Error::NotFound(_))));
    assert!(matches!(uploads::errors(&app, &stranger, &upload.id, None, &PageRequest::default()).await, Err(Error::NotFound(_))));
    assert!(matches!(uploads::preview_row(&app, &stranger, &upload.id, 2).await, Err(Error::NotFound(_))));
    assert!(matches!(uploads::discard(&app, &stranger, &upload.id).await, Err(Error::NotFound(_))));
    uploads::discard(&app, &actor, &upload.id).await.expect("its owner may");
    assert_eq!(rows_in(&app, "upload_chunks").await, 0);
}
