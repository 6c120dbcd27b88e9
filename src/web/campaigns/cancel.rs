//! `/campaigns/{id}/cancel`: what cancelling can no longer stop.

use leptos::prelude::*;

use super::{done, figure, id_in_path};
use crate::access::Permission;
use crate::campaigns;
use crate::kernel::error::Error;
use crate::web::page::{desk, page as desk_page};
use crate::web::ui::show::count;
use crate::web::ui::{Card, Command, Crumb, PageHead};

/// `/campaigns/{id}/cancel`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let campaign = campaigns::get(&desk.app, desk.actor(), &id_in_path()?).await?;
        if !campaign.can_cancel() {
            return Err(Error::conflict(format!(
                "This campaign is {}, so there is nothing to cancel.",
                campaign.status.label().to_lowercase()
            )));
        }
        let back = format!("/campaigns/{}", campaign.id);
        let (left, waiting) = (done(&campaign), campaign.counts.waiting());
        let stopped = count(waiting.cast_signed(), "message is stopped", "messages are stopped");
        let gone = match left {
            0 => "None has left yet.".to_owned(),
            1 => "1 has already left and cannot be called back.".to_owned(),
            n => format!("{} have already left and cannot be called back.", figure(n)),
        };
        Ok(view! {
            <PageHead title="Cancel this campaign?" crumbs=vec![Crumb::new("Campaigns", "/campaigns"), Crumb::new(campaign.name.clone(), back.clone())]/>
            <div class="narrow">
                <Card id="cancel" title=campaign.name.clone()>
                    <div class="body stack">
                        <p>{format!("{stopped} for good. {gone}")}</p>
                        <p class="muted">"A cancelled campaign cannot be resumed. To stop it for a while, pause it."</p>
                        <div class="row">
                            <Command action="/do/campaigns/cancel" values=vec![("id", campaign.id.to_string())] class="btn-danger">"Cancel the campaign"</Command>
                            <a class="btn" href=back>"Keep it"</a>
                        </div>
                    </div>
                </Card>
            </div>
        })
    })
}
