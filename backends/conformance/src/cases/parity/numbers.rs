//! Integers, floats and decimals.

use std::str::FromStr;

use birgus::model::IntoColumnValue;
use birgus::prelude::*;
use birgus::query::Operand;
use birgus::sql;

use super::{implements, refused_by_the_database};
use crate::Bed;
use crate::models::{Everything, Price};

super::cases![
    parity_01_text_in_an_integer_column_is_refused,
    parity_02_a_fraction_is_never_a_whole_number,
    parity_03_integers_past_their_limits_are_refused,
    parity_09_decimals_are_rounded_half_away_from_zero,
    parity_10_decimals_add_up_exactly,
    parity_11_eighteen_digits_are_exact_and_more_are_refused,
    parity_12_decimals_past_their_digits_are_refused,
    parity_13_floats_are_finite,
    parity_14_floats_have_eight_bytes,
];

fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

/// One ordinary row; raw SQL sets a column of it, is refused, and leaves it as it was.
fn raw_sets_are_refused(bed: &Bed, sets: &[&str]) {
    let db = bed.database(&[Everything::info()]);
    let id = Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    for set in sets {
        let error = sql(format!("UPDATE \"everything\" SET {set}"))
            .execute(&db)
            .unwrap_err();
        refused_by_the_database(set, &error);
    }
    let left = Everything::query().one(&db).unwrap();
    assert_eq!(
        left,
        Everything {
            id,
            ..Everything::ordinary()
        }
    );
}

fn parity_01_text_in_an_integer_column_is_refused(bed: &Bed) {
    assert!(!implements!(&'static str: IntoColumnValue<i32>));
    assert!(!implements!(String: IntoColumnValue<i64>));
    raw_sets_are_refused(
        bed,
        &[
            "\"small\" = 'abc'",
            "\"medium\" = 'abc'",
            "\"big\" = 'abc'",
            "\"maybe_medium\" = '12 monkeys'",
        ],
    );
}

fn parity_02_a_fraction_is_never_a_whole_number(bed: &Bed) {
    assert!(!implements!(f64: IntoColumnValue<i32>));
    assert!(!implements!(f64: IntoColumnValue<i64>));
    assert!(!implements!(f64: Operand<i64>));
    let db = bed.database(&[Everything::info()]);
    Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    let error = sql("SELECT 2.7 AS \"n\"").all::<(i64,)>(&db).unwrap_err();
    assert!(
        error.is_decode() && error.to_string().contains('n'),
        "{error:?}"
    );
    let error = sql("SELECT \"real\" FROM \"everything\"")
        .all::<(i32,)>(&db)
        .unwrap_err();
    assert!(error.is_decode(), "{error:?}");
}

fn parity_03_integers_past_their_limits_are_refused(bed: &Bed) {
    assert!(!implements!(i32: IntoColumnValue<i16>));
    assert!(!implements!(i64: IntoColumnValue<i32>));
    raw_sets_are_refused(
        bed,
        &[
            "\"small\" = 32768",
            "\"small\" = -32769",
            "\"medium\" = 2147483648",
            "\"medium\" = -2147483649",
            "\"big\" = 9223372036854775808",
            "\"maybe_big\" = -9223372036854775809",
        ],
    );
}

fn parity_09_decimals_are_rounded_half_away_from_zero(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    for (given, stored) in [
        ("1.235", "1.24"),
        ("2.675", "2.68"),
        ("-1.235", "-1.24"),
        ("1.2349", "1.23"),
    ] {
        let id = Price::insert(Price::build().amount(decimal(given)))
            .execute(&db)
            .unwrap();
        let amount = || {
            let amount = Price::query().get(id, &db).unwrap().unwrap().amount;
            amount.to_string()
        };
        assert_eq!(amount(), stored, "inserted as {given}");
        Price::query()
            .by_key(id)
            .update(Price::amount.set(Decimal::ZERO), &db)
            .unwrap();
        let mut session = db.session().unwrap();
        let price = session.get::<Price>(id).unwrap().unwrap();
        session[price].amount = decimal(given);
        session.commit().unwrap();
        assert_eq!(amount(), stored, "flushed as {given}");
        Price::query()
            .by_key(id)
            .update(Price::amount.set(decimal(given)), &db)
            .unwrap();
        assert_eq!(amount(), stored, "set to {given}");
    }
}

fn parity_10_decimals_add_up_exactly(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    let id = Price::insert(Price::build().amount(decimal("0.1")))
        .execute(&db)
        .unwrap();
    sql("UPDATE \"price\" SET \"amount\" = \"amount\" + :more")
        .bind_column("more", Price::amount, decimal("0.2"))
        .execute(&db)
        .unwrap();
    let found = Price::query()
        .filter(Price::amount.eq(decimal("0.3")))
        .one(&db)
        .unwrap();
    assert_eq!((found.id, found.amount.to_string().as_str()), (id, "0.30"));
}

#[derive(Model)]
#[model(register = false)]
struct Ledger {
    #[key]
    id: i64,
    #[column(precision = 30, scale = 4)]
    amount: Decimal,
}

fn parity_11_eighteen_digits_are_exact_and_more_are_refused(bed: &Bed) {
    let error = Database::with_models(bed.config(), [Ledger::info()]).unwrap_err();
    assert!(error.is_invalid_model(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "ledger.amount: decimal(30, 4) must have 1 to 18 digits, and no more of them behind the point"
    );

    let db = bed.database(&[Price::info()]);
    for (whole, fraction) in [
        ("999999999999999999", "0.999999999999999999"),
        ("-999999999999999998", "-0.000000000000000001"),
    ] {
        let price = Price::build()
            .amount(decimal("12345678.91"))
            .whole(decimal(whole))
            .fraction(decimal(fraction));
        let id = Price::insert(price).execute(&db).unwrap();
        let read = Price::query().get(id, &db).unwrap().unwrap();
        assert_eq!(read.whole.unwrap().to_string(), whole);
        assert_eq!(read.fraction.unwrap().to_string(), fraction);
        let found = Price::query().filter(Price::whole.eq(decimal(whole)));
        assert_eq!(found.count(&db).unwrap(), 1);
    }
}

fn parity_12_decimals_past_their_digits_are_refused(bed: &Bed) {
    let db = bed.database(&[Price::info()]);
    let message = "price.amount: out of range: at most 10 digits, 2 of them behind the point";
    let largest = decimal("99999999.99");
    for too_large in ["100000000", "-100000000", "99999999.995"] {
        let error = Price::insert(Price::build().amount(decimal(too_large)))
            .execute(&db)
            .unwrap_err();
        assert!(error.is_invalid_value(), "{error:?}");
        assert_eq!(error.to_string(), message);
    }
    Price::insert(Price::build().amount(largest))
        .execute(&db)
        .unwrap();
    let error = Price::query()
        .update(Price::amount.set(decimal("100000000")), &db)
        .unwrap_err();
    assert_eq!(error.to_string(), message);
    let error = sql("UPDATE \"price\" SET \"amount\" = \"amount\" * 10")
        .execute(&db)
        .unwrap_err();
    refused_by_the_database("amount * 10", &error);
    assert_eq!(Price::query().pluck(Price::amount, &db).unwrap(), [largest]);
}

fn parity_13_floats_are_finite(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    for real in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let row = Everything {
            real,
            ..Everything::ordinary()
        };
        let error = Everything::insert(row).execute(&db).unwrap_err();
        assert!(error.is_invalid_value(), "{error:?}");
        assert_eq!(error.to_string(), "everything.real: not a finite number");
        let error = Everything::query()
            .update(Everything::real.set(real), &db)
            .unwrap_err();
        assert_eq!(error.to_string(), "everything.real: not a finite number");
        let error = Everything::query()
            .filter(Everything::real.lt(real))
            .all(&db)
            .unwrap_err();
        assert!(error.is_invalid_query(), "{error:?}");
        let error = sql("SELECT :x").bind("x", real).all::<(f64,)>(&db);
        assert!(error.unwrap_err().is_invalid_value());
    }
    assert_eq!(Everything::query().count(&db).unwrap(), 0);
    raw_sets_are_refused(
        bed,
        &[
            "\"real\" = 9e999",
            "\"maybe_real\" = -9e999",
            "\"real\" = 'NaN'",
            "\"maybe_real\" = 'Infinity'",
            "\"price\" = 'NaN'",
        ],
    );
}

fn parity_14_floats_have_eight_bytes(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    for real in [16_777_217.0, 123_456_789.125, 0.1, f64::MAX, 5e-324] {
        let id = Everything::insert(Everything {
            real,
            ..Everything::ordinary()
        })
        .execute(&db)
        .unwrap();
        let found = Everything::query()
            .filter(Everything::real.eq(real))
            .one(&db)
            .unwrap();
        assert_eq!((found.id, found.real.to_bits()), (id, real.to_bits()));
    }
}
