//! How `counting:` writes SQL: as little as there is to write.

use birgus::Result;
use birgus::Value;
use birgus::backend::{BindType, Capabilities, Connection, Dialect};
use birgus::schema::{ForeignKey, Table};

pub(crate) static COUNTING: CountingDialect = CountingDialect;

static CAPABILITIES: Capabilities = Capabilities::minimal().with_max_binds(100);

#[derive(Debug)]
pub(crate) struct CountingDialect;

impl Dialect for CountingDialect {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn capabilities(&self) -> &Capabilities {
        &CAPABILITIES
    }

    fn placeholder(&self, out: &mut String, index: usize, _bind_type: BindType, _array: bool) {
        out.push_str(&format!(":{index}"));
    }

    fn literal(&self, out: &mut String, value: &Value, _bind_type: BindType) {
        out.push_str(&format!("{value:?}"));
    }

    fn create_table(&self, table: &Table, _foreign_keys: &[ForeignKey]) -> Result<Vec<String>> {
        Ok(vec![format!("CREATE TABLE {}", table.name)])
    }

    fn table_names(&self, _connection: &mut dyn Connection) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn introspect(&self, _connection: &mut dyn Connection) -> Result<Vec<Table>> {
        Ok(Vec::new())
    }
}
