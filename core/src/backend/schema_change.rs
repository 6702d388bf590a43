//! Changes of tables that exist, and the steps by which an engine carries them out.

use std::fmt::{self, Debug};
use std::sync::Arc;

use super::Connection;
use crate::Result;
use crate::query::Node;
use crate::schema::Table;

/// One change of a table that exists.
#[derive(Clone, Debug)]
pub struct TableChange {
    /// The table as it is before the change.
    pub before: Arc<Table>,
    /// The table as it is to be after it.
    pub after: Arc<Table>,
    /// What changes.
    pub kind: ChangeKind,
}

/// What changes in a table. Columns, indexes and constraints are named; what they are stands in the tables.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The table has another name, and so have its primary key and what an engine keeps for its types. Foreign keys of other
    /// tables follow. Its own indexes, foreign keys and checks keep their names: these are renamed by changes of their own.
    RenameTable,
    /// The comment of the table is another one, or there is none any more.
    CommentTable,
    /// There is a new column, the last one, or wherever the engine can put it.
    AddColumn {
        /// The column, of the table after the change.
        column: String,
        /// What the rows get that are there already: an expression over the table before the change. `None` for a column
        /// that is nullable, computed, or has a default, which is then what they get.
        fill: Option<Node>,
    },
    /// A column is gone, with its values. No index, key or check needs it any more.
    DropColumn {
        /// The column, of the table before the change.
        column: String,
    },
    /// A column has another name; indexes, keys and expressions follow, those of other tables too.
    RenameColumn {
        /// The column, of the table before the change.
        column: String,
        /// Its name after the change.
        to: String,
    },
    /// A column has another type, nullability, default, computation or comment, under the same name.
    AlterColumn {
        /// The column.
        column: String,
        /// The values of the new type, as an expression over the table before the change; `None` where every value stays what it
        /// is, be the type wider or narrower: values that do not fit were looked for before, and there are none.
        using: Option<Node>,
        /// What takes the place of NULL, an expression over the table as it is after `using`; there is no NULL left, or NULL
        /// is allowed, where there is none.
        fill: Option<Node>,
    },
    /// The primary key has other columns.
    ChangePrimaryKey,
    /// There is a new index.
    CreateIndex {
        /// Its name.
        index: String,
        /// Whether writers may go on meanwhile, where the engine can build it so.
        concurrently: bool,
    },
    /// An index is gone.
    DropIndex {
        /// Its name.
        index: String,
        /// Whether readers and writers may go on meanwhile, where the engine can drop it so.
        concurrently: bool,
    },
    /// An index has another name.
    RenameIndex {
        /// Its name before.
        index: String,
        /// Its name after.
        to: String,
    },
    /// There is a new foreign key.
    AddForeignKey {
        /// Its name.
        foreign_key: String,
    },
    /// A foreign key is gone.
    DropForeignKey {
        /// Its name.
        foreign_key: String,
    },
    /// A foreign key has another name.
    RenameForeignKey {
        /// Its name before.
        foreign_key: String,
        /// Its name after.
        to: String,
    },
    /// There is a new check.
    AddCheck {
        /// Its name.
        check: String,
    },
    /// A check is gone.
    DropCheck {
        /// Its name.
        check: String,
    },
    /// A check has another name.
    RenameCheck {
        /// Its name before.
        check: String,
        /// Its name after.
        to: String,
    },
}

/// One step of a change: what is done in one go.
#[derive(Clone, Debug)]
pub struct SchemaStep {
    /// What is done.
    pub action: StepAction,
    /// How to tell whether it has been done.
    pub effect: Effect,
    /// Whether it must run outside of a transaction. PostgreSQL: `CREATE INDEX CONCURRENTLY`.
    pub outside_transaction: bool,
    /// Whether foreign keys must not be enforced meanwhile: they are switched off before the transaction begins, by
    /// [`Dialect::foreign_key_switch`](super::Dialect::foreign_key_switch), and looked at before it commits.
    pub without_foreign_keys: bool,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepAction {
    /// Runs a statement.
    Run(String),
    /// Counts what is in the way of the steps that follow, and fails where there is any: a query that gives one number.
    Guard(Guard),
    /// Runs something that looks at the database first.
    Program(Arc<dyn StepProgram>),
}

/// Something that may be in the way of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Counts the rows that are in the way.
    pub sql: String,
    /// `user.name`
    pub subject: String,
    /// What is wrong with so many rows: `hold more than 20 characters`.
    pub problem: String,
}

/// A step that looks at the database before it changes anything.
pub trait StepProgram: Debug + Send + Sync {
    /// The statements that it runs at least, for somebody to read.
    fn statements(&self) -> Vec<String>;

    /// Runs it.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    fn run(&self, connection: &mut dyn Connection) -> Result<()>;
}

/// How to tell whether a step has been done, on an engine whose DDL commits by itself: a program may have ended between
/// the statement and the note of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// It may be done again.
    Repeatable,
    /// It is undone with its transaction: it is done when its note is there.
    Transactional,
    /// It is done when this is there.
    Creates(SchemaObject),
    /// It is done when this is not there.
    Drops(SchemaObject),
    /// Nobody can tell.
    Unknown,
}

/// Something in a schema that is there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaObject {
    /// A table.
    Table(String),
    /// A column.
    Column {
        /// The table.
        table: String,
        /// The column.
        name: String,
    },
    /// An index that works: one whose building broke off is not there.
    Index {
        /// The table.
        table: String,
        /// The index.
        name: String,
    },
    /// A foreign key.
    ForeignKey {
        /// The table.
        table: String,
        /// Its name.
        name: String,
    },
    /// A check.
    Check {
        /// The table.
        table: String,
        /// Its name.
        name: String,
    },
    /// A primary key of just these columns.
    PrimaryKeyColumns {
        /// The table.
        table: String,
        /// The columns, in order.
        columns: Vec<String>,
    },
}

impl fmt::Display for SchemaObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => write!(f, "table {table}"),
            Self::Column { table, name } => write!(f, "column {table}.{name}"),
            Self::Index { table, name } => write!(f, "index {name} of {table}"),
            Self::ForeignKey { table, name } => write!(f, "foreign key {name} of {table}"),
            Self::Check { table, name } => write!(f, "check {name} of {table}"),
            Self::PrimaryKeyColumns { table, columns } => {
                write!(f, "primary key ({}) of {table}", columns.join(", "))
            }
        }
    }
}

impl SchemaStep {
    /// A statement with an effect.
    pub fn sql(sql: impl Into<String>, effect: Effect) -> Self {
        Self::new(StepAction::Run(sql.into()), effect)
    }

    /// A statement that is undone with its transaction: one that changes rows, or any where DDL is.
    pub fn transactional(sql: impl Into<String>) -> Self {
        Self::sql(sql, Effect::Transactional)
    }

    /// A look for what may be in the way.
    pub fn guard(guard: Guard) -> Self {
        Self::new(StepAction::Guard(guard), Effect::Repeatable)
    }

    /// A step that looks at the database first.
    pub fn program(program: impl StepProgram + 'static, effect: Effect) -> Self {
        Self::new(StepAction::Program(Arc::new(program)), effect)
    }

    fn new(action: StepAction, effect: Effect) -> Self {
        Self {
            action,
            effect,
            outside_transaction: false,
            without_foreign_keys: false,
        }
    }

    /// The same step, outside of a transaction.
    #[must_use]
    pub fn outside_transaction(mut self) -> Self {
        self.outside_transaction = true;
        self
    }

    /// The same step, while foreign keys are not enforced.
    #[must_use]
    pub fn without_foreign_keys(mut self) -> Self {
        self.without_foreign_keys = true;
        self
    }

    /// The statements that it runs, for somebody to read.
    pub fn statements(&self) -> Vec<String> {
        match &self.action {
            StepAction::Run(sql) => vec![sql.clone()],
            StepAction::Guard(guard) => vec![guard.sql.clone()],
            StepAction::Program(program) => program.statements(),
        }
    }
}
