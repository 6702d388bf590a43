//! Expressions of a type.

use super::{Grammar, Sight, Type, Visible};
use crate::differential::expression::Ex;
use crate::differential::value::{Kind, Val};

/// A feature: it makes an expression of the type, or none when it has none of that type.
type Feature = fn(&mut Grammar<'_>, &Sight, Type, usize) -> Option<Ex>;

/// What expressions are made of, besides columns and values.
const FEATURES: &[Feature] = &[
    |g, s, t, d| g.coalesce(s, t, d),
    |g, s, t, d| g.or_else(s, t, d),
    |g, s, t, d| g.null_if(s, t, d),
    |g, s, t, d| g.case(s, t, d),
    |g, s, t, d| g.extreme(s, t, d),
    |g, s, t, d| g.truth(s, t, d),
    |g, s, t, d| g.scalar(s, t, d),
    |g, s, t, d| g.arithmetic(s, t, d),
    |g, s, t, d| g.number_function(s, t, d),
    |g, s, t, d| g.text_function(s, t, d),
];

impl Grammar<'_> {
    /// An expression of the type, up to so deep.
    pub(super) fn value(&mut self, sight: &Sight, of: Type, depth: usize) -> Ex {
        self.spanned(|grammar| {
            if depth > 0 && grammar.draw.chance(40) {
                let feature = *grammar.draw.pick(FEATURES);
                if let Some(expression) = feature(grammar, sight, of, depth - 1) {
                    return expression;
                }
            }
            grammar.leaf(sight, of)
        })
    }

    /// A column, or a value when there is none.
    pub(super) fn leaf(&mut self, sight: &Sight, of: Type) -> Ex {
        if !self.draw.chance(15)
            && let Some(column) = self.column(sight, |column| column.of == of)
        {
            return column;
        }
        Ex::Literal(of.kind, self.literal(of))
    }

    /// A column that suits, sometimes one of a query around this one.
    pub(super) fn column(&mut self, sight: &Sight, suits: impl Fn(&Visible) -> bool) -> Option<Ex> {
        let outer = sight.levels.len() > 1 && self.draw.chance(30);
        let level = usize::from(outer);
        let visible = &sight.levels[sight.levels.len().checked_sub(1 + level)?];
        let suitable: Vec<&Visible> = visible.iter().filter(|column| suits(column)).collect();
        if suitable.is_empty() {
            return None;
        }
        let column = *self.draw.pick(&suitable);
        Some(Ex::Column {
            level,
            source: column.source,
            field: column.field,
        })
    }

    /// The type of one of the columns, or any.
    pub(super) fn type_among(&mut self, sight: &Sight, suits: impl Fn(Type) -> bool) -> Type {
        let own: Vec<Type> = sight
            .own()
            .iter()
            .map(|column| column.of)
            .filter(|of| suits(*of))
            .collect();
        if own.is_empty() {
            return Type::of(Kind::Big);
        }
        *self.draw.pick(&own)
    }

    fn coalesce(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        let left = self.value(sight, of, depth);
        Some(Ex::Coalesce(Box::new(left), self.literal(of)))
    }

    fn or_else(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        let left = self.value(sight, of, depth);
        let right = self.value(sight, of, depth);
        Some(Ex::OrElse(Box::new(left), Box::new(right)))
    }

    fn null_if(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        if !of.is_compared() {
            return None;
        }
        let left = self.value(sight, of, depth);
        let right = self.value(sight, of, depth);
        Some(Ex::NullIf(Box::new(left), Box::new(right)))
    }

    fn case(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        let branches = self.several(1, 3, 30, |grammar| {
            (
                grammar.condition(sight, depth),
                grammar.value(sight, of, depth),
            )
        });
        let otherwise = self
            .draw
            .chance(60)
            .then(|| Box::new(self.value(sight, of, depth)));
        Some(Ex::Case(branches, otherwise))
    }

    fn extreme(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        if !of.is_ordered() {
            return None;
        }
        let left = Box::new(self.value(sight, of, depth));
        let right = Box::new(self.value(sight, of, depth));
        Some(if self.draw.chance(50) {
            Ex::Greatest(left, right)
        } else {
            Ex::Least(left, right)
        })
    }

    fn truth(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        (of.kind == Kind::Bool).then(|| Ex::Truth(Box::new(self.condition(sight, depth))))
    }

    fn scalar(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        let read = self.one_value(sight, of, depth)?;
        Some(Ex::Scalar(of.kind, Box::new(read)))
    }

    /// NULL of the type.
    pub(super) fn null(of: Type) -> Ex {
        Ex::Literal(of.kind, Val::Null)
    }
}
