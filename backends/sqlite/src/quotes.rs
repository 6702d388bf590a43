//! Names in double quotes, in SQL that a user wrote.
//!
//! The bundled SQLite takes `"x"` for a text when no column has this name
//! (<https://www.sqlite.org/quirks.html#double_quoted_string_literals_are_accepted>). In backticks a name is a name.

use std::borrow::Cow;

/// The text with backticks around its names, each byte where it was. A name that holds a quote itself is left as it
/// stands, and so are the definitions that SQLite stores by their text.
pub(crate) fn names_in_backticks(sql: &str) -> Cow<'_, str> {
    if !sql.contains('"') || defines(sql) {
        return Cow::Borrowed(sql);
    }
    let mut text = sql.as_bytes().to_vec();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let rest = &sql.as_bytes()[at..];
        at += match byte {
            b'"' => {
                let length = quoted(rest, b'"');
                let name = &rest[1..length.saturating_sub(1).max(1)];
                let closed = length > 1 && rest.get(length - 1) == Some(&b'"');
                let doubled = rest.get(length) == Some(&b'"');
                if doubled {
                    skip_doubled(rest)
                } else {
                    if closed && !name.contains(&b'`') {
                        text[at] = b'`';
                        text[at + length - 1] = b'`';
                    }
                    length
                }
            }
            b'\'' | b'`' => quoted(rest, byte),
            b'[' => quoted(rest, b']'),
            b'-' if rest.starts_with(b"--") => until(rest, b"\n"),
            b'/' if rest.starts_with(b"/*") => until(rest, b"*/"),
            _ => 1,
        };
    }
    // Only ASCII was put in the place of ASCII.
    String::from_utf8(text).map_or(Cow::Borrowed(sql), Cow::Owned)
}

/// The length of a quoted piece, its closing quote included. A doubled quote begins another piece.
fn quoted(text: &[u8], close: u8) -> usize {
    let end = text.iter().skip(1).position(|byte| *byte == close);
    end.map_or(text.len(), |end| end + 2)
}

/// The length of a quoted name that holds doubled quotes.
fn skip_doubled(text: &[u8]) -> usize {
    let mut length = quoted(text, b'"');
    while text.get(length) == Some(&b'"') {
        length += quoted(&text[length..], b'"');
    }
    length
}

fn until(text: &[u8], end: &[u8]) -> usize {
    // Behind the two marks that begin the comment: `/*/` does not end it.
    let place = text.windows(end.len()).skip(2).position(|part| part == end);
    place.map_or(text.len(), |place| place + 2 + end.len())
}

/// Whether the statement's text is kept in the schema.
fn defines(sql: &str) -> bool {
    let word = sql
        .trim_start()
        .split(|letter: char| !letter.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    ["CREATE", "ALTER"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::names_in_backticks;

    #[test]
    fn names_are_put_into_backticks() {
        for (sql, expected) in [
            (
                r#"SELECT "a", "t"."b é" FROM "t" WHERE "a" = ?"#,
                "SELECT `a`, `t`.`b é` FROM `t` WHERE `a` = ?",
            ),
            (r#"SELECT """#, "SELECT ``"),
        ] {
            let found = names_in_backticks(sql);
            assert_eq!(found, expected);
            assert_eq!(found.len(), sql.len());
        }
    }

    #[test]
    fn what_is_no_name_stays() {
        for sql in [
            r#"SELECT 'say "a"', 'it''s "b"'"#,
            "SELECT `x\"y\"`, [a\"b\"]",
            "SELECT 1 -- \"a\" it's\n, 2 /* \"b\" ' */",
            r#"SELECT "a""b", """" FROM t"#,
            r#"SELECT "a`b""#,
            r#"SELECT "open"#,
            "SELECT 1 /*/ \"a\" */",
            r#"CREATE VIEW "v" AS SELECT "a" FROM "t""#,
            "SELECT 1",
        ] {
            assert_eq!(names_in_backticks(sql), sql);
        }
        assert_eq!(
            names_in_backticks("SELECT 1 -- it's\n, \"a\" /* ' */, \"b\""),
            "SELECT 1 -- it's\n, `a` /* ' */, `b`"
        );
    }
}
