//! What is created reads back equal, and holds nothing that its types can't.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use birgus_core::Value;
use birgus_core::backend::{BindType, Connection, Dialect};
use birgus_core::query::{ColumnNode, Comparison, Node};
use birgus_core::schema::{
    Check, Column, ColumnType, ExpressionOf, ForeignKey, Index, ReferentialAction, Table,
    foreign_key_name, index_name, unique_name,
};
use birgus_sqlite::SqliteDialect;
use support::{memory, sql};

fn create(connection: &mut dyn Connection, table: &Table) {
    let dialect = SqliteDialect::new();
    let keys = &table.foreign_keys;
    let indexes = table
        .indexes
        .iter()
        .map(|index| dialect.create_index(table, index));
    let statements = dialect.create_table(table, keys).unwrap();
    for statement in statements.into_iter().chain(indexes) {
        connection.batch(&statement).unwrap();
    }
}

fn introspect(connection: &mut dyn Connection) -> Vec<Table> {
    SqliteDialect::new().introspect(connection).unwrap()
}

fn every_type() -> Vec<(&'static str, ColumnType)> {
    vec![
        ("boolean", ColumnType::Boolean),
        ("smallint", ColumnType::SmallInt),
        ("integer", ColumnType::Integer),
        ("bigint", ColumnType::BigInt),
        ("double", ColumnType::Double),
        ("varchar", ColumnType::Varchar { length: 5 }),
        ("text", ColumnType::Text),
        ("binary", ColumnType::Binary),
        (
            "decimal",
            ColumnType::Decimal {
                precision: 5,
                scale: 2,
            },
        ),
        (
            "widest",
            ColumnType::Decimal {
                precision: 18,
                scale: 18,
            },
        ),
        ("date", ColumnType::Date),
        ("time", ColumnType::Time),
        ("datetime", ColumnType::DateTime),
        ("timestamp", ColumnType::Timestamp),
        ("uuid", ColumnType::Uuid),
        ("json", ColumnType::Json),
        (
            "enum",
            ColumnType::Enum {
                values: vec!["it's".into(), "a, \"b\" (c)".into(), "".into(), "🦀".into()],
            },
        ),
    ]
}

fn wide_table() -> Table {
    let mut table = Table::new("every type");
    table
        .columns
        .push(Column::new("id", ColumnType::BigInt).identity());
    for (name, column_type) in every_type() {
        table.columns.push(Column::new(name, column_type.clone()));
        table
            .columns
            .push(Column::new(format!("{name}?"), column_type).nullable());
    }
    table.primary_key = vec!["id".into()];
    table
}

#[test]
fn every_type_reads_back() {
    let connection = &mut *memory();
    let table = wide_table().sorted();
    create(connection, &table);
    assert_eq!(introspect(connection), [table]);
}

#[test]
fn a_key_of_any_type_reads_back_and_assigns_nothing() {
    for (name, column_type) in every_type() {
        let connection = &mut *memory();
        let mut table = Table::new("keyed");
        table.columns.push(Column::new("k", column_type));
        table.primary_key = vec!["k".into()];
        create(connection, &table);
        assert_eq!(introspect(connection), [table.sorted()], "{name}");
        let error = connection
            .execute(&sql("INSERT INTO keyed (k) VALUES (NULL)"))
            .unwrap_err();
        assert!(error.is_not_null_violation(), "{name}: {error:?}");
    }
}

const NAMES: &[&str] = &[
    "select",
    "a b",
    "it's",
    "quote\"quote",
    "`tick`",
    "[bracket]",
    "paren)(",
    "comma, CHECK (1)",
    "line\nbreak",
    "-- comment",
    "/* comment",
    "été",
    "表",
    "CONSTRAINT",
    "autoincrement",
    "semi;colon",
    "back\\slash",
    "per%cent",
    "q?mark",
];

#[test]
fn names_may_hold_anything() {
    let connection = &mut *memory();
    let mut expected = Vec::new();
    for name in NAMES {
        let mut table = Table::new(*name);
        table.columns = NAMES
            .iter()
            .map(|column| Column::new(*column, ColumnType::Integer))
            .collect();
        table.columns.push(Column::new(
            "kind of",
            ColumnType::Enum {
                values: vec![(*name).into(), "x".into()],
            },
        ));
        table
            .columns
            .push(Column::new("self", ColumnType::Integer).nullable());
        table.primary_key = vec![(*name).into()];
        table.foreign_keys.push(ForeignKey {
            name: format!("fk {name}"),
            columns: vec!["self".into()],
            references_table: (*name).into(),
            references_columns: vec![(*name).into()],
            on_delete: ReferentialAction::SetNull,
            on_update: ReferentialAction::Cascade,
        });
        table.indexes.push(Index {
            name: format!("ix {name}"),
            columns: vec![(*name).into(), "self".into()],
            unique: false,
        });
        table.checks.push(Check {
            name: format!("ck {name}"),
            expression: Some(Arc::new(comparison(name, name))),
        });
        create(connection, &table);
        expected.push(table.sorted());
    }
    expected.sort_by(|left, right| left.name.cmp(&right.name));
    assert_eq!(introspect(connection), expected);
    let names: Vec<String> = expected.into_iter().map(|table| table.name).collect();
    assert_eq!(SqliteDialect::new().table_names(connection).unwrap(), names);
}

fn comparison(table: &str, column: &str) -> Node {
    Node::Compare {
        left: Box::new(Node::Column(ColumnNode {
            table: table.to_owned().into(),
            name: column.to_owned().into(),
            bind_type: BindType::Integer,
            nullable: false,
            field: None,
        })),
        operator: Comparison::Greater,
        right: Box::new(Node::bind(Value::Integer(0), BindType::Integer)),
    }
}

#[test]
fn composite_keys_and_every_action_read_back() {
    let connection = &mut *memory();
    let mut parent = Table::new("parent");
    parent.columns = vec![
        Column::new("b", ColumnType::Integer),
        Column::new("a", ColumnType::Varchar { length: 10 }),
        Column::new("c", ColumnType::BigInt),
    ];
    parent.primary_key = vec!["a".into(), "b".into()];
    parent.indexes.push(Index {
        name: unique_name("parent", &["c"]),
        columns: vec!["c".into()],
        unique: true,
    });
    let mut child = Table::new("child");
    child.columns = vec![Column::new("id", ColumnType::BigInt).identity()];
    child.primary_key = vec!["id".into()];
    let actions = [
        ReferentialAction::NoAction,
        ReferentialAction::Cascade,
        ReferentialAction::SetNull,
        ReferentialAction::Restrict,
    ];
    for (i, on_delete) in actions.into_iter().enumerate() {
        for (j, on_update) in actions.into_iter().enumerate() {
            let (x, y, z) = (format!("x{i}{j}"), format!("y{i}{j}"), format!("z{i}{j}"));
            child
                .columns
                .push(Column::new(&x, ColumnType::Varchar { length: 10 }).nullable());
            child
                .columns
                .push(Column::new(&y, ColumnType::Integer).nullable());
            child
                .columns
                .push(Column::new(&z, ColumnType::BigInt).nullable());
            let mut key = |columns: Vec<String>, references: &[&str]| {
                child.foreign_keys.push(ForeignKey {
                    name: foreign_key_name("child", &columns),
                    columns,
                    references_table: "parent".into(),
                    references_columns: references.iter().map(|name| (*name).to_owned()).collect(),
                    on_delete,
                    on_update,
                });
            };
            key(vec![x, y], &["a", "b"]);
            key(vec![z.clone()], &["c"]);
            child.indexes.push(Index {
                name: index_name("child", &[&z]),
                columns: vec![z],
                unique: j % 2 == 0,
            });
        }
    }
    create(connection, &parent);
    create(connection, &child);
    assert_eq!(introspect(connection), [child.sorted(), parent.sorted()]);
}

#[test]
fn every_column_takes_what_its_type_holds_and_nothing_else() {
    let connection = &mut *memory();
    let mut table = Table::new("t");
    table.columns = every_type()
        .into_iter()
        .map(|(name, column_type)| Column::new(name, column_type).nullable())
        .collect();
    table
        .columns
        .insert(0, Column::new("id", ColumnType::BigInt).identity());
    table.primary_key = vec!["id".into()];
    create(connection, &table);
    let good: &[(&str, &[&str])] = &[
        ("boolean", &["0", "1"]),
        ("smallint", &["-32768", "32767"]),
        ("integer", &["-2147483648", "2147483647"]),
        ("bigint", &["-9223372036854775808", "9223372036854775807"]),
        ("double", &["0.5", "1", "1e308"]),
        (
            "varchar",
            &["''", "'12345'", "'ééééé'", "'🦀🦀🦀🦀🦀'", "' '"],
        ),
        ("text", &["''", "'x'"]),
        ("binary", &["x''", "x'00ff'"]),
        ("decimal", &["99999", "-99999", "0"]),
        ("widest", &["999999999999999999", "-999999999999999999"]),
        ("date", &["'0001-01-01'", "'9999-12-31'", "'2024-02-29'"]),
        ("time", &["'00:00:00.000000'", "'23:59:59.999999'"]),
        (
            "datetime",
            &[
                "'0001-01-01 00:00:00.000000'",
                "'9999-12-31 23:59:59.999999'",
            ],
        ),
        (
            "timestamp",
            &[
                "'0001-01-01 00:00:00.000000Z'",
                "'9999-12-31 23:59:59.999999Z'",
            ],
        ),
        ("uuid", &["x'00112233445566778899aabbccddeeff'"]),
        ("json", &["'{}'", "'1.0'", "'\"x\"'", "'null'", "'[1e400]'"]),
        ("enum", &["'it''s'", "'a, \"b\" (c)'", "''", "'🦀'"]),
    ];
    for (column, values) in good {
        for value in values.iter().chain(&["NULL"]) {
            let insert = sql(&format!(
                "INSERT INTO \"t\" (\"{column}\") VALUES ({value})"
            ));
            assert_eq!(connection.execute(&insert).unwrap(), 1, "{column} {value}");
        }
    }
    let bad: &[(&str, &[&str])] = &[
        ("boolean", &["2", "-1", "0.5", "'true'", "x'01'"]),
        ("smallint", &["-32769", "32768", "2.7", "'abc'"]),
        (
            "integer",
            &["-2147483649", "2147483648", "2.7", "'abc'", "x'00'"],
        ),
        ("bigint", &["9223372036854775808", "2.7", "'abc'", "x'00'"]),
        ("double", &["'abc'", "x'00'"]),
        ("varchar", &["'123456'", "x'00'"]),
        ("text", &["x'00'"]),
        ("binary", &["'x'", "1"]),
        ("decimal", &["100000", "-100000", "1.5", "'x'"]),
        ("widest", &["1000000000000000000"]),
        (
            "date",
            &[
                "'2024-02-30'",
                "'2023-02-29'",
                "'0000-01-01'",
                "'2024-5-6'",
                "'2024-05-06 '",
                "'now'",
                "20240506",
                "'10000-01-01'",
                "'-001-01-01'",
            ],
        ),
        (
            "time",
            &[
                "'24:00:00.000000'",
                "'23:59:60.000000'",
                "'12:34'",
                "'12:34:56'",
                "'12:34:56.00000'",
                "'12:34:56.0000000'",
                "'12:34:56.00000x'",
                "1",
            ],
        ),
        (
            "datetime",
            &[
                "'2024-02-30 00:00:00.000000'",
                "'2024-05-06T00:00:00.000000'",
                "'2024-05-06'",
                "'2024-05-06 00:00:00.000000Z'",
                "'0000-01-01 00:00:00.000000'",
                "1.5",
            ],
        ),
        (
            "timestamp",
            &[
                "'2024-05-06 00:00:00.000000'",
                "'2024-05-06 00:00:00.000000+02'",
                "'2024-05-06 24:00:00.000000Z'",
                "'2024-02-30 00:00:00.000000Z'",
                "1",
            ],
        ),
        ("uuid", &["'00112233-4455-6677-8899-aabbccddeeff'", "x'00'"]),
        ("json", &["'{'", "''", "x'7b7d'", "'{a:1}'"]),
        ("enum", &["'other'", "'IT''S'", "1", "x''"]),
    ];
    for (column, values) in bad {
        for value in *values {
            let insert = sql(&format!(
                "INSERT INTO \"t\" (\"{column}\") VALUES ({value})"
            ));
            let Err(error) = connection.execute(&insert) else {
                panic!("{column} took {value}");
            };
            if *value == "'now'" {
                continue;
            }
            assert!(error.is_check_violation(), "{column} {value}: {error:?}");
            assert_eq!(error.table(), Some("t"), "{column}");
        }
    }
}

#[test]
fn json_stays_text() {
    let connection = &mut *memory();
    create(connection, &{
        let mut table = Table::new("t");
        table.columns = vec![
            Column::new("id", ColumnType::BigInt).identity(),
            Column::new("j", ColumnType::Json),
        ];
        table.primary_key = vec!["id".into()];
        table
    });
    connection
        .execute(&sql("INSERT INTO t (j) VALUES ('1.0')"))
        .unwrap();
    let text = support::one(connection, &sql("SELECT j FROM t"), |row| {
        Ok(row.text(0)?.map(|text| text.into_owned()))
    });
    assert_eq!(text.unwrap().as_deref(), Some("1.0"));
}

#[test]
fn a_check_without_its_expression_can_not_be_written() {
    let mut table = wide_table();
    table.checks.push(Check {
        name: "ck".into(),
        expression: None,
    });
    let error = SqliteDialect::new().create_table(&table, &[]).unwrap_err();
    assert!(error.is_unsupported());
}

#[test]
fn a_foreign_table_is_described_as_near_as_can_be() {
    let connection = &mut *memory();
    connection
        .batch(
            "CREATE TABLE Parent (id INTEGER PRIMARY KEY, code CHAR(3) UNIQUE, w DOUBLE PRECISION DEFAULT 1.5);
             CREATE TABLE child (
                 id integer primary key autoincrement,
                 parent_id INTEGER NOT NULL REFERENCES PARENT ON DELETE CASCADE,
                 kind nvarchar(20) check (kind in ('a', 'b')),
                 at datetime,
                 CONSTRAINT both UNIQUE (kind, at)
             );
             CREATE INDEX partial ON child (kind) WHERE kind = 'a';
             CREATE INDEX expression ON child (lower(kind));
             CREATE INDEX plain ON child (at DESC);
             CREATE VIEW v AS SELECT 1;
             CREATE VIRTUAL TABLE words USING fts5(word);",
        )
        .unwrap();
    let tables = introspect(connection);
    assert_eq!(tables.len(), 2, "{tables:?}");
    let (parent, child) = (&tables[0], &tables[1]);
    assert_eq!(parent.primary_key, ["id"]);
    assert!(!parent.column("id").unwrap().identity);
    assert!(!parent.column("id").unwrap().nullable);
    assert_eq!(parent.indexes[0].name, "uq_Parent_code");
    assert!(child.column("id").unwrap().identity);
    assert_eq!(
        child.column("kind").unwrap().column_type,
        ColumnType::Varchar { length: 20 }
    );
    let key = &child.foreign_keys[0];
    assert_eq!(
        (
            key.references_table.as_str(),
            key.references_columns.as_slice()
        ),
        ("Parent", &["id".to_owned()][..])
    );
    assert_eq!(key.name, "fk_child_parent_id");
    let names: Vec<&str> = child
        .indexes
        .iter()
        .map(|index| index.name.as_str())
        .collect();
    assert_eq!(names, ["both", "plain"]);
    assert_eq!(child.checks[0].name, "ck_child_1");
}

#[test]
fn what_would_be_misread_is_refused_by_name() {
    for (column, problem) in [
        ("price MONEY", "`MONEY`"),
        ("price", "``"),
        ("price INT GENERATED ALWAYS AS (1)", "generated"),
        (
            "price INT REFERENCES t (price) ON DELETE SET DEFAULT",
            "SET DEFAULT",
        ),
    ] {
        let connection = &mut *memory();
        connection
            .batch(&format!("CREATE TABLE t (id INT, {column})"))
            .unwrap();
        let error = SqliteDialect::new().introspect(connection).unwrap_err();
        assert!(error.is_unsupported(), "{error:?}");
        let message = error.to_string();
        assert!(
            message.starts_with("t.price: ") && message.contains(problem),
            "{message}"
        );
    }
}

#[test]
fn what_cannot_be_described_is_left_out_of_an_inspection() {
    let connection = &mut *memory();
    connection
        .batch(
            "CREATE TABLE shelf (id INTEGER PRIMARY KEY, spot POINT, label VARCHAR(9) DEFAULT 'it''s', price NUMERIC(9,2),
                 CONSTRAINT priced CHECK (price >= 0 AND length(label) IN (1, 2)));
             CREATE INDEX by_spot ON shelf (spot, label);
             CREATE INDEX by_label ON shelf (label);
             CREATE TABLE book (
                 code TEXT PRIMARY KEY,
                 shelf_id INT CONSTRAINT on_shelf REFERENCES shelf ON DELETE SET DEFAULT
             );",
        )
        .unwrap();
    let found = SqliteDialect::new().inspect(connection).unwrap();
    let (book, shelf) = (&found.tables[0], &found.tables[1]);
    let names: Vec<&str> = (shelf.columns.iter())
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["id", "label", "price"]);
    assert_eq!(shelf.indexes.len(), 1, "{:?}", shelf.indexes);
    assert_eq!(shelf.columns[2].column_type, ColumnType::Double);
    assert!(book.foreign_keys.is_empty());
    assert!(!book.columns[0].nullable, "a key is never NULL");
    let left: Vec<String> = found.left_out.iter().map(ToString::to_string).collect();
    assert!(left[0].starts_with("shelf.spot: "), "{left:?}");
    assert!(left[1].starts_with("book.shelf_id: "), "{left:?}");
    assert_eq!(found.left_out[1].foreign_key.as_deref(), Some("on_shelf"));
    let label = ExpressionOf::Default("label".into());
    assert_eq!(found.expression("shelf", &label), Some("'it''s'"));
    let priced = ExpressionOf::Check("priced".into());
    assert_eq!(
        found.expression("shelf", &priced),
        Some("price >= 0 AND length(label) IN (1, 2)")
    );
}

#[test]
fn a_whole_number_of_others_has_the_type_of_the_key_that_it_references() {
    let connection = &mut *memory();
    connection
        .batch(
            "CREATE TABLE shelf (id INTEGER PRIMARY KEY);
             CREATE TABLE book (id INTEGER PRIMARY KEY, shelf_id INT REFERENCES shelf, pages INT);",
        )
        .unwrap();
    let tables = introspect(connection);
    let book = &tables[0];
    let types: Vec<&ColumnType> = (book.columns.iter())
        .map(|column| &column.column_type)
        .collect();
    assert_eq!(
        types,
        [
            &ColumnType::BigInt,
            &ColumnType::BigInt,
            &ColumnType::Integer
        ]
    );
}

#[test]
fn a_default_of_a_decimal_is_told_as_the_number_that_it_is() {
    let connection = &mut *memory();
    connection
        .batch(
            "CREATE TABLE t (id INT PRIMARY KEY, price DECIMAL(6,3) NOT NULL DEFAULT (-1900)
                 CONSTRAINT ck_t_price_type CHECK (typeof(price) = 'integer'))",
        )
        .unwrap();
    let found = SqliteDialect::new().inspect(connection).unwrap();
    let price = ExpressionOf::Default("price".into());
    assert_eq!(found.expression("t", &price), Some("-1.900"));
}
