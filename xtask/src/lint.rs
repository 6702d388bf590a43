//! `cargo xtask lint`: everything that is checked without running a test.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::pairs::Pair;
use crate::run::{cargo, features};

/// One command of the lint, with the warnings that rustdoc treats as errors.
struct Step {
    arguments: Vec<String>,
    rustdoc_flags: Option<&'static str>,
}

/// Runs every step, also after one failed, and lists those that failed.
pub(crate) fn lint() -> Result<ExitCode> {
    let mut failed = Vec::new();
    for step in steps() {
        let line = format!("cargo {}", step.arguments.join(" "));
        eprintln!("==> {line}");
        let start = Instant::now();
        let mut command = cargo();
        command.args(&step.arguments);
        if let Some(flags) = step.rustdoc_flags {
            command.env("RUSTDOCFLAGS", flags);
        }
        let status = command.status().with_context(|| line.clone())?;
        eprintln!("    {:.1} s", start.elapsed().as_secs_f64());
        if !status.success() {
            failed.push(line);
        }
    }
    if failed.is_empty() {
        eprintln!("lint: nothing to complain about");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "error: {} of the lint's steps failed:\n  {}",
        failed.len(),
        failed.join("\n  ")
    );
    Ok(ExitCode::FAILURE)
}

fn steps() -> Vec<Step> {
    // Not --all-features: that would compile libpq and the MySQL client from source.
    let all = features(&Pair::ALL, false);
    let mut steps = vec![
        step("fmt --all --check"),
        step(&format!(
            "clippy --workspace --all-targets --features {all} -- -D warnings"
        )),
    ];
    // The library alone: with its tests, their dependencies would switch other engines on.
    let facade = "clippy -p birgus --no-default-features";
    steps.push(step(&format!("{facade} -- -D warnings")));
    let mut seen = Vec::new();
    let engines = Pair::ALL.map(Pair::feature);
    for feature in engines.into_iter().chain(["tokio"]) {
        if !seen.contains(&feature) {
            seen.push(feature);
            steps.push(step(&format!(
                "{facade} --features {feature} -- -D warnings"
            )));
        }
    }
    let outside = "--manifest-path examples/outside-driver/Cargo.toml";
    steps.push(step(&format!("fmt {outside} --check")));
    steps.push(step(&format!(
        "clippy {outside} --target-dir target --all-targets -- -D warnings"
    )));
    steps.push(Step {
        rustdoc_flags: Some("-D warnings"),
        ..step(&format!("doc --workspace --no-deps --features {all}"))
    });
    steps
}

fn step(line: &str) -> Step {
    Step {
        arguments: line.split(' ').map(String::from).collect(),
        rustdoc_flags: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_is_checked_alone_and_nothing_is_bundled() {
        let lines: Vec<String> = steps()
            .iter()
            .map(|step| step.arguments.join(" "))
            .collect();
        for feature in ["sqlite", "postgres", "postgres-libpq", "mysql", "tokio"] {
            let line = format!(
                "clippy -p birgus --no-default-features --features {feature} -- -D warnings"
            );
            assert_eq!(
                lines.iter().filter(|other| **other == line).count(),
                1,
                "{line}"
            );
        }
        assert!(
            lines.contains(&"clippy -p birgus --no-default-features -- -D warnings".to_owned())
        );
        assert!(
            lines
                .iter()
                .all(|line| !line.contains("bundled") && !line.contains("all-features"))
        );
    }
}
