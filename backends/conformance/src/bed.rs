//! A database of a case's own.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use birgus::model::ModelInfo;
use birgus::url::DatabaseUrl;
use birgus::{Config, Database, Result};

use crate::Pair;

static BEDS: AtomicU32 = AtomicU32::new(0);

/// An empty database that belongs to one case, and is dropped after it.
#[derive(Debug)]
pub struct Bed {
    pair: Arc<Pair>,
    name: String,
    url: DatabaseUrl,
    removed: bool,
}

impl Bed {
    /// Makes the database.
    ///
    /// # Errors
    ///
    /// Whatever the server refuses.
    pub fn new(pair: &Arc<Pair>) -> Result<Self> {
        let name = format!(
            "birgus_{}_{}",
            process::id(),
            BEDS.fetch_add(1, Ordering::Relaxed)
        );
        let url = pair.create(&name)?;
        Ok(Self {
            pair: Arc::clone(pair),
            name,
            url,
            removed: false,
        })
    }

    /// The pair's name: for messages. No case behaves differently by it.
    pub fn pair(&self) -> &Pair {
        &self.pair
    }

    /// Where the database is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Another empty database on the same server, to be removed by whoever asked for it.
    pub fn another(&self) -> Self {
        Self::new(&self.pair).unwrap()
    }

    /// A configuration with a small pool.
    pub fn config(&self) -> Config {
        let mut config = Config::new(self.url.clone());
        config.pool.size = 4;
        config
    }

    /// Opens the database with these models, without their tables.
    pub fn open(&self, models: &[&'static ModelInfo]) -> Database {
        Database::with_models(self.config(), models.iter().copied()).unwrap()
    }

    /// Opens the database with these models, and creates their tables.
    pub fn database(&self, models: &[&'static ModelInfo]) -> Database {
        let db = self.open(models);
        db.create_all().unwrap();
        db
    }

    /// Drops the database; every handle of it must be gone.
    ///
    /// # Errors
    ///
    /// Whatever the server refuses.
    pub fn remove(mut self) -> Result<()> {
        self.removed = true;
        self.pair.remove(&self.name)
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if !self.removed {
            // The case has failed already; what it leaves behind is only untidy.
            let _ = self.pair.remove(&self.name);
        }
    }
}
