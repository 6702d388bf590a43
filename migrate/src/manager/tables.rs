//! Commands about tables, without revisions.

use birgus_core::backend::Connection as _;
use birgus_core::{Database, Error, Result};

use super::arguments::{DatabaseArguments, Tables};
use super::output::good;
use super::site::Place;
use super::{Exit, Manager, Output, terminal};
use crate::apply::{Migrator, is_own_table};
use crate::history::{Graph, Target};
use crate::inspect::{InspectOptions, models};

pub(super) fn run(manager: &Manager, command: Tables, output: &Output) -> Result<Exit> {
    let each =
        |arguments: &DatabaseArguments, work: &dyn Fn(&Database) -> Result<Exit>| -> Result<Exit> {
            let config = manager.configured(arguments)?;
            let mut worst = Exit::Done;
            for bind in manager.selected(arguments, &config)? {
                worst = worst.max(work(&manager.open(&config, bind.as_deref())?)?);
            }
            Ok(worst)
        };
    match command {
        Tables::CreateAll { database } => each(&database, &|database| create(database, output)),
        Tables::DropAll { database, yes } => {
            each(&database, &|database| drop_all(database, yes, output))
        }
    }
}

fn names(database: &Database) -> Result<Vec<String>> {
    let mut connection = database.connection()?;
    connection.dialect().table_names(&mut connection)
}

fn create(database: &Database, output: &Output) -> Result<Exit> {
    let before = names(database)?;
    database.create_all()?;
    let tables = database.tables().iter();
    let made: Vec<&str> = tables
        .filter(|table| !before.contains(&table.name))
        .map(|table| table.name.as_str())
        .collect();
    if made.is_empty() {
        output.line("nothing to do: the tables of the models are there");
    } else {
        output.line(format_args!("{} {}", good("created"), made.join(", ")));
    }
    Ok(Exit::Done)
}

fn drop_all(database: &Database, yes: bool, output: &Output) -> Result<Exit> {
    let before = names(database)?;
    let tables = database.tables().iter();
    let there: Vec<&str> = tables
        .filter(|table| before.contains(&table.name))
        .map(|table| table.name.as_str())
        .collect();
    if there.is_empty() {
        output.line("nothing to do: none of the models' tables is there");
        return Ok(Exit::Done);
    }
    let what = format!(
        "{} in {}, with their rows",
        there.join(", "),
        database.config().url
    );
    if !yes {
        if !output.is_interactive() {
            return Err(Error::migration(format!(
                "this would drop {what}: say --yes where nobody can be asked"
            )));
        }
        if !terminal::confirm(&format!("Drop {what}?"))? {
            output.line("nothing was done");
            return Ok(Exit::Refused);
        }
    }
    database.drop_all()?;
    output.line(format_args!("{} {}", good("dropped"), there.join(", ")));
    // What the journal says is not there any more.
    if before
        .iter()
        .any(|name| name == crate::apply::JOURNAL_TABLE)
    {
        Migrator::new(database, &Graph::default()).stamp(&Target::Base, true)?;
        output.line("no revision is noted as applied now");
    }
    Ok(Exit::Done)
}

pub(super) fn inspect(site: &Place<'_>, tables: Vec<String>, relationships: bool) -> Result<Exit> {
    let database = site.database()?;
    let mut connection = database.connection()?;
    let mut found = connection.dialect().inspect(&mut connection)?;
    if tables.is_empty() {
        // Models of the journal would take it into the migrations that it is kept for.
        found.tables.retain(|table| !is_own_table(&table.name));
    }
    for name in &tables {
        if !found.tables.iter().any(|table| table.name == *name) {
            return Err(Error::configuration(format!("there is no table {name}")));
        }
    }
    let options = InspectOptions {
        tables,
        bind: site.bind.clone(),
        relationships,
    };
    site.output.raw(&models(&found, &options));
    Ok(Exit::Done)
}
