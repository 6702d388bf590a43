//! The models of the cases. They register nowhere: each case opens its database with those that it needs.

use birgus::prelude::*;
use birgus::{DbEnum, Model};
use serde::{Deserialize, Serialize};

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct User {
    #[key]
    pub id: i64,
    #[column(length = 64, unique)]
    pub username: String,
    #[column(length = 120, unique)]
    pub email: String,
    pub age: Option<i32>,
    #[column(default = true)]
    pub active: bool,
    #[column(default = Utc::now)]
    pub joined: DateTime<Utc>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Post {
    #[key]
    pub id: i64,
    #[column(length = 140)]
    pub body: String,
    #[column(references = User::id, on_delete = cascade)]
    pub author_id: i64,
    #[column(default = 0)]
    pub likes: i32,
    #[column(default = Utc::now, on_update = Utc::now)]
    pub changed: DateTime<Utc>,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Happy,
    #[db(name = "so-so, it's \"fine\"")]
    SoSo,
    Grumpy,
}

/// Comments that engines write, or read back, in a way of their own.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(
    register = false,
    comment = "it's a \"table\" -- of `Crabs` /* ? */ \\ %s $1 :id; é 蟹\n  next line"
)]
pub struct Commented {
    #[key]
    #[column(comment = "*/ given by the database, \\'")]
    pub id: i64,
    #[column(comment = "UTC")]
    pub at: DateTime<Utc>,
    #[column(comment = "enum (")]
    pub mood: Mood,
    #[column(references = Self::id, on_delete = set_null, comment = " spaces on both sides ")]
    pub parent: Option<i64>,
    #[column(length = 40, comment = "(a, b) CHECK, PRIMARY KEY")]
    pub name: Option<String>,
    pub none: Option<i32>,
    #[column(comment = "the last, without a comma behind it")]
    pub last: i16,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub theme: String,
    pub sizes: Vec<f64>,
}

/// A column of every type, and of its `Option`.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Everything {
    #[key]
    pub id: i64,
    pub flag: bool,
    pub small: i16,
    pub medium: i32,
    pub big: i64,
    pub real: f64,
    #[column(length = 40)]
    pub name: String,
    pub body: String,
    pub bytes: Vec<u8>,
    #[column(precision = 18, scale = 4)]
    pub price: Decimal,
    pub day: NaiveDate,
    pub clock: NaiveTime,
    pub moment: NaiveDateTime,
    pub instant: DateTime<Utc>,
    pub token: Uuid,
    pub document: Json<serde_json::Value>,
    pub mood: Mood,
    pub maybe_flag: Option<bool>,
    pub maybe_small: Option<i16>,
    pub maybe_medium: Option<i32>,
    pub maybe_big: Option<i64>,
    pub maybe_real: Option<f64>,
    #[column(length = 40)]
    pub maybe_name: Option<String>,
    pub maybe_body: Option<String>,
    pub maybe_bytes: Option<Vec<u8>>,
    #[column(precision = 18, scale = 4)]
    pub maybe_price: Option<Decimal>,
    pub maybe_day: Option<NaiveDate>,
    pub maybe_clock: Option<NaiveTime>,
    pub maybe_moment: Option<NaiveDateTime>,
    pub maybe_instant: Option<DateTime<Utc>>,
    pub maybe_token: Option<Uuid>,
    pub maybe_document: Option<Json<Settings>>,
    pub maybe_mood: Option<Mood>,
}

impl Everything {
    /// A row of ordinary values, without an id.
    pub fn ordinary() -> Self {
        let day = NaiveDate::from_ymd_opt(2024, 5, 6).unwrap();
        let moment = day.and_hms_micro_opt(12, 34, 56, 789_012).unwrap();
        Self {
            id: 0,
            flag: true,
            small: 1,
            medium: 2,
            big: 3,
            real: 4.5,
            name: "name".into(),
            body: "body".into(),
            bytes: vec![0, 1, 255],
            price: Decimal::new(12_345, 4),
            day,
            clock: moment.time(),
            moment,
            instant: moment.and_utc(),
            token: Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
            document: Json(serde_json::json!({"a": [1, 2.5, null, true, "é"]})),
            mood: Mood::Happy,
            maybe_flag: None,
            maybe_small: None,
            maybe_medium: None,
            maybe_big: None,
            maybe_real: None,
            maybe_name: None,
            maybe_body: None,
            maybe_bytes: None,
            maybe_price: None,
            maybe_day: None,
            maybe_clock: None,
            maybe_moment: None,
            maybe_instant: None,
            maybe_token: None,
            maybe_document: None,
            maybe_mood: None,
        }
    }
}

/// A natural key.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Country {
    #[key]
    #[column(length = 2)]
    pub code: String,
    #[column(length = 80)]
    pub name: String,
}

/// A key that the program makes.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Device {
    #[key]
    #[column(default = Uuid::new_v4)]
    pub id: Uuid,
    #[column(length = 2, references = Country::code)]
    pub country: Option<String>,
}

/// A key of two columns.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, index(city, number), check(positive, Address::number.gt(0)))]
pub struct Address {
    #[key]
    #[column(length = 60)]
    pub street: String,
    #[key]
    pub number: i32,
    #[column(length = 60)]
    pub city: String,
}

/// A foreign key of two columns.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(
    register = false,
    unique(street, number, floor),
    foreign_key(columns(street, number), references(Address::street, Address::number), on_delete = cascade, on_update = cascade)
)]
pub struct Flat {
    #[key]
    pub id: i64,
    #[column(length = 60)]
    pub street: String,
    pub number: i32,
    pub floor: i16,
}

/// A tree, by way of a key into its own table; names that need quoting, and a key that the program gives.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false, table = "select")]
pub struct Node {
    #[key(natural)]
    pub id: i64,
    #[column(name = "group by \"x\" ü", length = 20)]
    pub label: String,
    #[column(references = Node::id, on_delete = set_null)]
    pub parent: Option<i64>,
}

/// Nothing but an id.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Ticket {
    #[key]
    pub id: i64,
}

/// Two tables that reference each other.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Team {
    #[key]
    pub id: i64,
    #[column(references = Player::id, on_delete = set_null)]
    pub captain: Option<i64>,
}

/// See [`Team`].
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Player {
    #[key]
    pub id: i64,
    #[column(references = Team::id)]
    pub team: Option<i64>,
}

/// A decimal whose limits are easy to reach.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Price {
    #[key]
    pub id: i64,
    #[column(precision = 10, scale = 2)]
    pub amount: Decimal,
    #[column(precision = 18, scale = 0)]
    pub whole: Option<Decimal>,
    #[column(precision = 18, scale = 18)]
    pub fraction: Option<Decimal>,
}

/// A tree whose rows can't be deleted before those that reference them, and a key onto its own unique column.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Part {
    #[key(natural)]
    pub id: i64,
    #[column(references = Part::id)]
    pub parent: Option<i64>,
    #[column(length = 20, unique)]
    pub serial: Option<String>,
    #[column(length = 20, references = Part::serial)]
    pub replaces: Option<String>,
}

impl Part {
    /// A part of another, without serial numbers.
    pub fn of(id: i64, parent: Option<i64>) -> Self {
        Self {
            id,
            parent,
            serial: None,
            replaces: None,
        }
    }
}

/// A key of four kinds of columns.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Reading {
    #[key]
    pub sensor: Uuid,
    #[key]
    pub day: NaiveDate,
    #[key]
    #[column(precision = 8, scale = 2)]
    pub depth: Decimal,
    #[key]
    pub night: bool,
    pub value: i32,
}

/// A row whose changes are counted.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Account {
    #[key]
    pub id: i64,
    #[column(length = 40, unique)]
    pub owner: String,
    pub balance: i64,
    #[version]
    pub version: i64,
}

impl Account {
    /// An account with nothing in it.
    pub fn of(owner: &str) -> impl NewRow<Model = Self> {
        Self::build().owner(owner).balance(0)
    }
}

/// What others stand in: each of them goes in another way when it is deleted.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Folder {
    #[key]
    pub id: i64,
    #[column(length = 40)]
    pub name: String,
}

/// It loses its folder, which is what happens when nothing is said.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Note {
    #[key]
    pub id: i64,
    #[column(references = Folder::id)]
    pub folder: Option<i64>,
}

/// It goes with its folder, by the session.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Page {
    #[key]
    pub id: i64,
    #[column(references = Folder::id, cascade = delete)]
    pub folder: i64,
}

/// It goes with its page, and when it has none.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Sticker {
    #[key]
    pub id: i64,
    #[column(references = Page::id, cascade = delete_orphan)]
    pub page: Option<i64>,
    #[column(length = 20)]
    pub text: String,
}

/// It goes with its folder, by the database.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Trace {
    #[key]
    pub id: i64,
    #[column(references = Folder::id, on_delete = cascade, cascade = passive)]
    pub folder: i64,
}

/// It keeps its folder from being deleted.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Seal {
    #[key]
    pub id: i64,
    #[column(references = Folder::id)]
    pub folder: i64,
}

/// Two tables whose rows reference each other, with keys that the program gives.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Hen {
    #[key]
    pub id: Uuid,
    #[column(references = Egg::id)]
    pub hatched_from: Option<Uuid>,
}

/// See [`Hen`].
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub struct Egg {
    #[key]
    pub id: Uuid,
    #[column(references = Hen::id)]
    pub laid_by: Uuid,
}

/// A user of a database that is bound to a name.
#[derive(Model, Debug)]
#[model(register = false, bind = "archive")]
pub struct Archived {
    #[key]
    pub id: i64,
    #[column(length = 64)]
    pub username: String,
}
