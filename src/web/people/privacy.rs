//! `/people/{id}/privacy`: what is held about one person, as figures, a file, and a form that erases it.

use leptos::prelude::*;

use crate::access::Permission;
use crate::privacy::{self, Held};
use crate::web::page::{Typed, desk, page as desk_page, param, typed};
use crate::web::ui::show::count;
use crate::web::ui::{Alert, Card, Crumb, ErrorSummary, Field, Glyph, Hidden, Icon, PageHead, Tally, Tone};

/// What must be typed to erase somebody.
pub const WORD: &str = "ERASE";
/// What must be typed to remove somebody's texts.
pub const REMOVE: &str = "REMOVE";
const REDACT: &str = "/do/people/redact";
const ERASE: &str = "/do/people/erase";

/// `/people/{id}/privacy`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let held = privacy::held(&desk.app, desk.actor(), &param("id")).await?;
        let may_erase = desk.actor().may(Permission::Settings);
        let may_export = desk.actor().may(Permission::ViewPersonal);
        let id = held.id.clone();
        let body = if held.erased { erased().into_any() } else { living(&held, may_erase) };
        Ok(view! {
            <PageHead title="Personal data" crumbs=vec![Crumb::new("History", "/history")]>
                {may_export.then(|| view! {
                    <a class="btn" href=format!("/people/{id}/person.json") download=""><Icon glyph=Glyph::Download/>"Everything as JSON"</a>
                    <a class="btn" href=format!("/people/{id}/person.csv") download=""><Icon glyph=Glyph::Download/>"Everything as CSV"</a>
                })}
            </PageHead>
            <div class="narrow stack stack-5">
                <Figures held=held/>
                {body}
            </div>
        })
    })
}

#[component]
fn Figures(held: Held) -> impl IntoView {
    let who = if held.erased { "Erased".to_owned() } else { held.phone };
    view! {
        <Card id="held" title="What is held">
            <div class="body stack">
                <p><bdi class="ltr strong">{who}</bdi></p>
                <dl class="tally">
                    <Tally label="Numbers" value=held.numbers.to_string() note="of this person"/>
                    <Tally label="Messages" value=held.messages.to_string() note="with texts, attempts and reports"/>
                    <Tally label="Consent" value=held.consent.to_string() note="entries of the ledger"/>
                    <Tally label="Rows" value=held.rows.to_string() note="in uploaded files"/>
                </dl>
            </div>
        </Card>
    }
}

fn erased() -> impl IntoView {
    view! {
        <Alert tone=Tone::Info>
            <p>"This person was erased. What stays are counts, costs and times, and a keyed hash that keeps the number refused."</p>
        </Alert>
    }
}

fn living(held: &Held, may_erase: bool) -> AnyView {
    if !may_erase {
        return view! { <p class="muted">"An owner or admin can erase this person."</p> }.into_any();
    }
    let (form, redact) = (typed(ERASE), redact(&held.id, typed(REDACT)));
    let texts = count(held.messages.cast_signed(), "message loses its text", "messages lose their texts");
    let rows = count(held.rows.cast_signed(), "row leaves its file", "rows leave their files");
    let id = held.id.clone();
    view! {
        {redact}
        <Card id="erase" title="Erase this person">
            <form class="body stack" method="post" action=ERASE>
                <ErrorSummary form=form.clone()/>
                <Hidden name="id" value=id/>
                <p>{format!("For good: {texts}, {rows}, and what waits for them is dropped. The number stays refused, whoever brings it again.")}</p>
                <p class="muted">"Counts and costs stay as they are. Backups that were made before still hold the person until they are replaced."</p>
                <Field form=form name="confirm" label=format!("Type {WORD} to go on") hint="This cannot be taken back."/>
                <p class="row"><button class="btn btn-danger" type="submit">"Erase for good"</button></p>
            </form>
        </Card>
    }
    .into_any()
}

/// The form that takes the texts out and leaves the person.
fn redact(id: &str, form: Typed) -> AnyView {
    let id = id.to_owned();
    view! {
        <Card id="redact" title="Remove their texts">
            <form class="body stack" method="post" action=REDACT>
                <ErrorSummary form=form.clone()/>
                <Hidden name="id" value=id/>
                <p>"The texts that went to this person and what they wrote go for good. The person, their consent, and every cost and outcome stay."</p>
                <Field form=form name="word" label=format!("Type {REMOVE} to go on") hint="This cannot be taken back. What has not left yet keeps its text."/>
                <p class="row"><button class="btn" type="submit">"Remove texts"</button></p>
            </form>
        </Card>
    }
    .into_any()
}
