//! Many rows take few statements, and each row is found by its key.

use birgus::backend::{BulkUpdate, Connection, Dialect, RowChanges, RowColumn, StatementBuilder};
use birgus::model::{FieldInfo, ModelInfo};
use birgus::prelude::*;
use birgus::query::testing::{Row, delete_rows, update_rows};
use birgus::{Database, Value};

use crate::Bed;
use crate::models::{Country, Device, Everything, Price, Reading, User};
use crate::watch::counted as statements;

super::cases![
    a_thousand_new_rows,
    a_thousand_changed_rows,
    a_thousand_deleted_rows,
    a_thousand_wide_rows,
    one_row_keeps_its_statement,
    each_row_is_found_by_its_key,
];

/// The statements of a thousand rows of one table, at most.
const FEW: usize = 3;

fn person(number: usize) -> impl NewRow<Model = User> {
    User::build()
        .username(format!("user {number}"))
        .email(format!("{number}@x.org"))
        .age(i32::try_from(number).unwrap())
}

fn a_thousand_new_rows(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    for first in [0, 1_000] {
        let count = statements(&["INSERT"], || {
            let rows = (first..first + 1_000).map(person);
            let ids = User::insert_many(rows).execute(&db).unwrap();
            assert_eq!(ids.len(), 1_000);
        });
        assert!((1..=FEW).contains(&count), "{count}");
    }
    let users = User::query().order_by(User::id.asc()).all(&db).unwrap();
    for (number, user) in users.iter().enumerate() {
        assert_eq!(user.username, format!("user {number}"));
    }
}

fn changed(id: i64) -> Row {
    let set = vec![
        Value::Text(format!("changed {id}")),
        if id % 3 == 0 {
            Value::Null
        } else {
            Value::Integer(id)
        },
        Value::Boolean(id % 2 == 0),
    ];
    (vec![Value::Integer(id)], set)
}

fn user_fields() -> (Vec<&'static FieldInfo>, Vec<&'static FieldInfo>) {
    let field = |name| User::info().field_of_column(name).unwrap();
    (
        vec![field("id")],
        ["username", "age", "active"].map(field).to_vec(),
    )
}

fn a_thousand_changed_rows(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let ids = User::insert_many((0..1_000).map(person))
        .execute(&db)
        .unwrap();
    let (key, set) = user_fields();
    let rows: Vec<Row> = ids.iter().map(|id| changed(*id)).collect();
    let count = statements(&["UPDATE"], || {
        assert_eq!(
            update_rows(&db, User::info(), &key, &set, &rows).unwrap(),
            1_000
        );
    });
    assert!((1..=FEW).contains(&count), "{count}");
    for user in User::query().all(&db).unwrap() {
        assert_eq!(user.username, format!("changed {}", user.id));
        assert_eq!(
            user.age.map(i64::from),
            (user.id % 3 != 0).then_some(user.id)
        );
        assert_eq!(user.active, user.id % 2 == 0);
    }
}

fn a_thousand_deleted_rows(bed: &Bed) {
    let db = bed.database(&[
        User::info(),
        Country::info(),
        Device::info(),
        Reading::info(),
    ]);
    let ids = User::insert_many((0..1_200).map(person))
        .execute(&db)
        .unwrap();
    let (key, _) = user_fields();
    let keys: Vec<Vec<Value>> = ids[100..1_100]
        .iter()
        .map(|id| vec![Value::Integer(*id)])
        .collect();
    let count = statements(&["DELETE"], || {
        assert_eq!(delete_rows(&db, User::info(), &key, &keys).unwrap(), 1_000);
    });
    assert!((1..=FEW).contains(&count), "{count}");
    assert_eq!(User::query().count(&db).unwrap(), 200);

    let rows = readings(1_200);
    Reading::insert_many(rows.clone()).execute(&db).unwrap();
    let key: Vec<_> = Reading::info().key_fields().collect();
    let value = |row: &Reading, field: &&'static FieldInfo| row.value(field.position()).unwrap();
    let keys: Vec<Vec<Value>> = rows[..1_000]
        .iter()
        .map(|row| key.iter().map(|field| value(row, field)).collect())
        .collect();
    let count = statements(&["DELETE"], || {
        assert_eq!(
            delete_rows(&db, Reading::info(), &key, &keys).unwrap(),
            1_000
        );
    });
    assert!((1..=FEW).contains(&count), "{count}");
    let left: Vec<i32> = Reading::query()
        .order_by(Reading::value.asc())
        .pluck(Reading::value, &db)
        .unwrap();
    assert_eq!(left, (1_000..1_200).collect::<Vec<i32>>());
}

fn readings(count: i32) -> Vec<Reading> {
    let day = Everything::ordinary().day;
    (0..count)
        .map(|value| Reading {
            sensor: Uuid::from_u128(1),
            day: day + birgus::chrono::Days::new(value.unsigned_abs().into()),
            depth: Decimal::new(value.into(), 2),
            night: value % 2 == 0,
            value,
        })
        .collect()
}

fn a_thousand_wide_rows(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let mut ids = Vec::new();
    let count = statements(&["INSERT"], || {
        let rows = (0..1_000).map(|_| Everything::ordinary());
        ids = Everything::insert_many(rows).execute(&db).unwrap();
    });
    assert!((1..=FEW).contains(&count), "{count}");
    let (key, set) = (
        &Everything::info().fields[..1],
        &Everything::info().fields[1..],
    );
    let (key, set): (Vec<_>, Vec<_>) = (key.iter().collect(), set.iter().collect());
    let row = Everything {
        maybe_name: Some("changed".into()),
        ..Everything::ordinary()
    };
    let values: Vec<Value> = set
        .iter()
        .map(|field| row.value(field.position()).unwrap())
        .collect();
    let rows: Vec<Row> = (ids.iter())
        .map(|id| (vec![Value::Integer(*id)], values.clone()))
        .collect();
    let count = statements(&["UPDATE"], || {
        assert_eq!(
            update_rows(&db, Everything::info(), &key, &set, &rows).unwrap(),
            1_000
        );
    });
    assert!((1..=FEW).contains(&count), "{count}");
    let changed = Everything::query().filter(Everything::maybe_name.eq("changed"));
    assert_eq!(changed.count(&db).unwrap(), 1_000);
}

fn one_row_keeps_its_statement(bed: &Bed) {
    let db = bed.database(&[User::info()]);
    let id = User::insert(person(1)).execute(&db).unwrap();
    let (key, set) = user_fields();
    let mut name = String::new();
    let dialect = db.dialect().unwrap();
    dialect.quote_identifier(&mut name, "id");
    let count = statements(
        &[
            "UPDATE \"user\" SET \"username\" = ",
            "DELETE FROM \"user\" WHERE \"id\" = ",
        ],
        || {
            assert_eq!(
                update_rows(&db, User::info(), &key, &set, &[changed(id)]).unwrap(),
                1
            );
            assert_eq!(
                delete_rows(&db, User::info(), &key, &[vec![Value::Integer(id)]]).unwrap(),
                1
            );
        },
    );
    assert_eq!(count, 2);
}

/// What an engine says about how it runs a statement, in its own words. MySQL says nothing about changes to a client that
/// prepares what it sends.
fn plan(db: &Database, write: impl Fn(&dyn Dialect, &mut StatementBuilder<'_>)) -> Option<String> {
    let mut connection = db.connection().unwrap();
    // The second form is a syntax error but on the engine that tells nothing of use by the first.
    for explain in ["EXPLAIN QUERY PLAN ", "EXPLAIN "] {
        let dialect = connection.dialect();
        let mut builder = StatementBuilder::new(dialect);
        builder.push(explain);
        write(dialect, &mut builder);
        builder.vary();
        let statement = builder.finish();
        let mut plan = String::new();
        let explained = connection.query(&statement, &mut |row| {
            for column in 0..row.column_count() {
                if let Ok(Some(text)) = row.text(column) {
                    plan.push_str(&text);
                    plan.push(' ');
                }
            }
            plan.push('\n');
            Ok(())
        });
        match explained {
            Ok(()) => return Some(plan),
            Err(error) if error.to_string().ends_with("No metadata exists") => return None,
            Err(error) => assert!(error.is_syntax(), "{error:?}"),
        }
    }
    panic!("no engine without a plan");
}

/// How the engines say that rows are looked up by a key, or found by one pass over the table.
const FOUND: [&str; 10] = [
    "SEARCH changed USING",
    "SEARCH user USING",
    "SEARCH reading USING",
    "eq_ref",
    "range PRIMARY",
    "Single-row index lookup",
    "Index Scan",
    // An array whose values are known is hashed.
    "= ANY ('{",
    "Hash Join",
    "Hash Semi Join",
];

fn check_plan(model: &ModelInfo, plan: Option<String>) {
    let Some(plan) = plan else { return };
    assert!(
        FOUND.iter().any(|words| plan.contains(words)),
        "{}: {plan}",
        model.name
    );
    for table in ["changed", model.table_name()] {
        assert!(!plan.contains(&format!("SCAN {table}")), "{plan}");
    }
}

fn each_row_is_found_by_its_key(bed: &Bed) {
    let db = bed.database(&[
        User::info(),
        Country::info(),
        Device::info(),
        Reading::info(),
        Price::info(),
    ]);
    if matches!(
        db.dialect().unwrap().capabilities().bulk_update,
        BulkUpdate::Single
    ) {
        return;
    }
    User::insert_many((0..5_000).map(person))
        .execute(&db)
        .unwrap();
    Reading::insert_many(readings(3_000)).execute(&db).unwrap();
    for model in [User::info(), Reading::info()] {
        let matched: Vec<RowColumn<'_>> = model
            .key_fields()
            .map(|field| RowColumn::new(field.column, field.bind_type()))
            .collect();
        let field = &model.fields[model.fields.len() - 2];
        let set = [RowColumn::new(field.column, field.bind_type())];
        let row = |number: i64| -> Vec<Value> {
            match model.name {
                "User" => vec![Value::Integer(number)],
                _ => {
                    let row = &readings(1)[0];
                    (model.key_fields())
                        .map(|field| row.value(field.position()).unwrap())
                        .collect()
                }
            }
        };
        for count in [2, 100, 1_000] {
            let keys = || (0..count).flat_map(row);
            let plan_of_update = plan(&db, |dialect, builder| {
                let values = (0..count)
                    .flat_map(|number| row(number).into_iter().chain([Value::Boolean(true)]));
                let changes = RowChanges::new(model.table_name(), &matched, &set, values.collect());
                dialect.update_rows(builder, changes).unwrap();
            });
            check_plan(model, plan_of_update);
            let plan_of_delete = plan(&db, |dialect, builder| {
                let changes = RowChanges::new(model.table_name(), &matched, &[], keys().collect());
                dialect.delete_rows(builder, changes).unwrap();
            });
            check_plan(model, plan_of_delete);
        }
    }
}
