//! What `create_table` makes comes back from `introspect`.

#![cfg(any(feature = "native", feature = "libpq"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;

use birgus_core::Value;
use birgus_core::backend::{BindType, Connection};
use birgus_core::query::{ColumnNode, Comparison, Node};
use birgus_core::schema::{
    Check, Column, ColumnType, ExpressionOf, ForeignKey, Index, ReferentialAction, Table,
    enum_check_name, foreign_key_name, index_name, unique_name,
};
use support::{Database, on_both_drivers};

on_both_drivers!(
    every_type_comes_back,
    every_key_comes_back,
    odd_names_come_back,
    checks_come_back_by_name,
    tables_made_by_hand_are_described,
    what_cannot_be_described_is_named,
    what_cannot_be_described_is_left_out_of_an_inspection,
    foreign_keys_can_be_added_and_dropped,
    texts_are_ordered_by_code_point,
);

fn create(connection: &mut dyn Connection, tables: &[Table]) {
    for table in tables {
        let mut statements = connection
            .dialect()
            .create_table(table, &table.foreign_keys)
            .unwrap();
        for index in &table.indexes {
            statements.push(connection.dialect().create_index(table, index));
        }
        for sql in statements {
            connection
                .batch(&sql)
                .unwrap_or_else(|error| panic!("{error:?}: {sql}"));
        }
    }
}

fn introspect(connection: &mut dyn Connection) -> birgus_core::Result<Vec<Table>> {
    // The dialect is the connection's own; a fresh one frees the borrow.
    birgus_core::backend::Dialect::introspect(
        &birgus_postgres::PostgresDialect::new(true),
        connection,
    )
}

/// Creates the tables and reads them back.
fn assert_comes_back(connection: &mut dyn Connection, tables: Vec<Table>) {
    create(connection, &tables);
    let mut expected: Vec<Table> = tables.into_iter().map(Table::sorted).collect();
    expected.sort_by(|left, right| left.name.cmp(&right.name));
    let found = introspect(connection).unwrap();
    assert_eq!(found, expected);
    let names = birgus_core::backend::Dialect::table_names(
        &birgus_postgres::PostgresDialect::new(true),
        connection,
    );
    let expected: Vec<String> = expected.into_iter().map(|table| table.name).collect();
    assert_eq!(names.unwrap(), expected);
}

fn keyed(name: &str) -> Table {
    Table {
        columns: vec![Column::new("id", ColumnType::BigInt).identity()],
        primary_key: vec!["id".into()],
        ..Table::new(name)
    }
}

fn index(table: &str, columns: &[&str], unique: bool) -> Index {
    let name = if unique {
        unique_name(table, columns)
    } else {
        index_name(table, columns)
    };
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    Index {
        name,
        columns,
        unique,
    }
}

fn key(table: &str, columns: &[&str], parent: &str, references: &[&str]) -> ForeignKey {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    ForeignKey {
        name: foreign_key_name(table, columns),
        columns: owned(columns),
        references_table: parent.into(),
        references_columns: owned(references),
        on_delete: ReferentialAction::NoAction,
        on_update: ReferentialAction::NoAction,
    }
}

fn every_type_comes_back(database: &Database) {
    let types = [
        ColumnType::Boolean,
        ColumnType::SmallInt,
        ColumnType::Integer,
        ColumnType::BigInt,
        ColumnType::Double,
        ColumnType::Varchar { length: 1 },
        ColumnType::Varchar { length: 16_000 },
        ColumnType::Text,
        ColumnType::Binary,
        ColumnType::Decimal {
            precision: 18,
            scale: 18,
        },
        ColumnType::Decimal {
            precision: 18,
            scale: 0,
        },
        ColumnType::Decimal {
            precision: 10,
            scale: 2,
        },
        ColumnType::Date,
        ColumnType::Time,
        ColumnType::DateTime,
        ColumnType::Timestamp,
        ColumnType::Uuid,
        ColumnType::Json,
        ColumnType::Enum {
            values: vec!["only".into()],
        },
        ColumnType::Enum {
            values: [
                "it's",
                "say \"x\"",
                "a\\b",
                "",
                "é🦀",
                "a, b",
                "')",
                "z",
                "a",
            ]
            .map(Into::into)
            .into(),
        },
    ];
    let mut table = keyed("everything");
    for (position, column_type) in types.into_iter().enumerate() {
        table.columns.push(Column::new(
            format!("required{position}"),
            column_type.clone(),
        ));
        table
            .columns
            .push(Column::new(format!("optional{position}"), column_type).nullable());
    }
    let mut connection = database.connect();
    assert_comes_back(&mut *connection, vec![table]);
}

fn every_key_comes_back(database: &Database) {
    let mut parent = Table::new("parent");
    parent.columns = vec![
        Column::new("b", ColumnType::Uuid),
        Column::new("a", ColumnType::Integer),
        Column::new("code", ColumnType::Varchar { length: 20 }),
    ];
    parent.primary_key = vec!["a".into(), "b".into()];
    parent.indexes = vec![
        index("parent", &["code"], true),
        index("parent", &["code", "a"], false),
    ];

    let mut child = keyed("child");
    for name in ["a", "a2", "self1", "self2", "self3", "self4"] {
        let column_type = if name.starts_with('s') {
            ColumnType::BigInt
        } else {
            ColumnType::Integer
        };
        child
            .columns
            .push(Column::new(name, column_type).nullable());
    }
    child
        .columns
        .push(Column::new("b", ColumnType::Uuid).nullable());
    child
        .columns
        .push(Column::new("code", ColumnType::Varchar { length: 20 }).nullable());
    child.foreign_keys = vec![
        key("child", &["b", "a"], "parent", &["b", "a"]),
        key("child", &["code"], "parent", &["code"]),
    ];
    let actions = [
        ReferentialAction::NoAction,
        ReferentialAction::Cascade,
        ReferentialAction::SetNull,
        ReferentialAction::Restrict,
    ];
    for (column, (on_delete, on_update)) in ["self1", "self2", "self3", "self4"]
        .into_iter()
        .zip(actions.into_iter().zip(actions.into_iter().rev()))
    {
        child.foreign_keys.push(ForeignKey {
            on_delete,
            on_update,
            ..key("child", &[column], "child", &["id"])
        });
    }
    child.indexes = vec![
        index("child", &["self1"], false),
        index("child", &["b", "a"], true),
    ];
    // A foreign key needs a unique index; it is made with the parent.
    let mut connection = database.connect();
    assert_comes_back(&mut *connection, vec![parent, child]);
}

fn odd_names_come_back(database: &Database) {
    let mut tables = Vec::new();
    for name in [
        "order",
        "User Name",
        "qu\"ote",
        "it's",
        "Ünï",
        "a.b",
        "select * from x; --",
    ] {
        let mut table = keyed(name);
        for column in [
            "group",
            "two words",
            "dou\"ble",
            "sin'gle",
            "naïve",
            "[1]",
            "{\"a\"}",
        ] {
            table
                .columns
                .push(Column::new(column, ColumnType::BigInt).nullable());
            table.foreign_keys.push(key(name, &[column], name, &["id"]));
            table.indexes.push(index(name, &[column, "id"], false));
        }
        let values = vec!["'".into(), "\"".into()];
        table
            .columns
            .push(Column::new("an 'enum' \"x\"", ColumnType::Enum { values }));
        tables.push(table);
    }
    let mut connection = database.connect();
    assert_comes_back(&mut *connection, tables);
}

fn checks_come_back_by_name(database: &Database) {
    let mut table = keyed("person");
    table.columns.push(Column::new("age", ColumnType::Integer));
    table
        .columns
        .push(Column::new("born", ColumnType::Timestamp).nullable());
    let column = |name: &str, bind_type| {
        Box::new(Node::Column(ColumnNode {
            table: "person".into(),
            name: name.to_owned().into(),
            bind_type,
            nullable: false,
            field: None,
        }))
    };
    let check = |name: &str, left, operator, value, bind_type| Check {
        name: name.to_owned(),
        expression: Some(Arc::new(Node::Compare {
            left,
            operator,
            right: Box::new(Node::bind(value, bind_type)),
        })),
    };
    let epoch = chrono::DateTime::UNIX_EPOCH;
    table.checks = vec![
        check(
            "ck_person_adult",
            column("age", BindType::Integer),
            Comparison::GreaterOrEqual,
            Value::Integer(18),
            BindType::Integer,
        ),
        check(
            "ck_person_born",
            column("born", BindType::Timestamp),
            Comparison::Greater,
            Value::Timestamp(epoch),
            BindType::Timestamp,
        ),
    ];
    let mut connection = database.connect();
    assert_comes_back(&mut *connection, vec![table]);
    let error = connection
        .batch("INSERT INTO person (age) VALUES (17)")
        .unwrap_err();
    assert!(error.is_check_violation());
    assert_eq!(error.constraint(), Some("ck_person_adult"));
}

fn tables_made_by_hand_are_described(database: &Database) {
    let mut connection = database.connect();
    connection
        .batch(
            "CREATE TABLE hand (
                id bigserial PRIMARY KEY,
                counter bigserial,
                code char(5) UNIQUE,
                name varchar,
                ratio real,
                document json,
                label name,
                amount numeric(30, 4),
                dropped int,
                CHECK (ratio > 0)
             );
             ALTER TABLE hand DROP COLUMN dropped;
             CREATE INDEX by_expression ON hand (lower(name));
             CREATE INDEX by_part ON hand (name) WHERE name > 'm';
             CREATE INDEX by_hash ON hand USING hash (name);
             CREATE UNIQUE INDEX with_more ON hand (name DESC) INCLUDE (ratio);
             CREATE DOMAIN positive AS numeric(8, 2) NOT NULL CHECK (VALUE > 0);
             CREATE TABLE priced (price positive, at timestamp(0));
             CREATE TABLE parted (id bigint NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);
             CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
             CREATE TABLE nothing ();
             CREATE VIEW seen AS SELECT * FROM hand",
        )
        .unwrap();
    let tables = introspect(&mut *connection).unwrap();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["hand", "nothing", "parted", "priced"]);
    let hand = &tables[0];
    let described: Vec<String> = hand
        .columns
        .iter()
        .map(|column| {
            let identity = if column.identity { " identity" } else { "" };
            let null = if column.nullable { " null" } else { "" };
            format!("{} {}{identity}{null}", column.name, column.column_type)
        })
        .collect();
    assert_eq!(
        described,
        [
            "id bigint identity",
            "counter bigint",
            "code varchar(5) null",
            "name text null",
            "ratio double null",
            "document json null",
            "label varchar(63) null",
            "amount decimal(30, 4) null",
        ]
    );
    let indexes: Vec<(&str, bool)> = hand
        .indexes
        .iter()
        .map(|index| (index.name.as_str(), index.unique))
        .collect();
    assert_eq!(indexes, [("hand_code_key", true), ("with_more", true)]);
    assert_eq!(hand.indexes[1].columns, ["name"]);
    assert_eq!(hand.checks.len(), 1);
    assert!(tables[1].columns.is_empty());
    let price = &tables[3].columns[0];
    assert_eq!(
        price.column_type,
        ColumnType::Decimal {
            precision: 8,
            scale: 2
        }
    );
    assert!(!price.nullable);
}

fn what_cannot_be_described_is_named(database: &Database) {
    let mut connection = database.connect();
    connection
        .batch("CREATE TYPE mood AS ENUM ('sad')")
        .unwrap();
    for written in [
        "interval",
        "int[]",
        "numeric",
        "mood",
        "inet",
        "timetz",
        "numeric(3,5)",
    ] {
        connection
            .batch(&format!(
                "DROP TABLE IF EXISTS odd; CREATE TABLE odd (wanted {written})"
            ))
            .unwrap();
        let error = introspect(&mut *connection).unwrap_err();
        assert!(error.is_unsupported(), "{error}");
        assert!(error.to_string().starts_with("odd.wanted: "), "{error}");
        assert_eq!(
            (error.table(), error.column()),
            (Some("odd"), Some("wanted"))
        );
    }
    connection
        .batch(
            "DROP TABLE odd; CREATE TABLE parent (id int PRIMARY KEY);
             CREATE TABLE odd (p int CONSTRAINT fk REFERENCES parent ON DELETE SET DEFAULT)",
        )
        .unwrap();
    let error = introspect(&mut *connection).unwrap_err();
    assert!(
        error.is_unsupported() && error.constraint() == Some("fk"),
        "{error}"
    );
}

fn what_cannot_be_described_is_left_out_of_an_inspection(database: &Database) {
    let mut connection = database.connect();
    connection
        .batch(
            "CREATE TABLE parent (id int PRIMARY KEY);
             CREATE TABLE odd (
                 id serial PRIMARY KEY, tags text[], score int DEFAULT 5, twice int GENERATED ALWAYS AS (score * 2) STORED,
                 p int CONSTRAINT fk REFERENCES parent ON DELETE SET DEFAULT, CONSTRAINT ck CHECK (score > 0)
             );
             CREATE INDEX by_tags ON odd (score, tags)",
        )
        .unwrap();
    let dialect = birgus_postgres::PostgresDialect::new(false);
    let found = birgus_core::backend::Dialect::inspect(&dialect, &mut *connection).unwrap();
    let odd = &found.tables[0];
    assert_eq!(odd.columns.len(), 4, "{odd:?}");
    assert!(
        odd.indexes.is_empty() && odd.foreign_keys.is_empty(),
        "{odd:?}"
    );
    let left: Vec<String> = found.left_out.iter().map(ToString::to_string).collect();
    assert!(left[0].starts_with("odd.tags: "), "{left:?}");
    assert_eq!(found.left_out[1].foreign_key.as_deref(), Some("fk"));
    let sql = |of: ExpressionOf| found.expression("odd", &of).map(str::to_owned);
    assert_eq!(
        sql(ExpressionOf::Default("score".into())).as_deref(),
        Some("5")
    );
    assert_eq!(
        sql(ExpressionOf::Computed("twice".into())).as_deref(),
        Some("(score * 2)")
    );
    assert_eq!(
        sql(ExpressionOf::Check("ck".into())).as_deref(),
        Some("CHECK ((score > 0))")
    );
}

fn foreign_keys_can_be_added_and_dropped(database: &Database) {
    let mut connection = database.connect();
    let mut table = keyed("node");
    table
        .columns
        .push(Column::new("parent_id", ColumnType::BigInt).nullable());
    create(&mut *connection, std::slice::from_ref(&table));
    let key = key("node", &["parent_id"], "node", &["id"]);
    let sql = connection.dialect().add_foreign_key("node", &key);
    connection.batch(&sql).unwrap();
    table.foreign_keys.push(key.clone());
    assert_eq!(introspect(&mut *connection).unwrap(), [table]);
    let sql = connection.dialect().drop_foreign_key("node", &key.name);
    connection.batch(&sql).unwrap();
    let sql = connection.dialect().drop_table("node");
    connection.batch(&sql).unwrap();
    assert!(introspect(&mut *connection).unwrap().is_empty());
}

fn texts_are_ordered_by_code_point(database: &Database) {
    let mut connection = database.connect();
    let mut table = keyed("word");
    table
        .columns
        .push(Column::new("text", ColumnType::Varchar { length: 9 }));
    create(&mut *connection, &[table]);
    connection
        .batch("INSERT INTO word (text) VALUES ('b'), ('🦀'), ('_'), ('é'), ('B'), ('a'), ('Z'), ('a ')")
        .unwrap();
    let ordered = support::text(
        &mut *connection,
        "SELECT string_agg(text, ',' ORDER BY text) FROM word",
    );
    assert_eq!(ordered.as_deref(), Some("B,Z,_,a,a ,b,é,🦀"));
    assert_eq!(enum_check_name("word", "text"), "ck_word_text_enum");
}
