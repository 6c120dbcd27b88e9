//! One row as it looks on a phone.

use leptos::prelude::*;

use super::figure;
use super::problems::Place;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Currency;
use crate::uploads::{self, Outcome, RowPreview, Upload};
use crate::web::page::Desk;
use crate::web::ui::show::money;
use crate::web::ui::{Card, Glyph, Icon, Part, PhonePreview, Remarks, SegmentMeter};

/// The number of the first row under the column names.
const FIRST_ROW: u64 = 2;

/// The card for row `wanted`, with ways to the rows around it.
pub(super) async fn view(desk: &Desk, upload: &Upload, wanted: u64, place: &Place) -> Result<AnyView> {
    let row = match uploads::preview_row(&desk.app, desk.actor(), &upload.id, wanted).await {
        Ok(row) => Some(row),
        Err(Error::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    let href = |row: u64| {
        let others: String = place.pairs().into_iter().map(|(name, value)| format!("&{name}={value}")).collect();
        format!("/uploads/{}?row={row}{others}#preview", upload.id)
    };
    let previous = (wanted > FIRST_ROW).then(|| {
        view! { <a class="btn btn-sm btn-icon" href=href(wanted - 1) aria-label="Previous row"><Icon glyph=Glyph::Previous/></a> }
    });
    let next = row.is_some().then(|| {
        view! { <a class="btn btn-sm btn-icon" href=href(wanted + 1) aria-label="Next row"><Icon glyph=Glyph::Next/></a> }
    });
    let aside =
        view! { <span class="row">{previous}<span class="small">{format!("Row {}", figure(wanted))}</span>{next}</span> }.into_any();
    let sender = desk.settings().organisation.clone();
    let currency = desk.settings().currency;
    let shown = match row {
        Some(row) => view! { <Row row=row sender=sender currency=currency/> }.into_any(),
        None => view! { <p class="muted">"The file has no such row, or it is blank."</p> }.into_any(),
    };
    let kept: Vec<_> = place.pairs().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect();
    let action = format!("/uploads/{}#preview", upload.id);
    Ok(view! {
        <Card id="preview" title="Preview" aside=aside>
            <div class="body stack">
                {shown}
                <form class="row" method="get" action=action>
                    {kept}
                    <label for="row">"Go to row"</label>
                    <input class="input narrow-input" id="row" name="row" type="number" min=FIRST_ROW.to_string() value=wanted.to_string() inputmode="numeric"/>
                    <button class="btn btn-sm" type="submit">"Show"</button>
                </form>
            </div>
        </Card>
    }
    .into_any())
}

#[component]
fn Row(row: RowPreview, sender: String, currency: Currency) -> impl IntoView {
    let outcome = match row.outcome {
        Some(Outcome::Rejected(code)) => Some(format!(
            "Rejected: {}.",
            row.problem.map_or_else(|| code.label().to_owned(), |p| p.detail.trim_end_matches('.').to_owned())
        )),
        Some(Outcome::Repeated) => Some("Left out: an earlier row has the same number.".to_owned()),
        Some(Outcome::OptedOut) => Some("Left out: this person opted out, or never agreed to this category.".to_owned()),
        Some(Outcome::ToSend) | None => None,
    };
    let cost = row.cost.map(|cost| format!("costs about {}", money(cost, currency)));
    let meter = row.measure.map(|m| {
        view! { <SegmentMeter segments=m.segments used=m.units room=m.segments * m.per_segment encoding=m.encoding.as_str() why=cost.unwrap_or_default()/> }
    });
    let variant = row.variant.map(|key| view! { <p class="small muted">{format!("Variant {key}")}</p> });
    view! {
        <Text parts=row.parts language=row.language sender=sender phone=row.phone/>
        {variant}
        {meter}
        <Remarks warnings=row.warnings/>
        {outcome.map(|text| view! { <p class="text-bad strong">{text}</p> })}
    }
    .into_any()
}

/// The rendered text on a phone; nothing when the row does not fill it.
#[component]
pub(super) fn Text(
    parts: Vec<crate::templates::grammar::Part>,
    language: crate::kernel::language::Language,
    sender: String,
    phone: Option<String>,
) -> impl IntoView {
    if parts.is_empty() {
        return view! { <p class="muted">"Its values do not fill the text."</p> }.into_any();
    }
    let parts = parts.into_iter().map(|part| if part.from_placeholder { Part::Value(part.text) } else { Part::Text(part.text) }).collect();
    let stamp = phone.map(|phone| format!("To \u{2066}{phone}\u{2069}")).unwrap_or_default();
    view! { <PhonePreview sender=sender parts=parts lang=language.as_str() dir=language.dir() stamp=stamp/> }.into_any()
}
