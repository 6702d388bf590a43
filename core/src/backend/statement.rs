//! A rendered statement: text, binds, and where they stand in the text.

use std::ops::Range;
use std::sync::Arc;

use super::Dialect;
use crate::value::Value;

/// How a value is bound. It is taken from the column, never from the value: NULL has no type of its own, and
/// PostgreSQL prepares a statement for certain types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BindType {
    /// `bool`
    Boolean,
    /// `i16`
    SmallInt,
    /// `i32`
    Integer,
    /// `i64`
    BigInt,
    /// `f64`
    Double,
    /// Text of any length, and enums
    Text,
    /// Bytes
    Binary,
    /// An exact number with so many digits behind the point
    Decimal {
        /// The digits behind the point.
        scale: u8,
    },
    /// A day
    Date,
    /// A time of day
    Time,
    /// A day and time of no zone
    DateTime,
    /// An instant
    Timestamp,
    /// A UUID
    Uuid,
    /// A JSON document
    Json,
}

/// A value and how it is bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind {
    /// The value; [`Value::Array`] binds an array of `bind_type`.
    pub value: Value,
    /// How it is bound.
    pub bind_type: BindType,
}

/// A statement, ready to run: text in one dialect, with placeholders in that dialect's form, and the binds in their
/// order.
#[derive(Clone, Debug)]
pub struct Statement {
    text: Text,
    binds: Vec<Bind>,
    keeps_rows: bool,
}

/// Everything of a statement but its binds.
#[derive(Clone, Debug)]
pub(crate) struct StatementText {
    sql: String,
    placeholders: Vec<Range<usize>>,
    cacheable: bool,
}

#[derive(Clone, Debug)]
enum Text {
    Own(StatementText),
    /// Rendered once, for many executions.
    Shared(Arc<StatementText>),
}

impl Statement {
    /// A statement without binds whose text is run once: it is not cached.
    pub fn once(text: impl Into<String>) -> Self {
        Self {
            text: Text::Own(StatementText {
                sql: text.into(),
                placeholders: Vec::new(),
                cacheable: false,
            }),
            binds: Vec::new(),
            keeps_rows: false,
        }
    }

    /// The same statement, run by somebody who keeps all of its rows.
    #[must_use]
    pub fn keeping_rows(mut self) -> Self {
        self.keeps_rows = true;
        self
    }

    /// Whether all rows are kept by whoever runs it. A driver MAY then fetch them at once, where that is faster than one by
    /// one: they need memory anyhow.
    pub fn keeps_rows(&self) -> bool {
        self.keeps_rows
    }

    /// A statement of a text that was rendered before, with a bind for each of its placeholders.
    pub(crate) fn of(text: Arc<StatementText>, binds: Vec<Bind>) -> Self {
        Self {
            text: Text::Shared(text),
            binds,
            keeps_rows: false,
        }
    }

    /// The text without its binds, to be kept.
    pub(crate) fn into_text(self) -> Arc<StatementText> {
        match self.text {
            Text::Own(text) => Arc::new(text),
            Text::Shared(text) => text,
        }
    }

    fn parts(&self) -> &StatementText {
        match &self.text {
            Text::Own(text) => text,
            Text::Shared(text) => text,
        }
    }

    /// The text, with placeholders.
    pub fn text(&self) -> &str {
        &self.parts().sql
    }

    /// The binds, one a placeholder, in order.
    pub fn binds(&self) -> &[Bind] {
        &self.binds
    }

    /// The text, and the values that are bound to it, for a look at them.
    pub(crate) fn shown(&self) -> String {
        let mut shown = self.text().to_owned();
        for (position, bind) in self.binds.iter().enumerate() {
            shown.push_str(if position == 0 { " -- " } else { ", " });
            shown.push_str(&crate::value::Shown(&bind.value).to_string());
        }
        shown
    }

    /// Where the placeholders stand in the text, in bytes; for drivers whose client writes its own.
    pub fn placeholders(&self) -> &[Range<usize>] {
        &self.parts().placeholders
    }

    /// Whether the text comes from a limited set, so that a prepared statement is worth keeping. Text that varies
    /// without limit (lists, a last chunk of rows, a user's SQL) would push everything else out of the cache.
    pub fn is_cacheable(&self) -> bool {
        self.parts().cacheable
    }
}

/// Writes a [`Statement`].
pub struct StatementBuilder<'a> {
    dialect: &'a dyn Dialect,
    text: StatementText,
    binds: Vec<Bind>,
}

impl<'a> StatementBuilder<'a> {
    /// An empty, cacheable statement.
    pub fn new(dialect: &'a dyn Dialect) -> Self {
        Self {
            dialect,
            text: StatementText {
                sql: String::with_capacity(128),
                placeholders: Vec::new(),
                cacheable: true,
            },
            binds: Vec::new(),
        }
    }

    /// Makes room for so many more bytes of text, placeholders among them, and so many more binds.
    pub fn reserve(&mut self, text: usize, binds: usize) -> &mut Self {
        self.text.sql.reserve(text);
        self.text.placeholders.reserve(binds);
        self.binds.reserve(binds);
        self
    }

    /// The dialect that the text is for.
    pub fn dialect(&self) -> &'a dyn Dialect {
        self.dialect
    }

    /// Appends text as it stands.
    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.text.sql.push_str(sql);
        self
    }

    /// Appends a quoted identifier.
    pub fn identifier(&mut self, name: &str) -> &mut Self {
        self.dialect.quote_identifier(&mut self.text.sql, name);
        self
    }

    /// Appends a placeholder for a value.
    pub fn bind(&mut self, value: Value, bind_type: BindType) -> &mut Self {
        let start = self.text.sql.len();
        let index = self.binds.len() + 1;
        self.dialect.placeholder(
            &mut self.text.sql,
            index,
            bind_type,
            matches!(value, Value::Array(_)),
        );
        self.text.placeholders.push(start..self.text.sql.len());
        self.binds.push(Bind { value, bind_type });
        self
    }

    /// Says that the text varies without limit: it is not cached.
    pub fn vary(&mut self) -> &mut Self {
        self.text.cacheable = false;
        self
    }

    /// How many binds there are so far.
    pub fn bind_count(&self) -> usize {
        self.binds.len()
    }

    /// The statement.
    pub fn finish(self) -> Statement {
        Statement {
            text: Text::Own(self.text),
            binds: self.binds,
            keeps_rows: false,
        }
    }
}
