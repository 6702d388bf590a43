//! Random schemas: one is led to the other and back, with rows, and each time the database is what it should be.
//!
//! `BIRGUS_MIGRATIONS` is the number of pairs of schemas, `BIRGUS_MIGRATIONS_SEED` what they are drawn from; both are printed.

use birgus::migrate::Migrator;
use birgus::migrate::history::Target;
use birgus::migrate::state::{
    Action, Decisions, Operation, Question, State, TableDefinition, plan,
};

use crate::lab::{Lab, line, pairs};
use crate::rows::{Rows, rows};
use crate::schema::{With, table};

/// How many pairs of schemas run when nothing is said.
const CASES: u32 = 25;

/// What they are drawn from then.
const SEED: u64 = 20_261_201;

const TABLES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];

/// Types of a column between which values can be converted, each with a value.
const FAMILIES: [(&str, &[(&str, &str)]); 6] = [
    (
        "n",
        &[
            ("smallint", "1"),
            ("integer", "1"),
            ("bigint", "1"),
            ("varchar(9)", "1"),
            ("text", "1"),
            ("boolean", "true"),
        ],
    ),
    (
        "w",
        &[
            ("varchar(5)", "ab"),
            ("varchar(40)", "ab"),
            ("text", "ab"),
            (r#"enum("ab", "c d")"#, "ab"),
            (r#"enum("ab")"#, "ab"),
        ],
    ),
    (
        "d",
        &[
            ("date", "2024-05-06"),
            ("datetime", "2024-05-06T00:00:00"),
            ("timestamp", "2024-05-06T00:00:00Z"),
        ],
    ),
    (
        "m",
        &[
            ("decimal(6, 2)", "1.50"),
            ("decimal(12, 4)", "1.5000"),
            ("decimal(18, 2)", "1.50"),
        ],
    ),
    ("f", &[("double", "1.5")]),
    ("u", &[("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8")]),
];

struct Schema {
    state: State,
    rows: Vec<Rows>,
}

fn random(rng: &mut fastrand::Rng) -> Schema {
    let mut tables: Vec<TableDefinition> = Vec::new();
    let mut stored = Vec::new();
    for name in TABLES {
        if rng.u8(0..4) == 0 {
            continue;
        }
        let identity = if rng.bool() { " identity" } else { "" };
        let mut columns = format!("id bigint{identity}");
        let (mut names, mut row) = ("id".to_owned(), "1".to_owned());
        let mut own = Vec::new();
        for (column, kinds) in FAMILIES {
            if rng.u8(0..3) == 0 {
                continue;
            }
            let (kind, value) = kinds[rng.usize(0..kinds.len())];
            let null = rng.u8(0..3) == 0;
            let default = match (column, kind) {
                ("w", "varchar(5)" | "varchar(40)") if rng.bool() => r#" default="ab""#,
                ("n", "integer") if rng.bool() => " default=1:integer",
                _ => "",
            };
            columns.push_str(&format!(
                "; {column} {kind}{}{default}",
                if null { " null" } else { "" }
            ));
            names.push_str(&format!(" {column}"));
            row.push_str(&format!(
                "|{}",
                if null && rng.bool() { "NULL" } else { value }
            ));
            own.push((column, kind, null));
        }
        let mut table = table(name, &columns);
        for (column, kind, _) in own {
            let indexable = kind != "text";
            match rng.u8(0..5) {
                0 if indexable => table = table.index(column),
                1 if indexable => table = table.unique(column),
                2 => {
                    table = table.check(
                        &format!("{column}_there"),
                        &format!("is_not_null({column})"),
                    )
                }
                _ => {}
            }
        }
        // A check that its own row would violate is no schema of that row.
        table.checks.retain(|check| {
            let column = check.name.rsplit('_').nth(1).unwrap_or_default().to_owned();
            !table
                .columns
                .iter()
                .any(|known| known.name == column && known.nullable)
        });
        let names: &'static str = Box::leak(names.into_boxed_str());
        stored.push(rows(name, names, &[&row]));
        tables.push(table);
    }
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    for table in &mut tables {
        if rng.u8(0..3) > 0 {
            let mut with = table.clone();
            let parent = crate::schema::table("x", "id bigint; parent bigint null")
                .columns
                .remove(1);
            with.columns.push(parent);
            let to = &names[rng.usize(0..names.len())];
            let action = [Action::Cascade, Action::SetNull, Action::NoAction][rng.usize(0..3)];
            *table = with.index("parent").references("parent", to, action);
        }
    }
    let state = made(&tables);
    Schema {
        state,
        rows: stored,
    }
}

/// The state of tables that may reference each other in a circle.
fn made(tables: &[TableDefinition]) -> State {
    let mut state = State::default();
    for table in tables {
        let mut table = table.clone();
        table.foreign_keys.clear();
        state.apply(&Operation::CreateTable { table }).unwrap();
    }
    for table in tables {
        for foreign_key in &table.foreign_keys {
            let (table, foreign_key) = (table.name.clone(), foreign_key.clone());
            state
                .apply(&Operation::AddForeignKey { table, foreign_key })
                .unwrap();
        }
    }
    state
}

/// The operations that lead there, whatever has to be decided: what is gone is dropped.
fn operations(old: &State, new: &State) -> Vec<Operation> {
    let mut decisions = Decisions::default();
    loop {
        let plan = plan(old, new, &decisions).unwrap();
        if plan.questions.is_empty() {
            return plan.operations;
        }
        for question in plan.questions {
            match question {
                Question::Table { old, .. } => {
                    decisions.dropped.insert(old);
                }
                Question::Column { table, old, .. } => {
                    decisions.dropped.insert(format!("{table}.{old}"));
                }
                Question::Backfill { table, column } => {
                    let kind = new
                        .table(&table)
                        .unwrap()
                        .column(&column)
                        .unwrap()
                        .column_type
                        .clone();
                    let value = match kind.split('(').next().unwrap() {
                        "smallint" => "1:smallint",
                        "integer" => "1:integer",
                        "bigint" => "1",
                        "boolean" => "true",
                        "varchar" | "text" if column == "w" => r#""ab""#,
                        "varchar" | "text" => r#""1""#,
                        "enum" => r#""ab""#,
                        "date" => r#""2024-05-06":date"#,
                        "datetime" => r#""2024-05-06T00:00:00":datetime"#,
                        "timestamp" => r#""2024-05-06T00:00:00Z":timestamp"#,
                        "decimal" if kind.ends_with("4)") => r#""1.5":decimal(4)"#,
                        "decimal" => r#""1.5":decimal(2)"#,
                        "double" => "1.5",
                        "uuid" => r#""67e55044-10b1-426f-9247-bb680e5fe0c8":uuid"#,
                        other => panic!("{other}"),
                    };
                    decisions
                        .backfills
                        .insert((table, column), value.to_owned());
                }
                Question::EnumValue {
                    table, column, old, ..
                } => {
                    decisions.dropped.insert(format!("{table}.{column}.{old}"));
                }
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn any_schema_is_led_to_any_other_and_back_on_every_engine() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let cases = number("BIRGUS_MIGRATIONS").unwrap_or(CASES.into());
    let seed = number("BIRGUS_MIGRATIONS_SEED").unwrap_or(SEED);
    println!("{cases} pairs of schemas of seed {seed}");
    std::thread::scope(|scope| {
        for pair in pairs() {
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(seed);
                for case in 0..cases {
                    let (old, new) = (random(&mut rng), random(&mut rng));
                    let empty = State::default();
                    let change = operations(&old.state, &new.state);
                    let graph = line(&[
                        (
                            "a0",
                            operations(&empty, &old.state),
                            operations(&old.state, &empty),
                        ),
                        ("b1", change.clone(), operations(&new.state, &old.state)),
                    ]);
                    let lab = Lab::new(&pair);
                    let place =
                        || format!("{}, case {case} of seed {seed}\n{change:#?}", lab.name());
                    let first = Target::read("a0").unwrap();
                    Migrator::new(&lab.db, &graph)
                        .upgrade(&first)
                        .unwrap_or_else(|error| panic!("{error}\n{}", place()));
                    assert_eq!(lab.differences(&old.state), [""; 0], "{}", place());
                    for rows in &old.rows {
                        rows.insert(&lab.db, &old.state);
                    }
                    for (down, state) in
                        [(false, &new.state), (true, &old.state), (false, &new.state)]
                    {
                        let mut migrator = Migrator::new(&lab.db, &graph);
                        let gone = match down {
                            true => migrator.downgrade(&Target::Relative(-1)),
                            false => migrator.upgrade(&Target::Head),
                        };
                        gone.unwrap_or_else(|error| panic!("{error}\n{}", place()));
                        assert_eq!(lab.differences(state), [""; 0], "{}", place());
                    }
                    lab.close();
                }
            });
        }
    });
}
