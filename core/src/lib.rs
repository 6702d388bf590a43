//! The engine-neutral half of Birgus: schema, models, queries, the session, and what an engine must provide.
//!
//! Programs depend on the crate `birgus`, which re-exports all of this together with the drivers that its features
//! switch on. Drivers depend on this crate alone; see [`backend`].
#![forbid(unsafe_code)]

pub mod backend;
mod error;
pub mod json;
pub mod query;
pub mod schema;
pub mod url;
mod value;

pub use error::{DatabaseErrorKind, Error, Result};
pub use value::Value;

#[doc(hidden)]
pub mod __private {
    pub use inventory;
}
