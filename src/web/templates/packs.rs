//! `/templates/packs` and `/templates/packs/{name}`: ready-made templates, looked at and installed.

use leptos::prelude::*;

use super::actions::INSTALL;
use super::{LIST, crumbs};
use crate::access::Permission;
use crate::kernel::language::Language;
use crate::templates::packs::{self, Pack, PackTemplate};
use crate::templates::{SampleSet, preview_source};
use crate::web::page::{desk, own_links, page as desk_page, param, typed};
use crate::web::ui::show::count;
use crate::web::ui::{Badge, Card, Crumb, ErrorSummary, Hidden, PageHead};

/// The page that all packs are listed on.
pub const PACKS: &str = "/templates/packs";

/// `/templates/packs`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let rows: Vec<_> = packs::packs(&desk.app, desk.actor()).await?.into_iter().map(row).collect();
        Ok(view! {
            <PageHead title="Packs" crumbs=crumbs()/>
            <div class="stack">
                <p class="muted">"Ready-made templates by trade. What you install is yours: change it, add languages, publish again."</p>
                <Card id="packs" title="Packs">
                    <div class="table-wrap">
                        <table class="table-stack">
                            <thead><tr><th scope="col">"Pack"</th><th scope="col">"Languages"</th><th scope="col" class="num">"Templates"</th><th scope="col" class="num">"You have"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </Card>
            </div>
        })
    })
}

fn row(pack: Pack) -> impl IntoView {
    let installed = pack.installed();
    let languages = pack.languages.iter().map(|l| l.name().to_owned()).collect::<Vec<_>>().join(", ");
    view! {
        <tr>
            <th scope="row"><a href=format!("{PACKS}/{}", pack.name)>{pack.title}</a><span class="cell-sub">{pack.description}</span></th>
            <td data-label="Languages"><bdi>{languages}</bdi></td>
            <td data-label="Templates" class="num">{pack.templates.len()}</td>
            <td data-label="You have" class="num">{installed}</td>
        </tr>
    }
}

/// `/templates/packs/{name}`.
pub fn one() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let pack = packs::pack(&desk.app, desk.actor(), &param("name")).await?;
        let form = typed(INSTALL);
        let may_install = desk.actor().may(Permission::Templates);
        let left = pack.templates.len() - pack.installed();
        let ticked: Vec<String> = form.all("codes").map(str::to_owned).collect();
        let cards: Vec<_> = pack
            .templates
            .into_iter()
            .map(|template| {
                let ticked = ticked.iter().any(|code| code == template.code);
                view! { <Ready template=template may_install=may_install ticked=ticked/> }
            })
            .collect();
        let all = format!("Install all {left} that are new");
        let buttons = (may_install && left > 0).then(|| {
            view! {
                <p class="row">
                    <button class="btn btn-primary" type="submit">"Install the ticked ones"</button>
                    <button class="btn" type="submit" name="all" value="true">{all}</button>
                </p>
            }
        });
        let crumbs = vec![Crumb::new("Templates", LIST), Crumb::new("Packs", PACKS)];
        let below = view! { <p class="muted mt-1">{pack.description}</p> }.into_any();
        Ok(view! {
            <PageHead title=pack.title crumbs=crumbs below=below/>
            <form class="stack stack-5" method="post" action=INSTALL>
                <ErrorSummary form=form/>
                <Hidden name="name" value=pack.name/>
                {buttons}
                <div class="grid" id="codes">{cards}</div>
            </form>
        })
    })
}

/// One template of the pack with its texts as phones would show them.
#[component]
fn Ready(template: PackTemplate, may_install: bool, ticked: bool) -> impl IntoView {
    let heading = format!("pack-{}", template.code);
    let labelled = heading.clone();
    let choice = if template.installed {
        view! { <Badge tone="is-ok" text="You have this"/> }.into_any()
    } else if may_install {
        let label = format!("Install {}", template.name);
        view! { <input type="checkbox" name="codes" value=template.code checked=ticked aria-label=label/> }.into_any()
    } else {
        ().into_any()
    };
    let texts: Vec<_> = template.texts.iter().map(|(language, source)| shown(&template, language, source)).collect();
    view! {
        <section class="card c-6" aria-labelledby=labelled>
            <div class="card-head"><h2 id=heading><bdi>{template.name}</bdi></h2>{choice}</div>
            <div class="body stack">
                <p class="small muted">{template.category.label()}". "{template.description}" "<code class="ltr">{template.code}</code></p>
                {texts}
            </div>
        </section>
    }
    .into_any()
}

/// A text with samples, and what it takes.
fn shown(template: &PackTemplate, language: &Language, source: &str) -> impl IntoView + use<> {
    let preview = preview_source(language, source, &template.placeholders, SampleSet::Typical, &own_links()).ok();
    let (text, size) = match preview {
        Some(preview) => {
            let size = count(i64::from(preview.text.segments), "segment", "segments");
            (preview.text.text, format!(", {size}"))
        }
        None => (source.to_owned(), String::new()),
    };
    view! {
        <div>
            <p class="bubble" lang=language.to_string() dir=language.dir()>{text}</p>
            <p class="small muted"><bdi>{language.name()}</bdi>{size}</p>
        </div>
    }
}
