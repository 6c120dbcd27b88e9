//! Who speaks for each connection.

use std::collections::HashMap;

use crate::app::App;
use crate::connections::{self, Connection};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::ConnectionId;
use crate::providers::Client;

/// The clients of the connections that may be used. One that cannot speak to its provider is paused with the reason,
/// so that its messages take another way and nobody else's wait.
pub async fn clients(tx: &mut Tx, app: &App, connections: &mut [Connection], now: Millis) -> Result<HashMap<ConnectionId, Client>> {
    let mut clients = HashMap::new();
    for connection in connections.iter_mut().filter(|c| c.is_usable()) {
        match connection.client(app) {
            Ok(client) => {
                clients.insert(connection.id.clone(), client);
            }
            Err(bad) => {
                let reason = format!("its setting {} cannot be used. {}", bad.field, bad.why);
                tracing::warn!(
                    connection = connection.id.as_str(),
                    field = bad.field,
                    "a connection's settings cannot be used; it is paused"
                );
                connections::pause(tx, &connection.subaccount, &connection.id, &reason, now).await?;
                connection.paused_reason = Some(reason);
            }
        }
    }
    Ok(clients)
}
