//! Simple checks in an engine's text, as conditions of the query language: comparisons of a column with constants, joined by AND.

use birgus_core::schema::{Column, ColumnType, Table};

use super::value;

/// A condition on a column.
#[derive(Debug)]
struct Condition {
    column: String,
    /// The method of the query language.
    method: &'static str,
    /// The constants, in SQL.
    constants: Vec<String>,
}

/// The condition that a check is, as an expression; `None` for what is not that simple, or not sure to mean the same everywhere.
/// `field` gives the field of a column, as it is written.
pub(super) fn condition(
    sql: &str,
    table: &Table,
    field: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let sql = sql.strip_prefix("CHECK ").unwrap_or(sql);
    let mut reader = Reader {
        tokens: tokens(sql)?,
        at: 0,
    };
    let conditions = reader.conjunction()?;
    if reader.at < reader.tokens.len() {
        return None;
    }
    let mut written = Vec::with_capacity(conditions.len());
    for condition in &conditions {
        let column = table.column(&condition.column)?;
        let field = field(&condition.column)?;
        written.push(format!("Self::{field}{}", call(condition, column, table)?));
    }
    let first = written.first()?.clone();
    let rest = written.iter().skip(1);
    Some(rest.fold(first, |all, one| format!("{all}.and({one})")))
}

fn call(condition: &Condition, column: &Column, table: &Table) -> Option<String> {
    // No engine's check may look at these on every engine.
    let in_key = |key: &birgus_core::schema::ForeignKey| key.columns.contains(&column.name);
    if column.identity || column.computed.is_some() || table.foreign_keys.iter().any(in_key) {
        return None;
    }
    let equality = ["eq", "in_"].contains(&condition.method);
    let allowed = match column.column_type {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => true,
        ColumnType::Decimal { .. } => true,
        ColumnType::Double => !equality && condition.method != "ne",
        // The order of texts is the collation's.
        ColumnType::Varchar { .. } | ColumnType::Text => equality || condition.method == "ne",
        _ => false,
    };
    if !allowed || (condition.method == "ne" && column.nullable) {
        return None;
    }
    let constants = (condition.constants.iter())
        .map(|sql| value::constant(sql, &column.column_type, |_| None))
        .collect::<Option<Vec<_>>>()?
        .join(", ");
    Some(match condition.method {
        "in_" => format!(".in_([{constants}])"),
        method => format!(".{method}({constants})"),
    })
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A word, in the case in which it is written.
    Word(String),
    /// A name in quotes.
    Name(String),
    Text(String),
    Number(String),
    Symbol(String),
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn conjunction(&mut self) -> Option<Vec<Condition>> {
        let mut all = self.part()?;
        while self.word("and") {
            all.extend(self.part()?);
        }
        Some(all)
    }

    /// A condition, or a conjunction in parentheses.
    fn part(&mut self) -> Option<Vec<Condition>> {
        let start = self.at;
        if self.symbol("(")
            && let Some(all) = self.conjunction()
            && self.symbol(")")
        {
            return Some(all);
        }
        self.at = start;
        Some(vec![self.condition()?])
    }

    fn condition(&mut self) -> Option<Condition> {
        let column = self.column()?;
        if self.word("between") {
            let low = self.constant()?;
            let high = self.word("and").then(|| self.constant())??;
            return Some(Condition {
                column,
                method: "between",
                constants: vec![low, high],
            });
        }
        if self.word("in") {
            let mut constants = Vec::new();
            let mut more = self.symbol("(");
            while more {
                constants.push(self.constant()?);
                more = self.symbol(",");
            }
            return (self.symbol(")") && !constants.is_empty()).then_some(Condition {
                column,
                method: "in_",
                constants,
            });
        }
        let operators = [
            (">=", "ge"),
            ("<=", "le"),
            ("<>", "ne"),
            ("!=", "ne"),
            ("=", "eq"),
            (">", "gt"),
            ("<", "lt"),
        ];
        let (_, method) = *operators.iter().find(|(sql, _)| self.symbol(sql))?;
        Some(Condition {
            column,
            method,
            constants: vec![self.constant()?],
        })
    }

    fn column(&mut self) -> Option<String> {
        if self.symbol("(") {
            let column = self.column()?;
            self.symbol(")").then_some(())?;
            self.cast();
            return Some(column);
        }
        let (Token::Word(name) | Token::Name(name)) = self.tokens.get(self.at)?.clone() else {
            return None;
        };
        self.at += 1;
        self.cast();
        Some(name)
    }

    fn constant(&mut self) -> Option<String> {
        if self.symbol("(") {
            let constant = self.constant()?;
            self.symbol(")").then_some(())?;
            self.cast();
            return Some(constant);
        }
        self.word("_utf8mb4");
        let sign = if self.symbol("-") { "-" } else { "" };
        let constant = match self.tokens.get(self.at)? {
            Token::Number(number) => format!("{sign}{number}"),
            Token::Text(text) if sign.is_empty() => format!("'{}'", text.replace('\'', "''")),
            _ => return None,
        };
        self.at += 1;
        self.cast();
        Some(constant)
    }

    /// `::character varying(20)`, which changes nothing that is compared here.
    fn cast(&mut self) {
        while self.symbol("::") {
            while matches!(self.tokens.get(self.at), Some(Token::Word(word)) if !word.eq_ignore_ascii_case("and"))
            {
                self.at += 1;
            }
            if self.symbol("(") {
                while matches!(self.tokens.get(self.at), Some(Token::Number(_))) || self.symbol(",")
                {
                    self.at += 1;
                }
                self.symbol(")");
            }
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(own)) if own.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Symbol(own)) if own == symbol);
        self.at += usize::from(found);
        found
    }
}

/// The words of an engine's text; `None` for what has others than are understood here.
fn tokens(sql: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(letter) = rest.chars().next() {
        let length = if letter.is_alphabetic() || letter == '_' {
            let length = span(rest, |letter| letter.is_alphanumeric() || letter == '_');
            tokens.push(Token::Word(rest.get(..length)?.to_owned()));
            length
        } else if letter.is_ascii_digit() {
            let length = span(rest, |letter| letter.is_ascii_digit() || letter == '.');
            tokens.push(Token::Number(rest.get(..length)?.to_owned()));
            length
        } else if let '\'' | '"' | '`' = letter {
            let (content, length) = quoted(rest, letter)?;
            tokens.push(match letter {
                '\'' => Token::Text(content),
                _ => Token::Name(content),
            });
            length
        } else {
            let known = [
                "::", ">=", "<=", "<>", "!=", "(", ")", ",", "=", ">", "<", "-",
            ];
            let symbol = known.iter().find(|symbol| rest.starts_with(**symbol))?;
            tokens.push(Token::Symbol((*symbol).to_owned()));
            symbol.len()
        };
        rest = rest.get(length..)?.trim_start();
    }
    Some(tokens)
}

fn span(text: &str, part: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !part(letter)).unwrap_or(text.len())
}

/// What stands in quotes, a doubled one being one, and the bytes up to behind them. A backslash means something to some server.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            return None;
        }
        if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return Some((content, at + 1));
        }
        content.push(letter);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sql: &str) -> Option<String> {
        let mut table = Table::new("t");
        table.columns = vec![
            Column::new("level", ColumnType::SmallInt),
            Column::new("Unit Price", ColumnType::Double),
            Column::new("code", ColumnType::Varchar { length: 4 }),
            Column::new("note", ColumnType::Text).nullable(),
        ];
        condition(sql, &table, |column| {
            Some(column.to_lowercase().replace(' ', "_"))
        })
    }

    #[test]
    fn comparisons_are_read_in_the_words_of_every_engine() {
        for (sql, expression) in [
            ("CHECK ((level >= '-1'::integer))", "Self::level.ge(-1)"),
            ("\"Unit Price\" >= (0)", "Self::unit_price.ge(0.0)"),
            ("(`code` <> _utf8mb4'')", "Self::code.ne(\"\")"),
            ("CHECK (((code)::text <> ''::text))", "Self::code.ne(\"\")"),
            ("Level BETWEEN 1 AND 9", ""),
            ("level BETWEEN 1 AND 9", "Self::level.between(1, 9)"),
            (
                "((`level` > 0) and (`level` <= 5))",
                "Self::level.gt(0).and(Self::level.le(5))",
            ),
            (
                "code IN ('a', 'it''s')",
                "Self::code.in_([\"a\", \"it's\"])",
            ),
            (
                "CHECK ((\"Unit Price\" > (0)::double precision) AND (level < 3))",
                "Self::unit_price.gt(0.0).and(Self::level.lt(3))",
            ),
        ] {
            let expression = (!expression.is_empty()).then_some(expression);
            assert_eq!(read(sql).as_deref(), expression, "{sql}");
        }
    }

    #[test]
    fn what_is_not_as_simple_is_not_guessed() {
        for sql in [
            "level > other",
            "level > 0 OR level < -5",
            "length(code) > 2",
            "code < 'b'",
            "note <> ''",
            "level + 1 > 0",
            "level > 99999",
            "level >= 1 AND",
            "(level >= 1",
            "code = 'it\\'s'",
            "NOT level > 1",
            "",
        ] {
            assert_eq!(read(sql), None, "{sql}");
        }
    }
}
