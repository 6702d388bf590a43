//! What kind of statement a text is, by its words.

use crate::query::{dollar_quoted, quoted};

/// What a statement does, by its first word; for one that begins with `WITH`, by the word behind the expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatementKind {
    /// It reads: `SELECT`, `VALUES`.
    Select,
    /// `INSERT`, `REPLACE`
    Insert,
    /// `UPDATE`
    Update,
    /// `DELETE`
    Delete,
    /// A transaction begins.
    Begin,
    /// It is committed.
    Commit,
    /// It is rolled back as a whole.
    Rollback,
    /// A savepoint is set, released or rolled back to.
    Savepoint,
    /// Anything else: DDL, settings.
    Other,
}

impl StatementKind {
    /// Whether it only begins, divides or ends a transaction.
    pub fn is_transaction(self) -> bool {
        matches!(
            self,
            Self::Begin | Self::Commit | Self::Rollback | Self::Savepoint
        )
    }

    /// The kind of a text; of several statements the first one counts.
    pub(crate) fn of(text: &str) -> Self {
        let mut pieces = Pieces::new(text);
        match pieces.find(|piece| *piece != Piece::Semicolon) {
            Some(Piece::Word { word, .. }) => Self::of_words(word, &mut pieces),
            _ => Self::Other,
        }
    }

    fn of_words(first: &str, rest: &mut Pieces<'_>) -> Self {
        let rows = |word: &str| {
            Some(match word.to_ascii_uppercase().as_str() {
                "SELECT" | "VALUES" | "TABLE" => Self::Select,
                "INSERT" | "REPLACE" => Self::Insert,
                "UPDATE" => Self::Update,
                "DELETE" => Self::Delete,
                _ => return None,
            })
        };
        if let Some(kind) = rows(first) {
            return kind;
        }
        let mut behind = rest.map_while(|piece| match piece {
            Piece::Word { word, depth } => Some((word, depth)),
            Piece::Semicolon => None,
        });
        match first.to_ascii_uppercase().as_str() {
            "WITH" => behind
                .find_map(|(word, depth)| rows(word).filter(|_| depth == 0))
                .unwrap_or(Self::Other),
            "BEGIN" => Self::Begin,
            "START" if behind.any(|(word, _)| word.eq_ignore_ascii_case("TRANSACTION")) => {
                Self::Begin
            }
            "COMMIT" | "END" => Self::Commit,
            "ROLLBACK" if behind.any(|(word, _)| word.eq_ignore_ascii_case("TO")) => {
                Self::Savepoint
            }
            "ROLLBACK" | "ABORT" => Self::Rollback,
            "SAVEPOINT" | "RELEASE" => Self::Savepoint,
            _ => Self::Other,
        }
    }
}

/// A statement of a text: its kind, and whether it defines something that other transactions see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: StatementKind,
    pub(super) defines: bool,
}

/// The statements of a text. What follows a CREATE or ALTER is taken for its body, which may hold statements.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut pieces = Pieces::new(text);
    while let Some(piece) = pieces.next() {
        let Piece::Word { word, .. } = piece else {
            continue;
        };
        let kind = StatementKind::of_words(word, &mut pieces.clone());
        let is =
            |words: &[&str], word: &str| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        let defines = is(&["CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME"], word)
            && !matches!(pieces.clone().next(), Some(Piece::Word { word, .. }) if is(&["TEMPORARY", "TEMP"], word));
        parts.push(Part { kind, defines });
        if is(&["CREATE", "ALTER"], word) {
            break;
        }
        pieces.find(|piece| *piece == Piece::Semicolon);
    }
    parts
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A word, and how many parentheses stand around it.
    Word {
        word: &'a str,
        depth: usize,
    },
    Semicolon,
}

/// The words of SQL, without those of literals, quoted names and comments.
#[derive(Clone)]
struct Pieces<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Pieces<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            depth: 0,
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let rest = self.rest;
            let first = rest.chars().next()?;
            let length = match first {
                '\'' => quoted(rest, b'\''),
                '"' => quoted(rest, b'"'),
                '`' => quoted(rest, b'`'),
                '$' => dollar_quoted(rest),
                '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
                '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
                '(' => {
                    self.depth += 1;
                    1
                }
                ')' => {
                    self.depth = self.depth.saturating_sub(1);
                    1
                }
                ';' => {
                    self.take(1);
                    return Some(Piece::Semicolon);
                }
                letter if letter.is_alphabetic() || letter == '_' => {
                    let length = rest
                        .find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
                        .unwrap_or(rest.len());
                    let depth = self.depth;
                    let word = self.take(length);
                    return Some(Piece::Word { word, depth });
                }
                other => other.len_utf8(),
            };
            self.take(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StatementKind::*;
    use super::*;

    #[test]
    fn the_kind_is_that_of_the_word_that_does_something() {
        for (text, kind) in [
            ("SELECT 1", Select),
            ("  -- UPDATE\n /* DELETE */ select 1", Select),
            ("(SELECT 1) UNION (SELECT 2)", Select),
            ("VALUES (1)", Select),
            ("INSERT INTO a SELECT 1", Insert),
            ("REPLACE INTO a VALUES (1)", Insert),
            ("UPDATE a SET b = 'DELETE'", Update),
            ("DELETE FROM a", Delete),
            ("WITH RECURSIVE \"insert\" AS (SELECT 1) SELECT 2", Select),
            (
                "WITH a AS (SELECT 1 FROM (SELECT 2) b), c (d) AS (SELECT 3) INSERT INTO e SELECT 4",
                Insert,
            ),
            ("WITH a AS (SELECT ')') DELETE FROM b", Delete),
            ("WITH a AS (SELECT 1)", Other),
            ("BEGIN", Begin),
            ("begin immediate", Begin),
            ("START TRANSACTION", Begin),
            ("START SLAVE", Other),
            ("COMMIT", Commit),
            ("ROLLBACK", Rollback),
            ("ROLLBACK TO SAVEPOINT a", Savepoint),
            ("rollback to a", Savepoint),
            ("ROLLBACK; SELECT 1 FROM \"to\"", Rollback),
            ("SAVEPOINT a", Savepoint),
            ("RELEASE a", Savepoint),
            ("CREATE TABLE a (b INTEGER)", Other),
            ("; ;SELECT 1", Select),
            ("'unclosed", Other),
            ("é", Other),
            ("", Other),
        ] {
            assert_eq!(StatementKind::of(text), kind, "{text}");
        }
    }

    #[test]
    fn the_statements_of_a_text_are_told_apart() {
        let kinds = |text| -> Vec<_> {
            let parts = parts(text).into_iter();
            parts.map(|part| (part.kind, part.defines)).collect()
        };
        assert_eq!(
            kinds("SELECT ';'; DROP TABLE a; ROLLBACK -- ; COMMIT"),
            [(Select, false), (Other, true), (Rollback, false)]
        );
        assert_eq!(
            kinds("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END"),
            [(Other, true)]
        );
        assert_eq!(
            kinds("CREATE TEMPORARY TABLE a (b INTEGER)"),
            [(Other, false)]
        );
        assert_eq!(kinds("SET a = 1;;"), [(Other, false)]);
        assert!(kinds(" -- nothing").is_empty());
    }
}
