//! The `postgres` crate, which `postgresql://` goes by, with prepared statements that are held.

use anyhow::Result;
use birgus_peers_limit::{NewUser, User};
use postgres::{Client, NoTls, Row, Statement};

use crate::workload::Peer;

pub(crate) struct PostgresCrate {
    client: Client,
    prepared: Option<Prepared>,
}

#[derive(Clone)]
struct Prepared {
    get: Statement,
    load: Statement,
    insert: Statement,
}

impl PostgresCrate {
    pub(crate) fn connect(url: &str) -> Result<Self> {
        Ok(Self {
            client: Client::connect(url, NoTls)?,
            prepared: None,
        })
    }

    /// Prepares what the workloads run, once the table is there.
    fn prepared(&mut self) -> Result<(&Prepared, &mut Client)> {
        let client = &mut self.client;
        let prepared = match &mut self.prepared {
            Some(prepared) => prepared,
            empty => empty.insert(Prepared {
                get: client.prepare("SELECT id, name, hair_color FROM users WHERE id = $1")?,
                load: client.prepare("SELECT id, name, hair_color FROM users")?,
                insert: client.prepare(
                    "INSERT INTO users (name, hair_color)
                     SELECT * FROM UNNEST($1::text[], $2::text[]) RETURNING id",
                )?,
            }),
        };
        Ok((prepared, client))
    }
}

fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        hair_color: row.try_get(2)?,
    })
}

impl Peer for PostgresCrate {
    type User = User;

    fn batch(&mut self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql)?)
    }

    fn get(&mut self, id: i64) -> Result<Option<User>> {
        let (prepared, client) = self.prepared()?;
        let row = client.query_opt(&prepared.get, &[&id])?;
        row.as_ref().map(user).transpose()
    }

    fn load(&mut self) -> Result<Vec<User>> {
        let (prepared, client) = self.prepared()?;
        client
            .query(&prepared.load, &[])?
            .iter()
            .map(user)
            .collect()
    }

    fn insert(&mut self, users: Vec<NewUser>) -> Result<Vec<i64>> {
        let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
        let colors: Vec<Option<&str>> = users
            .iter()
            .map(|user| user.hair_color.as_deref())
            .collect();
        let (prepared, client) = self.prepared()?;
        let rows = client.query(&prepared.insert, &[&names, &colors])?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
