//! How fast something may be used, in forms: the fields of [`Limits`] and what was typed into them.

use leptos::prelude::*;

use super::action::Posted;
use super::page::Typed;
use super::ui::Field;
use crate::kernel::error::FieldErrors;
use crate::kernel::limits::Limits;

/// Reads a number of messages as people write it, such as `20,000`; an empty field is no limit. What is no whole number
/// is noted under the field's name. Whether the number is large enough, the operation says.
pub fn most(form: &Posted, name: &str, errors: &mut FieldErrors) -> Option<u32> {
    let text = form.get(name).unwrap_or_default().trim().replace([',', ' '], "");
    if text.is_empty() {
        return None;
    }
    let number = text.parse().map_err(|_| ("not_a_number".into(), "Write a whole number such as 50, or leave it empty.".into()));
    errors.check(name, number)
}

/// Reads what the fields of [`LimitFields`] under `group` hold; what is faulty is noted under the field's name. `None` for
/// a form that does not ask.
pub fn read(form: &Posted, group: &str, errors: &mut FieldErrors) -> Option<Limits> {
    let part = |name: &str| format!("{group}.{name}");
    form.get(&part("per_second"))?;
    let limits = Limits {
        per_second: most(form, &part("per_second"), errors),
        per_minute: most(form, &part("per_minute"), errors),
        per_day: most(form, &part("per_day"), errors),
    };
    limits.check(group, errors);
    Some(limits)
}

/// A field's value for a limit.
pub fn shown(limit: Option<u32>) -> String {
    limit.map(|n| n.to_string()).unwrap_or_default()
}

/// The three fields of limits.
#[component]
pub fn LimitFields(
    /// The form's state.
    form: Typed,
    /// What the names of the fields begin with.
    #[prop(default = "limits")]
    group: &'static str,
    /// What is stored.
    limits: Limits,
    /// A line of help for all of them.
    #[prop(into)]
    hint: String,
) -> impl IntoView {
    let name = |part: &str| format!("{group}.{part}");
    view! {
        <Field form=form.clone() name=name("per_second") label="Messages per second, at most" value=shown(limits.per_second)
            inputmode="numeric" hint=hint/>
        <Field form=form.clone() name=name("per_minute") label="Messages per minute, at most" value=shown(limits.per_minute)
            inputmode="numeric" hint="Empty means no limit."/>
        <Field form=form name=name("per_day") label="Messages per day, at most" value=shown(limits.per_day) inputmode="numeric"
            hint="Empty means no limit. Days of your time zone; what is over it waits for the next day."/>
    }
}
