//! The models of the goldens.

use birgus::DbEnum;
use birgus::prelude::*;

#[derive(Model)]
#[model(register = false)]
pub struct User {
    #[key]
    pub id: i64,
    #[column(length = 64, unique)]
    pub username: String,
    pub nick: Option<String>,
    pub age: Option<i32>,
    pub active: bool,
    pub mood: Mood,
    pub manager: Option<i64>,
    pub settings: Json<serde_json::Value>,
    pub joined: DateTime<Utc>,
}

#[derive(DbEnum, Clone, Copy)]
pub enum Mood {
    Happy,
    Grumpy,
}

#[derive(Model)]
#[model(register = false)]
pub struct Post {
    #[key]
    pub id: i64,
    #[column(length = 140)]
    pub body: String,
    #[column(references = User::id)]
    pub author_id: i64,
    pub likes: i32,
    pub score: f64,
    #[column(precision = 10, scale = 2)]
    pub price: Decimal,
    pub day: NaiveDate,
    pub clock: NaiveTime,
    pub moment: NaiveDateTime,
    pub written: DateTime<Utc>,
}

/// A key of two columns.
#[derive(Model)]
#[model(register = false)]
pub struct Seat {
    #[key]
    #[column(length = 10)]
    pub row: String,
    #[key]
    pub number: i32,
    #[column(unique, length = 20)]
    pub label: String,
    pub taken: i64,
}
