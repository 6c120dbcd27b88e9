//! `/settings/users`.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::{SettingsTabs, choices};
use crate::access::{self, Permission, Role, User};
use crate::web::page::{Typed, desk, page as desk_page, typed};
use crate::web::ui::shell::role_word;
use crate::web::ui::show::{Time, TimeOrNone, sentence_case};
use crate::web::ui::{Badge, Card, Command, ErrorSummary, Field, PageHead, Select, TableWrap};

/// `/settings/users`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let users = access::list_users(&desk.app, desk.actor()).await?;
        let zone = desk.settings().time_zone;
        Ok(view! {
            <PageHead title="Users"/>
            <SettingsTabs actor=desk.actor().clone() here="/settings/users"/>
            <div class="stack stack-5">
                <Card id="users" title="People who sign in"><Users users=users zone=zone/></Card>
                <div class="grid">
                    <div class="c-6"><Card id="add" title="Add somebody"><AddUser form=typed("/do/settings/users/add")/></Card></div>
                    <div class="c-6"><Card id="roles" title="What each role may do"><Matrix/></Card></div>
                </div>
            </div>
        })
    })
}

#[component]
fn Users(users: Vec<User>, zone: Tz) -> impl IntoView {
    let rows: Vec<_> = users.into_iter().map(|user| view! { <UserRow user=user zone=zone/> }).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr>
                    <th scope="col">"Name"</th><th scope="col">"Role"</th><th scope="col">"Last signed in"</th><th scope="col">"Added"</th>
                    <th scope="col"><span class="vh">"Actions"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn UserRow(user: User, zone: Tz) -> impl IntoView {
    let disabled = user.disabled_at.is_some();
    let (action, word) = if disabled { ("/do/settings/users/enable", "Enable") } else { ("/do/settings/users/disable", "Disable") };
    view! {
        <tr>
            <th scope="row"><bdi>{user.name.clone()}</bdi><span class="cell-sub">{user.email}</span></th>
            <td data-label="Role"><span>{role_word(user.role)}" "{disabled.then(|| view! { <Badge tone="is-bad" text="Disabled"/> })}</span></td>
            <td data-label="Signed in"><TimeOrNone at=user.last_seen_at zone=zone/></td>
            <td data-label="Added"><Time at=user.created_at zone=zone/></td>
            <td class="num">
                <Command action=action values=vec![("id", user.id.to_string())] label=format!("{word} {}", user.name)>{word}</Command>
            </td>
        </tr>
    }
}

#[component]
fn AddUser(form: Typed) -> impl IntoView {
    view! {
        <form class="body stack" method="post" action="/do/settings/users/add">
            <ErrorSummary form=form.clone()/>
            <Field form=form.clone() name="email" label="Email" kind="email" required=true/>
            <Field form=form.clone() name="name" label="Name"/>
            <Select form=form.clone() name="role" label="Role" options=choices::roles() value=Role::Viewer.as_str()/>
            <Field form=form name="password" label="First password" kind="password" autocomplete="new-password" required=true
                hint="At least 15 characters. Give it to them in person."/>
            <p class="row"><button class="btn btn-primary" type="submit">"Add user"</button></p>
        </form>
    }
}

/// Which role may do what.
#[component]
fn Matrix() -> impl IntoView {
    let heads: Vec<_> = Role::ALL.into_iter().map(|role| view! { <th scope="col">{role_word(role)}</th> }).collect();
    let rows: Vec<_> = Permission::ALL
        .into_iter()
        .map(|right| {
            let cells: Vec<_> = Role::ALL.into_iter().map(|role| view! { <td>{if role.may(right) { "Yes" } else { "–" }}</td> }).collect();
            view! { <tr><th scope="row">{sentence_case(right.as_str())}</th>{cells}</tr> }
        })
        .collect();
    view! {
        <TableWrap label="Rights of each role">
            <table class="dense"><thead><tr><th scope="col">"Right"</th>{heads}</tr></thead><tbody>{rows}</tbody></table>
        </TableWrap>
    }
}
