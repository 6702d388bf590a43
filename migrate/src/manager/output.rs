//! What the management command prints, and where.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::{AnsiColor, Style};
use birgus_core::Error;

type Writer = Arc<Mutex<Box<dyn Write + Send>>>;

/// Where results and messages go. Colours are left out where no terminal shows them, or `NO_COLOR` is set.
#[derive(Clone)]
pub struct Output {
    out: Writer,
    messages: Writer,
    interactive: bool,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("interactive", &self.interactive)
            .finish_non_exhaustive()
    }
}

impl Output {
    /// The standard output, and the standard error for messages.
    pub(super) fn standard() -> Self {
        Self {
            out: writer(anstream::stdout()),
            messages: writer(anstream::stderr()),
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
        }
    }

    /// Two buffers, and what they hold afterwards.
    pub(super) fn captured() -> (Self, Buffer, Buffer) {
        let (out, messages) = (Buffer::default(), Buffer::default());
        let output = Self {
            out: writer(anstream::StripStream::new(
                Box::new(out.clone()) as Box<dyn Write + Send>
            )),
            messages: writer(anstream::StripStream::new(
                Box::new(messages.clone()) as Box<dyn Write + Send>
            )),
            interactive: false,
        };
        (output, out, messages)
    }

    /// Whether somebody can be asked.
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Prints a result. A reader that has gone, as `head` does, is no failure.
    pub fn line(&self, text: impl fmt::Display) {
        let _ = writeln!(locked(&self.out), "{text}");
    }

    /// Prints as it is.
    pub(super) fn raw(&self, text: &str) {
        let _ = locked(&self.out).write_all(text.as_bytes());
    }

    /// Tells something that is no result.
    pub fn message(&self, text: impl fmt::Display) {
        let _ = writeln!(locked(&self.messages), "{text}");
    }

    /// Tells what failed, and what caused it.
    pub(super) fn error(&self, error: &Error) {
        let style = bold(AnsiColor::Red);
        self.message(format_args!("{style}error:{style:#} {error}"));
        let mut source = std::error::Error::source(error);
        let mut last = error.to_string();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Much that wraps another says its words already.
            if !last.contains(&text) {
                self.message(format_args!("  because: {text}"));
                last = text;
            }
            source = cause.source();
        }
    }
}

/// A buffer that several hands hold.
#[derive(Clone, Default)]
pub(super) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    pub(super) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn writer(inner: impl Write + Send + 'static) -> Writer {
    Arc::new(Mutex::new(Box::new(inner)))
}

fn locked(writer: &Writer) -> std::sync::MutexGuard<'_, Box<dyn Write + Send>> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bold(color: AnsiColor) -> Style {
    Style::new().bold().fg_color(Some(color.into()))
}

/// A revision's id.
pub(super) fn id(text: &str) -> String {
    let style = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
    format!("{style}{text}{style:#}")
}

/// A word of success.
pub(super) fn good(text: &str) -> String {
    let style = bold(AnsiColor::Green);
    format!("{style}{text}{style:#}")
}

/// A mark beside something: `(head)`.
pub(super) fn mark(text: &str) -> String {
    let style = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
    format!("{style}({text}){style:#}")
}

/// What needs attention.
pub(super) fn warning(text: impl fmt::Display) -> String {
    let style = bold(AnsiColor::Yellow);
    format!("{style}warning:{style:#} {text}")
}
