//! Models of one's own, stored and written anew.

use birgus::prelude::*;

use super::found::{check, on};
use super::own;

#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
pub enum Rank {
    Captain,
    #[db(name = "cabin boy")]
    CabinBoy,
}

#[derive(Model, Debug)]
#[model(comment = "who \"sails\"; /* all */")]
#[model(
    register = false,
    unique(given, family),
    index(name = "sailors_by_age", age),
    check(grown, Self::age.ge(8)),
    check(named, Self::given.ne("").and(Self::family.ne("x")))
)]
pub struct Sailor {
    #[key]
    pub id: i64,
    #[column(length = 60, comment = "it's the first")]
    pub given: String,
    #[column(length = 60)]
    pub family: String,
    #[column(index)]
    pub age: Option<i16>,
    pub rank: Rank,
    #[column(default_sql = true)]
    pub aboard: bool,
    #[column(references = Self::id, on_delete = set_null)]
    pub mentor_id: Option<i64>,
}

#[derive(Model, Debug)]
#[model(register = false)]
pub struct Berth {
    #[key]
    #[column(length = 8)]
    pub deck: String,
    #[key]
    pub number: i32,
    #[column(references = Sailor::id, unique, on_delete = cascade)]
    pub sailor_id: Option<i64>,
    #[column(precision = 8, scale = 3, default_sql = Decimal::new(1_900, 3))]
    pub length: Decimal,
    pub made: NaiveDate,
    pub painted: Option<DateTime<Utc>>,
    pub tag: Uuid,
    pub plan: Option<Json<serde_json::Value>>,
}

#[derive(Model, Debug)]
#[model(
    register = false,
    foreign_key(columns(deck, number), references(Berth::deck, Berth::number))
)]
pub struct Locker {
    #[key(natural)]
    pub id: i64,
    #[column(length = 8)]
    pub deck: String,
    pub number: i32,
    #[column(name = "type")]
    pub kind: String,
    pub opened: NaiveTime,
    pub closed: NaiveDateTime,
    pub key: Vec<u8>,
    pub weight: f64,
}

const EVERY_PAIR: [&str; 5] = ["sqlite", "postgres", "postgres+libpq", "mariadb", "mysql"];

#[test]
fn models_of_ones_own_come_back_the_same_on_every_engine() {
    let written = [own::Berth::info(), own::Locker::info(), own::Sailor::info()];
    on(&EVERY_PAIR, |bed| {
        let db = bed.database(&[Sailor::info(), Berth::info(), Locker::info()]);
        // One text for all engines: nothing of any of them is in it.
        let differences = check(bed, "own", &written);
        assert!(differences.is_empty(), "{differences:#?}");
        let again = bed.open(&written);
        assert_eq!(again.tables(), db.tables());
        assert_eq!(again.managed_tables(), db.managed_tables());
    });
}
