//! Expressions of texts.

use super::expression::parts;
use super::{Expr, Expression, IntoOperand, Node, NumberOperand, Typing};
use crate::backend::{BindType, Function};
use crate::model::{ColumnValue, Kind};
use crate::value::Value;

/// Texts: `String` and `Option<String>`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a text", label = "not a String")]
pub trait TextValue: ColumnValue {}
impl TextValue for String {}
impl TextValue for Option<String> {}

/// The longest pattern of LIKE, in bytes, on every engine (<https://sqlite.org/limits.html>).
const PATTERN_LIMIT: usize = 50_000;

impl Typing {
    /// The typing of a text beside the expression: what may be compared with a column is not limited to its length.
    fn beside(self) -> Self {
        Self {
            field: self.field.filter(|field| field.kind == Kind::String),
            ..Self::plain(Kind::String, 0)
        }
    }

    /// A text that the expression is combined with.
    pub(super) fn text(&self, text: &str) -> Node {
        self.beside().operand(Ok(Value::Text(text.to_owned())))
    }

    /// A pattern of LIKE.
    fn pattern(&self, pattern: &str) -> Node {
        // An escape with nothing behind it is an error on PostgreSQL and a literal backslash elsewhere.
        let escapes = pattern
            .chars()
            .rev()
            .take_while(|letter| *letter == '\\')
            .count();
        if escapes % 2 == 1 {
            return Node::Invalid(format!(
                "{}: a like pattern must not end in a single backslash",
                self.subject()
            ));
        }
        if pattern.len() > PATTERN_LIMIT {
            return Node::Invalid(format!(
                "{}: a like pattern of {} bytes, at most {PATTERN_LIMIT} on every engine",
                self.subject(),
                pattern.len()
            ));
        }
        self.text(pattern)
    }
}

/// A text as a pattern of LIKE that only it matches: `%`, `_` and `\` lose their meaning.
///
/// ```
/// assert_eq!(birgus_core::query::escape_like("100%_\\"), "100\\%\\_\\\\");
/// ```
pub fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn like(operand: Node, pattern: Node, negated: bool) -> Expr<bool> {
    Expr::from_node(Node::Like {
        operand: Box::new(operand),
        pattern: Box::new(pattern),
        negated,
    })
}

fn lowered(node: Node) -> Node {
    Node::call(Function::Lower, [node], BindType::Text)
}

fn text<T>(function: Function, arguments: impl IntoIterator<Item = Node>) -> Expr<T> {
    Expr::from_node(Node::call(function, arguments, BindType::Text))
}

/// Where a part is looked for.
#[derive(Clone, Copy)]
enum Place {
    Anywhere,
    Start,
    End,
}

/// Whether the text has the part there. A part that is a value becomes a pattern, which an index may serve.
fn has(place: Place, node: Node, part: Node, fold: bool) -> Expr<bool> {
    let (node, part) = if fold {
        (lowered(node), part)
    } else {
        (node, part)
    };
    if let Node::Bind(bind) = &part
        && let Value::Text(part) = &bind.value
    {
        let escaped = escape_like(part);
        let pattern = match place {
            Place::Anywhere => format!("%{escaped}%"),
            Place::Start => format!("{escaped}%"),
            Place::End => format!("%{escaped}"),
        };
        let typing = Typing::of::<String>(&node);
        let pattern = typing.pattern(&pattern);
        let pattern = match pattern {
            Node::Bind(_) if fold => lowered(pattern),
            pattern => pattern,
        };
        return like(node, pattern, false);
    }
    let function = match place {
        Place::Anywhere => Function::Contains,
        Place::Start => Function::StartsWith,
        Place::End => Function::EndsWith,
    };
    let part = if fold { lowered(part) } else { part };
    Expr::from_node(Node::call(function, [node, part], BindType::Boolean))
}

/// What can be done with a text.
///
/// Letters are told apart by their case unless a name begins with `i`; those fold letters by Unicode's simple mapping, one
/// letter to one, the same on every engine.
///
/// ```
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, pub name: String, pub nick: Option<String> }
///
/// # fn main() {
/// let query = User::query()
///     .select((User::name.upper(), User::name.substring(1, 3), User::name.length()))
///     .filter(User::name.starts_with("50% ")) // no pattern: % is a letter like others
///     .filter(User::nick.icontains("ÉCOLE"))
///     .filter(User::name.like("_a%"));
/// # let _ = query;
/// # }
/// ```
pub trait TextExpression: Expression {
    /// `LIKE`, telling cases apart: `%` is any text, `_` any one character, and `\` takes the next one literally.
    fn like(self, pattern: &str) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        like(node, typing.pattern(pattern), false)
    }

    /// `NOT LIKE`
    fn not_like(self, pattern: &str) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        like(node, typing.pattern(pattern), true)
    }

    /// `LIKE` without telling cases apart.
    fn ilike(self, pattern: &str) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        like(lowered(node), folded(typing.pattern(pattern)), false)
    }

    /// `NOT LIKE` without telling cases apart.
    fn not_ilike(self, pattern: &str) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        like(lowered(node), folded(typing.pattern(pattern)), true)
    }

    /// `LIKE` with a pattern that takes `escape` instead of `\` for its escape.
    fn like_escaped(self, pattern: &str, escape: char) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        match translated(pattern, escape) {
            Some(pattern) => like(node, typing.pattern(&pattern), false),
            None => Expr::invalid(format!(
                "{}: a like pattern must not end in its escape",
                typing.subject()
            )),
        }
    }

    /// Whether the part occurs in the text; no pattern.
    fn contains(self, part: impl IntoOperand<String>) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        has(
            Place::Anywhere,
            node,
            part.into_value_of(typing.beside()),
            false,
        )
    }

    /// Whether the text begins with the part; no pattern.
    fn starts_with(self, part: impl IntoOperand<String>) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        has(
            Place::Start,
            node,
            part.into_value_of(typing.beside()),
            false,
        )
    }

    /// Whether the text ends in the part; no pattern.
    fn ends_with(self, part: impl IntoOperand<String>) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        has(Place::End, node, part.into_value_of(typing.beside()), false)
    }

    /// [`TextExpression::contains`] without telling cases apart.
    fn icontains(self, part: impl IntoOperand<String>) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        has(
            Place::Anywhere,
            node,
            part.into_value_of(typing.beside()),
            true,
        )
    }

    /// [`TextExpression::starts_with`] without telling cases apart.
    fn istarts_with(self, part: impl IntoOperand<String>) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        has(
            Place::Start,
            node,
            part.into_value_of(typing.beside()),
            true,
        )
    }

    /// [`TextExpression::ends_with`] without telling cases apart.
    fn iends_with(self, part: impl IntoOperand<String>) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        has(Place::End, node, part.into_value_of(typing.beside()), true)
    }

    /// Equal without telling cases apart.
    fn ieq(self, other: impl IntoOperand<String>) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        let other = other.into_value_of(typing.beside());
        let other = match other {
            Node::Invalid(_) => other,
            other => lowered(other),
        };
        Expr::<String>::from_node(lowered(node)).eq(Expr::<String>::from_node(other))
    }

    /// The letters made small, one by one.
    fn lower(self) -> Expr<Self::Value>
    where
        Self::Value: TextValue,
    {
        text(Function::Lower, [self.into_node()])
    }

    /// The letters made capital, one by one: `ß` stays as it is.
    fn upper(self) -> Expr<Self::Value>
    where
        Self::Value: TextValue,
    {
        text(Function::Upper, [self.into_node()])
    }

    /// The number of characters (code points).
    fn length(self) -> Expr<<Self::Value as ColumnValue>::As<i64>>
    where
        Self::Value: TextValue,
    {
        Expr::from_node(Node::call(
            Function::Length,
            [self.into_node()],
            BindType::BigInt,
        ))
    }

    /// Without the spaces (U+0020) at both ends.
    fn trim(self) -> Expr<Self::Value>
    where
        Self::Value: TextValue,
    {
        text(Function::Trim, [self.into_node()])
    }

    /// Without the spaces at the beginning.
    fn trim_start(self) -> Expr<Self::Value>
    where
        Self::Value: TextValue,
    {
        text(Function::TrimStart, [self.into_node()])
    }

    /// Without the spaces at the end.
    fn trim_end(self) -> Expr<Self::Value>
    where
        Self::Value: TextValue,
    {
        text(Function::TrimEnd, [self.into_node()])
    }

    /// So many characters from one on, counted from 1. A start below 1 is 1, a negative length 0.
    fn substring<S: NumberOperand<i64>, L: NumberOperand<i64>>(
        self,
        start: S,
        length: L,
    ) -> Expr<Self::Value>
    where
        Self::Value: TextValue,
    {
        text(
            Function::Substring,
            [self.into_node(), start.into_number(), length.into_number()],
        )
    }

    /// Every occurrence of `from` replaced by `to`; of an empty text none is.
    fn replace(
        self,
        from: impl IntoOperand<String>,
        to: impl IntoOperand<String>,
    ) -> Expr<Self::Value>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        let from = from.into_value_of(typing.beside());
        let to = to.into_value_of(typing.beside());
        text(Function::Replace, [node, from, to])
    }

    /// This text and then the other; NULL when one is NULL.
    fn concat<R>(self, other: impl IntoOperand<R>) -> Expr<R::As<Self::Value>>
    where
        R: TextValue,
        Self::Value: TextValue,
        R::As<Self::Value>: TextValue,
    {
        let (node, typing) = parts(self);
        let other = other.into_value_of(typing.beside());
        text(Function::Concat, [node, other])
    }
}

impl<E: Expression> TextExpression for E {}

fn folded(pattern: Node) -> Node {
    match pattern {
        Node::Invalid(_) => pattern,
        pattern => lowered(pattern),
    }
}

/// The pattern with `\` for its escape; `None` when nothing stands behind an escape.
fn translated(pattern: &str, escape: char) -> Option<String> {
    let mut translated = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter == escape {
            let escaped = letters.next()?;
            if matches!(escaped, '%' | '_' | '\\') {
                translated.push('\\');
            }
            translated.push(escaped);
        } else {
            if letter == '\\' {
                translated.push('\\');
            }
            translated.push(letter);
        }
    }
    Some(translated)
}
