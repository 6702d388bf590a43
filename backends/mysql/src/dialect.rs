//! How MySQL and MariaDB write SQL.

use birgus_core::backend::{
    AggregateFunction, BindType, BulkInsert, BulkUpdate, Capabilities, Connection, DdlTimeouts,
    Dialect, ForeignKeyCheck, Function, FunctionWriter, InsertedIds, NullOrder, NullSafeEquality,
    RankFunction, RowChanges, SchemaObject, SchemaStep, StatementBuilder, TableChange, TableLock,
    UpsertForm, ValueList,
};
use birgus_core::schema::{ForeignKey, Inspected, Table};
use birgus_core::{Result, Value};

use crate::server::Product;
use crate::{change, ddl, expression, introspect, list, literal, lock, mode, rows, table_lock};

/// The SQL of MySQL and MariaDB, under the `sql_mode` that the driver sets: `"` quotes identifiers, `||` concatenates,
/// a backslash is a backslash.
///
/// ```
/// use birgus_core::backend::Dialect;
/// use birgus_mysql::MysqlDialect;
///
/// let mut sql = String::from("SELECT ");
/// MysqlDialect::MARIADB.quote_identifier(&mut sql, "order");
/// assert_eq!(sql, r#"SELECT "order""#);
/// ```
///
/// There are two values, [`MysqlDialect::MYSQL`] and [`MysqlDialect::MARIADB`]; a connection has the one of the server
/// that answered.
#[derive(Debug)]
pub struct MysqlDialect {
    product: Product,
    capabilities: Capabilities,
}

/// Rows of INSERTs. With a round trip of 0.15 ms, 10,000 rows take 55 ms in chunks of 50, 33 of 100, 25 of 200 and 19 of
/// 500; 1,000 at once gain nothing more, and the servers keep every placeholder of a prepared statement in memory.
const INSERTED: BulkInsert = BulkInsert::Rows {
    chunk: 500,
    part: 200,
};

/// Rows of an UPDATE, which are one text. 1,000 rows that get three values each take 6 ms so on both servers, and 36 to 52
/// one by one; two rows 0.11 and 0.25 on MariaDB, 0.13 and 0.14 on MySQL.
const UPDATED: usize = 1_000;

/// One description does for both: where they differ (RETURNING, sequences), MariaDB's additions can't be used through
/// the C client or are not needed.
const CAPABILITIES: Capabilities = Capabilities::minimal()
    .with_inserted_ids(InsertedIds::FirstOfBlock)
    .with_bulk_insert(INSERTED)
    .with_bulk_update(BulkUpdate::Lists { chunk: UPDATED })
    .with_max_binds(65_535)
    .with_null_order(NullOrder::First)
    .with_transactional_ddl(false)
    .with_add_foreign_key(true)
    .with_explicit_id_leaves_sequence(false)
    .with_default_keyword(false)
    .with_streaming(false)
    .with_aborts_transaction_on_error(false)
    .with_null_safe_equality(NullSafeEquality::Spaceship)
    .with_reads_changed_table(false)
    .with_limit_in_subquery(false)
    .with_upsert(UpsertForm::OnDuplicateKey)
    .with_statement_bytes(8 << 20)
    .with_foreign_key_check(ForeignKeyCheck::ByRow)
    .with_two_phase(true)
    .with_session_locks(true)
    .with_nulls_of_merged(false);

impl MysqlDialect {
    /// Oracle's MySQL, and what is built from it.
    pub const MYSQL: Self = Self {
        product: Product::Mysql,
        capabilities: CAPABILITIES.with_frame_of_one_row(false),
    };

    /// MariaDB.
    pub const MARIADB: Self = Self {
        product: Product::MariaDb,
        capabilities: CAPABILITIES.with_offset_of_distinct(false),
    };

    pub(crate) fn of(product: Product) -> &'static Self {
        static MYSQL: MysqlDialect = MysqlDialect::MYSQL;
        static MARIADB: MysqlDialect = MysqlDialect::MARIADB;
        match product {
            Product::Mysql => &MYSQL,
            Product::MariaDb => &MARIADB,
        }
    }

    pub(crate) fn product(&self) -> Product {
        self.product
    }
}

impl Dialect for MysqlDialect {
    fn name(&self) -> &'static str {
        self.product.name()
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn write_function(&self, function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
        expression::write_function(self, function, out)
    }

    fn write_aggregate(
        &self,
        function: AggregateFunction,
        out: &mut dyn FunctionWriter,
    ) -> Result<()> {
        expression::write_aggregate(function, out)
    }

    fn write_rank(&self, function: RankFunction, out: &mut dyn FunctionWriter) -> Result<()> {
        expression::write_rank(function, out)
    }

    fn placeholder(&self, out: &mut String, _index: usize, _bind_type: BindType, _array: bool) {
        out.push('?');
    }

    fn write_list(&self, out: &mut StatementBuilder<'_>, list: &ValueList<'_>) -> Result<()> {
        list::write(out, self.product, list)
    }

    fn update_rows(
        &self,
        builder: &mut StatementBuilder<'_>,
        changes: RowChanges<'_>,
    ) -> Result<()> {
        rows::update(builder, self.product, &changes)
    }

    fn delete_rows(
        &self,
        builder: &mut StatementBuilder<'_>,
        changes: RowChanges<'_>,
    ) -> Result<()> {
        rows::delete(builder, self.product, &changes)
    }

    /// The first rows give a column its type, length included: later texts would be cut off. A bind is a text.
    fn write_column_value(
        &self,
        out: &mut StatementBuilder<'_>,
        bind_type: BindType,
        value: &mut dyn FnMut(&mut StatementBuilder<'_>) -> Result<()>,
    ) -> Result<()> {
        let cast = match bind_type {
            // So many characters make it a LONGTEXT.
            BindType::Text => "CHAR(16777216)".to_owned(),
            // So many bytes beside it make it a LONGBLOB; a cast to so many would fill it up with zeros.
            BindType::Binary => {
                out.push("IF(1, ");
                value(out)?;
                out.push(", CAST('' AS BINARY(16777216)))");
                return Ok(());
            }
            BindType::Decimal { scale } => format!("DECIMAL(65, {scale})"),
            BindType::Boolean | BindType::SmallInt | BindType::Integer | BindType::BigInt => {
                "SIGNED".to_owned()
            }
            BindType::Double => "DOUBLE".to_owned(),
            BindType::Date => "DATE".to_owned(),
            BindType::Time => "TIME(6)".to_owned(),
            BindType::DateTime | BindType::Timestamp => "DATETIME(6)".to_owned(),
            BindType::Uuid => "BINARY(16)".to_owned(),
            _ => return value(out),
        };
        out.push("CAST(");
        value(out)?;
        out.push(&format!(" AS {cast})"));
        Ok(())
    }

    /// MySQL writes a condition on a query in parentheses anew to apply it inside, and doubles the backslash of a literal
    /// as if there was no NO_BACKSLASH_ESCAPES (error 1210). Its digits alone are a binary text, beside which it matches the
    /// bytes of values and not their characters.
    fn like_escape(&self) -> &'static str {
        match self.product {
            Product::Mysql => "CONVERT(X'5C' USING utf8mb4)",
            Product::MariaDb => "X'5C'",
        }
    }

    /// In the condition of a left join, MySQL (9.7) may give a row once for each row that such a query finds.
    fn query_in_join(&self) -> &'static str {
        match self.product {
            Product::Mysql => "/*+ NO_SEMIJOIN() */ ",
            Product::MariaDb => "",
        }
    }

    fn literal(&self, out: &mut String, value: &Value, bind_type: BindType) {
        literal::write(out, self.product, value, bind_type);
    }

    /// An index belongs to its table.
    fn drop_index(&self, table: &str, name: &str) -> String {
        let mut sql = String::from("DROP INDEX ");
        self.quote_identifier(&mut sql, name);
        sql.push_str(" ON ");
        self.quote_identifier(&mut sql, table);
        sql
    }

    fn session_settings(&self) -> Vec<String> {
        mode::for_script(self.product)
    }

    fn create_table(&self, table: &Table, foreign_keys: &[ForeignKey]) -> Result<Vec<String>> {
        Ok(vec![ddl::create_table(self, table, foreign_keys)?])
    }

    fn drop_foreign_key(&self, table: &str, name: &str) -> String {
        // MySQL takes DROP CONSTRAINT too, but not when a check has the same name.
        let mut sql = String::from("ALTER TABLE ");
        self.quote_identifier(&mut sql, table);
        sql.push_str(" DROP FOREIGN KEY ");
        self.quote_identifier(&mut sql, name);
        sql
    }

    fn table_lock(&self, change: &TableChange) -> Option<TableLock> {
        table_lock::of(self, change)
    }

    fn change_table(&self, changes: &[TableChange]) -> Result<Vec<SchemaStep>> {
        change::steps(self, changes)
    }

    fn object_exists(
        &self,
        connection: &mut dyn Connection,
        object: &SchemaObject,
    ) -> Result<bool> {
        introspect::object_exists(self.product, connection, object)
    }

    fn try_lock(&self, connection: &mut dyn Connection, name: &str) -> Result<bool> {
        lock::try_lock(connection, name)
    }

    fn unlock(&self, connection: &mut dyn Connection, name: &str) -> Result<()> {
        lock::unlock(connection, name)
    }

    fn lock_holder(&self, connection: &mut dyn Connection, name: &str) -> Result<Option<String>> {
        lock::holder(connection, name)
    }

    fn set_ddl_timeouts(
        &self,
        connection: &mut dyn Connection,
        timeouts: DdlTimeouts,
    ) -> Result<DdlTimeouts> {
        lock::set_timeouts(self.product, connection, timeouts)
    }

    fn table_names(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        introspect::table_names(connection)
    }

    fn introspect(&self, connection: &mut dyn Connection) -> Result<Vec<Table>> {
        introspect::inspect(self.product, connection)?.whole()
    }

    fn inspect(&self, connection: &mut dyn Connection) -> Result<Inspected> {
        introspect::inspect(self.product, connection)
    }
}
