//! `/settings/consent`: what holds before people speak, which opt-ins they confirm, how far a STOP reaches, and the evidence.

use leptos::prelude::*;
use serde_json::{Map, Value, json};

use super::SettingsTabs;
use crate::access::{self, DoubleOptIn, LONGEST_CONFIRMATION, Permission, Settings, SettingsPatch, StopScope, default_confirmations};
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::Error;
use crate::kernel::language::Language;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::consent_file;
use crate::web::page::{Typed, desk, page as desk_page, typed};
use crate::web::ui::{Card, Checks, ErrorSummary, Field, Glyph, Icon, PageHead, Select, TextArea};

const PAGE: &str = "/settings/consent";

/// `/settings/consent`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Settings)?;
        let form = typed("/do/settings/consent");
        let settings = desk.settings().clone();
        let now = desk.app.clock.now();
        let may_export = desk.actor().may(Permission::Consent) && desk.actor().may(Permission::ViewPersonal);
        let evidence = may_export.then(|| view! { <Evidence/> });
        Ok(view! {
            <PageHead title="Consent"/>
            <SettingsTabs actor=desk.actor().clone() here=PAGE/>
            <div class="stack stack-5 narrow">
                <form class="stack stack-5" method="post" action="/do/settings/consent" id="consent">
                    <ErrorSummary form=form.clone()/>
                    <Start form=form.clone() settings=settings.clone()/>
                    <Double form=form.clone() rules=settings.double_opt_in.clone()/>
                    <Stop form=form settings=settings now=now/>
                    <p class="row"><button class="btn btn-primary" type="submit">"Save consent settings"</button></p>
                </form>
                {evidence}
            </div>
        })
    })
}

#[component]
fn Start(form: Typed, settings: Settings) -> impl IntoView {
    let options = vec![
        ("false".to_owned(), "Everything but marketing".to_owned()),
        ("true".to_owned(), "Only sign-in codes, until they agree".to_owned()),
    ];
    let now = if settings.require_opt_in { "true" } else { "false" };
    view! {
        <Card id="start" title="Before people say anything">
            <div class="body stack">
                <Select form=form name="require_opt_in" label="What may be sent to somebody who has said nothing" value=now options=options
                    hint="Marketing always needs their consent. A refusal holds, whatever stands here."/>
            </div>
        </Card>
    }
}

#[component]
fn Double(form: Typed, rules: DoubleOptIn) -> impl IntoView {
    let free = Category::ALL.into_iter().filter(|category| *category != Category::Authentication);
    let categories = free.map(|c| (c.as_str().to_owned(), c.label().to_owned(), rules.categories.contains(&c))).collect();
    let error = form.error("double_opt_in");
    let texts: Vec<_> = default_confirmations()
        .map(|(language, usual)| {
            let own = rules.texts.get(&language).cloned().unwrap_or_default();
            view! {
                <TextArea form=form.clone() name=format!("text.{language}") label=format!("Wording in {}", language.name()) value=own
                    hint=format!("Empty: {}", isolated(usual, &language)) rows=3 lang=language.as_str().to_owned() dir=language.dir()/>
            }
        })
        .collect();
    view! {
        <Card id="double_opt_in" title="Double opt-in">
            <div class="body stack">
                <p class="muted small">
                    "Who is said to agree gets one text that asks for a YES or a press on its link. Until then nothing of the category is sent to them, and after the time below the question ends by itself. A START that comes by a provider which does not sign its calls is always confirmed so, by the link."
                </p>
                {error.map(|e| view! { <p class="error">{e}</p> })}
                <Checks form=form.clone() name="categories" legend="What people confirm" options=categories/>
                <Field form=form.clone() name="days" label="Days to wait for an answer" value=rules.days.to_string() inputmode="numeric"/>
                <Field form=form.clone() name="per_day" label="People asked on one day at most" value=rules.per_day.to_string() inputmode="numeric"
                    hint="Nobody is asked more than three times in 30 days, whatever stands here."/>
                <details class="plain">
                    <summary>"Wording by language"</summary>
                    <div class="stack mt-4">
                        <p class="muted small">
                            {format!("{{{{ organisation }}}}, {{{{ categories }}}} and {{{{ link }}}} must stand in it; at most {LONGEST_CONFIRMATION} characters. The person’s language decides, then yours.")}
                        </p>
                        {texts}
                    </div>
                </details>
            </div>
        </Card>
    }
}

/// A wording of another language within a sentence of ours: the two do not mix their directions.
fn isolated(words: &str, language: &Language) -> String {
    let begin = if language.dir() == "rtl" { '\u{2067}' } else { '\u{2066}' };
    format!("{begin}{words}\u{2069}")
}

#[component]
fn Stop(form: Typed, settings: Settings, now: Millis) -> impl IntoView {
    let options = vec![
        ("all".to_owned(), "Ends everything".to_owned()),
        ("program".to_owned(), "Ends the kind of message that it answers".to_owned()),
    ];
    let chosen = if settings.stop_scope == StopScope::All { "all" } else { "program" };
    // What is chosen and what holds differ once the law reaches further.
    let overruled = settings.stop_scope != settings.stop_scope.at(now);
    let note = overruled.then(|| view! { <p class="strong">"Today the law lets every STOP end everything, so it does."</p> });
    view! {
        <Card id="stop" title="STOP">
            <div class="body stack">
                {note}
                <Select form=form name="stop_scope" label="A STOP by text message" value=chosen options=options
                    hint="STOP ALL, and a second STOP, always end everything. From 31 January 2027 on every STOP does (47 CFR 64.1200(a)(10), FCC order DA 26-12)."/>
            </div>
        </Card>
    }
}

#[component]
fn Evidence() -> impl IntoView {
    view! {
        <Card id="evidence" title="Evidence of everybody’s consent">
            <div class="body stack">
                <p class="muted small">
                    "Every row of the ledger: what was said, when, how, on which wording, from where, with the hashes of the chain; and whether the chain holds from its first row to its last. The download is noted in the audit log."
                </p>
                <p class="row">
                    <a class="btn" href=consent_file::address(None, "csv") download=""><Icon glyph=Glyph::Download/>"Download as CSV"</a>
                    <a class="btn" href=consent_file::address(None, "json") download=""><Icon glyph=Glyph::Download/>"Download as JSON"</a>
                </p>
            </div>
        </Card>
    }
}

/// A refusal of the rules as a whole, put beside the field that it is about, where it is about one.
fn beside_its_field(mut error: Error) -> Error {
    let Error::Invalid(fields) = &mut error else { return error };
    for error in &mut fields.0 {
        match error.code.as_str() {
            "days_out_of_range" => error.field = "days".into(),
            "per_day_out_of_range" => error.field = "per_day".into(),
            _ => {}
        }
    }
    error
}

/// Saves the consent settings.
#[server(prefix = "/do", endpoint = "settings/consent")]
pub async fn save_consent() -> Answer {
    act(PAGE, async {
        let (desk, form) = (desk()?, posted());
        let field = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
        // What is no number is refused by what reads it, with the same sentence as one out of range.
        let number = |name: &str| field(name).parse::<u32>().unwrap_or(0);
        let categories: Vec<&str> = form.all("categories").collect();
        // Wordings in languages that have no field here were written by a program and stay.
        let own = &desk.settings().double_opt_in.texts;
        let mut texts: Map<String, Value> = own.iter().map(|(tag, text)| (tag.as_str().to_owned(), Value::from(text.clone()))).collect();
        for (language, _) in default_confirmations() {
            texts.insert(language.as_str().to_owned(), Value::from(field(&format!("text.{language}")).replace("\r\n", "\n")));
        }
        let read = SettingsPatch::read(&json!({
            "require_opt_in": field("require_opt_in") == "true",
            "double_opt_in": { "categories": categories, "days": number("days"), "per_day": number("per_day"), "texts": texts },
            "stop_scope": field("stop_scope"),
        }));
        let patch = read.map_err(beside_its_field)?;
        access::update_settings(&desk.app, desk.actor(), patch).await?;
        Ok(Done::at(PAGE).saying("Consent settings saved."))
    })
    .await
}
