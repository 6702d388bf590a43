//! The state of a schema: the tables that the revisions make, one after the other, without any database.

mod conversion;
mod definition;
pub(crate) mod expression;
mod hints;
mod operation;
mod plan;

pub(crate) use conversion::{Obstacle, obstacles};
pub use definition::{
    Action, CheckDefinition, ColumnDefinition, ForeignKeyDefinition, IndexDefinition,
    TableDefinition,
};
pub(crate) use definition::{read_type, type_text};
pub use hints::hints;
pub use operation::Operation;
pub use plan::{Decisions, Plan, Question, plan};

use birgus_core::Result;
use birgus_core::schema::Table;

/// Tables, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    tables: Vec<TableDefinition>,
}

impl State {
    /// The state that the models mean.
    ///
    /// # Errors
    ///
    /// As [`TableDefinition::of`].
    pub fn of(tables: &[Table]) -> Result<Self> {
        let tables = tables.iter().map(TableDefinition::of);
        let mut tables: Vec<TableDefinition> = tables.collect::<Result<_>>()?;
        tables.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Self { tables })
    }

    /// The tables.
    pub fn tables(&self) -> &[TableDefinition] {
        &self.tables
    }

    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&TableDefinition> {
        self.tables.iter().find(|table| table.name == name)
    }
}
