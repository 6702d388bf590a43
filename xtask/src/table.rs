//! The table of what is tested against what.

use comfy_table::{Table, presets};

use crate::plan::Plan;

/// Draws the plan; `outcome` is what became of the pairs that can be tested.
pub(crate) fn draw(plan: &Plan, outcome: &str) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["pair", "engine", "found", "required", "result"]);
    for entry in &plan.entries {
        let (engine, place) = match (entry.pair.server(), plan.found(entry.pair)) {
            (None, _) => ("SQLite, built in".to_owned(), "embedded".to_owned()),
            (Some(server), Some(found)) => (
                format!("{server} {}", found.version),
                format!("{}: {}", found.origin, found.url),
            ),
            (Some(server), None) => (server.to_string(), "missing".to_owned()),
        };
        let required = if entry.required { "yes" } else { "no" };
        let result = match (entry.missing.is_empty(), entry.required) {
            (true, _) => outcome.to_owned(),
            (false, true) => "MISSING".to_owned(),
            (false, false) => "NOT TESTED".to_owned(),
        };
        table.add_row([entry.pair.name(), &engine, &place, required, &result]);
    }
    let mut text = table.to_string();
    for entry in plan
        .entries
        .iter()
        .filter(|entry| !entry.required && !entry.missing.is_empty())
    {
        text.push_str(&format!(
            "\nnot tested: {}: {}",
            entry.pair.name(),
            entry.missing.join("; ")
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::Pair;
    use crate::plan::tests::OnlyPostgres;

    #[test]
    fn the_table_shows_every_pair_and_no_password() {
        let plan = Plan::make(
            &[Pair::Sqlite, Pair::MySql],
            false,
            &mut OnlyPostgres,
            |_| true,
        );
        let text = draw(&plan, "passed");
        for expected in [
            "PostgreSQL 17.2",
            "standard port: postgresql://ann:***@127.0.0.1:5432/app",
            "MISSING",
            "NOT TESTED",
            "not tested: mariadb: no server answers",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }
}
