//! Values, with many from the edges of what a column holds.

use birgus::model::FieldInfo;
use birgus::prelude::*;
use serde_json::json;

use super::{Grammar, Type, type_of};
use crate::differential::value::{Kind, Mood, Val};

pub(super) const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "A",
    "ab",
    "aB",
    " ",
    "a ",
    " a",
    "a  ",
    "é",
    "É",
    "e\u{301}",
    "ß",
    "ẞ",
    "ſ",
    "İ",
    "ı",
    "I",
    "i",
    "ς",
    "Σ",
    "😀",
    "%",
    "_",
    "\\",
    "a%",
    "a_b",
    "\\%",
    "'",
    "\"",
    "''",
    "NULL",
    "0",
    "1.0",
    "-",
    "\t",
    "\n",
    "a\nb",
    "\u{7f}",
    "\u{a0}",
    "\u{ffff}",
    "\u{10ffff}",
    "zz",
    "école",
    "ÉCOLE",
];

const DATES: &[(i32, u32, u32)] = &[
    (2024, 5, 6),
    (1, 1, 1),
    (9999, 12, 31),
    (1970, 1, 1),
    (2024, 2, 29),
    (2023, 2, 28),
    (1900, 3, 1),
    (2000, 12, 31),
    (1582, 10, 10),
    (999, 12, 31),
    (2024, 12, 30),
    (2021, 1, 3),
];

const TIMES: &[(u32, u32, u32, u32)] = &[
    (0, 0, 0, 0),
    (12, 34, 56, 789_012),
    (23, 59, 59, 999_999),
    (12, 0, 0, 0),
    (0, 0, 0, 1),
    (23, 59, 59, 0),
    (1, 2, 3, 100_000),
];

impl Grammar<'_> {
    fn date(&mut self) -> NaiveDate {
        let (year, month, day) = *self.draw.pick(DATES);
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn time(&mut self) -> NaiveTime {
        let (hour, minute, second, micro) = *self.draw.pick(TIMES);
        NaiveTime::from_hms_micro_opt(hour, minute, second, micro).unwrap()
    }

    fn text(&mut self) -> String {
        if self.draw.chance(4) {
            let letter = *self.draw.pick(&["x", "é", "😀", "% "]);
            return letter.repeat(1 + self.draw.below(400));
        }
        if self.draw.chance(15) {
            let (left, right) = (*self.draw.pick(TEXTS), *self.draw.pick(TEXTS));
            return format!("{left}{right}");
        }
        (*self.draw.pick(TEXTS)).to_owned()
    }

    fn decimal(&mut self, precision: u32, scale: u8) -> Decimal {
        let most = 10_i64.pow(precision) - 1;
        let unit = 10_i64.checked_pow(u32::from(scale)).unwrap_or(0);
        let scaled = *self.draw.pick(&[
            0,
            unit,
            -unit,
            1,
            -1,
            unit / 2,
            -unit / 2,
            unit + unit / 2,
            unit * 2 + unit / 2,
            unit / 4,
            unit * 3,
            most,
            -most,
        ]);
        Decimal::new(scaled.clamp(-most, most), u32::from(scale))
    }

    /// A value, never NULL.
    pub(super) fn literal(&mut self, of: Type) -> Val {
        match of.kind {
            Kind::Bool => Val::Bool(self.draw.chance(50)),
            Kind::Small => Val::Small(*self.draw.pick(&[
                0,
                1,
                2,
                3,
                -1,
                -2,
                7,
                100,
                -100,
                i16::MAX,
                i16::MIN,
                32_766,
            ])),
            Kind::Int => Val::Int(*self.draw.pick(&[
                0,
                1,
                2,
                3,
                -1,
                -2,
                7,
                100,
                -1000,
                65_536,
                i32::MAX,
                i32::MIN,
                -1001,
            ])),
            Kind::Big => Val::Big(*self.draw.pick(&[
                0,
                1,
                2,
                3,
                4,
                5,
                6,
                -1,
                10,
                1 << 31,
                -(1 << 31) - 1,
                1 << 53,
                (1 << 53) + 1,
                i64::MAX,
                i64::MIN,
                i64::MAX - 1,
            ])),
            Kind::Double => Val::Double(*self.draw.pick(&[
                0.0,
                1.0,
                -1.0,
                -0.0,
                0.1,
                0.2,
                0.3,
                0.5,
                1.5,
                2.5,
                -2.5,
                3.0,
                1e10,
                1e15,
                1e16,
                1e17,
                123_456_789.123_456_79,
                9_007_199_254_740_993.0,
                1e-10,
                1e-300,
                5e-324,
                f64::MIN_POSITIVE,
                f64::MAX,
                f64::MIN,
                1.0 / 3.0,
                2.0_f64.powi(63),
                -(2.0_f64.powi(63)),
            ])),
            Kind::Text => Val::Text(self.text()),
            Kind::Bytes => Val::Bytes(match self.draw.below(8) {
                0 => Vec::new(),
                1 => vec![0],
                2 => vec![255],
                3 => vec![0, 0],
                4 => b"a".to_vec(),
                5 => vec![0xff, 0xfe, 0],
                6 => vec![0x5c, 0x78, 0x30],
                _ => (0..=255).collect(),
            }),
            Kind::Decimal => Val::Decimal(self.decimal(18.min(4 + u32::from(of.scale)), of.scale)),
            Kind::Date => Val::Date(self.date()),
            Kind::Time => Val::Time(self.time()),
            Kind::Moment => Val::Moment(self.date().and_time(self.time())),
            Kind::Instant => Val::Instant(self.date().and_time(self.time()).and_utc()),
            Kind::Uuid => Val::Uuid(Uuid::from_u128(*self.draw.pick(&[
                1,
                0,
                2,
                3,
                4,
                u128::MAX,
                1 << 127,
                0x0123_4567_89ab_cdef_0123_4567_89ab_cdef,
            ]))),
            Kind::Json => Val::Json(Json(match self.draw.below(20) {
                0 => json!(null),
                1 => json!(true),
                2 => json!(1),
                3 => json!(1.0),
                4 => json!("a"),
                5 => json!(""),
                6 => json!("é\"\\\n"),
                7 => json!([]),
                8 => json!({}),
                9 => json!({"a": 1}),
                10 => json!({"b": 2, "a": [1, 2.5, null, {"c": "ü"}]}),
                11 => json!(i64::MAX),
                12 => json!(i64::MIN),
                13 => json!(0.1),
                14 => json!(1e300),
                15 => json!({"": "", "a b": {"'": "\""}}),
                16 => json!([[[]], false]),
                17 => json!(-0.0),
                18 => json!({"aa": 1, "b": 2, "B": 3, "é": 4}),
                _ => json!([1e15, 1e16, 1e17, 123_456_789.125, 5e-324]),
            })),
            Kind::Mood => Val::Mood(*self.draw.pick(&[Mood::Happy, Mood::Grumpy, Mood::SoSo])),
        }
    }

    /// A value that a column can hold, NULL among them where it may be.
    pub(super) fn stored(&mut self, field: &'static FieldInfo) -> Val {
        if field.nullable && self.draw.chance(20) {
            return Val::Null;
        }
        if let (Kind::Decimal, Some((precision, scale))) = (type_of(field).kind, field.precision) {
            return Val::Decimal(self.decimal(u32::from(precision), scale));
        }
        let value = self.literal(type_of(field));
        match (value, field.length) {
            (Val::Text(text), Some(length)) => {
                Val::Text(text.chars().take(length as usize).collect())
            }
            (value, _) => value,
        }
    }
}
