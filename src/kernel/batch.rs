//! Group commit: many callers, one transaction.
//!
//! Each caller hands in an item and waits; a single task takes whatever has gathered, works on it as
//! one batch and answers everybody. While a batch is being committed the next one gathers, so the
//! batch grows with the load and a lone caller waits for nobody.

use std::future::Future;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::kernel::error::{Error, Result};

type Waiting<T, R> = (T, oneshot::Sender<Result<R>>);

/// The callers' end. Clones feed the same task.
#[derive(Debug)]
pub struct Batcher<T, R> {
    queue: mpsc::Sender<Waiting<T, R>>,
}

impl<T, R> Clone for Batcher<T, R> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<T: Send + 'static, R: Send + 'static> Batcher<T, R> {
    /// Starts the task. `work` must answer with as many results as it got items, in their order;
    /// it is called with 1 to `most` items.
    pub fn start<F, Fut>(most: usize, work: F) -> Self
    where
        F: Fn(Vec<T>) -> Fut + Send + 'static,
        Fut: Future<Output = Vec<Result<R>>> + Send,
    {
        let (queue, mut incoming) = mpsc::channel::<Waiting<T, R>>(most * 4);
        tokio::spawn(async move {
            let mut gathered = Vec::with_capacity(most);
            while incoming.recv_many(&mut gathered, most).await > 0 {
                let (items, callers): (Vec<_>, Vec<_>) = gathered.drain(..).unzip();
                let mut results = work(items).await.into_iter();
                for caller in callers {
                    let result = results.next().unwrap_or_else(|| Err(Error::internal("a batch gave too few results")));
                    // A caller that has gone away needs no answer.
                    let _gone = caller.send(result);
                }
            }
        });
        Self { queue }
    }

    /// Hands in one item and waits until its batch is done. When the queue is full for two seconds the
    /// answer is [`Error::Busy`] and nothing was taken.
    pub async fn submit(&self, item: T) -> Result<R> {
        let (answer, answered) = oneshot::channel();
        let wait = Duration::from_secs(2);
        self.queue.send_timeout((item, answer), wait).await.map_err(|_| Error::Busy { retry_after: wait })?;
        answered.await.map_err(|_| Error::internal("the batch task ended"))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_gets_their_own_answer() {
        let batcher = Batcher::start(8, |items: Vec<u32>| async move {
            items.into_iter().map(|n| if n == 13 { Err(Error::NotFound("luck")) } else { Ok(n * 2) }).collect()
        });
        let answers = futures::future::join_all((0..100).map(|n| batcher.submit(n))).await;
        for (n, answer) in (0..).zip(answers) {
            assert_eq!(answer.ok(), (n != 13).then_some(n * 2));
        }
    }
}
