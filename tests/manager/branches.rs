//! Branches, merges, squashes and several databases.

use birgus::prelude::*;

use crate::schema::{users, users_and_posts};
use crate::workshop::Workshop;

fn grown(name: &str) -> Workshop {
    let shop = Workshop::new(name);
    shop.db(users(), &["migrate", "-m", "users", "--rev-id", "a1"]);
    shop.db(
        users_and_posts(),
        &["migrate", "-m", "posts", "--rev-id", "b2"],
    );
    shop
}

#[test]
fn branches_are_named_listed_and_merged() {
    let shop = grown("branches");
    let all = users_and_posts;
    shop.db(
        all(),
        &[
            "revision",
            "-m",
            "side",
            "--head",
            "a1",
            "--splice",
            "--rev-id",
            "c3",
            "--branch-label",
            "side",
        ],
    );
    let refused = shop.run(all(), &["revision", "-m", "next"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .messages
            .contains("there are several heads: b2 (posts), c3 (side)"),
        "{refused:?}"
    );
    assert_eq!(
        shop.db(all(), &["branches"]),
        "base -> a1 (branch point), users\n  -> a1 -> b2 (head), posts\n  -> a1 -> c3 (side) (head), side\n"
    );
    assert_eq!(shop.run(all(), &["upgrade"]).code, 1);
    assert_eq!(
        shop.db(all(), &["upgrade", "side@head"]),
        "applied a1 users\napplied c3 side\n"
    );
    shop.db(all(), &["merge", "-m", "join", "--rev-id", "d4"]);
    assert_eq!(
        shop.db(all(), &["heads"]),
        "b2, c3 -> d4 (head) (merge), join\n"
    );
    assert_eq!(
        shop.db(all(), &["upgrade"]),
        "applied b2 posts\napplied d4 join\n"
    );
    assert_eq!(
        shop.db(all(), &["downgrade", "side@base"]),
        "took back d4 join\ntook back c3 side\n"
    );
}

#[test]
fn a_squash_is_what_a_database_has_already() {
    let shop = grown("squash");
    let all = users_and_posts;
    shop.db(all(), &["upgrade"]);
    let done = shop.db(all(), &["squash", "-m", "all", "--rev-id", "s1"]);
    assert!(done.contains("of 2 revisions, planned anew"), "{done}");
    assert_eq!(shop.files().len(), 1);
    assert_eq!(shop.db(all(), &["current"]), "s1 (head) all\n");
    assert!(
        shop.db(all(), &["upgrade"])
            .starts_with("nothing to do: the database is at s1")
    );
    shop.db(all(), &["downgrade", "base"]);
    assert!(shop.tables().is_empty());
    assert_eq!(shop.db(all(), &["upgrade"]), "applied s1 all\n");
    assert_eq!(shop.tables(), ["post", "user"]);
}

#[test]
fn a_database_with_a_part_of_a_squash_is_refused() {
    let shop = grown("part");
    let all = users_and_posts;
    shop.db(all(), &["upgrade", "+1"]);
    shop.db(all(), &["squash", "-m", "all", "--rev-id", "s1"]);
    let refused = shop.run(all(), &["upgrade"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.messages.contains("of which the database lacks b2"),
        "{refused:?}"
    );
}

#[test]
fn what_follows_a_squash_keeps_its_checksum() {
    let shop = grown("after");
    let all = users_and_posts;
    shop.db(all(), &["revision", "-m", "later", "--rev-id", "c3"]);
    shop.db(all(), &["upgrade"]);
    shop.db(all(), &["squash", ":b2", "-m", "first", "--rev-id", "s1"]);
    assert_eq!(
        shop.db(all(), &["history"]),
        "s1 -> c3 (head), later\nbase -> s1, first\n"
    );
    assert_eq!(shop.run(all(), &["status"]).code, 0);
}

#[test]
fn every_database_has_a_folder_of_its_own() {
    let shop = Workshop::new("binds");
    let mut config = shop.config();
    let reports = shop.folder().with_file_name("reports.db");
    let url = format!("sqlite:{}", reports.display()).parse().unwrap();
    config.binds.insert("reports".to_owned(), Config::new(url));
    let manager = shop.manager(users()).config(config);
    let run = |arguments: &[&str]| {
        let ran = manager.captured(["app", "db"].iter().chain(arguments));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran
    };
    run(&["init", "--bind", "all"]);
    assert!(shop.folder().join("reports").is_dir());
    run(&["migrate", "-m", "users", "--rev-id", "a1"]);
    let second = run(&["migrate", "-m", "reports", "--bind", "reports"]);
    assert!(second.out.starts_with("no change"), "{second:?}");
    run(&[
        "revision", "-m", "reports", "--rev-id", "r1", "--bind", "reports",
    ]);
    let both = run(&["upgrade", "--bind", "all"]);
    assert_eq!(both.out, "applied a1 users\napplied r1 reports\n");
    assert_eq!(both.messages, "main:\nreports:\n");
}
