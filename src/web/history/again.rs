//! `/history/failed/again`: what trying all failed messages of a search again comes to.

use leptos::prelude::*;

use super::failed::{PAGE, may_pass, read};
use crate::access::Permission;
use crate::kernel::error::Error;
use crate::messages;
use crate::web::page::{desk, page as desk_page};
use crate::web::ui::show::{count, number, sentence_case};
use crate::web::ui::{Card, Crumb, Glyph, Hidden, Icon, PageHead};

/// `/history/failed/again`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let search = read(desk.settings());
        search.errors.clone().into_result()?;
        let reasons = messages::failed_reasons(&desk.app, desk.actor(), &search.filter).await?;
        let passing = may_pass(&reasons);
        if passing == 0 {
            return Err(Error::conflict("None of these messages failed for a reason that may pass, so there is nothing to try again."));
        }
        let for_good = reasons.iter().map(|r| r.messages.cast_signed()).sum::<i64>() - passing;
        let rest = (for_good > 0).then(|| {
            let text = format!("{} for good and will not be tried again.", count(for_good, "message failed", "messages failed"));
            view! { <p>{text}</p> }
        });
        let rows: Vec<_> = reasons
            .into_iter()
            .filter(|reason| reason.retryable)
            .map(|reason| {
                let words = sentence_case(reason.words.trim_end_matches('.'));
                view! { <tr><th scope="row">{words}</th><td class="num">{number(reason.messages.cast_signed())}</td></tr> }
            })
            .collect();
        let fields: Vec<_> = search.values().map(|(name, value)| view! { <Hidden name=name value=value.to_owned()/> }).collect();
        let back = search.href(PAGE);
        let title = format!("Try {} again?", count(passing, "message", "messages"));
        let button = format!("Try {} again", number(passing));
        let crumbs = vec![Crumb::new("History", "/history"), Crumb::new("Failed messages", back.clone())];
        Ok(view! {
            <PageHead title=title crumbs=crumbs/>
            <div class="narrow">
                <Card id="again" title="What happens">
                    <div class="body stack">
                        <p>"They wait for their turn and leave like new messages, at the pace of their campaign and of the connections. A campaign that had finished sends until they are done; a paused one sends them once it is resumed, and of a cancelled one none leaves."</p>
                        <p>"Nobody who opted out meanwhile gets one. Each that leaves is charged as a new message."</p>
                        {rest}
                    </div>
                    <div class="table-wrap">
                        <table class="dense">
                            <thead><tr><th scope="col">"Why they failed"</th><th scope="col" class="num">"Messages"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                    <form class="card-foot row" method="post" action="/do/messages/retry-failed">
                        {fields}
                        <button class="btn btn-primary" type="submit"><Icon glyph=Glyph::Retry/>{button}</button>
                        <a class="btn" href=back>"Leave them"</a>
                    </form>
                </Card>
            </div>
        })
    })
}
