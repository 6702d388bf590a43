#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use birgus_core::Value;
use birgus_core::backend::BindType;
use birgus_core::chrono::Utc;
use birgus_core::query::Node;
use birgus_core::schema::{Check, Column, ColumnExpression, ColumnType};

use super::*;
use crate::apply::Entry;
use crate::history::Revision;
use crate::state::{Decisions, plan};

fn post() -> Table {
    let mut table = Table::new("post");
    table.columns = vec![
        Column::new("id", ColumnType::BigInt).identity(),
        Column::new("title", ColumnType::Varchar { length: 64 }),
        Column::new("size", ColumnType::Integer),
    ];
    table.primary_key = vec!["id".into()];
    let one = Node::bind(Value::Integer(1), BindType::Integer);
    table.columns[2].default = Some(ColumnExpression::new(one));
    table
}

/// A graph that makes these tables, one revision each.
fn graph(tables: &[Table]) -> Graph {
    let mut revisions = Vec::new();
    let mut parents = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        let id = format!("a{number}");
        let mut revision = Revision::new(&id, parents, table.name.as_str(), Utc::now());
        let made = State::of(std::slice::from_ref(table)).unwrap();
        let plan = plan(&State::default(), &made, &Decisions::default()).unwrap();
        revision.upgrade = plan.operations;
        revisions.push(revision);
        parents = vec![id];
    }
    Graph::new(revisions).unwrap()
}

fn status(graph: &Graph, courses: &[(&str, Course)]) -> Status {
    let mut status = Status::default();
    for (id, course) in courses {
        let revision = graph.find(id).unwrap();
        status
            .entries
            .push(Entry::begin(revision, *course, 0).unwrap());
        if *course != Course::Applied {
            status.unfinished.push((*id).to_owned());
        }
    }
    let has = |id: &str| courses.iter().any(|(known, _)| *known == id);
    let ids = graph.revisions().iter().map(|revision| revision.id.clone());
    status.pending = ids.filter(|id| !has(id)).collect();
    status
}

fn checked(models: &[Table], graph: &Graph, live: &[Table], status: Option<&Status>) -> Drift {
    let models = State::of(models).unwrap();
    check(&models, graph, Some(live), status, &DriftOptions::default()).unwrap()
}

#[test]
fn what_agrees_is_clean() {
    let graph = graph(&[post()]);
    let status = status(&graph, &[("a0", Course::Applied)]);
    let drift = checked(&[post()], &graph, &[post()], Some(&status));
    assert!(drift.is_clean(), "{drift}");
    assert_eq!(drift.to_string(), "models, revisions and database agree");
}

#[test]
fn models_that_have_changed_are_told_as_what_a_revision_would_do() {
    let mut models = post();
    models.columns[1].column_type = ColumnType::Text;
    models.columns[1].nullable = true;
    let two = Node::bind(Value::Integer(2), BindType::Integer);
    models.columns[2].default = Some(ColumnExpression::new(two));
    models.columns.push(Column::new("body", ColumnType::Text));
    let drift = checked(&[models], &graph(&[post()]), &[post()], None);
    assert_eq!(
        drift.to_string(),
        "the models have changed since the last revision; write one (db migrate):\n  post\n    \
         ~ column title: type varchar(64) → text, not null → null\n    \
         ~ column size: default 1:integer → 2:integer\n    + column body: text, not null"
    );
    assert!(!drift.is_clean());
}

#[test]
fn a_database_that_was_changed_by_hand_is_told_as_what_was_done() {
    let mut live = post();
    live.columns[1].column_type = ColumnType::Varchar { length: 80 };
    live.columns.remove(2);
    live.columns
        .push(Column::new("extra", ColumnType::Date).nullable());
    live.checks.push(Check {
        name: "ck_post_odd".into(),
        expression: None,
    });
    let drift = checked(&[post()], &graph(&[post()]), &[live], None);
    let lines: Vec<String> = drift.database.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "~ column title: type varchar(64) → varchar(80)",
            "- column size: integer, not null, default an expression",
            "+ column extra: date, null",
            "+ check ck_post_odd: an expression",
        ]
    );
    assert!(drift.models.is_empty());
}

#[test]
fn a_table_that_is_gone_or_came_before_its_revision_is_drift() {
    let mut other = post();
    other.name = "other".into();
    let graph = graph(&[post(), other.clone()]);
    let status = status(&graph, &[("a0", Course::Applied)]);
    let drift = checked(&[post(), other.clone()], &graph, &[other], Some(&status));
    let lines: Vec<String> = drift.database.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["- table post", "+ table other"]);
    assert_eq!(drift.pending, ["a1"]);
}

#[test]
fn the_order_of_columns_and_expressions_of_a_database_do_not_count() {
    let mut live = post();
    live.columns.swap(1, 2);
    live.columns[1].default = Some(ColumnExpression::unknown());
    let drift = checked(&[post()], &graph(&[post()]), &[live], None);
    assert!(drift.is_clean(), "{drift}");
}

#[test]
fn tables_of_other_programs_are_mentioned_and_no_drift_unless_asked() {
    let live = [
        post(),
        Table::new("wp_options"),
        Table::new("birgus_revision"),
    ];
    let graph = graph(&[post()]);
    let drift = checked(&[post()], &graph, &live, None);
    assert!(drift.is_clean());
    assert_eq!(drift.unknown_tables, ["wp_options"]);
    let models = State::of(&[post()]).unwrap();
    let strict = DriftOptions::default().every_table(true);
    let drift = check(&models, &graph, Some(&live), None, &strict).unwrap();
    assert_eq!(drift.database[0].to_string(), "+ table wp_options");
    let ignoring = strict.ignore("wp_options");
    assert!(
        check(&models, &graph, Some(&live), None, &ignoring)
            .unwrap()
            .is_clean()
    );
}

#[test]
fn a_database_that_was_stopped_half_way_is_not_compared() {
    let graph = graph(&[post()]);
    let status = status(&graph, &[("a0", Course::Upgrading)]);
    let drift = checked(&[post()], &graph, &[], Some(&status));
    assert!(drift.database.is_empty());
    assert!(drift.not_compared.is_some() && !drift.is_clean());
    assert!(drift.to_string().contains("not finished"), "{drift}");
}

#[test]
fn a_script_reads_the_same_as_json() {
    let mut live = post();
    live.columns[1].nullable = true;
    let drift = checked(&[post()], &graph(&[post()]), &[live], None);
    let json = serde_json::to_value(&drift).unwrap();
    assert_eq!(
        json["database"][0],
        serde_json::json!({
            "table": "post",
            "part": "column title",
            "change": "changed",
            "detail": "not null → null",
        })
    );
}
