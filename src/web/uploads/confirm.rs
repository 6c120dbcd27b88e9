//! `/uploads/{id}/confirm`: name it, say when, and send.

use leptos::prelude::*;

use super::cost::budget_after;
use super::preview::Text;
use super::{UploadSteps, figure, id_in_path};
use crate::access::Permission;
use crate::campaigns::{self, Campaign, Stage};
use crate::costs::{self, BudgetView};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::fresh;
use crate::kernel::money::Currency;
use crate::templates;
use crate::uploads::{self, RowPreview, Upload, UploadStatus};
use crate::web::campaigns::pace::{self, PaceField};
use crate::web::campaigns::trial::{self, TrialFields};
use crate::web::page::{Desk, Typed, desk, page as desk_page, typed};
use crate::web::ui::show::{count, date_time, money};
use crate::web::ui::{Alert, Card, Crumb, ErrorSummary, Field, Hidden, PageHead, Tone};

const LAUNCH: &str = "/do/uploads/launch";

/// `/uploads/{id}/confirm`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let upload = uploads::get(&desk.app, desk.actor(), &id_in_path()?).await?;
        let campaign = campaigns::of_upload(&desk.app, desk.actor(), &upload.id).await?;
        match campaign {
            Some(campaign) if !campaign.can_launch() => Ok(launched(campaign)),
            _ if !matches!(upload.status, UploadStatus::Checked | UploadStatus::Used) => {
                Err(Error::conflict("This upload is not checked yet. Check it first."))
            }
            draft => form_page(&desk, upload, draft).await,
        }
    })
}

/// What the back button finds after a launch.
fn launched(campaign: Campaign) -> AnyView {
    let href = format!("/campaigns/{}", campaign.id);
    view! {
        <PageHead title="Already sent" crumbs=vec![Crumb::new("Uploads", "/uploads")]><UploadSteps here=4/></PageHead>
        <Alert tone=Tone::Info>"This file was launched as "<a href=href><bdi>{campaign.name}</bdi></a>". It is not sent a second time."</Alert>
    }
    .into_any()
}

async fn form_page(desk: &Desk, upload: Upload, draft: Option<Campaign>) -> Result<AnyView> {
    let first = match uploads::first_to_send(&desk.app, desk.actor(), &upload.id).await? {
        Some(row) => Some(uploads::preview_row(&desk.app, desk.actor(), &upload.id, row).await?),
        None => None,
    };
    let budget = costs::budget(&desk.app, desk.actor()).await?;
    let message = match &upload.template {
        Some((id, version)) => format!("{}, version {version}", templates::get(&desk.app, desk.actor(), id.as_str()).await?.name),
        None => "A text of your own".to_owned(),
    };
    let back = format!("/uploads/{}", upload.id);
    let crumbs = vec![Crumb::new("Uploads", "/uploads"), Crumb::new(upload.file_name.clone(), back)];
    let sender = desk.settings().organisation.clone();
    Ok(view! {
        <PageHead title="Confirm and send" crumbs=crumbs><UploadSteps here=3/></PageHead>
        <div class="grid">
            <div class="c-8 stack stack-5">
                <Facts upload=upload.clone() message=message budget=budget.clone()/>
                <LaunchForm form=typed(LAUNCH) upload=upload draft=draft desk=desk.clone() budget=budget/>
            </div>
            <div class="c-4"><Card id="first" title="The first message"><div class="body"><First row=first sender=sender/></div></Card></div>
        </div>
    }
    .into_any())
}

#[component]
fn First(row: Option<RowPreview>, sender: String) -> impl IntoView {
    match row {
        Some(row) => view! { <Text parts=row.parts language=row.language sender=sender phone=row.phone/> }.into_any(),
        None => view! { <p class="muted">"No row can be sent to."</p> }.into_any(),
    }
}

#[component]
fn Facts(upload: Upload, message: String, budget: BudgetView) -> impl IntoView {
    let summary = upload.summary.unwrap_or_default();
    let currency = Currency::parse(&summary.currency).unwrap_or(budget.currency);
    let cost = summary.cost();
    let about = if cost.complete { "About" } else { "At least" };
    let left_out = upload.counts.rows - upload.counts.to_send;
    let rows = [
        ("File", upload.file_name),
        ("People", figure(upload.counts.to_send)),
        ("Left out", format!("{} rejected, repeated or opted out", count(left_out.cast_signed(), "row", "rows"))),
        ("Message", message),
        ("About", upload.category.map_or("–", crate::kernel::category::Category::label).to_owned()),
        (
            "Cost",
            format!("{about} {} for {}", money(cost.amount, currency), count(summary.segments().cast_signed(), "segment", "segments")),
        ),
    ];
    let rows: Vec<_> =
        rows.into_iter().map(|(name, value)| view! { <tr><th scope="row">{name}</th><td><bdi>{value}</bdi></td></tr> }).collect();
    view! {
        <Card id="facts" title="What will be sent">
            <div class="table-wrap"><table class="dense"><tbody>{rows}</tbody></table></div>
            <p class="card-foot">{budget_after(&budget, cost.amount)}</p>
        </Card>
    }
    .into_any()
}

#[component]
fn LaunchForm(form: Typed, upload: Upload, draft: Option<Campaign>, desk: Desk, budget: BudgetView) -> impl IntoView {
    let people = upload.counts.to_send;
    let cost = upload.summary.as_ref().map_or(0, |summary| summary.cost().amount);
    let zone = desk.settings().time_zone;
    let now = desk.app.clock.now();
    let later = form.or("when", "now") == "later";
    let clock = format!("In the time zone {}, where it is {} now.", zone.name(), date_time(now, zone));
    let name = upload.file_name.rsplit_once('.').map_or(upload.file_name.clone(), |(stem, _)| stem.to_owned());
    let has_variants = upload.summary.as_ref().is_some_and(|summary| summary.groups.iter().any(|group| group.variant.is_some()));
    // A draft has its name, sender and pace already; how its variants are tried may still be chosen.
    let naming = match draft {
        Some(draft) => {
            let change = format!("/campaigns/{}#speed", draft.id);
            let is_open = has_variants && draft.trial.plan.is_none() && draft.trial.choice.is_none();
            view! {
                <p>"Campaign "<strong><bdi>{draft.name}</bdi></strong></p>
                <p>{format!("{}. ", pace::words(draft.pace))}<a href=change>"Change the pace"</a></p>
                {draft.trial.choice.map(|choice| view! { <p>{format!("Everybody gets variant {choice}.")}</p> })}
                {draft.trial.plan.filter(|_| draft.trial.stage == Some(Stage::Trying)).map(|plan| view! { <p>{trial::words(&plan)}</p> })}
                {is_open.then(|| view! { <TrialFields form=form.clone()/> })}
            }
            .into_any()
        }
        None => view! {
            <Field form=form.clone() name="name" label="Name of the campaign" value=name hint="Only you and your colleagues see it."/>
            <Field form=form.clone() name="sender" label="Sender" hint="Optional: a number or name that your provider lets you send as. Empty: the connection’s own."/>
            <PaceField form=form.clone() pace=None/>
            {has_variants.then(|| view! { <TrialFields form=form.clone()/> })}
        }
        .into_any(),
    };
    let typed_count = campaigns::needs_typed_count(people, cost, budget.limit).then(|| {
        let label = format!("Type {} to confirm", figure(people));
        view! { <Field form=form.clone() name="confirm" label=label inputmode="numeric" required=true autocomplete="off" hint="That many messages leave."/> }
    });
    view! {
        <Card id="launch" title="Send it">
            <form class="body stack" method="post" action=LAUNCH>
                <ErrorSummary form=form.clone()/>
                <Hidden name="id" value=upload.id.to_string()/>
                <Hidden name="token" value=fresh(now)/>
                {naming}
                <fieldset class="stack either">
                    <legend>"When"</legend>
                    <div class="pick pick-2">
                        <label><input type="radio" name="when" value="now" checked=!later/><span>"Now"</span></label>
                        <label><input type="radio" name="when" value="later" checked=later/><span>"Later"</span></label>
                    </div>
                    <div class="of-later"><Field form=form.clone() name="send_at" label="Date and time" kind="datetime-local" hint=clock/></div>
                </fieldset>
                {typed_count}
                <p class="row">
                    <button class="btn btn-primary" type="submit">{format!("Send to {}", count(people.cast_signed(), "person", "people"))}</button>
                    <a class="btn" href=format!("/uploads/{}", upload.id)>"Back"</a>
                </p>
            </form>
        </Card>
    }
    .into_any()
}
