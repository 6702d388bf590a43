//! Documents are entered, read, searched and changed alike everywhere.

mod changing;
mod containing;
mod paths;
mod reading;

use birgus::Database;
use birgus::prelude::*;
use birgus::query::{Expr, Selection};
use serde_json::{Value, json};

use crate::{Bed, Case};

pub(super) fn cases() -> Vec<Case> {
    [
        reading::cases(),
        paths::cases(),
        containing::cases(),
        changing::cases(),
    ]
    .concat()
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Doc {
    #[key]
    pub id: i64,
    pub data: Json<Value>,
    pub maybe: Option<Json<Value>>,
    #[column(length = 40)]
    pub name: Option<String>,
}

pub(super) fn docs(bed: &Bed, documents: impl IntoIterator<Item = Value>) -> Database {
    let db = bed.database(&[Doc::info()]);
    let rows: Vec<_> = documents
        .into_iter()
        .map(|document| Doc::build().data(Json(document)))
        .collect();
    Doc::insert_many(rows).execute(&db).unwrap();
    db
}

/// Other documents in the same database.
pub(super) fn docs_again(db: &Database, documents: impl IntoIterator<Item = Value>) -> Database {
    Doc::query().delete(db).unwrap();
    let rows: Vec<_> = documents
        .into_iter()
        .map(|document| Doc::build().data(Json(document)))
        .collect();
    Doc::insert_many(rows).execute(db).unwrap();
    db.clone()
}

pub(super) fn of_each<T: birgus::model::ColumnValue>(
    db: &Database,
    expression: impl Expression<Value = T>,
) -> Vec<T>
where
    Expr<T>: Selection<Output = T>,
{
    Doc::query()
        .order_by(Doc::id.asc())
        .select(expression.into_expr())
        .all(db)
        .unwrap()
}

pub(super) fn kept(db: &Database, condition: Expr<bool>) -> Vec<i64> {
    Doc::query()
        .filter(condition)
        .order_by(Doc::id.asc())
        .pluck(Doc::id, db)
        .unwrap()
}

pub(super) fn refused<T: birgus::model::ColumnValue>(
    db: &Database,
    expression: impl Expression<Value = T>,
) -> String
where
    Expr<T>: Selection<Output = T>,
{
    let error = Doc::query()
        .select(expression.into_expr())
        .all(db)
        .err()
        .unwrap();
    assert!(error.is_invalid_query(), "{error}");
    error.to_string()
}

/// A value of every kind, each below the key `v`.
pub(super) fn kinds() -> Vec<Value> {
    [
        json!("text"),
        json!(""),
        json!("1"),
        json!("true"),
        json!("é😀 \"q\" \\ / \n\t\u{1} "),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.0),
        json!(1.5),
        json!(-2.0),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(9_223_372_036_854_775_808_u64),
        json!(1e300),
        json!(-1e300),
        json!(1e18),
        json!(9_223_372_036_854_774_784.0),
        json!(5e-324),
        json!(f64::MAX),
        json!(0.1),
        json!(true),
        json!(false),
        json!(null),
        json!([]),
        json!({}),
        json!([1]),
        json!({"v": 1}),
    ]
    .into_iter()
    .map(|value| json!({ "v": value }))
    .collect()
}
