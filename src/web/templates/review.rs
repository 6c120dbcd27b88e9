//! What a draft that waits for a second person says to those who may answer, and to those who asked.

use leptos::prelude::*;

use super::actions::{APPROVE, REJECT};
use super::uses::Warnings;
use super::versions::Changes;
use crate::kernel::clock::rfc3339;
use crate::kernel::error::Result;
use crate::templates::{self, Review, ReviewStatus, Said, TemplateView, Variant};
use crate::uses::Breakage;
use crate::web::page::{Desk, Typed, typed};
use crate::web::ui::show::Time;
use crate::web::ui::{Alert, Card, ErrorSummary, Glyph, Hidden, Icon, TextArea, Tone};

/// The card above the editor.
pub struct ReviewCard {
    template: TemplateView,
    review: Review,
    /// What is live now, for those who may answer.
    live: Option<Said>,
    warnings: Vec<Breakage>,
    form: Typed,
    desk: Desk,
}

impl ReviewCard {
    /// The card of a template; `None` when nobody asked for its approval.
    pub async fn load(desk: &Desk, template: &TemplateView, warnings: &[Breakage]) -> Result<Option<Self>> {
        let Some(review) = template.review.clone().filter(|_| template.can_publish()) else { return Ok(None) };
        let live = match templates::may_answer(&desk.app, desk.actor(), template).await? {
            false => None,
            true if template.version == 0 => Some(Said::default()),
            true => Some(templates::version(&desk.app, desk.actor(), template.id.as_str(), template.version).await?.said()),
        };
        let (yes, no) = (typed(APPROVE), typed(REJECT));
        let form = if yes.is_again() { yes } else { no };
        Ok(Some(Self { template: template.clone(), review, live, warnings: warnings.to_vec(), form, desk: desk.clone() }))
    }

    /// The card on the page.
    pub fn view(self) -> AnyView {
        let zone = self.desk.settings().time_zone;
        match (self.review.status, self.live) {
            (ReviewStatus::Rejected, _) => {
                let answer = self.review.answer.map(|answer| {
                    let note = answer.note.map(|note| view! { ": "<span dir="auto">{note}</span> });
                    view! { <p><strong><bdi>{answer.by}</bdi>" rejected this draft"</strong>", "<Time at=answer.at zone=zone/>{note}</p> }
                });
                view! { <Alert tone=Tone::Warn>{answer}<p>"Change it and ask again."</p></Alert> }.into_any()
            }
            (ReviewStatus::Waiting, None) => view! {
                <Alert tone=Tone::Info>
                    <p><strong>"Waiting for approval."</strong>" "<bdi>{self.review.asked_by}</bdi>" asked, "<Time at=self.review.asked_at zone=zone/>
                    ". Somebody who neither wrote nor asked can answer here. Changing the text takes the request back."</p>
                </Alert>
            }
            .into_any(),
            (ReviewStatus::Waiting, Some(live)) => {
                let title = format!("Approve version {}?", self.template.version + 1);
                let note = self.review.note.map(|note| view! { <p dir="auto">{note}</p> });
                view! {
                    <Card id="review" title=title>
                        <form class="body stack" method="post" action=APPROVE>
                            <ErrorSummary form=self.form.clone()/>
                            <p><bdi>{self.review.asked_by}</bdi>" asks, "<Time at=self.review.asked_at zone=zone/>". This would change:"</p>
                            {note}
                            <Shares variants=self.template.variants.clone()/>
                            <Changes old=live new=self.template.said()/>
                            <Warnings warnings=self.warnings/>
                            <Hidden name="id" value=self.template.id.to_string()/>
                            <Hidden name="seen" value=rfc3339(self.template.updated_at)/>
                            <TextArea form=self.form name="note" label="Your note" rows=2 hint="A rejection needs one."/>
                            <p class="row">
                                <button class="btn btn-primary" type="submit"><Icon glyph=Glyph::Check/>"Approve and publish"</button>
                                <button class="btn" type="submit" formaction=REJECT>"Reject"</button>
                            </p>
                        </form>
                    </Card>
                }
                .into_any()
            }
        }
    }
}

/// Which share each variant is to have, for whoever approves it.
#[component]
fn Shares(variants: Vec<Variant>) -> impl IntoView {
    if variants.is_empty() {
        return ().into_any();
    }
    let shares = variants.iter().map(|v| format!("{} {} %", v.key, v.share)).collect::<Vec<_>>().join(", ");
    view! { <p>{format!("A/B variants: {shares} of each campaign’s people.")}</p> }.into_any()
}
