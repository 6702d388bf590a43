//! A database on which revisions are tried.

use std::sync::Arc;

use birgus::Database;
use birgus::chrono::Utc;
use birgus::migrate::apply::is_own_table;
use birgus::migrate::history::{Graph, Revision};
use birgus::migrate::state::{Operation, State};
use birgus::migrate::{Difference, compare};
use birgus::schema::Table;
use birgus_conformance::{Bed, Pair, known_pairs};

use crate::support::linked_pairs;

/// Every pair of driver and engine that is tested.
pub(crate) fn pairs() -> Vec<Arc<Pair>> {
    let pairs = known_pairs(&linked_pairs()).unwrap();
    pairs.into_iter().map(Arc::new).collect()
}

/// An empty database, without models.
pub(crate) struct Lab {
    pub(crate) db: Database,
    bed: Bed,
}

impl Lab {
    pub(crate) fn new(pair: &Arc<Pair>) -> Self {
        let bed = Bed::new(pair).unwrap();
        let db = bed.open(&[]);
        Self { db, bed }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.bed.pair().name()
    }

    /// The same database by connections of its own.
    pub(crate) fn another_handle(&self) -> Database {
        self.bed.open(&[])
    }

    /// The whole URL, for another process.
    pub(crate) fn secret_url(&self) -> String {
        self.bed.url().expose()
    }

    /// The tables that are there, without the migrations' own.
    pub(crate) fn tables(&self) -> Vec<Table> {
        let mut tables = self.db.introspect().unwrap();
        tables.retain(|table| !is_own_table(&table.name));
        tables
    }

    /// In what the database differs from a state. The order of columns does not count.
    pub(crate) fn differences(&self, state: &State) -> Vec<String> {
        let wanted: Vec<Table> = state
            .tables()
            .iter()
            .map(|table| table.to_table().unwrap())
            .collect();
        let differences = compare(&wanted, &self.tables()).into_iter();
        differences
            .filter(|difference| {
                !matches!(difference, Difference::Changed { part, .. } if part == "order of columns")
            })
            .map(|difference| difference.to_string())
            .collect()
    }

    pub(crate) fn close(self) {
        let Self { db, bed } = self;
        drop(db);
        bed.remove().unwrap();
    }
}

/// A line of revisions, each with the operations there and back.
pub(crate) fn line(revisions: &[(&str, Vec<Operation>, Vec<Operation>)]) -> Graph {
    let mut parents = Vec::new();
    let mut all = Vec::new();
    for (number, (id, upgrade, downgrade)) in revisions.iter().enumerate() {
        let mut revision = Revision::new(*id, parents, format!("number {number}"), Utc::now());
        revision.upgrade.clone_from(upgrade);
        revision.downgrade.clone_from(downgrade);
        parents = vec![(*id).to_owned()];
        all.push(through_file(&revision));
    }
    Graph::new(all).unwrap()
}

/// The revision as its file gives it back.
fn through_file(revision: &Revision) -> Revision {
    let text = revision.write().unwrap();
    Revision::read(&text, "x.toml").unwrap_or_else(|error| panic!("{error}\n{text}"))
}
