//! Making, changing, copying, archiving and finding templates.

use peyk::access::{Actor, Permission, Role, audit_entries, subaccount_named};
use peyk::kernel::category::Category;
use peyk::kernel::clock::rfc3339;
use peyk::kernel::error::Error;
use peyk::kernel::page::PageRequest;
use peyk::templates::{
    PlaceholderKind, TemplateFilter, TemplateInput, TemplateStatus, archive, copy, create, get, list, unarchive, update,
};
use serde_json::json;

use super::{input, is_conflict, live, refused, shipped};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_new_template_is_a_draft_that_knows_its_placeholders,
    its_json_has_the_names_of_the_contract,
    a_code_is_made_from_the_name_and_stays_unique,
    a_change_writes_only_the_fields_that_it_names,
    a_change_after_somebody_elses_is_refused,
    a_copy_is_a_new_draft,
    an_archived_template_takes_no_changes_until_it_is_taken_back,
    lists_filter_search_and_page,
    templates_of_another_subaccount_do_not_exist,
    only_those_who_may_write_do,
    every_change_leaves_an_audit_line,
}

async fn a_new_template_is_a_draft_that_knows_its_placeholders(app: TestApp) {
    let made = shipped(&app).await;
    let read = get(&app, &app.actor(Role::Viewer), "shipped").await.expect("found by code");
    assert_eq!(read, made);
    assert_eq!(get(&app, &app.actor(Role::Viewer), made.id.as_str()).await.expect("found by id"), made);
    assert_eq!((made.status, made.version, made.has_draft), (TemplateStatus::Draft, 0, true));
    let names: Vec<_> = made.placeholders.iter().map(|p| (p.name.as_str(), p.kind, p.default.as_deref())).collect();
    assert_eq!(names, [("name", PlaceholderKind::Text, Some("friend")), ("order.number", PlaceholderKind::Text, None)]);
    assert_eq!(made.warnings.len(), 1, "Persian lacks the name");
    assert_eq!(made.warnings[0].placeholder, "name");
}

async fn its_json_has_the_names_of_the_contract(app: TestApp) {
    let made = shipped(&app).await;
    let json = serde_json::to_value(&made).expect("serialises");
    for name in ["id", "code", "name", "category", "texts", "placeholders", "status", "version", "has_draft", "updated_by"] {
        assert!(json.get(name).is_some(), "{name}");
    }
    assert_eq!(json["status"], "draft");
    assert_eq!(json["category"], "order");
    assert_eq!(json["texts"]["fa"], "سفارش {{ order.number }} ارسال شد.");
    assert_eq!(json["placeholders"][0], json!({"name": "name", "kind": "text", "sample": "Mina", "default": "friend"}));
    assert_eq!(json["created_at"], "2026-11-21T10:00:00.000Z");
}

async fn a_code_is_made_from_the_name_and_stays_unique(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let named = |name: &str| input(json!({"name": name, "category": "order", "texts": {"en": "x"}}));
    let mut codes = Vec::new();
    for name in ["Order shipped!", "Order shipped?", "یادآوری", "یادآوری"] {
        codes.push(create(&app, &actor, named(name)).await.expect("made").code);
    }
    assert_eq!(codes, ["order-shipped", "order-shipped-2", "template", "template-2"]);
    let again = input(json!({"code": "order-shipped", "name": "N", "category": "order", "texts": {"en": "x"}}));
    assert!(is_conflict(&create(&app, &actor, again).await));
    let taken = input(json!({"code": "template"}));
    assert!(is_conflict(&update(&app, &actor, "order-shipped", taken).await));
    let unnamed = input(json!({"code": "otp", "category": "authentication", "texts": {"en": "{{ code }}"}}));
    assert_eq!(create(&app, &actor, unnamed).await.expect("made").name, "otp");
}

async fn a_change_writes_only_the_fields_that_it_names(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = shipped(&app).await;
    let renamed = update(&app, &actor, "shipped", input(json!({"name": "Sent", "category": "delivery"}))).await.expect("changed");
    assert_eq!((renamed.name.as_str(), renamed.category), ("Sent", Category::Delivery));
    assert_eq!((&renamed.texts, &renamed.placeholders), (&made.texts, &made.placeholders));
    assert!(renamed.updated_at > made.updated_at, "the clock stands still, the instant moves all the same");
    let texts = json!({"texts": {"en": "Dear {{ name }}, pay {{ total }}"}});
    let rewritten = update(&app, &actor, "shipped", input(texts)).await.expect("changed");
    assert_eq!(rewritten.texts.len(), 1, "the texts are the whole set");
    let names: Vec<_> = rewritten.placeholders.iter().map(|p| (p.name.as_str(), p.sample.as_deref())).collect();
    assert_eq!(names, [("name", Some("Mina")), ("total", None)], "what is known of a name stays");
    let same = update(&app, &actor, "shipped", TemplateInput::default()).await.expect("nothing to do");
    assert_eq!(same, rewritten);
    let faulty = update(&app, &actor, "shipped", input(json!({"texts": {"fa": "{{"}}))).await;
    assert_eq!(refused(faulty)[0].0, "texts.fa");
    assert_eq!(get(&app, &actor, "shipped").await.expect("there"), rewritten, "a refused change changes nothing");
}

async fn a_change_after_somebody_elses_is_refused(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let seen = rfc3339(shipped(&app).await.updated_at);
    let change = |name: &str, seen: &str| input(json!({"name": name, "expected_updated_at": seen}));
    let first = update(&app, &actor, "shipped", change("Mine", &seen)).await.expect("the first saves");
    assert!(is_conflict(&update(&app, &actor, "shipped", change("Yours", &seen)).await));
    assert_eq!(get(&app, &actor, "shipped").await.expect("there").name, "Mine");
    update(&app, &actor, "shipped", change("Yours", &rfc3339(first.updated_at))).await.expect("with the newest instant it saves");
}

async fn a_copy_is_a_new_draft(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = shipped(&app).await;
    peyk::templates::publish(&app, &actor, "shipped", None).await.expect("published");
    archive(&app, &actor, "shipped").await.expect("archived");
    let copied = copy(&app, &actor, "shipped").await.expect("copied");
    assert_eq!(copied, get(&app, &actor, "shipped-copy").await.expect("there"));
    assert_ne!(copied.id, made.id);
    assert_eq!((copied.name.as_str(), &copied.texts), ("Copy of Order shipped", &made.texts));
    assert_eq!((copied.status, copied.version, copied.has_draft), (TemplateStatus::Draft, 0, true));
    assert_eq!(copy(&app, &actor, "shipped").await.expect("copied").code, "shipped-copy-2");
}

async fn an_archived_template_takes_no_changes_until_it_is_taken_back(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    shipped(&app).await;
    let put_away = archive(&app, &actor, "shipped").await.expect("archived");
    assert_eq!(put_away.status, TemplateStatus::Archived);
    assert_eq!(archive(&app, &actor, "shipped").await.expect("twice is once"), put_away);
    assert!(is_conflict(&update(&app, &actor, "shipped", input(json!({"name": "N"}))).await));
    assert!(is_conflict(&peyk::templates::publish(&app, &actor, "shipped", None).await));
    assert_eq!(unarchive(&app, &actor, "shipped").await.expect("taken back").status, TemplateStatus::Draft);
    update(&app, &actor, "shipped", input(json!({"name": "N"}))).await.expect("takes changes again");
}

async fn lists_filter_search_and_page(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    for (code, name, category) in [
        ("welcome", "Welcome 100%", "account"),
        ("promo", "Spring Sale", "marketing"),
        ("sale_2", "Summer", "marketing"),
        ("old", "Old", "order"),
    ] {
        let given = json!({"code": code, "name": name, "category": category, "description": "for Everybody", "texts": {"en": code}});
        create(&app, &actor, input(given)).await.expect("made");
    }
    peyk::templates::publish(&app, &actor, "promo", None).await.expect("published");
    archive(&app, &actor, "old").await.expect("archived");
    let codes = async |filter: TemplateFilter| {
        let page = list(&app, &actor, &filter, &PageRequest::default()).await.expect("lists");
        page.items.into_iter().map(|t| t.code).collect::<Vec<_>>()
    };
    let search = |words: &str| TemplateFilter { search: Some(words.into()), ..TemplateFilter::default() };
    let status = |status| TemplateFilter { status: Some(status), ..TemplateFilter::default() };
    assert_eq!(codes(TemplateFilter::default()).await, ["sale_2", "promo", "welcome"], "newest first, without the archive");
    assert_eq!(codes(status(TemplateStatus::Archived)).await, ["old"]);
    assert_eq!(codes(status(TemplateStatus::Published)).await, ["promo"]);
    assert_eq!(codes(status(TemplateStatus::Draft)).await, ["sale_2", "welcome"]);
    assert_eq!(codes(TemplateFilter { category: Some(Category::Marketing), ..search("SUM") }).await, ["sale_2"]);
    assert_eq!(codes(search("sale")).await, ["sale_2", "promo"], "code and name");
    assert_eq!(codes(search("0%")).await, ["welcome"], "a percent sign is itself");
    assert_eq!(codes(search("e_2")).await, ["sale_2"], "an underscore is itself");
    assert_eq!(codes(search("everybody")).await.len(), 3);
    assert_eq!(codes(search("' or 1=1 --")).await.len(), 0);

    let two = PageRequest::read(Some("2"), None).expect("valid");
    let first = list(&app, &actor, &TemplateFilter::default(), &two).await.expect("lists");
    assert_eq!(first.items.len(), 2);
    let next = PageRequest::read(Some("2"), first.next.as_deref()).expect("our own cursor");
    let second = list(&app, &actor, &TemplateFilter::default(), &next).await.expect("lists");
    assert_eq!((second.items.len(), second.items[0].code.as_str(), second.next), (1, "welcome", None));
}

async fn templates_of_another_subaccount_do_not_exist(app: TestApp) {
    let made = shipped(&app).await;
    peyk::templates::publish(&app, &app.actor(Role::Admin), "shipped", None).await.expect("published");
    let mut tx = app.db.write().await.expect("the database writes");
    let other = subaccount_named(&mut tx, "other", app.clock.now()).await.expect("a second subaccount");
    tx.commit().await.expect("the database writes");
    let stranger = Actor::shell(other.clone());
    for key in ["shipped", made.id.as_str()] {
        assert!(matches!(get(&app, &stranger, key).await, Err(Error::NotFound(_))));
        assert!(matches!(update(&app, &stranger, key, input(json!({"name": "N"}))).await, Err(Error::NotFound(_))));
        assert!(matches!(archive(&app, &stranger, key).await, Err(Error::NotFound(_))));
        assert!(matches!(copy(&app, &stranger, key).await, Err(Error::NotFound(_))));
        let mut tx = app.db.read().await.expect("the database reads");
        let found = peyk::templates::published(&mut tx, &other, key, Some(1)).await;
        assert_eq!(refused(found)[0].1, "unknown");
    }
    let given = input(json!({"code": "shipped", "name": "Theirs", "category": "order", "texts": {"en": "theirs"}}));
    create(&app, &stranger, given).await.expect("the same code is free there");
    assert_eq!(live(&app, "shipped", None).await.expect("ours").name, "Order shipped");
}

async fn only_those_who_may_write_do(app: TestApp) {
    shipped(&app).await;
    let viewer = app.actor(Role::Viewer);
    let denied = |e: Option<Error>| matches!(e, Some(Error::Denied(right)) if right == Permission::Templates.as_str());
    assert!(denied(create(&app, &viewer, TemplateInput::default()).await.err()));
    assert!(denied(update(&app, &viewer, "shipped", TemplateInput::default()).await.err()));
    assert!(denied(copy(&app, &viewer, "shipped").await.err()));
    assert!(denied(archive(&app, &viewer, "shipped").await.err()));
    assert!(denied(peyk::templates::publish(&app, &viewer, "shipped", None).await.err()));
    assert!(denied(peyk::templates::restore(&app, &viewer, "shipped", 1).await.err()));
    let nobody = Actor::customer(app.subaccount.clone(), None);
    assert!(matches!(get(&app, &nobody, "shipped").await, Err(Error::Denied(_))));
}

async fn every_change_leaves_an_audit_line(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = shipped(&app).await;
    let change = json!({"texts": {"en": "{{ name }}: new words"}, "placeholders": [{"name": "name", "sample": "Mina Farahani"}]});
    update(&app, &actor, "shipped", input(change)).await.expect("changed");
    peyk::templates::publish(&app, &actor, "shipped", Some("shorter")).await.expect("published");
    archive(&app, &actor, "shipped").await.expect("archived");
    let entries = audit_entries(&app, &app.actor(Role::Owner), &PageRequest::default()).await.expect("lists").items;
    let ours: Vec<_> = entries.iter().filter(|e| e.object == made.id.as_str()).collect();
    let actions: Vec<_> = ours.iter().map(|e| e.action.as_str()).collect();
    assert_eq!(actions, ["template.archive", "template.publish", "template.change", "template.create"]);
    assert_eq!(ours[2].detail["texts"]["after"], json!({"en": "{{ name }}: new words"}));
    assert_eq!(ours[2].detail["texts"]["before"]["fa"], made.texts.values().last().expect("Persian").as_str());
    assert_eq!(ours[2].detail["placeholders"]["after"], json!([{"name": "name", "kind": "text"}]), "a sample may be a person");
}
