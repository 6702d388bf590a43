//! The guide's page about migrations, done as it is written: a program of its own, whose commands are run, on every engine.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use birgus::Database;
use birgus::migrate::apply::is_own_table;
use birgus_conformance::{Bed, known_pairs};

const PAGE: &str = include_str!("../docs/migrations.md");

/// The blocks of the page in a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let mut found = Vec::new();
    let mut rest = PAGE;
    while let Some((_, behind)) = rest.split_once(&fence) {
        let (block, after) = behind.split_once("\n```").unwrap();
        found.push(block.to_owned());
        rest = after;
    }
    found
}

/// Builds the program of the page with that `main.rs`, and keeps it under a name.
fn build(project: &Path, main: &str, name: &str) -> PathBuf {
    fs::write(project.join("src/main.rs"), main).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline"])
        .current_dir(project)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let built = target
        .join("debug")
        .join(format!("blog{}", std::env::consts::EXE_SUFFIX));
    let kept = project.join(name);
    fs::copy(built, &kept).unwrap();
    kept
}

/// Runs the commands of a block by the program that `cargo run` would run.
fn run(program: &Path, folder: &Path, url: &str, block: &str) {
    for line in block.lines() {
        let words = line
            .strip_prefix("$ cargo run -- ")
            .unwrap_or_else(|| panic!("{line}"));
        let output = Command::new(program)
            .args(shell_words(words))
            .current_dir(folder)
            .env("DATABASE_URL", url)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{line}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Words as a shell takes them apart: quotes keep spaces.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

/// The tables of the database with their columns.
fn tables(db: &Database) -> Vec<String> {
    let tables = db.introspect().unwrap().into_iter();
    tables
        .filter(|table| !is_own_table(&table.name))
        .map(|table| {
            let mut columns: Vec<&str> = table
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .collect();
            columns.sort_unstable();
            format!("{}({})", table.name, columns.join(" "))
        })
        .collect()
}

#[test]
fn the_guide_is_done_as_it_is_written_on_every_engine() {
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorial");
    let _ = fs::remove_dir_all(&project);
    fs::create_dir_all(project.join("src")).unwrap();
    let here = env!("CARGO_MANIFEST_DIR");
    let manifest = blocks("toml")[0].replace(
        "git = \"https://github.com/birgus-rs/birgus\"",
        &format!("path = {here:?}"),
    );
    fs::write(project.join("Cargo.toml"), manifest + "\n\n[workspace]\n").unwrap();
    fs::copy(
        Path::new(here).join("Cargo.lock"),
        project.join("Cargo.lock"),
    )
    .unwrap();
    let mains = blocks("rust,ignore");
    let commands = blocks("console");
    let first = build(&project, &mains[0], "first");
    let second = build(&project, &mains[1], "second");
    for pair in known_pairs(&support::linked_pairs()).unwrap() {
        // One driver of each engine will do: the program is built with that of the page.
        if pair.name().contains("libpq") {
            continue;
        }
        let bed = Bed::new(&Arc::new(pair)).unwrap();
        let name = bed.pair().name();
        let folder = project.join(name);
        fs::create_dir_all(&folder).unwrap();
        let url = bed.url().expose();
        let db = bed.open(&[]);
        run(&first, &folder, &url, &commands[0]);
        assert_eq!(tables(&db), ["user(id name)"], "{name}");
        birgus::sql("INSERT INTO \"user\" (name) VALUES ('susan')")
            .execute(&db)
            .unwrap();
        let (before, last) = commands[1].rsplit_once('\n').unwrap();
        run(&second, &folder, &url, before);
        assert_eq!(
            tables(&db),
            ["post(author_id body id)", "user(full_name id points)"],
            "{name}"
        );
        let rows: Vec<(String, i32)> = birgus::sql("SELECT full_name, points FROM \"user\"")
            .all(&db)
            .unwrap();
        assert_eq!(rows, [("susan".to_owned(), 0)], "{name}");
        run(&second, &folder, &url, last);
        assert_eq!(tables(&db), ["user(id name)"], "{name}");
        let rows: Vec<(String,)> = birgus::sql("SELECT name FROM \"user\"").all(&db).unwrap();
        assert_eq!(rows, [("susan".to_owned(),)], "{name}");
        let revisions = fs::read_dir(folder.join("migrations")).unwrap();
        let revisions = revisions.filter(|file| {
            file.as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|end| end == "toml")
        });
        assert_eq!(revisions.count(), 2, "{name}");
        drop(db);
        bed.remove().unwrap();
    }
}
