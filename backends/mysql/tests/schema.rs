//! What `create_table` makes is read back equal; what others made is described as well as possible.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;

use birgus_core::backend::{BindType, Connection};
use birgus_core::query::{ColumnNode, Comparison, Node};
use birgus_core::schema::{
    Check, Column, ColumnType, ExpressionOf, ForeignKey, Index, Inspected, ReferentialAction,
    Table, check_name, foreign_key_name, index_name, unique_name, validate,
};
use birgus_core::{Error, Value};
use support::{execute, texts};

/// Creates tables as the core does: parents first, then the indexes.
fn create(connection: &mut dyn Connection, tables: &[Table]) {
    for table in tables {
        let (inside, later): (Vec<_>, Vec<_>) =
            table.foreign_keys.iter().cloned().partition(|key| {
                let position = |name: &str| tables.iter().position(|table| table.name == name);
                position(&key.references_table) <= position(&table.name)
            });
        assert!(later.is_empty(), "order the tables of the test");
        let mut statements = connection.dialect().create_table(table, &inside).unwrap();
        for index in &table.indexes {
            statements.push(connection.dialect().create_index(table, index));
        }
        for sql in statements {
            connection
                .batch(&sql)
                .unwrap_or_else(|error| panic!("{sql}\n{error}"));
        }
    }
}

fn introspect(connection: &mut dyn Connection) -> Vec<Table> {
    try_introspect(connection).unwrap()
}

fn try_introspect(connection: &mut dyn Connection) -> Result<Vec<Table>, Error> {
    // The dialect is borrowed from the connection that it reads; both are static behind it.
    match connection.dialect().name() {
        "MySQL" => birgus_core::backend::Dialect::introspect(
            &birgus_mysql::MysqlDialect::MYSQL,
            connection,
        ),
        _ => birgus_core::backend::Dialect::introspect(
            &birgus_mysql::MysqlDialect::MARIADB,
            connection,
        ),
    }
}

fn inspect(connection: &mut dyn Connection) -> Inspected {
    match connection.dialect().name() {
        "MySQL" => {
            birgus_core::backend::Dialect::inspect(&birgus_mysql::MysqlDialect::MYSQL, connection)
        }
        _ => {
            birgus_core::backend::Dialect::inspect(&birgus_mysql::MysqlDialect::MARIADB, connection)
        }
    }
    .unwrap()
}

fn assert_read_back(connection: &mut dyn Connection, tables: &[Table]) {
    validate(tables).unwrap();
    create(connection, tables);
    let mut wanted: Vec<Table> = tables.iter().cloned().map(Table::sorted).collect();
    wanted.sort_by(|left, right| left.name.cmp(&right.name));
    let found = introspect(connection);
    for (wanted, found) in wanted.iter().zip(&found) {
        assert_eq!(wanted, found);
    }
    assert_eq!(wanted.len(), found.len());
    let names: Vec<String> = wanted.into_iter().map(|table| table.name).collect();
    let dialect = birgus_mysql::MysqlDialect::MYSQL;
    assert_eq!(
        birgus_core::backend::Dialect::table_names(&dialect, connection).unwrap(),
        names
    );
}

fn table(name: &str, columns: Vec<Column>) -> Table {
    let mut table = Table::new(name);
    table.columns = vec![Column::new("id", ColumnType::BigInt).identity()];
    table.columns.extend(columns);
    table.primary_key = vec!["id".into()];
    table
}

fn index(table: &str, columns: &[&str], unique: bool) -> Index {
    Index {
        name: if unique {
            unique_name(table, columns)
        } else {
            index_name(table, columns)
        },
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        unique,
    }
}

fn reference(
    table: &str,
    columns: &[&str],
    to: &str,
    to_columns: &[&str],
    on_delete: ReferentialAction,
    on_update: ReferentialAction,
) -> ForeignKey {
    ForeignKey {
        name: foreign_key_name(table, columns),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        references_table: to.into(),
        references_columns: to_columns
            .iter()
            .map(|column| (*column).to_owned())
            .collect(),
        on_delete,
        on_update,
    }
}

fn every_type() -> Vec<ColumnType> {
    vec![
        ColumnType::Boolean,
        ColumnType::SmallInt,
        ColumnType::Integer,
        ColumnType::BigInt,
        ColumnType::Double,
        ColumnType::Varchar { length: 1 },
        ColumnType::Varchar { length: 768 },
        ColumnType::Text,
        ColumnType::Binary,
        ColumnType::Decimal {
            precision: 18,
            scale: 0,
        },
        ColumnType::Decimal {
            precision: 18,
            scale: 18,
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
            values: vec!["draft".into(), "published".into()],
        },
        ColumnType::Enum {
            values: vec!["one".into()],
        },
        ColumnType::Enum {
            values: vec![String::new()],
        },
        ColumnType::Enum {
            values: [
                "it's",
                "\"dq\"",
                "back\\slash",
                "a,b",
                "(x)",
                "é😀",
                "new\nline",
                "'",
                "in ('x')",
            ]
            .map(String::from)
            .into(),
        },
    ]
}

on_both! {
    fn every_type_is_read_back(db) {
        let mut columns = Vec::new();
        for (position, column_type) in every_type().into_iter().enumerate() {
            columns.push(Column::new(format!("c{position}"), column_type.clone()));
            columns.push(Column::new(format!("n{position}"), column_type).nullable());
        }
        assert_read_back(db.connect().as_mut(), &[table("everything", columns)]);
    }
}

on_both! {
    fn names_of_every_kind_are_read_back(db) {
        let names = ["select", "with space", "back`tick", "double\"quote", "single'quote", "semi;colon", "back\\slash", "über", "表", "UPPER", "a.b", "percent%", "dollar$", "?"];
        let mut tables = Vec::new();
        for name in names {
            let role = ColumnType::Enum { values: vec!["x".into(), "y'".into()] };
            let mut made = table(name, vec![
                Column::new(name, ColumnType::Varchar { length: 10 }),
                Column::new(format!("{name} bool"), ColumnType::Boolean),
                Column::new(format!("{name} enum"), role),
            ]);
            made.indexes = vec![index(name, &[name], true)];
            tables.push(made);
        }
        // The column `UPPER` beside `id` tells that cases survive, the limit that nothing is cut.
        let long = "n".repeat(63);
        let mut made = table(&long, vec![Column::new(&long, ColumnType::Boolean)]);
        made.indexes = vec![index(&long, &[&long], false)];
        tables.push(made);
        assert_read_back(db.connect().as_mut(), &tables);
    }
}

on_both! {
    fn keys_and_actions_are_read_back(db) {
        use ReferentialAction::{Cascade, NoAction, Restrict, SetNull};
        let parent = table("parent", vec![Column::new("code", ColumnType::Uuid)]);
        let mut parent = parent;
        parent.indexes = vec![index("parent", &["code"], true)];
        let mut pair = Table::new("pair");
        pair.columns = vec![
            Column::new("b", ColumnType::Varchar { length: 20 }),
            Column::new("a", ColumnType::Integer),
        ];
        pair.primary_key = vec!["a".into(), "b".into()];
        let mut child = table("child", vec![
            Column::new("pair_a", ColumnType::Integer).nullable(),
            Column::new("pair_b", ColumnType::Varchar { length: 20 }).nullable(),
            Column::new("code", ColumnType::Uuid),
        ]);
        child.foreign_keys = vec![
            reference("child", &["pair_a", "pair_b"], "pair", &["a", "b"], SetNull, Cascade),
            reference("child", &["code"], "parent", &["code"], Cascade, Restrict),
        ];
        child.indexes = vec![index("child", &["pair_a", "pair_b"], false), index("child", &["code", "pair_a"], true)];
        for (position, on_delete) in [NoAction, Restrict, Cascade, SetNull].into_iter().enumerate() {
            for (other, on_update) in [NoAction, Restrict, Cascade, SetNull].into_iter().enumerate() {
                let name = format!("parent_{position}_{other}");
                child.columns.push(Column::new(&name, ColumnType::BigInt).nullable());
                child.foreign_keys.push(reference("child", &[&name], "parent", &["id"], on_delete, on_update));
                child.indexes.push(index("child", &[&name], false));
            }
        }
        let mut node = table("node", vec![Column::new("up", ColumnType::BigInt).nullable()]);
        node.foreign_keys = vec![reference("node", &["up"], "node", &["id"], Cascade, NoAction)];
        node.indexes = vec![index("node", &["up"], false)];
        assert_read_back(db.connect().as_mut(), &[parent, pair, child, node]);
    }
}

on_both! {
    /// Both servers refuse a check over a column that a foreign key sets.
    fn a_typed_column_may_follow_its_parent(db) {
        use ReferentialAction::{Cascade, SetNull};
        let role = ColumnType::Enum { values: ["a", "it's", "é"].map(String::from).into() };
        let mut parent = table("parent", vec![Column::new("role", role.clone()), Column::new("on", ColumnType::Boolean)]);
        parent.indexes = vec![index("parent", &["role"], true), index("parent", &["on"], true)];
        let mut child = table("child", vec![Column::new("role", role).nullable(), Column::new("on", ColumnType::Boolean)]);
        child.foreign_keys = vec![
            reference("child", &["role"], "parent", &["role"], SetNull, Cascade),
            reference("child", &["on"], "parent", &["on"], Cascade, Cascade),
        ];
        child.indexes = vec![index("child", &["role"], false), index("child", &["on"], false)];
        assert_read_back(db.connect().as_mut(), &[parent, child]);
    }
}

on_both! {
    fn a_foreign_key_can_be_added_and_dropped(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        let mut post = table("post", vec![Column::new("author", ColumnType::BigInt)]);
        post.indexes = vec![index("post", &["author"], false)];
        let user = table("user", Vec::new());
        create(connection, &[user.clone(), post.clone()]);
        let key = reference("post", &["author"], "user", &["id"], ReferentialAction::Restrict, ReferentialAction::NoAction);
        let sql = connection.dialect().add_foreign_key("post", &key);
        connection.batch(&sql).unwrap();
        let mut with_key = post.clone();
        with_key.foreign_keys = vec![key.clone()];
        assert_eq!(introspect(connection), [with_key, user.clone()]);
        let sql = connection.dialect().drop_foreign_key("post", &key.name);
        connection.batch(&sql).unwrap();
        assert_eq!(introspect(connection), [post, user]);
        let sql = connection.dialect().drop_table("post");
        connection.batch(&sql).unwrap();
        assert_eq!(introspect(connection).len(), 1);
    }
}

on_both! {
    /// Also when nobody creates an index: the server's own is then described as what it is.
    fn the_index_of_a_foreign_key_is_the_servers_until_there_is_another(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        let mut node = table("node", vec![Column::new("up", ColumnType::BigInt).nullable()]);
        node.foreign_keys = vec![reference("node", &["up"], "node", &["id"], ReferentialAction::Cascade, ReferentialAction::NoAction)];
        create(connection, &[node.clone()]);
        let names = |tables: &[Table]| tables[0].indexes.iter().map(|index| index.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&introspect(connection)), ["fk_node_up"]);
        let sql = connection.dialect().create_index(&node, &index("node", &["up"], false));
        connection.batch(&sql).unwrap();
        assert_eq!(names(&introspect(connection)), ["ix_node_up"]);
    }
}

on_both! {
    fn checks_hold_and_are_read_back_by_name(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        let mut note = table("note", vec![
            Column::new("body", ColumnType::Varchar { length: 30 }),
            Column::new("at", ColumnType::Timestamp).nullable(),
            Column::new("doc", ColumnType::Json).nullable(),
        ]);
        let column = |name: &str, bind_type| Box::new(Node::Column(ColumnNode { table: "note".into(), name: name.to_owned().into(), bind_type, nullable: false, field: None }));
        let text = |text: &str| Node::bind(Value::Text(text.into()), BindType::Text);
        let moment = chrono::DateTime::from_timestamp(0, 1_000).unwrap();
        note.checks = vec![
            Check {
                name: check_name("note", "body"),
                expression: Some(Arc::new(Node::Or(vec![
                    Node::Like { operand: column("body", BindType::Text), pattern: Box::new(text("100\\%%")), negated: false },
                    Node::In { operand: column("body", BindType::Text), list: ["it's", "back\\slash", "new\nline", "é😀", "\"q\""].map(text).into(), negated: false },
                ]))),
            },
            Check {
                name: check_name("note", "at"),
                expression: Some(Arc::new(Node::Compare {
                    left: column("at", BindType::Timestamp),
                    operator: Comparison::GreaterOrEqual,
                    right: Box::new(Node::bind(Value::Timestamp(moment), BindType::Timestamp)),
                })),
            },
        ];
        assert_read_back(connection, &[note]);
        // The server keeps a text of its own: it must still mean the same after it was read again.
        connection.batch("FLUSH TABLES").unwrap();
        let mut insert = |body: &str| execute(connection, r#"INSERT INTO "note" ("body") VALUES (?)"#, vec![(Value::Text(body.into()), BindType::Text)]);
        for body in ["100%", "100% sure", "it's", "back\\slash", "new\nline", "é😀", "\"q\""] {
            insert(body).unwrap_or_else(|error| panic!("{body}: {error}"));
        }
        for body in ["1000", "IT'S", "new\\nline", "100\\%", "its"] {
            let error = insert(body).unwrap_err();
            assert!(error.is_check_violation(), "{body}: {error}");
            assert_eq!(error.constraint(), Some("ck_note_body"));
            assert_eq!(error.table(), Some("note"));
        }
        let early = chrono::DateTime::from_timestamp(0, 0).unwrap();
        let error = execute(connection, r#"INSERT INTO "note" ("body", "at") VALUES ('100%', ?)"#, vec![(Value::Timestamp(early), BindType::Timestamp)]).unwrap_err();
        assert_eq!(error.constraint(), Some("ck_note_at"));
    }
}

on_both! {
    fn an_enum_refuses_other_texts(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        let values = vec!["draft".into(), "it's".into()];
        create(connection, &[table("post", vec![Column::new("state", ColumnType::Enum { values }), Column::new("on", ColumnType::Boolean)])]);
        for (state, on, constraint) in [
            ("Draft", 1, "ck_post_state_enum"),
            ("it's ", 1, "ck_post_state_enum"),
            ("its", 1, "ck_post_state_enum"),
            ("draft", 2, "ck_post_on_type"),
        ] {
            let binds = vec![(Value::Text(state.into()), BindType::Text), (Value::Integer(on), BindType::BigInt)];
            let error = execute(connection, r#"INSERT INTO "post" ("state", "on") VALUES (?, ?)"#, binds).unwrap_err();
            assert_eq!(error.constraint(), Some(constraint));
        }
    }
}

on_both! {
    fn tables_compare_by_code_point_whatever_the_database_does(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        create(connection, &[table("word", vec![Column::new("w", ColumnType::Varchar { length: 10 })])]);
        connection.batch(r#"INSERT INTO "word" ("w") VALUES ('b'), ('a'), ('B'), ('a '), ('é'), ('😀'), ('_'), ('～')"#).unwrap();
        assert_eq!(texts(connection, r#"SELECT "w" FROM "word" ORDER BY "w""#), ["B", "_", "a", "a ", "b", "é", "～", "😀"]);
        assert_eq!(texts(connection, r#"SELECT "w" FROM "word" WHERE "w" = 'a'"#), ["a"]);
        assert_eq!(texts(connection, r#"SELECT "w" FROM "word" WHERE "w" LIKE 'B%' ESCAPE '\'"#), ["B"]);
    }
}

on_both! {
    fn tables_made_by_hand_are_described_as_the_nearest(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        connection.batch(r#"
            CREATE TABLE hand (
                a TINYINT, b MEDIUMINT UNSIGNED, c INT UNSIGNED, d BIGINT UNSIGNED, e FLOAT, f CHAR(3), g TINYTEXT,
                h VARBINARY(20), i BINARY(16), j BINARY(5), k TIMESTAMP NULL, l DATETIME, m YEAR, n DECIMAL(30, 4),
                o ENUM('x', 'it''s'), p MEDIUMBLOB, q INT NOT NULL AUTO_INCREMENT, r BOOLEAN,
                s INT AS (a + 1), t VARCHAR(10) CHECK (t <> 'x'),
                KEY (q), KEY part (g(10)), FULLTEXT KEY words (g), KEY down (b DESC), CONSTRAINT mine CHECK (a > 1)
            );
            CREATE VIEW seen AS SELECT a FROM hand"#).unwrap();
        let tables = introspect(connection);
        let [hand] = tables.as_slice() else { panic!("{tables:?}") };
        let types: Vec<String> = hand.columns.iter().map(|column| format!("{} {}", column.name, column.column_type)).collect();
        assert_eq!(types, [
            "a smallint", "b integer", "c bigint", "d bigint", "e double", "f varchar(3)", "g text", "h binary", "i uuid",
            "j binary", "k timestamp", "l datetime", "m smallint", "n decimal(30, 4)", "o enum(x, it's)", "p binary",
            "q integer", "r boolean", "s integer", "t varchar(10)",
        ]);
        let computed: Vec<&str> = hand.columns.iter().filter(|column| column.computed.is_some()).map(|column| column.name.as_str()).collect();
        assert_eq!(computed, ["s"]);
        assert!(hand.primary_key.is_empty());
        // A sequence beside the key is a default like others.
        assert!(hand.identity_column().is_none());
        assert!(hand.column("q").is_some_and(|column| column.default.is_some()));
        let names: Vec<&str> = hand.indexes.iter().map(|index| index.name.as_str()).collect();
        assert_eq!(names, ["down", "q"]);
        assert!(hand.checks.iter().any(|check| check.name == "mine"));
        assert_eq!(hand.checks.len(), 2);
    }
}

on_both! {
    fn a_column_without_a_type_of_ours_is_named(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        connection.batch("CREATE TABLE place (id INT PRIMARY KEY, spot POINT)").unwrap();
        let error = try_introspect(connection).unwrap_err();
        assert!(error.is_unsupported());
        assert!(error.to_string().starts_with("place.spot: "), "{error}");
    }
}

on_both! {
    fn what_cannot_be_described_is_left_out_of_an_inspection(db) {
        let mut connection = db.connect();
        let connection = connection.as_mut();
        connection.batch("
            CREATE TABLE place (
                id INT PRIMARY KEY, flags SET('a', 'b'), label VARCHAR(9) DEFAULT 'it''s', size INT DEFAULT 7,
                twice INT AS (size * 2) STORED, KEY by_flags (size, flags), KEY by_size (size), CONSTRAINT big CHECK (size > 0)
            )").unwrap();
        let found = inspect(connection);
        let [place] = found.tables.as_slice() else { panic!("{found:?}") };
        assert_eq!(place.columns.len(), 4, "{place:?}");
        assert_eq!(place.indexes.len(), 1, "{place:?}");
        assert!(found.left_out[0].error.to_string().starts_with("place.flags: "), "{found:?}");
        let sql = |of: ExpressionOf| found.expression("place", &of).unwrap_or_default().to_owned();
        let label = sql(ExpressionOf::Default("label".into()));
        // MariaDB escapes the quote in its own way.
        assert!(["'it''s'", r"'it\'s'"].contains(&label.as_str()), "{label}");
        assert_eq!(sql(ExpressionOf::Default("size".into())), "7");
        assert!(sql(ExpressionOf::Computed("twice".into())).contains("* 2"));
        assert!(sql(ExpressionOf::Check("big".into())).contains("> 0"));
    }
}
