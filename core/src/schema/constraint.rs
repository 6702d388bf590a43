//! Indexes, foreign keys and checks. Every one has a name, given by [`super::naming`] when the user gives none.

use std::fmt;
use std::sync::Arc;

use crate::query::Node;

/// An index; a unique one is how a unique constraint is stored, on every engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Index {
    /// The name in the database.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<String>,
    /// Whether two rows may not agree in all of the columns.
    pub unique: bool,
}

/// What happens to a row when the row that it references is deleted, or has its key changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub enum ReferentialAction {
    /// The change of the parent is refused.
    #[default]
    NoAction,
    /// The children follow: deleted with their parent, or given its new key.
    Cascade,
    /// The children's columns become NULL; all of them must allow it.
    SetNull,
    /// Like [`NoAction`](Self::NoAction): the engines differ only for deferred constraints, which Birgus does not use.
    Restrict,
}

impl ReferentialAction {
    /// The SQL words, the same on every engine.
    pub fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::Restrict => "RESTRICT",
        }
    }
}

/// A foreign key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForeignKey {
    /// The name in the database.
    pub name: String,
    /// The columns of this table.
    pub columns: Vec<String>,
    /// The table that they reference.
    pub references_table: String,
    /// The columns that they reference, in the same order.
    pub references_columns: Vec<String>,
    /// What happens when the referenced row is deleted.
    pub on_delete: ReferentialAction,
    /// What happens when the key of the referenced row changes.
    pub on_update: ReferentialAction,
}

/// A CHECK constraint.
///
/// Engines rewrite the text of a check when they store it, so two checks are equal when their names are: the
/// expression takes no part in `==`. A check that was read from a database has no expression.
#[derive(Clone)]
pub struct Check {
    /// The name in the database.
    pub name: String,
    /// What must hold; `None` when the check was read from a database.
    pub expression: Option<Arc<Node>>,
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Check {}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
