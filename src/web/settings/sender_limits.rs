//! How fast the senders of a connection may be used: a row for each, and an empty one to add another.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::connections::Connection;
use crate::kernel::error::FieldErrors;
use crate::kernel::limits::Limits;
use crate::web::action::Posted;
use crate::web::limits::{self, shown};
use crate::web::page::Typed;
use crate::web::ui::{Field, Hidden};

/// What the names of the fields begin with: `sender_limits.0.sender`.
const GROUP: &str = "sender_limits";
/// The field with the number of rows. It stands beside the group, not in it.
const ROWS: &str = "sender_rows";
/// The most rows that are read of one form.
const MOST_ROWS: usize = 200;

/// The senders' limits that a form gives; a row without limits takes away what its sender had. What is faulty is noted
/// under the field's name. `None` for a form that does not ask.
pub fn read(form: &Posted, errors: &mut FieldErrors) -> Option<BTreeMap<String, Limits>> {
    let rows: usize = form.get(ROWS)?.parse().ok()?;
    let mut read = BTreeMap::new();
    for row in (0..rows.min(MOST_ROWS)).map(|n| format!("{GROUP}.{n}")) {
        let Some(limits) = limits::read(form, &row, errors).filter(|limits| *limits != Limits::default()) else { continue };
        let field = format!("{row}.sender");
        let sender = form.get(&field).unwrap_or_default().trim();
        if sender.is_empty() {
            errors.add(&field, "required", "Write the sender that these limits are for, or leave the limits empty too.");
        } else if read.insert(sender.to_owned(), limits).is_some() {
            errors.add(&field, "twice", "This sender has limits in another row. Keep one of the two.");
        }
    }
    Some(read)
}

/// The rows: every sender of the connection, those that only have limits, and an empty one.
fn rows(connection: &Connection) -> Vec<(String, Limits)> {
    let limits = |sender: &String| connection.sender_limits.get(sender).copied().unwrap_or_default();
    let others = connection.sender_limits.keys().filter(|sender| !connection.senders.contains(sender));
    let known = connection.senders.iter().chain(others).map(|sender| (sender.clone(), limits(sender)));
    known.chain([(String::new(), Limits::default())]).collect()
}

/// The fields of all senders. A refused form has the rows that it had.
#[component]
pub fn SenderLimits(
    /// The form's state.
    form: Typed,
    /// The connection as it is stored.
    connection: Connection,
) -> impl IntoView {
    let stored = rows(&connection);
    let count = form.get(ROWS).and_then(|rows| rows.parse().ok()).unwrap_or(stored.len()).min(MOST_ROWS);
    let rows: Vec<_> = (0..count)
        .map(|n| {
            let (sender, limits) = stored.get(n).cloned().unwrap_or_default();
            view! { <Row form=form.clone() n=n sender=sender limits=limits/> }
        })
        .collect();
    view! {
        <fieldset class="field" id=GROUP aria-describedby="sender_limits-hint">
            <legend>"Limits of single senders"</legend>
            <span class="hint" id="sender_limits-hint">
                "Besides those of the connection. Empty means no limit; a row without limits goes. To add one more than is shown, save first."
            </span>
            <Hidden name=ROWS value=count.to_string()/>
            <div class="stack">{rows}</div>
        </fieldset>
    }
    .into_any()
}

#[component]
fn Row(form: Typed, n: usize, sender: String, limits: Limits) -> impl IntoView {
    let name = |part: &str| format!("{GROUP}.{n}.{part}");
    let part = |form: Typed, part: &str, label: &'static str, limit: Option<u32>| {
        view! { <Field form=form name=name(part) label=label value=shown(limit) inputmode="numeric"/> }
    };
    view! {
        <div class="of-sender" role="group" aria-label=format!("Sender {}", n + 1)>
            <Field form=form.clone() name=name("sender") label="Sender" value=sender/>
            {part(form.clone(), "per_second", "Per second", limits.per_second)}
            {part(form.clone(), "per_minute", "Per minute", limits.per_minute)}
            {part(form, "per_day", "Per day", limits.per_day)}
        </div>
    }
    .into_any()
}
