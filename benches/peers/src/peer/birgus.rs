//! Birgus by its public interface, on one connection of its pool.

use anyhow::Result;
use birgus::PooledConnection;
use birgus::backend::Connection as _;
use birgus::prelude::*;
use birgus_peers_limit::NewUser;

use crate::workload::Peer;

#[derive(Model)]
#[model(table = "users")]
pub(crate) struct BirgusUser {
    #[key]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) hair_color: Option<String>,
}

impl From<BirgusUser> for crate::workload::User {
    fn from(
        BirgusUser {
            id,
            name,
            hair_color,
        }: BirgusUser,
    ) -> Self {
        Self {
            id,
            name,
            hair_color,
        }
    }
}

pub(crate) struct Birgus {
    connection: PooledConnection,
}

impl Birgus {
    pub(crate) fn connect(url: &str) -> Result<Self> {
        let mut config = Config::new(url.parse()?);
        config.pool.size = 1;
        // The connection keeps the pool alive.
        let connection = Database::with_config(config)?.connection()?;
        Ok(Self { connection })
    }
}

impl Peer for Birgus {
    type User = BirgusUser;

    fn batch(&mut self, sql: &str) -> Result<()> {
        Ok(self.connection.batch(sql)?)
    }

    fn get(&mut self, id: i64) -> Result<Option<BirgusUser>> {
        Ok(BirgusUser::query().get(id, &mut self.connection)?)
    }

    fn load(&mut self) -> Result<Vec<BirgusUser>> {
        Ok(BirgusUser::query().all(&mut self.connection)?)
    }

    fn insert(&mut self, users: Vec<NewUser>) -> Result<Vec<i64>> {
        let rows = users.into_iter().map(|user| {
            BirgusUser::build()
                .name(user.name)
                .hair_color(user.hair_color)
        });
        Ok(BirgusUser::insert_many(rows).execute(&mut self.connection)?)
    }
}
