//! One database, its revisions and its models: what a command works with.

use std::path::PathBuf;

use birgus_core::schema::Table;
use birgus_core::{Config, Database, Error, Result};

use super::arguments::{DatabaseArguments, Site, Waiting};
use super::terminal;
use super::{Manager, Output};
use crate::apply::{LintMode, Migrator, Status, Unsure};
use crate::generate::{self, Hint};
use crate::history::Graph;

/// One database, its revisions and its models.
pub(super) struct Place<'a> {
    pub(super) manager: &'a Manager,
    pub(super) output: &'a Output,
    pub(super) bind: Option<String>,
    config: &'a Config,
    directory: Option<PathBuf>,
}

impl Manager {
    /// The configuration, with what the arguments say of the database.
    pub(super) fn configured(&self, arguments: &DatabaseArguments) -> Result<Config> {
        let mut config = self.configuration()?;
        let Some(url) = &arguments.url else {
            return Ok(config);
        };
        let url = url.parse()?;
        match &arguments.bind[..] {
            [] => config.url = url,
            [bind] if !is_all(bind) => match config.binds.get_mut(bind) {
                Some(bound) => bound.url = url,
                None => {
                    config.binds.insert(bind.clone(), Config::new(url));
                }
            },
            _ => {
                return Err(Error::configuration(
                    "--url is of one database: name one --bind",
                ));
            }
        }
        Ok(config)
    }

    /// The databases that the arguments mean: their names, none for the main one.
    pub(super) fn selected(
        &self,
        arguments: &DatabaseArguments,
        config: &Config,
    ) -> Result<Vec<Option<String>>> {
        if arguments.bind.is_empty() {
            return Ok(vec![None]);
        }
        let mut selected = Vec::new();
        for name in &arguments.bind {
            if is_all(name) {
                selected.push(None);
                selected.extend(config.binds.keys().cloned().map(Some));
            } else if config.binds.contains_key(name) {
                selected.push(Some(name.clone()));
            } else {
                let known: Vec<&str> = config.binds.keys().map(String::as_str).collect();
                return Err(Error::configuration(format!(
                    "no database is bound to `{name}` (bound: {}); set binds.{name}.url",
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                )));
            }
        }
        selected.dedup();
        Ok(selected)
    }

    pub(super) fn open(&self, config: &Config, bind: Option<&str>) -> Result<Database> {
        let database = Database::with_models(config.clone(), self.all_models())?;
        match bind {
            Some(bind) => database.bind(bind),
            None => Ok(database),
        }
    }
}

fn is_all(name: &str) -> bool {
    matches!(name, "all" | "*")
}

impl<'a> Place<'a> {
    pub(super) fn new(
        manager: &'a Manager,
        site: &Site,
        config: &'a Config,
        bind: Option<String>,
        output: &'a Output,
    ) -> Self {
        Self {
            manager,
            output,
            bind,
            config,
            directory: site.directory.clone(),
        }
    }

    /// The folder of its revision files.
    pub(super) fn folder(&self) -> PathBuf {
        let folder = self.directory.clone();
        let folder = folder.unwrap_or_else(|| self.manager.folder.clone());
        match &self.bind {
            Some(bind) => folder.join(bind),
            None => folder,
        }
    }

    /// Its revisions: of the folder where it is there, else those that are built into the program.
    pub(super) fn graph(&self) -> Result<Graph> {
        let folder = self.folder();
        match self.manager.embedded {
            Some(files) if self.directory.is_none() && !folder.is_dir() => {
                Graph::embedded_of(files, self.bind.as_deref())
            }
            _ if self.directory.is_some() && !folder.is_dir() => {
                Err(Error::configuration(format!(
                    "{}: there is no such folder; {} init makes it",
                    folder.display(),
                    self.manager.group
                )))
            }
            _ => Graph::read_folder(&folder),
        }
    }

    /// The tables of its models, without a database.
    pub(super) fn tables(&self) -> Result<Vec<Table>> {
        birgus_core::model_tables(self.manager.all_models(), self.bind.as_deref())
    }

    /// What its models say of their former names, and the application beside them.
    pub(super) fn hints(&self) -> Vec<Hint> {
        let models = self.manager.all_models().into_iter();
        let own = models.filter(|model| model.bind == self.bind.as_deref());
        let mut hints = generate::hints(own);
        hints.extend(self.manager.hints.iter().cloned());
        hints
    }

    pub(super) fn database(&self) -> Result<Database> {
        self.manager.open(self.config, self.bind.as_deref())
    }

    /// The scheme of its URL.
    pub(super) fn scheme(&self) -> String {
        let bound = self
            .bind
            .as_ref()
            .and_then(|bind| self.config.binds.get(bind));
        bound.unwrap_or(self.config).url.scheme().to_owned()
    }

    pub(super) fn status(&self, graph: &Graph) -> Result<Status> {
        Migrator::new(&self.database()?, graph).status()
    }

    /// What leads the database along.
    pub(super) fn migrator<'b>(
        &self,
        database: &'b Database,
        graph: &'b Graph,
        waiting: &Waiting,
    ) -> Migrator<'b> {
        let timeouts = birgus_core::backend::DdlTimeouts {
            lock: waiting.ddl_lock_timeout,
            statement: waiting.statement_timeout,
        };
        let mut migrator = Migrator::new(database, graph)
            .ddl_timeouts(timeouts)
            .unsure(match waiting.unsure {
                None => Unsure::Refuse,
                Some(super::arguments::UnsureArgument::Again) => Unsure::Again,
                Some(super::arguments::UnsureArgument::Skip) => Unsure::Skip,
            })
            .lint(if waiting.no_lint {
                LintMode::Off
            } else {
                LintMode::Rows
            })
            .watch(terminal::watcher(self.output));
        if let Some(timeout) = waiting.lock_timeout {
            migrator = migrator.lock_timeout(timeout);
        }
        for (name, function) in &self.manager.codes {
            let function = std::sync::Arc::clone(function);
            migrator = migrator.code(name.clone(), move |context| function(context));
        }
        migrator
    }
}
