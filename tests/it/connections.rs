//! Connections: who may point them where.

use peyk::access::Role;
use peyk::connections::{self, ConfigInput, ConnectionInput};
use peyk::kernel::error::Error;

use crate::harness::{TestApp, both_engines};

both_engines! { only_an_owner_chooses_the_address_that_requests_go_to }

async fn only_an_owner_chooses_the_address_that_requests_go_to(app: TestApp) {
    let inward = |url: &str| ConnectionInput { config: Some(ConfigInput { base_url: Some(url.into()) }), ..ConnectionInput::default() };
    let metadata = "http://169.254.169.254";
    let refused = connections::put(&app, &app.actor(Role::Admin), "simulator", inward(metadata)).await;
    assert!(matches!(refused, Err(Error::Denied("installation"))));
    let stored = connections::get(&app, &app.actor(Role::Admin), "simulator").await.expect("it is there");
    assert_eq!(stored.connection.address(), None);
    let owner = app.actor(Role::Owner);
    let changed = connections::put(&app, &owner, "simulator", inward("http://127.0.0.1:4010")).await.expect("an owner may");
    assert_eq!(changed.connection.address(), Some("http://127.0.0.1:4010"));
    let same = connections::put(&app, &app.actor(Role::Admin), "simulator", inward("http://127.0.0.1:4010")).await;
    assert!(same.is_ok(), "an admin who leaves the address as it is changes the rest");
}
