//! The first start.

use peyk::access::setup::{self, SetupForm};
use peyk::access::{Role, actor_for_user, settings};
use peyk::app::App;
use peyk::config::Config;
use peyk::kernel::crypto::Secret;
use peyk::kernel::error::Error;
use peyk::kernel::outbound::{Limits, Outbound};

use super::{PASSWORD, add};
use crate::harness::{TestApp, both_engines};

both_engines! {
    set_up_is_open_once_and_closed_for_ever,
    a_user_added_at_the_shell_closes_set_up_and_a_chosen_token_opens_it,
}

fn form() -> SetupForm {
    SetupForm {
        email: "owner@example.com".into(),
        name: "Olga".into(),
        password: Secret::new(PASSWORD),
        organisation: "Lark".into(),
        time_zone: "Asia/Taipei".into(),
        language: "zh-Hant".into(),
        currency: "TWD".into(),
        default_country: "TW".into(),
        countries: vec!["TW".into(), "US".into()],
        budget: "300".into(),
    }
}

fn token_of(address: &str) -> &str {
    address.split_once("/setup?token=").expect("a set-up address").1
}

async fn set_up_is_open_once_and_closed_for_ever(app: TestApp) {
    let first = setup::address(&app).await.expect("asked").expect("nothing is set up");
    let address = setup::address(&app).await.expect("asked").expect("still nothing");
    let token = token_of(&address);
    assert!(address.starts_with("http://127.0.0.1:3000/setup?token=") && token.len() == 43);
    assert!(!setup::check(&app, token_of(&first)).await.expect("checked"), "a restart ends the older address");
    assert!(setup::check(&app, token).await.expect("checked"));
    assert!(matches!(setup::complete(&app, "guess", form(), None).await, Err(Error::Unauthenticated)));

    let faulty = SetupForm { time_zone: "Mars".into(), password: Secret::new("short"), ..form() };
    let Err(Error::Invalid(errors)) = setup::complete(&app, token, faulty, None).await else { panic!("must be refused") };
    assert_eq!(errors.0.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["time_zone", "password"]);
    assert!(setup::is_open(&app).await.expect("asked"));

    let both = tokio::join!(setup::complete(&app, token, form(), None), setup::complete(&app, token, form(), None));
    let (owner, loser) = if both.0.is_ok() { both } else { (both.1, both.0) };
    let owner = actor_for_user(&app, &owner.expect("one wins"), None).await.expect("signed in");
    assert!(matches!(loser, Err(Error::Conflict(_))), "{loser:?}");
    let kept = settings(&app, &owner).await.expect("there");
    assert_eq!((kept.organisation.as_str(), kept.budget, kept.countries.len()), ("Lark", Some(300_000_000), 2));
    assert!(!setup::check(&app, token).await.expect("checked"));
    assert_eq!(setup::address(&app).await.expect("asked"), None);
    assert!(matches!(setup::complete(&app, token, form(), None).await, Err(Error::Conflict(_))));
}

async fn a_user_added_at_the_shell_closes_set_up_and_a_chosen_token_opens_it(app: TestApp) {
    let config = Config { setup_token: Some(Secret::new("open & see")), ..app.config.clone() };
    let outbound = Outbound::new(Limits::default()).expect("an HTTP client can be built");
    let chosen = App::new(config, app.db.clone(), app.cipher.clone(), app.clock.clone(), outbound, String::new());
    let address = setup::address(&chosen).await.expect("asked").expect("nothing is set up");
    assert_eq!(token_of(&address), "open%20%26%20see");
    assert!(setup::check(&app, "open & see").await.expect("checked"));
    add(&app, "owner@example.com", Role::Owner).await;
    assert!(!setup::is_open(&app).await.expect("asked"));
    assert!(matches!(setup::complete(&app, "open & see", form(), None).await, Err(Error::Conflict(_))));
}
