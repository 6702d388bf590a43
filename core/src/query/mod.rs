//! Queries as plain data, and what runs them.

mod aggregated;
mod arithmetic;
mod assignment;
mod batches;
mod change;
mod column;
mod conditional;
mod cursor;
mod dates;
mod deferral;
mod execute;
mod expression;
mod found;
mod in_list;
mod insert;
mod insert_rows;
mod insert_select;
mod json;
mod keyset;
mod labelled;
mod left_out;
mod node;
mod operand;
mod order;
mod over;
mod page;
mod raw;
mod reads;
mod rename;
mod render;
mod rendered;
mod returning;
mod select;
mod selection;
mod source;
mod stored;
mod terminal;
#[doc(hidden)]
pub mod testing;
mod text;
mod tuples;
mod typed;
mod typing;
mod update_rows;
mod upsert;

pub use aggregated::{Aggregated, Aggregates, Ordered, TruthValue, count_rows};
pub use arithmetic::{Exact, Number, NumberExpression, NumberOperand, value};
pub use assignment::{Assignment, FitsColumn, SetOperand};
pub use batches::Batches;
pub(crate) use change::refuse_computed;
pub use column::Column;
pub use conditional::{CaseWhen, case, greatest, least};
pub use cursor::Cursor;
pub use dates::{DateExpression, DateOperand, Day, HasDate, HasTime, Interval, Moment};
pub use deferral::Columns;
pub(crate) use deferral::{all_but, refuse_plain};
pub use execute::{Access, Executor, Request, SetChange};
pub(crate) use execute::{fetch, run};
pub(crate) use expression::node_equal;
pub use expression::{Expr, Expression, exists};
pub(crate) use in_list::not_null;
pub use in_list::{InList, OfQuery, OfValues};
pub use insert::{Insert, InsertMany, ManyRows, OneRow, RowCount};
pub(crate) use insert_rows::{identity_value, insert_and_tell, insert_rows, move_sequence, tell};
pub use insert_select::InsertColumns;
pub use json::{JsonExpression, JsonPath, JsonValue};
pub use keyset::{Keyset, KeysetPage};
pub use labelled::Labelled;
pub(crate) use left_out::LeftOut;
pub use node::{
    Aggregate, Call, Case, ColumnNode, Comparison, Frame, FrameEnd, Node, Window, WindowFunction,
};
pub use operand::{IntoOperand, Operand};
pub use order::Order;
pub use over::{Over, WindowFunctions, dense_rank, ntile, over, rank, row_number};
pub use page::Page;
pub use raw::{BindValue, Sql, sql};
pub(crate) use raw::{dollar_quoted, quoted};
pub use render::{check_sql, column_sql};
pub use returning::InsertReturning;
pub(crate) use select::{
    Body, Derived, Join, JoinKind, Projection, Relation as SourceRelation, Source,
};
pub use select::{Item, OutputColumn, Select};
pub use selection::{Selection, Whole, WholeOrNone, model, model_or_none};
use source::Table;
pub use source::{Alias, Cte, FromItem};
pub(crate) use stored::one_of;
pub use stored::read_value;
pub use text::{TextExpression, TextOperand, TextValue, escape_like};
pub use tuples::{Equals, InRows, RowExpression};
pub use typed::Query;
pub use typing::Typing;
pub(crate) use update_rows::{RowUpdate, RowUpdates, delete_rows, replace_row, update_rows};
pub use upsert::{
    ConflictTarget, InsertIfMissing, InsertIfMissingReturning, OnConflict, Upsert, UpsertReturning,
    excluded,
};

pub use crate::backend::DateUnit;
