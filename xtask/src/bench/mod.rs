//! `cargo xtask bench`: the benches of criterion, and the table of what they found about loading.

mod estimates;
mod results;

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::Selection;
use crate::pairs;
use crate::run;
use crate::servers::Machine;

/// The table, made of [`TEMPLATE`].
const RESULTS: &str = "benches/RESULTS.md";
/// What is said around the table.
const TEMPLATE: &str = "benches/results.template.md";

/// Finds the servers, runs the benches, and rewrites the table. `quick` runs everything once, measures nothing and leaves the
/// table as it is.
pub(crate) fn bench(selection: &Selection, quick: bool) -> Result<ExitCode> {
    let mut machine = Machine::default();
    let plan = run::prepare(selection, &mut machine, "to be measured")?;
    let tested = plan.tested();
    let home = run::root().join("target/criterion");
    if !quick {
        // What was measured before must not stand beside what is measured now.
        for folder in estimates::folders(&home)? {
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
    }
    let mut command = run::cargo();
    command
        .args([
            "bench",
            "--package",
            "birgus",
            "--package",
            "birgus-benches",
        ])
        .args(["--features", &run::features(&tested, selection.bundled)])
        .args([
            "--bench",
            "build",
            "--bench",
            "session",
            "--bench",
            "loading_strategies",
        ]);
    if quick {
        command.args(["--", "--test"]);
    }
    run::environment(&mut command, &plan);
    command.env_remove(pairs::PAIRS);
    command.env("CRITERION_HOME", &home);
    let status = command.status().context("cargo bench")?;
    if !status.success() {
        eprintln!("error: cargo bench failed ({status}); {RESULTS} is as it was");
        return Ok(ExitCode::FAILURE);
    }
    if quick {
        return Ok(ExitCode::SUCCESS);
    }
    let medians = estimates::read(&home)?;
    let template = run::root().join(TEMPLATE);
    let template = fs::read_to_string(&template).with_context(|| template.display().to_string())?;
    let text = results::fill(&template, &medians, &results::circumstances(&plan))?;
    let path = run::root().join(RESULTS);
    fs::write(&path, text).with_context(|| path.display().to_string())?;
    println!(
        "{RESULTS} is rewritten; the plots are in {}",
        home.join("report/index.html").display()
    );
    Ok(ExitCode::SUCCESS)
}
