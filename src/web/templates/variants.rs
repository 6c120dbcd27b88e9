//! `/templates/{id}/variants`: other words to try, how they look, and what came of them.

use leptos::prelude::*;

use super::draft::Draft;
use super::preview::parts;
use super::texts::{cost_of, sentence};
use super::variant_fields::{SAVE, VariantForm};
use super::{LIST, Standing, TemplateTabs, crumbs, may_write};
use crate::campaigns::{self, Measure, Results};
use crate::connections;
use crate::kernel::clock::rfc3339;
use crate::kernel::language::Language;
use crate::templates::{self, SampleSet, TemplateView};
use crate::uses;
use crate::web::page::{Typed, desk, own_links, page as desk_page, param, query, typed};
use crate::web::ui::{Alert, Card, EmptyState, Glyph, PageHead, PhonePreview, SegmentMeter, Select, Tone};
use crate::web::variants::VariantTable;

/// Where one variant is chosen for everybody.
const USE: &str = "/do/templates/variant";

/// `/templates/{id}/variants`, with `?measure=`, `?shown=` and `?samples=` for what is looked at.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let template = templates::get(&desk.app, desk.actor(), &param("id")).await?;
        let measure = query("measure").as_deref().and_then(Measure::parse).unwrap_or_default();
        let results = match template.version {
            0 => None,
            version => campaigns::results_of_template(&desk.app, desk.actor(), &template.id, version, measure).await?,
        };
        let longest = uses::longest_values(&desk.app, desk.actor(), &template.id).await?;
        let mut draft = Draft::of(&template, &desk.settings().language).with_longest(longest);
        draft.price = connections::usual_price(&desk.app, desk.actor(), template.category).await?;
        draft.samples = query("samples").as_deref().and_then(SampleSet::parse).unwrap_or_default();
        let asked = query("shown").as_deref().and_then(Language::parse).filter(|l| template.texts.contains_key(l));
        draft.shown = asked.unwrap_or(draft.shown);
        let here = format!("{LIST}/{}/variants", template.id);
        let writes = may_write(&desk, &template);
        let below = view! { <Standing template=template.clone() desk=desk.clone()/> }.into_any();
        let sender = desk.settings().organisation.clone();
        let body = if writes {
            view! { <VariantForm form=typed(SAVE) template=template.clone() seen=rfc3339(template.updated_at)/> }.into_any()
        } else if template.variants.is_empty() {
            let text = "Whoever writes templates can add other words here, each with its share of a campaign’s people.";
            view! { <EmptyState glyph=Glyph::Chat title="No variants" text=text/> }.into_any()
        } else {
            ().into_any()
        };
        let command = (writes && !template.variants.is_empty())
            .then(|| (USE, vec![("id", template.id.to_string()), ("seen", rfc3339(template.updated_at))]));
        let found = results.map(|results| {
            let version = template.version;
            view! { <Found results=results version=version measure=measure here=here.clone() command=command/> }
        });
        let looks = (!template.variants.is_empty()).then(|| {
            view! { <Looks template=template.clone() draft=draft sender=sender here=here.clone()/> }
        });
        Ok(view! {
            <PageHead title=template.name.clone() crumbs=crumbs() below=below/>
            <TemplateTabs template=template here=here/>
            <div class="stack stack-5">
                <p class="muted narrow">"A campaign splits its people among the variants by their shares; a person keeps theirs. Single messages say A. Publish the draft, and new campaigns use what stands here."</p>
                {found}
                {looks}
                {body}
            </div>
        })
    })
}

#[component]
fn Found(
    results: Results,
    version: i64,
    measure: Measure,
    here: String,
    command: Option<(&'static str, Vec<(&'static str, String)>)>,
) -> impl IntoView {
    let options = Measure::ALL.into_iter().map(|m| (m.as_str().to_owned(), m.label().to_owned())).collect();
    view! {
        <Card id="results" title=format!("What came of version {version}")>
            <form class="body row" action=here>
                <Select form=Typed::default() name="measure" label="Compare by" value=measure.as_str() options=options/>
                <button class="btn align-end" type="submit">"Compare"</button>
            </form>
            <VariantTable results=results command=command/>
        </Card>
    }
    .into_any()
}

/// Each variant on a phone, with its size and what it costs.
#[component]
fn Looks(template: TemplateView, draft: Draft, sender: String, here: String) -> impl IntoView {
    let languages = template.texts.keys().map(|l| (l.to_string(), l.name().to_owned())).collect();
    let sets = SampleSet::ALL.into_iter().map(|set| (set.as_str().to_owned(), set.label().to_owned())).collect();
    let links = own_links();
    let own = template.texts.get(&draft.shown).cloned().unwrap_or_default();
    let phones: Vec<_> = template
        .variants
        .iter()
        .map(|variant| {
            let source = variant.texts.get(&draft.shown).unwrap_or(&own);
            let heading = format!("look-{}", variant.key);
            let title = if variant.name == variant.key { variant.key.clone() } else { format!("{} “{}”", variant.key, variant.name) };
            let body = match draft.sketch.preview_of(&draft.shown, source, draft.samples, &links) {
                Err(error) => view! { <Alert tone=Tone::Bad>{sentence(error)}</Alert> }.into_any(),
                Ok(preview) => {
                    let size = preview.text.clone();
                    let cost = draft.price.map(|price| view! { <p class="small muted">{cost_of(size.segments, price)}</p> });
                    view! {
                        <PhonePreview sender=sender.clone() parts=parts(&preview) lang=draft.shown.to_string() dir=draft.shown.dir()/>
                        <SegmentMeter segments=size.segments used=size.units room=size.units + size.left encoding=size.encoding.as_str()/>
                        {cost}
                    }
                    .into_any()
                }
            };
            view! {
                <section class="card c-4" aria-labelledby=heading>
                    <div class="card-head"><h2 id=heading.clone()><bdi>{title}</bdi></h2><span class="muted">{format!("{} %", variant.share)}</span></div>
                    <div class="body stack">{body}</div>
                </section>
            }
        })
        .collect();
    view! {
        <form class="row" action=here>
            <Select form=Typed::default() name="shown" label="Language" value=draft.shown.as_str() options=languages/>
            <Select form=Typed::default() name="samples" label="Preview with" value=draft.samples.as_str() options=sets/>
            <button class="btn align-end" type="submit">"Show"</button>
        </form>
        <div class="grid">{phones}</div>
    }
    .into_any()
}
