//! rusqlite, with its cache of prepared statements: what a native driver of Rust makes of SQLite.

use anyhow::Result;
use birgus_peers_limit::{NewUser, User};
use rusqlite::{Connection, Row, params_from_iter};

use crate::workload::Peer;

pub(crate) struct Rusqlite(Connection);

impl Rusqlite {
    pub(crate) fn open(uri: &str) -> Result<Self> {
        Ok(Self(Connection::open(uri)?))
    }
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        hair_color: row.get(2)?,
    })
}

impl Peer for Rusqlite {
    type User = User;

    fn batch(&mut self, sql: &str) -> Result<()> {
        Ok(self.0.execute_batch(sql)?)
    }

    fn get(&mut self, id: i64) -> Result<Option<User>> {
        let mut statement = self
            .0
            .prepare_cached("SELECT id, name, hair_color FROM users WHERE id = ?")?;
        let mut rows = statement.query_map([id], user)?;
        Ok(rows.next().transpose()?)
    }

    fn load(&mut self) -> Result<Vec<User>> {
        let mut statement = self
            .0
            .prepare_cached("SELECT id, name, hair_color FROM users")?;
        let users = statement.query_map([], user)?;
        Ok(users.collect::<rusqlite::Result<_>>()?)
    }

    /// In one statement, whose text is put together as every caller must.
    fn insert(&mut self, users: Vec<NewUser>) -> Result<Vec<i64>> {
        let rows = vec!["(?, ?)"; users.len()].join(", ");
        let sql = format!("INSERT INTO users (name, hair_color) VALUES {rows}");
        let binds = users
            .iter()
            .flat_map(|user| [Some(user.name.as_str()), user.hair_color.as_deref()]);
        self.0
            .prepare_cached(&sql)?
            .execute(params_from_iter(binds))?;
        let last = self.0.last_insert_rowid();
        Ok((last + 1 - users.len() as i64..=last).collect())
    }
}
