//! The form for another pace. It stands beside what is fetched anew every two seconds, so that nothing typed is lost.

use leptos::prelude::*;

use crate::access::{Actor, Permission};
use crate::campaigns::Campaign;
use crate::web::limits::shown;
use crate::web::page::{Typed, typed};
use crate::web::ui::show::count;
use crate::web::ui::{Card, ErrorSummary, Field, Hidden};

/// What an empty field means.
pub const HINT: &str = "Empty means no limit: as fast as the connections allow.";
/// The command that the form posts to.
const SAVE: &str = "/do/campaigns/pace";

/// A pace in words.
pub fn words(pace: Option<u32>) -> String {
    pace.map_or_else(
        || "As fast as the connections allow".to_owned(),
        |most| format!("At most {} a minute", count(most, "message", "messages")),
    )
}

/// The field of a pace.
#[component]
pub fn PaceField(
    /// The form's state.
    form: Typed,
    /// What is stored.
    pace: Option<u32>,
) -> impl IntoView {
    view! { <Field form=form name="pace" label="Messages per minute, at most" value=shown(pace) inputmode="numeric" hint=HINT/> }
}

/// The form, for those who may send and as long as another pace makes a difference.
#[component]
pub fn PaceForm(
    /// Whose pace.
    campaign: Campaign,
    /// Who looks.
    actor: Actor,
) -> impl IntoView {
    if !(actor.may(Permission::Send) && campaign.can_change_pace()) {
        return ().into_any();
    }
    let form = typed(SAVE);
    view! {
        <div class="narrow mt-5 until-end">
            <Card id="speed" title="How fast">
                <form class="body stack" method="post" action=SAVE>
                    <ErrorSummary form=form.clone()/>
                    <Hidden name="id" value=campaign.id.to_string()/>
                    <PaceField form=form pace=campaign.pace/>
                    <p class="muted small">"A slower pace holds at once. A faster one is felt within ten minutes."</p>
                    <p class="row"><button class="btn" type="submit">"Save pace"</button></p>
                </form>
            </Card>
        </div>
    }
    .into_any()
}
