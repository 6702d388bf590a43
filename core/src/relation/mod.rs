//! Relationships between models, and how they are loaded.

mod field;
mod filter;
pub(crate) mod info;
mod lazy;
pub(crate) mod level;
mod load;
pub(crate) mod loading;
mod many;
mod one;
mod owner;
pub(crate) mod reference;
#[allow(
    clippy::module_inception,
    reason = "a typed relationship is what the module is named for"
)]
mod relation;
pub(crate) mod step;
mod validate;

pub(crate) use field::not_loaded;
pub use field::{RelationField, RelationType};
pub use info::{Backref, ForeignKeyFields, RelationInfo, RelationKind, Route, Strategy, Through};
pub use level::{NewLevel, new_level};
pub use load::load;
pub use many::Many;
pub use one::{One, ToOne};
pub use owner::Owner;
pub use reference::{BelongsTo, ForeignKeyTo, KeyColumn, LeadsBack, LeadsTo};
pub(crate) use relation::add as add_step;
pub use relation::{Related, Relation, Relationship};
pub(crate) use step::Step;
pub(crate) use validate::validate;
