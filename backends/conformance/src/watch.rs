//! The statements that a case sends, and the warnings that it causes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, span};

/// The fields of a warning, as text.
pub(crate) type Warning = BTreeMap<&'static str, String>;

/// Collects the texts of the statements that this thread sends, and the warnings.
struct Collector(Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<Warning>>>);

struct Texts<'a>(&'a Collector);

impl Visit for Texts<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "statement" {
            self.0.0.lock().unwrap().push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

struct Fields(Warning);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl tracing::Subscriber for Collector {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut Texts(self));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        if *event.metadata().level() == tracing::Level::WARN {
            let mut fields = Fields(Warning::new());
            event.record(&mut fields);
            self.1.lock().unwrap().push(fields.0);
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// A second listener beside each that collects: where there is one alone, `tracing` asks that of the thread which comes to
/// a statement first whether anybody listens, and keeps the answer for all threads.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

/// The statements that `work` sends from this thread, BEGIN and COMMIT among them.
pub(crate) fn all_statements(work: impl FnOnce()) -> Vec<String> {
    watched(work).0
}

/// The warnings that `work` causes on this thread.
pub(crate) fn warnings(work: impl FnOnce()) -> Vec<Warning> {
    watched(work).1
}

/// The statements that `work` sends from this thread, BEGIN and COMMIT among them, and the warnings that it causes.
pub(crate) fn watched(work: impl FnOnce()) -> (Vec<String>, Vec<Warning>) {
    LazyLock::force(&ANOTHER);
    let texts = Arc::default();
    let warnings = Arc::default();
    let collector = Collector(Arc::clone(&texts), Arc::clone(&warnings));
    tracing::subscriber::with_default(collector, work);
    let texts = std::mem::take(&mut *texts.lock().unwrap());
    let warnings = std::mem::take(&mut *warnings.lock().unwrap());
    (texts, warnings)
}

/// The statements that `work` sends from this thread, without those that only frame a transaction.
pub(crate) fn statements(work: impl FnOnce()) -> Vec<String> {
    const FRAME: [&str; 6] = [
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT",
        "RELEASE",
        "SET ",
    ];
    let mut texts = all_statements(work);
    texts.retain(|text| !FRAME.iter().any(|frame| text.starts_with(frame)));
    texts
}

/// How many statements that begin with one of these words `work` sends.
pub(crate) fn counted(words: &[&str], work: impl FnOnce()) -> usize {
    let texts = all_statements(work);
    let begins = |text: &&String| words.iter().any(|word| text.starts_with(word));
    texts.iter().filter(begins).count()
}
