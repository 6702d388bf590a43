//! How PostgreSQL maps letters by the rule of [`birgus_core::letter_case`].
//!
//! `COLLATE "C"`, which texts have, maps ASCII alone, so the collation that maps stands in the SQL. No one collation is
//! on every server.

use std::sync::LazyLock;

use birgus_core::letter_case;

/// A collation of the server's that maps letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterCase {
    /// PostgreSQL's own, on every server from 17 on.
    Builtin,
    /// The C library's, where it has the locale `C.utf8`: Debian from 12 on, RHEL.
    Libc,
    /// The same by its older name: Debian before 12, Ubuntu before 22.
    LibcDash,
    /// ICU's, which nearly every build has: Alpine, Windows. It maps one letter to several and looks at what stands
    /// around it, which the SQL has to prevent.
    Icu,
}

impl LetterCase {
    /// The best first: all but the last map letter by letter, and are faster.
    pub const ALL: [Self; 4] = [Self::Builtin, Self::Libc, Self::LibcDash, Self::Icu];

    /// A query for the names of those that the server has.
    pub const FIND: &str = "SELECT collname::text FROM pg_catalog.pg_collation \
         WHERE collnamespace = 'pg_catalog'::regnamespace AND collencoding IN (-1, 6) \
         AND collname IN ('pg_c_utf8', 'C.utf8', 'C.UTF-8', 'und-x-icu')";

    /// The best of those whose names a server gave.
    pub fn best_of<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<Self> {
        let names: Vec<&str> = names.into_iter().collect();
        Self::ALL
            .into_iter()
            .find(|letter_case| names.contains(&letter_case.collation()))
    }

    /// The name in `pg_collation`.
    pub fn collation(self) -> &'static str {
        match self {
            Self::Builtin => "pg_c_utf8",
            Self::Libc => "C.utf8",
            Self::LibcDash => "C.UTF-8",
            Self::Icu => "und-x-icu",
        }
    }

    /// What stands before and behind a text to give it in small letters.
    pub fn lower(self) -> (&'static str, &'static str) {
        match self {
            Self::Builtin => ("lower((", ") COLLATE \"pg_c_utf8\") COLLATE \"C\""),
            Self::Libc => ("lower((", ") COLLATE \"C.utf8\") COLLATE \"C\""),
            Self::LibcDash => ("lower((", ") COLLATE \"C.UTF-8\") COLLATE \"C\""),
            // ICU gives two letters for İ, and another one for a Σ at the end of a word.
            Self::Icu => (
                "lower(translate((",
                "), '\u{130}\u{3a3}', 'i\u{3c3}') COLLATE \"und-x-icu\") COLLATE \"C\"",
            ),
        }
    }

    /// What stands before and behind a text to give it in capital letters.
    ///
    /// By ICU, a text that holds the private characters U+10FF00 to U+10FF65 comes back with others in their place.
    pub fn upper(self) -> (&'static str, &'static str) {
        match self {
            Self::Builtin => ("upper((", ") COLLATE \"pg_c_utf8\") COLLATE \"C\""),
            Self::Libc => ("upper((", ") COLLATE \"C.utf8\") COLLATE \"C\""),
            Self::LibcDash => ("upper((", ") COLLATE \"C.UTF-8\") COLLATE \"C\""),
            Self::Icu => ("translate(upper(translate((", UPPER_BY_ICU.as_str()),
        }
    }
}

/// The letters that ICU gives several capital letters for: `ß`, `ŉ`, Greek ones with an iota, ligatures.
const SEVERAL: &[(char, char)] = &[
    ('\u{df}', '\u{df}'),
    ('\u{149}', '\u{149}'),
    ('\u{1f0}', '\u{1f0}'),
    ('\u{390}', '\u{390}'),
    ('\u{3b0}', '\u{3b0}'),
    ('\u{587}', '\u{587}'),
    ('\u{1e96}', '\u{1e9a}'),
    ('\u{1f50}', '\u{1f50}'),
    ('\u{1f52}', '\u{1f52}'),
    ('\u{1f54}', '\u{1f54}'),
    ('\u{1f56}', '\u{1f56}'),
    ('\u{1f80}', '\u{1faf}'),
    ('\u{1fb2}', '\u{1fb4}'),
    ('\u{1fb6}', '\u{1fb7}'),
    ('\u{1fbc}', '\u{1fbc}'),
    ('\u{1fc2}', '\u{1fc4}'),
    ('\u{1fc6}', '\u{1fc7}'),
    ('\u{1fcc}', '\u{1fcc}'),
    ('\u{1fd2}', '\u{1fd3}'),
    ('\u{1fd6}', '\u{1fd7}'),
    ('\u{1fe2}', '\u{1fe4}'),
    ('\u{1fe6}', '\u{1fe7}'),
    ('\u{1ff2}', '\u{1ff4}'),
    ('\u{1ff6}', '\u{1ff7}'),
    ('\u{1ffc}', '\u{1ffc}'),
    ('\u{fb00}', '\u{fb06}'),
    ('\u{fb13}', '\u{fb17}'),
];

/// The letters are hidden behind private characters, which ICU leaves alone, and come back as what they should be.
static UPPER_BY_ICU: LazyLock<String> = LazyLock::new(|| {
    let letters: String = SEVERAL
        .iter()
        .flat_map(|(first, last)| *first..=*last)
        .collect();
    let hidden: String = ('\u{10ff00}'..).take(letters.chars().count()).collect();
    let capitals = letter_case::upper(&letters);
    format!(
        "), '{letters}', '{hidden}') COLLATE \"und-x-icu\"), '{hidden}', '{capitals}') COLLATE \"C\""
    )
});
