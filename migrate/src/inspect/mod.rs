//! Models of a database that is there already, as Rust source.
//!
//! The source compiles, and its models differ in nothing from the tables that it was written from
//! ([`compare`](crate::compare)). What can't be said of a table, as a model or at all, stands in it as a comment.

mod attribute;
mod check;
mod names;
mod plan;
mod relations;
mod value;
mod write;

use birgus_core::schema::Inspected;

/// What the source is like.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InspectOptions {
    /// Only these tables; all when it is empty.
    pub tables: Vec<String>,
    /// The named database that the models live in.
    pub bind: Option<String>,
    /// Whether the models have fields for their relationships.
    pub relationships: bool,
}

impl Default for InspectOptions {
    fn default() -> Self {
        Self {
            tables: Vec::new(),
            bind: None,
            relationships: true,
        }
    }
}

/// Models of the tables that were found, as a Rust source file.
///
/// A table that every engine can have becomes an ordinary model. One that only its own can have, with checks, defaults or computed
/// columns that Birgus can't read, or with columns that it has no type for, says `existing`: `create_all`, `drop_all` and migrations
/// leave it alone. A table without a key becomes no model.
///
/// ```
/// use birgus_core::schema::{Column, ColumnType, Inspected, Table};
/// use birgus_migrate::inspect::{InspectOptions, models};
///
/// let mut table = Table::new("Artist");
/// table.columns.push(Column::new("ArtistId", ColumnType::BigInt).identity());
/// table.primary_key.push("ArtistId".into());
/// let found = Inspected { tables: vec![table], ..Inspected::default() };
///
/// let source = models(&found, &InspectOptions::default());
/// assert!(source.contains("#[model(table = \"Artist\")]\npub struct Artist {"));
/// assert!(source.contains("#[column(name = \"ArtistId\")]\n    pub artist_id: i64,"));
/// ```
#[must_use]
pub fn models(found: &Inspected, options: &InspectOptions) -> String {
    write::source(&plan::plan(found, options), options)
}
