//! `/history/{id}`: one message and its whole story.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::table::{reason, to};
use crate::access::{Actor, Permission, Settings};
use crate::campaigns;
use crate::contacts;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, Result};
use crate::kernel::language::Language;
use crate::kernel::phone::Country;
use crate::messages::{self, AttemptView, EventView, Message, MessageDetail};
use crate::privacy;
use crate::web::page::{Desk, desk, page as desk_page, param};
use crate::web::settings::paused::paused_one;
use crate::web::ui::show::{Time, amount, date_time, precise, sentence_case};
use crate::web::ui::{
    Alert, Badge, Card, Command, Crumb, Glyph, Icon, PageHead, Part, PhonePreview, StatusBadge, Tally, Timeline, TimelineStep, Tone,
};

/// `/history/{id}`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let detail = messages::get(&desk.app, desk.actor(), &param("id")).await?;
        let campaign = campaign_name(&desk, &detail.message).await?;
        let paused = paused_on_the_way(&desk, &detail).await?;
        let person = person(&desk, &detail.message.id).await?;
        let zone = desk.settings().time_zone;
        let settings = desk.settings().clone();
        let actor = desk.actor().clone();
        let MessageDetail { message, attempts, events } = detail;
        let can_see = actor.may(Permission::ViewPersonal);
        // A page that shows how a message fares looks again until there is nothing more to see.
        let (buttons, figures, text_of) = (message.clone(), message.clone(), message.clone());
        let path = format!("/history/{}", message.id);
        let refresh = (!message.status.is_final() || message.status == messages::Status::Sent).then_some("every 5s");
        Ok(view! {
            <PageHead title="Message" crumbs=vec![Crumb::new("History", "/history")]>
                <Buttons message=buttons actor=actor/>
            </PageHead>
            <div id="message" class="stack stack-5" hx-get=path hx-trigger=refresh hx-select="#message" hx-target="#message" hx-swap="outerMorph">
                {paused}
                {message.possible_duplicate.then(|| view! {
                    <Alert tone=Tone::Warn>"It may have arrived twice: the outcome of an earlier attempt never became known, and the policy of its category says to send again."</Alert>
                })}
                <Figures message=figures/>
                <div class="grid fill">
                    <Card id="story" title="What happened" class="c-8"><div class="body"><Story events=events zone=zone/></div></Card>
                    <Card id="text" title="Text" class="c-4"><div class="body"><Text message=text_of settings=settings can_see=can_see zone=zone/></div></Card>
                </div>
                <Card id="attempts" title="Attempts"><Attempts attempts=attempts zone=zone/></Card>
                <Card id="details" title="Details"><Details message=message campaign=campaign person=person zone=zone/></Card>
            </div>
        })
    })
}

/// Says what to do when a message is not through because the connection that it met last is paused.
async fn paused_on_the_way(desk: &Desk, detail: &MessageDetail) -> Result<Option<AnyView>> {
    match detail.attempts.last().filter(|_| !detail.message.status.is_final()) {
        Some(attempt) => paused_one(desk, &attempt.connection).await.map(Some),
        None => Ok(None),
    }
}

async fn campaign_name(desk: &Desk, message: &Message) -> Result<Option<(String, String)>> {
    let Some(id) = &message.campaign else { return Ok(None) };
    let names = campaigns::names(&desk.app, desk.actor(), &[id]).await?;
    Ok(Some((id.clone(), names.get(id).unwrap_or(id).clone())))
}

/// The person and whether they stand in the lists, for those who may look after consent.
async fn person(desk: &Desk, message: &str) -> Result<Option<(String, bool)>> {
    if !desk.actor().may(Permission::Consent) {
        return Ok(None);
    }
    let contact = privacy::person_of_message(&desk.app, desk.actor(), message).await?.as_str().to_owned();
    let is_listed = match contacts::get(&desk.app, desk.actor(), &contact).await {
        Ok(_) => true,
        Err(Error::NotFound(_)) => false,
        Err(e) => return Err(e),
    };
    Ok(Some((contact, is_listed)))
}

#[component]
fn Buttons(message: Message, actor: Actor) -> impl IntoView {
    let may_send = actor.may(Permission::Send);
    let id = || vec![("id", message.id.clone())];
    let cancel = (may_send && message.can_cancel()).then(|| {
        view! { <Command action="/do/messages/cancel" values=id() class="btn-danger"><Icon glyph=Glyph::Stop/>"Cancel this message"</Command> }
    });
    let retry = (may_send && message.can_retry()).then(|| {
        view! { <Command action="/do/messages/retry" values=id() class="btn-primary"><Icon glyph=Glyph::Retry/>"Try again"</Command> }
    });
    let redact = (actor.may(Permission::Settings) && message.can_redact()).then(|| {
        view! { <Command action="/do/messages/redact" values=id() class="btn-quiet"><Icon glyph=Glyph::Trash/>"Remove the text"</Command> }
    });
    let another = may_send.then(|| view! { <a class="btn" href="/send">"Send another"</a> });
    view! { <div class="row">{cancel}{retry}{redact}{another}</div> }
}

#[component]
fn Figures(message: Message) -> impl IntoView {
    let cost = message.cost.as_ref().map_or_else(|| "–".to_owned(), amount);
    let why = reason(&message);
    view! {
        <Card id="now" title="Now" aside=view! { <StatusBadge status=message.status.as_str()/> }.into_any()>
            <div class="body stack">
                <p class="row between">
                    <strong>{to(message.to)}</strong>
                    {why.map(|w| view! { <span class="muted">{w}</span> })}
                </p>
                <dl class="tally">
                    <Tally label="Segments" value=message.segments.to_string() note=message.encoding/>
                    <Tally label="Cost" value=cost note="charged by the provider"/>
                    <Tally label="Estimated" value=amount(&message.estimated_cost) note="by the price list"/>
                </dl>
            </div>
        </Card>
    }
}

#[component]
fn Story(events: Vec<EventView>, zone: Tz) -> impl IntoView {
    let steps = events
        .into_iter()
        .map(|e| TimelineStep {
            title: title_of(&e.kind),
            detail: format!("{} · {}", precise(e.at, zone), e.detail),
            tone: tone_of(&e.kind),
        })
        .collect();
    view! { <Timeline steps=steps/> }
}

fn title_of(kind: &str) -> String {
    match kind {
        "accepted" => "Accepted".into(),
        "submitted" => "Handed over".into(),
        "taken" => "Taken".into(),
        "refused" => "Refused".into(),
        "receipt" => "Carrier’s report".into(),
        "held" => "Held".into(),
        "ended" => "Ended".into(),
        other => sentence_case(other),
    }
}

fn tone_of(kind: &str) -> &'static str {
    match kind {
        "submitted" | "taken" | "receipt" => "is-info",
        "refused" => "is-bad",
        "unknown" | "held" | "ended" => "is-warn",
        _ => "is-ok",
    }
}

#[component]
fn Text(message: Message, settings: Settings, can_see: bool, zone: Tz) -> impl IntoView {
    if let Some(at) = message.text_removed_at {
        return view! { <p class="muted">"The text was removed on "<Time at=at zone=zone/>". Length, cost and outcome stay."</p> }
            .into_any();
    }
    let language = message.language.map_or(settings.language, Language::stored);
    match message.text {
        Some(text) => view! {
            <PhonePreview sender=message.from.unwrap_or(settings.organisation) parts=vec![Part::Text(text)] lang=language.as_str().to_owned() dir=language.dir()/>
        }
        .into_any(),
        None if can_see => view! { <p class="muted">"There is no text to show: it held a code, the person was erased, or the campaign’s words are put in when it is handed over."</p> }
            .into_any(),
        None => view! { <p class="muted">"You need the right “view_personal” to read texts. An owner or admin can grant it."</p> }.into_any(),
    }
}

#[component]
fn Attempts(attempts: Vec<AttemptView>, zone: Tz) -> impl IntoView {
    if attempts.is_empty() {
        return view! { <div class="body"><p class="muted">"No provider was asked yet."</p></div> }.into_any();
    }
    let rows: Vec<_> = attempts.into_iter().enumerate().map(|(i, attempt)| attempt_row(i + 1, attempt, zone)).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr>
                    <th scope="col">"Attempt"</th><th scope="col">"Provider"</th><th scope="col">"Outcome"</th><th scope="col">"Code and meaning"</th>
                    <th scope="col">"Its id there"</th><th scope="col">"Started"</th><th scope="col" class="num">"Took"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn attempt_row(n: usize, attempt: AttemptView, zone: Tz) -> impl IntoView {
    let (tone, word) = match attempt.outcome.as_str() {
        "accepted" => ("is-ok", "Taken"),
        "refused" => ("is-bad", "Refused"),
        "open" => ("is-info", "Waiting for the answer"),
        _ => ("is-warn", "Unknown"),
    };
    let took = attempt.finished_at.map_or_else(|| "–".to_owned(), |end| format!("{} ms", end - attempt.at));
    let code = attempt.code.map(|c| view! { <code class="ltr">{c}</code>" " });
    let why = attempt.reason.map(|reason| view! { <span class="cell-sub">{format!("Because {}.", messages::why(&reason))}</span> });
    view! {
        <tr>
            <th scope="row">{n}</th>
            <td data-label="Provider"><bdi>{attempt.connection}</bdi></td>
            <td data-label="Outcome"><span><Badge tone=tone text=word/>{why}</span></td>
            <td data-label="Meaning"><span>{code}{attempt.detail.unwrap_or_default()}</span></td>
            <td data-label="Its id there"><code class="ltr">{attempt.provider_message_id.unwrap_or_else(|| "–".into())}</code></td>
            <td data-label="Started" class="nowrap">{precise(attempt.at, zone)}</td>
            <td data-label="Took" class="num">{took}</td>
        </tr>
    }
}

fn whom((contact, is_listed): (String, bool)) -> AnyView {
    let profile = is_listed.then(|| view! { <a href=format!("/contacts/{contact}")>"Contact"</a>" · " });
    view! { {profile}<a href=format!("/people/{contact}/privacy")>"Personal data: hand out or erase"</a> }.into_any()
}

#[component]
fn Details(message: Message, campaign: Option<(String, String)>, person: Option<(String, bool)>, zone: Tz) -> impl IntoView {
    let template = message.template.map(|code| {
        let version = message.template_version.map(|v| format!(", version {v}")).unwrap_or_default();
        view! { <a href=format!("/templates/{code}")><bdi>{code.clone()}</bdi></a>{version} }
    });
    let country = Country::parse(&message.country).map_or(message.country.clone(), |c| c.name().to_owned());
    let category = Category::parse(&message.category).map_or(message.category.clone(), |c| c.label().to_owned());
    let campaign = campaign.map(|(id, name)| view! { <a href=format!("/campaigns/{id}")><bdi>{name}</bdi></a> }.into_any());
    let language = message.language.map(|tag| Language::stored(tag).name().to_owned().into_any());
    let rows = [
        ("Category", Some(category.into_any())),
        ("Country", Some(country.into_any())),
        ("Language", language),
        ("Template", template.map(IntoAny::into_any)),
        ("Campaign", campaign),
        ("Sender", message.from.map(|from| view! { <bdi>{from}</bdi> }.into_any())),
        ("Provider", message.connection.map(|name| view! { <bdi>{name}</bdi> }.into_any())),
        ("Its id there", message.provider_message_id.map(|id| view! { <code class="ltr">{id}</code> }.into_any())),
        ("Person", person.map(whom)),
        ("Due", Some(date_time(message.send_at, zone).into_any())),
        ("Delivered", message.delivered_at.map(|at| view! { <Time at=at zone=zone/> }.into_any())),
        ("Your reference", message.reference.map(|r| view! { <bdi>{r}</bdi> }.into_any())),
    ];
    let rows: Vec<_> =
        rows.into_iter().filter_map(|(name, value)| value.map(|v| view! { <tr><th scope="row">{name}</th><td>{v}</td></tr> })).collect();
    view! {
        <div class="table-wrap">
            <table class="dense facts">
                <tbody>
                    <tr>
                        <th scope="row">"Id"</th>
                        <td><span class="row"><code class="ltr" id="message-id">{message.id}</code>
                            <button class="btn btn-sm" type="button" data-copy="message-id">"Copy"</button></span></td>
                    </tr>
                    {rows}
                </tbody>
            </table>
        </div>
    }
}
