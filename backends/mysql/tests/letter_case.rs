//! Letters are mapped by the one rule, whichever they are and whatever stands around them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use birgus_core::backend::{BindType, Connection};
use birgus_core::{Value, letter_case};
use birgus_mysql::MysqlDialect;
use support::Server;

/// The texts as the server maps them, all in one statement.
fn mapped(connection: &mut dyn Connection, (before, behind): (&str, &str), text: &str) -> String {
    let sql = format!("SELECT {before}?{behind}");
    let statement = support::statement(
        connection,
        &sql,
        vec![(Value::Text(text.to_owned()), BindType::Text)],
    );
    let mut found = String::new();
    connection
        .query(&statement, &mut |row| {
            found = row.string(0)?.unwrap();
            Ok(())
        })
        .unwrap();
    found
}

fn dialect(server: Server) -> MysqlDialect {
    match server {
        Server::Mysql => MysqlDialect::MYSQL,
        Server::MariaDb => MysqlDialect::MARIADB,
    }
}

/// The letters that the server maps otherwise than the rule, among all that a text can hold.
fn differing(
    connection: &mut dyn Connection,
    sql: (&str, &str),
    rule: fn(&str) -> String,
) -> Vec<char> {
    let letters: Vec<char> = ('\u{1}'..=char::MAX).collect();
    let mut differing = Vec::new();
    for block in letters.chunks(100_000) {
        let text: String = block.iter().collect();
        let (found, expected) = (mapped(connection, sql, &text), rule(&text));
        if found == expected {
            continue;
        }
        assert_eq!(found.chars().count(), block.len());
        let pairs = found.chars().zip(expected.chars());
        differing.extend(
            pairs
                .zip(block)
                .filter(|((found, expected), _)| found != expected)
                .map(|(_, letter)| *letter),
        );
    }
    differing
}

on_both! {
    fn every_letter_is_mapped_by_the_rule(database) {
        let connection = &mut *database.connect();
        let dialect = dialect(database.server);
        for (sql, rule) in [
            (dialect.lower_case(), letter_case::lower as fn(&str) -> String),
            (dialect.upper_case(), letter_case::upper),
        ] {
            let differing = differing(connection, sql, rule);
            match database.server {
                Server::Mysql => assert!(differing.is_empty(), "{differing:?}"),
                // Unicode 14, which the newest collation has.
                Server::MariaDb => {
                    assert_eq!(differing.len(), 129);
                    assert!(differing.iter().all(|letter| letter_case::is_later(*letter)));
                }
            }
        }
    }
}

on_both! {
    fn nothing_is_cut_off_behind_a_letter_that_grows(database) {
        let connection = &mut *database.connect();
        let dialect = dialect(database.server);
        let lower = dialect.lower_case();
        assert_eq!(mapped(connection, lower, "ȺȾȺbcd"), "ⱥⱦⱥbcd");
        assert_eq!(mapped(connection, lower, "ΑΣ ΣΑΣ"), "ασ σασ");
        let upper = dialect.upper_case();
        assert_eq!(mapped(connection, upper, "ɐʇɐbcd ß "), "ⱯꞱⱯBCD ß ");
    }
}

on_both! {
    fn a_mapped_text_is_compared_to_the_letter(database) {
        let connection = &mut *database.connect();
        let (before, behind) = dialect(database.server).lower_case();
        let sql = format!(
            "SELECT {before}'É'{behind} = 'é', {before}'É'{behind} = 'É', {before}'é'{behind} = 'e', \
             {before}'a '{behind} = 'a', {before}'É'{behind} = {before}'é'{behind}"
        );
        let found = support::rows(connection, &sql, |row| {
            (0..5).map(|index| row.integer(index)).collect::<birgus_core::Result<Vec<_>>>()
        });
        assert_eq!(found.unwrap(), [[Some(1), Some(0), Some(0), Some(0), Some(1)]]);
    }
}
