//! What Peyk's own code logs while the suite runs, so that it can be searched for what must never stand there.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

/// Listens on this thread until it is dropped.
pub struct Logs {
    written: Arc<Mutex<String>>,
    _guard: DefaultGuard,
}

impl Logs {
    /// Begins to listen.
    pub fn listen() -> Self {
        let written = Arc::default();
        let guard = tracing::subscriber::set_default(Ear(Arc::clone(&written)));
        Self { written, _guard: guard }
    }

    /// All that was logged so far, at every level.
    pub fn written(&self) -> String {
        self.written.lock().expect("nobody panics with it").clone()
    }
}

struct Ear(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0, "{field} = {value:?}").expect("memory takes it");
    }
}

impl Subscriber for Ear {
    /// Libraries log at levels that nobody turns on in earnest; they are not ours to judge.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = module_path!().split("::").next().unwrap_or_default();
        metadata.target().split("::").next() == Some(ours)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Fields(&mut self.0.lock().expect("nobody panics with it")));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().expect("nobody panics with it")));
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().expect("nobody panics with it")));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
