//! `cargo xtask test` and `cargo xtask servers`.

use std::env;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::Selection;
use crate::client::ClientLibrary;
use crate::pairs::{self, Pair};
use crate::plan::Plan;
use crate::servers::Machine;
use crate::table;

/// Finds the servers and runs every test of the workspace against them.
pub(crate) fn test(selection: &Selection, extra: &[String]) -> Result<ExitCode> {
    let mut machine = Machine::default();
    let plan = prepare(selection, &mut machine, "to be tested")?;
    let mut command = cargo();
    command
        .args(arguments(&plan.tested(), selection.bundled))
        .args(extra);
    environment(&mut command, &plan);
    let mut status = command.status().context("cargo test")?;
    if status.success() && extra.is_empty() {
        status = outside_driver("test")
            .status()
            .context("cargo test of the outside driver")?;
    }
    // With arguments of the caller's own, perhaps not every test ran.
    let outcome = match (status.success(), extra.is_empty()) {
        (true, true) => "passed",
        (true, false) => "passed, as selected",
        (false, _) => "run failed",
    };
    println!("\n{}", table::draw(&plan, outcome));
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("error: cargo test failed ({status})");
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    Ok(ExitCode::from(code))
}

/// Tells the tests where the servers are and which pairs to run, and nothing about an application.
pub(crate) fn environment(command: &mut Command, plan: &Plan) {
    for (variable, found) in plan.variables() {
        match found {
            Some(found) => command.env(variable, found.url.secret()),
            None => command.env_remove(variable),
        };
    }
    let names: Vec<_> = plan.tested().into_iter().map(Pair::name).collect();
    command.env(pairs::PAIRS, names.join(","));
    for variable in env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        if configures_an_application(&variable) {
            command.env_remove(variable);
        }
    }
}

/// A cargo command on the driver that lives outside the workspace; it shares the compiled dependencies.
pub(crate) fn outside_driver(verb: &str) -> Command {
    let mut command = cargo();
    command.arg(verb).args([
        "--manifest-path",
        "examples/outside-driver/Cargo.toml",
        "--target-dir",
        "target",
    ]);
    command
}

/// Finds the servers and prints them. Those that were started stop again.
pub(crate) fn servers(selection: &Selection) -> Result<ExitCode> {
    prepare(selection, &mut Machine::default(), "can be tested")?;
    Ok(ExitCode::SUCCESS)
}

/// Looks for the servers, and prints the plan.
pub(crate) fn prepare(selection: &Selection, machine: &mut Machine, outcome: &str) -> Result<Plan> {
    let variable = env::var(pairs::REQUIRE).ok();
    let required = pairs::required(selection.require.as_deref(), variable.as_deref())?;
    let has_library = |library: ClientLibrary| selection.bundled || library.is_installed();
    let plan = Plan::make(&required, selection.fresh, machine, has_library);
    println!("{}\n", table::draw(&plan, outcome));
    plan.check()?;
    Ok(plan)
}

/// Whether the variable chooses an application's database or settings: a test run must never touch that
/// database, and must not depend on those settings.
fn configures_an_application(variable: &str) -> bool {
    variable == "DATABASE_URL"
        || (variable.starts_with("BIRGUS_") && !variable.starts_with("BIRGUS_TEST_"))
}

/// The arguments of `cargo test` that build exactly the drivers of these pairs.
fn arguments(tested: &[Pair], bundled: bool) -> Vec<String> {
    let mut arguments: Vec<String> = ["test", "--workspace", "--no-fail-fast"]
        .map(String::from)
        .into();
    // The package links to the C library whatever the features are.
    if !tested
        .iter()
        .any(|pair| pair.feature() == Pair::MySql.feature())
    {
        arguments.extend(["--exclude", "birgus-mysql"].map(String::from));
    }
    arguments.extend(["--features".to_owned(), features(tested, bundled)]);
    arguments
}

/// The facade's features for these pairs, in the form `birgus/sqlite,birgus/postgres`, and those that are about no engine.
pub(crate) fn features(pairs: &[Pair], bundled: bool) -> String {
    let mut features = Vec::new();
    for pair in pairs {
        let more = pair.bundled_feature().filter(|_| bundled);
        for feature in [Some(pair.feature()), more].into_iter().flatten() {
            let feature = format!("birgus/{feature}");
            if !features.contains(&feature) {
                features.push(feature);
            }
        }
    }
    features.extend(["birgus/cli", "birgus/tokio"].map(String::from));
    features.join(",")
}

/// The cargo that runs this program, called in the workspace's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_features_are_those_of_the_pairs_each_once() {
        let all = features(&Pair::ALL, false);
        assert_eq!(
            all,
            "birgus/sqlite,birgus/postgres,birgus/postgres-libpq,birgus/mysql,birgus/cli,birgus/tokio"
        );
        let bundled = features(&[Pair::Sqlite, Pair::MariaDb, Pair::MySql], true);
        assert_eq!(
            bundled,
            "birgus/sqlite,birgus/mysql,birgus/mysql-bundled,birgus/cli,birgus/tokio"
        );
    }

    #[test]
    fn the_settings_of_an_application_are_kept_from_the_tests() {
        assert!(configures_an_application("DATABASE_URL"));
        assert!(configures_an_application("BIRGUS_PROFILE"));
        assert!(!configures_an_application("BIRGUS_TEST_MYSQL_URL"));
        assert!(!configures_an_application("HOME"));
    }

    #[test]
    fn the_driver_of_mysql_is_left_out_only_when_nothing_tests_it() {
        assert!(arguments(&[Pair::Sqlite], false).contains(&"--exclude".to_owned()));
        assert!(!arguments(&Pair::ALL, false).contains(&"--exclude".to_owned()));
    }
}
