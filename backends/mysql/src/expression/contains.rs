//! Whether a document contains a part. JSON_CONTAINS finds a value in an array of arrays too, and MySQL's tells 1 from 1.0:
//! so the part, which is a bound value, is taken apart here, and each piece of it looked for.

use birgus_core::backend::{BindType, FunctionWriter, JsonStep};
use birgus_core::{Error, Result, Value};
use serde_json::Value as Document;

use super::json::{NUMBERS, Writer};
use crate::server::Product;

/// Appends the condition: NULL of no document, and never otherwise.
pub(super) fn write(product: Product, out: &mut dyn FunctionWriter) -> Result<()> {
    let Some(Value::Json(part)) = out.argument_value(1) else {
        return Err(Error::invalid_query("contains takes a value"));
    };
    let Ok(part) = serde_json::from_str::<Document>(part) else {
        return Err(Error::invalid_query("contains takes a JSON document"));
    };
    out.vary();
    let mut writer = Writer { product, out };
    writer.out.push("CASE WHEN ");
    writer.document()?;
    writer.out.push(" IS NOT NULL THEN (");
    let whole = Place {
        element: None,
        keys: Vec::new(),
    };
    writer.contains(&whole, &part, 0)?;
    writer.out.push(") IS TRUE END");
    Ok(())
}

/// A place in the document: keys behind the whole of it, or behind an element of an array at another place.
struct Place<'p> {
    element: Option<&'p Elements<'p>>,
    keys: Vec<JsonStep>,
}

/// The elements of an array, which a table of this number gives one by one.
struct Elements<'p> {
    array: &'p Place<'p>,
    table: usize,
}

impl Place<'_> {
    fn key(&self, key: &str) -> Self {
        let mut keys = self.keys.clone();
        keys.push(JsonStep::Key(key.to_owned()));
        Self {
            element: self.element,
            keys,
        }
    }
}

impl Writer<'_, '_> {
    fn place(&mut self, place: &Place<'_>) -> Result<()> {
        let Some(element) = place.element else {
            if place.keys.is_empty() {
                return self.document();
            }
            self.out.push("JSON_EXTRACT(");
            self.document()?;
            self.out.push(", ");
            self.path("$", &place.keys);
            self.out.push(")");
            return Ok(());
        };
        self.out.push("JSON_EXTRACT(");
        self.place(element.array)?;
        let table = element.table;
        self.out
            .push(&format!(", CONCAT('$[', items{table}.place - 1, ']'"));
        if !place.keys.is_empty() {
            self.out.push(", ");
            self.path("", &place.keys);
        }
        self.out.push("))");
        Ok(())
    }

    /// `JSON_TYPE(…)` and a condition on it
    fn is(&mut self, place: &Place<'_>, kind: &str) -> Result<()> {
        self.out.push("JSON_TYPE(");
        self.place(place)?;
        let end = self.type_end();
        self.out.push(&format!("{end} {kind}"));
        Ok(())
    }

    /// `depth` tables are around this.
    fn contains(&mut self, place: &Place<'_>, part: &Document, depth: usize) -> Result<()> {
        match part {
            Document::Object(entries) => {
                self.is(place, "= 'OBJECT'")?;
                for (key, value) in entries {
                    self.out.push(" AND ");
                    self.contains(&place.key(key), value, depth)?;
                }
            }
            Document::Array(items) => {
                self.is(place, "= 'ARRAY'")?;
                for item in items {
                    self.out.push(" AND EXISTS (SELECT 1 FROM JSON_TABLE(");
                    self.place(place)?;
                    self.out.push(&format!(
                        ", '$[*]' COLUMNS (place FOR ORDINALITY)) AS items{depth} WHERE "
                    ));
                    let elements = Elements {
                        array: place,
                        table: depth,
                    };
                    let element = Place {
                        element: Some(&elements),
                        keys: Vec::new(),
                    };
                    self.contains(&element, item, depth + 1)?;
                    self.out.push(")");
                }
            }
            Document::Null => self.is(place, "= 'NULL'")?,
            Document::Bool(value) => {
                self.is(place, "= 'BOOLEAN' AND JSON_UNQUOTE(")?;
                self.place(place)?;
                let end = self.text_end();
                self.out.push(&format!("{end} = '{value}'"));
            }
            Document::Number(number) => {
                self.is(place, &format!("IN ({NUMBERS}) AND CAST("))?;
                self.place(place)?;
                self.out.push(" AS DOUBLE) = ");
                let number = number.as_f64().unwrap_or_default();
                self.out.value(Value::Double(number), BindType::Double);
            }
            Document::String(text) => {
                self.is(place, "= 'STRING' AND JSON_UNQUOTE(")?;
                self.place(place)?;
                let end = self.text_end();
                self.out.push(&format!("{end} = "));
                self.out.value(Value::Text(text.clone()), BindType::Text);
            }
        }
        Ok(())
    }
}
