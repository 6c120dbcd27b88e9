//! What a page is written with: who is here, what was typed, what the address asks for.

use std::future::Future;
use std::sync::Arc;

use axum::http::request::Parts;
use leptos::prelude::*;

use super::failure::{Failure, FailureView};
use super::flash::{Flash, Refused};
use super::ui::shell::{Bare, Shell};
use super::visit::{SignedIn, Visit};
use crate::access::{Actor, Settings};
use crate::app::App;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::own_link::OwnLinks;

/// What the pages and commands of a signed-in user work with.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What the process works with.
    pub app: Arc<App>,
    signed_in: Arc<SignedIn>,
}

impl Desk {
    /// The desk of this visitor; [`Error::Unauthenticated`] when nobody is signed in.
    pub fn of(visit: &Visit) -> Result<Self> {
        let signed_in = visit.signed_in.clone().ok_or(Error::Unauthenticated)?;
        Ok(Self { app: visit.app.clone(), signed_in })
    }

    /// Who is signed in.
    pub fn actor(&self) -> &Actor {
        &self.signed_in.actor
    }

    /// Their organisation's settings: time zone, currency, language.
    pub fn settings(&self) -> &Settings {
        &self.signed_in.settings
    }
}

/// The visitor of this request.
pub fn visit() -> Visit {
    expect_context::<Visit>()
}

/// The desk of the signed-in user; [`Error::Unauthenticated`] when nobody is.
pub fn desk() -> Result<Desk> {
    Desk::of(&visit())
}

/// The links that Peyk puts into texts, for previews.
pub fn own_links() -> OwnLinks {
    visit().app.links()
}

/// A page of the desk: loads, then shows inside the shell; an error becomes its page and status.
pub fn page<V: IntoView + 'static>(load: impl Future<Output = Result<V>> + Send + 'static) -> impl IntoView {
    Suspend::new(async move {
        let content = shown(load.await);
        view! { <Shell>{content}</Shell> }.into_any()
    })
}

/// A page without the shell: sign-in, set-up, the preference centre.
pub fn bare_page<V: IntoView + 'static>(load: impl Future<Output = Result<V>> + Send + 'static) -> impl IntoView {
    Suspend::new(async move {
        let content = shown(load.await);
        view! { <Bare>{content}</Bare> }.into_any()
    })
}

fn shown<V: IntoView + 'static>(loaded: Result<V>) -> AnyView {
    match loaded {
        Ok(view) => view.into_any(),
        Err(error) => view! { <FailureView failure=Failure::of(error)/> }.into_any(),
    }
}

/// What the visitor typed into a form that is shown again, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Typed(Option<Arc<Refused>>);

/// What was typed into the form of `command` (e.g. `/do/keys/add`), if it was refused just now.
pub fn typed(command: &str) -> Typed {
    let flash = use_context::<Arc<Flash>>();
    let form = flash.and_then(|flash| flash.form.clone()).filter(|form| form.command == command);
    Typed(form.map(Arc::new))
}

/// The secret that the last command left to be shown once.
pub fn secret_shown_once() -> Option<String> {
    use_context::<Arc<Flash>>().and_then(|flash| flash.secret.clone())
}

impl Typed {
    /// A form whose values stand in the address, as searches do, and what is wrong with them.
    pub fn asked(values: Vec<(String, String)>, errors: FieldErrors) -> Self {
        Self(Some(Arc::new(Refused { command: String::new(), values, errors })))
    }

    /// The same form with another value in a field.
    #[must_use]
    pub fn with(self, field: &str, value: String) -> Self {
        let mut form = self.0.map(Arc::unwrap_or_clone).unwrap_or_default();
        form.values.retain(|(name, _)| name != field);
        form.values.push((field.to_owned(), value));
        Self(Some(Arc::new(form)))
    }

    /// Fields of a group, e.g. `("name", "Ann")` of `variables.name=Ann` for the group `variables`.
    pub fn group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let values = self.0.iter().flat_map(|form| &form.values);
        values.filter_map(move |(name, value)| Some((name.strip_prefix(group)?.strip_prefix('.')?, value.as_str())))
    }

    /// Whether the form is shown again, so that an absent value means an unticked box.
    pub fn is_again(&self) -> bool {
        self.0.is_some()
    }

    /// What was typed into the field.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.all(field).next()
    }

    /// What was typed, else `stored`.
    pub fn or(&self, field: &str, stored: impl Into<String>) -> String {
        self.get(field).map_or_else(|| stored.into(), str::to_owned)
    }

    /// Whether the box was ticked, else whether it is by what is stored.
    pub fn ticked(&self, field: &str, value: &str, stored: bool) -> bool {
        if self.is_again() { self.all(field).any(|v| v == value) } else { stored }
    }

    /// Every value of a field that occurs more than once.
    pub fn all(&self, field: &str) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|form| &form.values).filter(move |(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    /// What is wrong with the field.
    pub fn error(&self, field: &str) -> Option<String> {
        let errors = self.0.as_ref().map(|form| &form.errors.0)?;
        errors.iter().find(|e| e.field == field).map(|e| e.detail.clone())
    }

    /// Everything that is wrong.
    pub fn errors(&self) -> FieldErrors {
        self.0.as_ref().map(|form| form.errors.clone()).unwrap_or_default()
    }
}

/// A value of the address's query, if there and not blank.
pub fn query(name: &str) -> Option<String> {
    let map = leptos_router::hooks::use_query_map().get_untracked();
    map.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// A part of the address's path, e.g. `id` of `/history/:id`; empty when the route has none of that name.
pub fn param(name: &str) -> String {
    leptos_router::hooks::use_params_map().get_untracked().get(name).unwrap_or_default()
}

/// The head of the request.
pub fn request() -> Parts {
    expect_context::<Parts>()
}
