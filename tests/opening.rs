//! What a database says when it is opened by mistake.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(feature = "sqlite")]

use birgus::Database;

#[test]
fn the_name_of_a_python_driver_is_told_to_go() {
    let error = Database::connect("sqlite+aiosqlite:///app.db").unwrap_err();
    assert!(error.is_unknown_scheme());
    let message = error.to_string();
    assert!(message.ends_with("; write `sqlite:`"), "{message}");
    let error = Database::connect("oracle+cx://host/app").unwrap_err();
    assert!(!error.to_string().contains("write"), "{error}");
}

#[test]
fn a_bind_that_is_not_configured_is_told_how_to_be() {
    let error = Database::connect("sqlite::memory:")
        .unwrap()
        .bind("reports")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no database is bound to `reports` (bound: none); set binds.reports.url"
    );
}
