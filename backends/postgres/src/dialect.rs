//! How PostgreSQL writes SQL.

use birgus_core::backend::{
    AggregateFunction, BindType, BulkInsert, BulkUpdate, Capabilities, Connection, DdlTimeouts,
    Dialect, Function, FunctionWriter, InsertedIds, NullOrder, RankFunction, RowChanges,
    SchemaObject, SchemaStep, StatementBuilder, TableChange, TableLock, UpsertForm, ValueList,
};
use birgus_core::schema::{ForeignKey, Inspected, Table};
use birgus_core::{Error, Result, Value};

use crate::{LetterCase, change, ddl, expression, introspect, literal, lock, mode, table_lock};

/// PostgreSQL's SQL: one dialect for both drivers, and for all servers, which differ in the collation that maps letters.
#[derive(Debug)]
pub struct PostgresDialect {
    letter_case: Option<LetterCase>,
    capabilities: Capabilities,
}

/// The dialect behind the `postgres` crate, for a server with such collations.
#[cfg(feature = "native")]
pub(crate) fn native(letter_case: Option<LetterCase>) -> &'static PostgresDialect {
    static DIALECTS: [PostgresDialect; 5] = PostgresDialect::of_every_server(true);
    among(&DIALECTS, letter_case)
}

/// The dialect behind libpq, likewise.
#[cfg(feature = "libpq")]
pub(crate) fn libpq(letter_case: Option<LetterCase>) -> &'static PostgresDialect {
    static DIALECTS: [PostgresDialect; 5] = PostgresDialect::of_every_server(true);
    among(&DIALECTS, letter_case)
}

#[cfg(any(feature = "native", feature = "libpq"))]
fn among(
    [builtin, libc, libc_dash, icu, none]: &'static [PostgresDialect; 5],
    letter_case: Option<LetterCase>,
) -> &'static PostgresDialect {
    match letter_case {
        Some(LetterCase::Builtin) => builtin,
        Some(LetterCase::Libc) => libc,
        Some(LetterCase::LibcDash) => libc_dash,
        Some(LetterCase::Icu) => icu,
        None => none,
    }
}

/// The rows of one statement that takes arrays.
const ROWS: usize = 10_000;

/// From so many values on a list is planned for its values, each time: for values that it does not know, the server
/// would compare each row with one after the other, unless it finds them by an index.
const LONG_LIST: usize = 128;

impl PostgresDialect {
    /// The dialect, for a client that hands rows out as they come (`streaming`) or after the last one. Letters are mapped
    /// by [`LetterCase::Libc`]; a connection has the dialect of what its server has.
    pub const fn new(streaming: bool) -> Self {
        Self::of_server(streaming, Some(LetterCase::Libc))
    }

    #[cfg(any(feature = "native", feature = "libpq"))]
    const fn of_every_server(streaming: bool) -> [Self; 5] {
        [
            Self::of_server(streaming, Some(LetterCase::Builtin)),
            Self::of_server(streaming, Some(LetterCase::Libc)),
            Self::of_server(streaming, Some(LetterCase::LibcDash)),
            Self::of_server(streaming, Some(LetterCase::Icu)),
            Self::of_server(streaming, None),
        ]
    }

    const fn of_server(streaming: bool, letter_case: Option<LetterCase>) -> Self {
        Self {
            letter_case,
            capabilities: Capabilities::minimal()
                .with_inserted_ids(InsertedIds::Returning)
                .with_bulk_insert(BulkInsert::Arrays { chunk: ROWS })
                .with_bulk_update(BulkUpdate::Lists { chunk: ROWS })
                .with_max_binds(65_535)
                .with_null_order(NullOrder::LastWithSyntax)
                .with_transactional_ddl(true)
                .with_add_foreign_key(true)
                .with_explicit_id_leaves_sequence(true)
                .with_default_keyword(true)
                .with_streaming(streaming)
                .with_two_phase(true)
                .with_aborts_transaction_on_error(true)
                .with_returning(true)
                .with_upsert(UpsertForm::OnConflict)
                .with_statement_bytes(64 << 20)
                .with_session_locks(true),
        }
    }
}

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn write_function(&self, function: &Function, out: &mut dyn FunctionWriter) -> Result<()> {
        expression::write_function(self.letter_case, function, out)
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

    /// The drivers prepare every statement for the types of its binds, so no cast is written.
    fn placeholder(&self, out: &mut String, index: usize, _bind_type: BindType, _array: bool) {
        out.push('$');
        out.push_str(&index.to_string());
    }

    fn literal(&self, out: &mut String, value: &Value, bind_type: BindType) {
        literal::write(out, value, bind_type);
    }

    /// Every list is an array, so that lists of all lengths have one text.
    fn write_list(&self, out: &mut StatementBuilder<'_>, list: &ValueList<'_>) -> Result<()> {
        let array = |index: usize| Value::Array(list.column(index).cloned().collect());
        match list.types() {
            [only] => {
                out.push(if list.is_negated() {
                    " <> ALL ("
                } else {
                    " = ANY ("
                });
                out.bind(array(0), *only).push(")");
            }
            types => {
                out.push(list.operator()).push("(SELECT * FROM UNNEST(");
                for (index, bind_type) in types.iter().enumerate() {
                    if index > 0 {
                        out.push(", ");
                    }
                    out.bind(array(index), *bind_type);
                }
                out.push("))");
            }
        }
        if list.len() > LONG_LIST && !list.is_by_index() {
            out.vary();
        }
        Ok(())
    }

    /// A recursive query must have the same types, lengths and collations in both of its parts.
    fn write_column_value(
        &self,
        out: &mut StatementBuilder<'_>,
        bind_type: BindType,
        value: &mut dyn FnMut(&mut StatementBuilder<'_>) -> Result<()>,
    ) -> Result<()> {
        let behind = match bind_type {
            BindType::Text => " AS text) COLLATE \"C\"",
            BindType::Decimal { .. } => " AS numeric)",
            _ => return value(out),
        };
        out.push("CAST(");
        value(out)?;
        out.push(behind);
        Ok(())
    }

    /// The sort keeps the order of the arrays: identity values are assigned above it.
    fn insert_arrays(
        &self,
        builder: &mut StatementBuilder<'_>,
        table: &str,
        columns: Vec<(&str, BindType, Vec<Value>)>,
        returning: Option<&str>,
    ) -> Result<()> {
        if columns.is_empty() {
            return Err(Error::unsupported(format!(
                "{table}: an INSERT of whole columns needs a column"
            )));
        }
        let names: Vec<&str> = columns.iter().map(|(name, ..)| *name).collect();
        builder.push("INSERT INTO ").identifier(table).push(" (");
        for (position, name) in names.iter().enumerate() {
            builder
                .push(if position > 0 { ", " } else { "" })
                .identifier(name);
        }
        builder.push(") SELECT ");
        for position in 0..names.len() {
            builder
                .push(if position > 0 { ", " } else { "" })
                .push(&format!("c{position}"));
        }
        builder.push(" FROM UNNEST(");
        for (position, (_, bind_type, values)) in columns.into_iter().enumerate() {
            builder
                .push(if position > 0 { ", " } else { "" })
                .bind(Value::Array(values), bind_type);
        }
        builder.push(") WITH ORDINALITY AS rows (");
        for position in 0..names.len() {
            builder.push(&format!("c{position}, "));
        }
        builder.push("place) ORDER BY place");
        if let Some(column) = returning {
            builder.push(" RETURNING ").identifier(column);
        }
        Ok(())
    }

    /// As [`PostgresDialect::write_list`]: arrays of all lengths have one text, and long ones are planned for their length.
    fn update_rows(
        &self,
        builder: &mut StatementBuilder<'_>,
        changes: RowChanges<'_>,
    ) -> Result<()> {
        let (matched, set) = (changes.matched(), changes.set());
        builder
            .push("UPDATE ")
            .identifier(changes.table())
            .push(" AS changed");
        for (position, column) in set.iter().enumerate() {
            builder
                .push(if position == 0 { " SET " } else { ", " })
                .identifier(column.name)
                .push(&format!(" = list.c{}", matched.len() + position));
        }
        builder.push(" FROM UNNEST(");
        if changes.len() > LONG_LIST {
            builder.vary();
        }
        let types = changes.columns().map(|column| column.bind_type);
        let width = matched.len() + set.len();
        for (position, (values, bind_type)) in
            changes.into_columns().into_iter().zip(types).enumerate()
        {
            builder
                .push(if position > 0 { ", " } else { "" })
                .bind(Value::Array(values), bind_type);
        }
        builder.push(") AS list (");
        for position in 0..width {
            builder.push(&format!(
                "{}c{position}",
                if position > 0 { ", " } else { "" }
            ));
        }
        builder.push(")");
        for (position, column) in matched.iter().enumerate() {
            builder
                .push(if position == 0 {
                    " WHERE changed."
                } else {
                    " AND changed."
                })
                .identifier(column.name)
                .push(&format!(" = list.c{position}"));
        }
        Ok(())
    }

    /// Nothing happens to an empty table, nor to a sequence that is past the largest id.
    ///
    /// The sequence is read once more as it is set, since other connections may have moved it meanwhile. A column
    /// without a sequence of its own is left alone.
    fn move_sequence(&self, table: &str, column: &str) -> Option<String> {
        let mut name = String::new();
        self.quote_identifier(&mut name, table);
        let mut sql = String::from(
            "SELECT setval(own.name, GREATEST(rows.top, COALESCE(pg_sequence_last_value(own.name), 1))) \
             FROM (SELECT max(",
        );
        self.quote_identifier(&mut sql, column);
        sql.push_str(") AS top FROM ");
        sql.push_str(&name);
        sql.push_str(") AS rows, (SELECT pg_get_serial_sequence(");
        literal::text(&mut sql, &name);
        sql.push_str(", ");
        literal::text(&mut sql, column);
        sql.push_str(
            ")::regclass AS name) AS own WHERE rows.top > COALESCE(pg_sequence_last_value(own.name), 0)",
        );
        Some(sql)
    }

    fn session_settings(&self) -> Vec<String> {
        mode::for_script()
    }

    fn create_table(&self, table: &Table, foreign_keys: &[ForeignKey]) -> Result<Vec<String>> {
        ddl::create_table(self, table, foreign_keys)
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
        introspect::object_exists(connection, object)
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
        lock::set_timeouts(connection, timeouts)
    }

    fn table_names(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        introspect::table_names(connection)
    }

    /// Describes ordinary and partitioned tables of the first schema in the search path, without those that belong
    /// to an extension.
    ///
    /// What was made by hand is described by what it comes to: `real` is read as double precision, `json` as
    /// JSON, `character(n)` and VARCHAR of any collation as text of that length, a domain as its base type, a
    /// `serial` key as an identity. Indexes that Birgus can't declare are left out (partial ones, those over
    /// expressions, and other methods than B-tree), exclusion constraints and triggers with them. A parent in
    /// another schema is named `schema.table`.
    ///
    /// # Errors
    ///
    /// Whatever the database refuses; `is_unsupported()` for a column of a type that Birgus has none for, and for
    /// a foreign key with `SET DEFAULT`.
    fn introspect(&self, connection: &mut dyn Connection) -> Result<Vec<Table>> {
        introspect::inspect(connection)?.whole()
    }

    fn inspect(&self, connection: &mut dyn Connection) -> Result<Inspected> {
        introspect::inspect(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_columns_are_inserted_in_their_order() {
        let dialect = PostgresDialect::new(true);
        let mut builder = StatementBuilder::new(&dialect);
        let columns = vec![
            (
                "name",
                BindType::Text,
                vec![Value::Text("a".into()), Value::Null],
            ),
            (
                "select",
                BindType::BigInt,
                vec![Value::Integer(1), Value::Integer(2)],
            ),
        ];
        dialect
            .insert_arrays(&mut builder, "us\"er", columns, Some("id"))
            .unwrap();
        let statement = builder.finish();
        assert_eq!(
            statement.text(),
            "INSERT INTO \"us\"\"er\" (\"name\", \"select\") SELECT c0, c1 FROM UNNEST($1, $2) \
             WITH ORDINALITY AS rows (c0, c1, place) ORDER BY place RETURNING \"id\""
        );
        assert_eq!(statement.binds().len(), 2);
        assert!(statement.is_cacheable());
    }
}
