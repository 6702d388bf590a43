//! Reading back the texts of an enum from what the server kept of its CHECK.

/// The texts in `"role" in ('admin', 'user')`, in any form that the two servers write it in:
///
/// * MySQL: `` (`role` in (_utf8mb4\'admin\',convert(0xC3A9 using utf8mb4))) ``, quotes escaped once for the data
///   dictionary;
/// * MariaDB: `"role" in ('it\'s','user')`, and `"role" = 'admin'` for a list of one.
///
/// `None` for any other expression.
pub(crate) fn list_of_texts(clause: &str) -> Option<Vec<String>> {
    let mut rest = clause.trim_start_matches(['(', ' ']);
    rest = skip_identifier(rest)?.trim_start();
    let list = if let Some(list) = strip_word(rest, "in") {
        list.trim_start().strip_prefix('(')?
    } else {
        rest.strip_prefix('=')?
    };
    let mut texts = Vec::new();
    let mut rest = list.trim_start();
    loop {
        let (text, after) = text_literal(rest)?;
        texts.push(text);
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => break,
        }
    }
    // Nothing but the closing parentheses: `in ('a') or …` is another check.
    rest.chars()
        .all(|letter| letter == ')' || letter == ' ')
        .then_some(texts)
}

/// The texts of a column of type `enum('a','it''s')`.
pub(crate) fn enum_values(column_type: &str) -> Option<Vec<String>> {
    let list = column_type.strip_prefix("enum(")?.strip_suffix(')')?;
    let mut values = Vec::new();
    let mut rest = list;
    loop {
        let (value, after) = quoted(rest.strip_prefix('\'')?, false)?;
        values.push(value);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return after.is_empty().then_some(values),
        }
    }
}

fn skip_identifier(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|first| "\"`".contains(*first))?;
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((position, letter)) = letters.next() {
        if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return text.get(position + quote.len_utf8()..);
        }
    }
    None
}

fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (start, rest) = (text.get(..word.len())?, text.get(word.len()..)?);
    (start.eq_ignore_ascii_case(word) && rest.starts_with([' ', '('])).then_some(rest)
}

/// A text at the beginning, in any form, and what follows it.
fn text_literal(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix("_utf8mb4").unwrap_or(text);
    if let Some(rest) = text.strip_prefix("\\'") {
        return quoted(rest, true);
    }
    if let Some(rest) = text.strip_prefix('\'') {
        return quoted(rest, false);
    }
    let rest = strip_word(text, "convert")?.strip_prefix('(')?;
    let (hexadecimal, rest) = match rest.strip_prefix("0x") {
        Some(rest) => rest.split_once(' ')?,
        None => rest
            .strip_prefix(['X', 'x'])?
            .strip_prefix('\'')?
            .split_once("' ")?,
    };
    let rest = strip_word(rest, "using")?.trim_start();
    let (charset, rest) = rest.split_once(')')?;
    if charset != "utf8mb4" {
        return None;
    }
    let bytes: Option<Vec<u8>> = hexadecimal
        .as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())
        .collect();
    Some((String::from_utf8(bytes?).ok()?, rest))
}

/// The rest of a quoted text. When the clause is `escaped` as a whole, the closing quote is `\'` and a quote inside is
/// `\\\'`.
fn quoted(text: &str, escaped: bool) -> Option<(String, &str)> {
    // Each letter with where it ends in the text.
    let letters = if escaped {
        unescape_once(text)
    } else {
        let ends = text.char_indices();
        ends.map(|(at, letter)| (at + letter.len_utf8(), letter))
            .collect()
    };
    let mut value = String::new();
    let mut letters = letters.iter().peekable();
    while let Some((end, letter)) = letters.next() {
        match letter {
            '\'' => {
                if letters.next_if(|(_, next)| *next == '\'').is_none() {
                    return Some((value, text.get(*end..)?));
                }
                value.push('\'');
            }
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'b' => '\u{8}',
                'Z' => '\u{1a}',
                other => other,
            }),
            other => value.push(*other),
        }
    }
    None
}

/// Takes one level of backslash escapes off, and keeps where each letter ended in the source.
fn unescape_once(text: &str) -> Vec<(usize, char)> {
    let mut letters = text.char_indices();
    let mut result = Vec::with_capacity(text.len());
    while let Some((at, letter)) = letters.next() {
        let (at, letter) = match letter {
            '\\' => match letters.next() {
                Some((at, 'n')) => (at, '\n'),
                Some((at, 'r')) => (at, '\r'),
                Some((at, 't')) => (at, '\t'),
                Some((at, other)) => (at, other),
                None => (at, letter),
            },
            _ => (at, letter),
        };
        result.push((at + letter.len_utf8(), letter));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_servers_ways_of_writing_a_list_are_read() {
        for (clause, texts) in [
            (
                r"(`role` in (_utf8mb4\'admin\',_utf8mb4\',(\',_utf8mb4\'\'))",
                vec!["admin", ",(", ""],
            ),
            (
                r"(`role` in (convert(0x6974277320 using utf8mb4),_utf8mb4\'x\'))",
                vec!["it's ", "x"],
            ),
            (
                r#""role" in ('admin','it\'s','back\\slash','nl\nx','),')"#,
                vec!["admin", "it's", "back\\slash", "nl\nx", "),"],
            ),
            (r#""one" = 'x'"#, vec!["x"]),
            (r#""one" = convert(0xC3A9 using utf8mb4)"#, vec!["é"]),
            (r#""we""ird `x" in ('a','b')"#, vec!["a", "b"]),
            (r"(`one` = _utf8mb4\'x\')", vec!["x"]),
            (
                r"(`q` in (_utf8mb4\'a\\\'b\',_utf8mb4\'c\'))",
                vec!["a'b", "c"],
            ),
        ] {
            assert_eq!(list_of_texts(clause).unwrap(), texts, "{clause}");
        }
    }

    #[test]
    fn another_expression_is_not_a_list() {
        for clause in [
            r#""a" in (0,1)"#,
            r#""a" in ('x') or "b" = 'y'"#,
            r#""a" > 'x'"#,
            r#"length("a") = 'x'"#,
            r#""a" in ('x"#,
            "",
        ] {
            assert_eq!(list_of_texts(clause), None, "{clause}");
        }
    }

    #[test]
    fn the_values_of_an_enum_type_are_read() {
        assert_eq!(
            enum_values("enum('a','it''s','c,d')").unwrap(),
            ["a", "it's", "c,d"]
        );
        assert_eq!(enum_values("enum('a'"), None);
    }
}
