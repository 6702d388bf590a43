//! Schemas as text, and the way from one to another, of models and of random schemas.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

extern crate birgus_core as birgus;

use birgus::model::ModelInfo;
use birgus::prelude::*;
use birgus_migrate::history::Revision;
use birgus_migrate::state::{
    Action, CheckDefinition, ColumnDefinition, Decisions, ForeignKeyDefinition, IndexDefinition,
    Operation, Question, State, TableDefinition, hints, plan,
};

#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
pub enum Size {
    Small,
    #[db(name = "it's, \"large\")")]
    Large,
}

#[derive(Model)]
#[model(
    register = false,
    index(name = "ix_by_price", price, day),
    check(adult, Self::age.ge(18).and(Self::name.ne("root"))),
    check(odd, Self::name.contains("a\"b`c").or(!Self::size.in_([Size::Large])))
)]
pub struct Person {
    #[key]
    pub id: i64,
    #[column(length = 64, unique)]
    pub name: String,
    pub age: Option<i32>,
    #[column(precision = 10, scale = 2)]
    pub price: Decimal,
    pub day: NaiveDate,
    pub size: Size,
    #[column(name = "odd `name`", default_sql = 7)]
    pub odd: i16,
    #[column(default_sql = NaiveDate::from_ymd_opt(2024, 5, 6).unwrap())]
    pub since: NaiveDate,
    #[column(precision = 18, scale = 2, computed = Self::price * Self::odd.to_decimal(0))]
    pub total: Decimal,
    #[column(computed = Self::name.length() + 1)]
    pub letters: i64,
    #[column(references = Person::id, on_delete = set_null)]
    pub boss: Option<i64>,
}

fn state(models: &[&'static ModelInfo]) -> State {
    let tables: Vec<_> = models
        .iter()
        .map(|model| model.to_table().unwrap())
        .collect();
    State::of(&tables).unwrap()
}

#[test]
fn a_model_becomes_text_and_a_table_again() {
    let state = state(&[Person::info()]);
    let person = &state.tables()[0];
    let text = |name: &str| {
        &person
            .checks
            .iter()
            .find(|check| check.name.ends_with(name))
            .unwrap()
            .expression
    };
    assert_eq!(
        text("adult"),
        r#"and(ge(age, 18:integer), ne(name, "root"))"#
    );
    assert_eq!(
        text("odd"),
        r#"or(like(name, "%a\"b`c%"), not(in(size, "it's, \"large\")")))"#
    );
    let column = |name: &str| person.column(name).unwrap();
    assert_eq!(
        column("size").column_type,
        r#"enum("small", "it's, \"large\")")"#
    );
    assert_eq!(column("odd `name`").default.as_deref(), Some("7:smallint"));
    assert_eq!(
        column("since").default.as_deref(),
        Some(r#""2024-05-06":date"#)
    );
    let total = column("total").computed.as_deref().unwrap();
    assert!(
        total.contains("(price, ") && total.contains("`odd ``name```"),
        "{total}"
    );

    let table = person.to_table().unwrap();
    assert_eq!(table, Person::info().to_table().unwrap());
    assert_eq!(
        &TableDefinition::of(&table).unwrap(),
        person,
        "every expression too"
    );
}

#[test]
fn a_revision_file_holds_all_of_it() {
    let new = state(&[Person::info()]);
    let there = plan(&State::default(), &new, &Decisions::default()).unwrap();
    let back = plan(&new, &State::default(), &Decisions::default()).unwrap();
    assert!(there.questions.is_empty() && back.questions.is_empty());
    let mut revision = Revision::new("ae10", Vec::new(), "people", Utc::now());
    revision.upgrade = there.operations;
    revision.downgrade = back.operations;
    let text = revision.write().unwrap();
    assert_eq!(Revision::read(&text, "x.toml").unwrap(), revision, "{text}");
    let mut now = State::default();
    for operation in &revision.upgrade {
        now.apply(operation).unwrap();
    }
    assert_eq!(now, new);
    for operation in &revision.downgrade {
        now.apply(operation).unwrap();
    }
    assert_eq!(now, State::default());
}

#[test]
fn what_cannot_be_told_is_asked() {
    let old = state(&[Person::info()]);
    let mut changed = Person::info().to_table().unwrap();
    changed.columns[1].name = "full_name".to_owned();
    changed.checks.clear();
    changed.indexes.clear();
    changed
        .columns
        .iter_mut()
        .for_each(|column| column.computed = None);
    let new = State::of(&[changed]).unwrap();
    let asked = plan(&old, &new, &Decisions::default()).unwrap().questions;
    assert_eq!(
        asked,
        [
            Question::Column {
                table: "person".to_owned(),
                old: "name".to_owned(),
                new: vec!["full_name".to_owned()],
            },
            Question::Backfill {
                table: "person".to_owned(),
                column: "full_name".to_owned(),
            },
        ]
    );
    let mut decisions = Decisions::default();
    let key = ("person".to_owned(), "name".to_owned());
    decisions
        .renamed_columns
        .insert(key, "full_name".to_owned());
    let decided = plan(&old, &new, &decisions).unwrap();
    assert!(decided.questions.is_empty());
    let renames = |operation: &&Operation| matches!(operation, Operation::RenameColumn { .. });
    assert_eq!(decided.operations.iter().filter(renames).count(), 1);
    for operation in &decided.operations {
        // What is computed no more is stored as it was computed.
        if let Operation::DropColumn { column, .. } = operation {
            let stored = |operation: &Operation| {
                matches!(operation, Operation::AddColumn { column: added, backfill: Some(_), .. }
                    if added.name == *column)
            };
            assert!(decided.operations.iter().any(stored), "{column} is lost");
        }
    }
}

#[test]
fn a_renamed_column_is_renamed_in_expressions() {
    let mut state = state(&[Person::info()]);
    let rename = |column: &str, to: &str| Operation::RenameColumn {
        table: "person".to_owned(),
        column: column.to_owned(),
        to: to.to_owned(),
    };
    state.apply(&rename("name", "full name")).unwrap();
    state.apply(&rename("id", "number")).unwrap();
    let person = &state.tables()[0];
    assert!(
        person
            .checks
            .iter()
            .any(|check| check.expression.contains(r#"ne(`full name`, "root")"#))
    );
    assert!(
        person
            .column("letters")
            .unwrap()
            .computed
            .as_deref()
            .unwrap()
            .contains("(`full name`)")
    );
    assert_eq!(person.foreign_keys[0].references_columns, ["number"]);
    assert!(
        state.apply(&rename("age", "number")).is_err(),
        "there is one already"
    );
    assert!(state.apply(&rename("nothing", "more")).is_err());
}

/// A random schema of a few tables whose columns have few names, so that two of them have much in common.
fn random(rng: &mut fastrand::Rng) -> State {
    let mut state = State::default();
    for name in ["a", "b", "c", "d"] {
        if rng.u8(0..4) == 0 {
            continue;
        }
        let column = |name: &str, column_type: &str, nullable: bool| ColumnDefinition {
            name: name.to_owned(),
            column_type: column_type.to_owned(),
            nullable,
            identity: name == "id",
            default: None,
            computed: None,
            comment: None,
        };
        let mut table = TableDefinition {
            name: name.to_owned(),
            primary_key: vec!["id".to_owned()],
            columns: vec![column("id", "bigint", false)],
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            comment: None,
        };
        for name in ["x", "y", "z"] {
            if rng.bool() {
                let column_type = ["integer", "varchar(10)", "decimal(10, 2)"][rng.usize(0..3)];
                table.columns.push(column(name, column_type, rng.bool()));
            }
        }
        for at in 1..table.columns.len() {
            let column = table.columns[at].name.clone();
            if rng.u8(0..3) == 0 {
                table.indexes.push(IndexDefinition {
                    name: format!("ix_{name}_{column}"),
                    columns: vec![column.clone()],
                    unique: rng.bool(),
                });
            }
            if rng.u8(0..3) == 0 {
                table.checks.push(CheckDefinition {
                    name: format!("ck_{name}_{column}"),
                    expression: format!(
                        "{}({column})",
                        if rng.bool() { "is_null" } else { "is_not_null" }
                    ),
                });
            }
        }
        table.columns.push(column("parent", "bigint", true));
        state.apply(&Operation::CreateTable { table }).unwrap();
    }
    // References after the tables: circles among them.
    let names: Vec<String> = state
        .tables()
        .iter()
        .map(|table| table.name.clone())
        .collect();
    for name in &names {
        if rng.bool() {
            let foreign_key = ForeignKeyDefinition {
                name: format!("fk_{name}_parent"),
                columns: vec!["parent".to_owned()],
                references: names[rng.usize(0..names.len())].clone(),
                references_columns: vec!["id".to_owned()],
                on_delete: if rng.bool() {
                    Action::SetNull
                } else {
                    Action::NoAction
                },
                on_update: Action::NoAction,
            };
            let table = name.clone();
            state
                .apply(&Operation::AddForeignKey { table, foreign_key })
                .unwrap();
        }
    }
    state
}

/// A state without the order of its columns, which a migration does not change.
fn unordered(state: &State) -> Vec<TableDefinition> {
    let mut tables = state.tables().to_vec();
    for table in &mut tables {
        table
            .columns
            .sort_by(|left, right| left.name.cmp(&right.name));
    }
    tables
}

#[test]
fn any_schema_is_led_to_any_other_and_back() {
    let mut rng = fastrand::Rng::with_seed(20_261_121);
    for number in 0..2_000 {
        let (old, new) = (random(&mut rng), random(&mut rng));
        for (from, to) in [(&old, &new), (&new, &old)] {
            let plan = plan(from, to, &Decisions::default()).unwrap();
            let mut now = from.clone();
            for operation in &plan.operations {
                now.apply(operation).unwrap();
                // What references a table that is not there is no schema.
                for key in now.tables().iter().flat_map(|table| &table.foreign_keys) {
                    assert!(
                        now.table(&key.references).is_some(),
                        "{number}: {operation:?}"
                    );
                }
            }
            assert_eq!(unordered(&now), unordered(to), "{number}");
        }
        assert!(
            plan(&old, &old, &Decisions::default())
                .unwrap()
                .operations
                .is_empty()
        );
    }
}

/// Models as they were.
mod before {
    use birgus::prelude::*;

    #[derive(DbEnum, Clone, Copy)]
    pub(crate) enum Role {
        Boss,
        Member,
        Guest,
    }

    #[derive(Model)]
    #[model(register = false, check(seen, Self::role.ne(Role::Boss)))]
    pub(crate) struct Account {
        #[key]
        pub(crate) id: i64,
        pub(crate) name: String,
        #[column(default_sql = Role::Boss)]
        pub(crate) role: Role,
    }
}

/// What they are now.
mod now {
    use birgus::prelude::*;

    #[derive(DbEnum, Clone, Copy)]
    pub(crate) enum Role {
        #[db(was = "boss")]
        Admin,
        Member,
        Guest,
        Robot,
    }

    #[derive(Model)]
    #[model(register = false, was = "account", check(seen, Self::level.ne(Role::Admin)))]
    pub(crate) struct User {
        #[key]
        pub(crate) id: i64,
        #[column(was = "name")]
        pub(crate) full_name: String,
        #[column(was = "role", default_sql = Role::Admin)]
        pub(crate) level: Role,
    }
}

fn titles(operations: &[Operation]) -> Vec<String> {
    operations.iter().map(Operation::title).collect()
}

#[test]
fn hints_answer_what_would_be_asked() {
    let old = state(&[before::Account::info()]);
    let new = state(&[now::User::info()]);
    let mut decisions = Decisions::default();
    hints(&[now::User::info()], &old, &mut decisions).unwrap();
    let decided = plan(&old, &new, &decisions).unwrap();
    assert_eq!(decided.questions, []);
    assert_eq!(
        titles(&decided.operations),
        [
            "rename_table account",
            "rename_column user.name",
            "rename_column user.role",
            // A check over the old text would refuse the rows that have the new one.
            "drop_check user.ck_account_seen",
            "rename_enum_value user.level",
            "alter_column user.level",
            "add_check user.ck_user_seen",
        ]
    );
    let mut reached = old;
    for operation in &decided.operations {
        reached.apply(operation).unwrap();
    }
    assert_eq!(reached, new);
}

#[test]
fn a_hint_that_was_followed_says_nothing() {
    let mut decisions = Decisions::default();
    let new = state(&[now::User::info()]);
    hints(&[now::User::info()], &new, &mut decisions).unwrap();
    assert_eq!(decisions, Decisions::default());
    // Nor does one to a table that is new altogether.
    hints(&[now::User::info()], &State::default(), &mut decisions).unwrap();
    assert_eq!(decisions, Decisions::default());
    // Nor one to what is still there.
    let old = state(&[before::Account::info()]);
    let models = [now::User::info(), before::Account::info()];
    hints(&models, &old, &mut decisions).unwrap();
    assert_eq!(decisions, Decisions::default());
}

#[test]
fn decisions_come_before_hints() {
    let old = state(&[before::Account::info()]);
    let mut decisions = Decisions::default();
    decisions
        .renamed_tables
        .insert("account".to_owned(), "user".to_owned());
    decisions.dropped.insert("user.name".to_owned());
    decisions.dropped.insert("user.level.boss".to_owned());
    let wanted = Decisions {
        renamed_columns: [(("user".to_owned(), "role".to_owned()), "level".to_owned())].into(),
        ..decisions.clone()
    };
    hints(&[now::User::info()], &old, &mut decisions).unwrap();
    assert_eq!(
        decisions, wanted,
        "but what nobody decided is told by hints"
    );
}

#[test]
fn two_models_were_not_one_table() {
    #[derive(Model)]
    #[model(register = false, was = "account")]
    struct Member {
        #[key]
        id: i64,
    }
    let old = state(&[before::Account::info()]);
    let mut decisions = Decisions::default();
    let models = [now::User::info(), Member::info()];
    let error = hints(&models, &old, &mut decisions).unwrap_err();
    assert!(error.is_invalid_model(), "{error:?}");
    assert!(error.to_string().starts_with("member: "), "{error}");
}

/// A table with an enum of these texts.
fn with_enum(texts: &str) -> State {
    let mut table = Person::info().to_table().unwrap();
    table.columns.truncate(2);
    table.indexes.clear();
    table.foreign_keys.clear();
    table.checks.clear();
    let mut definition = TableDefinition::of(&table).unwrap();
    definition.columns[1].column_type = format!("enum({texts})");
    let mut state = State::default();
    let table = definition;
    state.apply(&Operation::CreateTable { table }).unwrap();
    state
}

#[test]
fn a_text_of_an_enum_that_is_gone_is_asked() {
    let (old, new) = (with_enum(r#""a", "b""#), with_enum(r#""b", "c""#));
    let asked = plan(&old, &new, &Decisions::default()).unwrap().questions;
    let text = |text: &str| text.to_owned();
    assert_eq!(
        asked,
        [Question::EnumValue {
            table: text("person"),
            column: text("name"),
            old: text("a"),
            new: vec![text("c")],
        }]
    );
    assert_eq!(
        asked[0].to_string(),
        r#"person.name: "a" is gone, and "c" is new: was it renamed, or dropped?"#
    );

    let mut decisions = Decisions::default();
    decisions.dropped.insert(text("person.name.a"));
    let decided = plan(&old, &new, &decisions).unwrap();
    assert_eq!(decided.questions, []);
    assert_eq!(titles(&decided.operations), ["alter_column person.name"]);

    // Only gone, or only new: nothing can be meant but that.
    for (old, new) in [(r#""a", "b""#, r#""a""#), (r#""a""#, r#""a", "b""#)] {
        let plan = plan(&with_enum(old), &with_enum(new), &Decisions::default()).unwrap();
        assert_eq!(plan.questions, []);
        assert_eq!(titles(&plan.operations), ["alter_column person.name"]);
    }
}

#[test]
fn a_text_of_an_enum_is_renamed_where_it_stands() {
    let renamed = |pairs: &[(&str, &str)]| Decisions {
        renamed_values: (pairs.iter())
            .map(|(old, new)| {
                let key = ("person".to_owned(), "name".to_owned(), (*old).to_owned());
                (key, (*new).to_owned())
            })
            .collect(),
        ..Decisions::default()
    };
    let led = |old: &str, new: &str, decisions: &Decisions| {
        let (mut now, new) = (with_enum(old), with_enum(new));
        let plan = plan(&now, &new, decisions).unwrap();
        assert_eq!(plan.questions, []);
        for operation in &plan.operations {
            now.apply(operation).unwrap();
        }
        assert_eq!(now, new);
        titles(&plan.operations)
    };
    let rename = "rename_enum_value person.name";
    assert_eq!(
        led(r#""a", "b""#, r#""c", "b""#, &renamed(&[("a", "c")])),
        [rename]
    );
    // Each takes the other's place, by way of a third.
    let swapped = renamed(&[("a", "b"), ("b", "a")]);
    assert_eq!(led(r#""a", "b""#, r#""b", "a""#, &swapped), [rename; 3]);
    let (old, new) = (with_enum(r#""a""#), with_enum(r#""c""#));
    let error = plan(&old, &new, &renamed(&[("x", "c")])).unwrap_err();
    assert!(error.is_configuration(), "{error:?}");
}
