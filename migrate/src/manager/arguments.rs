//! The arguments of the management command.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Subcommand, ValueEnum};

/// Which database, and where its revisions are.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Site {
    /// The folder of the revision files; those of a bound database are in a folder of its name below it
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Where",
        value_name = "FOLDER"
    )]
    pub(super) directory: Option<PathBuf>,
    #[command(flatten)]
    pub(super) database: DatabaseArguments,
}

/// Which database.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct DatabaseArguments {
    /// Another database than the configured one
    #[arg(long, global = true, help_heading = "Where", value_name = "URL")]
    pub(super) url: Option<String>,
    /// A bound database, by its name in the configuration; `all` for the main one and every bound one
    #[arg(long, global = true, help_heading = "Where", value_name = "NAME", action = ArgAction::Append)]
    pub(super) bind: Vec<String>,
}

/// How long to wait.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Waiting {
    /// How long to wait for another deployer [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(super) lock_timeout: Option<Duration>,
    /// How long a statement waits for locks of others
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(super) ddl_lock_timeout: Option<Duration>,
    /// How long a statement runs
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(super) statement_timeout: Option<Duration>,
    /// What to do with a step that ran when a program was stopped, where nobody can tell whether it is done
    #[arg(long, value_name = "WHAT")]
    pub(super) unsure: Option<UnsureArgument>,
    /// Do not look first whether rows are in the way
    #[arg(long)]
    pub(super) no_lint: bool,
}

/// A step of which nobody can tell whether it is done.
#[derive(ValueEnum, Clone, Copy, Debug)]
pub(super) enum UnsureArgument {
    /// Run it again
    Again,
    /// Take it for done
    Skip,
}

/// A script instead of a database.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Offline {
    /// Print what would run, without a connection; a range A:B says from where
    #[arg(long)]
    pub(super) sql: bool,
    /// The engine to write for, as in a URL: sqlite, postgresql, mysql, mariadb [default: the configured one]
    #[arg(long, value_name = "ENGINE")]
    pub(super) engine: Option<String>,
}

/// What is looked at for what may go wrong.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Linting {
    /// Only these revisions, by their files: A:B [default: what the database does not have, with its rows]
    #[arg(value_name = "RANGE", allow_hyphen_values = true)]
    pub(super) range: Option<String>,
    /// Look at the files of all revisions, without a database
    #[arg(long)]
    pub(super) offline: bool,
    /// The engine to look for, without a database: sqlite, postgresql, mysql, mariadb
    #[arg(long, value_name = "ENGINE")]
    pub(super) engine: Option<String>,
    /// Look at the way back
    #[arg(long)]
    pub(super) down: bool,
    /// Leave out a code (D102), a group (L), or a code and what it is about ("D102 post.body")
    #[arg(long, value_name = "WHAT", action = ArgAction::Append)]
    pub(super) silence: Vec<String>,
    /// For a script to read
    #[arg(long)]
    pub(super) json: bool,
}

/// Where a new revision stands.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Placing {
    /// What it does, in a few words
    #[arg(
        short,
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(super) message: String,
    /// The revision that it follows: an id or the beginning of it, LABEL@head, base [default: the only head]
    #[arg(long, value_name = "REVISION")]
    pub(super) head: Option<String>,
    /// Let it follow a revision that others follow: a branch begins
    #[arg(long)]
    pub(super) splice: bool,
    #[command(flatten)]
    pub(super) naming: Naming,
    /// A revision of another branch that must be there before it
    #[arg(long, value_name = "REVISION", action = ArgAction::Append)]
    pub(super) depends_on: Vec<String>,
}

/// What a new revision is called.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Naming {
    /// The name of the branch that begins with it
    #[arg(long, value_name = "LABEL")]
    pub(super) branch_label: Option<String>,
    /// Its id [default: 12 random digits]
    #[arg(long, value_name = "ID")]
    pub(super) rev_id: Option<String>,
}

/// Answers to what a difference does not tell.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Answering {
    /// A table, a column or a text of an enum has another name: user=account, user.name=user.full_name, user.role.admin=user.role.root
    #[arg(long, help_heading = "Answers", value_name = "OLD=NEW", value_parser = pair, action = ArgAction::Append)]
    pub(super) rename: Vec<(String, String)>,
    /// A table, a column or a text of an enum is gone and not renamed: user, user.name, user.role.admin
    #[arg(long, help_heading = "Answers", value_name = "NAME", action = ArgAction::Append)]
    pub(super) drop: Vec<String>,
    /// What rows get that are there already: post.body='""', line.total='mul:bigint(price, quantity)'
    #[arg(long, help_heading = "Answers", value_name = "COLUMN=EXPRESSION", value_parser = pair, action = ArgAction::Append)]
    pub(super) backfill: Vec<(String, String)>,
    /// The values of a column in its new type, over the columns as they were
    #[arg(long, help_heading = "Answers", value_name = "COLUMN=EXPRESSION", value_parser = pair, action = ArgAction::Append)]
    pub(super) using: Vec<(String, String)>,
    /// Ask nothing, also on a terminal
    #[arg(long, help_heading = "Answers")]
    pub(super) no_input: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((left, right)) if !left.trim().is_empty() && !right.trim().is_empty() => {
            Ok((left.trim().to_owned(), right.trim().to_owned()))
        }
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// The migrations' commands.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum Db {
    /// Make the folder of the revision files
    Init,
    /// Write a revision without operations, to be filled by hand
    #[command(
        after_help = "Examples:\n  db revision -m \"Fill the slugs\"\n  db revision --head base --branch-label reports -m \"Reports\""
    )]
    Revision {
        #[command(flatten)]
        placing: Placing,
        /// Write what the models ask for, as `migrate` does
        #[arg(long)]
        autogenerate: bool,
        #[command(flatten)]
        answers: Answering,
    },
    /// Write the revision that leads to the models; no database is needed
    #[command(
        after_help = "Examples:\n  db migrate -m \"users table\"\n  db migrate -m \"full names\" --rename user.name=user.full_name\n  db migrate -m \"post bodies\" --backfill post.body='\"\"'"
    )]
    Migrate {
        #[command(flatten)]
        placing: Placing,
        #[command(flatten)]
        answers: Answering,
        /// Print the file instead of writing it
        #[arg(long)]
        dry_run: bool,
    },
    /// Open a revision file in $VISUAL or $EDITOR
    Edit {
        /// The revision
        #[arg(default_value = "head")]
        revision: String,
    },
    /// Write a revision that joins branches
    #[command(
        after_help = "Examples:\n  db merge -m \"Join the branches\"\n  db merge 3f2a 91c0 -m \"Join two of three\""
    )]
    Merge {
        /// The revisions to join [default: all heads]
        revisions: Vec<String>,
        /// What it does, in a few words
        #[arg(short, long, value_name = "TEXT", default_value = "merge")]
        message: String,
        #[command(flatten)]
        naming: Naming,
    },
    /// Make one revision of a line of them
    #[command(
        after_help = "Databases that have all of them have the new one then; bring each up to the last of them first.\n\nExamples:\n  db squash -m \"Version 1\"\n  db squash base:3f2a -m \"Until the shop opened\""
    )]
    Squash {
        /// From which revision to which, both among them: A:B, A:, :B [default: all]
        #[arg(value_name = "RANGE", default_value = ":")]
        range: String,
        /// What they do, in a few words
        #[arg(short, long, value_name = "TEXT", default_value = "squash")]
        message: String,
        #[command(flatten)]
        naming: Naming,
    },
    /// Apply revisions
    #[command(
        after_help = "Targets:\n  head, heads          the only end, every end\n  +2                   so many revisions on\n  3f2a                 an id, or the beginning of one\n  shop, shop@head      a label, the end of a branch\n  3f2a+1, head-1       steps from a revision\n\nExamples:\n  db upgrade\n  db upgrade +1\n  db upgrade --sql --engine postgresql 3f2a:head > upgrade.sql"
    )]
    Upgrade {
        /// How far
        #[arg(
            value_name = "TARGET",
            default_value = "head",
            allow_hyphen_values = true
        )]
        target: String,
        #[command(flatten)]
        offline: Offline,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Take revisions back
    #[command(
        after_help = "Examples:\n  db downgrade              the last one\n  db downgrade -2\n  db downgrade 3f2a         all that came after it\n  db downgrade base\n  db downgrade --sql head:base"
    )]
    Downgrade {
        /// How far: -1, a revision that stays, base, shop@base
        #[arg(
            value_name = "TARGET",
            default_value = "-1",
            allow_hyphen_values = true
        )]
        target: String,
        #[command(flatten)]
        offline: Offline,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Print what an upgrade would run, without a connection
    #[command(
        after_help = "Examples:\n  db sql\n  db sql 3f2a:head --engine mysql\n  db sql head:base --down"
    )]
    Sql {
        /// From where to where: A:B, or a target from the beginning
        #[arg(
            value_name = "RANGE",
            default_value = "heads",
            allow_hyphen_values = true
        )]
        range: String,
        /// The engine to write for, as in a URL: sqlite, postgresql, mysql, mariadb [default: the configured one]
        #[arg(long, value_name = "ENGINE")]
        engine: Option<String>,
        /// What a downgrade would run
        #[arg(long)]
        down: bool,
    },
    /// Show a revision
    Show {
        /// The revision
        #[arg(default_value = "head")]
        revision: String,
        /// For a script to read
        #[arg(long)]
        json: bool,
    },
    /// List revisions, newest first
    #[command(after_help = "Examples:\n  db history\n  db history -r 3f2a: -v\n  db history -i")]
    History {
        /// Only from one to another: A:B, A:, :B
        #[arg(short, long, value_name = "A:B")]
        rev_range: Option<String>,
        /// All that is known of each
        #[arg(short, long)]
        verbose: bool,
        /// Mark what the database has
        #[arg(short, long)]
        indicate_current: bool,
        /// For a script to read
        #[arg(long)]
        json: bool,
    },
    /// List the revisions that none follows
    Heads {
        /// All that is known of each
        #[arg(short, long)]
        verbose: bool,
        /// For a script to read
        #[arg(long)]
        json: bool,
    },
    /// List the revisions that several follow
    Branches {
        /// All that is known of each
        #[arg(short, long)]
        verbose: bool,
    },
    /// Show which revision the database has
    Current {
        /// When they were applied, and by whom
        #[arg(short, long)]
        verbose: bool,
        /// Exit with 1 when it is not every head
        #[arg(long)]
        check_heads: bool,
        /// For a script to read
        #[arg(long)]
        json: bool,
    },
    /// Tell how the database stands to the revisions; exits with 1 when something is to be done
    Status {
        /// For a script to read
        #[arg(long)]
        json: bool,
    },
    /// Note revisions as applied without running anything
    #[command(
        after_help = "Examples:\n  db stamp head             a database that has the tables already\n  db stamp --purge base     forget all that was noted"
    )]
    Stamp {
        /// Up to where
        #[arg(
            value_name = "TARGET",
            default_value = "head",
            allow_hyphen_values = true
        )]
        target: String,
        /// Strike out first what is noted, also of revisions without a file
        #[arg(long)]
        purge: bool,
        /// How long to wait for another deployer [default: 60s]
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
        lock_timeout: Option<Duration>,
    },
    /// Compare models, revisions and the tables of the database; exits with 1 when they differ
    Check {
        /// Compare only models and revisions, without a database
        #[arg(long)]
        offline: bool,
        /// Tables that nobody knows count too
        #[arg(long)]
        every_table: bool,
        /// Pass over a table of the database
        #[arg(long, value_name = "TABLE", action = ArgAction::Append)]
        ignore: Vec<String>,
        /// For a script to read
        #[arg(long)]
        json: bool,
    },
    /// Tell what may go wrong when revisions are applied; exits with 1 at warnings and errors
    #[command(
        after_help = "Examples:\n  db lint                   what the next upgrade would do, with the rows that are there\n  db lint --offline --engine postgresql\n  db lint 3f2a: --silence L"
    )]
    Lint {
        #[command(flatten)]
        linting: Linting,
    },
    /// Write models of the tables of the database, as Rust source
    #[command(
        after_help = "Examples:\n  db inspect > src/models.rs\n  db inspect customer invoice --no-relationships"
    )]
    Inspect {
        /// Only these tables
        tables: Vec<String>,
        /// Leave relationships out
        #[arg(long)]
        no_relationships: bool,
    },
}

/// Commands beside the group.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum Tables {
    /// Create the tables of the models that are missing, without revisions
    CreateAll {
        #[command(flatten)]
        database: DatabaseArguments,
    },
    /// Drop the tables of the models, with their rows; asks first
    DropAll {
        #[command(flatten)]
        database: DatabaseArguments,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}
