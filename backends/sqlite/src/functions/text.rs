//! Text: by characters, which are Unicode scalar values, and with the one rule for capital and small letters.

use birgus_core::letter_case;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;

use super::argument::{Given, with, with_three};

#[allow(missing_docs, unreachable_pub, dead_code)]
mod declared {
    use diesel::declare_sql_function;
    use diesel::sql_types::{BigInt, Nullable, Text};

    #[declare_sql_function]
    extern "SQL" {
        fn birgus_lower(text: Nullable<Text>) -> Nullable<Text>;
        fn birgus_upper(text: Nullable<Text>) -> Nullable<Text>;
        fn birgus_substring(
            text: Nullable<Text>,
            start: Nullable<BigInt>,
            length: Nullable<BigInt>,
        ) -> Nullable<Text>;
        fn birgus_trim(text: Nullable<Text>) -> Nullable<Text>;
        fn birgus_trim_start(text: Nullable<Text>) -> Nullable<Text>;
        fn birgus_trim_end(text: Nullable<Text>) -> Nullable<Text>;
    }
}

pub(super) fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    declared::birgus_lower_utils::register_impl(connection, |text: Given<String>| {
        with(text, |text| Ok(Some(letter_case::lower(&text))))
    })?;
    declared::birgus_upper_utils::register_impl(connection, |text: Given<String>| {
        with(text, |text| Ok(Some(letter_case::upper(&text))))
    })?;
    declared::birgus_substring_utils::register_impl(
        connection,
        |text: Given<String>, start: Given<i64>, length: Given<i64>| {
            with_three(text, start, length, |text, start, length| {
                Ok(Some(substring(&text, start, length).to_owned()))
            })
        },
    )?;
    declared::birgus_trim_utils::register_impl(connection, |text: Given<String>| {
        with(text, |text| Ok(Some(text.trim_matches(' ').to_owned())))
    })?;
    declared::birgus_trim_start_utils::register_impl(connection, |text: Given<String>| {
        with(text, |text| {
            Ok(Some(text.trim_start_matches(' ').to_owned()))
        })
    })?;
    declared::birgus_trim_end_utils::register_impl(connection, |text: Given<String>| {
        with(text, |text| Ok(Some(text.trim_end_matches(' ').to_owned())))
    })
}

/// Characters are counted from 1; a start before the first is the first, a negative length is none.
fn substring(text: &str, start: i64, length: i64) -> &str {
    // No text is longer than `usize` counts.
    let count = |number: i64| usize::try_from(number.max(0)).unwrap_or(usize::MAX);
    let rest = after(text, count(start.saturating_sub(1)));
    let end = rest.len() - after(rest, count(length)).len();
    rest.get(..end).unwrap_or_default()
}

/// What is left behind so many characters.
fn after(text: &str, characters: usize) -> &str {
    let from = text
        .char_indices()
        .nth(characters)
        .map_or(text.len(), |(index, _)| index);
    text.get(from..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::asked::{integer, text};

    fn gives(expression: &str, expected: &str) {
        assert_eq!(text(expression).as_deref(), Some(expected), "{expression}");
    }

    #[test]
    fn cases_are_mapped_letter_by_letter() {
        gives("birgus_lower('ÉCOLE ΣΑΣ İ Ⱥb')", "école σασ i ⱥb");
        gives("birgus_upper('straße ɐbc ﬁ ς')", "STRAßE ⱯBC ﬁ Σ");
        gives("birgus_lower('')", "");
        assert_eq!(integer("birgus_lower('É') = birgus_lower('é')"), Some(1));
    }

    #[test]
    fn a_substring_counts_characters_from_1() {
        gives("birgus_substring('añ😀z', 2, 2)", "ñ😀");
        gives("birgus_substring('abc', 0, 2)", "ab");
        gives("birgus_substring('abc', -5, 2)", "ab");
        gives("birgus_substring('abc', 2, 99)", "bc");
        gives("birgus_substring('abc', 2, 0)", "");
        gives("birgus_substring('abc', 2, -1)", "");
        gives("birgus_substring('abc', 4, 1)", "");
        gives(
            "birgus_substring('abc', 9223372036854775807, 9223372036854775807)",
            "",
        );
        gives(
            "birgus_substring('abc', -9223372036854775807 - 1, 9223372036854775807)",
            "abc",
        );
        gives("birgus_substring('', 1, 1)", "");
        gives("birgus_substring('e' || char(769), 1, 1)", "e");
    }

    #[test]
    fn spaces_are_trimmed_and_nothing_else() {
        gives(
            "'[' || birgus_trim('  a b ' || char(9) || ' ') || ']'",
            "[a b \t]",
        );
        gives("'[' || birgus_trim_start('  a ') || ']'", "[a ]");
        gives("'[' || birgus_trim_end('  a ') || ']'", "[  a]");
        gives("'[' || birgus_trim(char(160) || 'a') || ']'", "[\u{a0}a]");
        gives("birgus_trim('   ')", "");
    }

    #[test]
    fn replace_leaves_a_text_alone_when_there_is_nothing_to_find() {
        gives("replace('abc', '', 'x')", "abc");
    }
}
