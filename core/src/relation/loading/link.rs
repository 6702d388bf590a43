//! Whose the rows of a query are.

use super::joined::{At, at};
use super::{Links, Own};
use crate::Result;
use crate::backend::{BindType, Row};
use crate::model::ModelInfo;
use crate::query::{Select, read_value};
use crate::relation::level::Level;
use crate::session::Identity;
use crate::value::Value;

/// Where a row says whose it is, and in which order.
pub(crate) struct Link {
    columns: Vec<At>,
    /// The field that the only column is, when both are whole numbers: what was decoded is not read again.
    field: Option<usize>,
    /// The field that the rows are ordered by.
    order: Option<(usize, At)>,
    /// Whether a parent may have several rows.
    many: bool,
}

impl Link {
    pub(super) fn new(select: &Select, model: &ModelInfo, own: &Own) -> Self {
        let items = select.items();
        let field = match own.link[..] {
            [field] => model
                .fields
                .get(field)
                .filter(|field| field.is_integer())
                .map(|_| field),
            _ => None,
        };
        let order = own.order.and_then(|field| {
            let at = at(&items, 0, &[field]).first().copied()?;
            Some((field, at))
        });
        Self {
            columns: at(&items, 0, &own.link),
            field,
            order,
            many: own.many,
        }
    }

    /// Reads the object of a row, and notes whose it is.
    pub(super) fn arrive(
        &self,
        level: &mut dyn Level,
        row: &dyn Row,
        links: &mut Links,
    ) -> Result<()> {
        if self.columns.is_empty() {
            return level.arrive(row, 0).map(drop);
        }
        level.arrive_linked(row, self, links)
    }

    /// Notes whose an object is that arrives from a row, and says whether it begins another parent's rows. `decoded` gives what
    /// a field of the object has, where that is known to be a whole number.
    #[inline]
    pub(crate) fn note(
        &self,
        row: &dyn Row,
        object: usize,
        links: &mut Links,
        decoded: impl Fn(usize) -> Option<i64>,
    ) -> Result<bool> {
        let parent = self.field.and_then(&decoded);
        let key = self.order.and_then(|(field, _)| decoded(field));
        if let (Some(parent), Some(key)) = (parent, key)
            && links.push_behind(parent, object, key)
        {
            return Ok(false);
        }
        self.note_decoded(row, object, links, parent, key)
    }

    fn note_decoded(
        &self,
        row: &dyn Row,
        object: usize,
        links: &mut Links,
        parent: Option<i64>,
        key: Option<i64>,
    ) -> Result<bool> {
        let (group, other) = match parent {
            Some(parent) => links.group_of_integer(parent),
            None => match identity_at(row, &self.columns)? {
                Some(parent) => links.group(parent),
                None => return Ok(false),
            },
        };
        match self.order {
            None => links.push_member(group, object),
            Some((_, at)) => {
                let key = match key {
                    Some(key) => key,
                    // A key is never NULL.
                    None => row.integer(at.index)?.unwrap_or_default(),
                };
                links.push_by_key(group, object, key);
            }
        }
        Ok(other && self.many)
    }
}

/// What a row has in some columns, as it is compared; nothing when one of them is NULL.
pub(super) fn identity_at(row: &dyn Row, columns: &[At]) -> Result<Option<Identity>> {
    if let [
        At {
            index,
            bind_type: BindType::SmallInt | BindType::Integer | BindType::BigInt,
        },
    ] = columns
    {
        return Ok(row.integer(*index)?.map(Identity::integer));
    }
    let mut values: Vec<Value> = Vec::with_capacity(columns.len());
    for at in columns {
        match read_value(row, at.index, at.bind_type)? {
            Value::Null => return Ok(None),
            value => values.push(value),
        }
    }
    Ok(Some(Identity::new(&values)))
}
