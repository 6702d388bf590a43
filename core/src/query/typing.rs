//! What is known of the type of an expression beyond its Rust type.

use rust_decimal::Decimal;

use super::Node;
use crate::backend::BindType;
use crate::model::{ColumnValue, FieldInfo, Kind, normalize};
use crate::value::Value;
use crate::{Error, Result};

/// The digits of the largest decimal that every engine holds.
pub(super) const MOST_DIGITS: u8 = 18;

/// What an operand is combined with: its kind, the digits behind the point, and the field when it is a model's column.
#[derive(Clone, Copy)]
pub struct Typing {
    pub(crate) kind: Kind,
    pub(crate) scale: u8,
    pub(crate) field: Option<&'static FieldInfo>,
    /// Whether the value is going to be stored in the field, not compared with it.
    pub(crate) stored: bool,
    /// Whether a decimal may have any digits behind the point: what it is combined with is brought to them.
    pub(crate) any_scale: bool,
}

impl Typing {
    /// The typing of an expression whose value is a `T`.
    pub(crate) fn of<T: ColumnValue>(node: &Node) -> Self {
        Self {
            kind: T::KIND,
            scale: node.scale(),
            field: match node {
                Node::Column(column) => column.field,
                _ => None,
            },
            stored: false,
            any_scale: false,
        }
    }

    /// The typing of an expression of a kind that is no column.
    pub(crate) fn plain(kind: Kind, scale: u8) -> Self {
        Self {
            kind,
            scale,
            field: None,
            stored: false,
            any_scale: false,
        }
    }

    /// The typing of one of several values of a kind, of which the longest decimal decides.
    pub(crate) fn any_scale(kind: Kind) -> Self {
        Self {
            any_scale: true,
            ..Self::plain(kind, 0)
        }
    }

    /// The typing of what is going to be stored in a column.
    pub(crate) fn stored(field: &'static FieldInfo) -> Self {
        Self {
            kind: field.kind,
            scale: field.scale(),
            field: Some(field),
            stored: true,
            any_scale: false,
        }
    }

    /// How error messages name the expression.
    pub(crate) fn subject(&self) -> String {
        self.field
            .map_or_else(|| "an expression".to_owned(), FieldInfo::subject)
    }

    pub(crate) fn bind_type(&self) -> BindType {
        self.kind.bind_type(self.scale)
    }

    /// A value that the expression is compared or combined with.
    pub(crate) fn operand(&self, value: Result<Value>) -> Node {
        if let (true, Ok(Value::Decimal(number))) = (self.any_scale, &value) {
            return self.of_digits(*number);
        }
        let checked = value.and_then(|value| match self.field {
            Some(field) if self.stored => field.check(value),
            Some(field) => field.check_operand(value),
            None => self.check(value),
        });
        match checked {
            Ok(value) => Node::bind(value, self.bind_type()),
            Err(error) => Node::Invalid(error.to_string()),
        }
    }

    /// A decimal as it stands, with the digits that it has.
    fn of_digits(&self, number: Decimal) -> Node {
        match u8::try_from(number.scale()) {
            Ok(scale) if scale <= MOST_DIGITS => {
                Self::plain(self.kind, scale).operand(Ok(Value::Decimal(number)))
            }
            _ => Node::Invalid(format!(
                "a number with {} digits behind the point, at most {MOST_DIGITS} on every engine",
                number.scale()
            )),
        }
    }

    fn check(&self, value: Value) -> Result<Value> {
        let problem = match value {
            Value::Decimal(mut number) => {
                let scale = u32::from(self.scale);
                if number.normalize().scale() > scale {
                    return Err(Error::invalid_value(
                        self.subject(),
                        format!(
                            "compared with a number of more than {scale} digits behind the point"
                        ),
                    ));
                }
                number.rescale(scale);
                if number.scale() == scale && i64::try_from(number.mantissa()).is_ok() {
                    return Ok(Value::Decimal(number));
                }
                "compared with a number out of every column's range"
            }
            Value::Text(text) if text.contains('\0') => {
                "text with NUL (U+0000), which not every engine can hold"
            }
            other => match normalize(other) {
                Ok(value) => return Ok(value),
                Err(problem) => problem,
            },
        };
        Err(Error::invalid_value(self.subject(), problem))
    }
}
