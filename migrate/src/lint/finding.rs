//! What was found in a revision, and how it is told.

use std::fmt;

use serde::Serialize;

use super::Code;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Note,
    /// To be looked at before the revision is applied.
    Warning,
    /// The revision will fail.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Something in a revision that may harm rows, other programs, or whoever applies it.
///
/// `{}` is one line; `{:#}` adds why it matters, what to do about it, and how to silence it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The id of the revision.
    pub revision: String,
    /// The operation of the revision, counted from 1; none for what is about the whole of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<usize>,
    /// What the operation is called: `drop_column post.body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The table, or the column as `table.column`; empty for what is about neither.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// What was found.
    pub message: String,
    /// How much in the database is in the way, where that was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Why it matters.
    pub explanation: &'static str,
    /// What to do about it.
    pub remedy: String,
    /// How not to be told again.
    pub silence: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.severity, self.code, self.revision)?;
        if let (Some(number), Some(title)) = (self.operation, &self.title) {
            write!(f, ": operation {number}, {title}")?;
        }
        write!(f, ": {}", self.message)?;
        if !f.alternate() {
            return Ok(());
        }
        write!(
            f,
            "\n  why: {}\n  what to do: {}\n  to silence it: {}",
            self.explanation, self.remedy, self.silence
        )
    }
}
