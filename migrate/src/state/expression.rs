//! Expressions of checks, computed columns and defaults as text: what a revision file holds, and what a dialect writes later.
//!
//! An expression is written as calls: `and(ge(age, 18:integer), contains(email, "@"))`. An operation on values says its type
//! (`add:bigint(a, b)`), a value too where its form does not tell it: `18:integer`, `"2024-05-06":date`.

use std::borrow::Cow;
use std::fmt::Write as _;

use birgus_core::backend::{BindType, DatePart, DateUnit, Function};
use birgus_core::chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use birgus_core::query::{Call, Case, ColumnNode, Comparison, Node};
use birgus_core::schema::Table;
use birgus_core::{Error, Result, Value};

const COMPARISONS: [(&str, Comparison); 8] = [
    ("eq", Comparison::Equal),
    ("ne", Comparison::NotEqual),
    ("lt", Comparison::Less),
    ("le", Comparison::LessOrEqual),
    ("gt", Comparison::Greater),
    ("ge", Comparison::GreaterOrEqual),
    ("is_distinct_from", Comparison::Distinct),
    ("is_not_distinct_from", Comparison::NotDistinct),
];

const FUNCTIONS: [(&str, Function); 28] = [
    ("add", Function::Add),
    ("subtract", Function::Subtract),
    ("multiply", Function::Multiply),
    ("negate", Function::Negate),
    ("absolute", Function::Absolute),
    ("divide", Function::Divide),
    ("integer_divide", Function::IntegerDivide),
    ("remainder", Function::Remainder),
    ("round", Function::Round),
    ("floor", Function::Floor),
    ("ceiling", Function::Ceiling),
    ("cast", Function::Cast),
    ("lower", Function::Lower),
    ("upper", Function::Upper),
    ("length", Function::Length),
    ("trim", Function::Trim),
    ("trim_start", Function::TrimStart),
    ("trim_end", Function::TrimEnd),
    ("substring", Function::Substring),
    ("replace", Function::Replace),
    ("concat", Function::Concat),
    ("contains", Function::Contains),
    ("starts_with", Function::StartsWith),
    ("ends_with", Function::EndsWith),
    ("coalesce", Function::Coalesce),
    ("null_if", Function::NullIf),
    ("greatest", Function::Greatest),
    ("least", Function::Least),
];

const UNITS: [DateUnit; 9] = [
    DateUnit::Year,
    DateUnit::Quarter,
    DateUnit::Month,
    DateUnit::Week,
    DateUnit::Day,
    DateUnit::Hour,
    DateUnit::Minute,
    DateUnit::Second,
    DateUnit::Microsecond,
];

const PARTS: [DatePart; 11] = [
    DatePart::Year,
    DatePart::Quarter,
    DatePart::Month,
    DatePart::Week,
    DatePart::Day,
    DatePart::DayOfYear,
    DatePart::Weekday,
    DatePart::Hour,
    DatePart::Minute,
    DatePart::Second,
    DatePart::Microsecond,
];

const TYPES: [(&str, BindType); 13] = [
    ("boolean", BindType::Boolean),
    ("smallint", BindType::SmallInt),
    ("integer", BindType::Integer),
    ("bigint", BindType::BigInt),
    ("double", BindType::Double),
    ("text", BindType::Text),
    ("binary", BindType::Binary),
    ("date", BindType::Date),
    ("time", BindType::Time),
    ("datetime", BindType::DateTime),
    ("timestamp", BindType::Timestamp),
    ("uuid", BindType::Uuid),
    ("json", BindType::Json),
];

/// Writes an expression of a table.
///
/// # Errors
///
/// `is_unsupported()` for what no table can hold: a query, an aggregate, a document's path.
pub(crate) fn write(node: &Node) -> Result<String> {
    let mut out = String::new();
    put(&mut out, node)?;
    Ok(out)
}

fn put(out: &mut String, node: &Node) -> Result<()> {
    match node {
        Node::Column(column) => put_name(out, &column.name),
        Node::Bind(bind) => put_value(out, &bind.value, bind.bind_type)?,
        Node::Compare {
            left,
            operator,
            right,
        } => {
            let name = COMPARISONS.iter().find(|(_, known)| known == operator);
            call(out, name.map_or("eq", |(name, _)| name), &[left, right])?;
        }
        Node::And(nodes) => call(out, "and", &nodes.iter().collect::<Vec<_>>())?,
        Node::Or(nodes) => call(out, "or", &nodes.iter().collect::<Vec<_>>())?,
        Node::Not(operand) => call(out, "not", &[operand])?,
        Node::IsNull { operand, negated } => {
            call(
                out,
                if *negated { "is_not_null" } else { "is_null" },
                &[operand],
            )?;
        }
        Node::Between {
            operand,
            low,
            high,
            negated,
        } => {
            let name = if *negated { "not_between" } else { "between" };
            call(out, name, &[operand, low, high])?;
        }
        Node::Like {
            operand,
            pattern,
            negated,
        } => call(
            out,
            if *negated { "not_like" } else { "like" },
            &[operand, pattern],
        )?,
        Node::In {
            operand,
            list,
            negated,
        } => {
            let mut arguments = vec![operand.as_ref()];
            arguments.extend(list);
            call(out, if *negated { "not_in" } else { "in" }, &arguments)?;
        }
        Node::InValues {
            operands,
            types,
            values,
            negated,
        } if operands.len() == 1 => {
            let list: Vec<Node> = (values.iter())
                .zip(types.iter().cycle())
                .map(|(value, bind_type)| Node::bind(value.clone(), *bind_type))
                .collect();
            let arguments: Vec<&Node> = operands.iter().chain(&list).collect();
            call(out, if *negated { "not_in" } else { "in" }, &arguments)?;
        }
        Node::Call(inner) => {
            out.push_str(&function_name(&inner.function)?);
            out.push(':');
            put_type(out, inner.result);
            arguments(out, &inner.arguments.iter().collect::<Vec<_>>())?;
        }
        Node::Case(case) => {
            out.push_str("case:");
            put_type(out, case.result);
            let mut parts = Vec::new();
            for (condition, value) in &case.branches {
                parts.extend([condition, value]);
            }
            parts.extend(&case.otherwise);
            arguments(out, &parts)?;
        }
        Node::Invalid(problem) => return Err(Error::invalid_query(problem.clone())),
        _ => {
            return Err(Error::unsupported(
                "a table's expression is over the columns of its row: no query, aggregate or window",
            ));
        }
    }
    Ok(())
}

fn call(out: &mut String, name: &str, nodes: &[&Node]) -> Result<()> {
    out.push_str(name);
    arguments(out, nodes)
}

fn arguments(out: &mut String, nodes: &[&Node]) -> Result<()> {
    out.push('(');
    for (position, node) in nodes.iter().enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        put(out, node)?;
    }
    out.push(')');
    Ok(())
}

fn function_name(function: &Function) -> Result<String> {
    if let Some((name, _)) = FUNCTIONS.iter().find(|(_, known)| known == function) {
        return Ok((*name).to_owned());
    }
    match function {
        Function::DatePart(part) => Ok(format!("part_{}", part.name())),
        Function::DateTruncate(unit) => Ok(format!("truncate_{}", unit.name())),
        Function::DateAdd(unit) => Ok(format!("plus_{}", unit.name())),
        Function::DateDifference(unit) => Ok(format!("between_{}", unit.name())),
        _ => Err(Error::unsupported(format!(
            "{function:?} has no form in a revision file"
        ))),
    }
}

fn function_of(name: &str) -> Option<Function> {
    if let Some((_, function)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
        return Some(function.clone());
    }
    let unit = |name: &str| UNITS.into_iter().find(|unit| unit.name() == name);
    if let Some(name) = name.strip_prefix("part_") {
        let part = PARTS.into_iter().find(|part| part.name() == name)?;
        return Some(Function::DatePart(part));
    }
    if let Some(name) = name.strip_prefix("truncate_") {
        return unit(name).map(Function::DateTruncate);
    }
    if let Some(name) = name.strip_prefix("plus_") {
        return unit(name).map(Function::DateAdd);
    }
    unit(name.strip_prefix("between_")?).map(Function::DateDifference)
}

fn put_type(out: &mut String, bind_type: BindType) {
    match bind_type {
        BindType::Decimal { scale } => {
            let _ = write!(out, "decimal({scale})");
        }
        other => {
            let known = TYPES.iter().find(|(_, known)| *known == other);
            out.push_str(known.map_or("text", |(name, _)| name));
        }
    }
}

/// A name; one that could be taken for something else is quoted.
fn put_name(out: &mut String, name: &str) {
    let mut letters = name.chars();
    let starts = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    let plain = letters.next().is_some_and(starts)
        && letters.all(|letter| starts(letter) || letter.is_ascii_digit())
        && !matches!(name, "true" | "false" | "null");
    if plain {
        out.push_str(name);
        return;
    }
    out.push('`');
    out.push_str(&name.replace('`', "``"));
    out.push('`');
}

fn put_value(out: &mut String, value: &Value, bind_type: BindType) -> Result<()> {
    let quoted = |out: &mut String, text: &str| {
        out.push_str(&serde_json::Value::String(text.to_owned()).to_string());
    };
    let plain = match value {
        Value::Null => {
            out.push_str("null");
            None
        }
        Value::Boolean(value) => {
            let _ = write!(out, "{value}");
            Some(BindType::Boolean)
        }
        Value::Integer(number) => {
            let _ = write!(out, "{number}");
            Some(BindType::BigInt)
        }
        Value::Double(number) => {
            let _ = write!(out, "{number:?}");
            Some(BindType::Double)
        }
        Value::Text(text) => {
            quoted(out, text);
            Some(BindType::Text)
        }
        Value::Decimal(number) => {
            quoted(out, &number.to_string());
            None
        }
        Value::Date(day) => {
            quoted(out, &day.format("%Y-%m-%d").to_string());
            None
        }
        Value::Time(time) => {
            quoted(out, &time.format("%H:%M:%S%.6f").to_string());
            None
        }
        Value::DateTime(moment) => {
            quoted(out, &moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string());
            None
        }
        Value::Timestamp(moment) => {
            quoted(out, &moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
            None
        }
        Value::Uuid(uuid) => {
            quoted(out, &uuid.to_string());
            None
        }
        Value::Binary(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            quoted(out, &hex);
            None
        }
        Value::Json(document) => {
            quoted(out, document);
            None
        }
        _ => {
            return Err(Error::unsupported(
                "a list of values has no form in a revision file",
            ));
        }
    };
    if plain != Some(bind_type) {
        out.push(':');
        put_type(out, bind_type);
    }
    Ok(())
}

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
