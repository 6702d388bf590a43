//! Arithmetic and functions of numbers.
//!
//! A result out of range is an error, and an engine may or may not come to compute it: a filter that is false may spare it
//! the rest. So operands are small, save where a result stands alone ([`Grammar::alone`]).

use super::{Grammar, Sight, Type};
use crate::differential::expression::{Arithmetic, Ex, NumberFunction, TextFunction};
use crate::differential::value::{Kind, Val};

const OPERATORS: &[Arithmetic] = &[
    Arithmetic::Add,
    Arithmetic::Subtract,
    Arithmetic::Multiply,
    Arithmetic::IntDiv,
    Arithmetic::Remainder,
];

const EXACT: &[Arithmetic] = &[
    Arithmetic::Add,
    Arithmetic::Subtract,
    Arithmetic::Multiply,
    Arithmetic::Divide,
];

impl Grammar<'_> {
    pub(super) fn arithmetic(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        match of.kind {
            Kind::Big => Some(self.whole(sight, depth.min(1))),
            Kind::Double => Some(self.double(sight, depth.min(1))),
            Kind::Decimal => self.exact(sight, of.scale),
            _ => None,
        }
    }

    /// A whole number between those of `i16`.
    fn small(&mut self, sight: &Sight) -> Ex {
        if !self.draw.chance(30)
            && let Some(column) = self.column(sight, |column| column.of.kind == Kind::Small)
        {
            return column;
        }
        Ex::Literal(
            Kind::Big,
            Val::Big(*self.draw.pick(&[1, 0, 2, -1, 3, 7, -10, 1000])),
        )
    }

    /// Of at most four small numbers.
    fn whole(&mut self, sight: &Sight, depth: usize) -> Ex {
        let operator = *self.draw.pick(OPERATORS);
        let operand = |grammar: &mut Self| {
            if depth > 0 && grammar.draw.chance(30) {
                grammar.spanned(|grammar| grammar.whole(sight, depth - 1))
            } else {
                grammar.small(sight)
            }
        };
        let left = operand(self);
        let right = operand(self);
        Ex::Arithmetic(operator, Box::new(left), Box::new(right))
    }

    fn double(&mut self, sight: &Sight, depth: usize) -> Ex {
        let left = self.small_double(sight, depth);
        let right = self.small_double(sight, depth);
        let operator = *self.draw.pick(EXACT);
        Ex::Arithmetic(operator, Box::new(left), Box::new(right))
    }

    fn small_double(&mut self, sight: &Sight, depth: usize) -> Ex {
        match self.draw.below(4) {
            0 => Ex::Literal(
                Kind::Double,
                Val::Double(*self.draw.pick(&[1.0, 0.0, 0.1, 0.5, -2.5, 3.0, 1e6])),
            ),
            1 if depth > 0 => self.spanned(|grammar| grammar.double(sight, depth - 1)),
            2 => {
                let (left, right) = (self.small(sight), self.small(sight));
                Ex::Arithmetic(Arithmetic::Divide, Box::new(left), Box::new(right))
            }
            _ => {
                let small = self.small(sight);
                Ex::Number(NumberFunction::ToDouble, Box::new(small))
            }
        }
    }

    /// A decimal of a scale with few digits.
    fn small_decimal(&mut self, sight: &Sight, scale: u8) -> Ex {
        let few = |column: &super::Visible| {
            let precision = column.info.and_then(|info| info.precision);
            column.of.kind == Kind::Decimal
                && column.of.scale == scale
                && precision.is_some_and(|(digits, _)| digits <= 6)
        };
        if !self.draw.chance(25)
            && let Some(column) = self.column(sight, few)
        {
            return column;
        }
        let scaled = *self.draw.pick(&[100, 0, 1, -1, 5, 50, -250, 12_345]);
        let number = rust_decimal(scaled, scale);
        Ex::Literal(Kind::Decimal, Val::Decimal(number))
    }

    fn exact(&mut self, sight: &Sight, scale: u8) -> Option<Ex> {
        let (operator, left, right) = match scale {
            2 => (self.sum(), 2, 2),
            4 if self.draw.chance(50) => (Arithmetic::Multiply, 2, 2),
            4 => (self.sum(), 4, *self.draw.pick(&[4, 2])),
            6 if self.draw.chance(50) => (Arithmetic::Multiply, 4, 2),
            6 => (Arithmetic::Divide, 2, *self.draw.pick(&[2, 4])),
            8 => (Arithmetic::Divide, 4, *self.draw.pick(&[2, 4])),
            _ => return None,
        };
        let left = self.small_decimal(sight, left);
        let right = self.small_decimal(sight, right);
        Some(Ex::Arithmetic(operator, Box::new(left), Box::new(right)))
    }

    fn sum(&mut self) -> Arithmetic {
        *self.draw.pick(&[Arithmetic::Add, Arithmetic::Subtract])
    }

    pub(super) fn number_function(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        let (function, operand) = match of.kind {
            Kind::Big => match self.draw.below(3) {
                0 => (NumberFunction::Negate, self.small(sight)),
                1 => (NumberFunction::Abs, self.small(sight)),
                _ => {
                    let text = self.value(sight, Type::of(Kind::Text), depth);
                    return Some(Ex::Text(TextFunction::Length, Box::new(text)));
                }
            },
            Kind::Double => {
                let function = *self.draw.pick(&[
                    NumberFunction::Negate,
                    NumberFunction::Abs,
                    NumberFunction::Floor,
                    NumberFunction::Ceil,
                ]);
                (function, self.value(sight, of, depth))
            }
            Kind::Decimal => match self.draw.below(4) {
                0 => (NumberFunction::Negate, self.value(sight, of, depth)),
                1 => (NumberFunction::Abs, self.value(sight, of, depth)),
                2 if of.scale < 4 => {
                    let more = *self.draw.pick(&[2, 4]);
                    let operand = self.small_decimal(sight, more);
                    let function = if of.scale == 0 {
                        *self.draw.pick(&[
                            NumberFunction::Floor,
                            NumberFunction::Ceil,
                            NumberFunction::Round(0),
                        ])
                    } else {
                        NumberFunction::Round(of.scale)
                    };
                    (function, operand)
                }
                _ if of.scale <= 6 => (NumberFunction::ToDecimal(of.scale), self.small(sight)),
                _ => return None,
            },
            Kind::Text => {
                let number = if self.draw.chance(50) {
                    self.small(sight)
                } else {
                    let scale = *self.draw.pick(&[2, 4]);
                    self.small_decimal(sight, scale)
                };
                (NumberFunction::ToText, number)
            }
            _ => return None,
        };
        // A rounded number that was of the scale already stays what it is.
        Some(Ex::Number(function, Box::new(operand)))
    }

    /// Arithmetic whose result may be out of range, for where every row is computed and nothing else can fail. One operand is
    /// a column: of values alone PostgreSQL computes it even when there are no rows.
    pub(super) fn alone(&mut self, sight: &Sight) -> Ex {
        let whole =
            |column: &super::Visible| matches!(column.of.kind, Kind::Small | Kind::Int | Kind::Big);
        let Some(left) = self.column(sight, whole) else {
            return self.whole(sight, 1);
        };
        match self.draw.below(4) {
            0 => Ex::Number(NumberFunction::Negate, Box::new(left)),
            1 => Ex::Number(NumberFunction::Abs, Box::new(left)),
            _ => {
                let right = self.column(sight, whole).filter(|_| self.draw.chance(50));
                let right = right
                    .unwrap_or_else(|| Ex::Literal(Kind::Big, self.literal(Type::of(Kind::Big))));
                let (left, right) = match self.draw.chance(30) {
                    true => (right, left),
                    false => (left, right),
                };
                let operator = *self.draw.pick(OPERATORS);
                Ex::Arithmetic(operator, Box::new(left), Box::new(right))
            }
        }
    }
}

fn rust_decimal(scaled: i64, scale: u8) -> birgus::prelude::Decimal {
    birgus::prelude::Decimal::new(scaled, u32::from(scale))
}
