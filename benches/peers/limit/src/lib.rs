//! The plain C clients: SQLite's own interface and libpq, each with prepared statements whose handles are held.
//!
//! They do nothing but the work, so the time that they take is the limit that every layer above is measured against.
//! Calling C is what this crate is for: it is the one that holds `unsafe` code, in one module a client.
#![deny(unsafe_code)]

mod groups;
#[allow(unsafe_code, reason = "calls libpq")]
mod libpq;
#[allow(unsafe_code, reason = "calls SQLite")]
mod sqlite;

use std::fmt;

pub use groups::{Groups, Tree, UserWithPosts, tree};
pub use libpq::{LibpqClient, LibpqLoader};
pub use sqlite::{ChildrenBy, SqliteClient, SqliteLoader, sqlite_version};

/// A row of `users`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The key, which the database assigned.
    pub id: i64,
    /// What the user is called.
    pub name: String,
    /// NULL for those who don't say.
    pub hair_color: Option<String>,
}

/// A row of `users` that has no key yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// What the user is called.
    pub name: String,
    /// NULL for those who don't say.
    pub hair_color: Option<String>,
}

/// A row of `posts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The key.
    pub id: i64,
    /// The user whose post it is.
    pub user_id: i64,
    /// What it is called.
    pub title: String,
    /// NULL for a post that is nothing but a title.
    pub body: Option<String>,
}

/// A row of `comments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The key.
    pub id: i64,
    /// The post that it comments on.
    pub post_id: i64,
    /// What it says.
    pub text: String,
}

/// What a C client complained about.
#[derive(Debug)]
pub struct Error(String);

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl From<std::ffi::NulError> for Error {
    fn from(error: std::ffi::NulError) -> Self {
        Self(error.to_string())
    }
}

fn utf8(bytes: &[u8]) -> Result<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(Error(error.to_string())),
    }
}
