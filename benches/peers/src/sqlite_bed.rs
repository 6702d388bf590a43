//! SQLite: each competitor has a database of its own in memory.

use anyhow::Result;
use birgus_peers_limit::SqliteClient;

use crate::peer::birgus::Birgus;
use crate::peer::diesel::DieselSqlite;
use crate::peer::rusqlite::Rusqlite;
use crate::timer::{Competitor, Table};
use crate::workload::Peer;

const TABLE: Table = Table {
    // The count of AUTOINCREMENT goes too, so that everybody writes the same ids.
    empty: "DELETE FROM users; DELETE FROM sqlite_sequence",
    analyze: "",
};

/// As in `diesel_bench`; AUTOINCREMENT is what Birgus' own tables have.
const CREATE: &str = "CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL,
    hair_color TEXT
)";

/// Where the others' databases live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// `:memory:`, which one connection has to itself: what their users write.
    Private,
    /// In a file of SQLite's file system in memory, as Birgus' database, which its pool shares.
    Shared,
}

impl Memory {
    pub(crate) fn uri(self, number: usize) -> String {
        match self {
            Self::Private => ":memory:".to_owned(),
            Self::Shared => format!("file:/peers-{number}?vfs=memdb"),
        }
    }

    pub(crate) fn place(self) -> &'static str {
        match self {
            Self::Private => "in memory (Birgus' shared by its pool: `vfs=memdb`)",
            Self::Shared => "in memory, `vfs=memdb` for everybody",
        }
    }
}

pub(crate) fn title(memory: Memory) -> String {
    let place = memory.place();
    format!(
        "**SQLite {}, {place}.** Limit: the C interface (`libsqlite3-sys`) with held prepared statements, without \
         mutexes.",
        birgus_peers_limit::sqlite_version()
    )
}

fn competitor(name: &'static str, mut peer: impl Peer + 'static) -> Result<Competitor> {
    peer.batch(CREATE)?;
    Ok(Competitor::new(name, TABLE, peer))
}

pub(crate) fn competitors(memory: Memory) -> Result<Vec<Competitor>> {
    Ok(vec![
        competitor("limit: C client", SqliteClient::open(&memory.uri(1))?)?,
        competitor("rusqlite", Rusqlite::open(&memory.uri(2))?)?,
        competitor("Diesel", DieselSqlite::open(&memory.uri(3))?)?,
        competitor("Birgus", Birgus::connect("sqlite::memory:")?)?,
    ])
}
