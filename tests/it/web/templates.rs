//! Template pages: writing, looking, publishing, going back.

use axum::http::StatusCode;
use peyk::access::Role;
use peyk::templates::{self, TemplateInput, TemplateView};

use super::Browser;
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_template_is_written_previewed_and_published,
    a_preview_stores_nothing_and_shows_faults_where_they_are,
    culprits_are_replaced_by_one_press,
    languages_come_and_go_before_anything_is_saved,
    line_breaks_of_browsers_do_not_count_twice,
    what_was_typed_survives_somebody_elses_save,
    versions_show_the_changed_words_and_can_be_restored,
    a_list_is_narrowed_by_words_category_and_status,
    readers_see_phones_and_no_form,
    a_form_of_many_languages_gives_a_small_page,
}

/// The fields of the editor with one English text.
fn english<'a>(text: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("name", "Order shipped"), ("code", "shipped"), ("category", "delivery"), ("description", "")];
    fields.extend([("languages", "en"), ("texts.en", text)]);
    fields.extend(more);
    fields
}

async fn stored(app: &TestApp) -> TemplateView {
    templates::get(app, &app.actor(Role::Owner), "shipped").await.expect("the template is stored")
}

async fn written(app: &TestApp, text: &str) -> TemplateView {
    let json = serde_json::json!({"name": "Order shipped", "code": "shipped", "category": "delivery", "texts": {"en": text}});
    let input: TemplateInput = serde_json::from_value(json).expect("an input");
    templates::create(app, &app.actor(Role::Marketer), input).await.expect("the template is made")
}

async fn a_template_is_written_previewed_and_published(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let rows = [("row.0.name", "name"), ("row.0.kind", "text"), ("row.0.sample", "Leila"), ("row.0.default", "friend")];
    let page = marketer.submit("/do/templates/create", &english("Hi {{ name }}, it left.", &rows)).await.body;
    assert!(page.contains("Draft saved") && page.contains(r#"<mark class="var">Leila</mark>"#), "{page}");
    let made = stored(&app).await;
    assert_eq!(made.placeholders[0].default.as_deref(), Some("friend"));
    let seen = peyk::kernel::clock::rfc3339(made.updated_at);
    let more = [&rows[..], &[("id", made.id.as_str()), ("seen", &seen), ("then", "publish"), ("note", "First")]].concat();
    let page = marketer.submit("/do/templates/save", &english("Hi {{ name }}, it left today.", &more)).await.body;
    assert!(page.contains("Version 1 is live"), "{page}");
    let live = templates::version(&app, &app.actor(Role::Viewer), "shipped", 1).await.expect("version 1");
    assert_eq!(live.texts.values().collect::<Vec<_>>(), ["Hi {{ name }}, it left today."]);
    assert_eq!(live.note.as_deref(), Some("First"));
}

async fn a_preview_stores_nothing_and_shows_faults_where_they_are(app: TestApp) {
    let made = written(&app, "Before").await;
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let answer = marketer.post("/do/templates/preview", &english("Hi {{ name", &[("id", made.id.as_str())])).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("Line 1, column 4") && answer.body.contains("Has a fault"), "{}", answer.body);
    assert!(answer.body.contains("Hi {{ name</textarea>"), "what was typed stays: {}", answer.body);
    let longest =
        [("row.0.name", "name"), ("row.0.sample", "Al"), ("row.0.longest", "Maximiliana"), ("samples", "longest"), ("shown", "en")];
    let page = marketer.post("/do/templates/preview", &english("Hi {{ name }}", &longest)).await.body;
    assert!(page.contains(r#"<mark class="var">Maximiliana</mark>"#) && page.contains("14 of 160 characters, GSM-7"), "{page}");
    assert_eq!(stored(&app).await, made);
}

async fn culprits_are_replaced_by_one_press(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let text = format!("don’t {}", "a".repeat(80));
    let page = marketer.post("/do/templates/preview", &english(&text, &[])).await.body;
    assert!(page.contains("One character makes this cost 2 instead of 1.") && page.contains("U+2019"), "{page}");
    let page = marketer.post("/do/templates/preview", &english(&text, &[("fix", "en")])).await.body;
    assert!(page.contains("don't aaa") && page.contains("86 of 160 characters, GSM-7") && !page.contains("U+2019"), "{page}");
}

async fn languages_come_and_go_before_anything_is_saved(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let add = [("add", "language"), ("new_language", "fa")];
    let page = marketer.post("/do/templates/preview", &english("Hi {{ name }}", &add)).await.body;
    assert!(page.contains(r#"name="texts.fa""#) && page.contains(r#"lang="fa" dir="rtl""#), "{page}");
    let both = [("languages", "fa"), ("texts.fa", "سلام"), ("remove", "en")];
    let page = marketer.post("/do/templates/preview", &english("Hi {{ name }}", &both[..2])).await.body;
    assert!(page.contains("1 placeholder missing"), "{page}");
    let page = marketer.post("/do/templates/preview", &english("Hi {{ name }}", &both)).await.body;
    assert!(page.contains(r#"name="texts.fa""#) && !page.contains(r#"name="texts.en""#), "{page}");
    let twice = [("add", "language"), ("new_language", "EN")];
    let page = marketer.submit("/do/templates/preview", &english("Hi", &twice)).await.body;
    assert!(page.contains("This language is there already.") && page.contains("Hi</textarea>"), "{page}");
}

async fn line_breaks_of_browsers_do_not_count_twice(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    marketer.submit("/do/templates/create", &english("One\r\ntwo", &[])).await;
    assert_eq!(stored(&app).await.texts.values().collect::<Vec<_>>(), ["One\ntwo"]);
}

async fn what_was_typed_survives_somebody_elses_save(app: TestApp) {
    let made = written(&app, "It left today").await;
    let seen = peyk::kernel::clock::rfc3339(made.updated_at);
    let theirs = TemplateInput { texts: Some([("en".to_owned(), "It left early".to_owned())].into()), ..TemplateInput::default() };
    templates::update(&app, &app.actor(Role::Admin), "shipped", theirs).await.expect("saved");
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let page = marketer.submit("/do/templates/save", &english("It left late", &[("id", made.id.as_str()), ("seen", &seen)])).await.body;
    assert!(page.contains("saved this template meanwhile") && page.contains("It left late</textarea>"), "{page}");
    assert!(page.contains("<del>early</del>") && page.contains("<ins>late</ins>"), "{page}");
    assert_eq!(stored(&app).await.texts.values().collect::<Vec<_>>(), ["It left early"]);
    let now = peyk::kernel::clock::rfc3339(stored(&app).await.updated_at);
    assert!(page.contains(&format!(r#"name="seen" value="{now}""#)), "the next save is meant: {page}");
}

async fn versions_show_the_changed_words_and_can_be_restored(app: TestApp) {
    let made = written(&app, "It left today").await;
    let admin = app.actor(Role::Admin);
    templates::publish(&app, &admin, "shipped", Some("First")).await.expect("published");
    let other = TemplateInput { texts: Some([("en".to_owned(), "It left early".to_owned())].into()), ..TemplateInput::default() };
    templates::update(&app, &admin, "shipped", other).await.expect("saved");
    templates::publish(&app, &admin, "shipped", Some("Second")).await.expect("published");
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let versions = format!("/templates/{}/versions", made.id);
    let page = marketer.get(&format!("{versions}?from=1&to=2")).await.body;
    assert!(page.contains("<del>today</del>") && page.contains("<ins>early</ins>"), "{page}");
    assert!(page.contains("First") && page.contains("Second") && page.contains("Test admin"), "{page}");
    assert_eq!(marketer.get(&format!("{versions}?from=1&to=9")).await.status, StatusCode::NOT_FOUND);
    let page = marketer.submit("/do/templates/restore", &[("id", made.id.as_str()), ("version", "1")]).await.body;
    assert!(page.contains("It left today</textarea>") && page.contains("Draft of version 3"), "{page}");
    assert!(marketer.get(&format!("{versions}?from=2&to=draft")).await.body.contains("<ins>today</ins>"));
    marketer.submit("/do/templates/discard", &[("id", made.id.as_str())]).await;
    assert!(!stored(&app).await.has_draft);
}

async fn a_list_is_narrowed_by_words_category_and_status(app: TestApp) {
    written(&app, "It left").await;
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    for (query, found) in [
        ("", true),
        ("?q=shipped", true),
        ("?q=refund", false),
        ("?category=delivery", true),
        ("?category=marketing", false),
        ("?status=draft", true),
        ("?status=archived", false),
    ] {
        let page = viewer.get(&format!("/templates{query}")).await.body;
        assert_eq!(page.contains("Order shipped"), found, "{query}");
        assert_eq!(page.contains("No template matches"), !found, "{query}");
    }
}

async fn readers_see_phones_and_no_form(app: TestApp) {
    let made = written(&app, "It left").await;
    let page = Browser::signed_in(&app, Role::Viewer).await.get(&format!("/templates/{}", made.id)).await.body;
    assert!(page.contains("bubble") && !page.contains("<textarea") && !page.contains("/do/templates/"), "{page}");
    let mut viewer = Browser::signed_in(&app, Role::Admin).await;
    viewer.submit("/do/templates/archive", &[("id", made.id.as_str())]).await;
    let page = viewer.get(&format!("/templates/{}", made.id)).await.body;
    assert!(page.contains("Take back from the archive") && !page.contains("<textarea"), "{page}");
}

async fn a_form_of_many_languages_gives_a_small_page(app: TestApp) {
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let text = "Hi {{ name }} ".repeat(60);
    let cards = |page: &str| page.matches(r#"name="texts."#).count();
    let again = [("languages", "en"); 5_000];
    let page = marketer.post("/do/templates/preview", &english(&text, &again)).await.body;
    assert_eq!(cards(&page), 1, "{} bytes", page.len());
    assert!(page.len() < 100_000, "{} bytes", page.len());

    let letters = || ('a'..='z').map(String::from);
    let tags: Vec<String> = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}"))).collect();
    let names: Vec<String> = tags.iter().map(|tag| format!("texts.{tag}")).collect();
    let texts = names.iter().map(|name| (name.as_str(), "Hi"));
    let many: Vec<_> = tags.iter().map(|tag| ("languages", tag.as_str())).chain(texts).collect();
    let page = marketer.post("/do/templates/preview", &english("Hi", &many)).await.body;
    assert!(cards(&page) <= 21 && page.len() < 300_000, "{} cards, {} bytes", cards(&page), page.len());
    let page = marketer.submit("/do/templates/create", &english("Hi", &many)).await.body;
    assert!(page.contains("A template has at most 20 languages."), "{page}");
}
