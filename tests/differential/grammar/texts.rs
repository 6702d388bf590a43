//! Functions of texts.

use super::{Grammar, Sight, Type};
use crate::differential::expression::{Ex, TextFunction};
use crate::differential::value::{Kind, Val};

impl Grammar<'_> {
    pub(super) fn text_function(&mut self, sight: &Sight, of: Type, depth: usize) -> Option<Ex> {
        if of.kind != Kind::Text {
            return None;
        }
        let text = Box::new(self.value(sight, of, depth));
        Some(match self.draw.below(8) {
            0 => Ex::Text(TextFunction::Lower, text),
            1 => Ex::Text(TextFunction::Upper, text),
            2 => Ex::Text(TextFunction::Trim, text),
            3 => Ex::Text(TextFunction::TrimStart, text),
            4 => Ex::Text(TextFunction::TrimEnd, text),
            5 => {
                let mut number = || {
                    let number = *self.draw.pick(&[1, 2, 0, -1, 3, 100, i64::MAX, i64::MIN]);
                    Box::new(Ex::Literal(Kind::Big, Val::Big(number)))
                };
                Ex::Substring(text, number(), number())
            }
            6 => {
                let from = self.part();
                Ex::Replace(text, from, self.part())
            }
            _ => {
                let other = self.value(sight, of, depth);
                Ex::Concat(text, Box::new(other))
            }
        })
    }

    fn part(&mut self) -> String {
        (*self.draw.pick(super::literals::TEXTS)).to_owned()
    }
}
