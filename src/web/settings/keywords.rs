//! `/settings/keywords`: what people can write, and what is answered.

use leptos::prelude::*;
use serde_json::{Map, Value, json};

use super::SettingsTabs;
use crate::access::{self, KeywordRule, Permission, SettingsPatch, default_answers};
use crate::kernel::keyword::{Keyword, built_in};
use crate::web::action::{Answer, Done, act, posted};
use crate::web::page::{Typed, desk, page as desk_page, typed};
use crate::web::ui::{Card, Checkbox, ErrorSummary, PageHead, TextArea};

const PAGE: &str = "/settings/keywords";

/// `/settings/keywords`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Settings)?;
        let form = typed("/do/settings/keywords");
        let rules = desk.settings().keywords.clone();
        let cards: Vec<_> = Keyword::ALL
            .into_iter()
            .map(|keyword| view! { <Meaning form=form.clone() keyword=keyword rule=rules.of(keyword).clone()/> })
            .collect();
        Ok(view! {
            <PageHead title="Keywords"/>
            <SettingsTabs actor=desk.actor().clone() here=PAGE/>
            <form class="stack stack-5 narrow" method="post" action="/do/settings/keywords" id="keywords">
                <ErrorSummary form=form/>
                <p class="muted">
                    "A text is a keyword when it is one of these words and nothing else; capitals, marks and a please beside it do not matter. In Iran 11 stops and 12 starts again."
                </p>
                {cards}
                <p class="row"><button class="btn btn-primary" type="submit">"Save keywords"</button></p>
            </form>
        })
    })
}

fn title(keyword: Keyword) -> (&'static str, &'static str, &'static str) {
    match keyword {
        Keyword::Stop => ("Stop", "Confirm a stop", "Once, although the person has just opted out; a second stop is not confirmed again."),
        Keyword::Start => ("Start", "Confirm a start", "When somebody who opted out comes back."),
        Keyword::Help => ("Help", "Answer a call for help", "At most once an hour to the same person, also when they opted out."),
    }
}

#[component]
fn Meaning(form: Typed, keyword: Keyword, rule: KeywordRule) -> impl IntoView {
    let (name, confirm, hint) = title(keyword);
    let word = keyword.as_str();
    let id = match keyword {
        Keyword::Stop => "of-stop",
        Keyword::Start => "of-start",
        Keyword::Help => "of-help",
    };
    let known: Vec<_> =
        built_in(keyword).map(|(tag, words)| view! { <li>{format!("{tag}: ")}<bdi lang=tag>{words.join(" · ")}</bdi></li> }).collect();
    let texts: Vec<_> = default_answers(keyword)
        .map(|(language, usual)| {
            let own = rule.texts.get(&language).cloned().unwrap_or_default();
            let label = format!("Answer in {}", language.name());
            let hint = format!("Empty: {usual}");
            view! {
                <TextArea form=form.clone() name=format!("{word}.{language}") label=label value=own hint=hint rows=2
                    lang=language.as_str().to_owned() dir=language.dir()/>
            }
        })
        .collect();
    view! {
        <Card id=id title=name>
            <div class="body stack">
                <details class="plain"><summary>"Words that always hold"</summary><ul class="small">{known}</ul></details>
                <TextArea form=form.clone() name=format!("{word}.words") label="Your own words" value=rule.words.join("\n") rows=3
                    hint="One on each line. A word that means something else to everybody, such as stop, is refused."/>
                <Checkbox form=form.clone() name=format!("{word}.answer") label=confirm checked=rule.answer hint=hint/>
                <details class="plain">
                    <summary>"Answers by language"</summary>
                    <div class="stack mt-4">
                        <p class="muted small">"{{ organisation }} stands for your organisation’s name. The person’s language decides, then that of the word, then yours."</p>
                        {texts}
                    </div>
                </details>
            </div>
        </Card>
    }
}

/// Saves the keywords.
#[server(prefix = "/do", endpoint = "settings/keywords")]
pub async fn save_keywords() -> Answer {
    act(PAGE, async {
        let (desk, form) = (desk()?, posted());
        let mut rules = Map::new();
        for keyword in Keyword::ALL {
            let field = |name: &str| form.get(&format!("{}.{name}", keyword.as_str())).unwrap_or_default().to_owned();
            let words: Vec<String> = field("words").lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
            // Answers in languages that have no field here were written by a program and stay.
            let mut texts: Map<String, Value> = desk
                .settings()
                .keywords
                .of(keyword)
                .texts
                .iter()
                .map(|(language, text)| (language.as_str().to_owned(), Value::from(text.clone())))
                .collect();
            for (language, _) in default_answers(keyword) {
                let text = field(language.as_str()).replace("\r\n", "\n");
                texts.insert(language.as_str().to_owned(), Value::from(text));
            }
            let answer = field("answer") == "true";
            rules.insert(keyword.as_str().to_owned(), json!({ "words": words, "answer": answer, "texts": texts }));
        }
        let patch = SettingsPatch::read(&json!({ "keywords": rules }))?;
        access::update_settings(&desk.app, desk.actor(), patch).await?;
        Ok(Done::at(PAGE).saying("Keywords saved."))
    })
    .await
}
