//! Writes on an engine that can do less: every behaviour is the same, by more statements.
#![cfg(feature = "sqlite")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, LazyLock};

use birgus::Isolation;
use birgus::Result;
use birgus::Value;
use birgus::backend::{
    AggregateFunction, BindType, BulkUpdate, Capabilities, ConnectOptions, Connection, Connector,
    Dialect, Driver, ForeignKeyCheck, Function, FunctionWriter, Row, Statement, TransactionMode,
    UpsertForm,
};
use birgus::schema::{ForeignKey, Table};
use birgus::url::DatabaseUrl;
use birgus_conformance::{Bed, Pair, cases};
use birgus_sqlite::{SqliteDialect, SqliteDriver};

/// SQLite without upsert and RETURNING, that takes little at once.
struct Plain;

birgus_core::register_driver!(&Plain);

impl Driver for Plain {
    fn schemes(&self) -> &'static [&'static str] {
        &["plain"]
    }

    fn connector(&self, mut options: ConnectOptions) -> Result<Box<dyn Connector>> {
        options.url = options.url.with_scheme("sqlite");
        Ok(Box::new(PlainConnector(SqliteDriver.connector(options)?)))
    }

    fn create_database(&self, options: &ConnectOptions, name: &str) -> Result<DatabaseUrl> {
        SqliteDriver.create_database(options, name)
    }

    fn drop_database(&self, options: &ConnectOptions, name: &str) -> Result<()> {
        SqliteDriver.drop_database(options, name)
    }
}

struct PlainConnector(Box<dyn Connector>);

impl Connector for PlainConnector {
    fn connect(&self) -> Result<Box<dyn Connection>> {
        Ok(Box::new(PlainConnection(self.0.connect()?)))
    }
}

#[derive(Debug)]
struct PlainDialect {
    whole: SqliteDialect,
    capabilities: Capabilities,
}

static DIALECT: LazyLock<PlainDialect> = LazyLock::new(|| {
    let whole = SqliteDialect::new();
    let capabilities = (whole.capabilities().clone())
        .with_returning(false)
        .with_bulk_update(BulkUpdate::Single)
        .with_upsert(UpsertForm::LookUp)
        .with_foreign_key_check(ForeignKeyCheck::ByRow)
        .with_max_binds(100)
        .with_statement_bytes(1 << 20);
    PlainDialect {
        whole,
        capabilities,
    }
});

impl Dialect for PlainDialect {
    fn name(&self) -> &'static str {
        "plain SQLite"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn placeholder(&self, out: &mut String, index: usize, bind_type: BindType, array: bool) {
        self.whole.placeholder(out, index, bind_type, array);
    }

    fn literal(&self, out: &mut String, value: &Value, bind_type: BindType) {
        self.whole.literal(out, value, bind_type);
    }

    fn write_function(&self, function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
        self.whole.write_function(function, out)
    }

    fn write_aggregate(
        &self,
        function: AggregateFunction,
        out: &mut dyn FunctionWriter,
    ) -> Result<()> {
        self.whole.write_aggregate(function, out)
    }

    fn create_table(&self, table: &Table, foreign_keys: &[ForeignKey]) -> Result<Vec<String>> {
        self.whole.create_table(table, foreign_keys)
    }

    fn session_settings(&self) -> Vec<String> {
        self.whole.session_settings()
    }

    fn foreign_key_switch(&self) -> Option<(&'static str, &'static str)> {
        self.whole.foreign_key_switch()
    }

    fn table_names(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        self.whole.table_names(connection)
    }

    fn introspect(&self, connection: &mut dyn Connection) -> Result<Vec<Table>> {
        self.whole.introspect(connection)
    }
}

struct PlainConnection(Box<dyn Connection>);

impl Connection for PlainConnection {
    fn dialect(&self) -> &'static dyn Dialect {
        &*DIALECT
    }

    fn server_version(&self) -> &str {
        self.0.server_version()
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.0.execute(statement)
    }

    fn query(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.0.query(statement, each)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.0.batch(sql)
    }

    fn last_insert_id(&mut self) -> Result<i64> {
        self.0.last_insert_id()
    }

    fn begin(&mut self, mode: TransactionMode, isolation: Option<Isolation>) -> Result<()> {
        self.0.begin(mode, isolation)
    }

    fn ping(&mut self) -> Result<()> {
        self.0.ping()
    }

    fn is_broken(&self) -> bool {
        self.0.is_broken()
    }
}

#[test]
fn writes_mean_the_same_on_an_engine_that_can_do_less() {
    let pair = Arc::new(Pair::new(
        "plain",
        DatabaseUrl::of_path("plain", "birgus.db"),
    ));
    let subjects = [
        "inserts::",
        "insert_select::",
        "updates::",
        "bulk::",
        "upsert::",
        "returning::",
    ];
    let mut run = 0;
    for (name, case) in cases() {
        if subjects.iter().any(|subject| name.starts_with(subject)) {
            eprintln!("{name}");
            let bed = Bed::new(&pair).unwrap();
            case(&bed);
            bed.remove().unwrap();
            run += 1;
        }
    }
    assert!(run > 60, "{run}");
}
