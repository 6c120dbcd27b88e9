//! A body that arrives in pieces, read by what knows only [`Read`]: the pieces go over a bounded channel to a blocking thread.

use std::io::{self, Read};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::sync::mpsc;

/// Pieces in flight.
const CHANNEL: usize = 8;
/// A body that brings nothing for this long is given up.
const SILENCE: Duration = Duration::from_secs(60);

/// Why a body did not arrive whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It has more bytes than it may.
    TooLarge,
    /// The connection broke, or brought nothing for a minute.
    Broken,
}

/// The sending end of a body; hand it to [`feed`].
#[derive(Debug)]
pub struct Feeder(mpsc::Sender<io::Result<Bytes>>);

/// The body as something that can be read; waits for the next piece on its blocking thread.
#[derive(Debug)]
pub struct Incoming {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
}

/// Both ends of a body.
pub fn channel() -> (Feeder, Incoming) {
    let (to_reader, chunks) = mpsc::channel(CHANNEL);
    (Feeder(to_reader), Incoming { chunks, chunk: Bytes::new() })
}

/// Hands the body to the reader; how many bytes it had. A reader that stops early is no error here: it says why itself.
///
/// # Errors
/// When the body is larger than `most` bytes, or breaks off. The reader meets an error at that place too.
pub async fn feed<S, E>(body: S, Feeder(reader): Feeder, most: u64) -> Result<u64, BodyError>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: std::error::Error + Send + Sync + 'static,
{
    let mut body = std::pin::pin!(body);
    let mut bytes = 0;
    loop {
        let next = tokio::time::timeout(SILENCE, body.next()).await;
        let (chunk, fault) = match next {
            Ok(None) => return Ok(bytes),
            Ok(Some(Ok(chunk))) => {
                bytes += chunk.len() as u64;
                if bytes > most { (Err(io::Error::other("too large")), Some(BodyError::TooLarge)) } else { (Ok(chunk), None) }
            }
            Ok(Some(Err(cause))) => (Err(io::Error::other(cause)), Some(BodyError::Broken)),
            Err(elapsed) => (Err(io::Error::other(elapsed)), Some(BodyError::Broken)),
        };
        let stopped = reader.send(chunk).await.is_err();
        match fault {
            Some(fault) => return Err(fault),
            None if stopped => return Ok(bytes),
            None => {}
        }
    }
}

impl Read for Incoming {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.chunk = chunk?,
                None => return Ok(0),
            }
        }
        let count = into.len().min(self.chunk.len());
        into[..count].copy_from_slice(&self.chunk.split_to(count));
        Ok(count)
    }
}
