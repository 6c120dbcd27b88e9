//! What a provider must be told, as fields of a form made from the provider's own list.

use leptos::prelude::*;

use crate::connections::{Connection, masked};
use crate::providers::{ON, Provider};
use crate::web::page::Typed;
use crate::web::ui::{Checks, Field, Select};

/// The fields of a provider, `config.<name>`. A secret is written and never shown: its field is empty, and left empty it keeps
/// what is stored.
#[component]
pub fn ProviderFields(
    /// The form's state.
    form: Typed,
    /// Whose.
    provider: Provider,
    /// What is stored, if it is there already.
    #[prop(optional)]
    connection: Option<Connection>,
) -> impl IntoView {
    let stored = |name: &str| connection.as_ref().and_then(|c| c.settings.get(name)).map(str::to_owned);
    let fields: Vec<_> = provider
        .fields()
        .iter()
        // A secret that is made for a new connection is not asked for.
        .filter(|field| connection.is_some() || !(provider == Provider::Simulator && field.secret))
        .map(|field| {
            let name = format!("config.{}", field.name);
            if field.secret {
                let kept = stored(field.name).map(|secret| match masked(&secret).as_str() {
                    // Of a short secret nothing is shown.
                    "…" => " It is stored; leave this empty to keep it.".to_owned(),
                    end => format!(" It ends in {end}; leave this empty to keep it."),
                });
                let hint = format!("{}{}", field.help, kept.unwrap_or_default());
                view! { <Field form=form.clone() name=name label=field.label hint=hint kind="password" autocomplete="new-password"/> }
                    .into_any()
            } else if field.switch {
                let is_on = connection.as_ref().is_some_and(|c| c.settings.is_on(field.name).unwrap_or(false));
                let options = vec![(String::new(), "Off".to_owned()), (ON.to_owned(), "On".to_owned())];
                view! { <Select form=form.clone() name=name label=field.label hint=field.help value=if is_on { ON } else { "" } options=options/> }
                    .into_any()
            } else {
                let kind = if field.is_address() { "url" } else { "text" };
                let value = stored(field.name).unwrap_or_default();
                view! { <Field form=form.clone() name=name label=field.label hint=field.help kind=kind value=value autocomplete="off"/> }
                    .into_any()
            }
        })
        .collect();
    // Where a provider has one secret it cannot do without it; of several, one may take the place of another.
    let has_choice = provider.fields().iter().filter(|f| f.secret).count() > 1;
    let secrets: Vec<_> = provider.fields().iter().filter(|f| f.secret && stored(f.name).is_some()).collect();
    let forget = (has_choice && !secrets.is_empty()).then(|| {
        let options = secrets.iter().map(|f| (f.name.to_owned(), f.label.to_owned(), false)).collect();
        view! { <Checks form=form name="forget" legend="Take away what is stored" options=options/> }
    });
    view! { {fields} {forget} }
}
