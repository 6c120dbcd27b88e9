//! The form that takes a code, wherever one is asked for.

use axum::http::StatusCode;
use leptos::prelude::*;

use super::texts::Tongue;
use crate::kernel::error::{Error, Result};
use crate::preferences::Proof;
use crate::web::ui::{Alert, Tone};

/// What went wrong with what was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Codes were asked for too often; try again after so many seconds.
    TooMany(u64),
    /// The number cannot be read.
    Phone,
    /// The number gets no messages.
    Unreachable,
    /// The code has not six digits.
    Malformed,
    /// The code is not right; so many tries are left.
    Wrong(i64),
    /// No code is waited for.
    Ended,
    /// The box that confirms is not ticked.
    Unsure,
}

impl Fault {
    /// The fault in an error that people can mend on the page; other errors stay errors.
    pub fn of(error: Error) -> Result<Self> {
        Ok(match error {
            Error::Busy { retry_after } => Self::TooMany(retry_after.as_secs()),
            Error::Invalid(errors) if errors.0.iter().any(|e| e.field == "code") => Self::Malformed,
            Error::Invalid(errors) if errors.0.iter().any(|e| e.code == "cannot_receive_sms" || e.code == "country_not_allowed") => {
                Self::Unreachable
            }
            Error::Invalid(_) => Self::Phone,
            other => return Err(other),
        })
    }

    /// The fault of a code that proved nothing; what it proved otherwise.
    pub fn of_proof<T>(proof: Result<Proof<T>>) -> Result<std::result::Result<T, Self>> {
        Ok(match proof {
            Ok(Proof::Right(proven)) => Ok(proven),
            Ok(Proof::Wrong { attempts_left: left }) if left > 0 => Err(Self::Wrong(left)),
            Ok(Proof::Wrong { .. } | Proof::Ended) => Err(Self::Ended),
            Err(error) => Err(Self::of(error)?),
        })
    }

    /// The status of the page that shows it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn sentence(&self, tongue: Tongue) -> String {
        let words = tongue.words();
        let number = |n: String| super::dates::digits(&n, tongue);
        match self {
            Self::TooMany(seconds) => (words.too_many)(&number(seconds.div_ceil(60).max(1).to_string())),
            Self::Phone => words.phone_wrong.to_owned(),
            Self::Unreachable => words.phone_unreachable.to_owned(),
            Self::Malformed => words.code_malformed.to_owned(),
            Self::Wrong(left) => (words.code_wrong)(&number(left.to_string())),
            Self::Ended => words.code_ended.to_owned(),
            Self::Unsure => words.erase_unsure.to_owned(),
        }
    }

    /// The field to mend, where there is one.
    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Phone | Self::Unreachable => Some("phone"),
            Self::Malformed | Self::Wrong(_) => Some("code"),
            Self::Unsure => Some("sure"),
            Self::TooMany(_) | Self::Ended => None,
        }
    }
}

/// The title of a page, which says first that there is a fault.
pub fn title(tongue: Tongue, title: &str, organisation: &str, fault: Option<&Fault>) -> String {
    let error = fault.map(|_| format!("{}: ", tongue.words().error)).unwrap_or_default();
    format!("{error}{title} – {organisation}")
}

/// What went wrong, above the form, with a link to the field.
pub fn fault_above(tongue: Tongue, fault: Option<&Fault>) -> Option<AnyView> {
    let fault = fault?;
    let sentence = fault.sentence(tongue);
    let content = match fault.field() {
        Some(field) => view! { <p><a href=format!("#{field}")>{sentence}</a></p> }.into_any(),
        None => view! { <p>{sentence}</p> }.into_any(),
    };
    Some(view! { <div class="mb-4"><Alert tone=Tone::Bad>{content}</Alert></div> }.into_any())
}

/// One field with its label, hint and fault.
pub fn field(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    (kind, inputmode, autocomplete): (&'static str, &'static str, &'static str),
    value: String,
    tongue: Tongue,
    fault: Option<&Fault>,
) -> AnyView {
    let fault = fault.filter(|fault| fault.field() == Some(name)).map(|fault| fault.sentence(tongue));
    let (hint_id, fault_id) = (format!("{name}-hint"), format!("{name}-fault"));
    let described = if fault.is_some() { format!("{hint_id} {fault_id}") } else { hint_id.clone() };
    let invalid = fault.is_some().then_some("true");
    let said = fault.map(|sentence| view! { <span class="error" id=fault_id>{sentence}</span> });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input class="input" id=name name=name type=kind inputmode=inputmode autocomplete=autocomplete dir="ltr" value=value
                required aria-describedby=described aria-invalid=invalid/>
            <span class="hint" id=hint_id>{hint}</span>
            {said}
        </div>
    }
    .into_any()
}

/// The field of the code.
pub fn code_field(tongue: Tongue, typed: String, fault: Option<&Fault>) -> AnyView {
    let words = tongue.words();
    field("code", words.code, words.code_hint, ("text", "numeric", "one-time-code"), typed, tongue, fault)
}
