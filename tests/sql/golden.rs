//! Compares rendered SQL with the text that is kept.

use std::fmt::Write as _;

use birgus::backend::Dialect;
use birgus_mysql::MysqlDialect;
use birgus_postgres::PostgresDialect;
use birgus_sqlite::SqliteDialect;

/// A name, and what it is rendered from.
pub type Entry<'a> = (&'a str, &'a dyn Fn(&dyn Dialect) -> birgus::Result<String>);

/// Renders every entry in every dialect and compares it with `tests/sql/<subject>.txt`.
pub fn check(subject: &str, entries: &[Entry<'_>]) {
    let sqlite = SqliteDialect::new();
    let postgres = PostgresDialect::new(true);
    let dialects: [(&str, &dyn Dialect); 4] = [
        ("SQLite", &sqlite),
        ("PostgreSQL", &postgres),
        ("MySQL", &MysqlDialect::MYSQL),
        ("MariaDB", &MysqlDialect::MARIADB),
    ];
    let mut text = String::new();
    for (name, render) in entries {
        writeln!(text, "## {name}").unwrap();
        for (dialect_name, dialect) in dialects {
            match render(dialect) {
                Ok(sql) => writeln!(text, "{dialect_name}: {sql}").unwrap(),
                Err(error) => writeln!(text, "{dialect_name}: error: {error}").unwrap(),
            }
        }
        text.push('\n');
    }
    let path = format!("{}/tests/sql/{subject}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("BIRGUS_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (kept, rendered)) in kept.lines().zip(text.lines()).enumerate() {
        assert_eq!(kept, rendered, "{path}, line {}", line + 1);
    }
    assert_eq!(
        kept.lines().count(),
        text.lines().count(),
        "{path}: other entries than those that are rendered"
    );
}
