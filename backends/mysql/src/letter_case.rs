//! How MySQL and MariaDB map letters by the rule of [`birgus_core::letter_case`].

use std::sync::LazyLock;

use crate::dialect::MysqlDialect;
use crate::server::Product;

/// MariaDB's binary collation maps by Unicode 3; from 10.10.1 on there is one that maps by Unicode 14, before by 5.2. Of
/// two collations the last counts.
const MARIADB: &str = ") COLLATE utf8mb4_unicode_520_nopad_ci /*M!101001 COLLATE utf8mb4_uca1400_nopad_as_cs */) \
     COLLATE utf8mb4_nopad_bin";

impl MysqlDialect {
    /// What stands before and behind a text to give it in small letters.
    ///
    /// MySQL cuts a text off where its small letters need more bytes than its capital ones: `LOWER('Ⱥbcd')` is `ⱥ`. So
    /// the letters that grow are replaced before.
    pub fn lower_case(&self) -> (&'static str, &'static str) {
        match self.product() {
            Product::MariaDb => ("LOWER((", MARIADB),
            Product::Mysql => parts(&LOWER),
        }
    }

    /// What stands before and behind a text to give it in capital letters, in the same way.
    pub fn upper_case(&self) -> (&'static str, &'static str) {
        match self.product() {
            Product::MariaDb => ("UPPER((", MARIADB),
            Product::Mysql => parts(&UPPER),
        }
    }
}

/// Capital letters of two bytes whose small ones have three.
const GROWS_IN_LOWER: &[char] = &['\u{23a}', '\u{23e}'];

/// Small letters of two bytes whose capital ones have three.
const GROWS_IN_UPPER: &[char] = &[
    '\u{23f}', '\u{240}', '\u{250}', '\u{251}', '\u{252}', '\u{25c}', '\u{261}', '\u{265}',
    '\u{266}', '\u{26a}', '\u{26b}', '\u{26c}', '\u{271}', '\u{27d}', '\u{287}', '\u{29d}',
    '\u{29e}',
];

type Parts = (String, String);

static LOWER: LazyLock<Parts> =
    LazyLock::new(|| replacing("LOWER", GROWS_IN_LOWER, birgus_core::letter_case::lower));

static UPPER: LazyLock<Parts> =
    LazyLock::new(|| replacing("UPPER", GROWS_IN_UPPER, birgus_core::letter_case::upper));

fn parts(parts: &'static Parts) -> (&'static str, &'static str) {
    (&parts.0, &parts.1)
}

fn replacing(function: &str, letters: &[char], map: fn(&str) -> String) -> Parts {
    let before = format!("{function}({}", "REPLACE(".repeat(letters.len()));
    let mut behind = String::new();
    for letter in letters {
        let mapped = map(&letter.to_string());
        behind.push_str(&format!(", '{letter}', '{mapped}')"));
    }
    behind.push(')');
    (before, behind)
}

#[cfg(test)]
mod tests {
    use birgus_core::letter_case::{lower, upper};

    use super::*;

    #[test]
    fn the_letters_that_grow_are_all_there() {
        let growing = |map: fn(&str) -> String| -> Vec<char> {
            ('\0'..=char::MAX)
                .filter(|letter| map(&letter.to_string()).len() > letter.len_utf8())
                .collect()
        };
        assert_eq!(growing(lower), GROWS_IN_LOWER);
        assert_eq!(growing(upper), GROWS_IN_UPPER);
    }

    #[test]
    fn the_operand_is_written_once() {
        let (before, behind) = MysqlDialect::MYSQL.lower_case();
        assert_eq!(
            format!("{before}x{behind}"),
            "LOWER(REPLACE(REPLACE(x, 'Ⱥ', 'ⱥ'), 'Ⱦ', 'ⱦ'))"
        );
    }
}
