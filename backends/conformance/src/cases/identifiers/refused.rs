//! Names that one engine or another can't hold are refused when the models are opened, in the same words everywhere.

use birgus::Database;
use birgus::model::ModelInfo;
use birgus::prelude::*;

use crate::Bed;

crate::cases::cases![
    tables_and_columns_that_no_engine_may_get,
    names_that_are_one_to_some_engine,
    longer_names_than_an_engine_keeps,
    enums_that_an_engine_can_not_hold,
];

fn refused(bed: &Bed, models: &[&'static ModelInfo]) -> String {
    match Database::with_models(bed.config(), models.iter().copied()) {
        Err(error) if error.is_invalid_model() => error.to_string(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

macro_rules! with_table {
    ($bed:expr, $table:literal) => {{
        #[derive(Model)]
        #[model(register = false, table = $table)]
        struct Row {
            #[key]
            id: i64,
        }
        refused($bed, &[Row::info()])
    }};
}

macro_rules! with_columns {
    ($bed:expr, $one:literal, $other:literal) => {{
        #[derive(Model)]
        #[model(register = false)]
        struct Row {
            #[key]
            id: i64,
            #[column(name = $one)]
            one: i32,
            #[column(name = $other)]
            other: Option<String>,
        }
        refused($bed, &[Row::info()])
    }};
}

fn tables_and_columns_that_no_engine_may_get(bed: &Bed) {
    const WHAT: &str = "must not hold a control character or one past U+FFFF, nor end in a space";
    assert_eq!(
        with_table!(bed, "trailing "),
        format!("trailing : the name \"trailing \" {WHAT}")
    );
    assert_eq!(
        with_table!(bed, "crab 🦀"),
        format!("crab 🦀: the name \"crab 🦀\" {WHAT}")
    );
    assert!(with_table!(bed, "nul\0").ends_with(WHAT));
    assert!(with_table!(bed, "line\n").ends_with(WHAT));
    assert!(with_columns!(bed, "trailing\t", "x").ends_with(WHAT));
    assert!(with_columns!(bed, "a\0b", "x").ends_with(WHAT));
    assert!(with_columns!(bed, "x", "𝔘").ends_with(WHAT));
    assert!(with_columns!(bed, "x", "two\r\nlines").ends_with(WHAT));
    assert!(with_columns!(bed, "\u{85}", "x").ends_with(WHAT));
    assert_eq!(
        with_table!(bed, "sqlite_user"),
        "sqlite_user: the name must not start with `sqlite_`, which SQLite keeps for itself"
    );
    assert!(with_table!(bed, "PG_user").starts_with("PG_user: the name must not start with `pg_`"));
    assert!(with_table!(bed, "pragma_user").contains("`pragma_`"));
    assert!(with_table!(bed, "#mysql50#user").contains("`#mysql50#`"));
    assert!(with_table!(bed, "json_each").starts_with("json_each: SQLite has a function"));
    for problem in [
        with_columns!(bed, "ctid", "x"),
        with_columns!(bed, "x", "DB_ROW_ID"),
        with_columns!(bed, "fts_doc_id", "x"),
    ] {
        assert!(
            problem.ends_with("has a column of this name already"),
            "{problem}"
        );
    }
}

fn names_that_are_one_to_some_engine(bed: &Bed) {
    for problem in [
        with_columns!(bed, "Body", "body"),
        with_columns!(bed, "ÉTÉ", "été"),
        with_columns!(bed, "ΑΣ", "ασ"),
        with_columns!(bed, "i", "İ"),
        with_columns!(bed, "k", "\u{212a}"),
        with_columns!(bed, "ID", "x"),
    ] {
        assert!(
            problem.ends_with("two columns have this name (case does not tell them apart)"),
            "{problem}"
        );
    }
}

fn longer_names_than_an_engine_keeps(bed: &Bed) {
    let problem = with_columns!(
        bed,
        "n23456789n123456789n123456789n123456789n123456789n123456789n1234",
        "x"
    );
    assert!(problem.ends_with("has 64 bytes, at most 63"), "{problem}");
    let problem = with_table!(bed, "éééééééééééééééééééééééééééééééé");
    assert!(problem.ends_with("has 64 bytes, at most 63"), "{problem}");
    let problem = with_table!(bed, "...................................................");
    assert!(
        problem.contains("bytes as the name of a file, at most 250"),
        "{problem}"
    );
}

#[derive(birgus::DbEnum, Debug, Clone, Copy, PartialEq)]
enum WithNul {
    #[db(name = "a\0b")]
    Nul,
}

#[derive(Model)]
#[model(register = false)]
struct Holder {
    #[key]
    id: i64,
    with_nul: WithNul,
}

fn enums_that_an_engine_can_not_hold(bed: &Bed) {
    assert_eq!(
        refused(bed, &[Holder::info()]),
        "holder.with_nul: the text \"a\\0b\" of the enum has NUL (U+0000), which not every engine can hold"
    );
}
