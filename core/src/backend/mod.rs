//! What an engine must provide.
//!
//! A driver for a new engine lives in a crate of its own: it implements [`Driver`], [`Connector`], [`Connection`],
//! [`Row`] and [`Dialect`], and registers itself with [`register_driver!`](crate::register_driver). Nothing in this
//! crate names an engine: where engines differ it asks [`Capabilities`] or calls the dialect.

mod capabilities;
mod connection;
mod dialect;
mod driver;
mod function;
mod list;
mod row;
mod row_changes;
mod schema_change;
mod statement;
mod table_lock;
pub mod violation;

pub use capabilities::{
    BulkInsert, BulkUpdate, Capabilities, ForeignKeyCheck, InsertedIds, NullOrder,
    NullSafeEquality, UpsertForm,
};
pub use connection::{Connection, Isolation, Mode, TransactionMode};
pub use dialect::{DdlTimeouts, Dialect};
pub use driver::{
    ConnectOptions, Connector, Driver, DriverRegistration, SchemeHint, TlsMode, TlsOptions,
    find_driver,
};
pub use function::{
    AggregateFunction, DatePart, DateUnit, Function, FunctionWriter, JsonStep, RankFunction,
    write_standard_aggregate, write_standard_function, write_standard_rank,
};
pub use list::ValueList;
pub use row::Row;
pub use row_changes::{RowChanges, RowColumn};
pub use schema_change::{
    ChangeKind, Effect, Guard, SchemaObject, SchemaStep, StepAction, StepProgram, TableChange,
};
pub(crate) use statement::StatementText;
pub use statement::{Bind, BindType, Statement, StatementBuilder};
pub use table_lock::{LockWork, LockedOut, TableLock};
