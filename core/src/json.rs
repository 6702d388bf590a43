//! JSON documents as text, in one form for every engine.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::Formatter;

/// Writes a document the way every engine gives it back: no spaces, and floating-point numbers without an exponent
/// and always with a point.
///
/// PostgreSQL keeps numbers as decimals and would turn `1e16` into an integer; MySQL sorts keys, so documents are
/// compared parsed, never as text.
///
/// ```
/// assert_eq!(birgus_core::json::canonical_text(&serde_json::json!({"a": 1e16, "b": [-0.0]})),
///            r#"{"a":10000000000000000.0,"b":[0.0]}"#);
/// ```
pub fn canonical_text(document: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Canonical);
    // Writing a `Value` to memory fails for no document; an empty text would be refused by every engine.
    if document.serialize(&mut serializer).is_err() {
        bytes.clear();
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Appends a text as a JSON string.
///
/// ```
/// let mut json = String::new();
/// birgus_core::json::push_string(&mut json, "say \"é\"\n");
/// assert_eq!(json, r#""say \"é\"\n""#);
/// ```
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\u{0}'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

/// The bytes that [`push_string`] appends.
pub(crate) fn quoted_length(text: &str) -> usize {
    let letters = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' => 2,
        0..=0x1f => 6,
        _ => 1,
    });
    letters.sum::<usize>() + 2
}

/// Appends bytes as a JSON string of hexadecimal digits.
pub fn push_bytes(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for byte in bytes {
        let _ = write!(out, "{byte:02X}");
    }
    out.push('"');
}

/// Whether the text of a document holds U+0000 in a text or key, which PostgreSQL's `jsonb` refuses.
pub(crate) fn holds_nul(document: &str) -> bool {
    const ESCAPED: &str = "\\u0000";
    (document.match_indices(ESCAPED)).any(|(at, _)| {
        // `\\u0000` is a backslash, and the letters of a code.
        let before = document[..at].bytes().rev();
        before.take_while(|byte| *byte == b'\\').count() % 2 == 0
    })
}

/// A text as JSON writes it: in quotes, with escapes. It is the form of a key in the paths of most engines.
///
/// ```
/// assert_eq!(birgus_core::json::quoted("a \"b\""), r#""a \"b\"""#);
/// ```
pub fn quoted(text: &str) -> String {
    canonical_text(&Value::String(text.to_owned()))
}

/// The levels of arrays and objects in a document.
pub(crate) fn depth(document: &Value) -> usize {
    match document {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

struct Canonical;

impl Formatter for Canonical {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let value = if value == 0.0 { 0.0 } else { value };
        let mut text = String::new();
        let _ = write!(text, "{value}");
        if !text.contains('.') {
            text.push_str(".0");
        }
        writer.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_has_its_length() {
        for text in ["", "a", "\"\\\n", "\t\u{1}\u{1f} ", "é😀\u{7f}"] {
            let mut out = String::new();
            push_string(&mut out, text);
            assert_eq!(quoted_length(text), out.len(), "{text:?}");
        }
    }

    #[test]
    fn nul_is_told_from_the_letters_of_its_code() {
        let holds = |document: Value| holds_nul(&canonical_text(&document));
        for text in ["\0", "a\0b", "\\\0", "\\u0000\0"] {
            assert!(holds(serde_json::json!([text])), "{text:?}");
            assert!(holds(serde_json::json!({ text: 1 })), "{text:?}");
        }
        for text in ["", "\\u0000", "\\\\u0000", "u0000", "\u{1}0"] {
            assert!(!holds(serde_json::json!([text])), "{text:?}");
        }
    }
}
