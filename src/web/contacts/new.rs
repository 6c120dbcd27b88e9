//! `/contacts/new`: the form of a new contact.

use leptos::prelude::*;

use super::LIST;
use super::fields::ProfileFields;
use crate::access::Permission;
use crate::web::page::{desk, page as desk_page, typed};
use crate::web::ui::{Card, Crumb, ErrorSummary, Field, PageHead};

/// Where the form is posted.
pub const ADD: &str = "/do/contacts/add";

/// `/contacts/new`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let usual = desk.settings().language.clone();
        let form = typed(ADD);
        Ok(view! {
            <PageHead title="New contact" crumbs=vec![Crumb::new("Contacts", LIST)]/>
            <Card id="contact" title="Contact">
                <form class="body stack" method="post" action=ADD>
                    <ErrorSummary form=form.clone()/>
                    <Field form=form.clone() name="phone" kind="tel" label="Phone number" required=true
                        hint="In any form. Adding somebody is not their consent: marketing still needs their agreement."/>
                    <ProfileFields form=form usual=usual/>
                    <p class="row"><button class="btn btn-primary" type="submit">"Add contact"</button><a class="btn btn-quiet" href=LIST>"Cancel"</a></p>
                </form>
            </Card>
        })
    })
}
