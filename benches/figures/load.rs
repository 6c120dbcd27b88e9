//! A load of HTTP requests over connections that are kept: bytes out, bytes in, so that it costs the cores
//! as little as it can.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What came of a load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Answers per second.
    pub rate: f64,
    /// Half of the answers took at most so long, in milliseconds.
    pub p50: f64,
    /// Of a hundred, 99 took at most so long.
    pub p99: f64,
}

/// Sends for so long over so many connections what `request` makes of a running number; every answer must
/// have this status.
pub async fn run(
    address: &str,
    connections: usize,
    time: Duration,
    status: u16,
    request: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static,
) -> Load {
    let request = Arc::new(request);
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (request, next, address) = (Arc::clone(&request), Arc::clone(&next), address.to_owned());
            tokio::spawn(async move {
                let mut connection = TcpStream::connect(&address).await.expect("the server takes connections");
                connection.set_nodelay(true).expect("a socket can be told so");
                let (mut took, mut buffer) = (Vec::new(), Vec::with_capacity(8 * 1024));
                while began.elapsed() < time {
                    let bytes = request(next.fetch_add(1, Ordering::Relaxed));
                    let asked = Instant::now();
                    connection.write_all(&bytes).await.expect("the server reads");
                    answer(&mut connection, &mut buffer, status).await;
                    took.push(asked.elapsed().as_secs_f64() * 1_000.0);
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for worker in workers {
        took.extend(worker.await.expect("no connection failed"));
    }
    let seconds = began.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    Load { rate: took.len() as f64 / seconds, p50: at(0.5), p99: at(0.99) }
}

/// Reads one answer to its end and checks its status.
async fn answer(connection: &mut TcpStream, buffer: &mut Vec<u8>, status: u16) {
    buffer.clear();
    let (mut head, mut length) = (None, 0);
    while head.is_none_or(|head| buffer.len() < head + length) {
        let read = connection.read_buf(buffer).await.expect("the server answers");
        assert!(read > 0, "the server closed a connection");
        if head.is_none()
            && let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let text = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let told = text.lines().find_map(|line| line.strip_prefix("content-length:")).map(|n| n.trim().parse::<usize>());
            length = told.and_then(Result::ok).unwrap_or(0);
            head = Some(end + 4);
        }
    }
    let line = format!("HTTP/1.1 {status}");
    assert!(buffer.starts_with(line.as_bytes()), "{}", String::from_utf8_lossy(buffer));
}
