//! Revisions that are built into the program.

use birgus::migrate::history::Graph;

use crate::schema::users;
use crate::workshop::Workshop;

static REVISIONS: &[(&str, &str)] = birgus::migrations!("tests/manager/revisions");

#[test]
fn the_files_of_a_folder_and_of_the_bound_ones_are_there() {
    let names: Vec<&str> = REVISIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "20261121T101500_a1_users.toml",
            "reports/20261121T101500_r1_reports.toml"
        ]
    );
    let ids = |bind| {
        let graph = Graph::embedded_of(REVISIONS, bind).unwrap();
        graph
            .heads()
            .iter()
            .map(|head| head.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(None), ["a1"]);
    assert_eq!(ids(Some("reports")), ["r1"]);
}

#[test]
fn a_server_without_the_folder_has_them() {
    let shop = Workshop::new("embedded");
    let manager = shop.manager(users()).migrations(REVISIONS);
    let ran = manager.captured(["app", "db", "upgrade"]);
    assert_eq!(ran.out, "applied a1 users\n", "{ran:?}");
    assert_eq!(shop.tables(), ["user"]);
    let shown = manager.captured(["app", "db", "show"]);
    assert!(shown.out.contains("built into the program"), "{shown:?}");
}
