//! B1: a CSV file from its first byte to a checked upload, and its rows to messages.
//!
//! `cargo bench --bench uploads` prints, for 100,000 and 1,000,000 rows, wall time, CPU time and the most
//! memory so far. The data is the same everywhere: `phone,name,city,order`, different numbers, one name in
//! ten with letters outside GSM-7. The database is a fresh SQLite file as shipped.

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{Stream, stream};
use peyk::access::{self, Actor};
use peyk::app::App;
use peyk::campaigns::{self, Launch, NewCampaign};
use peyk::config::Config;
use peyk::connections;
use peyk::db::Db;
use peyk::kernel::category::Category;
use peyk::kernel::clock::Clock;
use peyk::kernel::crypto::Cipher;
use peyk::kernel::outbound::{Limits, Outbound};
use peyk::uploads::{self, MessageChoice, Wording};

const TEXT: &str = "Hi {{ name }}, order {{ order }} ships to {{ city }}. Reply STOP to opt out";
/// Rows handed over at once, about as much as a socket gives.
const ROWS_IN_A_PIECE: u64 = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for rows in [100_000, 1_000_000] {
        runtime.block_on(measure(rows))?;
    }
    Ok(())
}

async fn measure(rows: u64) -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().display().to_string();
    let config = Config::read(|name| match name {
        "PEYK_DATA" => Some(data.clone()),
        "PEYK_MAX_UPLOAD_ROWS" => Some("2000000".into()),
        _ => None,
    })?;
    let db = Db::open(config.database_url.expose()).await?;
    let cipher = Cipher::from_text(&Cipher::new_secret())?;
    let app = App::new(config, db, cipher, Clock::system(), Outbound::new(Limits::default())?, String::new());
    let mut tx = app.db.write().await?;
    let subaccount = access::default_subaccount(&mut tx, app.clock.now()).await?;
    connections::ensure_default(&mut tx, &app.cipher.tenant(&subaccount), &subaccount, app.clock.now()).await?;
    tx.commit().await?;
    let actor = Actor::shell(subaccount);
    let message = MessageChoice { wording: Wording::Text(TEXT.into()), category: Some(Category::Order), language: None };

    let stage = Stage::begin();
    let upload = uploads::receive(&app, &actor, "bench.csv", file(rows)).await?;
    stage.end("receive", rows);
    uploads::set_message(&app, &actor, &upload.id, &message).await?;
    let stage = Stage::begin();
    let upload = uploads::check_now(&app, &actor, &upload.id).await?;
    stage.end("check", rows);
    let stage = Stage::begin();
    uploads::preview_row(&app, &actor, &upload.id, rows).await?;
    stage.end("preview of one row", 1);
    let draft = campaigns::create_from_upload(&app, &actor, &upload.id, &NewCampaign::default()).await?;
    let stage = Stage::begin();
    campaigns::launch(&app, &actor, &draft.id, &Launch::default()).await?;
    stage.end("launch", rows);
    let stage = Stage::begin();
    while campaigns::expand_step(&app).await? {}
    stage.end("expand", rows);
    app.db.close().await;
    Ok(())
}

fn file(rows: u64) -> impl Stream<Item = io::Result<Bytes>> {
    stream::iter((0..rows.div_ceil(ROWS_IN_A_PIECE)).map(move |piece| {
        let mut text = if piece == 0 { String::from("phone,name,city,order\n") } else { String::new() };
        for n in piece * ROWS_IN_A_PIECE..rows.min((piece + 1) * ROWS_IN_A_PIECE) {
            let name = if n.is_multiple_of(10) { "Łukasz" } else { "Dana" };
            let (exchange, line) = (200 + n / 9_000, 1_000 + n % 9_000);
            text.push_str(&format!("+1212{exchange}{line},{name} {n},Springfield,{}\n", 100_000 + n));
        }
        Ok(Bytes::from(text))
    }))
}

/// One thing being measured.
struct Stage {
    wall: Instant,
    cpu: Duration,
}

impl Stage {
    fn begin() -> Self {
        Self { wall: Instant::now(), cpu: cpu_time() }
    }

    #[expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]
    fn end(self, what: &str, rows: u64) {
        let (wall, cpu) = (self.wall.elapsed().as_secs_f64(), (cpu_time() - self.cpu).as_secs_f64());
        let rate = rows as f64 / wall;
        println!("{what:>20}: {rows:>9} rows  {wall:>8.3} s  {cpu:>8.2} s CPU  {rate:>10.0} rows/s  peak {} MiB", peak_memory());
    }
}

/// User and system time of this process, from the kernel's 100 ticks a second.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// The most memory that this process has had, in MiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
