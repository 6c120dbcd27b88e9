//! How callbacks leave. Addresses of plain HTTP, which is what a simulator on the same machine meets,
//! take a lean path: at thousands of receipts a second the general client would cost more than the rest of
//! the simulator. All others go through the one HTTP client.

use std::io;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::kernel::outbound::Outbound;

/// How long a callback may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest head of an answer that is read, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// The longest body that is read to keep a connection, in bytes.
const BODY_LIMIT: usize = 64 * 1024;
/// The most connections that are kept.
const KEPT: usize = 32;

/// A callback as a protocol words it.
pub enum Callback {
    /// A POST that is signed.
    Post {
        /// Where to.
        url: String,
        /// What the body is.
        content_type: &'static str,
        /// The header that signs it, and the signature.
        signature: (&'static str, String),
        /// The body.
        body: Vec<u8>,
    },
    /// A GET that says all in its address.
    Get {
        /// Where to.
        url: String,
        /// A text that the answer's body must hold, or the call was in vain.
        wants: Option<String>,
    },
}

/// Makes callbacks and keeps their connections.
pub struct Caller {
    outbound: Outbound,
    idle: Mutex<Vec<(String, TcpStream)>>,
}

impl Caller {
    /// A caller without connections.
    pub fn new(outbound: Outbound) -> Self {
        Self { outbound, idle: Mutex::new(Vec::new()) }
    }

    /// Makes one call; the status of the answer, or `None` if there was none or not the one that is wanted.
    pub async fn call(&self, callback: &Callback) -> Option<u16> {
        match callback {
            Callback::Post { url, content_type, signature: (name, signature), body } => {
                if let Some((authority, path)) = plain(url) {
                    let request = request(authority, path, content_type, name, signature, body).ok()?;
                    let exchange = self.exchange(authority, request);
                    return tokio::time::timeout(PATIENCE, exchange).await.ok()?.ok();
                }
                let request = self.outbound.post(url).timeout(PATIENCE).header(CONTENT_TYPE, *content_type);
                let request = request.header(*name, signature).body(body.clone());
                self.outbound.send(request).await.ok().map(|answer| answer.status)
            }
            Callback::Get { url, wants } => {
                let answer = self.outbound.send(self.outbound.get(url).timeout(PATIENCE)).await.ok()?;
                let in_vain = |wanted: &String| answer.status == 200 && !String::from_utf8_lossy(&answer.body).contains(wanted.as_str());
                if wants.as_ref().is_some_and(in_vain) { None } else { Some(answer.status) }
            }
        }
    }

    async fn exchange(&self, authority: &str, request: Vec<u8>) -> io::Result<u16> {
        let mut socket = match self.take(authority) {
            Some(socket) => socket,
            None => connect(authority).await?,
        };
        socket.write_all(&request).await?;
        let (status, reusable) = answer(&mut socket).await?;
        if reusable {
            self.keep(authority, socket);
        }
        Ok(status)
    }

    fn take(&self, authority: &str) -> Option<TcpStream> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(place) = idle.iter().position(|(kept, _)| kept == authority) {
            let (_, socket) = idle.swap_remove(place);
            // A connection that was closed meanwhile reads as ended, a live one as not ready.
            match socket.try_read(&mut [0]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Some(socket),
                _ => {}
            }
        }
        None
    }

    fn keep(&self, authority: &str, socket: TcpStream) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= KEPT {
            idle.remove(0);
        }
        idle.push((authority.into(), socket));
    }
}

/// Host with port, and path with query, of a plain HTTP address without anything unusual.
fn plain(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/')?);
    let usual = rest.bytes().all(|b| b.is_ascii_graphic() && b != b'#') && !authority.contains(['@', '?']);
    (usual && !authority.is_empty()).then_some((authority, path))
}

async fn connect(authority: &str) -> io::Result<TcpStream> {
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let socket = if has_port { TcpStream::connect(authority).await? } else { TcpStream::connect(format!("{authority}:80")).await? };
    socket.set_nodelay(true)?;
    Ok(socket)
}

fn request(authority: &str, path: &str, content_type: &str, name: &str, signature: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut request = Vec::with_capacity(512 + body.len());
    write!(
        request,
        "POST {path} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: {content_type}\r\n{name}: {signature}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )?;
    request.extend_from_slice(body);
    Ok(request)
}

/// Reads an answer: its status, and whether the connection can carry another request.
async fn answer(socket: &mut TcpStream) -> io::Result<(u16, bool)> {
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    let mut read = Vec::with_capacity(1024);
    let head_end = loop {
        if socket.read_buf(&mut read).await? == 0 || read.len() > HEAD_LIMIT {
            return Err(malformed());
        }
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = std::str::from_utf8(&read[..head_end]).map_err(|_| malformed())?;
    let (first, fields) = head.split_once("\r\n").ok_or_else(malformed)?;
    let status: u16 =
        first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|status| status.parse().ok()).ok_or_else(malformed)?;
    let field = |wanted: &str| {
        fields
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
    };
    let length = match status {
        204 | 304 => Some(0),
        _ => field("content-length").and_then(|length| length.parse::<usize>().ok()),
    };
    let closes = field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let Some(length) = length.filter(|length| *length <= BODY_LIMIT && !closes) else {
        return Ok((status, false));
    };
    while read.len() < head_end + length {
        if socket.read_buf(&mut read).await? == 0 {
            return Ok((status, false));
        }
    }
    Ok((status, read.len() == head_end + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::outbound::Limits;
    use tokio::net::TcpListener;

    fn caller() -> Caller {
        Caller::new(Outbound::new(Limits::default()).unwrap())
    }

    fn callback(url: String) -> Callback {
        Callback::Post { url, content_type: "text/plain", signature: ("x-signature", "abc".into()), body: b"hello".into() }
    }

    /// A server that gives each connection's requests these answers in turn, and tells how many
    /// connections it saw.
    async fn server(answers: &'static [&'static str]) -> (String, tokio::sync::watch::Receiver<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/status", listener.local_addr().unwrap());
        let (count, counted) = tokio::sync::watch::channel(0);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                count.send_modify(|n| *n += 1);
                tokio::spawn(async move {
                    for answer in answers {
                        let mut request = Vec::new();
                        while !request.ends_with(b"hello") {
                            if socket.read_buf(&mut request).await.unwrap() == 0 {
                                return;
                            }
                        }
                        let head = String::from_utf8(request).unwrap();
                        assert!(head.starts_with("POST /status HTTP/1.1\r\nhost: 127.0.0.1:"), "{head}");
                        assert!(head.contains("\r\nx-signature: abc\r\ncontent-length: 5\r\n\r\nhello"), "{head}");
                        socket.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        (url, counted)
    }

    #[tokio::test]
    async fn a_connection_is_kept_while_answers_allow_it() {
        const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let (url, connections) =
            server(&[GOOD, "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"]).await;
        let (caller, callback) = (caller(), callback(url));
        for status in [200, 204, 403] {
            assert_eq!(caller.call(&callback).await, Some(status));
        }
        assert_eq!(*connections.borrow(), 1);
    }

    #[tokio::test]
    async fn a_connection_is_dropped_when_its_end_is_not_clear() {
        for answer in [
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxyz",
        ] {
            let answers: &'static [&'static str] = vec![answer].leak();
            let (url, connections) = server(answers).await;
            let (caller, callback) = (caller(), callback(url));
            assert_eq!((caller.call(&callback).await, caller.call(&callback).await), (Some(200), Some(200)));
            assert_eq!(*connections.borrow(), 2, "{answer}");
        }
    }

    #[tokio::test]
    async fn no_answer_or_nonsense_is_none() {
        for answer in ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 2"] {
            let (url, _) = server(vec![answer].leak()).await;
            assert_eq!(caller().call(&callback(url)).await, None, "{answer}");
        }
        assert_eq!(caller().call(&callback("http://127.0.0.1:1/status".into())).await, None);
        assert_eq!(caller().call(&callback("no address".into())).await, None);
    }

    #[tokio::test]
    async fn an_answer_without_the_wanted_text_is_none() {
        const RECEIVED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nmagic=12";
        for (answer, wanted, status) in [
            (RECEIVED, "magic=1", Some(200)),
            (RECEIVED, "magic=2", None),
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "magic=1", Some(404)),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}/status?a=b", listener.local_addr().unwrap());
            tokio::spawn(async move {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 1024];
                let length = socket.read(&mut request).await.unwrap();
                assert!(request[..length].starts_with(b"GET /status?a=b HTTP/1.1\r\n"));
                socket.write_all(answer.as_bytes()).await.unwrap();
            });
            let callback = Callback::Get { url, wants: Some(wanted.into()) };
            assert_eq!(caller().call(&callback).await, status, "{wanted}");
        }
    }

    #[test]
    fn only_usual_addresses_take_the_lean_path() {
        assert_eq!(plain("http://127.0.0.1:3000/a/status?b=c"), Some(("127.0.0.1:3000", "/a/status?b=c")));
        for url in
            ["https://h/a", "http://h", "http://u:p@h/a", "http://h/a b", "http://h/a\r\nx: y", "http://h?a/b", "http:///a", "http://h/#a"]
        {
            assert_eq!(plain(url), None, "{url}");
        }
    }
}
