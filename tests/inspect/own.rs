//! Models of the tables of a database that was there before them.
//!
//! Names of types and fields are a start: rename them as you like, the names of the tables and columns stand beside them.
//!
//! Documents need the crate `serde_json`, or types of your own in place of its `Value`.

use birgus::prelude::*;

/// A row of the table `berth`.
#[derive(Model, Debug, Clone)]
pub struct Berth {
    #[key]
    #[column(length = 8)]
    pub deck: String,
    #[key]
    pub number: i32,
    #[column(unique, references = Sailor::id, on_delete = cascade)]
    pub sailor_id: Option<i64>,
    #[column(precision = 8, scale = 3, default_sql = Decimal::new(19, 1))]
    pub length: Decimal,
    pub made: NaiveDate,
    pub painted: Option<DateTime<Utc>>,
    pub tag: Uuid,
    pub plan: Option<Json<serde_json::Value>>,
    #[belongs_to(sailor_id)]
    pub sailor: One<Option<Sailor>>,
    #[has_many(Locker, backref = berth)]
    pub lockers: Many<Locker>,
}

/// A row of the table `locker`.
#[derive(Model, Debug, Clone)]
#[model(foreign_key(columns(deck, number), references(Berth::deck, Berth::number)))]
pub struct Locker {
    #[key(natural)]
    pub id: i64,
    #[column(length = 8)]
    pub deck: String,
    pub number: i32,
    pub r#type: String,
    pub opened: NaiveTime,
    pub closed: NaiveDateTime,
    pub key: Vec<u8>,
    pub weight: f64,
    #[belongs_to(deck, number)]
    pub berth: One<Berth>,
}

/// A row of the table `sailor`.
#[derive(Model, Debug, Clone)]
#[model(comment = "who \"sails\"; /* all */")]
#[model(index(name = "sailors_by_age", age))]
#[model(unique(given, family))]
#[model(check(grown, Self::age.ge(8)))]
#[model(check(named, Self::given.ne("").and(Self::family.ne("x"))))]
pub struct Sailor {
    #[key]
    pub id: i64,
    #[column(length = 60, comment = "it's the first")]
    pub given: String,
    #[column(length = 60)]
    pub family: String,
    #[column(index)]
    pub age: Option<i16>,
    pub rank: SailorRank,
    #[column(default_sql = true)]
    pub aboard: bool,
    #[column(references = Self::id, on_delete = set_null)]
    pub mentor_id: Option<i64>,
    #[has_one(Berth, backref = sailor)]
    pub berth: One<Option<Berth>>,
    #[belongs_to(mentor_id)]
    pub mentor: One<Option<Sailor>>,
    #[has_many(Sailor, backref = mentor)]
    pub sailors_by_mentor: Many<Sailor>,
}

/// The texts of `sailor.rank`.
#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SailorRank {
    Captain,
    #[db(name = "cabin boy")]
    CabinBoy,
}
