//! How many statements a program sends.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Event, Metadata, Subscriber, subscriber};

/// Counts the spans of `tracing` whose statement begins with one of these words.
struct Statements(Arc<AtomicU32>, &'static [&'static str]);

impl Visit for &Statements {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "statement" && self.1.iter().any(|word| value.starts_with(word)) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl Subscriber for Statements {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut &*self);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A second listener beside each that counts: where there is one alone, `tracing` asks that of the thread which comes to a
/// statement first whether anybody listens, and keeps the answer for all threads.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

/// How many statements that begin with one of these words `work` sends.
pub(crate) fn statements(words: &'static [&'static str], work: impl FnOnce()) -> u32 {
    LazyLock::force(&ANOTHER);
    let count = Arc::new(AtomicU32::new(0));
    subscriber::with_default(Statements(Arc::clone(&count), words), work);
    count.load(Ordering::Relaxed)
}
