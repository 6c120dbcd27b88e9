//! `/audiences/{id}/delete`: says where an audience is used, and asks.

use leptos::prelude::*;

use super::edit::Used;
use super::{LIST, page_of};
use crate::access::Permission;
use crate::audiences;
use crate::campaigns::{self, CampaignStatus};
use crate::web::page::{desk, page as desk_page, param};
use crate::web::ui::show::count;
use crate::web::ui::{Alert, Card, Command, Crumb, Glyph, Icon, PageHead, Tone};

/// `/audiences/{id}/delete`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let audience = audiences::get(&desk.app, desk.actor(), &param("id")).await?;
        let used = campaigns::of_audience(&desk.app, desk.actor(), &audience.id).await?;
        let drafts = used.iter().filter(|campaign| campaign.status == CampaignStatus::Draft).count() as i64;
        let drafts = (drafts > 0).then(|| {
            let text = format!("{} of it can no longer be launched then.", count(drafts, "draft", "drafts"));
            view! { <Alert tone=Tone::Warn>{text}</Alert> }
        });
        let back = page_of(audience.id.as_str());
        let crumbs = vec![Crumb::new("Audiences", LIST), Crumb::new(audience.name, back.clone())];
        Ok(view! {
            <PageHead title="Delete this audience?" crumbs=crumbs/>
            <div class="stack stack-5">
                {drafts}
                <Card id="delete" title="What it does">
                    <div class="body stack">
                        <p>"The saved filter is deleted. The people in it stay as they are, and campaigns that were launched with it go on."</p>
                        <div class="row">
                            <Command action="/do/audiences/delete" values=vec![("id", audience.id.as_str().to_owned())] class="btn-danger"><Icon glyph=Glyph::Trash/>"Delete the audience"</Command>
                            <a class="btn" href=back>"Keep it"</a>
                        </div>
                    </div>
                </Card>
                <Card id="used" title="Where it is used"><Used campaigns=used/></Card>
            </div>
        })
    })
}
