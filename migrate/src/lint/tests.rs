#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;
use crate::history::Revision;

/// Two tables: people, and what they write.
const BASE: &str = r#"
upgrade = [
    { operation = "create_table", table = { name = "person", primary_key = ["id"], columns = [
        { name = "id", type = "bigint", identity = true },
        { name = "name", type = "varchar(20)" },
        { name = "age", type = "integer", nullable = true },
    ] } },
    { operation = "create_table", table = { name = "post", primary_key = ["id"], columns = [
        { name = "id", type = "bigint", identity = true },
        { name = "body", type = "text" },
        { name = "price", type = "decimal(10, 4)", default = '"1.0":decimal(4)' },
        { name = "sent", type = "datetime", nullable = true },
        { name = "state", type = 'enum("open", "done")' },
        { name = "person_id", type = "bigint", nullable = true },
    ] } },
]
downgrade = [
    { operation = "drop_table", table = "post" },
    { operation = "drop_table", table = "person" },
]
"#;

fn revision(rest: &str) -> Revision {
    let head = "format = 1\nid = \"b1\"\nparents = [\"a0\"]\nmessage = \"\"\ncreated = \"\"\n";
    Revision::read(&format!("{head}{rest}"), "x.toml").unwrap()
}

fn base() -> State {
    let mut state = State::default();
    for operation in &revision(BASE).upgrade {
        state.apply(operation).unwrap();
    }
    state
}

fn found(rest: &str, options: &LintOptions) -> Vec<Finding> {
    lint(&base(), &revision(rest), Direction::Up, None, options).unwrap()
}

/// The codes of operations, without those of the way back.
fn codes(operations: &str) -> Vec<String> {
    let findings = found(
        &format!("upgrade = [{operations}]"),
        &LintOptions::default(),
    );
    let all = findings.iter().map(|finding| finding.code.to_string());
    all.filter(|code| !code.starts_with('R')).collect()
}

fn alter(column: &str, rest: &str) -> String {
    format!(
        r#"{{ operation = "alter_column", table = "post", column = {{ name = "{column}", {rest} }} }}"#
    )
}

fn using(column: &str, rest: &str, using: &str) -> String {
    format!(
        r#"{{ operation = "alter_column", table = "post", column = {{ name = "{column}", {rest} }}, using = '{using}' }}"#
    )
}

#[test]
fn what_is_dropped_is_lost_and_missed_by_programs_that_run() {
    assert_eq!(
        codes(r#"{ operation = "drop_table", table = "post" }"#),
        ["D101", "B401"]
    );
    assert_eq!(
        codes(r#"{ operation = "drop_column", table = "post", column = "body" }"#),
        ["D102", "B402"]
    );
}

#[test]
fn what_is_renamed_is_missed_by_programs_that_run() {
    assert_eq!(
        codes(r#"{ operation = "rename_table", table = "post", to = "note" }"#),
        ["B401"]
    );
    assert_eq!(
        codes(r#"{ operation = "rename_column", table = "post", column = "body", to = "text" }"#),
        ["B402"]
    );
    assert_eq!(
        codes(
            r#"{ operation = "rename_enum_value", table = "post", column = "state", value = "open", to = "new" }"#
        ),
        ["B407"]
    );
}

#[test]
fn texts_of_an_enum_that_go_and_come_are_told() {
    let goes = alter("state", r#"type = 'enum("open")'"#);
    assert_eq!(codes(&goes), ["D103", "V206", "B407"]);
    let comes = alter("state", r#"type = 'enum("open", "done", "late")'"#);
    assert_eq!(codes(&comes), ["B408"]);
}

#[test]
fn conversions_that_lose_something_are_told() {
    let rounded = using(
        "price",
        r#"type = "decimal(10, 2)", default = '"1.0":decimal(2)'"#,
        "round:decimal(2)(price)",
    );
    assert_eq!(codes(&rounded), ["D104", "V206", "B406"]);
    let cut = using(
        "sent",
        r#"type = "date", nullable = true"#,
        "cast:date(sent)",
    );
    assert_eq!(codes(&cut), ["D105", "B406"]);
    let replaced = using("body", r#"type = "text""#, r#""x""#);
    assert_eq!(codes(&replaced), ["D106"]);
}

#[test]
fn what_rows_may_be_in_the_way_of_is_told() {
    assert_eq!(
        codes(
            r#"{ operation = "add_column", table = "post", column = { name = "x", type = "integer" } }"#
        ),
        ["V201", "B403"]
    );
    let not_null = alter("sent", r#"type = "datetime""#);
    assert_eq!(codes(&not_null), ["V202", "B404"]);
    assert_eq!(
        codes(
            r#"{ operation = "create_index", table = "post", index = { name = "uq", columns = ["state"], unique = true } }"#
        ),
        ["V203", "B409"]
    );
    assert_eq!(
        codes(
            r#"{ operation = "add_foreign_key", table = "post", foreign_key = { name = "fk", columns = ["person_id"], references = "person", references_columns = ["id"] } }"#
        ),
        ["V204", "B409", "S601"]
    );
    assert_eq!(
        codes(
            r#"{ operation = "add_check", table = "post", check = { name = "ck", expression = 'ne(body, "")' } }"#
        ),
        ["V205", "B409"]
    );
    let narrower = alter("body", r#"type = "varchar(10)""#);
    assert_eq!(codes(&narrower), ["V206", "B406"]);
    let number = using("body", r#"type = "integer""#, "cast:integer(body)");
    assert_eq!(codes(&number), ["V207", "B406"]);
    assert_eq!(
        codes(
            r#"{ operation = "change_primary_key", table = "person", columns = ["id", "name"] }"#
        ),
        ["V208"]
    );
}

#[test]
fn nullability_and_defaults_matter_to_programs_that_run() {
    let nullable = alter("body", r#"type = "text", nullable = true"#);
    assert_eq!(codes(&nullable), ["B405"]);
    let plain = alter("price", r#"type = "decimal(10, 4)""#);
    assert_eq!(codes(&plain), ["B410"]);
}

#[test]
fn a_table_that_the_revision_makes_is_nobodys_yet() {
    let made = r#"
        { operation = "create_table", table = { name = "tag", primary_key = ["id"], columns = [
            { name = "id", type = "bigint" }, { name = "word", type = "text" },
        ] } },
        { operation = "create_index", table = "tag", index = { name = "uq", columns = ["word"], unique = true } },
        { operation = "drop_column", table = "tag", column = "id" },
        { operation = "drop_table", table = "tag" },
    "#;
    assert!(codes(made).is_empty());
}

#[test]
fn a_column_that_is_filled_before_null_is_forbidden_still_needs_a_value_of_old_programs() {
    let steps = r#"
        { operation = "add_column", table = "post", column = { name = "x", type = "integer", nullable = true } },
        { operation = "backfill", table = "post", set = { x = "1" } },
        { operation = "alter_column", table = "post", column = { name = "x", type = "integer" } },
    "#;
    assert_eq!(codes(steps), ["V202", "B403"]);
}

#[test]
fn a_downgrade_is_proved_by_going_it() {
    let way = |downgrade: &str| {
        let upgrade = r#"upgrade = [{ operation = "add_column", table = "post", column = { name = "x", type = "text", nullable = true } }]"#;
        let findings = found(
            &format!("{upgrade}\ndowngrade = [{downgrade}]"),
            &LintOptions::default(),
        );
        findings
            .iter()
            .map(|finding| format!("{} {}", finding.code, finding.message))
            .collect::<Vec<_>>()
    };
    assert_eq!(way(""), ["R501 its downgrade is empty"]);
    assert!(way(r#"{ operation = "drop_column", table = "post", column = "x" }"#).is_empty());
    assert_eq!(
        way(r#"{ operation = "rename_column", table = "post", column = "x", to = "y" }"#),
        ["R502 its downgrade does not lead back: post column y is left"]
    );
    let fails = way(r#"{ operation = "drop_column", table = "post", column = "z" }"#);
    assert!(fails[0].starts_with("R503 operation 1 of its downgrade, drop_column post.z"));
}

#[test]
fn statements_and_functions_are_looked_at() {
    assert_eq!(
        codes(r#"{ operation = "sql", statements = { sqlite = ["SELECT 1"] } }"#),
        ["S602", "S603", "S604"]
    );
    assert_eq!(
        codes(r#"{ operation = "sql", statements = { any = ["SELECT 1"] }, repeatable = true }"#),
        ["S602"]
    );
    let code = r#"upgrade = [{ operation = "code", function = "fill" }]"#;
    let is_told = |options: &LintOptions| {
        let mut all = found(code, options).into_iter();
        all.any(|finding| finding.code == Code::NoFunction)
    };
    assert!(!is_told(&LintOptions::default()));
    assert!(is_told(&LintOptions::default().functions(["other"])));
    assert!(!is_told(&LintOptions::default().functions(["fill"])));
}

#[test]
fn an_empty_revision_and_several_heads_are_told() {
    assert_eq!(codes(""), ["S607"]);
    let mut other = revision("");
    other.id = "c2".to_owned();
    let mut one = revision("");
    (one.parents, other.parents) = (Vec::new(), Vec::new());
    let graph = Graph::new(vec![one, other]).unwrap();
    let findings = lint_graph(&graph, &LintOptions::default());
    assert_eq!(
        findings[0].to_string(),
        "warning S606 b1: there are several heads: b1, c2"
    );
}

#[test]
fn a_key_with_an_index_that_comes_later_is_indexed() {
    let steps = r#"
        { operation = "add_foreign_key", table = "post", foreign_key = { name = "fk", columns = ["person_id"], references = "person", references_columns = ["id"] } },
        { operation = "create_index", table = "post", index = { name = "ix", columns = ["person_id"] } },
    "#;
    assert!(!codes(steps).contains(&"S601".to_owned()));
}

#[test]
fn findings_are_silenced_by_code_group_and_subject_in_the_file_and_by_options() {
    let drop = r#"upgrade = [{ operation = "drop_column", table = "post", column = "body" }]"#;
    let told = |silence: &str, options: &LintOptions| {
        let all = found(&format!("silence = [{silence}]\n{drop}"), options);
        let codes = all.iter().map(|finding| finding.code.to_string());
        codes.collect::<Vec<_>>()
    };
    let none = LintOptions::default();
    assert_eq!(told("", &none), ["R501", "D102", "B402"]);
    assert_eq!(told(r#""D102", "R""#, &none), ["B402"]);
    assert_eq!(
        told(r#""D102 post.body", "B402 post.sent""#, &none),
        ["R501", "B402"]
    );
    assert_eq!(
        told("", &LintOptions::default().silence("B").silence("R501")),
        ["D102"]
    );
    assert_eq!(told(r#""D999", "D", "B", "R""#, &none), ["S608"]);
}

#[test]
fn what_a_file_silences_takes_no_part_in_its_checksum() {
    let mut quiet = revision(BASE);
    let before = crate::apply::checksum(&quiet).unwrap();
    quiet.silence.push("D102".to_owned());
    assert_eq!(crate::apply::checksum(&quiet).unwrap(), before);
}

#[test]
fn a_finding_is_one_line_with_the_rest_on_demand_and_json() {
    let drop = r#"upgrade = [{ operation = "drop_column", table = "post", column = "body" }]"#;
    let finding = &found(drop, &LintOptions::default().silence("R"))[0];
    assert_eq!(
        finding.to_string(),
        "warning D102 b1: operation 1, drop_column post.body: the column post.body goes, with its values"
    );
    let long = format!("{finding:#}");
    assert_eq!(long.lines().count(), 4);
    assert!(long.contains("to silence it: silence = [\"D102\"] in the revision file"));
    let json = serde_json::to_value(finding).unwrap();
    assert_eq!(
        (&json["code"], &json["severity"]),
        (&"D102".into(), &"warning".into())
    );
    assert!(json.get("count").is_none());
}

#[test]
fn every_code_has_its_row_in_the_guide() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/lint.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let rows: Vec<&str> = guide
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    for code in Code::ALL {
        let about = code.about();
        let start = format!("| `{}` | {} | ", about.code, about.severity);
        let row = rows.iter().find(|row| row.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("no row for {code}"));
        assert!(
            row.contains(about.why) && row.contains(about.remedy),
            "{row}"
        );
    }
    assert_eq!(rows.len(), Code::ALL.len());
}
