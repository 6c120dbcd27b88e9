//! `/contacts/{id}/remove`: says what removing a contact does, and asks.

use leptos::prelude::*;

use super::{LIST, page_of};
use crate::access::Permission;
use crate::contacts;
use crate::web::page::{desk, page as desk_page, param};
use crate::web::ui::show::PhoneNumber;
use crate::web::ui::{Card, Command, Crumb, Glyph, Icon, PageHead};

/// `/contacts/{id}/remove`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let contact = contacts::get(&desk.app, desk.actor(), &param("id")).await?;
        let back = page_of(&contact.id);
        Ok(view! {
            <PageHead title="Remove this contact?" crumbs=vec![Crumb::new("Contacts", LIST), Crumb::new("The contact", back.clone())]/>
            <Card id="remove" title="What it does">
                <div class="body stack">
                    <p>"Name, attributes, tags, status and purchases of "<PhoneNumber number=contact.phone/>" are deleted, and it leaves the list."</p>
                    <p>"Its messages stay in the history, and what the person agreed to and refused stays on record: a refusal holds whoever writes to the number next."</p>
                    <div class="row">
                        <Command action="/do/contacts/remove" values=vec![("id", contact.id)] class="btn-danger"><Icon glyph=Glyph::Trash/>"Remove the contact"</Command>
                        <a class="btn" href=back>"Keep it"</a>
                    </div>
                </div>
            </Card>
        })
    })
}
