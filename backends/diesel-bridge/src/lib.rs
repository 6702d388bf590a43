//! A rendered Birgus statement as a Diesel query: what the drivers that run over Diesel's connections share.
//!
//! * [`DynamicQuery`] hands a [`Statement`](birgus_core::backend::Statement) to Diesel; a driver says how its engine
//!   takes a bind by a [`Binder`].
//! * [`CacheBudget`] bounds Diesel's cache of prepared statements, which has no limit of its own.
//! * [`error`] turns Diesel's errors into Birgus' own, without the values that engines quote.
//! * [`decode`] words what a row's getters refuse.
//!
//! All of it is generic over Diesel's backends, so that a driver alone chooses which of them is compiled.
#![forbid(unsafe_code)]

mod cache;
pub mod decode;
pub mod error;
mod query;

pub use cache::{Admission, CacheBudget};
pub use query::{Binder, DynamicQuery};
