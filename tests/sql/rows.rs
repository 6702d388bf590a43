//! Rows that are updated and deleted together, each by its key.

use super::golden::check;
use birgus::backend::{BindType, Dialect, RowChanges, RowColumn, StatementBuilder};
use birgus::{Result, Value};

const ID: RowColumn<'static> = RowColumn::new("id", BindType::BigInt);

/// So many rows, whose values are all NULL: the text is looked at.
fn changes<'a>(
    matched: &'a [RowColumn<'a>],
    set: &'a [RowColumn<'a>],
    rows: usize,
) -> RowChanges<'a> {
    let values = vec![Value::Null; (matched.len() + set.len()) * rows];
    RowChanges::new("user \"x\"", matched, set, values)
}

fn text(
    dialect: &dyn Dialect,
    write: impl FnOnce(&mut StatementBuilder<'_>) -> Result<()>,
) -> Result<String> {
    let mut builder = StatementBuilder::new(dialect);
    write(&mut builder)?;
    let statement = builder.finish();
    let kept = if statement.is_cacheable() {
        "kept"
    } else {
        "not kept"
    };
    let text = statement.text();
    match text.get(..1_000) {
        Some(start) => Ok(format!("({kept}) {start} … of {} bytes", text.len())),
        None => Ok(format!("({kept}) {text}")),
    }
}

#[test]
fn rows() {
    let name = RowColumn::new("na\"me", BindType::Text).with_length(Some(64));
    let body = RowColumn::new("body", BindType::Text);
    let token = RowColumn::new("token", BindType::Uuid);
    let document = RowColumn::new("document", BindType::Json);
    let price = RowColumn::new("price", BindType::Decimal { scale: 4 });
    let bytes = RowColumn::new("bytes", BindType::Binary);
    let version = RowColumn::new("version", BindType::Integer);
    let matched = [ID, version];
    let texts = [token, name];
    let update = |dialect: &dyn Dialect, matched: &[_], set: &[_], rows| {
        text(dialect, |builder| {
            dialect.update_rows(builder, changes(matched, set, rows))
        })
    };
    let delete = |dialect: &dyn Dialect, matched: &[_], rows| {
        text(dialect, |builder| {
            dialect.delete_rows(builder, changes(matched, &[], rows))
        })
    };
    check(
        "rows",
        &[
            ("update of two rows", &|dialect| {
                update(dialect, &[ID], &[name, body], 2)
            }),
            ("update by a version", &|dialect| {
                update(dialect, &matched, &[version, price], 2)
            }),
            ("update of every kind", &|dialect| {
                update(dialect, &texts, &[token, document, bytes], 2)
            }),
            ("update of many rows", &|dialect| {
                update(dialect, &[ID], &[name], 1_000)
            }),
            ("delete of two rows", &|dialect| delete(dialect, &[ID], 2)),
            ("delete by several columns", &|dialect| {
                delete(dialect, &matched, 2)
            }),
        ],
    );
}
