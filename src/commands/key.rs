//! `peyk key`: API keys for other systems.

use clap::{Args, Subcommand};
use peyk::access::{self, ALL_SCOPES, Permission};
use peyk::config::Config;
use peyk::kernel::clock::rfc3339;
use peyk::kernel::id::KeyId;

use super::{Failure, Outcome, open, say};

/// `peyk key`.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make a key and print it, once and alone, on stdout
    Add(Add),
    /// List keys, with the SID of their subaccount
    List(Of),
    /// End a key for ever
    Revoke(Revoke),
}

/// `peyk key add`.
#[derive(Args, Debug)]
pub struct Add {
    /// What it is for
    #[arg(long)]
    name: String,
    /// Whose key; a new name makes a subaccount
    #[arg(long, value_name = "NAME")]
    subaccount: Option<String>,
    /// What it may do: all, or some of view, view_personal, send, templates, consent, costs, settings, access, installation
    #[arg(long, value_name = "LIST", default_value = ALL_SCOPES)]
    scopes: String,
}

/// Whose.
#[derive(Args, Debug)]
pub struct Of {
    /// Whose; else of every subaccount
    #[arg(long, value_name = "NAME")]
    subaccount: Option<String>,
}

/// `peyk key revoke`.
#[derive(Args, Debug)]
pub struct Revoke {
    /// Its id or name
    key: String,
    /// Whose key; else looked for in every subaccount
    #[arg(long, value_name = "NAME")]
    subaccount: Option<String>,
}

/// Does it.
pub async fn run(config: Config, action: Action) -> Outcome {
    let app = open::app(config).await?;
    match action {
        Action::Add(add) => {
            let actor = open::shell(&app, add.subaccount.as_deref()).await?;
            let new = access::add_key(&app, &actor, &add.name, &add.scopes).await?;
            say(new.secret.expose());
        }
        Action::List(of) => {
            for (subaccount, actor) in open::shells(&app, of.subaccount.as_deref()).await? {
                for key in access::list_keys(&app, &actor).await? {
                    let scopes = key.scopes.iter().map(|s: &Permission| s.as_str()).collect::<Vec<_>>().join(",");
                    let state = key.revoked_at.map_or_else(|| "active".to_owned(), |at| format!("revoked {}", rfc3339(at)));
                    say(&[key.id.as_str(), &key.name, &subaccount.name, &subaccount.sid, &scopes, &state].join("\t"));
                }
            }
        }
        Action::Revoke(revoke) => {
            let mut found = Vec::new();
            for (_, actor) in open::shells(&app, revoke.subaccount.as_deref()).await? {
                let keys = access::list_keys(&app, &actor).await?;
                let meant = keys.into_iter().filter(|k| k.id.as_str() == revoke.key || (k.name == revoke.key && k.revoked_at.is_none()));
                found.extend(meant.map(|key| (actor.clone(), key.id)));
            }
            let [(actor, id)]: &[(access::Actor, KeyId); 1] = found.as_slice().try_into().map_err(|_| {
                Failure::new(if found.is_empty() {
                    "There is no such key. `peyk key list` shows them."
                } else {
                    "Several keys have this name. Give the id; `peyk key list` shows them."
                })
            })?;
            let key = access::revoke_key(&app, actor, id).await?;
            say(&format!("Revoked {} ({}).", key.name, key.id));
        }
    }
    app.db.close().await;
    Ok(())
}
