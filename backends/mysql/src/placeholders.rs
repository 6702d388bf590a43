//! No statement reaches the client with a `?` that nothing is bound to.

use birgus_core::backend::Statement;
use birgus_core::{Error, Result};

/// Refuses a statement whose text has more placeholders than binds, as the server reads it. The client library would
/// read the binds that are missing from memory that nobody has written.
///
/// Core has refused such text where every engine takes it for code; what only this server takes for code is left:
/// `--?` is no comment here, and `/*! … */` is none either.
///
/// # Errors
///
/// `is_invalid_query()`
pub(crate) fn check(statement: &Statement) -> Result<()> {
    let bound = statement.placeholders().len();
    let marks = |text: &str| text.bytes().filter(|byte| *byte == b'?').count();
    if marks(statement.text()) <= bound || marks(&code(statement.text())) <= bound {
        return Ok(());
    }
    Err(Error::invalid_query(
        "the text holds a `?` that nothing is bound to: bind values by name (`:name`)",
    ))
}

/// The text without what the server passes over: literals, quoted names, comments. When in doubt, a piece is code: a
/// statement that is refused does less harm than one that is not.
///
/// The rules are those of <https://dev.mysql.com/doc/refman/8.4/en/comments.html>, under ANSI_QUOTES and
/// NO_BACKSLASH_ESCAPES.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let passed = match first {
            '\'' | '"' | '`' => rest[1..].find(first).map(|end| end + 2),
            '#' => Some(line(rest)),
            '-' if is_dash_comment(rest) => Some(line(rest)),
            '/' if rest.starts_with("/*!") || rest.starts_with("/*M!") => None,
            '/' if rest.starts_with("/*") => rest.find("*/").map(|end| end + 2),
            _ => None,
        };
        match passed {
            // A doubled quote begins the next literal right behind this one, which gives the same.
            Some(length) => {
                code.push(' ');
                rest = &rest[length..];
            }
            None => {
                code.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    code
}

/// The length of what is left of the line.
fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Whether two dashes begin a comment: only before a space, a control character or the end.
fn is_dash_comment(text: &str) -> bool {
    text.strip_prefix("--").is_some_and(|rest| {
        rest.chars()
            .next()
            .is_none_or(|next| next.is_ascii_whitespace() || next.is_ascii_control())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        check(&Statement::once(text)).is_err()
    }

    #[test]
    fn a_mark_that_the_server_takes_for_code_is_refused() {
        for text in [
            "SELECT ?",
            "SELECT 1 --?",
            "SELECT 1 /*! + ? */",
            "SELECT 1 /*M! + ? */",
            "SELECT 1 /*!80000 + ? */",
            "SELECT 1 # it's\n + ?",
            "SELECT 'it''s', ?",
            "SELECT 'a\\', ?",
            "SELECT 1 -- it's\n, ?",
            "SELECT 'unclosed ?",
        ] {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn a_mark_that_the_server_passes_over_is_left_alone() {
        for text in [
            "SELECT 'what?', \"why?\", `how?`",
            "SELECT 1 -- ?",
            "SELECT 1 --\t?\n, 2",
            "SELECT 1 # ?",
            "SELECT 1 /* ? */",
            "SELECT 'it''s ?'",
            "SELECT 1",
        ] {
            assert!(!refused(text), "{text}");
        }
    }
}
