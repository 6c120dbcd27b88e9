//! Links that Peyk puts into texts: each person's own, and counted before anybody's is known.

use peyk::access::Role;
use peyk::campaigns::{self, Launch, NewCampaign};
use peyk::consent::link;
use peyk::contacts::{self, ContactInput};
use peyk::kernel::category::Category;
use peyk::kernel::clock::{DAY, HOUR, MINUTE, parse_rfc3339};
use peyk::kernel::crypto::sha256_hex;
use peyk::kernel::error::Error;
use peyk::kernel::language::Language;
use peyk::kernel::page::PageRequest;
use peyk::kernel::sms::measure;
use peyk::messages::{self, Filter, PreviewRequest, SendRequest};
use peyk::templates::{self, TemplateInput};
use peyk::uploads::{self, MessageChoice, Wording};
use serde_json::{Value, json};

use super::again::fail;
use super::{PHONE, get, send, taken};
use crate::harness::{Csv, TestApp, both_engines};
use crate::uploads::{text, uploaded};
use crate::web::Browser;

both_engines! {
    a_campaign_carries_each_persons_own_link,
    a_template_is_filled_with_links_that_no_caller_gives,
    a_link_in_a_message_shows_first_and_stops_when_pressed,
    a_time_without_a_zone_is_by_the_recipients_clocks,
    a_preview_remarks_on_marketing_without_a_way_out,
    a_link_lives_from_when_its_message_is_due,
    a_message_that_is_tried_again_brings_links_that_open,
}

/// The address that stands in a text.
fn address(text: &str) -> &str {
    let begin = text.find("http").expect("the text has a link");
    text[begin..].split_whitespace().next().expect("an address")
}

async fn with_template(app: &TestApp, category: &str) {
    let given: TemplateInput = serde_json::from_value(json!({
        "code": "sale", "name": "Sale", "category": category,
        "texts": {"en": "Hi {{ name }}, sale! {{ unsubscribe_link }}", "fa": "{{ name }} عزیز، حراج! {{ preferences_link }}"},
        "placeholders": [{"name": "name", "sample": "Mina"}]
    }))
    .expect("the shape is right");
    let made = templates::create(app, &app.actor(Role::Marketer), given).await.expect("a sound template");
    let names: Vec<_> = made.placeholders.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["name"], "nobody is asked to describe our own links");
    templates::publish(app, &app.actor(Role::Admin), "sale", None).await.expect("published");
}

async fn launched(app: &TestApp, message: &MessageChoice) {
    let actor = app.actor(Role::Marketer);
    let upload = uploaded(app, &actor, Csv::of_people(40), message).await;
    let checked = uploads::check_now(app, &actor, &upload.id).await.expect("checked");
    assert_eq!(checked.counts.to_send, 40);
    let new = NewCampaign { name: "Autumn".into(), ..NewCampaign::default() };
    let made = campaigns::create_from_upload(app, &actor, &upload.id, &new).await.expect("a draft");
    campaigns::launch(app, &actor, &made.id, &Launch::default()).await.expect("launched");
    app.dispatch_all().await;
}

/// All texts of the history, which are those that the carrier took, of the size that was counted.
pub async fn sent_texts(app: &TestApp) -> Vec<String> {
    let mut hashes: Vec<String> = taken(app).iter().map(|line| line["text_sha256"].as_str().expect("a hash").to_owned()).collect();
    let mut texts = Vec::new();
    let all = PageRequest { limit: 200, cursor: None };
    for message in messages::list(app, &app.actor(Role::Marketer), &Filter::default(), &all).await.expect("history is there").items {
        let text = get(app, &message.id).await.message.text.expect("the text is kept");
        assert_eq!(message.segments, i64::from(measure(&text).segments), "{text}");
        texts.push(text);
    }
    let mut own: Vec<String> = texts.iter().map(|text| sha256_hex(text.as_bytes())).collect();
    own.sort_unstable();
    hashes.sort_unstable();
    assert!(own == hashes, "the carrier got what the history shows");
    texts
}

async fn a_campaign_carries_each_persons_own_link(app: TestApp) {
    with_template(&app, "order").await;
    launched(&app, &text("Hi {{ name }}: {{ unsubscribe_link }}", Category::Order)).await;
    let free = sent_texts(&app).await;
    let template = Wording::Template("sale".into());
    launched(&app, &MessageChoice { wording: template, category: None, language: Language::parse("fa") }).await;
    let all = sent_texts(&app).await;
    assert_eq!((free.len(), all.len()), (40, 80));
    let mut people = std::collections::HashMap::new();
    for text in &all {
        let (path, token) = address(text).rsplit_once('/').expect("a token");
        let is_persian = text.contains("حراج");
        assert_eq!(path, format!("{}{}", app.config.link_url, if is_persian { "/p" } else { "/u" }));
        let link = link::open(&app.cipher, token, app.clock.now()).expect("our own link");
        *people.entry(link.contact).or_insert(0) += 1;
    }
    assert_eq!(people.len(), 40, "everybody has their own");
    assert!(people.values().all(|times| *times == 2));
}

async fn a_template_is_filled_with_links_that_no_caller_gives(app: TestApp) {
    with_template(&app, "order").await;
    let variables = |pairs: Value| serde_json::from_value(pairs).expect("pairs");
    let request = SendRequest {
        to: PHONE.into(),
        template: Some("sale".into()),
        variables: variables(json!({"name": "Ali"})),
        ..SendRequest::default()
    };
    let preview = PreviewRequest { template: Some("sale".into()), variables: request.variables.clone(), ..PreviewRequest::default() };
    let preview = messages::preview(&app, &app.actor(Role::Marketer), &preview).await.expect("a preview");
    let message = send(&app, request.clone()).await;
    app.dispatch_all().await;
    let text = sent_texts(&app).await.remove(0);
    assert_eq!(message.text.as_deref(), Some(text.as_str()), "the answer shows what goes out");
    assert_eq!((preview.text.characters as usize, i64::from(preview.text.segments)), (text.chars().count(), message.segments));
    let forged = SendRequest { variables: variables(json!({"name": "Ali", "unsubscribe_link": "https://evil.example"})), ..request };
    let refused = messages::send(&app, &app.actor(Role::Marketer), forged).await;
    let Err(Error::Invalid(errors)) = refused else { panic!("a link of somebody else’s was taken") };
    assert_eq!(errors.0[0].field, "variables.unsubscribe_link");
}

async fn a_link_in_a_message_shows_first_and_stops_when_pressed(app: TestApp) {
    with_template(&app, "order").await;
    let variables = [("name".to_owned(), json!("Ali"))].into();
    let request = SendRequest { to: PHONE.into(), template: Some("sale".into()), variables, ..SendRequest::default() };
    send(&app, request.clone()).await;
    app.dispatch_all().await;
    let text = sent_texts(&app).await.remove(0);
    let path = address(&text).strip_prefix(&app.config.link_url).expect("our own address").to_owned();
    let mut phone = Browser::new(&app);
    let page = phone.get(&path).await;
    assert_eq!((page.status.as_u16(), page.header("set-cookie")), (200, ""));
    assert!(page.body.contains("Stop all messages now") && !page.body.contains(PHONE), "{}", page.body);
    let persian = phone.get(&format!("{path}?lang=fa")).await;
    assert!(persian.body.contains(r#"<html lang="fa" dir="rtl""#));
    send(&app, request.clone()).await;
    let stopped = phone.submit(&path, &[]).await;
    assert!(stopped.body.contains("All messages are stopped."), "{}", stopped.body);
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 1, "what waited is not sent");
    let again = phone.submit(&path, &[]).await;
    assert_eq!(again.status.as_u16(), 200, "pressed twice is stopped once");
    let other = phone.get(&path.replace("/u/v1.", "/u/v1.1")).await;
    assert_eq!(other.status.as_u16(), 404);
}

async fn a_link_lives_from_when_its_message_is_due(app: TestApp) {
    with_template(&app, "order").await;
    let (actor, due) = (app.actor(Role::Marketer), app.clock.now() + 35 * DAY);
    let choice = MessageChoice { wording: Wording::Template("sale".into()), category: None, language: None };
    let upload = uploaded(&app, &actor, Csv::of_people(2), &choice).await;
    uploads::check_now(&app, &actor, &upload.id).await.expect("checked");
    let new = NewCampaign { send_at: Some(due), ..NewCampaign::default() };
    let made = campaigns::create_from_upload(&app, &actor, &upload.id, &new).await.expect("a draft");
    campaigns::launch(&app, &actor, &made.id, &Launch::default()).await.expect("launched");
    // The same person gets one at once and one later.
    for send_at in [None, Some(peyk::kernel::clock::rfc3339(due))] {
        let variables = [("name".to_owned(), json!("Ali"))].into();
        let request = SendRequest { to: PHONE.into(), template: Some("sale".into()), variables, send_at, ..SendRequest::default() };
        send(&app, request).await;
    }
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 1, "the others wait");
    app.advance(35 * DAY + MINUTE);
    app.dispatch_all().await;
    let opens = |text: &str, at| link::open(&app.cipher, address(text).rsplit_once('/').expect("a token").1, at).is_ok();
    let (at_once, later): (Vec<_>, Vec<_>) = sent_texts(&app).await.into_iter().partition(|text| !opens(text, due));
    assert_eq!((at_once.len(), later.len()), (1, 3));
    for text in &later {
        assert!(opens(text, due + link::LIFE - MINUTE) && !opens(text, due + link::LIFE + MINUTE), "{text}");
    }
    assert!(opens(&at_once[0], due - 35 * DAY + link::LIFE - MINUTE));
}

async fn a_message_that_is_tried_again_brings_links_that_open(app: TestApp) {
    with_template(&app, "order").await;
    let actor = app.actor(Role::Marketer);
    let variables = [("name".to_owned(), json!("Ali"))].into();
    send(&app, SendRequest { to: PHONE.into(), template: Some("sale".into()), variables, ..SendRequest::default() }).await;
    let own = text("Hi {{ name }}: {{ unsubscribe_link }}", Category::Order);
    let upload = uploaded(&app, &actor, Csv::of_people(3), &own).await;
    uploads::check_now(&app, &actor, &upload.id).await.expect("checked");
    let made = campaigns::create_from_upload(&app, &actor, &upload.id, &NewCampaign::default()).await.expect("a draft");
    campaigns::launch(&app, &actor, &made.id, &Launch::default()).await.expect("launched");
    while campaigns::expand_step(&app).await.expect("a step") {}
    let passing = ("unreachable", true);
    assert_eq!(fail(&app, messages::SINGLE_QUEUE, passing).await + fail(&app, made.id.as_str(), passing).await, 4);
    app.advance(link::LIFE + DAY);
    let retried = campaigns::retry_failed(&app, &actor, &campaigns::Failed::All(Filter::default())).await.expect("tried again");
    assert_eq!(retried.queued, 4);
    app.dispatch_all().await;
    let texts = sent_texts(&app).await;
    assert_eq!(texts.len(), 4);
    for text in texts {
        let opened = link::open(&app.cipher, address(&text).rsplit_once('/').expect("a token").1, app.clock.now());
        assert!(opened.is_ok(), "{opened:?}: {text}");
    }
}

async fn a_time_without_a_zone_is_by_the_recipients_clocks(app: TestApp) {
    let input: ContactInput = serde_json::from_value(json!({"phone": PHONE, "time_zone": "Asia/Taipei"})).expect("the shape is right");
    contacts::create(&app, &app.actor(Role::Marketer), input).await.expect("a contact");
    let at = |to: &str, send_at: &str| SendRequest { send_at: Some(send_at.into()), ..super::text_to(to) };
    let day = peyk::kernel::clock::rfc3339(app.clock.now() + 48 * HOUR)[..10].to_owned();
    let due = async |to: &str, time: String| send(&app, at(to, &time)).await.send_at;
    let theirs = due(PHONE, format!("{day}T18:30")).await;
    assert_eq!(Some(theirs), parse_rfc3339(&format!("{day}T18:30:00+08:00")));
    let unknown = due("+12025550177", format!("{day}T18:30")).await;
    assert_ne!(unknown, theirs, "a stranger’s is read by the organisation’s clocks");
}

async fn a_preview_remarks_on_marketing_without_a_way_out(app: TestApp) {
    let preview = async |text: &str| {
        let request = PreviewRequest { text: Some(text.into()), category: Some("marketing".into()), ..PreviewRequest::default() };
        let shown = messages::preview(&app, &app.actor(Role::Marketer), &request).await.expect("a preview");
        shown.warnings.into_iter().map(|w| w.code).collect::<Vec<_>>()
    };
    assert_eq!(preview("Sale today").await, ["no_way_out"]);
    assert_eq!(preview("Sale today bit.ly/x Reply STOP to end").await, ["public_shortener"]);
}
