//! Commands that need no sign-in: in, out, and the theme.

use leptos::prelude::*;

use crate::access;
use crate::web::action::{Answer, Done, act};
use crate::web::guard::encode;
use crate::web::page::visit;
use crate::web::visit::{Theme, local};

/// Signs in and goes on to the page first asked for.
#[server(prefix = "/do", endpoint = "public/login")]
pub async fn login(email: String, password: String, #[server(default)] next: String) -> Answer {
    let page = local(&next).map_or_else(|| "/login".to_owned(), |next| format!("/login?next={}", encode(next)));
    act(&page, async {
        let visit = visit();
        let signed_in = access::login(&visit.app, &email, &password, visit.ip.as_deref().unwrap_or_default()).await?;
        visit.sign_in(&signed_in.user.id).await?;
        Ok(Done::at(local(&next).unwrap_or("/")))
    })
    .await
}

/// Ends the session here and in the database.
#[server(prefix = "/do", endpoint = "public/logout")]
pub async fn logout() -> Answer {
    act("/login", async {
        visit().sign_out().await?;
        Ok(Done::at("/login"))
    })
    .await
}

/// Remembers the theme in a cookie and shows the page again.
#[server(prefix = "/do", endpoint = "public/theme")]
pub async fn choose_theme(theme: String, #[server(default)] back: String) -> Answer {
    act("/", async { Ok(Done::at(local(&back).unwrap_or("/")).in_theme(Theme::read(&theme))) }).await
}
