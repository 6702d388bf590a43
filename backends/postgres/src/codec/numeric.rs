//! NUMERIC: digits to the base 10,000.
//!
//! Layout: count of digits, weight of the first one (its power of 10,000), sign, digits behind the decimal point to
//! display, then the digits; 16 bits each.

use rust_decimal::Decimal;

use super::encode::Sink;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const BASE: i128 = 10_000;
/// Decimal digits in one digit to the base 10,000.
const GROUP: i32 = 4;

/// 96 bits are 29 decimal digits, 32 after the last group is filled up.
const MOST_GROUPS: usize = 8;

pub(super) fn encode<S: Sink>(value: &Decimal, out: &mut S) {
    let scale = value.scale();
    // Fill the last group up, so that the point falls between two groups.
    let padding = (4 - scale % 4) % 4;
    let mut rest = value.mantissa().abs() * 10_i128.pow(padding);
    let groups_behind_point = i16::try_from((scale + padding) / 4).unwrap_or(0);

    let mut digits = [0_i16; MOST_GROUPS];
    let mut first = MOST_GROUPS;
    while rest > 0 {
        first -= 1;
        digits[first] = i16::try_from(rest % BASE).unwrap_or(0);
        rest /= BASE;
    }
    let mut digits = &digits[first..];
    let weight = i16::try_from(digits.len()).unwrap_or(0) - groups_behind_point - 1;
    while let [before @ .., 0] = digits {
        digits = before;
    }

    let sign = if value.is_sign_negative() && !digits.is_empty() {
        NEGATIVE
    } else {
        POSITIVE
    };
    let weight = if digits.is_empty() { 0 } else { weight };
    out.put(&u16::try_from(digits.len()).unwrap_or(0).to_be_bytes());
    out.put(&weight.to_be_bytes());
    out.put(&sign.to_be_bytes());
    out.put(&u16::try_from(scale).unwrap_or(0).to_be_bytes());
    for digit in digits {
        out.put(&digit.to_be_bytes());
    }
}

/// Reads a number and gives it the scale asked for, rounding half away from zero as PostgreSQL does.
pub(super) fn decode(bytes: &[u8], scale: u8) -> Result<Decimal, &'static str> {
    const MALFORMED: &str = "a malformed numeric";
    const TOO_LARGE: &str = "a numeric of more than 28 digits";

    let (words, []) = bytes.as_chunks::<2>() else {
        return Err(MALFORMED);
    };
    let [count, weight, sign, _display, digits @ ..] = words else {
        return Err(MALFORMED);
    };
    let weight = i32::from(i16::from_be_bytes(*weight));
    let negative = match u16::from_be_bytes(*sign) {
        POSITIVE => false,
        NEGATIVE => true,
        _ => return Err("a numeric that is NaN or infinite"),
    };
    if usize::from(u16::from_be_bytes(*count)) != digits.len() {
        return Err(MALFORMED);
    }

    // The number is `mantissa * 10^exponent`, over those groups that reach the last digit asked for and one group
    // more: what follows can't change how that digit is rounded.
    let mut mantissa = 0_i128;
    let mut exponent = (weight + 1) * GROUP;
    for digit in digits {
        if exponent < -i32::from(scale) - GROUP {
            break;
        }
        mantissa =
            mantissa.checked_mul(BASE).ok_or(TOO_LARGE)? + i128::from(i16::from_be_bytes(*digit));
        exponent -= GROUP;
    }

    let shift = exponent + i32::from(scale);
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    let mantissa = match power {
        _ if mantissa == 0 => 0,
        Some(power) if shift >= 0 => mantissa.checked_mul(power).ok_or(TOO_LARGE)?,
        Some(power) => mantissa / power + i128::from(mantissa % power * 2 >= power),
        None if shift >= 0 => return Err(TOO_LARGE),
        None => 0,
    };
    let mantissa = if negative { -mantissa } else { mantissa };
    Decimal::try_from_i128_with_scale(mantissa, u32::from(scale)).map_err(|_| TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn bytes(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&decimal(text), &mut out);
        out
    }

    #[test]
    fn the_layout_is_postgresqls() {
        // SELECT encode(numeric_send(12345.678), 'hex') etc.
        for (text, hex) in [
            ("12345.678", "0003000100000003000109291a7c"),
            ("-0.01", "0001ffff400000020064"),
            ("0", "0000000000000000"),
            ("0.00", "0000000000000002"),
            ("10000", "00010001000000000001"),
            ("100000000.0001", "00040002000000040001000000000001"),
        ] {
            let found: String = bytes(text)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(found, hex, "{text}");
        }
    }

    #[test]
    fn numbers_come_back_with_their_scale() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "0.1",
            "-0.0001",
            "0.00001",
            "9999",
            "10000",
            "99999999.99999999",
            "-999999999999999999",
            "0.999999999999999999",
            "79228162514264337593543950335",
            "-7.9228162514264337593543950335",
            "0.0000000000000000000000000001",
        ] {
            let value = decimal(text);
            let read = decode(&bytes(text), u8::try_from(value.scale()).unwrap()).unwrap();
            assert_eq!(read.to_string(), value.to_string());
        }
    }

    #[test]
    fn another_scale_is_filled_up_or_rounded_half_away_from_zero() {
        for (text, scale, read) in [
            ("5", 2, "5.00"),
            ("10000", 4, "10000.0000"),
            ("1.235", 2, "1.24"),
            ("-1.235", 2, "-1.24"),
            ("1.2349999999999999999999", 2, "1.23"),
            ("0.5", 0, "1"),
            ("0.00004999", 4, "0.0000"),
            ("99.995", 2, "100.00"),
        ] {
            assert_eq!(
                decode(&bytes(text), scale).unwrap().to_string(),
                read,
                "{text}"
            );
        }
    }

    #[test]
    fn long_fractions_and_large_numbers_are_handled() {
        // 1/3 with 40 digits, as AVG may give it.
        let mut third = vec![0, 10, 0xff, 0xff, 0, 0, 0, 40];
        third.extend([0x0d, 0x05].repeat(10));
        assert_eq!(decode(&third, 2).unwrap().to_string(), "0.33");
        assert_eq!(
            decode(&third, 20).unwrap().to_string(),
            "0.33333333333333333333"
        );
        // 10^40
        assert!(decode(&[0, 1, 0, 10, 0, 0, 0, 0, 0, 1], 0).is_err());
        // NaN
        assert!(decode(&[0, 0, 0, 0, 0xc0, 0, 0, 0], 0).is_err());
        assert!(decode(&[0, 2, 0, 0, 0, 0, 0, 0, 0, 1], 0).is_err());
        assert!(decode(&[0], 0).is_err());
    }
}
