//! `peyk send`: one message from the shell.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use peyk::access::Actor;
use peyk::app::App;
use peyk::config::Config;
use peyk::messages::{self, MessageDetail, SendRequest, Status};
use peyk::{api, dispatch};
use serde_json::Value;

use super::{Failure, Outcome, listen, lock, open, say};

/// Between two looks at the message.
const LOOK: Duration = Duration::from_millis(50);
/// How long `--wait` waits.
const PATIENCE: Duration = Duration::from_secs(300);

/// `peyk send`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("words").required(true).args(["text", "template"]))]
pub struct Options {
    /// The number, in any spelling
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// The text, sent exactly as given
    #[arg(long)]
    text: Option<String>,
    /// The id or code of a template
    #[arg(long, value_name = "CODE")]
    template: Option<String>,
    /// A value of the template, as name=value; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable, requires = "template")]
    variables: Vec<(String, String)>,
    /// Which language of the template
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Only by this connection
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// What it is about: order, payment, delivery, reminder, authentication, account or marketing
    #[arg(long)]
    category: Option<String>,
    /// Whose message
    #[arg(long, value_name = "NAME")]
    subaccount: Option<String>,
    /// Wait until nothing more happens to it; dispatches here when no server does
    #[arg(long)]
    wait: bool,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Sends it and prints what it is; with `--wait`, what became of it.
pub async fn run(mut config: Config, options: Options) -> Outcome {
    let request = SendRequest {
        to: options.to,
        text: options.text,
        template: options.template,
        variables: options.variables.into_iter().map(|(name, value)| (name, Value::String(value))).collect(),
        language: options.language,
        connection: options.connection,
        category: options.category,
        ..SendRequest::default()
    };
    // Without a server this process dispatches; then it is also the one that hears the receipts.
    let held = if options.wait && config.database_url.expose().starts_with("sqlite:") { lock::take(&config)? } else { None };
    let outbound = open::outbound()?;
    let mut here = None;
    let mut simulator_url = config.simulator_url.clone().unwrap_or_default();
    if held.is_some() {
        let listener = listen::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        config.public_url = format!("http://{}", listener.local_addr()?);
        here = Some(listener);
        if config.simulator_url.is_none() {
            simulator_url = listen::simulator(&outbound).await?.url;
        }
    }
    let app = open::app_with(config, outbound, simulator_url).await?;
    let actor = open::shell(&app, options.subaccount.as_deref()).await?;
    let message = messages::send(&app, &actor, request).await?;
    if !options.wait {
        print(&messages::get(&app, &actor, &message.id).await?);
        return finish(&app).await;
    }
    if let Some(listener) = here {
        tokio::spawn(listen::serve(listener, api::webhooks(Arc::clone(&app)), std::future::pending()));
    }
    let dispatching = held.is_some().then(|| tokio::spawn(dispatch::run(Arc::clone(&app))));
    let ended = tokio::time::timeout(PATIENCE, until_final(&app, &actor, &message.id)).await;
    app.start_draining();
    if let Some(dispatching) = dispatching {
        dispatching.await.map_err(|e| Failure::new(format!("dispatch stopped: {e}")))??;
    }
    let outcome = match ended {
        Ok(detail) => {
            print(&detail?);
            Ok(())
        }
        Err(_) => {
            let detail = messages::get(&app, &actor, &message.id).await?;
            print(&detail);
            let status = detail.message.status.as_str();
            Err(Failure::new(format!("after {} s the message is still {status}", PATIENCE.as_secs())))
        }
    };
    finish(&app).await?;
    drop(held);
    outcome
}

async fn finish(app: &App) -> Outcome {
    app.db.close().await;
    Ok(())
}

async fn until_final(app: &App, actor: &Actor, id: &str) -> Outcome<MessageDetail> {
    loop {
        let detail = messages::get(app, actor, id).await?;
        if detail.message.status.is_final() {
            return Ok(detail);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn print(detail: &MessageDetail) {
    let message = &detail.message;
    let money = |amount: &messages::Amount| format!("{} {}", amount.amount, amount.currency);
    say(&format!("id: {}", message.id));
    say(&format!("status: {}", message.status.as_str()));
    if let Some(reason) = message.reason.as_deref().filter(|_| matches!(message.status, Status::Held | Status::Dropped)) {
        say(&format!("reason: {reason} ({})", messages::words(Some(reason))));
    }
    say(&format!("segments: {} ({})", message.segments, message.encoding));
    match &message.cost {
        Some(cost) => say(&format!("cost: {}", money(cost))),
        None => say(&format!("cost: {} (estimated)", money(&message.estimated_cost))),
    }
    if let Some(error) = &message.error {
        say(&format!("error: {} {}", error.code, error.detail));
    }
}
