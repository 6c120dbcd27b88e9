//! Listeners and the simulator inside this process.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use peyk::access;
use peyk::app::App;
use peyk::connections;
use peyk::kernel::clock::Clock;
use peyk::kernel::error::Error;
use peyk::kernel::outbound::Outbound;
use peyk::providers::Provider;
use peyk::providers::simulator::{Journal, Script, Simulator, TOKEN};
use tokio::net::TcpListener;

use super::{Failure, Outcome};

/// Binds an address.
pub async fn bind(address: SocketAddr) -> Outcome<TcpListener> {
    TcpListener::bind(address).await.map_err(|e| {
        let hint = "Is Peyk running already? Choose another with --listen or PEYK_LISTEN.";
        Failure::new(format!("{address} cannot be listened on: {e}. {hint}"))
    })
}

/// Serves until `stop` is over, then finishes the requests under way.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    // Without this a small answer waits for the acknowledgement of the one before.
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
    });
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(stop).await
}

/// The carrier simulator of this process, on a loopback port of its own.
pub struct Inside {
    /// The simulator.
    pub simulator: Simulator,
    /// Where it answers.
    pub url: String,
}

/// Starts one.
pub async fn simulator(outbound: &Outbound) -> Outcome<Inside> {
    let simulator = Simulator::new(Script::default(), Journal::memory(), Clock::system(), outbound.clone());
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = simulator.router();
    tokio::spawn(async move {
        if let Err(error) = serve(listener, router, std::future::pending()).await {
            tracing::error!(%error, "the simulator stopped listening");
        }
    });
    Ok(Inside { simulator, url })
}

/// Tells the simulator where the connections listen, so that people can write to them first.
pub async fn introduce(simulator: &Simulator, app: &App) -> Result<(), Error> {
    let mut tx = app.db.read().await?;
    for subaccount in access::all_subaccounts(&mut tx).await? {
        for connection in connections::all(&mut tx, &app.cipher.tenant(&subaccount.id), &subaccount.id).await? {
            // Of the others, each message names the address, or an inbox is read; Every8d's customers register theirs by hand.
            if matches!(connection.provider, Provider::Simulator | Provider::Every8d) {
                let secret = connection.settings.get(TOKEN).unwrap_or_default();
                simulator.introduce(connection.provider, &connection.status_url(app), secret);
            }
        }
    }
    Ok(())
}

/// The simulator's paths for whoever sits at this machine: peers on loopback that no proxy speaks for.
pub fn local_only(simulator: &Simulator) -> Router {
    simulator.router().layer(middleware::from_fn(only_from_here))
}

async fn only_from_here(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let near = peer.is_some_and(|ConnectInfo(address)| address.ip().to_canonical().is_loopback());
    let forwarded = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];
    if near && !forwarded.iter().any(|name| request.headers().contains_key(*name)) {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}
