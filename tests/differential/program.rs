//! Programs: rows and operations, what comes of them on an engine, and how they are shown.

use std::fmt::{self, Write as _};

use birgus::PooledConnection;
use birgus::backend::{Connection, Dialect};
use birgus::prelude::*;
use birgus::query::Assignment;
use birgus::{Error, Result};

use super::expression::{Condition, Ex};
use super::models::{Family, Table};
use super::read::{Read, Scope, Source, rows, whole};
use super::value::Val;

/// What runs on every engine: each operation sees what those before it did.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) operations: Vec<Operation>,
}

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Read(Terminal, Read),
    Insert(Table, Vec<Vec<Val>>),
    Update(Table, Vec<Condition>, Vec<Assigned>),
    Delete(Table, Vec<Condition>),
}

/// `column = value`
#[derive(Clone, Debug)]
pub(crate) struct Assigned {
    pub(crate) field: usize,
    pub(crate) value: Ex,
    /// What stands for NULL where the column can't hold it.
    pub(crate) instead: Val,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Terminal {
    All,
    First,
    Count,
    Exists,
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Rows(Vec<Vec<Val>>),
    Number(u64),
    Truth(bool),
    Failed(Failure),
}

/// What can be asked of an error, the engine's own code apart.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "`detail` is read by people")]
pub(crate) struct Failure {
    pub(crate) kind: String,
    table: Option<String>,
    columns: Vec<String>,
    constraint: Option<String>,
    /// Of what was refused before a database was asked.
    message: Option<String>,
    /// For people, and not compared: what a database says differs.
    detail: String,
}

impl PartialEq for Failure {
    fn eq(&self, other: &Self) -> bool {
        // SQLite does not tell which foreign key it is, and PostgreSQL not in which column a value does not fit:
        // docs/same-everywhere.md.
        let untold = |failure: &Self| match failure.kind.as_str() {
            "foreign key violation" => failure.constraint.is_none(),
            "invalid value" => failure.columns.is_empty(),
            _ => false,
        };
        self.kind == other.kind
            && self.message == other.message
            && (untold(self)
                || untold(other)
                || (&self.table, &self.columns, &self.constraint)
                    == (&other.table, &other.columns, &other.constraint))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let asked = [
            ("unique violation", error.is_unique_violation()),
            ("foreign key violation", error.is_foreign_key_violation()),
            ("not null violation", error.is_not_null_violation()),
            ("check violation", error.is_check_violation()),
            ("invalid value", error.is_invalid_value()),
            ("invalid query", error.is_invalid_query()),
            ("invalid model", error.is_invalid_model()),
            ("decode", error.is_decode()),
            ("not found", error.is_not_found()),
            ("multiple rows", error.is_multiple_rows()),
            ("session", error.is_session()),
            ("unsupported", error.is_unsupported()),
            ("retryable", error.is_retryable()),
            ("connection lost", error.is_connection_lost()),
            ("syntax", error.is_syntax()),
            ("undefined table", error.is_undefined_table()),
            ("undefined column", error.is_undefined_column()),
            ("timeout", error.is_timeout()),
        ];
        let kinds: Vec<&str> = asked
            .iter()
            .filter_map(|(name, is)| is.then_some(*name))
            .collect();
        let own = error.database_kind().is_none();
        Self {
            kind: if kinds.is_empty() {
                "other".to_owned()
            } else {
                kinds.join(", ")
            },
            table: error.table().map(str::to_owned),
            columns: error.columns().to_vec(),
            constraint: error.constraint().map(str::to_owned),
            message: own.then(|| error.to_string()),
            detail: format!("{error:?}"),
        }
    }
}

impl Failure {
    /// Whether the database refused what was to be stored.
    pub(crate) fn is_refusal(&self) -> bool {
        self.kind.ends_with("violation") || (self.kind == "invalid value" && self.message.is_none())
    }
}

/// `work`, or its error; a failed statement leaves the transaction as it was before.
fn attempt(
    connection: &mut PooledConnection,
    work: impl FnOnce(&mut PooledConnection) -> Result<Outcome>,
) -> Outcome {
    connection.batch("SAVEPOINT attempt").unwrap();
    match work(connection) {
        Ok(outcome) => outcome,
        Err(error) => {
            let failure = Failure::from(error);
            if let Err(error) = connection.batch("ROLLBACK TO SAVEPOINT attempt") {
                panic!("{failure:?}\nthen: {error:?}");
            }
            Outcome::Failed(failure)
        }
    }
}

impl Operation {
    /// Runs the operation in the transaction that is open.
    pub(crate) fn run(&self, connection: &mut PooledConnection) -> Outcome {
        attempt(connection, |connection| match self {
            Self::Read(terminal, read) => run_read(*terminal, read, connection),
            Self::Insert(table, rows) => with_model!(*table, M => {
                let number = rows.len() as u64;
                M::insert_many(rows.iter().map(|row| M::of(row))).execute(connection)?;
                Ok(Outcome::Number(number))
            }),
            Self::Update(table, filter, assigned) => with_model!(*table, M => {
                let query = changed::<M>(*table, filter);
                query.update(assignments::<M>(*table, assigned), connection).map(Outcome::Number)
            }),
            Self::Delete(table, filter) => with_model!(*table, M => {
                changed::<M>(*table, filter).delete(connection).map(Outcome::Number)
            }),
        })
    }

    /// The text of the statement in a dialect; there is none for rows that are inserted.
    pub(crate) fn sql(&self, dialect: &dyn Dialect) -> String {
        let sql = match self {
            Self::Read(_, read) => match &read.from {
                Source::Table(table) if read.select.is_empty() => {
                    with_model!(*table, M => whole(M::query(), read).to_sql(dialect))
                }
                _ => with_rows!(rows(read), query => query.to_sql(dialect)),
            },
            Self::Insert(..) => return String::new(),
            Self::Update(table, filter, assigned) => with_model!(*table, M => {
                changed::<M>(*table, filter).update_to_sql(assignments::<M>(*table, assigned), dialect)
            }),
            Self::Delete(table, filter) => {
                with_model!(*table, M => changed::<M>(*table, filter).delete_to_sql(dialect))
            }
        };
        sql.unwrap_or_else(|error| format!("error: {error}"))
    }

    /// Whether the value is one that engines round each in its way.
    pub(crate) fn is_rounded(&self, position: usize) -> bool {
        match self {
            Self::Read(_, read) => read.select.get(position).is_some_and(Ex::is_rounded),
            _ => false,
        }
    }

    /// Whether the rows come in an order that is the same everywhere.
    pub(crate) fn is_ordered(&self) -> bool {
        match self {
            Self::Read(_, read) => read.total,
            _ => true,
        }
    }
}

/// The rows that are changed.
fn changed<M: Family>(table: Table, filter: &[Condition]) -> Query<M> {
    let scope = Scope::of(table);
    let conditions = filter.iter().map(|condition| condition.build(&scope));
    conditions.fold(M::query(), Query::filter)
}

fn assignments<M: Family>(table: Table, assigned: &[Assigned]) -> Vec<Assignment<M>> {
    let scope = Scope::of(table);
    let assignments = assigned.iter().map(|assigned| {
        let value = match &assigned.value {
            Ex::Literal(_, value) => Ok(value.clone()),
            expression => Err(expression.build(&scope)),
        };
        M::assign(assigned.field, value, &assigned.instead)
    });
    assignments.collect()
}

fn run_read(terminal: Terminal, read: &Read, connection: &mut PooledConnection) -> Result<Outcome> {
    match &read.from {
        Source::Table(table) if read.select.is_empty() => with_model!(*table, M => {
            let query = whole(M::query(), read);
            Ok(match terminal {
                Terminal::Count => Outcome::Number(query.count(connection)?),
                Terminal::Exists => Outcome::Truth(query.exists(connection)?),
                Terminal::First => {
                    let first = query.first(connection)?;
                    Outcome::Rows(first.into_iter().map(M::values).collect())
                }
                Terminal::All => {
                    Outcome::Rows(query.all(connection)?.into_iter().map(M::values).collect())
                }
            })
        }),
        _ => with_rows!(rows(read), query => Ok(match terminal {
            Terminal::Count => Outcome::Number(query.count(connection)?),
            Terminal::Exists => Outcome::Truth(query.exists(connection)?),
            Terminal::First => Outcome::Rows(query.first(connection)?.into_iter().collect()),
            Terminal::All => Outcome::Rows(query.all(connection)?),
        })),
    }
}

/// What a table holds.
pub(crate) fn contents(table: Table, connection: &mut PooledConnection) -> Vec<Vec<Val>> {
    with_model!(table, M => {
        let rows = M::query().all(connection).unwrap();
        rows.into_iter().map(M::values).collect()
    })
}

impl Program {
    /// The program for people.
    pub(crate) fn shown(&self) -> String {
        let mut text = String::new();
        for operation in &self.operations {
            operation.show(&mut text).unwrap();
        }
        text
    }
}

impl Operation {
    fn show(&self, text: &mut String) -> fmt::Result {
        match self {
            Self::Insert(table, rows) => {
                writeln!(text, "insert into {table:?}:")?;
                for row in rows {
                    let fields = table.fields().iter().zip(row);
                    let fields = fields.map(|(field, value)| format!("{}: {value:?}", field.field));
                    writeln!(text, "    {}", fields.collect::<Vec<_>>().join(", "))?;
                }
                Ok(())
            }
            Self::Update(table, filter, assigned) => {
                writeln!(text, "update {table:?}:")?;
                for Assigned {
                    field,
                    value,
                    instead,
                } in assigned
                {
                    let name = table.fields()[*field].field;
                    writeln!(text, "    set {name} = {value:?}, or {instead:?} for NULL")?;
                }
                writeln!(text, "    where {filter:?}")
            }
            Self::Delete(table, filter) => {
                writeln!(text, "delete from {table:?}:\n    where {filter:?}")
            }
            Self::Read(terminal, read) => writeln!(text, "{terminal:?} of {read:?}"),
        }
    }
}
