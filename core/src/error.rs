//! The one error type: opaque, word-sized, asked by predicates.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::model::Problem;

/// What every fallible function of Birgus returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that can go wrong, on any engine.
///
/// The kind is private; ask it by predicates ([`Error::is_unique_violation`] …) and accessors
/// ([`Error::constraint`] …). The same mistake gives the same answers on every engine. Neither
/// `Display` nor `Debug` ever shows a password or a bound value.
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, #[column(length = 64, unique)] pub username: String }
///
/// fn sign_up(db: &Database, name: &str) -> Result<i64, String> {
///     match User::insert(User::build().username(name)).execute(db) {
///         Ok(id) => Ok(id),
///         Err(error) if error.is_unique_violation() => {
///             Err(format!("this {} is taken", error.column().unwrap_or("value"))) // this username is taken
///         }
///         Err(error) if error.is_invalid_value() => Err(error.to_string()), // user.username: 71 characters, at most 64
///         Err(error) if error.is_retryable() => sign_up(db, name),
///         Err(error) => Err(format!("out of order: {error}")),
///     }
/// }
/// # fn main() {}
/// ```
///
/// A driver or a type of your own makes them:
///
/// ```
/// use birgus_core::Error;
///
/// let error = Error::invalid_value("user.username", "71 characters, at most 64 (declared by length = 64)");
/// assert!(error.is_invalid_value());
/// assert_eq!(error.to_string(), "user.username: 71 characters, at most 64 (declared by length = 64)");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: Cow<'static, str>,
    table: Option<String>,
    columns: Vec<String>,
    constraint: Option<String>,
    code: Option<String>,
    problems: Vec<Problem>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Configuration,
    UnknownScheme,
    InvalidModel,
    InvalidQuery,
    InvalidValue,
    Decode,
    NotLoaded,
    NotFound,
    MultipleRows,
    CheckoutTimeout,
    NPlusOne,
    Session,
    StaleObject,
    Validation,
    Unsupported,
    Migration,
    Database(DatabaseErrorKind),
}

/// What a database refused, in the terms that every engine shares.
///
/// A driver MUST classify what its engine reports into one of these: programs branch on the predicates
/// of [`Error`], and those are only as good as this mapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DatabaseErrorKind {
    /// A duplicate key in a primary key or unique index (SQLSTATE 23505).
    UniqueViolation,
    /// A missing parent row, or a parent that still has children (SQLSTATE 23503).
    ForeignKeyViolation,
    /// NULL into a NOT NULL column (SQLSTATE 23502).
    NotNullViolation,
    /// A CHECK constraint that is false (SQLSTATE 23514).
    CheckViolation,
    /// A value that the column's type can't hold (SQLSTATE class 22).
    InvalidData,
    /// A table that does not exist (SQLSTATE 42P01).
    UndefinedTable,
    /// A column that does not exist (SQLSTATE 42703).
    UndefinedColumn,
    /// Text that the engine can't parse (SQLSTATE 42601).
    Syntax,
    /// Two transactions waited for each other (SQLSTATE 40P01).
    Deadlock,
    /// The transaction met another one's change and must be tried again (SQLSTATE 40001).
    SerializationFailure,
    /// The database is locked by another writer, and the wait for it ran out.
    Busy,
    /// The statement ran longer than the statement timeout allows (SQLSTATE 57014).
    StatementTimeout,
    /// The server could not be reached.
    ConnectionFailed,
    /// The server refused the user or the password (SQLSTATE class 28).
    AuthenticationFailed,
    /// The server has no database of that name (SQLSTATE 3D000).
    UnknownDatabase,
    /// The connection was there and is gone (SQLSTATE class 08, 57P01 …).
    ConnectionLost,
    /// The user may not do this (SQLSTATE 42501).
    PermissionDenied,
    /// The transaction, database or server only allows reading (SQLSTATE 25006).
    ReadOnly,
    /// Anything else.
    Other,
}

impl Error {
    fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            table: None,
            columns: Vec::new(),
            constraint: None,
            code: None,
            problems: Vec::new(),
            source: None,
        }))
    }

    /// A setting that is missing, unknown or malformed.
    pub fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Configuration, message)
    }

    /// A URL scheme that no driver has registered.
    pub fn unknown_scheme(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::UnknownScheme, message)
    }

    /// A model that could not behave the same on every engine; `subject` is `table.column` or the table.
    pub fn invalid_model(subject: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(Kind::InvalidModel, format!("{subject}: {problem}"))
    }

    /// A query that would not mean the same on every engine, or means nothing.
    pub fn invalid_query(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::InvalidQuery, message)
    }

    /// A value that its column can't hold, found before anything was sent; `subject` is `table.column`.
    pub fn invalid_value(subject: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(Kind::InvalidValue, format!("{subject}: {problem}"))
    }

    /// A row that does not fit the Rust type it is read into.
    pub fn decode(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Decode, message)
    }

    /// Something that was asked of a value, and was not read with it; `subject` is `Model.field`, `remedy` says how to have
    /// it.
    pub fn not_loaded(subject: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        Self::new(Kind::NotLoaded, format!("{subject}: not loaded; {remedy}"))
    }

    /// No row where one was required.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// Several rows where one was required.
    pub fn multiple_rows(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::MultipleRows, message)
    }

    /// A relation that is loaded row by row; `subject` is `Model.field`.
    pub fn n_plus_one(subject: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(Kind::NPlusOne, format!("{subject}: {problem}"))
    }

    /// A pool that had no connection to give in time.
    pub fn checkout_timeout(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::CheckoutTimeout, message)
    }

    /// A session used against its rules: a foreign key, a deleted object, a failed unit.
    pub fn session(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Session, message)
    }

    /// A row that is no longer as the session knows it; `object` is the model and the key.
    pub fn stale_object(object: impl fmt::Display) -> Self {
        Self::new(
            Kind::StaleObject,
            format!("{object}: its row was changed or deleted elsewhere since it was read"),
        )
    }

    /// Objects that their models' checks refuse.
    pub(crate) fn validation(problems: Vec<Problem>) -> Self {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let mut error = Self::new(Kind::Validation, texts.join("; "));
        error.0.problems = problems;
        error
    }

    /// A migration that can't go on.
    pub fn migration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Migration, message)
    }

    /// Something that an engine can't do.
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    /// What a database refused.
    ///
    /// `message` MUST NOT hold a bound value: engines quote them (`Key (email)=(…)`), logs keep them.
    pub fn database(kind: DatabaseErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Database(kind), message)
    }

    /// Names the table that the error is about.
    #[must_use]
    pub fn with_table(mut self, table: impl Into<String>) -> Self {
        self.0.table = Some(table.into());
        self
    }

    /// Names the columns that the error is about.
    #[must_use]
    pub fn with_columns<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.0.columns = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Names the constraint that was violated.
    #[must_use]
    pub fn with_constraint(mut self, constraint: impl Into<String>) -> Self {
        self.0.constraint = Some(constraint.into());
        self
    }

    /// Keeps the engine's own code: an SQLSTATE, or the number of an engine without them.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Keeps the cause. It MUST NOT show a password or a bound value.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Puts words in front of the message: what was being done.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message).into();
        self
    }

    /// The same error in the words of another, with its names; the engine's code and the cause stay.
    #[must_use]
    pub(crate) fn reworded(mut self, other: Self) -> Self {
        let other = *other.0;
        self.0.message = other.message;
        self.0.table = other.table;
        self.0.columns = other.columns;
        self.0.constraint = other.constraint;
        self
    }

    /// The same error as another kind, in its words and with its names; the engine's code and the cause stay.
    #[must_use]
    pub(crate) fn reclassified(self, other: Self) -> Self {
        let kind = other.0.kind;
        let mut error = self.reworded(other);
        error.0.kind = kind;
        error
    }

    /// The table that the error is about, where known.
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// The column that the error is about, where exactly one is known.
    pub fn column(&self) -> Option<&str> {
        match self.0.columns.as_slice() {
            [column] => Some(column),
            _ => None,
        }
    }

    /// The columns that the error is about: all those of a composite key.
    pub fn columns(&self) -> &[String] {
        &self.0.columns
    }

    /// The constraint that was violated, where known.
    pub fn constraint(&self) -> Option<&str> {
        self.0.constraint.as_deref()
    }

    /// The engine's own code, where it gives one: for reading by people, since codes differ.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// How the database's refusal was classified; `None` when no database was asked.
    pub fn database_kind(&self) -> Option<DatabaseErrorKind> {
        match self.0.kind {
            Kind::Database(kind) => Some(kind),
            _ => None,
        }
    }

    fn is_database(&self, kind: DatabaseErrorKind) -> bool {
        self.0.kind == Kind::Database(kind)
    }

    /// A setting, or a URL, is missing, unknown or malformed.
    pub fn is_configuration(&self) -> bool {
        matches!(self.0.kind, Kind::Configuration | Kind::UnknownScheme)
    }

    /// No driver is registered for the scheme of a URL.
    pub fn is_unknown_scheme(&self) -> bool {
        self.0.kind == Kind::UnknownScheme
    }

    /// A model can't behave the same on every engine.
    pub fn is_invalid_model(&self) -> bool {
        self.0.kind == Kind::InvalidModel
    }

    /// A query is refused before it is sent.
    pub fn is_invalid_query(&self) -> bool {
        self.0.kind == Kind::InvalidQuery
    }

    /// A value can't be held by its column: refused before it is sent, or by the engine.
    pub fn is_invalid_value(&self) -> bool {
        self.0.kind == Kind::InvalidValue || self.is_database(DatabaseErrorKind::InvalidData)
    }

    /// A row does not fit the Rust type that it is read into.
    pub fn is_decode(&self) -> bool {
        self.0.kind == Kind::Decode
    }

    /// Something was asked of a value that was not read with it: a relation, or a column that its query left out. The
    /// message says what loads it.
    pub fn is_not_loaded(&self) -> bool {
        self.0.kind == Kind::NotLoaded
    }

    /// No row where one was required.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == Kind::NotFound
    }

    /// Several rows where one was required.
    pub fn is_multiple_rows(&self) -> bool {
        self.0.kind == Kind::MultipleRows
    }

    /// The pool had no connection to give in time.
    pub fn is_checkout_timeout(&self) -> bool {
        self.0.kind == Kind::CheckoutTimeout
    }

    /// A relation was loaded row by row, where that is made an error. The message says where, and what to do.
    pub fn is_n_plus_one(&self) -> bool {
        self.0.kind == Kind::NPlusOne
    }

    /// A session was used against its rules.
    pub fn is_session(&self) -> bool {
        self.0.kind == Kind::Session
    }

    /// A row was changed or deleted elsewhere since the session read it. A program reads it again, and decides.
    pub fn is_stale_object(&self) -> bool {
        self.0.kind == Kind::StaleObject
    }

    /// An object was refused by its model's checks (see [`Hooks::validate`](crate::model::Hooks::validate));
    /// [`Error::problems`] tells why.
    pub fn is_validation(&self) -> bool {
        self.0.kind == Kind::Validation
    }

    /// What the models' checks found, for all objects of a flush.
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// A migration can't go on: another deployer holds the lock, a revision was edited after it was applied, the database is
    /// ahead of the program, or rows are in the way. The message says which, and what to do.
    pub fn is_migration(&self) -> bool {
        self.0.kind == Kind::Migration
    }

    /// The engine can't do this.
    pub fn is_unsupported(&self) -> bool {
        self.0.kind == Kind::Unsupported
    }

    /// A duplicate key.
    pub fn is_unique_violation(&self) -> bool {
        self.is_database(DatabaseErrorKind::UniqueViolation)
    }

    /// A missing parent row, or a parent that still has children.
    pub fn is_foreign_key_violation(&self) -> bool {
        self.is_database(DatabaseErrorKind::ForeignKeyViolation)
    }

    /// NULL where a value is required.
    pub fn is_not_null_violation(&self) -> bool {
        self.is_database(DatabaseErrorKind::NotNullViolation)
    }

    /// A CHECK constraint is false.
    pub fn is_check_violation(&self) -> bool {
        self.is_database(DatabaseErrorKind::CheckViolation)
    }

    /// A table does not exist.
    pub fn is_undefined_table(&self) -> bool {
        self.is_database(DatabaseErrorKind::UndefinedTable)
    }

    /// A column does not exist.
    pub fn is_undefined_column(&self) -> bool {
        self.is_database(DatabaseErrorKind::UndefinedColumn)
    }

    /// The text of a statement can't be parsed.
    pub fn is_syntax(&self) -> bool {
        self.is_database(DatabaseErrorKind::Syntax)
    }

    /// The server could not be reached.
    pub fn is_connection_failed(&self) -> bool {
        self.is_database(DatabaseErrorKind::ConnectionFailed)
    }

    /// The server refused the user or the password.
    pub fn is_authentication_failed(&self) -> bool {
        self.is_database(DatabaseErrorKind::AuthenticationFailed)
    }

    /// The server has no database of that name.
    pub fn is_unknown_database(&self) -> bool {
        self.is_database(DatabaseErrorKind::UnknownDatabase)
    }

    /// The connection was there and is gone; the pool drops it.
    pub fn is_connection_lost(&self) -> bool {
        self.is_database(DatabaseErrorKind::ConnectionLost)
    }

    /// The statement, or the wait for a connection, took too long.
    pub fn is_timeout(&self) -> bool {
        self.is_checkout_timeout() || self.is_database(DatabaseErrorKind::StatementTimeout)
    }

    /// The transaction, the database or the server only allows reading.
    pub fn is_read_only(&self) -> bool {
        self.is_database(DatabaseErrorKind::ReadOnly)
    }

    /// Trying the whole transaction again, from its first read on, may succeed: deadlock, serialization failure, busy, or
    /// a row that was changed elsewhere since it was read ([`Error::is_stale_object`]).
    pub fn is_retryable(&self) -> bool {
        self.is_stale_object()
            || matches!(
                self.database_kind(),
                Some(
                    DatabaseErrorKind::Deadlock
                        | DatabaseErrorKind::SerializationFailure
                        | DatabaseErrorKind::Busy
                )
            )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug
            .field("kind", &self.0.kind)
            .field("message", &self.0.message);
        if let Some(table) = &self.0.table {
            debug.field("table", table);
        }
        if !self.0.columns.is_empty() {
            debug.field("columns", &self.0.columns);
        }
        if let Some(constraint) = &self.0.constraint {
            debug.field("constraint", constraint);
        }
        if let Some(code) = &self.0.code {
            debug.field("code", code);
        }
        if let Some(source) = &self.0.source {
            debug.field("source", &source.to_string());
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn a_column_is_given_only_when_it_is_the_only_one() {
        let one = Error::database(DatabaseErrorKind::UniqueViolation, "duplicate")
            .with_columns(["email"]);
        assert_eq!(one.column(), Some("email"));
        let two = Error::database(DatabaseErrorKind::UniqueViolation, "duplicate")
            .with_columns(["a", "b"]);
        assert_eq!(two.column(), None);
        assert_eq!(two.columns(), ["a", "b"]);
    }

    #[test]
    fn the_source_is_kept() {
        let error = Error::database(DatabaseErrorKind::Other, "broken").with_source("cause");
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("cause")
        );
    }
}
