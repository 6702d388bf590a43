//! Birgus, Diesel and the plain C clients do the same work, and are timed at it in turns.
//!
//! ```sh
//! taskset -c 1 cargo run --release
//! ```
#![forbid(unsafe_code)]

mod loading;
mod pinned;
mod postgres_bed;
mod report;
mod sqlite_bed;
mod timer;
mod workload;

mod peer {
    //! Who takes part: one file a project, each with its own structs and its own best form of the work.
    //! Each takes part in the workloads over one table, and in loading.
    pub(crate) mod birgus;
    pub(crate) mod birgus_loading;
    pub(crate) mod diesel;
    pub(crate) mod diesel_loading;
    pub(crate) mod limit;
    pub(crate) mod limit_loading;
    pub(crate) mod own_loading;
    pub(crate) mod postgres;
    pub(crate) mod postgres_loading;
    pub(crate) mod rusqlite;
    pub(crate) mod rusqlite_loading;
}

use anyhow::Result;
use clap::{Parser, ValueEnum};

use crate::report::Report;
use crate::sqlite_bed::Memory;
use crate::timer::{Competitor, Timer};
use crate::workload::Workload;

/// Times Birgus, Diesel and the plain C clients at the same work, in turns, and prints ratios to the C clients.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The engines to run on
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Engine::Sqlite, Engine::Postgres])]
    engines: Vec<Engine>,

    /// A PostgreSQL server where the user may create a schema, as `postgresql://user:password@host:port/database`
    #[arg(
        long,
        env = "BIRGUS_PEERS_POSTGRES_URL",
        hide_env_values = true,
        default_value = "postgresql://postgres@127.0.0.1:5432/postgres"
    )]
    postgres: String,

    /// The workloads to run; the four commonest when none is given
    #[arg(long, value_enum, value_delimiter = ',')]
    workloads: Vec<Workload>,

    /// Every workload
    #[arg(long, conflicts_with = "workloads")]
    all: bool,

    /// Instead of the workloads over one table: users with what belongs to them, loaded by SeaORM and SQLAlchemy too
    #[arg(long, conflicts_with_all = ["workloads", "all"])]
    loading: bool,

    #[command(flatten)]
    children: loading::Children,

    /// Everybody's SQLite database lives where Birgus' does: in SQLite's file system in memory, which a pool can share.
    /// Otherwise the others have a private `:memory:`, as SeaORM and SQLAlchemy always do
    #[arg(long)]
    shared_memory: bool,

    /// Only the competitors whose name contains one of these (`--only A --only B`); the limit always runs
    #[arg(long)]
    only: Vec<String>,

    /// How many turns each competitor gets; medians are taken over them
    #[arg(long, default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// How long a turn of the fastest competitor lasts, in milliseconds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    turn: u64,

    /// Three short turns each: shows that everything works, measures nothing
    #[arg(long, conflicts_with_all = ["rounds", "turn"])]
    quick: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

impl Arguments {
    fn timer(&self) -> Timer {
        if self.quick {
            Timer::new(3, 1)
        } else {
            Timer::new(self.rounds, self.turn)
        }
    }

    fn workloads(&self) -> &[Workload] {
        if self.all {
            Workload::value_variants()
        } else if self.workloads.is_empty() {
            Workload::COMMON
        } else {
            &self.workloads
        }
    }

    fn memory(&self) -> Memory {
        if self.shared_memory {
            Memory::Shared
        } else {
            Memory::Private
        }
    }

    /// Whether somebody of that name was asked for.
    fn wanted(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }

    /// The limit, which comes first, and whoever else was asked for.
    fn choose(&self, competitors: Vec<Competitor>) -> Vec<Competitor> {
        competitors
            .into_iter()
            .enumerate()
            .filter(|(position, competitor)| *position == 0 || self.wanted(competitor.name()))
            .map(|(_, competitor)| competitor)
            .collect()
    }

    fn measure(&self, report: &mut Report, competitors: Vec<Competitor>) -> Result<()> {
        let mut competitors = self.choose(competitors);
        report.begin(&competitors);
        for workload in self.workloads() {
            for competitor in &mut competitors {
                competitor.check(*workload)?;
            }
            report.add(*workload, &self.timer().run(*workload, &mut competitors)?);
        }
        report.end();
        Ok(())
    }
}

/// Users with what belongs to them.
fn load(arguments: &Arguments) -> Result<()> {
    let wanted = |name: &str| arguments.wanted(name);
    let timer = arguments.timer();
    for engine in &arguments.engines {
        match engine {
            Engine::Sqlite => {
                loading::sqlite(arguments.memory(), &arguments.children, &wanted, &timer)?;
            }
            Engine::Postgres => {
                loading::postgres(&arguments.postgres, &arguments.children, &wanted, &timer)?;
            }
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut report = Report::new(&arguments.timer(), arguments.quick);
    if arguments.loading {
        return load(&arguments);
    }
    for engine in &arguments.engines {
        match engine {
            Engine::Sqlite => {
                let memory = arguments.memory();
                report.title(&sqlite_bed::title(memory));
                arguments.measure(&mut report, sqlite_bed::competitors(memory)?)?;
            }
            Engine::Postgres => {
                let mut bed = postgres_bed::Bed::new(&arguments.postgres)?;
                report.title(&bed.title()?);
                let result = bed
                    .competitors()
                    .and_then(|competitors| arguments.measure(&mut report, competitors));
                // The tables go whatever happened; what happened first is the error to tell.
                let removed = bed.remove();
                result.and(removed)?;
            }
        }
    }
    Ok(())
}
