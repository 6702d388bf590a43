//! What most programs use: `use birgus::prelude::*`.

pub use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
pub use rust_decimal::Decimal;
pub use uuid::Uuid;

pub use crate::model::NewRow;
pub use crate::query::{
    Aggregates, DateExpression, Expression, JsonExpression, NumberExpression, RowExpression,
    TextExpression, WindowFunctions,
};
pub use crate::relation::Relationship;
pub use crate::{
    Config, Database, DbEnum, Deferred, Executor, FromRow, Isolation, Json, Key, Many, Model, One,
    Query, Session, TransactionOptions,
};
