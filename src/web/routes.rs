//! Which page stands at which address. A new page is one line here.

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use super::page::page;
use super::{audiences, campaigns, contacts, costs, history, inbox, login, overview, people, send, settings, setup, templates, uploads};
use crate::kernel::error::{Error, Result};

/// Every page.
#[component]
pub fn Pages() -> impl IntoView {
    leptos_meta::provide_meta_context();
    view! {
        <Router>
            <Routes fallback=not_found>
                <Route path=path!("/") view=overview::page/>
                <Route path=path!("/login") view=login::page/>
                <Route path=path!("/setup") view=setup::page/>
                <Route path=path!("/templates") view=templates::list::page/>
                <Route path=path!("/templates/new") view=templates::edit::new/>
                <Route path=path!("/templates/packs") view=templates::packs::page/>
                <Route path=path!("/templates/packs/:name") view=templates::packs::one/>
                <Route path=path!("/templates/:id") view=templates::edit::page/>
                <Route path=path!("/templates/:id/variants") view=templates::variants::page/>
                <Route path=path!("/templates/:id/versions") view=templates::versions::page/>
                <Route path=path!("/templates/:id/uses") view=templates::uses::page/>
                <Route path=path!("/settings/connections") view=settings::connections::page/>
                <Route path=path!("/settings/connections/:name") view=settings::connection::page/>
                <Route path=path!("/settings/routing") view=settings::routing::page/>
                <Route path=path!("/costs") view=costs::page/>
                <Route path=path!("/contacts") view=contacts::page/>
                <Route path=path!("/contacts/new") view=contacts::new::page/>
                <Route path=path!("/contacts/import") view=contacts::import::page/>
                <Route path=path!("/contacts/:id") view=contacts::detail::page/>
                <Route path=path!("/contacts/:id/consent") view=contacts::consent::page/>
                <Route path=path!("/contacts/:id/remove") view=contacts::remove::page/>
                <Route path=path!("/audiences") view=audiences::page/>
                <Route path=path!("/audiences/new") view=audiences::edit::new/>
                <Route path=path!("/audiences/:id") view=audiences::edit::page/>
                <Route path=path!("/audiences/:id/send") view=audiences::send::page/>
                <Route path=path!("/audiences/:id/delete") view=audiences::remove::page/>
                <Route path=path!("/inbox") view=inbox::page/>
                <Route path=path!("/inbox/:contact") view=inbox::conversation::page/>
                <Route path=path!("/history") view=history::page/>
                <Route path=path!("/history/failed") view=history::failed::page/>
                <Route path=path!("/history/failed/again") view=history::again::page/>
                <Route path=path!("/history/:id") view=history::detail::page/>
                <Route path=path!("/people/:id/privacy") view=people::privacy::page/>
                <Route path=path!("/send") view=send::page/>
                <Route path=path!("/uploads") view=uploads::start::page/>
                <Route path=path!("/uploads/:id") view=uploads::detail::page/>
                <Route path=path!("/uploads/:id/confirm") view=uploads::confirm::page/>
                <Route path=path!("/campaigns") view=campaigns::list::page/>
                <Route path=path!("/campaigns/:id") view=campaigns::detail::page/>
                <Route path=path!("/campaigns/:id/cancel") view=campaigns::cancel::page/>
                <Route path=path!("/settings/organisation") view=settings::organisation::page/>
                <Route path=path!("/settings/codes") view=settings::codes::page/>
                <Route path=path!("/settings/consent") view=settings::consent::page/>
                <Route path=path!("/settings/keywords") view=settings::keywords::page/>
                <Route path=path!("/settings/replies") view=settings::replies::page/>
                <Route path=path!("/settings/retention") view=settings::retention::page/>
                <Route path=path!("/settings/users") view=settings::users::page/>
                <Route path=path!("/settings/keys") view=settings::keys::page/>
            </Routes>
        </Router>
    }
}

fn not_found() -> impl IntoView {
    page(async { Err::<(), _>(Error::NotFound("page")) as Result<()> })
}
