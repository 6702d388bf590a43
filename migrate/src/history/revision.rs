//! A revision file: one reviewable change of the schema, there and back.

use birgus_core::chrono::{DateTime, SecondsFormat, Utc};
use birgus_core::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::apply::Course;
use crate::state::Operation;

/// The version of the format that is written, and the newest that is read.
pub const FORMAT: u32 = 1;

/// The longest part of a file's name that says what the revision does.
const SLUG: usize = 40;

/// A revision: what changes, and how the change is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The version of the file's format.
    pub format: u32,
    /// What tells it from all others.
    pub id: String,
    /// The revisions that it follows: none for the first, several for a merge.
    pub parents: Vec<String>,
    /// What it does, in a few words.
    pub message: String,
    /// When it was written, in UTC.
    pub created: String,
    /// The names of branches that begin here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Revisions of other branches that must be there before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// What the lint does not tell: codes (`D102`), groups (`L`), or a code and what it is about (`D102 post.body`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silence: Vec<String>,
    /// Revisions whose place it takes: it does what they did together, and a database that has all of them has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
    /// Revisions whose place those had taken before: files may still follow them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_before: Vec<String>,
    /// The parents, and what it depends on, as the file says, where others have taken their place since.
    #[serde(skip)]
    pub(crate) written: Option<(Vec<String>, Vec<String>)>,
    /// What changes, in order.
    #[serde(default)]
    pub upgrade: Vec<Operation>,
    /// How it is taken back, in order.
    #[serde(default)]
    pub downgrade: Vec<Operation>,
}

impl Revision {
    /// A revision without operations.
    pub fn new(
        id: impl Into<String>,
        parents: Vec<String>,
        message: impl Into<String>,
        created: DateTime<Utc>,
    ) -> Self {
        Self {
            format: FORMAT,
            id: id.into(),
            parents,
            message: message.into(),
            created: created.to_rfc3339_opts(SecondsFormat::Secs, true),
            labels: Vec::new(),
            depends_on: Vec::new(),
            silence: Vec::new(),
            replaces: Vec::new(),
            replaced_before: Vec::new(),
            written: None,
            upgrade: Vec::new(),
            downgrade: Vec::new(),
        }
    }

    /// How messages call it: `ae10 (users table)`.
    pub fn title(&self) -> String {
        if self.message.is_empty() {
            return self.id.clone();
        }
        format!("{} ({})", self.id, self.message)
    }

    /// The ids that it stands for beside its own.
    pub(crate) fn stands_for(&self) -> impl Iterator<Item = &String> {
        self.replaces.iter().chain(&self.replaced_before)
    }

    /// What an operation is called in messages, counted from 0: `add_column post.body`.
    pub(crate) fn operation(&self, course: Course, number: usize) -> Option<String> {
        let operations = match course {
            Course::Downgrading => &self.downgrade,
            Course::Upgrading | Course::Applied => &self.upgrade,
        };
        operations.get(number).map(Operation::title)
    }

    /// The name of its file, which sorts by time and says what it does: `20261121T101500_ae10_users_table.toml`.
    pub fn file_name(&self) -> String {
        let time: String = (self.created.chars())
            .filter(|letter| letter.is_ascii_alphanumeric())
            .take("20261121T101500".len())
            .collect();
        let slug = slug(&self.message);
        let separator = if slug.is_empty() { "" } else { "_" };
        format!("{time}_{}{separator}{slug}.toml", self.id)
    }

    /// Reads a revision; `file` is what messages call it.
    ///
    /// # Errors
    ///
    /// `is_configuration()`, saying where in the file.
    pub fn read(text: &str, file: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }

        let wrong = |problem: String| Error::configuration(format!("{file}: {}", problem.trim()));
        // A newer format may hold what this program can't read: that is said first.
        let version: Version =
            toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        if version.format != FORMAT {
            return Err(wrong(format!(
                "format {}, and this program reads format {FORMAT}",
                version.format
            )));
        }
        let revision: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let others = revision.parents.iter().chain(&revision.replaces);
        for id in std::iter::once(&revision.id).chain(others) {
            if !is_id(id) {
                return Err(wrong(format!(
                    "the id {id:?}: write 1 to 32 small letters of ASCII, digits, `_` and `-`"
                )));
            }
        }
        Ok(revision)
    }

    /// The text of its file.
    ///
    /// # Errors
    ///
    /// `is_configuration()` for what TOML can't hold.
    pub fn write(&self) -> Result<String> {
        toml::to_string_pretty(self)
            .map_err(|error| Error::configuration(format!("{}: {error}", self.id)))
    }
}

fn is_id(id: &str) -> bool {
    let inside =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    matches!(id.len(), 1..=32) && id.bytes().all(inside)
}

/// A message as a part of a file's name: small letters and digits, words joined by `_`.
///
/// ```
/// assert_eq!(birgus_migrate::history::slug("Add users' e-mail!"), "add_users_e_mail");
/// ```
pub fn slug(message: &str) -> String {
    let mut slug = String::new();
    for letter in message.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            slug.push(letter);
        } else if letter != '\'' && !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
        if slug.chars().count() >= SLUG {
            break;
        }
    }
    slug.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision() -> Revision {
        let created = DateTime::from_timestamp(1_795_256_100, 0).unwrap_or_default();
        Revision::new("ae10", vec!["0b77".to_owned()], "Users table", created)
    }

    #[test]
    fn names_sort_by_time_and_say_what_they_do() {
        assert_eq!(
            revision().file_name(),
            "20261121T101500_ae10_users_table.toml"
        );
        assert_eq!(slug("  ¡Größe, 2nd try!  "), "größe_2nd_try");
        assert_eq!(slug(&"long ".repeat(40)).chars().count(), 39);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let revision = revision();
        let text = revision.write().unwrap_or_default();
        assert_eq!(Revision::read(&text, "x.toml").ok(), Some(revision));
    }

    #[test]
    fn a_newer_format_is_told_apart_from_a_mistake() {
        let newer = "format = 2\nid = 7\n";
        let error = Revision::read(newer, "x.toml").map_err(|error| error.to_string());
        assert_eq!(
            error.err().as_deref(),
            Some("x.toml: format 2, and this program reads format 1")
        );
        let text = revision().write().unwrap_or_default();
        let typo = text.replace("message", "massage");
        let error = Revision::read(&typo, "x.toml").map_err(|error| error.to_string());
        assert!(error.is_err_and(|error| error.contains("massage")));
        let odd = text.replace("\"ae10\"", "\"../ae10\"");
        assert!(Revision::read(&odd, "x.toml").is_err());
    }
}
