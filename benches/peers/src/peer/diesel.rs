//! Diesel's typed DSL, in the form that its users get who care for speed.

use anyhow::Result;
use birgus_peers_limit::NewUser;
use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::workload::{Peer, User};

diesel::table! {
    users {
        id -> BigInt,
        name -> Text,
        hair_color -> Nullable<Text>,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct DieselUser {
    id: i64,
    name: String,
    hair_color: Option<String>,
}

impl From<DieselUser> for User {
    fn from(
        DieselUser {
            id,
            name,
            hair_color,
        }: DieselUser,
    ) -> Self {
        Self {
            id,
            name,
            hair_color,
        }
    }
}

/// It borrows the texts. `None` is NULL and not DEFAULT: SQLite has no such keyword, and without it Diesel sends one
/// statement instead of one a row.
#[derive(Insertable)]
#[diesel(table_name = users)]
#[diesel(treat_none_as_default_value = false)]
struct NewDieselUser<'a> {
    name: &'a str,
    hair_color: Option<&'a str>,
}

fn borrowed(users: &[NewUser]) -> Vec<NewDieselUser<'_>> {
    users
        .iter()
        .map(|user| NewDieselUser {
            name: &user.name,
            hair_color: user.hair_color.as_deref(),
        })
        .collect()
}

pub(crate) struct DieselSqlite(SqliteConnection);
pub(crate) struct DieselPostgres(PgConnection);

diesel::define_sql_function! {
    /// SQLite's, of the connection.
    fn last_insert_rowid() -> BigInt;
}

macro_rules! diesel_peer {
    ($peer:ty, $connection:ty, $insert:path) => {
        impl $peer {
            pub(crate) fn open(url: &str) -> Result<Self> {
                Ok(Self(<$connection>::establish(url)?))
            }
        }

        impl Peer for $peer {
            type User = DieselUser;

            fn batch(&mut self, sql: &str) -> Result<()> {
                Ok(self.0.batch_execute(sql)?)
            }

            // `get_result` and not `first`, which binds a LIMIT.
            fn get(&mut self, id: i64) -> Result<Option<DieselUser>> {
                Ok(users::table
                    .find(id)
                    .select(DieselUser::as_select())
                    .get_result(&mut self.0)
                    .optional()?)
            }

            fn load(&mut self) -> Result<Vec<DieselUser>> {
                Ok(users::table
                    .select(DieselUser::as_select())
                    .load(&mut self.0)?)
            }

            fn insert(&mut self, users: Vec<NewUser>) -> Result<Vec<i64>> {
                $insert(&mut self.0, &users)
            }
        }
    };
}

/// The keys are consecutive within a statement. Here this takes two thirds of the time of RETURNING.
fn insert_and_count(connection: &mut SqliteConnection, users: &[NewUser]) -> Result<Vec<i64>> {
    diesel::insert_into(users::table)
        .values(borrowed(users))
        .execute(connection)?;
    let last: i64 = diesel::select(last_insert_rowid()).get_result(connection)?;
    Ok((last + 1 - users.len() as i64..=last).collect())
}

fn insert_returning(connection: &mut PgConnection, users: &[NewUser]) -> Result<Vec<i64>> {
    Ok(diesel::insert_into(users::table)
        .values(borrowed(users))
        .returning(users::id)
        .get_results(connection)?)
}

diesel_peer!(DieselSqlite, SqliteConnection, insert_and_count);
diesel_peer!(DieselPostgres, PgConnection, insert_returning);
