//! The journal: which revisions a database has, since when, by whom, and how far one came that was stopped.

use birgus_core::backend::{BindType, Connection, Dialect};
use birgus_core::chrono::{DateTime, Utc};
use birgus_core::model::ColumnValue as _;
use birgus_core::query::Expression as _;
use birgus_core::schema::Table;
use birgus_core::{DbEnum, Executor, Model, Result, Value};
use sha2::{Digest as _, Sha256};

use crate::history::Revision;

/// The table that the journal is kept in.
pub const JOURNAL_TABLE: &str = "birgus_revision";

/// What is being done with a revision.
#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// It is applied, in whole.
    Applied,
    /// It is being applied, or was when the program ended.
    Upgrading,
    /// It is being taken back, or was when the program ended.
    Downgrading,
}

/// A revision in a database.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "birgus_revision", register = false)]
pub struct Entry {
    /// The revision's id.
    #[key]
    #[column(length = 32)]
    pub revision: String,
    /// The checksum of what it does, there and back.
    #[column(length = 64)]
    pub checksum: String,
    /// What is being done with it.
    pub course: Course,
    /// The steps that are done.
    pub done: i32,
    /// All of its steps.
    pub total: i32,
    /// The checksum of the steps that are done.
    #[column(length = 64)]
    pub steps: String,
    /// Whether the step behind those was begun, and neither came to its end nor is known to have failed.
    pub begun: bool,
    /// How far a step has come that sets rows in parts: the last key.
    pub position: Option<String>,
    /// When it was begun, in UTC.
    pub started: DateTime<Utc>,
    /// When it was done.
    pub finished: Option<DateTime<Utc>>,
    /// Who began it: `deploy@web-1, process 4711`.
    #[column(length = 255)]
    pub who: String,
    /// What it does, in a few words.
    #[column(length = 255)]
    pub message: String,
}

impl Entry {
    /// The entry of a revision that is about to be applied or taken back.
    pub(crate) fn begin(revision: &Revision, course: Course, total: i32) -> Result<Self> {
        Ok(Self {
            revision: revision.id.clone(),
            checksum: checksum(revision)?,
            course,
            done: 0,
            total,
            steps: steps_checksum(&[]),
            begun: false,
            position: None,
            started: Utc::now(),
            finished: None,
            who: who(),
            message: revision.message.chars().take(255).collect(),
        })
    }
}

/// Who runs this program: `deploy@web-1, process 4711`.
pub(crate) fn who() -> String {
    let name = ["USER", "LOGNAME", "USERNAME"];
    let user = name.into_iter().find_map(|name| std::env::var(name).ok());
    let host = gethostname::gethostname();
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let who = format!(
        "{user}{}, process {}",
        host.to_string_lossy(),
        std::process::id()
    );
    who.chars()
        .filter(|letter| !letter.is_control())
        .take(255)
        .collect()
}

/// The checksum of what a revision does and where it stands: not of its message, its file's name, what it silences, comments and
/// layout.
///
/// # Errors
///
/// `is_configuration()` for what TOML can't hold.
pub fn checksum(revision: &Revision) -> Result<String> {
    let mut bare = revision.clone();
    bare.message.clear();
    bare.created.clear();
    bare.labels.clear();
    bare.silence.clear();
    bare.replaces.clear();
    bare.replaced_before.clear();
    if let Some((parents, depends_on)) = bare.written.take() {
        (bare.parents, bare.depends_on) = (parents, depends_on);
    }
    Ok(hex(&Sha256::digest(bare.write()?)))
}

/// The checksum of statements, in order.
pub(crate) fn steps_checksum(statements: &[Vec<String>]) -> String {
    let mut sum = Sha256::new();
    for statement in statements.iter().flatten() {
        sum.update((statement.len() as u64).to_le_bytes());
        sum.update(statement);
    }
    hex(&sum.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The journal's own table.
pub(crate) fn table() -> Result<Table> {
    Entry::info().to_table()
}

/// Makes the journal where there is none.
pub(crate) fn ensure(connection: &mut dyn Connection) -> Result<()> {
    create_missing(connection, &table()?)
}

pub(crate) fn create_missing(connection: &mut dyn Connection, table: &Table) -> Result<()> {
    let dialect = connection.dialect();
    if dialect.table_names(connection)?.contains(&table.name) {
        return Ok(());
    }
    for sql in dialect.create_table(table, &[])? {
        connection.batch(&sql)?;
    }
    Ok(())
}

/// Whether a connection's database has a journal.
pub(crate) fn exists(connection: &mut dyn Connection) -> Result<bool> {
    let names = connection.dialect().table_names(connection)?;
    Ok(names.iter().any(|name| name == JOURNAL_TABLE))
}

/// All entries, by when they were begun.
pub(crate) fn entries(mut executor: impl Executor) -> Result<Vec<Entry>> {
    Entry::query()
        .order_by(Entry::started.asc())
        .order_by(Entry::revision.asc())
        .all(&mut executor)
}

pub(crate) fn find(revision: &str, executor: impl Executor) -> Result<Option<Entry>> {
    Entry::query().get(revision.to_owned(), executor)
}

/// Writes an entry down, whether it is there already or not.
pub(crate) fn save(entry: &Entry, mut executor: impl Executor) -> Result<()> {
    let there = Entry::query().by_key(entry.revision.clone());
    let assignments = [
        Entry::checksum.set(entry.checksum.clone()),
        Entry::course.set(entry.course),
        Entry::done.set(entry.done),
        Entry::total.set(entry.total),
        Entry::steps.set(entry.steps.clone()),
        Entry::begun.set(entry.begun),
        Entry::position.set(entry.position.clone()),
        Entry::started.set(entry.started),
        Entry::finished.set(entry.finished),
        Entry::who.set(entry.who.clone()),
        Entry::message.set(entry.message.clone()),
    ];
    if there.update(assignments, &mut executor)? == 0 {
        Entry::insert(entry.clone()).execute(&mut executor)?;
    }
    Ok(())
}

/// The statement that notes a revision as applied, with literals: for a script.
pub(crate) fn noted(dialect: &dyn Dialect, entry: &Entry) -> Result<String> {
    let text = |text: &str| Value::Text(text.to_owned());
    let number = |number: i32| Value::Integer(number.into());
    let course = Course::Applied.into_value()?;
    let values = [
        ("revision", text(&entry.revision)),
        ("checksum", text(&entry.checksum)),
        ("course", course),
        ("done", number(entry.total)),
        ("total", number(entry.total)),
        ("steps", text(&entry.steps)),
        ("begun", Value::Boolean(false)),
        ("started", Value::Timestamp(entry.started)),
        ("finished", Value::Timestamp(entry.started)),
        ("who", text(&entry.who)),
        ("message", text(&entry.message)),
    ];
    let table = table()?;
    let (mut sql, mut literals) = (String::from("INSERT INTO "), String::new());
    dialect.quote_identifier(&mut sql, &table.name);
    for (position, (name, value)) in values.iter().enumerate() {
        sql.push_str(if position > 0 { ", " } else { " (" });
        literals.push_str(if position > 0 { ", " } else { "" });
        dialect.quote_identifier(&mut sql, name);
        let kind = table
            .column(name)
            .map(|column| column.column_type.bind_type());
        dialect.literal(&mut literals, value, kind.unwrap_or(BindType::Text));
    }
    Ok(format!("{sql}) VALUES ({literals})"))
}

/// The statement that strikes a revision out, with literals: for a script.
pub(crate) fn struck_out(dialect: &dyn Dialect, revision: &str) -> String {
    let mut sql = String::from("DELETE FROM ");
    dialect.quote_identifier(&mut sql, JOURNAL_TABLE);
    sql.push_str(" WHERE ");
    dialect.quote_identifier(&mut sql, "revision");
    sql.push_str(" = ");
    dialect.literal(&mut sql, &Value::Text(revision.to_owned()), BindType::Text);
    sql
}

/// Strikes an entry out.
pub(crate) fn remove(revision: &str, executor: impl Executor) -> Result<()> {
    Entry::query()
        .by_key(revision.to_owned())
        .delete(executor)?;
    Ok(())
}
