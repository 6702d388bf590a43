//! A folder with a SQLite file and revisions, for one test.

use std::path::{Path, PathBuf};

use birgus::Manager;
use birgus::migrate::manager::Ran;
use birgus::model::ModelInfo;
use birgus::prelude::*;

pub(crate) struct Workshop {
    root: PathBuf,
    url: String,
}

impl Workshop {
    pub(crate) fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("birgus-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        let url = format!("sqlite:{}", root.join("app.db").display());
        Self { root, url }
    }

    /// The same with another database.
    pub(crate) fn with_url(mut self, url: String) -> Self {
        self.url = url;
        self
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.join("migrations")
    }

    pub(crate) fn config(&self) -> Config {
        Config::new(self.url.parse().unwrap())
    }

    pub(crate) fn manager(&self, models: Vec<&'static ModelInfo>) -> Manager {
        Manager::new()
            .folder(self.folder())
            .config(self.config())
            .models(models)
    }

    /// Runs `db …`, which must end well, and gives what it printed.
    pub(crate) fn db(&self, models: Vec<&'static ModelInfo>, arguments: &[&str]) -> String {
        let ran = self.run(models, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.out
    }

    pub(crate) fn run(&self, models: Vec<&'static ModelInfo>, arguments: &[&str]) -> Ran {
        let all = ["app", "db"].iter().chain(arguments);
        self.manager(models).captured(all)
    }

    /// The names of the revision files.
    pub(crate) fn files(&self) -> Vec<String> {
        names(&self.folder())
    }

    pub(crate) fn tables(&self) -> Vec<String> {
        let database = Database::with_models(self.config(), []).unwrap();
        let tables = database.introspect().unwrap();
        let names = tables.iter().map(|table| table.name.clone());
        names
            .filter(|name| !birgus::migrate::apply::is_own_table(name))
            .collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".toml")).collect();
    names.sort();
    names
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}
