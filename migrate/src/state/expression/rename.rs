//! Columns of expressions under other names.

use super::put_name;

/// An expression with every occurrence of a column under another name.
pub(crate) fn renamed(text: &str, from: &str, to: &str) -> String {
    let (mut old, mut new) = (String::new(), String::new());
    put_name(&mut old, from);
    put_name(&mut new, to);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // A text and a quoted name end where the same quote stands alone; a word where its letters end.
        let end = match first {
            '"' => {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                values.next();
                values.byte_offset().max(1)
            }
            '`' => {
                let mut at = 1;
                while let Some(found) = rest[at..].find('`') {
                    at += found + 1;
                    if !rest[at..].starts_with('`') {
                        break;
                    }
                    at += 1;
                }
                at
            }
            letter if letter.is_ascii_alphabetic() || letter == '_' => {
                let inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
                rest.find(|letter| !inside(letter)).unwrap_or(rest.len())
            }
            letter => letter.len_utf8(),
        };
        let (part, behind) = rest.split_at(end);
        // A name before `(` or `:` is an operation's, one behind `:` a type's.
        let is_column = !behind.starts_with(['(', ':']) && !out.ends_with(':');
        out.push_str(if part == old && is_column { &new } else { part });
        rest = behind;
    }
    out
}
