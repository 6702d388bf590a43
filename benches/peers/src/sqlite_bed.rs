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

pub(crate) fn title() -> String {
    format!(
        "**SQLite {}, in memory.** Limit: the C interface (`libsqlite3-sys`) with held prepared statements, without \
         mutexes.",
        birgus_peers_limit::sqlite_version()
    )
}

fn competitor(name: &'static str, mut peer: impl Peer + 'static) -> Result<Competitor> {
    peer.batch(CREATE)?;
    Ok(Competitor::new(name, TABLE, peer))
}

pub(crate) fn competitors() -> Result<Vec<Competitor>> {
    Ok(vec![
        competitor("limit: C client", SqliteClient::open(":memory:")?)?,
        competitor("rusqlite", Rusqlite::open(":memory:")?)?,
        competitor("Diesel", DieselSqlite::open(":memory:")?)?,
        competitor("Birgus", Birgus::connect("sqlite::memory:")?)?,
    ])
}
