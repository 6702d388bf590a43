//! Expressions of texts.

use super::expression::parts;
use super::{Aggregated, Column, Expr, Expression, Labelled, Node, NumberOperand, Typing};
use crate::backend::{BindType, Function};
use crate::letter_case;
use crate::model::{ColumnValue, Kind};
use crate::value::Value;

/// Texts: `String` and `Option<String>`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a text", label = "not a String")]
pub trait TextValue: ColumnValue {}
impl TextValue for String {}
impl TextValue for Option<String> {}

/// A text that another one is combined with: a value, or an expression, which may be NULL.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be combined with a text",
    label = "expected a text: a value, a column or an expression"
)]
pub trait TextOperand {
    /// `String`, or `Option<String>` of what may be NULL.
    type Value: TextValue;
    /// The operand as plain data.
    #[doc(hidden)]
    fn into_text(self) -> Node;
}

macro_rules! values {
    ($($type:ty),*) => {$(
        impl TextOperand for $type {
            type Value = String;

            fn into_text(self) -> Node {
                value(self.to_owned())
            }
        }
    )*};
}

values!(&str, String, &String);

macro_rules! expressions {
    ($([$($generics:tt)*] $of:ident<$($parameter:ident),* => $value:ident>;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)* $value: TextValue> TextOperand for $of<$($parameter,)* $value> {
            type Value = $value;

            fn into_text(self) -> Node {
                self.into_node()
            }
        }
    )*};
}

expressions! {
    [M,] Column<M => T>;
    [] Expr< => T>;
    [] Aggregated< => T>;
    [] Labelled< => T>;
}

/// A text as a value; the length of a column does not limit what it is combined with.
fn value(text: String) -> Node {
    Typing::plain(Kind::String, 0).operand(Ok(Value::Text(text)))
}

/// A `T`, or an `Option` of it where one of the others may be NULL.
type Among<A, B, T> = <A as ColumnValue>::As<<B as ColumnValue>::As<T>>;

/// The longest pattern of LIKE, in bytes, on every engine (<https://sqlite.org/limits.html>).
const PATTERN_LIMIT: usize = 50_000;

impl Typing {
    /// A text that the expression is combined with; the length of a column does not limit it.
    pub(super) fn text(&self, text: &str) -> Node {
        let beside = Self {
            field: self.field.filter(|field| field.kind == Kind::String),
            ..Self::plain(Kind::String, 0)
        };
        beside.operand(Ok(Value::Text(text.to_owned())))
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
        // Some small letters have more bytes than their capital ones.
        let bytes = pattern.len().max(letter_case::lower(pattern).len());
        if bytes > PATTERN_LIMIT {
            return Node::Invalid(format!(
                "{}: a like pattern of {bytes} bytes, at most {PATTERN_LIMIT} on every engine",
                self.subject(),
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
    match node {
        Node::Invalid(_) => node,
        node => Node::call(Function::Lower, [node], BindType::Text),
    }
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
fn has(place: Place, whole: impl Expression, part: impl TextOperand, fold: bool) -> Expr<bool> {
    let (node, typing) = parts(whole);
    let node = if fold { lowered(node) } else { node };
    let part = part.into_text();
    let fold = |part| if fold { lowered(part) } else { part };
    if let Node::Bind(bind) = &part
        && let Value::Text(part) = &bind.value
    {
        let escaped = escape_like(part);
        let pattern = match place {
            Place::Anywhere => format!("%{escaped}%"),
            Place::Start => format!("{escaped}%"),
            Place::End => format!("%{escaped}"),
        };
        return like(node, fold(typing.pattern(&pattern)), false);
    }
    let function = match place {
        Place::Anywhere => Function::Contains,
        Place::Start => Function::StartsWith,
        Place::End => Function::EndsWith,
    };
    Expr::from_node(Node::call(function, [node, fold(part)], BindType::Boolean))
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
        like(lowered(node), lowered(typing.pattern(pattern)), false)
    }

    /// `NOT LIKE` without telling cases apart.
    fn not_ilike(self, pattern: &str) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let (node, typing) = parts(self);
        like(lowered(node), lowered(typing.pattern(pattern)), true)
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
    fn contains(self, part: impl TextOperand) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        has(Place::Anywhere, self, part, false)
    }

    /// Whether the text begins with the part; no pattern.
    fn starts_with(self, part: impl TextOperand) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        has(Place::Start, self, part, false)
    }

    /// Whether the text ends in the part; no pattern.
    fn ends_with(self, part: impl TextOperand) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        has(Place::End, self, part, false)
    }

    /// [`TextExpression::contains`] without telling cases apart.
    fn icontains(self, part: impl TextOperand) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        has(Place::Anywhere, self, part, true)
    }

    /// [`TextExpression::starts_with`] without telling cases apart.
    fn istarts_with(self, part: impl TextOperand) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        has(Place::Start, self, part, true)
    }

    /// [`TextExpression::ends_with`] without telling cases apart.
    fn iends_with(self, part: impl TextOperand) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        has(Place::End, self, part, true)
    }

    /// Equal without telling cases apart.
    fn ieq(self, other: impl TextOperand) -> Expr<bool>
    where
        Self::Value: TextValue,
    {
        let other = Expr::<Option<String>>::from_node(lowered(other.into_text()));
        Expr::<Option<String>>::from_node(lowered(self.into_node())).eq(other)
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
    ) -> Expr<Among<S::Output, L::Output, Self::Value>>
    where
        Self::Value: TextValue,
    {
        text(
            Function::Substring,
            [self.into_node(), start.into_number(), length.into_number()],
        )
    }

    /// Every occurrence of `from` replaced by `to`; of an empty text none is.
    fn replace<F: TextOperand, T: TextOperand>(
        self,
        from: F,
        to: T,
    ) -> Expr<Among<F::Value, T::Value, Self::Value>>
    where
        Self::Value: TextValue,
    {
        text(
            Function::Replace,
            [self.into_node(), from.into_text(), to.into_text()],
        )
    }

    /// This text and then the other; NULL when one is NULL.
    fn concat<R: TextOperand>(self, other: R) -> Expr<<R::Value as ColumnValue>::As<Self::Value>>
    where
        Self::Value: TextValue,
    {
        text(Function::Concat, [self.into_node(), other.into_text()])
    }
}

impl<E: Expression> TextExpression for E {}

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
