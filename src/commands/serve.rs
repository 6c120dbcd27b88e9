//! `peyk serve`: pages, API, webhooks and dispatch in one process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use peyk::app::App;
use peyk::config::Config;
use peyk::{access, api, dispatch, uploads, web};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Failure, Outcome, address, listen, lock, open, say};

/// How long requests under way may take once dispatch has stopped.
const LAST_REQUESTS: Duration = Duration::from_secs(3);

/// `peyk serve`.
#[derive(Args, Debug, Default)]
pub struct Options {
    /// Where to listen, instead of PEYK_LISTEN
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Send nothing from this process: another one dispatches
    #[arg(long)]
    no_dispatch: bool,
}

/// Runs until SIGTERM or Ctrl-C: then takes no new work, finishes what is under way and ends within 25 s.
/// A second signal ends it at once.
pub async fn run(config: Config, options: Options) -> Outcome {
    let mut signals = Signals::listen()?;
    let held = if options.no_dispatch { None } else { Some(right_to_dispatch(&config)?) };
    let listener = listen::bind(options.listen.unwrap_or(config.listen)).await?;
    let bound = listener.local_addr()?;
    let config = reached_at(config, bound);
    let outbound = open::outbound()?;
    let inside = if config.simulator_url.is_none() { Some(listen::simulator(&outbound).await?) } else { None };
    let simulator_url = inside.as_ref().map(|i| i.url.clone()).or_else(|| config.simulator_url.clone()).unwrap_or_default();
    let app = open::app_with(config, outbound, simulator_url).await?;
    open::ensure_connections(&app).await?;
    if let Some(inside) = &inside {
        listen::introduce(&inside.simulator, &app).await?;
    }
    let mut router = web::router(Arc::clone(&app)).merge(api::router(Arc::clone(&app)));
    if let Some(inside) = &inside {
        router = router.merge(listen::local_only(&inside.simulator));
    }
    if let Some(address) = access::setup::address(&app).await? {
        say(&format!("Set up Peyk: {address}"));
    }
    say(&format!("Peyk listens on http://{bound}"));
    let dispatching = held.is_some().then(|| tokio::spawn(dispatch::run(Arc::clone(&app))));
    tokio::spawn(take_up_uploads(Arc::clone(&app)));
    let outcome = serve(&app, listener, router, dispatching, &mut signals).await;
    app.db.close().await;
    drop(held);
    outcome
}

/// On a SQLite file one process dispatches.
fn right_to_dispatch(config: &Config) -> Outcome<lock::DispatchLock> {
    lock::take(config)?.ok_or_else(|| {
        let data = config.data.display();
        Failure::new(format!("Another Peyk already works on the data in {data}. Stop it first, or start this one with --no-dispatch."))
    })
}

/// Where nobody said how we are reached from outside, it is the address that we listen on.
fn reached_at(mut config: Config, bound: SocketAddr) -> Config {
    let assumed = format!("http://{}", config.listen);
    for url in [&mut config.public_url, &mut config.link_url] {
        if *url == assumed {
            *url = format!("http://{bound}");
        }
    }
    config.listen = bound;
    config
}

async fn take_up_uploads(app: Arc<App>) {
    if let Err(error) = uploads::resume(&app).await {
        tracing::error!(error = ?error, "uploads that a stop interrupted could not be taken up again");
    }
}

async fn serve(
    app: &Arc<App>,
    listener: TcpListener,
    router: axum::Router,
    mut dispatching: Option<JoinHandle<Result<(), peyk::kernel::error::Error>>>,
    signals: &mut Signals,
) -> Outcome {
    let (stop, mut stopping) = watch::channel(false);
    let mut serving = tokio::spawn(listen::serve(listener, router, async move {
        // The sender outlives the server; if it did not, that too would be a reason to stop.
        let _ = stopping.wait_for(|stop| *stop).await;
    }));
    tokio::select! {
        () = signals.next() => {}
        ended = &mut serving => {
            return Err(Failure::new(format!("the server stopped listening: {ended:?}")));
        }
        ended = async { dispatching.as_mut().expect("guarded by the condition").await }, if dispatching.is_some() => {
            return Err(match ended {
                Ok(Err(error)) => error.into(),
                other => Failure::new(format!("dispatch stopped: {other:?}")),
            });
        }
    }
    tracing::info!("stopping: no new work is taken, what is under way is finished");
    app.start_draining();
    let finish = async {
        // Receipts for what is in flight still come in while dispatch ends.
        if let Some(dispatching) = dispatching {
            match dispatching.await {
                Ok(Ok(())) => {}
                other => tracing::error!("dispatch did not end in order: {other:?}"),
            }
        }
        stop.send_replace(true);
        // Connections that never end are cut off by the end of the process.
        let _ = tokio::time::timeout(LAST_REQUESTS, serving).await;
    };
    tokio::select! {
        () = finish => Ok(()),
        () = signals.next() => Err(Failure::new("stopped at once by a second signal; what was in flight is looked into at the next start")),
    }
}

/// SIGTERM and Ctrl-C.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Outcome<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
