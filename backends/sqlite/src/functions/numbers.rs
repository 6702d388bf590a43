//! Integers that must not overflow in silence, and decimals, which SQLite holds as integers times a power of ten.

use diesel::result::QueryResult;
use diesel::sqlite::{SqliteConnection, SqliteValue};
use rust_decimal::{Decimal, RoundingStrategy};

use super::argument::{Argument, Given, Refusal, with, with_three, with_two};

#[allow(missing_docs, unreachable_pub, dead_code)]
mod declared {
    use diesel::declare_sql_function;
    use diesel::sql_types::{BigInt, Double, Nullable, Text};

    #[declare_sql_function]
    extern "SQL" {
        fn birgus_integer(number: Nullable<BigInt>) -> Nullable<BigInt>;
        fn birgus_double(number: Nullable<Double>) -> Nullable<Double>;
        fn birgus_floor(number: Nullable<Double>) -> Nullable<Double>;
        fn birgus_ceil(number: Nullable<Double>) -> Nullable<Double>;
        fn birgus_decimal_round(
            scaled: Nullable<BigInt>,
            drop: Nullable<BigInt>,
        ) -> Nullable<BigInt>;
        fn birgus_decimal_divide(
            a: Nullable<BigInt>,
            b: Nullable<BigInt>,
            shift: Nullable<BigInt>,
        ) -> Nullable<BigInt>;
        fn birgus_decimal_floor(
            scaled: Nullable<BigInt>,
            scale: Nullable<BigInt>,
        ) -> Nullable<BigInt>;
        fn birgus_decimal_ceil(
            scaled: Nullable<BigInt>,
            scale: Nullable<BigInt>,
        ) -> Nullable<BigInt>;
        fn birgus_decimal_to_double(
            scaled: Nullable<BigInt>,
            scale: Nullable<BigInt>,
        ) -> Nullable<Double>;
        fn birgus_decimal_to_text(
            scaled: Nullable<BigInt>,
            scale: Nullable<BigInt>,
        ) -> Nullable<Text>;
        fn birgus_text_to_decimal(
            text: Nullable<Text>,
            scale: Nullable<BigInt>,
        ) -> Nullable<BigInt>;
        fn birgus_double_to_decimal(
            number: Nullable<Double>,
            scale: Nullable<BigInt>,
        ) -> Nullable<BigInt>;
    }
}

pub(super) fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    declared::birgus_integer_utils::register_impl(connection, |number: Given<i64>| {
        with(number, |number| Ok(Some(number)))
    })?;
    declared::birgus_double_utils::register_impl(connection, |number: Given<f64>| {
        with(number, |number| {
            if number.is_finite() {
                Ok(Some(number))
            } else {
                Err(Refusal::Infinite)
            }
        })
    })?;
    // Adding 0.0 turns −0.0 into 0.0, as everywhere in Birgus.
    declared::birgus_floor_utils::register_impl(connection, |number: Given<f64>| {
        with(number, |number| Ok(Some(number.floor() + 0.0)))
    })?;
    declared::birgus_ceil_utils::register_impl(connection, |number: Given<f64>| {
        with(number, |number| Ok(Some(number.ceil() + 0.0)))
    })?;
    declared::birgus_decimal_round_utils::register_impl(
        connection,
        |scaled: Given<i64>, drop: Given<i64>| {
            with_two(scaled, drop, |scaled, drop| {
                divide(scaled, 1, drop.saturating_neg())
            })
        },
    )?;
    declared::birgus_decimal_divide_utils::register_impl(
        connection,
        |a: Given<i64>, b: Given<i64>, shift: Given<i64>| with_three(a, b, shift, divide),
    )?;
    declared::birgus_decimal_floor_utils::register_impl(
        connection,
        |scaled: Given<i64>, scale: Given<Scale>| {
            with_two(scaled, scale, |scaled, scale| {
                in_range(i128::from(scaled).div_euclid(scale.factor()))
            })
        },
    )?;
    declared::birgus_decimal_ceil_utils::register_impl(
        connection,
        |scaled: Given<i64>, scale: Given<Scale>| {
            with_two(scaled, scale, |scaled, scale| {
                in_range(-(-i128::from(scaled)).div_euclid(scale.factor()))
            })
        },
    )?;
    declared::birgus_decimal_to_double_utils::register_impl(
        connection,
        |scaled: Given<i64>, scale: Given<Scale>| {
            with_two(scaled, scale, |scaled, scale| {
                to_double(scaled, scale).map(Some)
            })
        },
    )?;
    declared::birgus_decimal_to_text_utils::register_impl(
        connection,
        |scaled: Given<i64>, scale: Given<Scale>| {
            with_two(scaled, scale, |scaled, scale| {
                Ok(Some(to_text(scaled, scale)))
            })
        },
    )?;
    declared::birgus_text_to_decimal_utils::register_impl(
        connection,
        |text: Given<String>, scale: Given<Scale>| {
            with_two(text, scale, |text, scale| of_text(&text, scale).map(Some))
        },
    )?;
    // The shortest text that means the number is what other engines round too.
    declared::birgus_double_to_decimal_utils::register_impl(
        connection,
        |number: Given<f64>, scale: Given<Scale>| {
            with_two(number, scale, |number, scale| {
                of_text(&number.to_string(), scale)
                    .map(Some)
                    .map_err(|refusal| match refusal {
                        Refusal::NoNumber => Refusal::OutOfRange,
                        other => other,
                    })
            })
        },
    )
}

/// A text as a decimal of so many digits behind the point, rounded half away from zero.
fn of_text(text: &str, scale: Scale) -> Result<i64, Refusal> {
    let mut number: Decimal = text.parse().map_err(|_| Refusal::NoNumber)?;
    number = number.round_dp_with_strategy(scale.0, RoundingStrategy::MidpointAwayFromZero);
    number.rescale(scale.0);
    if number.scale() != scale.0 {
        return Err(Refusal::OutOfRange);
    }
    i64::try_from(number.mantissa()).map_err(|_| Refusal::OutOfRange)
}

/// The number of digits behind the point.
#[derive(Clone, Copy, Debug)]
struct Scale(u32);

impl Scale {
    /// 10^38 is the largest power that an `i128` holds.
    const MOST: i64 = 38;

    fn factor(self) -> i128 {
        10_i128.pow(self.0)
    }
}

impl Argument for Scale {
    fn read(value: SqliteValue<'_, '_, '_>) -> Result<Self, Refusal> {
        let scale = i64::read(value)?;
        u32::try_from(scale)
            .ok()
            .filter(|_| scale <= Self::MOST)
            .map(Self)
            .ok_or(Refusal::NotAScale)
    }
}

/// a · 10^shift / b, rounded half away from zero; NULL when b is 0.
fn divide(a: i64, b: i64, shift: i64) -> Result<Option<i64>, Refusal> {
    if b == 0 {
        return Ok(None);
    }
    if a == 0 {
        return Ok(Some(0));
    }
    let power = u32::try_from(shift.unsigned_abs())
        .ok()
        .and_then(|digits| 10_i128.checked_pow(digits));
    let (a, b) = (i128::from(a), i128::from(b));
    let (dividend, divisor) = if shift >= 0 {
        // A dividend beyond `i128` is more than 2^64 times any divisor.
        let dividend = power.and_then(|power| a.checked_mul(power));
        (dividend.ok_or(Refusal::OutOfRange)?, b)
    } else {
        // A divisor beyond `i128` is more than twice any dividend.
        match power.and_then(|power| b.checked_mul(power)) {
            Some(divisor) => (a, divisor),
            None => return Ok(Some(0)),
        }
    };
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    // Half of an odd divisor is never met; comparing the halves can't overflow.
    let away = rest.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2);
    let sign = if (dividend < 0) == (divisor < 0) {
        1
    } else {
        -1
    };
    in_range(if away { quotient + sign } else { quotient })
}

fn in_range(number: i128) -> Result<Option<i64>, Refusal> {
    i64::try_from(number)
        .map(Some)
        .map_err(|_| Refusal::OutOfRange)
}

/// The double that is nearest to the decimal.
fn to_double(scaled: i64, scale: Scale) -> Result<f64, Refusal> {
    /// Integers up to 2^53, and powers of ten up to 22, are doubles; dividing one by the other rounds once.
    const EXACT: u64 = 1 << 53;
    if scaled.unsigned_abs() <= EXACT && scale.0 <= 22 {
        let power: f64 = POWERS.get(scale.0 as usize).copied().unwrap_or(1.0);
        return Ok(scaled as f64 / power);
    }
    format!("{scaled}e-{}", scale.0)
        .parse()
        .map_err(|_| Refusal::OutOfRange)
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The decimal with all digits of its scale: `12.50`.
fn to_text(scaled: i64, scale: Scale) -> String {
    let digits = scale.0 as usize;
    let sign = if scaled < 0 { "-" } else { "" };
    let number = format!("{:0>width$}", scaled.unsigned_abs(), width = digits + 1);
    match number.split_at_checked(number.len() - digits) {
        Some((whole, fraction)) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{number}"),
    }
}

#[cfg(test)]
mod tests {
    use birgus_core::DatabaseErrorKind;

    use super::super::asked::{double, integer, refused, text};

    const MIN: &str = "(-9223372036854775807 - 1)";
    const MAX: &str = "9223372036854775807";

    fn gives(expression: &str, expected: i64) {
        assert_eq!(integer(expression), Some(expected), "{expression}");
    }

    fn overflows(expression: &str) {
        let error = refused(expression);
        assert_eq!(
            error.database_kind(),
            Some(DatabaseErrorKind::InvalidData),
            "{expression}"
        );
        assert_eq!(error.to_string(), "integer out of range", "{expression}");
    }

    #[test]
    fn an_integer_passes_and_an_overflow_does_not() {
        gives(&format!("birgus_integer({MAX})"), i64::MAX);
        gives(&format!("birgus_integer({MIN})"), i64::MIN);
        overflows(&format!("birgus_integer({MAX} + 1)"));
        overflows(&format!("birgus_integer({MIN} - 1)"));
        overflows(&format!("birgus_integer({MAX} * 2)"));
        overflows(&format!("birgus_integer(-{MIN})"));
        overflows("birgus_integer(9e999)");
        assert_eq!(integer("birgus_integer(NULL + 1)"), None);
    }

    #[test]
    fn a_finite_double_passes() {
        assert_eq!(double("birgus_double(-1.75)"), Some(-1.75));
        assert_eq!(double("birgus_double(1.7e308 - NULL)"), None);
        for expression in ["birgus_double(1.7e308 * 10)", "birgus_double(-9e999)"] {
            assert_eq!(refused(expression).to_string(), "double out of range");
        }
    }

    #[test]
    fn digits_are_dropped_half_away_from_zero() {
        gives("birgus_decimal_round(1234, 1)", 123);
        gives("birgus_decimal_round(1235, 1)", 124);
        gives("birgus_decimal_round(-1235, 1)", -124);
        gives("birgus_decimal_round(-1234, 1)", -123);
        gives("birgus_decimal_round(1250, 2)", 13);
        gives("birgus_decimal_round(1249, 2)", 12);
        gives("birgus_decimal_round(7, 0)", 7);
        gives("birgus_decimal_round(4, 1)", 0);
        gives("birgus_decimal_round(-5, 1)", -1);
        gives(&format!("birgus_decimal_round({MAX}, 19)"), 1);
        gives(&format!("birgus_decimal_round({MIN}, 19)"), -1);
        gives(&format!("birgus_decimal_round({MAX}, 20)"), 0);
        gives(&format!("birgus_decimal_round({MAX}, 400)"), 0);
        gives(&format!("birgus_decimal_round({MAX}, {MAX})"), 0);
    }

    #[test]
    fn dropping_fewer_than_no_digits_adds_some() {
        gives("birgus_decimal_round(12, -2)", 1200);
        gives("birgus_decimal_round(0, -400)", 0);
        gives("birgus_decimal_round(9, -18)", 9_000_000_000_000_000_000);
        overflows("birgus_decimal_round(10, -18)");
        overflows("birgus_decimal_round(-10, -18)");
        overflows("birgus_decimal_round(1, -400)");
    }

    #[test]
    fn decimals_are_divided_exactly() {
        gives("birgus_decimal_divide(1, 3, 4)", 3333);
        gives("birgus_decimal_divide(2, 3, 4)", 6667);
        gives("birgus_decimal_divide(-2, 3, 4)", -6667);
        gives("birgus_decimal_divide(2, -3, 4)", -6667);
        gives("birgus_decimal_divide(-1, -2, 0)", 1);
        gives("birgus_decimal_divide(1, 2, 0)", 1);
        gives("birgus_decimal_divide(-1, 2, 0)", -1);
        gives("birgus_decimal_divide(1, 3, 0)", 0);
        gives("birgus_decimal_divide(5, 1, -1)", 1);
        gives("birgus_decimal_divide(4, 1, -1)", 0);
        gives("birgus_decimal_divide(1500, 10, -1)", 15);
        gives("birgus_decimal_divide(0, 7, 400)", 0);
        gives("birgus_decimal_divide(7, 7, -400)", 0);
        gives(
            &format!("birgus_decimal_divide({MAX}, {MAX}, 18)"),
            1_000_000_000_000_000_000,
        );
        gives(
            &format!("birgus_decimal_divide({MIN}, {MIN}, 18)"),
            1_000_000_000_000_000_000,
        );
        gives(&format!("birgus_decimal_divide({MAX}, {MIN}, 0)"), -1);
        gives(&format!("birgus_decimal_divide(1, {MIN}, 19)"), -1);
    }

    #[test]
    fn a_division_by_zero_is_null_and_one_that_overflows_fails() {
        assert_eq!(integer("birgus_decimal_divide(1, 0, 2)"), None);
        assert_eq!(integer("birgus_decimal_divide(0, 0, 2)"), None);
        overflows(&format!("birgus_decimal_divide({MIN}, -1, 0)"));
        overflows(&format!("birgus_decimal_divide({MAX}, 1, 1)"));
        overflows("birgus_decimal_divide(1, 9, 400)");
    }

    #[test]
    fn an_operand_that_overflowed_fails() {
        overflows(&format!("birgus_decimal_round({MAX} + 1, 1)"));
        overflows(&format!("birgus_decimal_divide({MAX} + 1, 1, 1)"));
        overflows(&format!("birgus_decimal_to_text({MAX} + 1, 1)"));
    }

    #[test]
    fn a_decimal_becomes_the_nearest_double() {
        let gives = |expression: &str, expected: f64| {
            assert_eq!(double(expression), Some(expected), "{expression}");
        };
        gives("birgus_decimal_to_double(1, 1)", 0.1);
        gives("birgus_decimal_to_double(-1250, 2)", -12.5);
        gives("birgus_decimal_to_double(0, 18)", 0.0);
        gives("birgus_decimal_to_double(999999999999999999, 18)", 1.0);
        gives(
            "birgus_decimal_to_double(123456789012345678, 3)",
            123_456_789_012_345.67,
        );
        gives(
            "birgus_decimal_to_double(9007199254740993, 0)",
            9_007_199_254_740_992.0,
        );
        gives(
            &format!("birgus_decimal_to_double({MIN}, 38)"),
            -9.223_372_036_854_775e-20,
        );
    }

    /// Dividing the nearest double of the integer would round twice.
    #[test]
    fn a_decimal_is_rounded_once() {
        for scale in [0_usize, 1, 3, 9, 17, 18] {
            for number in [
                9_007_199_254_740_993_i64,
                123_456_789_012_345_679,
                i64::MAX - 511,
            ] {
                let expected: f64 = format!("{number}e-{scale}").parse().unwrap();
                let found = double(&format!("birgus_decimal_to_double({number}, {scale})"));
                assert_eq!(found, Some(expected));
            }
        }
    }

    #[test]
    fn a_decimal_is_written_with_its_scale() {
        let gives = |expression: &str, expected: &str| {
            assert_eq!(text(expression).as_deref(), Some(expected), "{expression}");
        };
        gives("birgus_decimal_to_text(1250, 2)", "12.50");
        gives("birgus_decimal_to_text(-5, 2)", "-0.05");
        gives("birgus_decimal_to_text(0, 2)", "0.00");
        gives("birgus_decimal_to_text(-12, 0)", "-12");
        gives(
            &format!("birgus_decimal_to_text({MIN}, 18)"),
            "-9.223372036854775808",
        );
        gives("birgus_decimal_to_text(1, 18)", "0.000000000000000001");
    }

    #[test]
    fn a_scale_beyond_every_decimal_is_refused() {
        for scale in ["-1", "39", MAX, MIN] {
            let error = refused(&format!("birgus_decimal_to_text(1, {scale})"));
            assert!(error.to_string().contains("from 0 to 38"), "{error}");
        }
    }

    #[test]
    fn doubles_are_cut_to_whole_ones() {
        for (expression, expected) in [
            ("birgus_floor(1.5)", 1.0),
            ("birgus_floor(-1.5)", -2.0),
            ("birgus_ceil(1.5)", 2.0),
            ("birgus_ceil(-1.5)", -1.0),
            ("birgus_floor(2)", 2.0),
            ("birgus_ceil(1e300)", 1e300),
        ] {
            assert_eq!(double(expression), Some(expected), "{expression}");
        }
        assert!(double("birgus_ceil(-0.5)").unwrap().is_sign_positive());
    }

    #[test]
    fn decimals_are_cut_to_whole_numbers() {
        gives("birgus_decimal_floor(1250, 2)", 12);
        gives("birgus_decimal_floor(-1250, 2)", -13);
        gives("birgus_decimal_floor(-1200, 2)", -12);
        gives("birgus_decimal_ceil(1250, 2)", 13);
        gives("birgus_decimal_ceil(-1250, 2)", -12);
        gives("birgus_decimal_ceil(1200, 2)", 12);
        gives("birgus_decimal_ceil(1, 38)", 1);
        gives("birgus_decimal_floor(-1, 38)", -1);
        gives(&format!("birgus_decimal_ceil({MIN}, 0)"), i64::MIN);
        gives(&format!("birgus_decimal_floor({MAX}, 0)"), i64::MAX);
    }
}
