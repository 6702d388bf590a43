//! Computed columns in statements without a session.

use birgus::prelude::*;
use birgus::query::{excluded, value};

use super::{Line, Seat, euros};
use crate::Bed;

super::super::cases![
    computed_columns_are_stored,
    rows_are_found_and_ordered_by_what_is_computed,
    computed_columns_can_be_unique,
    updates_compute_anew,
    what_is_computed_must_fit_its_column,
    rows_are_read_back_with_what_was_computed,
    computed_columns_are_never_given,
    tables_with_computed_columns_are_read_back_the_same,
];

fn computed_columns_are_stored(bed: &Bed) {
    let db = bed.database(&[Line::info(), Seat::info()]);
    let id = Line::insert(Line::of("crab", 3, 250)).execute(&db).unwrap();
    let line = Line::query().get(id, &db).unwrap().unwrap();
    assert_eq!((line.total, line.wholesale), (euros(750), false));
    assert_eq!(line.note_length, None);
    // What a whole model holds there is not looked at.
    let whole = Line {
        id: 0,
        quantity: 100,
        total: euros(1),
        wholesale: false,
        note: Some("é…".into()),
        note_length: Some(77),
        ..line
    };
    let ids = Line::insert_many([whole.clone(), whole])
        .execute(&db)
        .unwrap();
    let lines = (Line::query().filter(Line::id.in_(ids.clone())))
        .all(&db)
        .unwrap();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!((line.total, line.wholesale), (euros(25_000), true));
        assert_eq!(line.note_length, Some(2));
    }
    // Of a key that the program gives.
    let seat = Seat::insert(Seat::build().room(1).number(-2))
        .execute(&db)
        .unwrap();
    assert_eq!(seat, (1, -2));
    assert_eq!(Seat::query().one(&db).unwrap().label, "1/-2");
}

fn rows_are_found_and_ordered_by_what_is_computed(bed: &Bed) {
    let db = bed.database(&[Line::info()]);
    let many = (1..=50).map(|number| Line::of("x", number * 4, 10));
    Line::insert_many(many).execute(&db).unwrap();
    let found = Line::query()
        .filter(Line::total.gt(euros(1_900)))
        .order_by(Line::total.desc())
        .pluck(Line::total, &db)
        .unwrap();
    assert_eq!(found, [euros(2_000), euros(1_960), euros(1_920)]);
    let wholesale = Line::query().filter(Line::wholesale);
    assert_eq!(wholesale.count(&db).unwrap(), 26);
}

fn computed_columns_can_be_unique(bed: &Bed) {
    let db = bed.database(&[Seat::info()]);
    let seat = |room, number| Seat::build().room(room).number(number);
    Seat::insert_many([seat(1, 1), seat(1, 2)])
        .execute(&db)
        .unwrap();
    let error = birgus::sql("UPDATE \"seat\" SET \"number\" = 2")
        .execute(&db)
        .unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    // Checks may look at it.
    let error = Seat::insert(seat(9, 9)).execute(&db).unwrap_err();
    assert!(error.is_check_violation(), "{error:?}");
    assert_eq!(error.constraint(), Some("ck_seat_other"), "{error:?}");
}

fn updates_compute_anew(bed: &Bed) {
    let db = bed.database(&[Line::info()]);
    let id = Line::insert(Line::of("crab", 3, 250)).execute(&db).unwrap();
    let changes = [Line::quantity.set(Line::quantity + 200)];
    Line::query().update(changes, &db).unwrap();
    let line = Line::query().get(id, &db).unwrap().unwrap();
    assert_eq!((line.total, line.wholesale), (euros(50_750), true));
    // Set to what is computed, of a row as it was.
    Line::query()
        .update([Line::price.set(Line::total)], &db)
        .unwrap();
    let line = Line::query().get(id, &db).unwrap().unwrap();
    assert_eq!((line.price, line.total), (euros(50_750), euros(10_302_250)));
}

fn what_is_computed_must_fit_its_column(bed: &Bed) {
    let db = bed.database(&[Line::info(), Seat::info()]);
    let seat = Seat::build().room(i32::MIN).number(i32::MIN);
    let error = Seat::insert(seat).execute(&db).unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    Line::insert(Line::of("crab", 1, 9_999_999_999))
        .execute(&db)
        .unwrap();
    let error = Line::query()
        .update([Line::quantity.set(i32::MAX)], &db)
        .unwrap_err();
    assert!(error.is_invalid_value(), "{error:?}");
    assert_eq!(Line::query().one(&db).unwrap().quantity, 1);
}

fn rows_are_read_back_with_what_was_computed(bed: &Bed) {
    let db = bed.database(&[Line::info(), Seat::info()]);
    let totals: Vec<Decimal> = Line::insert_many([Line::of("a", 2, 100), Line::of("b", 1, 50)])
        .returning(Line::total)
        .execute(&db)
        .unwrap();
    assert_eq!(totals, [euros(200), euros(50)]);
    let upserted: (i32, String) = Seat::insert(Seat::build().room(3).number(4))
        .on_conflict((Seat::room, Seat::number))
        .do_nothing()
        .returning((Seat::number, Seat::label))
        .execute(&db)
        .unwrap()
        .unwrap();
    assert_eq!(upserted, (4, "3/4".into()));
}

fn computed_columns_are_never_given(bed: &Bed) {
    let db = bed.database(&[Line::info(), Seat::info()]);
    let refused = |error: birgus::Error, field: &str| {
        assert!(error.is_invalid_query(), "{error:?}");
        assert!(error.to_string().contains(field), "{error}");
    };
    let set = Line::query().update([Line::total.set(euros(1))], &db);
    refused(
        set.unwrap_err(),
        "line.total: the database computes it; set the columns that it is computed of",
    );
    let into = Line::query()
        .select((Line::item, Line::quantity, Line::price, Line::total))
        .insert_into((Line::item, Line::quantity, Line::price, Line::total), &db);
    refused(into.unwrap_err(), "line.total: the database computes it");
    let seat = || Seat::build().room(1).number(1);
    let target = Seat::insert(seat()).on_conflict(Seat::label).do_nothing();
    refused(
        target.execute(&db).unwrap_err(),
        "seat.label: the database gives its value",
    );
    let by_id = |assignment| {
        (Line::insert(Line::of("x", 1, 1)).on_conflict(Line::id))
            .update([assignment])
            .execute(&db)
            .unwrap_err()
    };
    refused(by_id(Line::total.set_excluded()), "line.total");
    refused(by_id(Line::price.set(excluded(Line::total))), "line.price");
    // What is left out of the columns that a query fills is computed.
    Line::insert(Line::of("crab", 3, 250)).execute(&db).unwrap();
    let copied = Line::query()
        .select((Line::item, Line::quantity + value(1_i64), Line::price))
        .insert_into((Line::item, Line::quantity, Line::price), &db)
        .unwrap();
    assert_eq!(copied, 1);
    let totals = (Line::query().order_by(Line::id.asc()))
        .pluck(Line::total, &db)
        .unwrap();
    assert_eq!(totals, [euros(750), euros(1_000)]);
}

fn tables_with_computed_columns_are_read_back_the_same(bed: &Bed) {
    #[derive(Model)]
    #[model(register = false, table = "line")]
    struct Plain {
        #[key]
        id: i64,
        #[column(length = 40)]
        item: String,
        quantity: i32,
        #[column(precision = 10, scale = 2)]
        price: Decimal,
        #[column(precision = 18, scale = 2, index)]
        total: Decimal,
        wholesale: bool,
        note: Option<String>,
        note_length: Option<i64>,
    }

    let db = bed.database(&[Line::info(), Seat::info()]);
    let found = db.introspect().unwrap();
    let differences = birgus_migrate::compare(db.tables(), &found);
    assert!(differences.is_empty(), "{differences:#?}");
    // A column that is computed differs from one that is not.
    let other = bed.open(&[Plain::info(), Seat::info()]);
    let differences = birgus_migrate::compare(other.tables(), &found);
    let parts: Vec<String> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(parts.len(), 3, "{parts:#?}");
    assert!(
        parts[0].starts_with("line: column total should be"),
        "{parts:#?}"
    );
    let line = found.iter().find(|table| table.name == "line").unwrap();
    assert!(line.column("total").unwrap().computed.is_some());
    assert!(!line.column("total").unwrap().nullable);
    assert!(line.column("note_length").unwrap().nullable);
}
