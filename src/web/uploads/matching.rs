//! The message of an upload, and which of its columns is what.

use leptos::prelude::*;

use super::start::published;
use super::{UploadSteps, figure};
use crate::kernel::category::Category;
use crate::kernel::error::Result;
use crate::kernel::language::Language;
use crate::templates::TemplateView;
use crate::uploads::{self, ColumnMatch, Origin, Review, Upload};
use crate::web::page::{Desk, Typed, typed};
use crate::web::settings::choices;
use crate::web::ui::{Alert, Badge, Card, Command, Crumb, ErrorSummary, Hidden, PageHead, Select, TextArea, Tone};

const MESSAGE: &str = "/do/uploads/message";
const COLUMNS: &str = "/do/uploads/columns";

/// The page.
pub(super) async fn view(desk: &Desk, upload: Upload) -> Result<AnyView> {
    let review = uploads::review(&desk.app, desk.actor(), &upload.id).await?;
    let templates = published(desk).await?;
    let has_message = review.origin.is_some();
    let facts = format!("{} rows, {}, {}", figure(upload.counts.rows), super::size(upload.bytes), upload.encoding);
    let form = typed(MESSAGE);
    let message = view! { <MessageForm form=form.clone() upload=upload.clone() templates=templates desk=desk.clone()/> };
    let message = if has_message && !form.is_again() {
        view! {
            <details class="plain"><summary>{summary_of(&upload)}</summary>
                <div class="mt-4"><Card id="message" title="Change the message">{message}</Card></div>
            </details>
        }
        .into_any()
    } else {
        view! { <Card id="message" title="What do they get?">{message}</Card> }.into_any()
    };
    let problem = upload.problem.clone().map(|text| view! { <Alert tone=Tone::Bad>{text}</Alert> });
    let columns = review.columns.clone();
    let matching = has_message.then(|| view! { <ColumnsForm form=typed(COLUMNS) review=review/> });
    let id = upload.id.to_string();
    Ok(view! {
        <PageHead title="Match columns" crumbs=vec![Crumb::new("Uploads", "/uploads")]><UploadSteps here=1/></PageHead>
        <div class="stack stack-5">
            {problem}
            <div class="grid">
                <div class="c-7 stack stack-5">{message}{matching}</div>
                <div class="c-5"><Card id="columns" title=upload.file_name><Columns columns=columns has_message=has_message/><p class="card-foot">{facts}</p></Card></div>
            </div>
            <p class="row"><Command action="/do/uploads/discard" values=vec![("id", id)] class="btn-danger">"Discard this upload"</Command></p>
        </div>
    }
    .into_any())
}

fn summary_of(upload: &Upload) -> String {
    let what = if upload.template.is_some() { "The message is a template" } else { "The message is a text of your own" };
    upload.category.map_or_else(|| what.to_owned(), |category| format!("{what} ({})", category.label()))
}

#[component]
fn MessageForm(form: Typed, upload: Upload, templates: Vec<TemplateView>, desk: Desk) -> impl IntoView {
    view! {
        <form class="body stack either" method="post" action=MESSAGE>
            <ErrorSummary form=form.clone()/>
            <Hidden name="id" value=upload.id.to_string()/>
            <MessageFields form=form upload=upload templates=templates usual=desk.settings().language.clone()
                hint="Placeholders such as {{ name }} are filled from your columns, {{ unsubscribe_link }} with each person’s own link."/>
            <p class="row"><button class="btn btn-primary" type="submit">"Use this message"</button></p>
        </form>
    }
    .into_any()
}

/// A template, or a text with its category; and the language.
#[component]
pub fn MessageFields(
    /// What was typed.
    form: Typed,
    /// What was chosen before.
    #[prop(optional)]
    upload: Option<Upload>,
    /// The templates that are offered.
    templates: Vec<TemplateView>,
    /// The organisation's language.
    usual: Language,
    /// What fills the placeholders of a text.
    #[prop(into)]
    hint: String,
) -> impl IntoView {
    let chosen = upload.as_ref();
    let own = chosen.and_then(|u| u.template.as_ref()).and_then(|(id, _)| templates.iter().find(|t| t.id == *id)).map(|t| t.code.clone());
    let text = chosen.and_then(|u| u.text.clone());
    let is_text = form.or("wording", if text.is_some() || templates.is_empty() { "text" } else { "template" }) == "text";
    let none = (String::new(), "Choose a template".to_owned());
    let options =
        std::iter::once(none).chain(templates.into_iter().map(|t| (t.code, format!("{} ({})", t.name, t.category.label())))).collect();
    let categories = Category::ALL.into_iter().map(|c| (c.as_str().to_owned(), c.label().to_owned()));
    let categories = std::iter::once((String::new(), "Choose a category".to_owned())).chain(categories).collect();
    let language = chosen.and_then(|u| u.language.clone()).unwrap_or_else(|| usual.clone());
    let category = chosen.and_then(|u| u.category).map_or("", Category::as_str);
    view! {
        <fieldset class="stack">
            <legend>"Message"</legend>
            <div class="pick pick-2">
                <label><input type="radio" name="wording" value="template" checked=!is_text/><span>"A template"</span></label>
                <label><input type="radio" name="wording" value="text" checked=is_text/><span>"A text of your own"</span></label>
            </div>
        </fieldset>
        <div class="of-template">
            <Select form=form.clone() name="template" label="Template" options=options value=own.unwrap_or_default()/>
        </div>
        <div class="of-text stack">
            <TextArea form=form.clone() name="text" label="Text" value=text.unwrap_or_default() rows=4 hint=hint/>
            <Select form=form.clone() name="category" label="What it is about" options=categories value=category
                hint="People choose per category what they get."/>
        </div>
        <Select form=form name="language" label="Language" options=choices::languages(&usual) value=language.as_str()
            hint="For rows and people that name none."/>
    }
    .into_any()
}

#[component]
fn ColumnsForm(form: Typed, review: Review) -> impl IntoView {
    let id = review.upload.id.to_string();
    let note = match review.origin {
        Some(Origin::Chosen) => "As you matched them.",
        Some(Origin::Remembered) => "As in the last file with the same columns. Look them over.",
        _ => "Matched by their names and values. Look them over.",
    };
    let needed = |name: &str| match name {
        "phone" => "The number that the message goes to.",
        "language" => "Optional: the language of each person, such as en or fa.",
        name if review.unfilled.iter().any(|u| u == name) => "The message needs it.",
        _ => "",
    };
    let placeholders = review.placeholders.iter().filter(|name| !["phone", "language"].contains(&name.as_str()));
    let meanings = std::iter::once("phone").chain(placeholders.map(String::as_str)).chain(["language"]);
    let selects: Vec<_> = meanings
        .map(|meaning| {
            let column = review.columns.iter().find(|c| c.meaning.as_deref() == Some(meaning));
            let values = column.map(|c| first_values(&c.values)).filter(|v| !v.is_empty()).map(|v| format!("First values: {v}"));
            let hint = [needed(meaning).to_owned(), values.unwrap_or_default()].join(" ").trim().to_owned();
            let label = match meaning {
                "phone" => "Phone number".to_owned(),
                "language" => "Language".to_owned(),
                name => format!("{{{{ {name} }}}}"),
            };
            let none = (String::new(), "Not in the file".to_owned());
            let options = std::iter::once(none).chain(review.columns.iter().map(|c| (c.column.clone(), c.column.clone()))).collect();
            let value = column.map(|c| c.column.clone()).unwrap_or_default();
            view! { <Select form=form.clone() name=format!("col.{meaning}") label=label options=options value=value hint=hint/> }
        })
        .collect();
    view! {
        <Card id="mapping" title="Which column is what?">
            <form class="body stack" method="post" action=COLUMNS>
                <ErrorSummary form=form.clone()/>
                <Hidden name="id" value=id/>
                <p class="muted small">{note}</p>
                {selects}
                <p class="row"><button class="btn btn-primary" type="submit">"Check the file"</button><span class="muted small">"Nothing is sent yet."</span></p>
            </form>
        </Card>
    }
    .into_any()
}

/// Every column of the file, those that nothing uses in grey.
#[component]
fn Columns(columns: Vec<ColumnMatch>, has_message: bool) -> impl IntoView {
    let rows: Vec<_> = columns
        .into_iter()
        .map(|c| {
            let class = if has_message && c.meaning.is_none() { "muted" } else { "" };
            let used = match (&c.meaning, has_message) {
                (Some(meaning), _) => view! { <Badge tone="is-ok" plain=true text=meaning.clone()/> }.into_any(),
                (None, true) => view! { <span class="muted">"Not used"</span> }.into_any(),
                (None, false) => view! { <span class="muted">"–"</span> }.into_any(),
            };
            view! {
                <tr>
                    <th scope="row" class=class><bdi>{c.column}</bdi></th><td>{used}</td>
                    <td class=class><bdi>{first_values(&c.values)}</bdi></td>
                </tr>
            }
        })
        .collect();
    view! {
        <section class="table-wrap" tabindex="0" aria-label="Columns of the file">
            <table class="dense">
                <thead><tr><th scope="col">"Column"</th><th scope="col">"Fills"</th><th scope="col">"First values"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

/// The values in their order, each with its own direction.
fn first_values(values: &[String]) -> String {
    values.iter().filter(|v| !v.trim().is_empty()).map(|v| format!("\u{2068}{v}\u{2069}")).collect::<Vec<_>>().join(" · ")
}
