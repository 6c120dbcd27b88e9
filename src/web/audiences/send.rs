//! `/audiences/{id}/send`: what the people of an audience are told.

use leptos::prelude::*;

use super::actions::SEND;
use super::{LIST, page_of};
use crate::access::Permission;
use crate::audiences;
use crate::web::campaigns::pace::PaceField;
use crate::web::page::{desk, page as desk_page, param, typed};
use crate::web::ui::{Card, Crumb, ErrorSummary, Field, Hidden, PageHead};
use crate::web::uploads::matching::MessageFields;
use crate::web::uploads::start::published;

/// `/audiences/{id}/send`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let audience = audiences::get(&desk.app, desk.actor(), &param("id")).await?;
        let templates = published(&desk).await?;
        let back = page_of(audience.id.as_str());
        let crumbs = vec![Crumb::new("Audiences", LIST), Crumb::new(audience.name.clone(), back.clone())];
        let (form, usual) = (typed(SEND), desk.settings().language.clone());
        Ok(view! {
            <PageHead title="Send to an audience" crumbs=crumbs/>
            <Card id="message" title="What do they get?">
                <form class="body stack either" method="post" action=SEND>
                    <ErrorSummary form=form.clone()/>
                    <Hidden name="id" value=audience.id.as_str()/>
                    <MessageFields form=form.clone() templates=templates usual=usual
                        hint="{{ name }} is the person’s name; every other placeholder is filled with the attribute of its name."/>
                    <Field form=form.clone() name="name" label="Name of the campaign" value=audience.name hint="Only you and your colleagues see it."/>
                    <Field form=form.clone() name="sender" label="Sender" hint="Optional: a number or name that your provider lets you send as. Empty: the connection’s own."/>
                    <PaceField form=form pace=None/>
                    <p class="row"><button class="btn btn-primary" type="submit">"Check and see the cost"</button><a class="btn btn-quiet" href=back>"Cancel"</a></p>
                </form>
                <p class="card-foot">"Nothing is sent yet. Whoever opted out is counted and left out, and the audience is asked again when you send."</p>
            </Card>
        })
    })
}
