//! Throwaway.
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use peyk::{
    access,
    app::App,
    config::Config,
    connections, contacts,
    db::Db,
    dispatch,
    kernel::{
        category::Category,
        clock::Clock,
        crypto::Cipher,
        id::MessageId,
        outbound::{Limits, Outbound},
        phone::Phone,
        sms::measure,
    },
    messages::{self, Content, Intake, NewMessage},
    providers::simulator::{self, Journal, Script, Simulator},
};
use std::sync::Arc;
use std::time::Instant;

#[tokio::main]
async fn main() {
    let n: usize = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(20_000);
    let script = std::env::args().nth(2).unwrap_or_else(|| r#"{"latency_ms":[0,0],"receipts":{"delivered":1,"delay_ms":[0,0]}}"#.into());
    let dir = tempfile::tempdir_in("/work").unwrap();
    let url = std::env::args().nth(3).unwrap_or(format!("sqlite:{}/p.db", dir.path().display()));
    let outbound = Outbound::new(Limits::default()).unwrap();
    let clock = Clock::system();
    let external = std::env::args().nth(4);
    let sim_url = match external {
        Some(u) => u,
        None => {
            let sim = Simulator::new(Script::parse(&script).unwrap(), Journal::memory(), clock.clone(), outbound.clone());
            let l = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let u = format!("http://{}", l.local_addr().unwrap());
            let r = sim.router();
            tokio::spawn(async move { axum::serve(l, r).await });
            u
        }
    };
    let l = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let public = format!("http://{}", l.local_addr().unwrap());
    let config = Config::read(|k| match k {
        "PEYK_DATABASE_URL" => Some(url.clone()),
        "PEYK_PUBLIC_URL" => Some(public.clone()),
        "PEYK_DATA" => Some(dir.path().display().to_string()),
        _ => None,
    })
    .unwrap();
    let db = Db::open(&url).await.unwrap();
    let cipher = Cipher::from_text(&Cipher::new_secret()).unwrap();
    let app = App::new(config, db, cipher, clock, outbound, sim_url);
    let now = app.clock.now();
    let mut tx = app.db.write().await.unwrap();
    let sub = access::default_subaccount(&mut tx, now).await.unwrap();
    let tenant = app.cipher.tenant(&sub);
    connections::ensure_default(&mut tx, &tenant, &sub, now).await.unwrap();
    let conn = connections::all(&mut tx, &tenant, &sub).await.unwrap().remove(0);
    let conn = Arc::new(conn);
    tx.commit().await.unwrap();
    let intake = Intake::start(&app);
    let connections::Config::Simulator { token, .. } = conn.config.clone();
    let st = Arc::new((intake, conn, token));
    let r =
        Router::new()
            .route(
                "/webhooks/{*p}",
                post(
                    |State(st): State<Arc<(Intake, Arc<connections::Connection>, peyk::kernel::crypto::Secret)>>,
                     h: HeaderMap,
                     b: Bytes| async move {
                        let sig = h.get(simulator::SIGNATURE_HEADER).and_then(|v| v.to_str().ok()).unwrap_or("");
                        if !simulator::verify_signature(st.2.expose(), &b, sig) {
                            return StatusCode::FORBIDDEN;
                        }
                        let rec = simulator::parse_receipt(&b).unwrap();
                        match st.0.receive(st.1.clone(), rec).await {
                            Ok(()) => StatusCode::OK,
                            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
                        }
                    },
                ),
            )
            .with_state(st);
    tokio::spawn(async move { axum::serve(l, r).await });
    let t = Instant::now();
    let phones: Vec<Phone> = (0..n).map(|i| Phone::from_digits(989_120_000_000 + 1000 + i as u64 * 7).unwrap()).collect();
    for part in phones.chunks(2000) {
        let mut tx = app.db.write().await.unwrap();
        let people = contacts::ensure(&mut tx, &tenant, &sub, part, now).await.unwrap();
        let msgs: Vec<NewMessage> = people
            .iter()
            .map(|p| {
                let text = "Hi Sara, order A-1042 ships to Tehran. Reply STOP to opt out";
                let m = measure(text);
                NewMessage {
                    id: MessageId::new(now),
                    contact: p.id.clone(),
                    salt: p.salt.clone().unwrap(),
                    campaign: None,
                    category: Category::Order,
                    country: part[0].country(),
                    language: None,
                    sender: None,
                    connection: None,
                    template: None,
                    content: Content::Text(text.into()),
                    encoding: m.encoding,
                    segments: m.segments,
                    estimated: 7900,
                    currency: peyk::kernel::money::Currency::USD,
                    due_at: now,
                    not_after: now + 86_400_000,
                    reference: None,
                    metadata: None,
                }
            })
            .collect();
        let (_, a) = messages::enqueue(&mut tx, &tenant, &sub, &msgs, now).await.unwrap();
        drop(a);
        tx.commit().await.unwrap();
    }
    println!("enqueued {n} in {:?} = {:.0}/s", t.elapsed(), n as f64 / t.elapsed().as_secs_f64());
    let t = Instant::now();
    let c0 = cpu();
    let d = tokio::spawn(dispatch::run(Arc::clone(&app)));
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let mut tx = app.db.read().await.unwrap();
        let rows: Vec<(String, i64)> =
            tx.query("select status, cast(sum(messages) as bigint) from facts group by status").fetch_all().await.unwrap();
        let get = |s: &str| rows.iter().find(|r| r.0 == s).map_or(0, |r| r.1);
        if get("delivered") as usize == n {
            break;
        }
        if t.elapsed().as_secs() > 120 {
            println!("{rows:?}");
            break;
        }
    }
    let s = t.elapsed().as_secs_f64();
    println!("dispatched in {s:.2}s = {:.0} msg/s, cpu {:.2}s = {:.0} us/msg", n as f64 / s, cpu() - c0, (cpu() - c0) * 1e6 / n as f64);
    app.start_draining();
    d.await.unwrap().unwrap();
}
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
