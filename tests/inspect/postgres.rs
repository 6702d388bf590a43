//! Models of the tables of a database that was there before them.
//!
//! Names of types and fields are a start: rename them as you like, the names of the tables and columns stand beside them.
//!
//! A model that says `existing` is of a table that other engines could not have, or that says more than a model can:
//! `create_all`, `drop_all` and migrations leave it alone. What the database alone knows stands in comments.
//!
//! Documents need the crate `serde_json`, or types of your own in place of its `Value`.

use birgus::prelude::*;

// The table `audit` has no model: it has no primary key, and a model needs one.

/// A row of the table `account`.
// Left out: account.feeling: Birgus has no type for mood; change the column, or move the table to another schema
// Left out: account.tags: Birgus has no type for text[]; change the column, or move the table to another schema
#[derive(Model, Debug, Clone)]
#[model(existing)]
#[model(unique(name = "account_login_key", login))]
#[model(check(name = "account_level_check", Self::level.ge(-1)))]
pub struct Account {
    #[key(identity)]
    pub id: i32,
    /// By default `gen_random_uuid()`.
    #[column(default_sql)]
    pub token: Uuid,
    pub login: String,
    #[column(length = 6)]
    pub code: String,
    #[column(precision = 12, scale = 2, default_sql = Decimal::new(0, 0))]
    pub balance: Decimal,
    #[column(default_sql = -1)]
    pub level: i16,
    #[column(default_sql = true)]
    pub active: bool,
    #[column(length = 40, default_sql = "nobody")]
    pub name: String,
    /// By default `'none'::character varying`.
    #[column(length = 40, default_sql)]
    pub note: Option<String>,
    pub settings: Option<Json<serde_json::Value>>,
    /// By default `now()`.
    #[column(default_sql)]
    pub seen: DateTime<Utc>,
    pub born: Option<NaiveDate>,
    /// Computed as `(level * 2)`.
    #[column(computed)]
    pub double_level: Option<i32>,
    #[has_one(AccountSettings, backref = account)]
    pub account_settings: One<Option<AccountSettings>>,
    #[has_many(Transfer, backref = from, by = from_id)]
    pub transfers_by_from: Many<Transfer>,
    #[has_many(Transfer, backref = to, by = to_id)]
    pub transfers_by_to: Many<Transfer>,
}

/// A row of the table `account_settings`.
#[derive(Model, Debug, Clone)]
#[model(existing)]
pub struct AccountSettings {
    #[key]
    #[column(references = Account::id, foreign_key = "account_settings_account_id_fkey")]
    pub account_id: i32,
    pub value: Option<String>,
    #[column(default_sql = 0)]
    pub key: i16,
    pub info: Option<String>,
    #[belongs_to(account_id)]
    pub account: One<Account>,
}

/// A row of the table `city`.
#[derive(Model, Debug, Clone)]
pub struct City {
    #[key]
    pub id: i64,
    #[column(length = 2, references = Country::code)]
    pub country_code: String,
    #[belongs_to(country_code)]
    pub country: One<Country>,
}

/// A row of the table `country`.
#[derive(Model, Debug, Clone)]
pub struct Country {
    #[key]
    #[column(length = 2)]
    pub code: String,
    #[has_many(City, backref = country)]
    pub cities: Many<City>,
}

/// A row of the table `ticket`.
// Left out: ticket.place: Birgus has no type for point; change the column, or move the table to another schema
#[derive(Model, Debug, Clone)]
#[model(existing)]
pub struct Ticket {
    #[key(identity)]
    pub number: i32,
}

/// A row of the table `transfer`.
#[derive(Model, Debug, Clone)]
#[model(existing)]
#[model(index(name = "transfer_from", from_id))]
pub struct Transfer {
    #[key]
    pub id: i64,
    #[column(references = Account::id, foreign_key = "transfer_from_id_fkey", on_delete = cascade)]
    pub from_id: i32,
    #[column(references = Account::id, foreign_key = "transfer_to_id_fkey", on_delete = set_null, index = false)]
    pub to_id: Option<i32>,
    #[column(precision = 12, scale = 2)]
    pub amount: Decimal,
    #[belongs_to(from_id)]
    pub from: One<Account>,
    #[belongs_to(to_id)]
    pub to: One<Option<Account>>,
}
