//! Finishes set-up.

use leptos::prelude::*;

use crate::access::setup::{self, SetupForm};
use crate::kernel::crypto::Secret;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::guard::encode;
use crate::web::page::visit;

/// Makes the owner and the organisation, and signs the owner in.
#[server(prefix = "/do", endpoint = "public/setup")]
pub async fn finish_setup(token: String) -> Answer {
    act(&format!("/setup?token={}", encode(&token)), async {
        let (visit, form) = (visit(), posted());
        let text = |field: &str| form.get(field).unwrap_or_default().trim().to_owned();
        let filled = SetupForm {
            email: text("email"),
            name: text("name"),
            password: Secret::new(form.get("password").unwrap_or_default()),
            organisation: text("organisation"),
            time_zone: text("time_zone"),
            language: text("language"),
            currency: text("currency"),
            default_country: text("default_country"),
            countries: text("countries").split(',').map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned).collect(),
            budget: text("budget"),
        };
        let owner = setup::complete(&visit.app, &token, filled, visit.ip.clone()).await?;
        visit.sign_in(&owner).await?;
        Ok(Done::at("/").saying("Your desk is ready. You are signed in as its owner."))
    })
    .await
}
