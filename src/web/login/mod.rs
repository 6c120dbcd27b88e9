//! Signing in and out, and the theme.

pub mod actions;

use leptos::prelude::*;

use super::page::{bare_page, query, typed};
use super::ui::{ErrorSummary, Field, Glyph, Hidden, Icon, PageTitle};
use super::visit::local;

/// `/login`.
pub fn page() -> impl IntoView {
    bare_page(async {
        let form = typed("/do/public/login");
        let next = query("next").filter(|next| local(next).is_some()).unwrap_or_default();
        Ok(view! {
            <PageTitle text="Sign in".to_owned()/>
            <div class="card door">
                <form class="body stack" method="post" action="/do/public/login">
                    <p class="brand"><span class="brand-mark"><Icon glyph=Glyph::Chat/></span>"Peyk"</p>
                    <h1>"Sign in"</h1>
                    <ErrorSummary form=form.clone()/>
                    <Hidden name="next" value=form.or("next", next)/>
                    <Field form=form.clone() name="email" label="Email" kind="email" autocomplete="username" required=true/>
                    <Field form=form name="password" label="Password" kind="password" autocomplete="current-password" required=true/>
                    <button class="btn btn-primary btn-block" type="submit">"Sign in"</button>
                    <p class="small muted">"Forgotten your password? An owner or admin can give you a new account."</p>
                </form>
            </div>
        })
    })
}
