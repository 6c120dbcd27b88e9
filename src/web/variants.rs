//! What came of variants, as a table; on the page of a template and of a campaign.

use leptos::prelude::*;

use super::ui::show::{count, number, percent};
use super::ui::{Badge, Command};
use crate::campaigns::{Comparison, Measure, Results, VariantResult};

/// What is said where less is compared than was sent.
const CHOSEN: &str = " Compared is what stood when a variant was chosen for everybody: whoever was sent that one afterwards had less time \
    to answer.";

/// Each variant with what came of it, and a sentence about which is ahead.
#[component]
pub fn VariantTable(
    /// What came of them.
    results: Results,
    /// The variant that everybody gets already.
    #[prop(optional_no_strip)]
    choice: Option<String>,
    /// Where “Use A for everyone” is posted to and with what, for those who may.
    #[prop(optional_no_strip)]
    command: Option<(&'static str, Vec<(&'static str, String)>)>,
) -> impl IntoView {
    let (leader, measure) = (results.comparison.leader.clone(), results.comparison.measure);
    let mut sentence = sentence(&results.comparison);
    let is_part = results.compared.is_some();
    if is_part {
        sentence.push_str(CHOSEN);
    }
    let sent = if is_part { "Sent by then" } else { "Sent" };
    let has_buttons = command.is_some();
    let in_all: Vec<u64> = results.variants.iter().map(|one| one.sent).collect();
    let rows: Vec<_> = results
        .compared
        .unwrap_or(results.variants)
        .into_iter()
        .zip(in_all)
        .map(|(one, in_all)| {
            let is_ahead = leader.as_deref() == Some(one.key.as_str());
            let is_chosen = choice.as_deref() == Some(one.key.as_str());
            let button = command.clone().filter(|_| !is_chosen).map(|(action, mut values)| {
                values.push(("variant", one.key.clone()));
                view! { <Command action=action values=values>{format!("Use {} for everyone", one.key)}</Command> }
            });
            let own_name = (one.name != one.key).then(|| view! { " "<span class="muted"><bdi>{format!("“{}”", one.name)}</bdi></span> });
            let badge = is_chosen.then(|| view! { " "<Badge tone="is-ok" text="For everyone"/> });
            let rate = |m: Measure| rate(&one, m);
            let cell = |m: Measure| {
                let class = if is_ahead && m == measure { "num strong" } else { "num" };
                view! { <td class=class data-label=m.label()>{rate(m)}</td> }
            };
            view! {
                <tr>
                    <th scope="row">{one.key.clone()}{own_name}{badge}</th>
                    <td class="num" data-label="Share">{format!("{} %", one.share)}</td>
                    <td class="num" data-label=sent>{number(one.sent.cast_signed())}</td>
                    {cell(Measure::Delivered)}{cell(Measure::Replied)}{cell(Measure::OptedOut)}
                    {is_part.then(|| view! { <td class="num" data-label="Sent in all">{number(in_all.cast_signed())}</td> })}
                    {has_buttons.then(|| view! { <td class="num" data-label="Choose">{button}</td> })}
                </tr>
            }
        })
        .collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <caption class="vh">"What came of each variant"</caption>
                <thead><tr>
                    <th scope="col">"Variant"</th><th scope="col" class="num">"Share"</th><th scope="col" class="num">{sent}</th>
                    <th scope="col" class="num">"Delivered"</th><th scope="col" class="num">"Replied"</th><th scope="col" class="num">"Opted out"</th>
                    {is_part.then(|| view! { <th scope="col" class="num">"Sent in all"</th> })}
                    {has_buttons.then(|| view! { <th scope="col" class="num">"Choose"</th> })}
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="card-foot">{sentence}</p>
    }
    .into_any()
}

fn rate(one: &VariantResult, measure: Measure) -> String {
    let found = one.of(measure);
    if found.trials == 0 { "–".into() } else { percent(found.successes.cast_signed(), found.trials.cast_signed()) }
}

/// Which variant is ahead, in words.
fn sentence(found: &Comparison) -> String {
    let by = match found.measure {
        Measure::Replied => "by replies",
        Measure::Delivered => "by delivery",
        Measure::OptedOut => "by fewer opt-outs",
    };
    let Some(leader) = &found.leader else { return format!("Nothing is ahead {by} yet.") };
    match (found.confidence, found.is_sure, found.more) {
        (Some(confidence), true, _) => format!("{leader} is ahead {by}, and that is {:.1} % sure.", confidence * 100.0),
        (Some(confidence), false, more) => {
            let more = more.map(|n| format!(" {} to be sure.", count(n.cast_signed(), "more message", "more messages")));
            format!("{leader} is ahead {by}, {:.1} % sure.{}", confidence * 100.0, more.unwrap_or_default())
        }
        (None, _, more) => {
            let more = more.map(|n| format!(" {} to be sure.", count(n.cast_signed(), "more message", "more messages")));
            format!("{leader} is ahead {by}; too few messages to say how sure that is.{}", more.unwrap_or_default())
        }
    }
}
