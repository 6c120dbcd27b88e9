//! Variants: who gets which, what came of them, and one for everybody.

use std::collections::{BTreeMap, BTreeSet};

use peyk::access::Role;
use peyk::campaigns::{self, Campaign, Measure, NewCampaign, Results};
use peyk::kernel::language::Language;
use peyk::messages::{self, Filter, Message};
use peyk::templates::{self, SampleSet, TemplatePreviewInput};
use peyk::uploads::{self, MessageChoice, Wording};
use serde_json::json;

use super::{input, refused};
use crate::harness::{Csv, TestApp, both_engines};
use crate::inbox::write;
use crate::messages::taken;
use crate::uploads::uploaded;

both_engines! {
    people_are_split_by_the_shares_and_keep_theirs,
    a_preview_and_the_cost_show_each_variant,
    answers_and_opt_outs_count_for_the_variant_that_was_read,
    an_answer_counts_for_what_left_last,
    one_variant_for_everyone_reaches_whoever_was_not_sent_to,
    a_variant_belongs_to_its_version_and_is_refused_where_it_cannot_be,
    the_longest_values_are_those_that_were_sent_and_go_with_their_people,
}

/// A published template with A and B, half each.
pub async fn two_variants(app: &TestApp) {
    let given = input(json!({
        "code": "visit", "name": "Visit", "category": "order",
        "texts": {"en": "A: {{ name }}, reply 1.", "fa": "الف: {{ name }}"},
        "variants": [
            {"share": 50},
            {"name": "Reply YES", "share": 50, "texts": {"en": "B: {{ name }}, reply YES to come and see us tomorrow."}}
        ]
    }));
    let marketer = app.actor(Role::Marketer);
    templates::create(app, &marketer, given).await.expect("a sound template");
    templates::publish(app, &marketer, "visit", None).await.expect("published");
}

/// A draft of a campaign with the template to so many people.
pub async fn drafted(app: &TestApp, people: u64, new: NewCampaign) -> Campaign {
    let actor = app.actor(Role::Marketer);
    let choice = MessageChoice { wording: Wording::Template("visit".into()), category: None, language: None };
    let upload = uploaded(app, &actor, Csv::of_people(people), &choice).await;
    uploads::check_now(app, &actor, &upload.id).await.expect("checked");
    campaigns::create_from_upload(app, &actor, &upload.id, &new).await.expect("a draft")
}

pub async fn launch(app: &TestApp, campaign: &Campaign) {
    campaigns::launch(app, &app.actor(Role::Marketer), &campaign.id, &campaigns::Launch::default()).await.expect("launched");
}

pub async fn results(app: &TestApp, campaign: &Campaign) -> Results {
    campaigns::results(app, &app.actor(Role::Viewer), &campaign.id, None).await.expect("readable").expect("it has variants")
}

/// Every message of a campaign: its number, variant and text.
pub async fn said(app: &TestApp, campaign: &Campaign) -> BTreeMap<String, (Option<String>, String)> {
    let actor = app.actor(Role::Owner);
    let filter = Filter { campaign: Some(campaign.id.to_string()), ..Filter::default() };
    let mut all = BTreeMap::new();
    let mut page = peyk::kernel::page::PageRequest { limit: 200, cursor: None };
    loop {
        let found = messages::list(app, &actor, &filter, &page).await.expect("history");
        for Message { id, to, variant, .. } in found.items {
            let text = messages::get(app, &actor, &id).await.expect("a message").message.text.expect("a text");
            all.insert(to, (variant, text));
        }
        let Some(next) = found.next else { return all };
        page.cursor = Some(next);
    }
}

async fn people_are_split_by_the_shares_and_keep_theirs(app: TestApp) {
    two_variants(&app).await;
    let campaign = drafted(&app, 120, NewCampaign::default()).await;
    launch(&app, &campaign).await;
    while campaigns::expand_step(&app).await.expect("a step") {}
    let before = said(&app, &campaign).await;
    let of_a = before.values().filter(|(variant, _)| variant.as_deref() == Some("A")).count();
    assert!((35..=85).contains(&of_a), "{of_a} of 120 got A");
    for (variant, text) in before.values() {
        assert!(text.starts_with(&format!("{}: Person", variant.as_deref().expect("a variant"))), "{variant:?} says {text}");
    }
    app.dispatch_all().await;
    assert_eq!(said(&app, &campaign).await, before, "sending moves nobody");
    let found = results(&app, &campaign).await;
    let sent: Vec<_> = found.variants.iter().map(|v| (v.key.as_str(), v.name.as_str(), v.messages, v.sent)).collect();
    let (a, b) = (of_a as u64, 120 - of_a as u64);
    assert_eq!(sent, [("A", "A", a, a), ("B", "Reply YES", b, b)]);
    let (template, _) = campaign.template.clone().expect("pinned");
    let of_template = campaigns::results_of_template(&app, &app.actor(Role::Viewer), &template, 1, Measure::Replied).await;
    assert_eq!(of_template.expect("readable").expect("variants").variants, found.variants);
    // The same file for another campaign splits anew, because it is another file.
    let again = drafted(&app, 120, NewCampaign::default()).await;
    launch(&app, &again).await;
    app.dispatch_all().await;
    assert_ne!(said(&app, &again).await, before);
}

async fn a_preview_and_the_cost_show_each_variant(app: TestApp) {
    two_variants(&app).await;
    let viewer = app.actor(Role::Viewer);
    let preview = async |variant: Option<&str>, language: &str| {
        let asked = TemplatePreviewInput {
            variables: [("name".to_owned(), "Sara".to_owned())].into(),
            language: Some(language.into()),
            variant: variant.map(str::to_owned),
            ..TemplatePreviewInput::default()
        };
        templates::preview(&app, &viewer, "visit", &asked).await.map(|shown| shown.text.text)
    };
    assert_eq!(preview(Some("B"), "en").await.expect("shown"), "B: Sara, reply YES to come and see us tomorrow.");
    assert_eq!(preview(None, "en").await.expect("shown"), "A: Sara, reply 1.");
    assert_eq!(preview(Some("B"), "fa").await.expect("shown"), "الف: Sara", "B says there what A says");
    assert_eq!(refused(preview(Some("C"), "en").await), [("variant".to_owned(), "unknown".to_owned())]);
    let campaign = drafted(&app, 60, NewCampaign::default()).await;
    let upload = uploads::get(&app, &viewer, &campaign.upload).await.expect("readable");
    let groups = upload.summary.expect("checked").groups;
    let variants: BTreeSet<_> = groups.iter().map(|g| g.variant.clone().expect("each group is of a variant")).collect();
    assert_eq!(variants, BTreeSet::from(["A".to_owned(), "B".to_owned()]));
    assert_eq!(groups.iter().map(|g| g.people).sum::<u64>(), 60);
}

async fn answers_and_opt_outs_count_for_the_variant_that_was_read(app: TestApp) {
    two_variants(&app).await;
    let campaign = drafted(&app, 40, NewCampaign::default()).await;
    launch(&app, &campaign).await;
    app.dispatch_all().await;
    let said = said(&app, &campaign).await;
    let of = |key: &str| -> Vec<String> {
        said.iter().filter(|(_, (variant, _))| variant.as_deref() == Some(key)).map(|(to, _)| to.clone()).collect()
    };
    let (a, b) = (of("A"), of("B"));
    write(&app, "e1", &a[0], "1").await;
    write(&app, "e2", &a[0], "1 again").await;
    write(&app, "e3", &a[1], "yes").await;
    write(&app, "e4", &b[0], "STOP").await;
    write(&app, "e5", "+12025550177", "who is this?").await;
    let found = results(&app, &campaign).await;
    let counts: Vec<_> = found.variants.iter().map(|v| (v.replied, v.opted_out)).collect();
    assert_eq!(counts, [(2, 0), (0, 1)], "an answer counts once, a stop is no answer");
    assert_eq!(found.comparison.leader.as_deref(), Some("A"));
    assert!(!found.comparison.is_sure, "three of forty say nothing: {:?}", found.comparison);
}

async fn an_answer_counts_for_what_left_last(app: TestApp) {
    two_variants(&app).await;
    let due = app.clock.now() + 48 * 3_600_000;
    let campaign = drafted(&app, 20, NewCampaign { send_at: Some(due), ..NewCampaign::default() }).await;
    launch(&app, &campaign).await;
    app.dispatch_all().await;
    app.advance(24 * 3_600_000);
    // Made after the campaign's message, and sent before it.
    let request = json!({"to": Csv::phone(1), "text": "Your order left", "category": "delivery"});
    messages::send(&app, &app.actor(Role::Marketer), serde_json::from_value(request).expect("a request")).await.expect("accepted");
    app.dispatch_all().await;
    app.advance(25 * 3_600_000);
    app.dispatch_all().await;
    write(&app, "e1", &Csv::phone(1), "yes").await;
    let found = results(&app, &campaign).await;
    assert_eq!(found.variants.iter().map(|v| (v.sent, v.replied)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)), (20, 1));
}

async fn one_variant_for_everyone_reaches_whoever_was_not_sent_to(app: TestApp) {
    two_variants(&app).await;
    let marketer = app.actor(Role::Marketer);
    let campaign = drafted(&app, 1_200, NewCampaign::default()).await;
    launch(&app, &campaign).await;
    assert!(campaigns::expand_step(&app).await.expect("a step"), "some rows are messages, some are not");
    let refusal = campaigns::use_variant(&app, &marketer, &campaign.id, "C").await;
    assert_eq!(refused(refusal), [("variant".to_owned(), "unknown".to_owned())]);
    assert!(campaigns::use_variant(&app, &app.actor(Role::Viewer), &campaign.id, "B").await.is_err());
    let chosen = campaigns::use_variant(&app, &marketer, &campaign.id, "B").await.expect("chosen");
    assert_eq!(chosen.trial.choice.as_deref(), Some("B"));
    while campaigns::try_step(&app).await.expect("a step") {}
    app.dispatch_all().await;
    let found = results(&app, &campaign).await;
    assert_eq!(found.variants.iter().map(|v| (v.messages, v.sent)).collect::<Vec<_>>(), [(0, 0), (1_200, 1_200)]);
    assert_eq!(taken(&app).len(), 1_200, "nobody got two");
    let (_, text) = said(&app, &campaign).await.into_values().next().expect("a message");
    assert!(text.starts_with("B:"), "{text}");
    let over = campaigns::use_variant(&app, &marketer, &campaign.id, "A").await;
    assert!(super::is_conflict(&over) || over.is_ok_and(|c| !c.status.is_final()), "a campaign that is over stays as it was sent");
}

async fn a_variant_belongs_to_its_version_and_is_refused_where_it_cannot_be(app: TestApp) {
    two_variants(&app).await;
    let marketer = app.actor(Role::Marketer);
    let change = async |json| templates::update(&app, &marketer, "visit", input(json)).await;
    let pair = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    let wrong = json!({"variants": [{"share": 50}, {"share": 40, "texts": {"en": "x"}}]});
    assert_eq!(refused(change(wrong).await), pair("variants", "wrong_shares"));
    let stranger = json!({"variants": [{"share": 50}, {"share": 50, "texts": {"tr": "x"}}]});
    assert_eq!(refused(change(stranger).await), pair("variants.1.texts.tr", "unknown_language"));
    assert_eq!(refused(change(json!({"dlt": {"template_id": "1107"}})).await), pair("variants", "registered"));
    let without = change(json!({"variants": []})).await.expect("the test ends");
    assert!(without.variants.is_empty() && without.has_draft);
    let live = templates::version(&app, &marketer, "visit", 1).await.expect("version 1");
    assert_eq!(live.variants.len(), 2, "a version never changes");
    let back = templates::restore(&app, &marketer, "visit", 1).await.expect("restored");
    assert!(!back.has_draft && back.variants == live.variants);
    let chosen = templates::use_variant(&app, &marketer, "visit", "B").await.expect("a draft");
    assert!(chosen.texts[&Language::english()].starts_with("B:") && chosen.variants.is_empty());
    let copy = templates::copy(&app, &marketer, "visit").await.expect("copied");
    assert_eq!(copy.texts, chosen.texts);
}

async fn the_longest_values_are_those_that_were_sent_and_go_with_their_people(app: TestApp) {
    two_variants(&app).await;
    let (owner, marketer) = (app.actor(Role::Owner), app.actor(Role::Marketer));
    let id = templates::get(&app, &owner, "visit").await.expect("it is there").id;
    let send = async |to: &str, name: &str| {
        let json = json!({"to": to, "template": "visit", "variables": {"name": name}});
        let request = serde_json::from_value(json).expect("a request");
        messages::send(&app, &marketer, request).await.expect("accepted").id
    };
    send("+12025550123", "Sara").await;
    let theirs = send("+12025550124", "Maximiliane-Alexandra von Hohenfels").await;
    app.advance(25 * 3_600_000);
    send("+12025550125", "Maximiliane-Alexandra").await;
    let longest = async || peyk::uses::longest_values(&app, &owner, &id).await.expect("readable").remove("name");
    assert_eq!(longest().await.as_deref(), Some("Maximiliane-Alexandra von Hohenfels"));
    let asked = TemplatePreviewInput { samples: Some(SampleSet::Longest), language: Some("en".into()), ..TemplatePreviewInput::default() };
    let shown = peyk::uses::preview(&app, &owner, "visit", &asked).await.expect("shown");
    assert_eq!(shown.text.text, "A: Maximiliane-Alexandra von Hohenfels, reply 1.");
    let viewer = app.actor(Role::Viewer);
    if !viewer.may(peyk::access::Permission::ViewPersonal) {
        let shown = peyk::uses::preview(&app, &viewer, "visit", &asked).await.expect("shown");
        assert_eq!(shown.text.text, "A: Sara, reply 1.", "whoever may not see people's data sees samples");
    }
    app.dispatch_all().await;
    let mut tx = app.db.read().await.expect("the database reads");
    let found = tx.query("select contact_id from messages where id = $1").bind(theirs.as_str()).fetch_one().await;
    drop(tx);
    let (contact,): (String,) = found.expect("a message");
    peyk::privacy::erase(&app, &owner, &contact).await.expect("erased");
    assert_eq!(longest().await.as_deref(), Some("Maximiliane-Alexandra"));
    app.advance(91 * 24 * 3_600_000);
    assert_eq!(longest().await, None, "after 90 days they are no longer looked for");
}
