//! The plain C clients.

use anyhow::Result;
use birgus_peers_limit::{LibpqClient, NewUser, SqliteClient, User};

use crate::workload::Peer;

macro_rules! limit {
    ($client:ty) => {
        impl Peer for $client {
            type User = User;

            fn batch(&mut self, sql: &str) -> Result<()> {
                Ok(self.batch(sql)?)
            }

            fn get(&mut self, id: i64) -> Result<Option<User>> {
                Ok(self.get(id)?)
            }

            fn load(&mut self) -> Result<Vec<User>> {
                Ok(self.load()?)
            }

            fn insert(&mut self, users: Vec<NewUser>) -> Result<Vec<i64>> {
                Ok(self.insert(&users)?)
            }
        }
    };
}

limit!(SqliteClient);
limit!(LibpqClient);
