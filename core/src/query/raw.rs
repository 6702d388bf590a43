//! A user's own SQL, with named binds.

use std::fmt;

use super::{Access, Column, Executor, Request, fetch, run};
use crate::backend::{BindType, Dialect, Statement, StatementBuilder};
use crate::model::{ColumnValue, Decode, FromRow, IntoColumnValue};
use crate::value::Value;
use crate::{Error, Result};

/// SQL of your own, with binds named `:name`.
///
/// The text is the engine's: this is the one place where a program can stop behaving the same everywhere. Values are
/// bound all the same, never written into the text. A `:` in a literal, a comment, a quoted name or a cast (`::`) is
/// left alone.
///
/// ```no_run
/// # use birgus_core as birgus;
/// # fn show(db: &birgus::Database) -> birgus::Result<()> {
/// let users: Vec<(i64, String)> = birgus::sql("SELECT id, username FROM \"user\" WHERE email LIKE :mail")
///     .bind("mail", "%@example.com")
///     .all(db)?;
/// # Ok(()) }
/// ```
///
/// Three things to know:
///
/// * `"user"` quotes a name and `'text'` a text on every engine, MySQL and MariaDB included; `||` joins texts.
/// * Name a computed column (`COUNT(*) AS number`) when a struct reads it: each engine has a name of its own for one.
/// * An id that raw SQL writes itself does not move PostgreSQL's sequence past it, as an insert of a model does.
pub fn sql(text: impl Into<String>) -> Sql {
    Sql {
        text: text.into(),
        binds: Vec::new(),
    }
}

/// Something that [`Sql::bind`] takes: a value that a column can hold, or a borrowed text or bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be bound to a name of raw SQL",
    label = "not a type that a column can hold",
    note = "bind a bool, i16, i32, i64, f64, String, &str, Vec<u8>, &[u8], NaiveDate, NaiveTime, NaiveDateTime, DateTime<Utc>, Uuid, Json<T>, a #[derive(DbEnum)], or an Option of these"
)]
pub trait BindValue {
    /// The type of a column that holds such a value.
    type Column: ColumnValue;

    /// The value as it is bound.
    ///
    /// # Errors
    ///
    /// As [`ColumnValue::to_value`].
    fn into_bound(self) -> Result<Value>;
}

#[diagnostic::do_not_recommend]
impl<T: ColumnValue> BindValue for T {
    type Column = T;

    fn into_bound(self) -> Result<Value> {
        self.to_value()
    }
}

macro_rules! borrowed {
    ($($borrowed:ty => $owned:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl BindValue for $borrowed {
            type Column = $owned;

            fn into_bound(self) -> Result<Value> {
                IntoColumnValue::<$owned>::into_column_value(self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl BindValue for Option<$borrowed> {
            type Column = Option<$owned>;

            fn into_bound(self) -> Result<Value> {
                self.map_or(Ok(Value::Null), BindValue::into_bound)
            }
        }
    )*};
}

borrowed! {
    &str => String;
    &String => String;
    &[u8] => Vec<u8>;
    &Vec<u8> => Vec<u8>;
}

/// SQL of your own; made by [`sql`].
#[must_use = "SQL does nothing until a terminal runs it"]
#[derive(Clone)]
pub struct Sql {
    text: String,
    binds: Vec<(String, Bound)>,
}

/// What stands for a name, or why nothing can.
type Bound = std::result::Result<(Value, BindType), String>;

impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.binds.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Sql")
            .field("text", &self.text)
            .field("binds", &names)
            .finish()
    }
}

impl Sql {
    /// Binds a value to `:name`: anything that a column can hold, `&str` and `&[u8]` included. A `Decimal` needs its
    /// column's scale: use [`Sql::bind_column`].
    pub fn bind<T: BindValue>(mut self, name: &str, value: T) -> Self {
        const {
            assert!(
                <T::Column as Decode>::RAW,
                "a Decimal of raw SQL has no known scale: use bind_column"
            )
        };
        let value = value
            .into_bound()
            .and_then(|value| match &value {
                Value::Text(text) if text.contains('\0') => {
                    Err(Error::invalid_value(name, "text with NUL (U+0000)"))
                }
                _ => crate::model::normalize(value)
                    .map_err(|problem| Error::invalid_value(name, problem)),
            })
            .map(|value| (value, T::Column::KIND.bind_type(0)))
            .map_err(|error| error.to_string());
        self.binds.push((name.to_owned(), value));
        self
    }

    /// Binds a value to `:name` in the way in which a column's values are bound.
    pub fn bind_column<M, T>(
        mut self,
        name: &str,
        column: Column<M, T>,
        value: impl IntoColumnValue<T>,
    ) -> Self {
        let field = column.field();
        let value = value
            .into_column_value()
            .and_then(|value| field.check_operand(value))
            .map(|value| (value, field.bind_type()))
            .map_err(|error| error.to_string());
        self.binds.push((name.to_owned(), value));
        self
    }

    /// The statement in a dialect.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()` for a name without a bind, a bind whose name does not occur, a placeholder of the engine's
    /// own (`?`, `$1`) and more than one statement; `is_invalid_value()` for a value that can't be bound.
    pub fn to_statement(&self, dialect: &dyn Dialect) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        builder.vary();
        let mut used = vec![false; self.binds.len()];
        let mut own = String::new();
        dialect.placeholder(&mut own, 1, BindType::BigInt, false);
        for part in parts(&self.text) {
            match part {
                Part::Text(text) => {
                    builder.push(text);
                }
                // An operator, on an engine whose placeholders look otherwise.
                Part::Placeholder(text @ "?") if !own.starts_with('?') => {
                    builder.push(text);
                }
                // Nothing is bound to it: clients take NULL for the value, or worse.
                Part::Placeholder(text) => {
                    return Err(Error::invalid_query(format!(
                        "raw SQL: `{text}` is a placeholder of the engine's own; write `:name`, and bind the value by .bind(\"name\", …)"
                    )));
                }
                // Some clients run the first statement and leave out the others in silence.
                Part::Another => {
                    return Err(Error::invalid_query(
                        "raw SQL: more than one statement; send each by a call of its own",
                    ));
                }
                Part::Name(name) => {
                    let Some(position) = self.binds.iter().rposition(|(bound, _)| bound == name)
                    else {
                        return Err(Error::invalid_query(format!(
                            "raw SQL: nothing is bound to `:{name}`"
                        )));
                    };
                    used[position] = true;
                    match &self.binds[position].1 {
                        Ok((value, bind_type)) => builder.bind(value.clone(), *bind_type),
                        Err(problem) => {
                            return Err(Error::invalid_value(format!(":{name}"), problem));
                        }
                    };
                }
            }
        }
        if let Some(position) = used.iter().position(|used| !used) {
            return Err(Error::invalid_query(format!(
                "raw SQL: the text has no `:{}`",
                self.binds[position].0
            )));
        }
        Ok(builder.finish())
    }

    /// What the text does, as far as its first word tells: `SELECT` reads, unless it locks (`FOR UPDATE`).
    fn access(&self) -> Access {
        let first = self.text.split_whitespace().next().unwrap_or_default();
        let mut words = self.text.split_whitespace();
        let locks = words.any(|word| word.eq_ignore_ascii_case("for"));
        if first.eq_ignore_ascii_case("select") && !locks {
            Access::Read
        } else {
            Access::Write
        }
    }

    /// Every row, as a tuple, a model, or a struct with `#[derive(FromRow)]`.
    ///
    /// # Errors
    ///
    /// As [`Sql::to_statement`], `is_decode()`, and whatever the database refuses.
    pub fn all<T: FromRow>(self, mut executor: impl Executor) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        fetch(
            &mut executor,
            Request::new(self.access()),
            &|connection| self.to_statement(connection.dialect()),
            &mut |row| {
                rows.push(T::from_row(row)?);
                Ok(())
            },
        )?;
        Ok(rows)
    }

    /// The first row, or none. The others are read and dropped: put a limit into the text.
    ///
    /// # Errors
    ///
    /// As [`Sql::all`].
    pub fn first<T: FromRow>(self, mut executor: impl Executor) -> Result<Option<T>> {
        let mut first = None;
        fetch(
            &mut executor,
            Request::new(self.access()),
            &|connection| self.to_statement(connection.dialect()),
            &mut |row| {
                if first.is_none() {
                    first = Some(T::from_row(row)?);
                }
                Ok(())
            },
        )?;
        Ok(first)
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// `is_not_found()` when there is none, `is_multiple_rows()` when there are several, and as [`Sql::all`].
    pub fn one<T: FromRow>(self, executor: impl Executor) -> Result<T> {
        let mut rows = self.all(executor)?;
        match (rows.pop(), rows.len()) {
            (Some(row), 0) => Ok(row),
            (None, _) => Err(Error::not_found("raw SQL: no row")),
            _ => Err(Error::multiple_rows(
                "raw SQL: several rows where one was asked for",
            )),
        }
    }

    /// Runs a statement that gives no rows, and counts the rows that it matched.
    ///
    /// # Errors
    ///
    /// As [`Sql::to_statement`], and whatever the database refuses.
    pub fn execute(self, mut executor: impl Executor) -> Result<u64> {
        run(&mut executor, Request::new(Access::Write), &|connection| {
            self.to_statement(connection.dialect())
        })
    }
}

#[derive(Debug, PartialEq)]
enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
    /// `?` or `$1`.
    Placeholder(&'a str),
    /// Another statement begins behind a semicolon.
    Another,
}

/// Splits SQL at its named binds. Literals, quoted names, dollar quotes, comments and casts are passed over.
fn parts(text: &str) -> Vec<Part<'_>> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &text[at..];
        at += match byte {
            b'\'' | b'"' | b'`' => quoted(rest, byte),
            b'-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            b'/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            b'?' | b'$' if placeholder_length(rest) > 0 => {
                let length = placeholder_length(rest);
                parts.push(Part::Text(&text[start..at]));
                parts.push(Part::Placeholder(&rest[..length]));
                start = at + length;
                length
            }
            b'$' => dollar_quoted(rest),
            b';' if !code(&rest[1..]).is_empty() && !may_hold_statements(text) => {
                parts.push(Part::Another);
                1
            }
            b':' if rest.starts_with("::") => 2,
            b':' => {
                let name = name_length(&rest[1..]);
                if name > 0 {
                    parts.push(Part::Text(&text[start..at]));
                    parts.push(Part::Name(&rest[1..=name]));
                    start = at + 1 + name;
                }
                1 + name
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    parts.push(Part::Text(&text[start..]));
    parts
}

/// The length of `?` or `$1`, or 0.
fn placeholder_length(text: &str) -> usize {
    if text.starts_with('?') {
        return 1;
    }
    let digits = text[1..]
        .bytes()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits > 0 { 1 + digits } else { 0 }
}

/// The text without the white space, comments and semicolons at its beginning.
fn code(text: &str) -> &str {
    let text = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ';');
    let end = match text.get(..2) {
        Some("--") => text.find('\n'),
        Some("/*") => text.find("*/").map(|end| end + 2),
        _ => return text,
    };
    code(end.map_or("", |end| &text[end..]))
}

/// Whether statements may stand within this one: in the body of a trigger, a routine or an event.
fn may_hold_statements(text: &str) -> bool {
    let text = code(text);
    ["CREATE", "ALTER", "BEGIN"].iter().any(|word| {
        text.get(..word.len())
            .is_some_and(|first| first.eq_ignore_ascii_case(word))
    })
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return 0;
    }
    text.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .unwrap_or(text.len())
}

/// The length of a quoted piece, its closing quote included; a doubled quote is the next piece's beginning.
pub(crate) fn quoted(text: &str, quote: u8) -> usize {
    text.bytes()
        .skip(1)
        .position(|byte| byte == quote)
        .map_or(text.len(), |end| end + 2)
}

/// The length of `$tag$ … $tag$`, or 1 when there is none.
pub(crate) fn dollar_quoted(text: &str) -> usize {
    let Some(end) = text[1..].find('$') else {
        return 1;
    };
    let tag = &text[..end + 2];
    let inner = &tag[1..tag.len() - 1];
    if inner.starts_with(|first: char| first.is_ascii_digit()) || name_length(inner) != inner.len()
    {
        return 1;
    }
    text[tag.len()..]
        .find(tag)
        .map_or(text.len(), |close| close + 2 * tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        parts(text)
            .into_iter()
            .filter_map(|part| {
                if let Part::Name(name) = part {
                    Some(name)
                } else {
                    None
                }
            })
            .collect()
    }

    #[test]
    fn names_are_found_where_they_are_binds() {
        assert_eq!(
            names("SELECT :a, x FROM t WHERE b = :long_name2 AND c=:a"),
            ["a", "long_name2", "a"]
        );
    }

    #[test]
    fn colons_that_are_no_binds_are_left_alone() {
        assert!(names("SELECT ':a', \":b\", `:c`, x::text, '12:30' -- :d\n /* :e */, $$ :f $$, $t$ :g $t$, 'it''s :h'").is_empty());
        assert!(names("SELECT a[1:2]").is_empty());
    }

    #[test]
    fn placeholders_are_found_where_they_are_code() {
        let placeholders = |text| {
            parts(text)
                .into_iter()
                .filter(|part| matches!(part, Part::Placeholder(_)))
                .count()
        };
        assert_eq!(
            placeholders("SELECT ?, $1, a->>?, '?', \"$2\" -- ?\n /* ? */"),
            3
        );
        assert_eq!(placeholders("SELECT $$ ? $$, $a$ $1 $a$, :a"), 0);
    }

    #[test]
    fn a_second_statement_is_found() {
        let several = |text| parts(text).contains(&Part::Another);
        assert!(several("DELETE FROM a; DELETE FROM b"));
        assert!(several("DELETE FROM a; -- and\n /* then */ DELETE FROM b;"));
        for one in [
            "DELETE FROM a;",
            "DELETE FROM a ; ; -- done; really\n/* ; a */ ",
            "SELECT ';', \"; a\"",
            "create trigger t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END",
            "-- a comment\nCREATE PROCEDURE p() BEGIN DELETE FROM b; END",
        ] {
            assert!(!several(one), "{one}");
        }
    }

    #[test]
    fn the_text_is_kept_to_the_letter() {
        for text in [
            "SELECT 'é' || :name || 'ü'",
            ":a:b",
            "'unclosed :a",
            "é:ß",
            "$1 :a $",
            "? a?b $12",
            "a; b;",
            "",
        ] {
            let joined: String = parts(text)
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) => text.to_owned(),
                    Part::Name(name) => format!(":{name}"),
                    Part::Placeholder(text) => text.to_owned(),
                    Part::Another => String::new(),
                })
                .collect();
            assert_eq!(joined, text);
        }
    }
}
