//! B8: what Peyk costs when nothing happens.

use std::fs;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Effort;
use crate::machine::memory;
use crate::real::{Carrier, Installation};
use crate::stage::carrier_script;
use crate::table::{Table, median};

/// After how long a process counts as idle.
const SETTLED: Duration = Duration::from_secs(10);

/// Measures memory, start and size.
pub async fn measure(effort: Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("the temporary folder can be written to");
    let carrier = Carrier::start(folder.path(), &carrier_script(0, false));
    let database = format!("sqlite:{}", folder.path().join("peyk.db").display());
    let installation = Installation::new(folder.path(), &database, &carrier, &[]);
    let api = installation.api();
    let address = api.base.trim_start_matches("http://");
    let (mut start_ms, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..effort.runs {
        let began = Instant::now();
        let server = installation.serve(&[], &[]);
        while !healthy(address).await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        start_ms.push(began.elapsed().as_secs_f64() * 1_000.0);
        tokio::time::sleep(SETTLED).await;
        idle.push(memory(server.id(), "VmRSS"));
    }
    table.line("B8", "memory of an idle server after 10 s", &format!("{:.0} MiB", median(idle)));
    table.line("B8", "cold start to the first 200 on `/healthz`, on an existing database", &format!("{:.0} ms", median(start_ms)));
    let size = fs::metadata(env!("CARGO_BIN_EXE_peyk")).expect("peyk was built with the benches").len();
    table.line("B8", "size of the binary", &format!("{:.1} MiB", size as f64 / 1024.0 / 1024.0));
}

async fn healthy(address: &str) -> bool {
    let asked = async {
        let mut connection = TcpStream::connect(address).await?;
        connection.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    asked.await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
