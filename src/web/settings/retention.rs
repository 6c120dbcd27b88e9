//! `/settings/retention`: how long things are kept, what would go, and what went.
//!
//! The periods are asked for in the address first, so that what would go is seen before anything is saved.

use chrono_tz::Tz;
use leptos::prelude::*;
use serde_json::{Map, Value, json};

use super::SettingsTabs;
use crate::access::{Held, Permission, days};
use crate::kernel::category::Category;
use crate::kernel::error::{FieldErrors, Result};
use crate::privacy::{self, KeptKind, RetentionView};
use crate::web::action::{Answer, Done, Posted, act, posted};
use crate::web::page::{Typed, desk, page as desk_page, query, request, typed};
use crate::web::ui::show::{count, date_time, number};
use crate::web::ui::{Card, Checks, ErrorSummary, Field, Hidden, PageHead};

const PAGE: &str = "/settings/retention";
const SAVE: &str = "/do/settings/retention";
/// Says in the address that a change is asked about.
const ASKED: &str = "look";

/// `/settings/retention`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Settings)?;
        let now = privacy::retention(&desk.app, desk.actor()).await?;
        let zone = desk.settings().time_zone;
        let asked = query(ASKED).is_some().then(Asked::of_address);
        let preview = match asked.as_ref().map(|asked| &asked.change) {
            Some(Ok(change)) => {
                let after = privacy::preview(&desk.app, desk.actor(), change).await?;
                Some(view! { <Preview before=now.clone() after=after asked=asked.as_ref().map(|a| a.values.clone()).unwrap_or_default()/> })
            }
            _ => None,
        };
        let form = match asked {
            Some(Asked { values, change }) => Typed::asked(values, change.err().unwrap_or_default()),
            None => typed(SAVE),
        };
        Ok(view! {
            <PageHead title="How long things are kept"/>
            <SettingsTabs actor=desk.actor().clone() here=PAGE/>
            <div class="stack stack-5 narrow">
                {preview}
                <form class="stack stack-5" method="get" action=PAGE id="retention">
                    <ErrorSummary form=form.clone()/>
                    <Hidden name=ASKED value="1"/>
                    <p class="muted">
                        "Every hour Peyk takes out what is older. Figures, costs and refusals stay true. Empty means that it is kept for good."
                    </p>
                    <Kinds form=form.clone() kinds=now.kinds zone=zone/>
                    <Sensitive form=form sensitive=now.sensitive/>
                    <p class="row"><button class="btn btn-primary" type="submit">"See what would go"</button></p>
                </form>
                <Always/>
            </div>
        })
    })
}

/// The periods that the address asks about.
struct Asked {
    values: Vec<(String, String)>,
    change: std::result::Result<Value, FieldErrors>,
}

impl Asked {
    fn of_address() -> Self {
        let query = request().uri.query().unwrap_or_default().to_owned();
        let values: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let change = read(|name| values.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect());
        Self { values, change }
    }
}

/// Reads the fields of the form; every faulty one is named.
fn read(get: impl Fn(&str) -> Vec<String>) -> std::result::Result<Value, FieldErrors> {
    let (mut change, mut errors) = (Map::new(), FieldErrors::new());
    for held in Held::ALL {
        let text = get(held.as_str()).into_iter().next().unwrap_or_default();
        let text = text.trim();
        let value = if text.is_empty() { Value::Null } else { text.parse::<u64>().map_or_else(|_| json!(text), Value::from) };
        match days(held, &value) {
            Ok(_) => drop(change.insert(held.as_str().into(), value)),
            Err(detail) => {
                let detail = if value.is_string() { "Write a whole number of days, or leave it empty.".into() } else { detail };
                errors.add(held.as_str(), "unusable", format!("{}: {detail}", held.label()));
            }
        }
    }
    let sensitive: Vec<String> = get("sensitive").into_iter().filter(|word| Category::parse(word).is_some()).collect();
    change.insert("sensitive".into(), json!(sensitive));
    errors.into_result().map(|()| Value::Object(change)).map_err(|error| match error {
        crate::kernel::error::Error::Invalid(errors) => errors,
        _ => FieldErrors::new(),
    })
}

fn kept(days: Option<u64>) -> String {
    days.map_or_else(|| "for good".into(), |days| count(days.cast_signed(), "day", "days"))
}

/// How much goes, in words.
fn goes(kind: &KeptKind) -> String {
    match (kind.goes_now, kind.goes_now_is_more) {
        (0, _) => "nothing".into(),
        (n, true) => format!("more than {}", number(n.cast_signed())),
        (n, false) => number(n.cast_signed()),
    }
}

fn label(kind: &KeptKind) -> &'static str {
    Held::parse(&kind.kind).map_or("", Held::label)
}

/// What a change would do at once, and the button that makes it so.
#[component]
fn Preview(before: RetentionView, after: RetentionView, asked: Vec<(String, String)>) -> impl IntoView {
    let removes = after.kinds.iter().any(|kind| kind.goes_now > 0);
    let rows: Vec<_> = before
        .kinds
        .iter()
        .zip(after.kinds)
        .map(|(old, new)| {
            let was = (old.days != new.days).then(|| view! { <span class="cell-sub">{format!("was {}", kept(old.days))}</span> });
            view! {
                <tr>
                    <th scope="row">{label(&new)}</th>
                    <td data-label="Kept"><span>{kept(new.days)}{was}</span></td>
                    <td data-label="Goes now" class="num">{goes(&new)}</td>
                </tr>
            }
        })
        .collect();
    let words: Vec<&str> = after.sensitive.iter().map(|category| category.label()).collect();
    let sensitive = if words.is_empty() {
        "No category loses its texts at once.".to_owned()
    } else {
        format!("Texts go as soon as they have left: {}.", words.join(", "))
    };
    let fields: Vec<_> = asked
        .into_iter()
        .filter(|(name, _)| name != ASKED)
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let class = if removes { "btn btn-danger" } else { "btn btn-primary" };
    view! {
        <Card id="preview" title="If you save this">
            <div class="table-wrap">
                <table class="table-stack dense">
                    <thead><tr><th scope="col">"What"</th><th scope="col">"Kept"</th><th scope="col" class="num">"Goes now"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <form class="body stack" method="post" action=SAVE>
                {fields}
                <p class="muted small">{sensitive}" What goes cannot be brought back."</p>
                <p class="row"><button class=class type="submit">"Save these periods"</button><a class="btn" href=PAGE>"Leave as it is"</a></p>
            </form>
        </Card>
    }
}

#[component]
fn Kinds(form: Typed, kinds: Vec<KeptKind>, zone: Tz) -> impl IntoView {
    let fields: Vec<_> = kinds
        .into_iter()
        .map(|kind| {
            let hint = format!("{} At least {} days. {}", kind.meaning, number(kind.least_days.cast_signed()), kind.why_least);
            let value = kind.days.map(|days| days.to_string()).unwrap_or_default();
            view! {
                <div class="stack">
                    <Field form=form.clone() name=kind.kind.clone() label=format!("{} (days)", label(&kind)) value=value hint=hint
                        inputmode="numeric"/>
                    <p class="muted small">{went(&kind, zone)}</p>
                </div>
            }
        })
        .collect();
    view! { <Card id="kinds" title="Days"><div class="body stack stack-5">{fields}</div></Card> }
}

/// What the rounds did of late.
fn went(kind: &KeptKind, zone: Tz) -> String {
    let looked = match kind.looked_at {
        None => "Not gone through yet.".to_owned(),
        Some(at) => format!("Last gone through on {}.", date_time(at, zone)),
    };
    let last = match kind.last_removed_at {
        None => "Nothing has been removed yet.".to_owned(),
        Some(at) => format!("{} removed on {}.", number(kind.last_removed.cast_signed()), date_time(at, zone)),
    };
    let now = if kind.removing > 0 { format!(" Under way: {} so far.", number(kind.removing.cast_signed())) } else { String::new() };
    format!("{last} {looked}{now}")
}

#[component]
fn Sensitive(form: Typed, sensitive: Vec<Category>) -> impl IntoView {
    let options = Category::ALL.into_iter().map(|c| (c.as_str().to_owned(), c.label().to_owned(), sensitive.contains(&c))).collect();
    view! {
        <Card id="at_once" title="At once">
            <div class="body stack">
                <Checks form=form name="sensitive" legend="Texts of these go as soon as the message has left" options=options
                    hint="Also those that were sent before. A message without its text cannot be tried again."/>
            </div>
        </Card>
    }
}

/// What has fixed periods.
#[component]
fn Always() -> impl IntoView {
    let rows = [
        ("Sign-ins of your people", "7 days at most, 12 hours without use"),
        ("Answers that are given again to a repeated call", "72 hours"),
        ("Failed sign-ins", "a day"),
        ("That somebody agreed or refused, to what and when", "for good: a refusal must hold, also of somebody who was erased"),
        ("Figures and costs", "for good: they name nobody"),
    ];
    let rows: Vec<_> = rows.into_iter().map(|(what, kept)| view! { <tr><th scope="row">{what}</th><td>{kept}</td></tr> }).collect();
    view! {
        <Card id="always" title="Not to be chosen">
            <div class="table-wrap"><table class="dense facts"><tbody>{rows}</tbody></table></div>
        </Card>
    }
}

fn of_posted(form: &Posted) -> Result<Value> {
    read(|name| form.all(name).map(str::to_owned).collect()).map_err(crate::kernel::error::Error::Invalid)
}

/// Saves the periods.
#[server(prefix = "/do", endpoint = "settings/retention")]
pub async fn save_retention() -> Answer {
    act(PAGE, async {
        let desk = desk()?;
        let change = of_posted(&posted())?;
        privacy::set_retention(&desk.app, desk.actor(), &change).await?;
        Ok(Done::at(PAGE).saying("Saved. What is older goes from now on, a part at a time."))
    })
    .await
}
