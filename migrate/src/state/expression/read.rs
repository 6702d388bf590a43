//! Text to expressions.

use std::borrow::Cow;

use birgus_core::backend::BindType;
use birgus_core::chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use birgus_core::query::{Call, Case, ColumnNode, Node};
use birgus_core::schema::Table;
use birgus_core::{Error, Result, Value};

use super::{COMPARISONS, TYPES, function_of};

/// Reads an expression of a table.
///
/// # Errors
///
/// `is_configuration()`, saying where in the text and what was expected.
pub(crate) fn read(text: &str, table: &Table) -> Result<Node> {
    let mut reader = Reader { text, at: 0, table };
    let node = reader.expression()?;
    reader.skip();
    if reader.at < text.len() {
        return Err(reader.expected("the end"));
    }
    Ok(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    table: &'a Table,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn expected(&self, what: &str) -> Error {
        Error::configuration(format!(
            "{}: the expression {:?}: expected {what} at {:?}",
            self.table.name,
            self.text,
            self.rest().chars().take(20).collect::<String>()
        ))
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn word(&mut self) -> String {
        self.skip();
        let rest = self.rest();
        let inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = rest.find(|letter| !inside(letter)).unwrap_or(rest.len());
        let word = rest[..end].to_owned();
        self.at += end;
        word
    }

    fn expression(&mut self) -> Result<Node> {
        self.skip();
        match self.rest().chars().next() {
            Some('"') => self.text_value(),
            Some('`') => self.quoted_column(),
            Some(letter) if letter.is_ascii_digit() || letter == '-' => self.number(),
            Some(letter) if letter.is_ascii_alphabetic() || letter == '_' => self.named(),
            _ => Err(self.expected("a value, a column or a call")),
        }
    }

    fn named(&mut self) -> Result<Node> {
        let before = self.at;
        let name = self.word();
        match name.as_str() {
            "true" | "false" => {
                let value = Value::Boolean(name == "true");
                let bind_type = self.type_or(BindType::Boolean)?;
                return Ok(Node::bind(value, bind_type));
            }
            "null" => {
                let bind_type = self.type_or(BindType::Text)?;
                return Ok(Node::bind(Value::Null, bind_type));
            }
            _ => {}
        }
        let result = if self.rest().starts_with(':') {
            self.at += 1;
            Some(self.bind_type()?)
        } else {
            None
        };
        if self.rest().starts_with('(') {
            let arguments = self.arguments()?;
            return self.call(before, &name, result, arguments);
        }
        self.column(before, &name)
    }

    fn arguments(&mut self) -> Result<Vec<Node>> {
        self.at += 1;
        let mut arguments = Vec::new();
        if self.take(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.take(')') {
                return Ok(arguments);
            }
            if !self.take(',') {
                return Err(self.expected("`,` or `)`"));
            }
        }
    }

    fn call(
        &mut self,
        before: usize,
        name: &str,
        result: Option<BindType>,
        arguments: Vec<Node>,
    ) -> Result<Node> {
        let wrong = |reader: &mut Self, what: &str| {
            reader.at = before;
            reader.expected(what)
        };
        if let Some(result) = result {
            if name == "case" {
                let mut arguments = arguments.into_iter();
                let mut branches = Vec::new();
                let mut otherwise = None;
                while let Some(condition) = arguments.next() {
                    match arguments.next() {
                        Some(value) => branches.push((condition, value)),
                        None => otherwise = Some(condition),
                    }
                }
                return Ok(Node::Case(Box::new(Case {
                    branches,
                    otherwise,
                    result,
                })));
            }
            let function = function_of(name).ok_or_else(|| wrong(self, "a function"))?;
            return Ok(Node::Call(Box::new(Call {
                function,
                arguments,
                result,
            })));
        }
        if name == "and" {
            return Ok(Node::And(arguments));
        }
        if name == "or" {
            return Ok(Node::Or(arguments));
        }
        let count = arguments.len();
        let mut arguments = arguments.into_iter();
        let mut next = || arguments.next().map(Box::new);
        if let (Some((_, operator)), 2) =
            (COMPARISONS.iter().find(|(known, _)| *known == name), count)
            && let (Some(left), Some(right)) = (next(), next())
        {
            return Ok(Node::Compare {
                left,
                operator: *operator,
                right,
            });
        }
        let (name, negated) = match name {
            "is_not_null" => ("is_null", true),
            _ => (
                name.strip_prefix("not_").unwrap_or(name),
                name.starts_with("not_"),
            ),
        };
        let node = match (name, count) {
            ("not", 1) => next().map(Node::Not),
            ("is_null", 1) => next().map(|operand| Node::IsNull { operand, negated }),
            ("like", 2) => match (next(), next()) {
                (Some(operand), Some(pattern)) => Some(Node::Like {
                    operand,
                    pattern,
                    negated,
                }),
                _ => None,
            },
            ("between", 3) => match (next(), next(), next()) {
                (Some(operand), Some(low), Some(high)) => Some(Node::Between {
                    operand,
                    low,
                    high,
                    negated,
                }),
                _ => None,
            },
            ("in", 1..) => next().map(|operand| Node::In {
                operand,
                list: arguments.collect(),
                negated,
            }),
            _ => None,
        };
        node.ok_or_else(|| {
            wrong(
                self,
                "a condition with as many arguments, or an operation with its type (`add:bigint(…)`)",
            )
        })
    }

    fn quoted_column(&mut self) -> Result<Node> {
        let before = self.at;
        self.at += 1;
        let mut name = String::new();
        loop {
            let Some(letter) = self.rest().chars().next() else {
                self.at = before;
                return Err(self.expected("the end of the name in `…`"));
            };
            self.at += letter.len_utf8();
            if letter != '`' {
                name.push(letter);
            } else if self.rest().starts_with('`') {
                self.at += 1;
                name.push('`');
            } else {
                return self.column(before, &name);
            }
        }
    }

    fn column(&mut self, before: usize, name: &str) -> Result<Node> {
        let Some(column) = self.table.column(name) else {
            self.at = before;
            return Err(self.expected("a column of the table"));
        };
        Ok(Node::Column(ColumnNode {
            table: Cow::Owned(self.table.name.clone()),
            name: Cow::Owned(name.to_owned()),
            bind_type: column.column_type.bind_type(),
            nullable: column.nullable,
            field: None,
        }))
    }

    fn number(&mut self) -> Result<Node> {
        let rest = self.rest();
        let inside = |letter: char| letter.is_ascii_digit() || "-+.eE".contains(letter);
        let end = rest.find(|letter| !inside(letter)).unwrap_or(rest.len());
        let text = rest[..end].to_owned();
        let value = match text.parse::<i64>() {
            Ok(number) => Some((Value::Integer(number), BindType::BigInt)),
            Err(_) => (text.parse::<f64>().ok())
                .filter(|number| number.is_finite())
                .map(|number| (Value::Double(number), BindType::Double)),
        };
        let Some((value, bind_type)) = value else {
            return Err(self.expected("a number"));
        };
        self.at += end;
        let bind_type = self.type_or(bind_type)?;
        Ok(Node::bind(value, bind_type))
    }

    fn text_value(&mut self) -> Result<Node> {
        let before = self.at;
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<String>();
        let Some(Ok(text)) = values.next() else {
            return Err(self.expected("a text in \"…\""));
        };
        self.at += values.byte_offset();
        let bind_type = self.type_or(BindType::Text)?;
        let value = typed(&text, bind_type);
        value
            .map(|value| Node::bind(value, bind_type))
            .ok_or_else(|| {
                self.at = before;
                self.expected("a text that is a value of its type")
            })
    }

    fn type_or(&mut self, otherwise: BindType) -> Result<BindType> {
        if !self.rest().starts_with(':') {
            return Ok(otherwise);
        }
        self.at += 1;
        self.bind_type()
    }

    fn bind_type(&mut self) -> Result<BindType> {
        let before = self.at;
        let name = self.word();
        if name == "decimal" && self.take('(') {
            let scale = self.word().parse::<u8>();
            if let (Ok(scale), true) = (scale, self.take(')')) {
                return Ok(BindType::Decimal { scale });
            }
        }
        match TYPES.iter().find(|(known, _)| *known == name) {
            Some((_, bind_type)) => Ok(*bind_type),
            None => {
                self.at = before;
                Err(self.expected("a type"))
            }
        }
    }
}

/// A text as a value of a type.
fn typed(text: &str, bind_type: BindType) -> Option<Value> {
    Some(match bind_type {
        BindType::Text => Value::Text(text.to_owned()),
        BindType::Json => Value::Json(text.to_owned()),
        BindType::Decimal { scale } => {
            let mut number: birgus_core::rust_decimal::Decimal = text.parse().ok()?;
            number.rescale(u32::from(scale));
            Value::Decimal(number)
        }
        BindType::Date => Value::Date(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?),
        BindType::Time => Value::Time(NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?),
        BindType::DateTime => {
            Value::DateTime(NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?)
        }
        BindType::Timestamp => {
            let moment = DateTime::parse_from_rfc3339(text).ok()?;
            Value::Timestamp(moment.with_timezone(&Utc))
        }
        BindType::Uuid => Value::Uuid(text.parse().ok()?),
        BindType::Binary => {
            let pairs = text.as_bytes().chunks(2);
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            Value::Binary(pairs.map(byte).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
