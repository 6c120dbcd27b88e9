//! A server that is none: it reads one whole request of a connection and then does what the case wants.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The most that a server pours out, in bytes; what a client that stops reading leaves in buffers is far less.
pub const FLOOD: usize = 256 * 1024 * 1024;

/// What a server does once it has read a request.
#[derive(Clone)]
pub enum Behaviour {
    /// Writes these bytes and closes.
    Answer(Vec<u8>),
    /// Writes these bytes, then [`FLOOD`] bytes of `x` as far as somebody reads them.
    Flood(Vec<u8>),
    /// Writes these bytes, then a blank every 50 ms without end.
    Drip(Vec<u8>),
    /// Says nothing and holds the connection.
    Silence,
    /// Resets the connection.
    Reset,
    /// Closes the connection.
    Close,
    /// Answers with this status and with the whole request as the body.
    Echo(u16),
}

impl fmt::Debug for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(bytes) => write!(f, "Answer {:?}", String::from_utf8_lossy(bytes)),
            Self::Flood(_) => f.write_str("Flood"),
            Self::Drip(_) => f.write_str("Drip"),
            Self::Silence => f.write_str("Silence"),
            Self::Reset => f.write_str("Reset"),
            Self::Close => f.write_str("Close"),
            Self::Echo(status) => write!(f, "Echo {status}"),
        }
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query, still escaped.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    raw: Vec<u8>,
}

impl Request {
    /// The path, still escaped.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The fields of the query.
    pub fn query(&self) -> Vec<(String, String)> {
        pairs(self.target.split_once('?').map_or("", |(_, query)| query))
    }

    /// The fields of a body that is a form.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    // The address parser reads forms, and needs an address around them; a bare `#` would end the query.
    let url = Url::parse(&format!("http://h/?{}", text.replace('#', "%23"))).expect("anything may stand in a query");
    url.query_pairs().into_owned().collect()
}

/// The one value of a field.
pub fn field(pairs: &[(String, String)], name: &str) -> Option<String> {
    let mut values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
    values.next().filter(|_| values.next().is_none())
}

/// A whole HTTP answer with a `content-length` that is right.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut head = format!("HTTP/1.1 {status} Reason\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Head, with the empty line that ends it, and body of an answer or a request.
pub fn apart(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = message.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    Some(message.split_at(end))
}

/// A running server. It ends when it is dropped.
pub struct Server {
    /// Its address, such as `http://127.0.0.1:4010`.
    pub base: String,
    seen: Arc<Seen>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    poured: AtomicUsize,
}

impl Server {
    /// Listens on a free port.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        let seen = Arc::new(Seen::default());
        let mut task = JoinSet::new();
        let ours = Arc::clone(&seen);
        task.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                ours.connections.fetch_add(1, Ordering::SeqCst);
                conversations.spawn(converse(socket, behaviour.clone(), Arc::clone(&ours)));
            }
        });
        Self { base, seen, _task: task }
    }

    /// The requests that came whole.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().expect("nobody panics with it").clone()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How much of a [`Behaviour::Flood`] was written, in bytes.
    pub fn poured(&self) -> usize {
        self.seen.poured.load(Ordering::SeqCst)
    }
}

/// What goes wrong here is the client's doing and shows in what the client makes of it.
async fn converse(mut socket: TcpStream, behaviour: Behaviour, seen: Arc<Seen>) {
    let Some(request) = read(&mut socket).await else {
        return;
    };
    let raw = request.raw.clone();
    seen.requests.lock().expect("nobody panics with it").push(request);
    match behaviour {
        Behaviour::Answer(bytes) => {
            socket.write_all(&bytes).await.ok();
        }
        Behaviour::Flood(head) => {
            socket.write_all(&head).await.ok();
            let chunk = vec![b'x'; 64 * 1024];
            while seen.poured.load(Ordering::SeqCst) < FLOOD && socket.write_all(&chunk).await.is_ok() {
                seen.poured.fetch_add(chunk.len(), Ordering::SeqCst);
            }
        }
        Behaviour::Drip(head) => {
            socket.write_all(&head).await.ok();
            let mut tick = tokio::time::interval(Duration::from_millis(50));
            while socket.write_all(b" ").await.is_ok() {
                tick.tick().await;
            }
        }
        Behaviour::Silence => std::future::pending().await,
        Behaviour::Reset => socket.set_zero_linger().expect("the socket is open"),
        Behaviour::Close => {}
        Behaviour::Echo(status) => {
            socket.write_all(&answer(status, &[("content-type", "text/plain")], raw)).await.ok();
        }
    }
}

async fn read(socket: &mut TcpStream) -> Option<Request> {
    let mut raw = Vec::new();
    loop {
        if let Some((head, body)) = apart(&raw) {
            let request = parse(head)?;
            let length = request.headers.get("content-length").map_or(Some(0), |v| v.to_str().ok()?.parse().ok())?;
            if body.len() >= length {
                return Some(Request { body: body.to_vec(), raw, ..request });
            }
        }
        if socket.read_buf(&mut raw).await.ok()? == 0 {
            return None;
        }
    }
}

fn parse(head: &[u8]) -> Option<Request> {
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let mut headers = HeaderMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some(Request { method, target, headers, body: Vec::new(), raw: Vec::new() })
}
