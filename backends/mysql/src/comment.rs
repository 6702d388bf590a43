//! Comments of columns, which hold what a type does not say beside what people are told.

use crate::ddl::{ENUM_COMMENT, TIMESTAMP_COMMENT};

/// What stands between the type's part and the people's.
const SEPARATOR: &str = "; ";

/// What stands before a comment that would read as a type's part.
const PLAIN: &str = "- ";

/// The whole comment: of the type's part and the people's.
pub(crate) fn join(marker: Option<&str>, comment: Option<&str>) -> Option<String> {
    match (marker, comment) {
        (None, None) => None,
        (Some(marker), None) => Some(marker.to_owned()),
        (Some(marker), Some(comment)) => Some(format!("{marker}{SEPARATOR}{comment}")),
        (None, Some(comment)) => {
            let odd = [TIMESTAMP_COMMENT, ENUM_COMMENT, PLAIN];
            let plain = if odd.iter().any(|marker| comment.starts_with(marker)) {
                PLAIN
            } else {
                ""
            };
            Some(format!("{plain}{comment}"))
        }
    }
}

/// The type's part and the people's of a whole comment; an empty one is none.
pub(crate) fn split(comment: &str) -> (Option<&str>, Option<String>) {
    let end = if comment.starts_with(ENUM_COMMENT) {
        end_of_list(comment)
    } else if comment.starts_with(TIMESTAMP_COMMENT) {
        Some(TIMESTAMP_COMMENT.len())
    } else {
        None
    };
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if let Some((marker, rest)) = end.and_then(|end| comment.split_at_checked(end)) {
        if rest.is_empty() {
            return (Some(marker), None);
        }
        if let Some(rest) = rest.strip_prefix(SEPARATOR) {
            return (Some(marker), told(rest));
        }
    }
    (None, told(comment.strip_prefix(PLAIN).unwrap_or(comment)))
}

/// Behind the list of an enum's texts; what stands in quotes ends where the same quote stands alone.
fn end_of_list(comment: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_usize;
    for (at, byte) in comment.bytes().enumerate() {
        match (quote, byte) {
            (Some(own), _) if own == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{join, split};

    #[test]
    fn both_parts_come_back() {
        let list = "enum \"a)\" IN ('b', CONVERT(0x27 USING utf8mb4))";
        for marker in [None, Some("UTC"), Some(list)] {
            for comment in [
                None,
                Some("when"),
                Some("UTC"),
                Some("- x"),
                Some("enum ); ("),
            ] {
                let whole = join(marker, comment).unwrap_or_default();
                assert_eq!(
                    split(&whole),
                    (marker, comment.map(str::to_owned)),
                    "{whole}"
                );
            }
        }
    }

    #[test]
    fn a_comment_of_somebody_else_is_no_type() {
        assert_eq!(split("UTC offset"), (None, Some("UTC offset".to_owned())));
        assert_eq!(split(""), (None, None));
    }
}
