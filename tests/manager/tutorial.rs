//! The way of the guide: tables from models, changed, applied, taken back.

use std::sync::Arc;

use birgus::migrate::manager::Ran;
use birgus::prelude::*;
use birgus_conformance::{Bed, known_pairs};

use crate::schema::{User, hinted, later, older_users, users, users_and_posts};
use crate::support::linked_pairs;
use crate::workshop::Workshop;

#[test]
fn tables_are_made_from_models_and_taken_back() {
    tutorial(&Workshop::new("tutorial"));
}

#[test]
fn with_only_the_url_changed_every_engine_does_the_same() {
    for pair in known_pairs(&linked_pairs())
        .unwrap()
        .into_iter()
        .map(Arc::new)
    {
        let bed = Bed::new(&pair).unwrap();
        let name = format!("tutorial-{}", pair.name());
        tutorial(&Workshop::new(&name).with_url(bed.url().expose()));
        bed.remove().unwrap();
    }
}

fn tutorial(shop: &Workshop) {
    assert!(shop.db(users(), &["init"]).starts_with("made "));
    let wrote = shop.db(users(), &["migrate", "-m", "users table", "--rev-id", "a1"]);
    assert!(wrote.starts_with("  create_table user\nwrote "), "{wrote}");
    assert!(shop.files()[0].ends_with("_a1_users_table.toml"));
    assert_eq!(
        shop.tables(),
        Vec::<String>::new(),
        "no database was touched"
    );
    assert_eq!(shop.db(users(), &["upgrade"]), "applied a1 users table\n");
    assert_eq!(shop.tables(), ["user"]);
    assert_eq!(
        shop.db(users(), &["upgrade"]),
        "nothing to do: the database is at a1\n"
    );

    let again = shop.db(users(), &["migrate", "-m", "nothing"]);
    assert_eq!(
        again,
        "no change: the revisions make the tables of the models\n"
    );
    assert_eq!(shop.files().len(), 1);

    shop.db(
        users_and_posts(),
        &["migrate", "-m", "posts table", "--rev-id", "b2"],
    );
    assert_eq!(
        shop.db(users_and_posts(), &["upgrade"]),
        "applied b2 posts table\n"
    );
    assert_eq!(shop.tables(), ["post", "user"]);
    assert_eq!(
        shop.db(users_and_posts(), &["current"]),
        "b2 (head) posts table\n"
    );
    assert_eq!(
        shop.db(users_and_posts(), &["history", "-i"]),
        "a1 -> b2 (head) (current), posts table\nbase -> a1, users table\n"
    );
    assert_eq!(
        shop.db(users(), &["downgrade"]),
        "took back b2 posts table\n"
    );
    assert_eq!(shop.tables(), ["user"]);
    assert_eq!(
        shop.db(users(), &["downgrade", "base"]),
        "took back a1 users table\n"
    );
    assert_eq!(shop.db(users(), &["current"]), "no revision is applied\n");
    // With rows in the tables, and a change of a table that is there.
    shop.db(users(), &["upgrade", "a1"]);
    std::fs::remove_file(shop.folder().join(&shop.files()[1])).unwrap();
    let database = Database::with_models(shop.config(), users()).unwrap();
    User::insert(User::build().username("susan"))
        .execute(&database)
        .unwrap();
    shop.db(
        older_users(),
        &[
            "migrate",
            "-m",
            "names",
            "--rev-id",
            "c3",
            "--rename",
            "user.username=name",
            "--backfill",
            "user.age=18",
        ],
    );
    shop.db(older_users(), &["upgrade"]);
    assert_eq!(
        shop.db(older_users(), &["check"]),
        "clean: models, revisions and database agree\n"
    );
    let older = later::User::query().one(&database).unwrap();
    assert_eq!((older.name.as_str(), older.age), ("susan", 18));
    shop.db(older_users(), &["downgrade"]);
    let user = User::query().one(&database).unwrap();
    assert_eq!(user.username, "susan");
    shop.db(users(), &["downgrade", "base"]);
    assert_eq!(shop.tables(), Vec::<String>::new());
}

#[test]
fn a_change_that_must_be_decided_names_the_flags_and_takes_them() {
    let shop = Workshop::new("decided");
    shop.db(users(), &["migrate", "-m", "users", "--rev-id", "a1"]);
    let Ran { code, messages, .. } = shop.run(older_users(), &["migrate", "-m", "names"]);
    assert_eq!(code, 1);
    assert!(messages.starts_with("error: "), "{messages}");
    assert!(
        messages.contains("--rename user.username=user.name"),
        "{messages}"
    );
    assert!(
        messages.contains("--backfill user.age='EXPRESSION'"),
        "{messages}"
    );
    assert_eq!(shop.files().len(), 1);
    let done = shop.db(
        older_users(),
        &[
            "migrate",
            "-m",
            "names",
            "--rename",
            "user.username=user.name",
            "--backfill",
            "user.age=18",
        ],
    );
    assert!(done.contains("rename_column user.username"), "{done}");
    shop.db(older_users(), &["upgrade"]);
    shop.db(older_users(), &["downgrade"]);
    shop.db(older_users(), &["upgrade", "head"]);
}

#[test]
fn a_dry_run_prints_the_file_and_writes_none() {
    let shop = Workshop::new("dry");
    let text = shop.db(users(), &["migrate", "-m", "users", "--dry-run"]);
    assert!(text.contains("operation = \"create_table\""), "{text}");
    assert!(!shop.folder().exists());
}

#[test]
fn a_script_needs_no_database() {
    let shop = Workshop::new("script");
    shop.db(users(), &["migrate", "-m", "users", "--rev-id", "a1"]);
    shop.db(
        users_and_posts(),
        &["migrate", "-m", "posts", "--rev-id", "b2"],
    );
    let all = shop.db(users(), &["upgrade", "--sql"]);
    assert!(
        all.contains("CREATE TABLE \"user\"") && all.contains("CREATE TABLE \"post\""),
        "{all}"
    );
    let same = shop.db(users(), &["sql", "base:head"]);
    assert_eq!(all.lines().count(), same.lines().count());
    let second = shop.db(users(), &["sql", "a1:head", "--engine", "sqlite"]);
    assert!(!second.contains("CREATE TABLE \"user\"") && second.contains("CREATE TABLE \"post\""));
    let back = shop.db(users(), &["downgrade", "--sql", "head:a1"]);
    assert!(
        back.contains("DROP TABLE \"post\"") && !back.contains("DROP TABLE \"user\""),
        "{back}"
    );
    assert!(shop.tables().is_empty());
    let unknown = shop.run(users(), &["sql", "--engine", "oracle"]);
    assert_eq!(unknown.code, 1);
}

#[test]
fn a_database_that_has_the_tables_is_stamped() {
    let shop = Workshop::new("stamp");
    let manager = shop.manager(users());
    let made = manager.captured(["app", "create-all"]);
    assert_eq!((made.code, made.out.as_str()), (0, "created user\n"));
    shop.db(users(), &["migrate", "-m", "users", "--rev-id", "a1"]);
    let status = shop.run(users(), &["status"]);
    assert_eq!(
        (status.code, status.out.as_str()),
        (1, "current  none\npending  a1\n")
    );
    assert_eq!(shop.db(users(), &["stamp"]), "noted a1 users\n");
    assert_eq!(shop.run(users(), &["status"]).code, 0);
    assert_eq!(
        shop.db(users(), &["current", "--check-heads"]),
        "a1 (head) users\n"
    );
    let current: serde_json::Value =
        serde_json::from_str(&shop.db(users(), &["current", "--json"])).unwrap();
    assert_eq!(current["current"][0], "a1");
    assert_eq!(current["entries"][0]["state"], "applied");
    assert_eq!(
        shop.db(users(), &["stamp", "--purge", "base"]),
        "no revision is noted as applied now\n"
    );
}

#[test]
fn tables_are_dropped_when_somebody_says_yes() {
    let shop = Workshop::new("drop");
    shop.db(users(), &["migrate", "-m", "users"]);
    shop.db(users(), &["upgrade"]);
    let manager = shop.manager(users());
    let asked = manager.captured(["app", "drop-all"]);
    assert_eq!(asked.code, 1);
    assert!(asked.messages.contains("say --yes"), "{}", asked.messages);
    assert_eq!(shop.tables(), ["user"]);
    let dropped = manager.captured(["app", "drop-all", "--yes"]);
    assert_eq!(
        dropped.out,
        "dropped user\nno revision is noted as applied now\n"
    );
    assert!(shop.db(users(), &["upgrade"]).starts_with("applied "));
}

#[test]
fn an_edited_revision_and_one_without_a_file_are_told() {
    let shop = Workshop::new("edited");
    shop.db(users(), &["migrate", "-m", "users", "--rev-id", "a1"]);
    shop.db(users(), &["upgrade"]);
    let path = shop.folder().join(&shop.files()[0]);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("varchar(64)", "varchar(65)")).unwrap();
    let current = shop.run(users(), &["current"]);
    assert!(
        current
            .messages
            .contains("a1 is edited after it was applied"),
        "{current:?}"
    );
    assert_eq!(shop.run(users(), &["upgrade"]).code, 1);
    std::fs::remove_file(path).unwrap();
    let current = shop.run(users(), &["current"]);
    assert_eq!(current.out, "a1 (no file of it is here)\n");
    let upgrade = shop.run(users(), &["upgrade", "heads"]);
    assert!(
        upgrade
            .messages
            .contains("the database is ahead of this program"),
        "{upgrade:?}"
    );
}

#[test]
fn exit_codes_tell_wrong_arguments_from_a_database_that_is_not_there() {
    let shop = Workshop::new("codes");
    assert_eq!(shop.run(users(), &["upgarde"]).code, 2);
    assert_eq!(shop.run(users(), &["--help"]).code, 0);
    let lost = shop.run(
        users(),
        &["current", "--url", "sqlite:/no/such/folder/app.db"],
    );
    assert_eq!(lost.code, 3, "{lost:?}");
    assert_eq!(shop.run(users(), &["show", "zz"]).code, 1);
    assert_eq!(shop.run(users(), &["upgrade", "--bind", "reports"]).code, 1);
}

#[test]
fn models_are_written_of_tables_that_are_there() {
    let shop = Workshop::new("inspect");
    shop.manager(users()).captured(["app", "create-all"]);
    let source = shop.db(users(), &["inspect"]);
    assert!(source.contains("pub struct User {"), "{source}");
    assert_eq!(shop.run(users(), &["inspect", "nobody"]).code, 1);
    // The migrations' own tables are no models', unless somebody asks for one by name.
    shop.db(users(), &["migrate", "-m", "users"]);
    shop.db(users(), &["stamp"]);
    assert_eq!(shop.db(users(), &["inspect"]), source);
    let journal = shop.db(users(), &["inspect", "birgus_revision"]);
    assert!(journal.contains("pub struct BirgusRevision {"), "{journal}");
}

#[test]
fn former_names_that_models_say_are_no_question() {
    let shop = Workshop::new("hinted");
    shop.db(
        vec![hinted::User::info()],
        &["migrate", "-m", "users", "--rev-id", "a1"],
    );
    let accounts = || vec![hinted::Account::info()];
    let wrote = shop.db(accounts(), &["migrate", "-m", "accounts"]);
    for title in [
        "rename_table user",
        "rename_column account.username",
        "rename_enum_value account.role",
    ] {
        assert!(wrote.contains(title), "{title}: {wrote}");
    }
    shop.db(accounts(), &["upgrade"]);
    assert_eq!(shop.run(accounts(), &["check"]).code, 0);
    let again = shop.db(accounts(), &["migrate", "-m", "accounts"]);
    assert!(again.starts_with("no change"), "{again}");
    shop.db(accounts(), &["downgrade"]);
    assert_eq!(
        shop.db(vec![hinted::User::info()], &["current"]),
        "a1 users\n"
    );
}

#[test]
fn a_check_compares_models_revisions_and_the_database() {
    let shop = Workshop::new("check");
    let missing = shop.run(users(), &["check", "--offline"]);
    assert_eq!(missing.code, 1);
    assert!(missing.out.contains("+ table user"), "{missing:?}");
    shop.db(users(), &["migrate", "-m", "users", "--rev-id", "a1"]);
    shop.db(users(), &["check", "--offline"]);
    let behind = shop.run(users(), &["check"]);
    assert!(
        behind
            .out
            .contains("does not have all revisions yet (db upgrade): a1"),
        "{behind:?}"
    );
    shop.db(users(), &["upgrade"]);
    assert_eq!(
        shop.db(users(), &["check"]),
        "clean: models, revisions and database agree\n"
    );
    let json: serde_json::Value =
        serde_json::from_str(&shop.run(users_and_posts(), &["check", "--json"]).out).unwrap();
    assert_eq!(json["models"][0]["table"], "post");
}

#[test]
fn a_lint_tells_what_may_go_wrong_and_ends_so() {
    let shop = Workshop::new("lint");
    shop.db(
        users_and_posts(),
        &["migrate", "-m", "first", "--rev-id", "a1"],
    );
    shop.db(users_and_posts(), &["upgrade"]);
    shop.db(users(), &["migrate", "-m", "no posts", "--rev-id", "b2"]);
    let found = shop.run(users(), &["lint"]);
    assert_eq!(found.code, 1);
    assert!(found.out.contains("drop_table post"), "{found:?}");
    let codes: serde_json::Value =
        serde_json::from_str(&shop.run(users(), &["lint", "a1:", "--json"]).out).unwrap();
    let mut silent = vec!["lint".to_owned()];
    for finding in codes.as_array().unwrap() {
        silent.extend([
            "--silence".to_owned(),
            finding["code"].as_str().unwrap().to_owned(),
        ]);
    }
    let silent: Vec<&str> = silent.iter().map(String::as_str).collect();
    assert_eq!(shop.db(users(), &silent), "clean: nothing was found\n");
}
