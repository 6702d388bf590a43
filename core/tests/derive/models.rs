//! The models that the tests look at.

use birgus::prelude::*;

#[derive(Model, Debug, PartialEq)]
pub(crate) struct User {
    #[key]
    pub(crate) id: i64,
    #[column(length = 64, unique)]
    pub(crate) username: String,
    #[column(length = 120)]
    pub(crate) email: Option<String>,
    #[column(default = Utc::now)]
    pub(crate) joined: DateTime<Utc>,
}

#[derive(Model, Debug, PartialEq)]
#[model(register = false)]
pub(crate) struct Book {
    #[key]
    pub(crate) id: i64,
    #[column(length = 40, unique)]
    pub(crate) title: Deferred<String>,
    #[column(deferred, precision = 8, scale = 2)]
    pub(crate) price: Deferred<Option<Decimal>>,
    #[column(deferred, default = "", name = "content")]
    pub(crate) text: Deferred<String>,
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[db(key)]
pub(crate) enum Stage {
    Draft,
    InReview,
    #[db(name = "done!", was = "out")]
    Published,
}

fn initial_title() -> &'static str {
    "untitled"
}

#[derive(Model, Debug, PartialEq)]
#[model(
    table = "articles",
    bind = "archive",
    comment = "what is printed",
    was = "text",
    register = false,
    unique(stage, title),
    unique(name = "uq_first", author_id, title),
    index(price, stage),
    index(name = "ix_price", price),
    check(cheap, Self::price.lt(Decimal::new(100, 0))),
    check(shown, Article::visible)
)]
pub(crate) struct Article {
    #[key]
    pub(crate) id: i64,
    #[column(name = "heading", length = 80, default = initial_title, comment = "as \"printed\"")]
    pub(crate) title: String,
    #[column(precision = 10, scale = 2)]
    pub(crate) price: Decimal,
    #[column(scale = 4)]
    pub(crate) rate: Option<Decimal>,
    #[column(default = Stage::Draft, index)]
    pub(crate) stage: Stage,
    #[column(default = true, was = "shown")]
    pub(crate) visible: bool,
    #[column(default = || 2 + 3, on_update = Self::bump)]
    pub(crate) revision: i32,
    #[column(default = "none")]
    pub(crate) note: Option<String>,
    #[column(default = Uuid::nil())]
    pub(crate) token: Uuid,
    #[column(default = Utc::now, on_update = Utc::now)]
    pub(crate) changed: NaiveDateTime,
    #[column(references = User::id, on_delete = cascade, on_update = restrict)]
    pub(crate) author_id: i64,
    #[column(references = User::username, on_delete = set_null, length = 64)]
    pub(crate) editor: Option<String>,
    #[column(references = Self::id)]
    pub(crate) parent: Option<i64>,
}

impl Article {
    fn bump() -> i32 {
        7
    }
}

#[derive(Model, Debug, PartialEq)]
#[model(register = false)]
pub(crate) struct Seat {
    #[key]
    pub(crate) room: i32,
    pub(crate) note: Option<String>,
    #[key]
    pub(crate) stage: Stage,
}

#[derive(Model, Debug, PartialEq)]
#[model(
    register = false,
    foreign_key(
        columns(room, stage),
        references(Seat::room, Seat::stage),
        on_delete = cascade,
        on_update = no_action
    )
)]
pub(crate) struct Ticket {
    #[key(natural)]
    pub(crate) number: i64,
    pub(crate) room: i32,
    pub(crate) stage: Stage,
}

/// A key that is another model's key too.
#[derive(Model)]
#[model(register = false)]
pub(crate) struct Profile {
    #[key]
    #[column(references = User::id)]
    pub(crate) user_id: i64,
}

#[derive(Model, Debug)]
#[model(register = false)]
pub(crate) struct Phase {
    #[key]
    pub(crate) stage: Stage,
}

#[derive(FromRow, Debug, PartialEq)]
pub(crate) struct Total {
    #[column(name = "sum of prices", scale = 2)]
    pub(crate) total: Option<Decimal>,
    pub(crate) r#type: Stage,
    pub(crate) count: i64,
}

/// A table of somebody else's, with names and parts of its own.
#[derive(Model, Debug)]
#[model(
    table = "InvoiceLine",
    existing,
    register = false,
    check(name = "CK_Quantity"),
    foreign_key(
        name = "FK_Seat",
        index = false,
        columns(row, seat),
        references(Place::row, Place::number)
    )
)]
pub(crate) struct InvoiceLine {
    #[key(order = 2)]
    pub line: i32,
    #[key(order = 1)]
    #[column(references = Self::line, foreign_key = "FK_Invoice", index = false)]
    pub invoice: i32,
    #[column(default_sql)]
    pub quantity: Option<i32>,
    #[column(computed)]
    pub total: i64,
    pub row: i32,
    pub seat: i32,
}

#[derive(Model, Debug)]
#[model(existing, register = false)]
pub(crate) struct Place {
    #[key]
    pub row: i32,
    #[key]
    pub number: i32,
}

#[derive(Model, Debug)]
#[model(existing, register = false)]
pub(crate) struct Counter {
    #[key(identity)]
    pub id: i16,
}
