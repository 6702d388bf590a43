//! The management command that an application embeds.

mod apply;
mod arguments;
mod check;
mod exit;
mod look;
mod offline;
mod output;
mod site;
mod tables;
mod terminal;
mod write;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use birgus_core::model::ModelInfo;
use birgus_core::{Config, Database, Result};
use clap::{ArgMatches, Command, FromArgMatches as _, Subcommand as _};

pub use clap;
pub use exit::Exit;
pub use output::Output;

use crate::apply::CodeContext;
use crate::generate::Hint;
use arguments::{Db, Site, Tables};

type CodeFunction = Arc<dyn Fn(&mut CodeContext<'_>) -> Result<()> + Send + Sync>;
type OwnFunction = Arc<dyn Fn(&mut CommandContext<'_>) -> Result<()> + Send + Sync>;

/// The management command of an application: migrations, tables, and the application's own commands.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use birgus_migrate::Manager;
///
/// fn main() -> ExitCode {
///     Manager::new().run()
/// }
/// ```
///
/// `cargo run -- db migrate -m "users table"` and `cargo run -- db upgrade` are all that a program needs then. One that has a
/// command line of its own takes [`Manager::commands`] into it, and hands what was found to [`Manager::execute`]:
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use birgus_migrate::Manager;
/// use clap::Command;
///
/// fn main() -> ExitCode {
///     let manager = Manager::new();
///     let cli = Command::new("shop").subcommand(Command::new("serve")).subcommands(manager.commands());
///     let matches = cli.get_matches();
///     if let Some(code) = manager.execute(&matches) {
///         return code;
///     }
///     println!("serving");
///     ExitCode::SUCCESS
/// }
/// ```
pub struct Manager {
    group: &'static str,
    folder: PathBuf,
    embedded: Option<&'static [(&'static str, &'static str)]>,
    codes: BTreeMap<String, CodeFunction>,
    own: Vec<(Command, OwnFunction)>,
    config: Option<Config>,
    models: Option<Vec<&'static ModelInfo>>,
    hints: Vec<Hint>,
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("group", &self.group)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Default for Manager {
    fn default() -> Self {
        Self {
            group: "db",
            folder: PathBuf::from("migrations"),
            embedded: None,
            codes: BTreeMap::new(),
            own: Vec::new(),
            config: None,
            models: None,
            hints: Vec::new(),
        }
    }
}

/// What a command of the application works with.
#[derive(Debug)]
pub struct CommandContext<'a> {
    /// Its arguments.
    pub arguments: &'a ArgMatches,
    /// Where it prints.
    pub output: &'a Output,
    manager: &'a Manager,
}

impl CommandContext<'_> {
    /// The configured database, with the application's models.
    ///
    /// # Errors
    ///
    /// As [`Database::with_models`].
    pub fn database(&self) -> Result<Database> {
        Database::with_models(self.manager.configuration()?, self.manager.all_models())
    }
}

/// What came of a command, for a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The exit code.
    pub code: u8,
    /// What it printed.
    pub out: String,
    /// What it told beside that: errors, warnings.
    pub messages: String,
}

impl Manager {
    /// With every model that is linked into the program, the configuration that [`Config::load`] reads, and the folder
    /// `migrations`.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of the group of the migrations' commands, `db` where nothing is said.
    #[must_use]
    pub fn group(mut self, name: &'static str) -> Self {
        self.group = name;
        self
    }

    /// The folder of the revision files.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Revisions that are built into the program, as `birgus::migrations!("migrations")` gives them. They count where the folder
    /// is not there: on a server.
    #[must_use]
    pub fn migrations(mut self, files: &'static [(&'static str, &'static str)]) -> Self {
        self.embedded = Some(files);
        self
    }

    /// Registers a function that `code` steps call by this name.
    #[must_use]
    pub fn code(
        mut self,
        name: impl Into<String>,
        function: impl Fn(&mut CodeContext<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.codes.insert(name.into(), Arc::new(function));
        self
    }

    /// A command of the application's own, beside `db`.
    ///
    /// ```
    /// use birgus_migrate::Manager;
    /// use clap::{Arg, Command};
    ///
    /// let greet = Command::new("greet").about("Say hello").arg(Arg::new("name").default_value("world"));
    /// let manager = Manager::new().command(greet, |context| {
    ///     let name: &String = context.arguments.get_one("name").unwrap();
    ///     context.output.line(format_args!("hello, {name}"));
    ///     Ok(())
    /// });
    /// assert_eq!(manager.captured(["shop", "greet", "crab"]).out, "hello, crab\n");
    /// ```
    #[must_use]
    pub fn command(
        mut self,
        command: Command,
        function: impl Fn(&mut CommandContext<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.own.push((command, Arc::new(function)));
        self
    }

    /// The configuration, instead of what [`Config::load`] reads.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// These models, instead of all that are linked into the program.
    #[must_use]
    pub fn models(mut self, models: impl IntoIterator<Item = &'static ModelInfo>) -> Self {
        self.models = Some(models.into_iter().collect());
        self
    }

    /// Former names, beside what the models say of them.
    #[must_use]
    pub fn hints(mut self, hints: impl IntoIterator<Item = Hint>) -> Self {
        self.hints.extend(hints);
        self
    }

    /// Runs what the program's arguments say, to the end: `fn main() -> ExitCode { Manager::new().run() }`.
    pub fn run(&self) -> ExitCode {
        self.run_from(std::env::args_os(), &Output::standard())
            .into()
    }

    /// Runs a command for a test, with what it prints in buffers: the first argument is the program's name. Nobody is asked.
    pub fn captured<I, T>(&self, arguments: I) -> Ran
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        let (output, out, messages) = Output::captured();
        let exit = self.run_from(arguments, &output);
        Ran {
            code: exit.code(),
            out: out.text(),
            messages: messages.text(),
        }
    }

    fn run_from<I, T>(&self, arguments: I, output: &Output) -> Exit
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        let mut cli = self.cli();
        match cli.try_get_matches_from_mut(arguments) {
            Ok(matches) => match matches.subcommand() {
                Some(("completions", own)) => {
                    completions(&mut cli, own, output);
                    Exit::Done
                }
                _ => self.dispatch(&matches, output).unwrap_or(Exit::Usage),
            },
            Err(error) => {
                let text = error.render().ansi().to_string();
                if error.use_stderr() {
                    output.message(text.trim_end());
                    Exit::Usage
                } else {
                    output.raw(&text);
                    Exit::Done
                }
            }
        }
    }

    /// The whole command line of a program that has nothing but this.
    pub fn cli(&self) -> Command {
        let shell = clap::Arg::new("shell")
            .value_parser(clap::value_parser!(clap_complete::Shell))
            .required(true)
            .help("The shell");
        let completions = Command::new("completions")
            .about("Print completions for a shell")
            .arg(shell)
            .after_help("Example:\n  shop completions bash > /etc/bash_completion.d/shop");
        Command::new("manage")
            .about("Manages the application's databases")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(self.commands())
            .subcommand(completions)
            .after_help(exit::HELP)
    }

    /// The commands, for a command line that has others too.
    pub fn commands(&self) -> Vec<Command> {
        use clap::Args as _;
        let group = Site::augment_args(Command::new(self.group));
        let group = Db::augment_subcommands(group)
            .about("Migrations: revisions of the tables, there and back")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .after_help(exit::HELP);
        let tables = Tables::augment_subcommands(Command::new("tables"));
        let mut commands = vec![group];
        commands.extend(tables.get_subcommands().cloned());
        commands.extend(self.own.iter().map(|(command, _)| command.clone()));
        commands
    }

    /// Runs the command that was found, when it is one of [`Manager::commands`].
    pub fn execute(&self, matches: &ArgMatches) -> Option<ExitCode> {
        let exit = self.dispatch(matches, &Output::standard())?;
        Some(exit.into())
    }

    fn dispatch(&self, matches: &ArgMatches, output: &Output) -> Option<Exit> {
        let (name, arguments) = matches.subcommand()?;
        let own = self
            .own
            .iter()
            .find(|(command, _)| command.get_name() == name);
        let result = if let Some((_, function)) = own {
            function(&mut CommandContext {
                arguments,
                output,
                manager: self,
            })
            .map(|()| Exit::Done)
        } else if name == self.group {
            let site = Site::from_arg_matches(arguments);
            let db = Db::from_arg_matches(arguments);
            match (site, db) {
                (Ok(site), Ok(db)) => self.db(&site, db, output),
                (Err(error), _) | (_, Err(error)) => {
                    output.message(error);
                    return Some(Exit::Usage);
                }
            }
        } else {
            tables::run(self, Tables::from_arg_matches(matches).ok()?, output)
        };
        Some(result.unwrap_or_else(|error| {
            output.error(&error);
            Exit::of(&error)
        }))
    }

    fn db(&self, site: &Site, command: Db, output: &Output) -> Result<Exit> {
        let config = self.configured(&site.database)?;
        let mut worst = Exit::Done;
        let binds = self.selected(&site.database, &config)?;
        for bind in &binds {
            if binds.len() > 1 {
                output.message(format_args!("{}:", bind.as_deref().unwrap_or("main")));
            }
            let site = site::Place::new(self, site, &config, bind.clone(), output);
            worst = worst.max(one(&site, command.clone())?);
        }
        Ok(worst)
    }

    fn all_models(&self) -> Vec<&'static ModelInfo> {
        let own = self.models.clone();
        own.unwrap_or_else(birgus_core::model::registered_models)
    }

    fn configuration(&self) -> Result<Config> {
        self.config.clone().map_or_else(Config::load, Ok)
    }
}

fn one(site: &site::Place<'_>, command: Db) -> Result<Exit> {
    match command {
        Db::Init => write::init(site),
        Db::Revision {
            placing,
            autogenerate: false,
            ..
        } => write::revision(site, &placing),
        Db::Revision {
            placing, answers, ..
        } => write::migrate(site, &placing, &answers, false),
        Db::Migrate {
            placing,
            answers,
            dry_run,
        } => write::migrate(site, &placing, &answers, dry_run),
        Db::Edit { revision } => write::edit(site, &revision),
        Db::Merge {
            revisions,
            message,
            naming,
        } => write::merge(site, &revisions, &message, &naming),
        Db::Squash {
            range,
            message,
            naming,
        } => write::squash(site, &range, &message, &naming),
        Db::Upgrade {
            target,
            offline,
            waiting,
        } => apply::upgrade(site, &target, &offline, &waiting),
        Db::Downgrade {
            target,
            offline,
            waiting,
        } => apply::downgrade(site, &target, &offline, &waiting),
        Db::Sql {
            range,
            engine,
            down,
        } => offline::print(site, &range, engine.as_deref(), down),
        Db::Show { revision, json } => look::show(site, &revision, json),
        Db::History {
            rev_range,
            verbose,
            indicate_current,
            json,
        } => look::history(site, rev_range.as_deref(), verbose, indicate_current, json),
        Db::Heads { verbose, json } => look::heads(site, verbose, json),
        Db::Branches { verbose } => look::branches(site, verbose),
        Db::Current {
            verbose,
            check_heads,
            json,
        } => look::current(site, verbose, check_heads, json),
        Db::Status { json } => look::status(site, json),
        Db::Stamp {
            target,
            purge,
            lock_timeout,
        } => apply::stamp(site, &target, purge, lock_timeout),
        Db::Check {
            offline,
            every_table,
            ignore,
            json,
        } => check::check(site, offline, every_table, &ignore, json),
        Db::Lint { linting } => check::look(site, &linting),
        Db::Inspect {
            tables,
            no_relationships,
        } => tables::inspect(site, tables, !no_relationships),
    }
}

fn completions(cli: &mut Command, arguments: &ArgMatches, output: &Output) {
    let Some(shell) = arguments.get_one::<clap_complete::Shell>("shell") else {
        return;
    };
    let name = std::env::args_os().next().map(PathBuf::from);
    let name = name.and_then(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut script = Vec::new();
    clap_complete::generate(
        *shell,
        cli,
        name.unwrap_or_else(|| "manage".to_owned()),
        &mut script,
    );
    output.raw(&String::from_utf8_lossy(&script));
}
