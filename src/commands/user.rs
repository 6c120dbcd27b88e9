//! `peyk user`: people who sign in.

use std::io::BufRead as _;

use clap::{Args, Subcommand};
use peyk::access::{self, NewUser, Role};
use peyk::config::Config;
use peyk::kernel::clock::rfc3339;
use peyk::kernel::crypto::Secret;

use super::{Failure, Outcome, open, say};

/// `peyk user`.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Add a user; the first one ends set-up
    Add(Add),
    /// List users
    List(Of),
    /// Lock a user out
    Disable(Disable),
}

/// `peyk user add`.
#[derive(Args, Debug)]
pub struct Add {
    /// The address that they sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// owner, admin, marketer or viewer
    #[arg(long, value_parser = role)]
    role: Role,
    /// Their name; else the part of the address before the @
    #[arg(long, default_value = "")]
    name: String,
    /// Whose user; a new name makes a subaccount
    #[arg(long, value_name = "NAME")]
    subaccount: Option<String>,
    /// Read the password from stdin: one line
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// Whose.
#[derive(Args, Debug)]
pub struct Of {
    /// Whose; else of every subaccount
    #[arg(long, value_name = "NAME")]
    subaccount: Option<String>,
}

/// `peyk user disable`.
#[derive(Args, Debug)]
pub struct Disable {
    /// Their address or id
    #[arg(value_name = "ADDRESS")]
    positional: Option<String>,
    /// Their address or id
    #[arg(long, value_name = "ADDRESS", conflicts_with = "positional", required_unless_present = "positional")]
    email: Option<String>,
    /// Whose user; else looked for in every subaccount
    #[arg(long, value_name = "NAME")]
    subaccount: Option<String>,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| format!("use one of {}", Role::ALL.map(Role::as_str).join(", ")))
}

/// Does it.
pub async fn run(config: Config, action: Action) -> Outcome {
    let app = open::app(config).await?;
    match action {
        Action::Add(add) => {
            let password = password()?;
            let actor = open::shell(&app, add.subaccount.as_deref()).await?;
            let new = NewUser { email: add.email, name: add.name, role: add.role, password };
            let user = access::add_user(&app, &actor, new).await?;
            say(&format!("Added {} as {} ({}).", user.email, user.role.as_str(), user.id));
        }
        Action::List(of) => {
            for (subaccount, actor) in open::shells(&app, of.subaccount.as_deref()).await? {
                for user in access::list_users(&app, &actor).await? {
                    let state = user.disabled_at.map_or_else(|| "active".to_owned(), |at| format!("disabled {}", rfc3339(at)));
                    say(&[user.id.as_str(), &user.email, user.role.as_str(), &subaccount.name, &state].join("\t"));
                }
            }
        }
        Action::Disable(disable) => {
            let who = disable.email.or(disable.positional).expect("clap requires one of them");
            let mut found = None;
            for (_, actor) in open::shells(&app, disable.subaccount.as_deref()).await? {
                let is_meant = |u: &access::User| u.email.eq_ignore_ascii_case(&who) || u.id.as_str() == who;
                if access::list_users(&app, &actor).await?.iter().any(is_meant) {
                    found = Some(access::disable_user(&app, &actor, &who).await?);
                }
            }
            let user = found.ok_or_else(|| Failure::new("There is no such user. `peyk user list` shows them."))?;
            say(&format!("Disabled {} ({}).", user.email, user.id));
        }
    }
    app.db.close().await;
    Ok(())
}

/// One line, without its line break.
fn password() -> Outcome<Secret> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| Failure::new(format!("the password could not be read from stdin: {e}")))?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    Ok(Secret::new(password.strip_suffix('\r').unwrap_or(password)))
}
