//! Documents: a type of MySQL's, and a text with a CHECK in MariaDB.

use birgus_core::backend::{BindType, Function, FunctionWriter, JsonStep, write_standard_function};
use birgus_core::json::quoted;
use birgus_core::{Result, Value};

use super::contains;
use crate::server::Product;

/// The numbers among the answers of JSON_TYPE; MariaDB has the first two.
pub(super) const NUMBERS: &str = "'INTEGER', 'DOUBLE', 'UNSIGNED INTEGER', 'DECIMAL'";

/// Appends the operation.
pub(super) fn write(
    product: Product,
    function: &Function,
    out: &mut dyn FunctionWriter,
) -> Result<()> {
    let mut writer = Writer { product, out };
    match function {
        Function::JsonGet(steps) => writer.get(steps),
        Function::JsonType(steps) => writer.where_arrays(steps, |writer| writer.kind(steps)),
        Function::JsonLength(steps) => writer.case(steps, " = 'ARRAY'", |writer| {
            writer.out.push("JSON_LENGTH(");
            writer.extract(steps)?;
            writer.out.push(")");
            Ok(())
        }),
        Function::JsonContains => contains::write(product, out),
        Function::JsonSet(steps) => writer.change(steps, |writer| {
            // An element that is not there would be added.
            writer.out.push(match steps.last() {
                Some(JsonStep::Index(_)) => "JSON_REPLACE(",
                _ => "JSON_SET(",
            });
            writer.document()?;
            writer.out.push(", ");
            writer.path("$", steps);
            writer.out.push(match product {
                Product::Mysql => ", CAST(",
                Product::MariaDb => ", JSON_COMPACT(",
            });
            writer.out.argument(1)?;
            writer.out.push(match product {
                Product::Mysql => " AS JSON))",
                Product::MariaDb => "))",
            });
            Ok(())
        }),
        Function::JsonRemove(steps) => writer.change(steps, |writer| {
            writer.out.push("JSON_REMOVE(");
            writer.document()?;
            writer.out.push(", ");
            writer.path("$", steps);
            writer.out.push(")");
            Ok(())
        }),
        _ => write_standard_function(product.name(), function, out),
    }
}

pub(super) struct Writer<'o, 'w> {
    pub(super) product: Product,
    pub(super) out: &'o mut (dyn FunctionWriter + 'w),
}

impl Writer<'_, '_> {
    /// The document. A bound one is a text until it is cast.
    pub(super) fn document(&mut self) -> Result<()> {
        if self.product == Product::Mysql && self.out.argument_value(0).is_some() {
            self.out.push("CAST(");
            self.out.argument(0)?;
            self.out.push(" AS JSON)");
            return Ok(());
        }
        self.out.argument(0)
    }

    /// A path, behind what begins it, as a bound value.
    pub(super) fn path(&mut self, start: &str, steps: &[JsonStep]) {
        let mut path = start.to_owned();
        for step in steps {
            match step {
                JsonStep::Key(key) => {
                    path.push('.');
                    path.push_str(&quoted(key));
                }
                JsonStep::Index(index) => path.push_str(&format!("[{index}]")),
                _ => {}
            }
        }
        self.out.value(Value::Text(path), BindType::Text);
    }

    fn extract(&mut self, steps: &[JsonStep]) -> Result<()> {
        if steps.is_empty() {
            return self.document();
        }
        self.out.push("JSON_EXTRACT(");
        self.document()?;
        self.out.push(", ");
        self.path("$", steps);
        self.out.push(")");
        Ok(())
    }

    fn type_of(&mut self, steps: &[JsonStep]) -> Result<()> {
        self.out.push("JSON_TYPE(");
        self.extract(steps)?;
        let end = self.type_end();
        self.out.push(&end);
        Ok(())
    }

    /// What stands behind the argument of JSON_TYPE, which has a collation in MySQL that a literal's does not give way to.
    pub(super) fn type_end(&self) -> String {
        match self.product {
            Product::Mysql => format!(") COLLATE {}", self.product.collation()),
            Product::MariaDb => ")".to_owned(),
        }
    }

    /// What stands behind the argument of JSON_UNQUOTE: the functions give a text of another collation, which passes over
    /// trailing spaces.
    pub(super) fn text_end(&self) -> String {
        format!(") COLLATE {}", self.product.collation())
    }

    /// The conditions under which the path leads where it says: what is no array counts as one of itself alone here, so
    /// that the index 0 leads into anything. The first is written behind `lead`.
    fn arrays(&mut self, steps: &[JsonStep], mut lead: &'static str) -> Result<bool> {
        let mut any = false;
        for (position, step) in steps.iter().enumerate() {
            if *step == JsonStep::Index(0) {
                self.out.push(lead);
                self.type_of(&steps[..position])?;
                self.out.push(" = 'ARRAY'");
                lead = " AND ";
                any = true;
            }
        }
        Ok(any)
    }

    /// The expression, where the path leads where it says.
    fn where_arrays(
        &mut self,
        steps: &[JsonStep],
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let guarded = self.arrays(steps, "CASE WHEN ")?;
        if guarded {
            self.out.push(" THEN ");
        }
        write(self)?;
        if guarded {
            self.out.push(" END");
        }
        Ok(())
    }

    /// The expression, where what is at the path is of a kind.
    fn case(
        &mut self,
        steps: &[JsonStep],
        kind: &str,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.out.push("CASE WHEN ");
        self.type_of(steps)?;
        self.out.push(kind);
        self.arrays(steps, " AND ")?;
        self.out.push(" THEN ");
        write(self)?;
        self.out.push(" END");
        Ok(())
    }

    /// The changed document, where the path leads where it says.
    fn change(
        &mut self,
        steps: &[JsonStep],
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let guarded = self.arrays(steps, "CASE WHEN ")?;
        if guarded {
            self.out.push(" THEN ");
        }
        write(self)?;
        if guarded {
            self.out.push(" ELSE ");
            self.document()?;
            self.out.push(" END");
        }
        Ok(())
    }

    fn get(&mut self, steps: &[JsonStep]) -> Result<()> {
        let numbers = format!(" IN ({NUMBERS})");
        match self.out.result() {
            BindType::Text => self.case(steps, " = 'STRING'", |writer| {
                writer.out.push("JSON_UNQUOTE(");
                writer.extract(steps)?;
                let end = writer.text_end();
                writer.out.push(&end);
                Ok(())
            }),
            BindType::BigInt => self.case(steps, &numbers, |writer| writer.whole(steps)),
            BindType::Double => self.case(steps, &numbers, |writer| writer.double(steps)),
            BindType::Boolean => self.case(steps, " = 'BOOLEAN'", |writer| {
                writer.out.push("JSON_UNQUOTE(");
                writer.extract(steps)?;
                let end = writer.text_end();
                writer.out.push(&format!("{end} = 'true'"));
                Ok(())
            }),
            _ => self.case(steps, " <> 'NULL'", |writer| writer.extract(steps)),
        }
    }

    fn double(&mut self, steps: &[JsonStep]) -> Result<()> {
        self.out.push("CAST(");
        self.extract(steps)?;
        self.out.push(" AS DOUBLE)");
        Ok(())
    }

    /// A number as a whole one. One that is written with a point or an exponent, or that has too many digits, is taken for
    /// a double: MariaDB calls 1e3 an integer, and reads it as 1. MySQL casts the largest numbers to decimals below 0 unless
    /// they become texts first.
    fn whole(&mut self, steps: &[JsonStep]) -> Result<()> {
        self.out.push("CASE WHEN ");
        match self.product {
            Product::Mysql => {
                self.type_of(steps)?;
                self.out.push(" LIKE '%INTEGER'");
            }
            Product::MariaDb => {
                self.extract(steps)?;
                self.out.push(" REGEXP '^-?[0-9]{1,19}$'");
            }
        }
        self.out.push(" THEN CASE WHEN CAST(JSON_UNQUOTE(");
        self.extract(steps)?;
        self.out.push(
            ") AS DECIMAL(65, 0)) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(",
        );
        self.extract(steps)?;
        self.out.push(" AS SIGNED) END");
        self.out.push(" WHEN ");
        self.double(steps)?;
        self.out.push(" = FLOOR(");
        self.double(steps)?;
        self.out.push(") AND ");
        self.double(steps)?;
        self.out.push(" >= -9223372036854775808e0 AND ");
        self.double(steps)?;
        self.out.push(" < 9223372036854775808e0 THEN CAST(");
        self.double(steps)?;
        self.out.push(" AS SIGNED) END");
        Ok(())
    }

    fn kind(&mut self, steps: &[JsonStep]) -> Result<()> {
        self.out.push("CASE ");
        self.type_of(steps)?;
        for (from, to) in [
            ("OBJECT", "object"),
            ("ARRAY", "array"),
            ("STRING", "string"),
            ("INTEGER", "number"),
            ("DOUBLE", "number"),
            ("UNSIGNED INTEGER", "number"),
            ("DECIMAL", "number"),
            ("BOOLEAN", "boolean"),
            ("NULL", "null"),
        ] {
            self.out.push(&format!(" WHEN '{from}' THEN '{to}'"));
        }
        self.out.push(" END");
        Ok(())
    }
}
