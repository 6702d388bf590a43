//! The errors of violated constraints, in the same words on every engine.
//!
//! Engines quote the values of the row in their own messages (`Key (email)=(…) already exists`), so a driver takes
//! the names out of them and lets these functions write the message.

use std::fmt::Write as _;

use crate::{DatabaseErrorKind, Error};

/// `unique constraint uq_user_username of table user is violated: …`
///
/// Pass what the engine tells and nothing that is guessed: SQLite names the columns, PostgreSQL and MySQL the
/// constraint.
///
/// ```
/// use birgus_core::backend::violation;
///
/// let error = violation::unique_violation(Some("user"), &["username"], None);
/// assert!(error.is_unique_violation());
/// assert_eq!(error.column(), Some("username"));
/// assert_eq!(
///     error.to_string(),
///     "unique constraint of table user (username) is violated: another row has the same values; \
///      change them, or update that row"
/// );
/// ```
pub fn unique_violation(table: Option<&str>, columns: &[&str], constraint: Option<&str>) -> Error {
    let subject = subject("unique constraint", constraint, table, columns);
    let message = format!(
        "{subject} is violated: another row has the same values; change them, or update that row"
    );
    let error = Error::database(DatabaseErrorKind::UniqueViolation, message);
    named(error, table, columns, constraint)
}

/// `foreign key fk_post_author_id of table post is violated: …`; SQLite names nothing.
pub fn foreign_key_violation(
    table: Option<&str>,
    columns: &[&str],
    constraint: Option<&str>,
) -> Error {
    let subject = subject("foreign key", constraint, table, columns);
    let message = format!(
        "{subject} is violated: a row that is referenced is missing, or would go while others reference it; \
         add parents before their children, remove children before their parents"
    );
    let error = Error::database(DatabaseErrorKind::ForeignKeyViolation, message);
    named(error, table, columns, constraint)
}

/// `user.username: null in a column that requires a value; …`
pub fn not_null_violation(table: Option<&str>, column: &str) -> Error {
    let mut message = String::new();
    if let Some(table) = table {
        message.push_str(table);
        message.push('.');
    }
    message.push_str(column);
    message.push_str(
        ": null in a column that requires a value; give it one, or declare the field as an Option",
    );
    let error = Error::database(DatabaseErrorKind::NotNullViolation, message);
    named(error, table, &[column], None)
}

/// `check constraint ck_user_adult of table user is violated: …`
pub fn check_violation(table: Option<&str>, constraint: Option<&str>) -> Error {
    let subject = subject("check constraint", constraint, table, &[]);
    let message =
        format!("{subject} is violated: the row does not meet its condition; change its values");
    let error = Error::database(DatabaseErrorKind::CheckViolation, message);
    named(error, table, &[], constraint)
}

/// `post.likes: the value does not fit the column's type; …`, where a check stands in for a type.
pub(crate) fn type_violation(table: &str, column: &str) -> Error {
    let message = format!(
        "{table}.{column}: the value does not fit the column's type: it is out of range, too long, or of another form"
    );
    let error = Error::database(DatabaseErrorKind::InvalidData, message);
    named(error, Some(table), &[column], None)
}

fn subject(what: &str, constraint: Option<&str>, table: Option<&str>, columns: &[&str]) -> String {
    let mut text = what.to_owned();
    // Writing to a String can't fail.
    if let Some(constraint) = constraint {
        let _ = write!(text, " {constraint}");
    }
    if let Some(table) = table {
        let _ = write!(text, " of table {table}");
    }
    if constraint.is_none() && !columns.is_empty() {
        let _ = write!(text, " ({})", columns.join(", "));
    }
    text
}

fn named(
    mut error: Error,
    table: Option<&str>,
    columns: &[&str],
    constraint: Option<&str>,
) -> Error {
    if let Some(table) = table {
        error = error.with_table(table);
    }
    if let Some(constraint) = constraint {
        error = error.with_constraint(constraint);
    }
    error.with_columns(columns.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_is_named_when_it_is_known() {
        let error = unique_violation(Some("user"), &["email"], Some("uq_user_email"));
        assert!(
            error
                .to_string()
                .starts_with("unique constraint uq_user_email of table user is violated: ")
        );
        assert_eq!(error.constraint(), Some("uq_user_email"));
        assert_eq!(error.table(), Some("user"));
    }

    #[test]
    fn an_engine_that_names_nothing_still_gives_a_sentence() {
        let error = foreign_key_violation(None, &[], None);
        assert!(error.is_foreign_key_violation());
        assert!(error.to_string().starts_with("foreign key is violated: "));
        assert!(error.columns().is_empty());
    }

    #[test]
    fn a_missing_value_names_its_column() {
        let error = not_null_violation(Some("user"), "email");
        assert!(error.is_not_null_violation());
        assert!(error.to_string().starts_with("user.email: "));
        assert_eq!(error.column(), Some("email"));
    }
}
