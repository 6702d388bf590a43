//! What criterion found, from its files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

/// How the groups of `loading_strategies` begin; the engine follows.
const GROUP: &str = "loading: ";

/// How long a strategy took.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Median {
    pub(super) engine: String,
    pub(super) strategy: String,
    /// `100 x 10`: parents, children, perhaps theirs.
    pub(super) size: String,
    pub(super) microseconds: f64,
}

/// The folders that earlier runs of `loading_strategies` left.
pub(super) fn folders(home: &Path) -> Result<Vec<PathBuf>> {
    if !home.exists() {
        return Ok(Vec::new());
    }
    Ok(entries(home)?
        .into_iter()
        .filter(|path| path.is_dir())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("loading"))
        })
        .collect())
}

/// The medians of the last run.
pub(super) fn read(home: &Path) -> Result<Vec<Median>> {
    let mut medians = Vec::new();
    for group in folders(home)? {
        for strategy in entries(&group)?.into_iter().filter(|path| path.is_dir()) {
            for size in entries(&strategy)?
                .into_iter()
                .filter(|path| path.join("new").is_dir())
            {
                let new = size.join("new");
                let median = median(
                    &json(&new.join("benchmark.json"))?,
                    &json(&new.join("estimates.json"))?,
                );
                medians.extend(median);
            }
        }
    }
    Ok(medians)
}

/// One median; nothing for a plot of several, and what is not about loading.
fn median(benchmark: &Value, estimates: &Value) -> Option<Median> {
    let text = |name: &str| benchmark.get(name)?.as_str().map(str::to_owned);
    Some(Median {
        engine: text("group_id")?.strip_prefix(GROUP)?.to_owned(),
        strategy: text("function_id")?,
        size: text("value_str")?,
        microseconds: estimates.get("median")?.get("point_estimate")?.as_f64()? / 1_000.0,
    })
}

fn json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    entries
        .map(|entry| Ok(entry.with_context(|| folder.display().to_string())?.path()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_median_is_read_from_what_criterion_writes() {
        let benchmark =
            json!({"group_id": "loading: MariaDB", "function_id": "joined", "value_str": "10 x 1"});
        let estimates =
            json!({"mean": {"point_estimate": 9.0}, "median": {"point_estimate": 1_500.0}});
        let found = median(&benchmark, &estimates).unwrap();
        assert_eq!(
            (found.engine.as_str(), found.strategy.as_str()),
            ("MariaDB", "joined")
        );
        assert_eq!((found.size.as_str(), found.microseconds), ("10 x 1", 1.5));
    }

    #[test]
    fn what_is_not_about_loading_is_left_out() {
        let benchmark =
            json!({"group_id": "10,000 rows", "function_id": "tracked", "value_str": null});
        assert_eq!(median(&benchmark, &json!({})), None);
    }
}
