//! Arithmetic of decimals: exact, and rounded once.
#![allow(
    clippy::eq_op,
    reason = "the database computes, and what looks alike here is computed there"
)]

use birgus::Model;
use birgus::prelude::*;

use super::numbers::{Figure, decimal, read, with};
use crate::Bed;

super::cases![
    decimals_are_added_at_the_larger_scale,
    decimals_are_multiplied_exactly,
    decimals_are_divided_half_away_from_zero,
    quotients_of_decimals_are_rounded_once,
    decimals_are_rounded_to_fewer_digits,
    a_product_of_too_many_digits_is_refused,
];

fn decimals_are_added_at_the_larger_scale(bed: &Bed) {
    let db = with(bed, |row| row.maybe_price = Some(decimal("99999999.99")));
    let (p, r) = (Figure::price, Figure::rate);
    assert_eq!(read(&db, p + r).unwrap().to_string(), "12.5625");
    assert_eq!(read(&db, r - p).unwrap().to_string(), "-12.4375");
    assert_eq!(
        read(&db, p + decimal("0.005")).unwrap().to_string(),
        "12.505"
    );
    assert_eq!(read(&db, p + decimal("1")).unwrap().to_string(), "13.50");
    assert_eq!(read(&db, -p - r - r).unwrap().to_string(), "-12.6250");
    assert_eq!(
        read(&db, Figure::maybe_price + decimal("0.000000001"))
            .unwrap()
            .unwrap()
            .to_string(),
        "99999999.990000001"
    );
    assert_eq!(read(&db, (-p).abs()).unwrap().to_string(), "12.50");
}

fn decimals_are_multiplied_exactly(bed: &Bed) {
    let db = with(bed, |_| {});
    let (p, r) = (Figure::price, Figure::rate);
    assert_eq!(read(&db, p * r).unwrap().to_string(), "0.781250");
    assert_eq!(
        read(&db, p * decimal("-1.5")).unwrap().to_string(),
        "-18.750"
    );
    assert_eq!(
        read(&db, p * Figure::small.to_decimal(0))
            .unwrap()
            .to_string(),
        "87.50"
    );
    assert_eq!(read(&db, (p * p).round(1)).unwrap().to_string(), "156.3");
    assert_eq!(read(&db, p * p - r).unwrap().to_string(), "156.1875");
}

fn decimals_are_divided_half_away_from_zero(bed: &Bed) {
    let db = with(bed, |_| {});
    let (p, r) = (Figure::price, Figure::rate);
    assert_eq!(read(&db, p / r).unwrap().unwrap().to_string(), "200.000000");
    assert_eq!(
        read(&db, p / decimal("3")).unwrap().unwrap().to_string(),
        "4.166667"
    );
    assert_eq!(
        read(&db, -p / decimal("3")).unwrap().unwrap().to_string(),
        "-4.166667"
    );
    assert_eq!(read(&db, r / p).unwrap().unwrap().to_string(), "0.00500000");
    // 0.0625 / 200000 is 0.0000003125, and 0.0625 / 5000000 is 0.0000000125.
    assert_eq!(
        read(&db, r / decimal("5000000"))
            .unwrap()
            .unwrap()
            .to_string(),
        "0.00000001"
    );
    assert_eq!(
        read(&db, r / decimal("2500000"))
            .unwrap()
            .unwrap()
            .to_string(),
        "0.00000003"
    );
    assert_eq!(
        read(&db, r / decimal("-2500000"))
            .unwrap()
            .unwrap()
            .to_string(),
        "-0.00000003"
    );
    assert_eq!(
        read(&db, p / decimal("3") / decimal("7"))
            .unwrap()
            .unwrap()
            .to_string(),
        "0.5952381429"
    );
    assert_eq!(
        read(&db, p / (r + decimal("0.000001")))
            .unwrap()
            .unwrap()
            .to_string(),
        "199.996800"
    );
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Ratio {
    #[key]
    id: i64,
    #[column(precision = 18, scale = 14)]
    top: Decimal,
    #[column(precision = 18, scale = 0)]
    bottom: Decimal,
    #[column(precision = 18, scale = 5)]
    short: Decimal,
    #[column(precision = 18, scale = 18)]
    fraction: Decimal,
}

/// Quotients that lie beside a half, by so little that an engine's own digits end before it shows.
fn quotients_of_decimals_are_rounded_once(bed: &Bed) {
    let db = bed.database(&[Ratio::info()]);
    let rows = [
        (
            "0.00001743275683",
            "-9732",
            "21.00000",
            "0.000000000000000001",
        ),
        (
            "0.48265029246216",
            "-891",
            "0.00001",
            "0.999999999999999999",
        ),
        ("1.00000000000000", "3", "2.00000", "0.500000000000000000"),
        (
            "9.99999999999999",
            "7",
            "-123456789.45678",
            "0.000000000000000007",
        ),
        (
            "0.00000000000001",
            "999999999999999999",
            "9999999999999.99999",
            "0.000000000000000003",
        ),
        (
            "0.00000000000003",
            "20000",
            "4.00000",
            "0.123456789012345678",
        ),
    ];
    for (top, bottom, short, fraction) in rows {
        let row = Ratio {
            id: 0,
            top: decimal(top),
            bottom: decimal(bottom),
            short: decimal(short),
            fraction: decimal(fraction),
        };
        Ratio::insert(row).execute(&db).unwrap();
    }
    let found = Ratio::query()
        .order_by(Ratio::id)
        .select((
            Ratio::top / Ratio::bottom,
            Ratio::short / Ratio::bottom,
            Ratio::fraction / Ratio::bottom,
            Ratio::bottom / Ratio::bottom,
        ))
        .all(&db)
        .unwrap();
    let texts: Vec<[String; 4]> = found
        .iter()
        .map(|(a, b, c, d)| [a, b, c, d].map(|number| number.unwrap().to_string()))
        .collect();
    let expected = [
        [
            "-0.000000001791282042",
            "-0.002157830",
            "0.000000000000000000",
            "1.0000",
        ],
        [
            "-0.000541695053268418",
            "-0.000000011",
            "-0.001122334455667789",
            "1.0000",
        ],
        [
            "0.333333333333333333",
            "0.666666667",
            "0.166666666666666667",
            "1.0000",
        ],
        [
            "1.428571428571427143",
            "-17636684.208111429",
            "0.000000000000000001",
            "1.0000",
        ],
        [
            "0.000000000000000000",
            "0.000010000",
            "0.000000000000000000",
            "1.0000",
        ],
        [
            "0.000000000000000002",
            "0.000200000",
            "0.000006172839450617",
            "1.0000",
        ],
    ];
    for (texts, expected) in texts.iter().zip(expected) {
        for (text, expected) in texts.iter().zip(expected) {
            let found = decimal(text);
            assert_eq!(found, decimal(expected), "{texts:?}");
        }
    }
}

fn decimals_are_rounded_to_fewer_digits(bed: &Bed) {
    let db = with(bed, |row| {
        row.price = decimal("-2.55");
        row.rate = decimal("1.2345");
    });
    let (p, r) = (Figure::price, Figure::rate);
    assert_eq!(
        read(&db, (p.round(1), p.round(0), p.round(2), p.round(9))).unwrap(),
        (
            decimal("-2.6"),
            decimal("-3"),
            decimal("-2.55"),
            decimal("-2.55")
        )
    );
    assert_eq!(read(&db, r.round(3)).unwrap().to_string(), "1.235");
    assert_eq!(read(&db, (p + p).round(1)).unwrap().to_string(), "-5.1");
    assert_eq!(
        read(&db, (p.round(1) * r.round(1)).to_text()).unwrap(),
        "-3.12"
    );
}

fn a_product_of_too_many_digits_is_refused(bed: &Bed) {
    let db = with(bed, |_| {});
    let product = Figure::rate * Figure::rate * Figure::rate * Figure::rate * Figure::rate;
    let error = read(&db, product).unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains("round()"),
        "{error}"
    );
    let error = read(&db, Figure::rate + decimal("0.0000000000000000001")).unwrap_err();
    assert!(error.is_invalid_query(), "{error}");
}
