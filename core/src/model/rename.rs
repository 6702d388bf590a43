//! What a model says was called something else before. Nothing but the generation of migrations asks for it.

use super::{FieldInfo, ModelInfo};

/// A name that a model says has changed: `was = "…"` of its table, of a column, or of a text of an enum.
///
/// It says nothing of when: a database may have the new name since long.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Rename {
    /// `#[model(was = "…")]`
    Table {
        /// The name before.
        was: &'static str,
        /// The name now.
        is: &'static str,
    },
    /// `#[column(was = "…")]`
    Column {
        /// The column.
        field: &'static FieldInfo,
        /// The name before.
        was: &'static str,
    },
    /// `#[db(was = "…")]` of a variant of the column's type.
    Text {
        /// The column.
        field: &'static FieldInfo,
        /// The text before.
        was: &'static str,
        /// The text now.
        is: &'static str,
    },
}

impl ModelInfo {
    /// What the model says was called something else before: its table, its columns, and the texts of their enums.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::model::Rename;
    /// use birgus::prelude::*;
    ///
    /// #[derive(Model)]
    /// #[model(was = "account")]
    /// pub struct User {
    ///     #[key]
    ///     pub id: i64,
    ///     #[column(was = "name")]
    ///     pub full_name: String,
    /// }
    ///
    /// # fn main() {
    /// let renames = User::info().renames();
    /// assert!(matches!(renames[0], Rename::Table { was: "account", is: "user" }));
    /// assert!(matches!(renames[1], Rename::Column { field, was: "name" } if field.column == "full_name"));
    /// # }
    /// ```
    pub fn renames(&self) -> Vec<Rename> {
        let is = self.table;
        let table = self.was.map(|was| Rename::Table { was, is });
        let mut renames: Vec<Rename> = table.into_iter().collect();
        for field in self.fields {
            renames.extend(field.was.map(|was| Rename::Column { field, was }));
            let texts = field.renamed_texts.iter();
            renames.extend(texts.map(|&(was, is)| Rename::Text { field, was, is }));
        }
        renames
    }
}
