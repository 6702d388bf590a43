//! Relationships between models, and how they are loaded.
//!
//! A model declares them as fields of the types [`Many`] and [`One`], by the attributes that
//! [`#[derive(Model)]`](derive@crate::Model#relationships) documents. Each becomes a constant, `User::posts`, which is a [`Relation`];
//! [`Relationship`] lists what can be done with one in a query.
//!
//! | to | use |
//! |---|---|
//! | load a relation along with the rows of a query | [`Query::with`](crate::Query::with), by a [`Strategy`] |
//! | load it for values in hand | [`load`](crate::load) |
//! | load it for one row | [`Many::load`], [`One::load`], [`Session::related`](crate::Session::related) |
//! | read what was loaded | [`Many::loaded`], [`One::loaded`]; an error when nothing was |
//! | refine what one row is related to | [`Many::query`], [`One::query`] |
//! | filter and order rows by what they are related to | [`Relationship::any`], [`Relationship::has`], [`Relationship::count`] |
//! | fill a relation of a hand-written join | [`Relationship::contains`] |
//! | find loops that load row by row | [`NPlusOneConfig`](crate::NPlusOneConfig) |
//!
//! ```no_run
//! # extern crate birgus_core as birgus;
//! use birgus::prelude::*;
//!
//! #[derive(Model, Debug)]
//! pub struct User {
//!     #[key]
//!     pub id: i64,
//!     #[has_many(Post, backref = author)]
//!     pub posts: Many<Post>,
//! }
//!
//! #[derive(Model, Debug)]
//! pub struct Post {
//!     #[key]
//!     pub id: i64,
//!     pub likes: i32,
//!     #[column(references = User::id)]
//!     pub author_id: i64,
//!     #[belongs_to(author_id, backref = posts)]
//!     pub author: One<User>,
//! }
//!
//! # fn main() -> birgus::Result<()> {
//! # let db = Database::open()?;
//! // Two statements, however many users: those with a liked post, and the three best posts of each.
//! let users = User::query()
//!     .filter(User::posts.any(Post::likes.gt(0)))
//!     .with(User::posts.order_by(Post::likes.desc()).limit(3).selectin())
//!     .all(&db)?;
//! for user in &users {
//!     println!("{}: {} posts", user.id, user.posts.loaded()?.len());
//! }
//! # Ok(())
//! # }
//! ```

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
mod runs;
mod shared;
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
