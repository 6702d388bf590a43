//! How an engine writes SQL, and how it describes its tables.

use std::fmt::Debug;
use std::time::Duration;

use super::{
    AggregateFunction, BindType, Capabilities, Connection, Function, FunctionWriter, RankFunction,
    RowChanges, SchemaObject, SchemaStep, StatementBuilder, TableChange, TableLock, ValueList,
    write_standard_aggregate, write_standard_function, write_standard_rank,
};
use crate::schema::{ForeignKey, Index, Inspected, Table};
use crate::value::Value;
use crate::{Error, Result};

/// How long DDL waits for locks, and how long it runs; zero for any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DdlTimeouts {
    /// How long a statement waits for a lock. PostgreSQL: `lock_timeout`. MySQL, MariaDB: `lock_wait_timeout`, in whole seconds.
    /// SQLite: `busy_timeout`.
    pub lock: Option<Duration>,
    /// How long a statement runs. PostgreSQL: `statement_timeout`. MariaDB: `max_statement_time`. MySQL limits no DDL, SQLite
    /// nothing.
    pub statement: Option<Duration>,
}

/// How an engine writes SQL, and how it describes its tables. Drivers of one engine share a dialect.
///
/// What a dialect writes MUST quote every identifier and bind every value; literals are for DDL alone, where no
/// engine takes binds.
pub trait Dialect: Debug + Send + Sync {
    /// The engine's name, for logs and tables of versions. Nothing branches on it.
    fn name(&self) -> &'static str;

    /// What the engine can do.
    fn capabilities(&self) -> &Capabilities;

    /// Appends a quoted identifier, with the quote doubled inside it.
    fn quote_identifier(&self, out: &mut String, name: &str) {
        out.push('"');
        // Hardly any name holds a quote: it is copied whole.
        if name.bytes().any(|byte| byte == b'"') {
            out.push_str(&name.replace('"', "\"\""));
        } else {
            out.push_str(name);
        }
        out.push('"');
    }

    /// Appends the placeholder of the `index`th bind, counted from 1: `?`, `$1`.
    fn placeholder(&self, out: &mut String, index: usize, bind_type: BindType, array: bool);

    /// The backslash as a literal, behind `LIKE … ESCAPE` of a statement.
    fn like_escape(&self) -> &'static str {
        "'\\'"
    }

    /// What stands behind SELECT in a query that is a part of a join's condition: a hint, or nothing.
    fn query_in_join(&self) -> &'static str {
        ""
    }

    /// Appends a value as a literal, for DDL.
    fn literal(&self, out: &mut String, value: &Value, bind_type: BindType);

    /// Appends an operation on values. What a dialect writes MUST mean what [`Function`] says, to the last digit; where
    /// the engine can't, it MUST fail.
    ///
    /// # Errors
    ///
    /// `is_unsupported()` when the engine has no such operation, and as [`FunctionWriter::argument`].
    fn write_function(&self, function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
        write_standard_function(self.name(), function, out)
    }

    /// Appends an aggregate, as [`Dialect::write_function`].
    ///
    /// # Errors
    ///
    /// As [`Dialect::write_function`].
    fn write_aggregate(
        &self,
        function: AggregateFunction,
        out: &mut dyn FunctionWriter,
    ) -> Result<()> {
        write_standard_aggregate(self.name(), function, out)
    }

    /// Appends the place of a row in a window, as [`Dialect::write_function`].
    ///
    /// # Errors
    ///
    /// As [`FunctionWriter::over`].
    fn write_rank(&self, function: RankFunction, out: &mut dyn FunctionWriter) -> Result<()> {
        write_standard_rank(function, out)
    }

    /// Appends ` IN (…)` or ` NOT IN (…)` with a list of any length; the operand stands before it, several of them in
    /// parentheses. [`ValueList::write_placeholders`] is right for short lists.
    ///
    /// The statement MUST be built for a list of 1,000,000 values, and stay below [`Capabilities::max_binds`]; where its
    /// text varies without limit, it MUST say so by [`StatementBuilder::vary`]. A value MUST be found as if it were bound
    /// by itself. SQLite, MySQL and MariaDB send long lists as one JSON text, PostgreSQL sends all of them as arrays.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` for a value that its type can't hold, `is_unsupported()` for a type that no list can have.
    fn write_list(&self, out: &mut StatementBuilder<'_>, list: &ValueList<'_>) -> Result<()> {
        list.write_placeholders(out);
        Ok(())
    }

    /// Appends a value, which `value` writes, that becomes a column of a query in parentheses or of a common table
    /// expression: every value of a recursive one, and elsewhere those that are bound. The column's type must be firm: wide
    /// enough for the values of later rows, and that of the bind.
    ///
    /// MySQL, MariaDB: a cast to the longest type, since the first rows give a column its type, and a bind is a text there.
    /// PostgreSQL: texts and decimals lose their length, which must be the same in all parts. SQLite: as it stands.
    ///
    /// # Errors
    ///
    /// Those of `value`.
    fn write_column_value(
        &self,
        out: &mut StatementBuilder<'_>,
        bind_type: BindType,
        value: &mut dyn FnMut(&mut StatementBuilder<'_>) -> Result<()>,
    ) -> Result<()> {
        let _ = bind_type;
        value(out)
    }

    /// Appends `INSERT` of whole columns: each of `columns` with an array bind. Only asked of an engine whose
    /// [`Capabilities::bulk_insert`] is [`BulkInsert::Arrays`](super::BulkInsert::Arrays).
    ///
    /// Rows MUST be inserted in the order of the arrays, so that ids rise in that order; `returning` names the
    /// identity column to give back.
    ///
    /// # Errors
    ///
    /// `is_unsupported()` when the engine has no such form.
    fn insert_arrays(
        &self,
        builder: &mut StatementBuilder<'_>,
        table: &str,
        columns: Vec<(&str, BindType, Vec<Value>)>,
        returning: Option<&str>,
    ) -> Result<()> {
        let _ = (builder, table, columns, returning);
        Err(Error::unsupported(format!(
            "{} does not insert whole columns",
            self.name()
        )))
    }

    /// Appends an UPDATE that gives each of the rows its own values. Only asked of an engine whose
    /// [`Capabilities::bulk_update`] is not [`BulkUpdate::Single`](super::BulkUpdate::Single), for two rows or more.
    ///
    /// A value MUST arrive, and MUST be refused, as if it were bound by itself; each row MUST be found by its
    /// primary key, or all of them by one pass over the table. Where the text varies without limit, it MUST
    /// say so by [`StatementBuilder::vary`].
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` for a value that its type can't hold, `is_unsupported()` when the engine has no such form.
    fn update_rows(
        &self,
        builder: &mut StatementBuilder<'_>,
        changes: RowChanges<'_>,
    ) -> Result<()> {
        let _ = (builder, changes);
        Err(Error::unsupported(format!(
            "{} does not update rows together",
            self.name()
        )))
    }

    /// Appends a DELETE of rows that are found by their keys, two rows or more; nothing is set. The binds
    /// suffice for a placeholder a value, also where the rows are made up to a power of two.
    ///
    /// MySQL, MariaDB: a join, since MariaDB looks through a long list behind IN for every row of the table when it deletes.
    /// Everywhere else: [`RowChanges::write_delete`].
    ///
    /// # Errors
    ///
    /// As [`Dialect::write_list`].
    fn delete_rows(
        &self,
        builder: &mut StatementBuilder<'_>,
        changes: RowChanges<'_>,
    ) -> Result<()> {
        changes.write_delete(builder)
    }

    /// The statement that moves the sequence of an identity column past the largest id in the table. Only asked of
    /// an engine whose [`Capabilities::explicit_id_leaves_sequence`] is set.
    fn move_sequence(&self, table: &str, column: &str) -> Option<String> {
        let _ = (table, column);
        None
    }

    /// The statements that create a table without its indexes. `foreign_keys` are those to be written inside it:
    /// all of them, or those whose tables exist by then where a key can be added later.
    ///
    /// A column that has [`Column::computed`](crate::schema::Column::computed) MUST be a stored generated column, and one
    /// that has [`Column::default`](crate::schema::Column::default) a DEFAULT;
    /// [`column_sql`](crate::query::column_sql) writes the expression.
    fn create_table(&self, table: &Table, foreign_keys: &[ForeignKey]) -> Result<Vec<String>>;

    /// The statement that creates an index.
    fn create_index(&self, table: &Table, index: &Index) -> String {
        let mut sql = String::from(if index.unique {
            "CREATE UNIQUE INDEX "
        } else {
            "CREATE INDEX "
        });
        self.quote_identifier(&mut sql, &index.name);
        sql.push_str(" ON ");
        self.quote_identifier(&mut sql, &table.name);
        sql.push_str(" (");
        for (position, column) in index.columns.iter().enumerate() {
            if position > 0 {
                sql.push_str(", ");
            }
            self.quote_identifier(&mut sql, column);
        }
        sql.push(')');
        sql
    }

    /// Appends `CONSTRAINT … FOREIGN KEY … REFERENCES …`, the same in every engine's SQL.
    fn foreign_key(&self, out: &mut String, key: &ForeignKey) {
        let list = |out: &mut String, columns: &[String]| {
            out.push_str(" (");
            for (position, column) in columns.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                self.quote_identifier(out, column);
            }
            out.push(')');
        };
        out.push_str("CONSTRAINT ");
        self.quote_identifier(out, &key.name);
        out.push_str(" FOREIGN KEY");
        list(out, &key.columns);
        out.push_str(" REFERENCES ");
        self.quote_identifier(out, &key.references_table);
        list(out, &key.references_columns);
        out.push_str(" ON DELETE ");
        out.push_str(key.on_delete.sql());
        out.push_str(" ON UPDATE ");
        out.push_str(key.on_update.sql());
    }

    /// The statement that adds a foreign key to a table that exists. Only asked of an engine whose
    /// [`Capabilities::add_foreign_key`] is set.
    fn add_foreign_key(&self, table: &str, key: &ForeignKey) -> String {
        let mut sql = String::from("ALTER TABLE ");
        self.quote_identifier(&mut sql, table);
        sql.push_str(" ADD ");
        self.foreign_key(&mut sql, key);
        sql
    }

    /// The statement that removes a foreign key. Only asked of an engine whose
    /// [`Capabilities::add_foreign_key`] is set.
    fn drop_foreign_key(&self, table: &str, name: &str) -> String {
        let mut sql = String::from("ALTER TABLE ");
        self.quote_identifier(&mut sql, table);
        sql.push_str(" DROP CONSTRAINT ");
        self.quote_identifier(&mut sql, name);
        sql
    }

    /// The statement that drops an index.
    fn drop_index(&self, table: &str, name: &str) -> String {
        let _ = table;
        let mut sql = String::from("DROP INDEX ");
        self.quote_identifier(&mut sql, name);
        sql
    }

    /// The statements that drop a column: first every index that it is part of. An engine would refuse, drop the index
    /// with it, or keep it over the columns that are left, which makes of a unique index another one.
    ///
    /// # Errors
    ///
    /// `is_unsupported()` when the primary key, a foreign key or a check needs the column.
    fn drop_column(&self, table: &Table, column: &str) -> Result<Vec<String>> {
        let holds = |columns: &[String]| columns.iter().any(|name| name == column);
        let foreign_key = (table.foreign_keys.iter()).find(|key| holds(&key.columns));
        let check = table.checks.iter().find(|check| {
            let expression = check.expression.as_ref();
            expression.is_some_and(|node| node.columns().iter().any(|held| held.name == column))
        });
        let holder = match (foreign_key, check) {
            _ if holds(&table.primary_key) => Some("the primary key".to_owned()),
            (Some(key), _) => Some(format!("the foreign key {}", key.name)),
            (None, Some(check)) => Some(format!("the check {}", check.name)),
            (None, None) => None,
        };
        if let Some(holder) = holder {
            return Err(Error::unsupported(format!(
                "{}.{column}: {holder} needs the column",
                table.name
            )));
        }
        let indexes = table.indexes.iter().filter(|index| holds(&index.columns));
        let mut statements: Vec<String> = indexes
            .map(|index| self.drop_index(&table.name, &index.name))
            .collect();
        let mut sql = String::from("ALTER TABLE ");
        self.quote_identifier(&mut sql, &table.name);
        sql.push_str(" DROP COLUMN ");
        self.quote_identifier(&mut sql, column);
        statements.push(sql);
        Ok(statements)
    }

    /// The statement that drops a table that exists.
    fn drop_table(&self, table: &str) -> String {
        let mut sql = String::from("DROP TABLE ");
        self.quote_identifier(&mut sql, table);
        sql
    }

    /// The statements by which a plain client reads what this dialect writes as a connection of Birgus does: a script for
    /// somebody to run begins with them.
    fn session_settings(&self) -> Vec<String> {
        Vec::new()
    }

    /// The statements that stop and resume the enforcement of foreign keys on this connection, outside a transaction.
    /// Only asked of an engine without [`Capabilities::add_foreign_key`], to drop tables that reference each other in
    /// a circle.
    fn foreign_key_switch(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// The steps that change a table: changes that follow each other, all of one table, so that an engine which must make it
    /// anew does so once.
    ///
    /// The rows MUST be what the changes say, and nothing else of the database may change: not the rows of tables that
    /// reference it, nor triggers, views, indexes and constraints that Birgus knows nothing of, where the engine can keep them.
    /// Where DDL commits by itself ([`Capabilities::transactional_ddl`]) each step MUST be one statement, of which an engine
    /// that was stopped has done all or nothing, with an [`Effect`](super::Effect) by which that can be told.
    ///
    /// SQLite: what `ALTER TABLE` can't do makes the table anew. MySQL, MariaDB: a column whose values are converted is filled
    /// beside the old one.
    ///
    /// # Errors
    ///
    /// `is_unsupported()` for a change that the engine can't make, which is the default; `is_invalid_model()` for an expression
    /// that can't be written.
    fn change_table(&self, changes: &[TableChange]) -> Result<Vec<SchemaStep>> {
        let table = changes.first().map_or("", |change| &change.before.name);
        Err(Error::unsupported(format!(
            "{table}: {} changes no tables that exist",
            self.name()
        )))
    }

    /// What a change keeps others from, for a time that grows with the rows of the table; nothing where nobody waits long.
    ///
    /// PostgreSQL: what builds an index, writes or checks rows. MySQL, MariaDB: what copies the table. SQLite: what makes it anew.
    fn table_lock(&self, change: &TableChange) -> Option<TableLock> {
        let _ = change;
        None
    }

    /// Whether something is there, in the current database or schema.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses; `is_unsupported()`, which is the default.
    fn object_exists(
        &self,
        connection: &mut dyn Connection,
        object: &SchemaObject,
    ) -> Result<bool> {
        let _ = connection;
        Err(Error::unsupported(format!(
            "{} does not tell whether there is a {object}",
            self.name()
        )))
    }

    /// The rows whose foreign keys reference no row, in words, at most ten: `post 7 references no user`. Only asked of an engine
    /// that has a [`Dialect::foreign_key_switch`], before what was done without foreign keys is committed.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    fn dangling_rows(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        let _ = connection;
        Ok(Vec::new())
    }

    /// Takes a lock that the connection holds until it is closed or lets go, in and outside of transactions, without waiting;
    /// whether it got it. One of the same name in another database or schema is another lock. Only asked of an engine whose
    /// [`Capabilities::session_locks`] is set.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    fn try_lock(&self, connection: &mut dyn Connection, name: &str) -> Result<bool> {
        let _ = (connection, name);
        Err(Error::unsupported(format!(
            "{} has no locks of a session",
            self.name()
        )))
    }

    /// Lets go of a lock that [`Dialect::try_lock`] took.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    fn unlock(&self, connection: &mut dyn Connection, name: &str) -> Result<()> {
        let _ = (connection, name);
        Ok(())
    }

    /// Who holds a lock that [`Dialect::try_lock`] did not get, in words: `process 4711, birgus@10.0.0.7, since 12:03:07 UTC`;
    /// `None` when nobody does, or the engine does not tell.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    fn lock_holder(&self, connection: &mut dyn Connection, name: &str) -> Result<Option<String>> {
        let _ = (connection, name);
        Ok(None)
    }

    /// Limits how long DDL on this connection waits for locks and runs, and gives what was set before, to be set again by
    /// another call. `None` leaves a limit as it is; what an engine has no limit for is left too.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    fn set_ddl_timeouts(
        &self,
        connection: &mut dyn Connection,
        timeouts: DdlTimeouts,
    ) -> Result<DdlTimeouts> {
        let _ = (connection, timeouts);
        Ok(DdlTimeouts::default())
    }

    /// The names of the tables that exist in the current database or schema, without the engine's own.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    fn table_names(&self, connection: &mut dyn Connection) -> Result<Vec<String>>;

    /// Reads the tables of the current database or schema, without the engine's own, sorted by name; each one as
    /// [`Table::sorted`] leaves it.
    ///
    /// A table that `create_table` made MUST come back equal to what it was made from. A column of a type that Birgus
    /// has none for MUST fail with an error that names it, or be read as the nearest type.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses, and `is_unsupported()` for a table that can't be described.
    fn introspect(&self, connection: &mut dyn Connection) -> Result<Vec<Table>>;

    /// The same for databases of somebody else: what `introspect` fails of is left out and told, with the engine's own texts of
    /// the expressions that it has. By default as `introspect`.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses.
    fn inspect(&self, connection: &mut dyn Connection) -> Result<Inspected> {
        Ok(Inspected {
            tables: self.introspect(connection)?,
            ..Inspected::default()
        })
    }
}
