//! `cargo xtask`: the commands that check and test the workspace.

#![forbid(unsafe_code)]

mod bench;
mod client;
mod lint;
mod pairs;
mod parity;
mod plan;
mod run;
mod servers;
mod table;
mod url;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

/// Checks and tests the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find or start the database servers and run every test on every driver
    Test {
        #[command(flatten)]
        selection: Selection,
        /// Arguments for `cargo test`, for instance `-- --test session -- --nocapture`
        #[arg(last = true)]
        extra: Vec<String>,
    },
    /// Run the cases of the parity table on every driver, and print its rows; fails while a row has no case
    Parity {
        #[command(flatten)]
        selection: Selection,
    },
    /// Run the benches on every driver, and rewrite `benches/RESULTS.md`
    Bench {
        #[command(flatten)]
        selection: Selection,
        /// Only run everything once: measures nothing, and leaves the table as it is
        #[arg(long)]
        quick: bool,
    },
    /// Find or start the database servers, print them, and stop those that were started
    Servers {
        #[command(flatten)]
        selection: Selection,
    },
    /// Check the format, run clippy with every set of features, and build the documentation
    Lint,
}

/// Which pairs of driver and engine must be there, and where servers may come from.
#[derive(Args)]
struct Selection {
    /// Pairs that must be tested: sqlite, postgres, postgres+libpq, mariadb, mysql
    /// [default: $BIRGUS_TEST_REQUIRE, else all five]
    #[arg(long, value_name = "LIST")]
    require: Option<String>,
    /// Start servers of our own even when one listens on a standard port
    #[arg(long)]
    fresh: bool,
    /// Compile libpq and the MySQL client from source instead of using the system's (slow)
    #[arg(long)]
    bundled: bool,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Test { selection, extra } => run::test(&selection, &extra),
        Command::Parity { selection } => parity::parity(&selection),
        Command::Bench { selection, quick } => bench::bench(&selection, quick),
        Command::Servers { selection } => run::servers(&selection),
        Command::Lint => lint::lint(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_after_two_dashes_goes_to_cargo_test() {
        let cli = Cli::try_parse_from([
            "xtask",
            "test",
            "--require",
            "sqlite",
            "--",
            "--test",
            "a",
            "--",
            "--nocapture",
        ])
        .unwrap();
        let Command::Test { selection, extra } = cli.command else {
            panic!("not the test command");
        };
        assert_eq!(selection.require.as_deref(), Some("sqlite"));
        assert_eq!(extra, ["--test", "a", "--", "--nocapture"]);
    }
}
