//! Conditions.

use super::{Grammar, Sight, Type};
use crate::differential::expression::{Comparison, Condition, TextTest};
use crate::differential::value::{Kind, Val};

type Feature = fn(&mut Grammar<'_>, &Sight, usize) -> Condition;

const FEATURES: &[Feature] = &[
    |g, s, d| g.compare(s, d),
    |g, s, d| g.compare(s, d),
    |g, s, d| g.is_null(s, d),
    |g, s, d| g.between(s, d),
    |g, s, d| g.in_list(s, d),
    |g, s, d| g.text_test(s, d),
    |g, s, d| g.not(s, d),
    |g, s, d| g.and(s, d),
    |g, s, d| g.or(s, d),
    |g, s, d| g.holds(s, d),
    |g, s, d| g.in_read(s, d),
    |g, s, d| g.exists(s, d),
];

const COMPARISONS: &[Comparison] = &[
    Comparison::Eq,
    Comparison::Ne,
    Comparison::Lt,
    Comparison::Le,
    Comparison::Gt,
    Comparison::Ge,
    Comparison::Distinct,
    Comparison::NotDistinct,
];

const TEXT_TESTS: &[TextTest] = &[
    TextTest::Like,
    TextTest::NotLike,
    TextTest::Ilike,
    TextTest::NotIlike,
    TextTest::Contains,
    TextTest::StartsWith,
    TextTest::EndsWith,
    TextTest::Icontains,
    TextTest::IstartsWith,
    TextTest::IendsWith,
    TextTest::Ieq,
];

impl Grammar<'_> {
    /// A condition, up to so deep.
    pub(super) fn condition(&mut self, sight: &Sight, depth: usize) -> Condition {
        self.spanned(|grammar| {
            if depth == 0 {
                return grammar.compare(sight, 0);
            }
            let feature = *grammar.draw.pick(FEATURES);
            feature(grammar, sight, depth - 1)
        })
    }

    pub(super) fn compare(&mut self, sight: &Sight, depth: usize) -> Condition {
        let of = self.type_among(sight, Type::is_compared);
        let comparison = *self.draw.pick(COMPARISONS);
        let left = self.value(sight, of, depth);
        let right = self.spanned(|grammar| match grammar.draw.below(20) {
            0..12 => crate::differential::expression::Ex::Literal(of.kind, grammar.literal(of)),
            12 => Grammar::null(of),
            _ => grammar.value(sight, of, depth),
        });
        Condition::Compare(comparison, left, right)
    }

    fn is_null(&mut self, sight: &Sight, depth: usize) -> Condition {
        let of = self.type_among(sight, |_| true);
        let operand = self.value(sight, of, depth);
        Condition::IsNull(operand, self.draw.chance(50))
    }

    fn between(&mut self, sight: &Sight, depth: usize) -> Condition {
        let of = self.type_among(sight, Type::is_compared);
        let operand = self.value(sight, of, depth);
        let low = self.value(sight, of, 0);
        let high = self.value(sight, of, 0);
        Condition::Between(operand, low, high)
    }

    fn in_list(&mut self, sight: &Sight, depth: usize) -> Condition {
        let of = self.type_among(sight, Type::is_compared);
        let operand = self.value(sight, of, depth);
        let mut list = self.several(0, 6, 70, |grammar| grammar.literal(of));
        // Longer than what one engine or another keeps in a statement's text.
        if !list.is_empty() && self.draw.chance(5) {
            let again: Vec<Val> = list.iter().cycle().take(700).cloned().collect();
            list = again;
        }
        Condition::In(operand, list, self.draw.chance(40))
    }

    fn text_test(&mut self, sight: &Sight, depth: usize) -> Condition {
        let of = Type::of(Kind::Text);
        let operand = self.value(sight, of, depth);
        let test = *self.draw.pick(TEXT_TESTS);
        let part = match self.literal(of) {
            Val::Text(part) => part,
            other => panic!("{other:?} is no text"),
        };
        let part = match self.draw.below(4) {
            0 => part,
            1 => format!("{part}%"),
            2 => format!("%{part}_"),
            _ => format!("_{part}%"),
        };
        Condition::Text(test, operand, part)
    }

    fn not(&mut self, sight: &Sight, depth: usize) -> Condition {
        Condition::Not(Box::new(self.condition(sight, depth)))
    }

    fn and(&mut self, sight: &Sight, depth: usize) -> Condition {
        Condition::And(self.several(1, 3, 60, |grammar| grammar.condition(sight, depth)))
    }

    fn or(&mut self, sight: &Sight, depth: usize) -> Condition {
        Condition::Or(self.several(1, 3, 60, |grammar| grammar.condition(sight, depth)))
    }

    fn holds(&mut self, sight: &Sight, depth: usize) -> Condition {
        Condition::Holds(self.value(sight, Type::of(Kind::Bool), depth))
    }

    fn in_read(&mut self, sight: &Sight, depth: usize) -> Condition {
        let of = self.type_among(sight, Type::is_compared);
        let operand = self.value(sight, of, 0);
        let (read, refined) = self.values_of(sight, of, depth);
        let negated = !refined && self.draw.chance(40);
        Condition::InRead(operand, Box::new(read), negated)
    }

    fn exists(&mut self, sight: &Sight, depth: usize) -> Condition {
        Condition::Exists(Box::new(self.rows_of(sight, depth)))
    }
}
