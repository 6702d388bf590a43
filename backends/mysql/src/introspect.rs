//! Reading tables back from `information_schema`, with one statement a kind.

use std::collections::{BTreeMap, HashMap};

use birgus_core::backend::{BindType, Connection, Row, SchemaObject, Statement, StatementBuilder};
use birgus_core::schema::{
    Check, Column, ColumnExpression, ColumnType, DatabaseExpression, ExpressionOf, ForeignKey,
    Index, Inspected, ReferentialAction, Table, enum_check_name, type_check_name,
};
use birgus_core::{Error, Result, Value};

use crate::clause::{enum_values, list_of_texts};
use crate::comment;
use crate::ddl::{ENUM_COMMENT, TIMESTAMP_COMMENT};
use crate::server::Product;

const TABLES: &str = "SELECT TABLE_NAME, TABLE_COMMENT FROM information_schema.TABLES \
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')";

const COLUMNS: &str = "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, EXTRA, COLUMN_COMMENT, \
    CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, COALESCE(GENERATION_EXPRESSION, '') <> '', \
    COALESCE(COLUMN_DEFAULT, 'NULL') <> 'NULL', COALESCE(NULLIF(GENERATION_EXPRESSION, ''), COLUMN_DEFAULT) FROM information_schema.COLUMNS \
    WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION";

const INDEXES: &str = "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, INDEX_TYPE \
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() \
    ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

const FOREIGN_KEYS: &str = "SELECT k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_NAME, \
    k.REFERENCED_COLUMN_NAME, r.DELETE_RULE, r.UPDATE_RULE, k.REFERENCED_TABLE_SCHEMA = DATABASE() \
    FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r \
    ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME \
    AND r.TABLE_NAME = k.TABLE_NAME \
    WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL \
    ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION";

/// MySQL's view of checks lacks the table; their names are unique in a database.
const MYSQL_CHECKS: &str = "SELECT t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, 'Table' \
    FROM information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t \
    ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME \
    WHERE c.CONSTRAINT_SCHEMA = DATABASE() AND t.CONSTRAINT_TYPE = 'CHECK'";

/// MariaDB's names are unique in a table; a check that stands behind a column has the column's name.
const MARIADB_CHECKS: &str = "SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, LEVEL \
    FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()";

/// The names of the tables, sorted.
pub(crate) fn table_names(connection: &mut dyn Connection) -> Result<Vec<String>> {
    let mut names = Vec::new();
    each(connection, TABLES, &mut |row| {
        names.push(text(row, 0)?);
        Ok(())
    })?;
    names.sort_unstable();
    Ok(names)
}

/// The tables, sorted by name.
///
/// Indexes that Birgus has no words for (over expressions or prefixes, FULLTEXT, SPATIAL) are left out.
/// What else can't be described is told beside the tables.
pub(crate) fn inspect(product: Product, connection: &mut dyn Connection) -> Result<Inspected> {
    let mut found = Inspected::default();
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    each(connection, TABLES, &mut |row| {
        let mut table = Table::new(text(row, 0)?);
        table.comment = Some(text(row, 1)?).filter(|comment| !comment.is_empty());
        tables.insert(table.name.clone(), table);
        Ok(())
    })?;
    let mut checks = read_checks(product, connection)?;
    each(connection, COLUMNS, &mut |row| {
        if let Some(table) = tables.get_mut(&text(row, 0)?) {
            let checks = checks.entry(table.name.clone()).or_default();
            match read_column(product, row, &table.name, checks)? {
                Ok(column) => {
                    keep_expression(product, row, &table.name, &column, &mut found)?;
                    table.columns.push(column);
                }
                Err(error) => {
                    let given = row.text(12)?.is_some();
                    let required = text(row, 4)? == "NO" && !given;
                    found.leave_out(&table.name, &text(row, 1)?, required, error);
                }
            }
        }
        Ok(())
    })?;
    each(
        connection,
        INDEXES,
        &mut |row| match tables.get_mut(&text(row, 0)?) {
            Some(table) => read_index_part(row, table),
            None => Ok(()),
        },
    )?;
    each(
        connection,
        FOREIGN_KEYS,
        &mut |row| match tables.get_mut(&text(row, 0)?) {
            Some(table) => read_foreign_key_part(row, table, &mut found),
            None => Ok(()),
        },
    )?;
    for table in tables.values_mut() {
        // What is left are the user's.
        for (name, clause) in checks.remove(&table.name).unwrap_or_default() {
            found.expressions.push(DatabaseExpression {
                table: table.name.clone(),
                of: ExpressionOf::Check(name.clone()),
                sql: unescaped(product, clause.expression),
            });
            table.checks.push(Check {
                name,
                expression: None,
            });
        }
        // A sequence beside the key is an ordinary default.
        let key = table.primary_key.clone();
        for column in &mut table.columns {
            if column.identity && key != [column.name.as_str()] {
                column.identity = false;
                column.default = Some(ColumnExpression::unknown());
            }
        }
        // An index whose parts can't all be told was marked by an empty name.
        table
            .indexes
            .retain(|index| index.columns.iter().all(|column| !column.is_empty()));
    }
    found.tables = tables.into_values().map(Table::sorted).collect();
    Ok(found.settled())
}

/// An expression without the backslashes that MySQL writes before the quotes of its texts.
fn unescaped(product: Product, sql: String) -> String {
    match product {
        Product::Mysql => sql.replace("\\'", "'"),
        Product::MariaDb => sql,
    }
}

/// Keeps what a column gets or is computed of, as the server writes it.
fn keep_expression(
    product: Product,
    row: &dyn Row,
    table: &str,
    column: &Column,
    found: &mut Inspected,
) -> Result<()> {
    let name = column.name.clone();
    let of = match (&column.computed, &column.default) {
        (Some(_), _) => ExpressionOf::Computed(name),
        (None, Some(_)) => ExpressionOf::Default(name),
        (None, None) => return Ok(()),
    };
    let sql = text(row, 12)?;
    // MySQL gives a constant without its quotes, MariaDB with them.
    let constant = product == Product::Mysql
        && column.computed.is_none()
        && !text(row, 5)?.contains("DEFAULT_GENERATED");
    let sql = match constant {
        true => sql,
        false => unescaped(product, sql),
    };
    let is_text = column.column_type.bind_type() == BindType::Text;
    found.expressions.push(DatabaseExpression {
        table: table.to_owned(),
        of,
        sql: match constant && (is_text || sql.parse::<f64>().is_err()) {
            true => format!("'{}'", sql.replace('\'', "''")),
            false => sql,
        },
    });
    Ok(())
}

/// The checks of each table, by name.
type Checks = HashMap<String, HashMap<String, Clause>>;

struct Clause {
    expression: String,
    of_column: bool,
}

fn read_checks(product: Product, connection: &mut dyn Connection) -> Result<Checks> {
    let sql = match product {
        Product::Mysql => MYSQL_CHECKS,
        Product::MariaDb => MARIADB_CHECKS,
    };
    let mut checks = Checks::new();
    each(connection, sql, &mut |row| {
        let clause = Clause {
            expression: text(row, 2)?,
            of_column: text(row, 3)? == "Column",
        };
        let table = checks.entry(text(row, 0)?).or_default();
        table.insert(text(row, 1)?, clause);
        Ok(())
    })?;
    Ok(checks)
}

/// Reads a column, and takes the checks that belong to its type. What can't be described is the inner error.
fn read_column(
    product: Product,
    row: &dyn Row,
    table: &str,
    checks: &mut HashMap<String, Clause>,
) -> Result<Result<Column>> {
    let name = text(row, 1)?;
    let data_type = text(row, 2)?;
    let full_type = text(row, 3)?;
    let comment = text(row, 6)?;
    let (marker, told) = comment::split(&comment);
    let marker = marker.unwrap_or_default();
    let unsigned = full_type.contains("unsigned");
    let unknown = || {
        Error::unsupported(format!(
            "{table}.{name}: {} column of type {full_type}, which Birgus has no type for",
            product.name()
        ))
    };
    let number = |index: usize| -> Result<Option<u32>> {
        Ok(row
            .integer(index)?
            .and_then(|number| u32::try_from(number).ok()))
    };
    let column_type = match data_type.as_str() {
        // Only a width of 1 is still shown by MySQL, for what it calls BOOLEAN.
        "tinyint" if full_type == "tinyint(1)" => ColumnType::Boolean,
        "tinyint" | "year" => ColumnType::SmallInt,
        "smallint" if unsigned => ColumnType::Integer,
        "smallint" => ColumnType::SmallInt,
        "mediumint" => ColumnType::Integer,
        "int" if unsigned => ColumnType::BigInt,
        "int" => ColumnType::Integer,
        "bigint" => ColumnType::BigInt,
        "float" | "double" => ColumnType::Double,
        "decimal" => {
            let small = |number: Option<u32>| number.and_then(|number| u8::try_from(number).ok());
            let (Some(precision), Some(scale)) = (small(number(8)?), small(number(9)?)) else {
                return Ok(Err(unknown()));
            };
            ColumnType::Decimal { precision, scale }
        }
        "char" | "varchar" => match enum_of_varchar(table, &name, marker, checks) {
            Some(values) => ColumnType::Enum { values },
            None => match number(7)? {
                Some(length) => ColumnType::Varchar { length },
                None => return Ok(Err(unknown())),
            },
        },
        "enum" => match enum_values(&full_type) {
            Some(values) => ColumnType::Enum { values },
            None => return Ok(Err(unknown())),
        },
        "longtext" if take_json_check(&name, checks) => ColumnType::Json,
        "tinytext" | "text" | "mediumtext" | "longtext" => ColumnType::Text,
        "binary" if full_type == "binary(16)" => ColumnType::Uuid,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            ColumnType::Binary
        }
        "date" => ColumnType::Date,
        "time" => ColumnType::Time,
        "datetime" if marker == TIMESTAMP_COMMENT => ColumnType::Timestamp,
        "datetime" => ColumnType::DateTime,
        "timestamp" => ColumnType::Timestamp,
        "json" => ColumnType::Json,
        _ => return Ok(Err(unknown())),
    };
    checks.remove(&type_check_name(table, &name));
    let extra = text(row, 5)?;
    let computed = row.boolean(10)? == Some(true);
    let never_null = computed && take_null_check(&name, checks);
    Ok(Ok(Column {
        column_type,
        nullable: text(row, 4)? == "YES" && !never_null,
        identity: extra.contains("auto_increment"),
        computed: computed.then(ColumnExpression::unknown),
        default: (row.boolean(11)? == Some(true) && !computed).then(ColumnExpression::unknown),
        comment: told,
        name,
    }))
}

/// The texts of an enum: those of its check, or those of its comment where it can't have one.
fn enum_of_varchar(
    table: &str,
    column: &str,
    comment: &str,
    checks: &mut HashMap<String, Clause>,
) -> Option<Vec<String>> {
    let name = enum_check_name(table, column);
    if let Some(values) = checks
        .get(&name)
        .and_then(|clause| list_of_texts(&clause.expression))
    {
        checks.remove(&name);
        return Some(values);
    }
    list_of_texts(comment.strip_prefix(ENUM_COMMENT)?)
}

/// MariaDB's JSON is a LONGTEXT with a check of its own behind the column.
fn take_json_check(column: &str, checks: &mut HashMap<String, Clause>) -> bool {
    let of_json = checks.get(column).is_some_and(|clause| {
        clause.of_column
            && clause
                .expression
                .to_ascii_lowercase()
                .starts_with("json_valid(")
    });
    if of_json {
        checks.remove(column);
    }
    of_json
}

/// MariaDB takes no NOT NULL behind a computed column: a check stands for it.
fn take_null_check(column: &str, checks: &mut HashMap<String, Clause>) -> bool {
    let of_null = checks.get(column).is_some_and(|clause| {
        clause.of_column && (clause.expression.to_ascii_lowercase()).ends_with(" is not null")
    });
    if of_null {
        checks.remove(column);
    }
    of_null
}

fn read_index_part(row: &dyn Row, table: &mut Table) -> Result<()> {
    let name = text(row, 1)?;
    let column = text(row, 3)?;
    if name == "PRIMARY" {
        table.primary_key.push(column);
        return Ok(());
    }
    let plain = row.integer(4)?.is_none() && text(row, 5)? == "BTREE";
    // An expression has no column.
    let column = if plain { column } else { String::new() };
    let unique = row.integer(2)? == Some(0);
    match table.indexes.last_mut() {
        Some(index) if index.name == name => index.columns.push(column),
        _ => table.indexes.push(Index {
            name,
            columns: vec![column],
            unique,
        }),
    }
    Ok(())
}

fn read_foreign_key_part(
    row: &dyn Row,
    table: &mut Table,
    inspected: &mut Inspected,
) -> Result<()> {
    let name = text(row, 1)?;
    let column = text(row, 2)?;
    let references = text(row, 4)?;
    if let Some(key) = table.foreign_keys.last_mut()
        && key.name == name
    {
        key.columns.push(column);
        key.references_columns.push(references);
        return Ok(());
    }
    // The other columns of a key that is left out.
    if let Some(left) = inspected.left_out.last_mut()
        && left.table == table.name
        && left.foreign_key.as_ref() == Some(&name)
    {
        left.columns.push(column);
        return Ok(());
    }
    if row.boolean(7)? != Some(true) {
        let error = Error::unsupported(format!(
            "{}.{column}: the foreign key `{name}` references a table of another database",
            table.name
        ));
        inspected.leave_out_foreign_key(&table.name, &name, vec![column], error);
        return Ok(());
    }
    let action = |rule: &str| match rule {
        "CASCADE" => Ok(ReferentialAction::Cascade),
        "SET NULL" => Ok(ReferentialAction::SetNull),
        "RESTRICT" => Ok(ReferentialAction::Restrict),
        "NO ACTION" => Ok(ReferentialAction::NoAction),
        _ => Err(Error::unsupported(format!(
            "{}.{column}: the foreign key `{name}` has the rule {rule}, which Birgus has no word for",
            table.name
        ))),
    };
    let actions = (action(&text(row, 5)?), action(&text(row, 6)?));
    let (on_delete, on_update) = match actions {
        (Ok(on_delete), Ok(on_update)) => (on_delete, on_update),
        (Err(error), _) | (_, Err(error)) => {
            inspected.leave_out_foreign_key(&table.name, &name, vec![column], error);
            return Ok(());
        }
    };
    let key = ForeignKey {
        on_delete,
        on_update,
        references_table: text(row, 3)?,
        columns: vec![column],
        references_columns: vec![references],
        name,
    };
    table.foreign_keys.push(key);
    Ok(())
}

fn each(
    connection: &mut dyn Connection,
    sql: &str,
    read: &mut dyn FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    connection.query(&Statement::once(sql), read)
}

fn text(row: &dyn Row, index: usize) -> Result<String> {
    Ok(row.text(index)?.unwrap_or_default().into_owned())
}

/// Whether something is in the current database.
pub(crate) fn object_exists(
    product: Product,
    connection: &mut dyn Connection,
    object: &SchemaObject,
) -> Result<bool> {
    let (sql, table, name) = match object {
        SchemaObject::Table(table) => (
            "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ",
            table,
            None,
        ),
        SchemaObject::Column { table, name } => (
            "SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ",
            table,
            Some(("COLUMN_NAME", name)),
        ),
        SchemaObject::Index { table, name } => (
            "SELECT 1 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ",
            table,
            Some(("INDEX_NAME", name)),
        ),
        SchemaObject::ForeignKey { table, name } => (
            "SELECT 1 FROM information_schema.REFERENTIAL_CONSTRAINTS \
             WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = ",
            table,
            Some(("CONSTRAINT_NAME", name)),
        ),
        SchemaObject::Check { table, name } => {
            let checks = read_checks(product, connection)?;
            return Ok(checks
                .get(table)
                .is_some_and(|checks| checks.contains_key(name)));
        }
        SchemaObject::PrimaryKeyColumns { table, columns } => {
            let mut found = Table::new(table.clone());
            each(connection, INDEXES, &mut |row| {
                if text(row, 0)? == *table && text(row, 1)? == "PRIMARY" {
                    found.primary_key.push(text(row, 3)?);
                }
                Ok(())
            })?;
            return Ok(found.primary_key == *columns);
        }
        other => {
            return Err(Error::unsupported(format!(
                "{} does not tell whether there is a {other}",
                product.name()
            )));
        }
    };
    let mut statement = StatementBuilder::new(connection.dialect());
    statement
        .vary()
        .push(sql)
        .bind(Value::Text(table.clone()), BindType::Text);
    if let Some((column, name)) = name {
        statement.push(&format!(" AND {column} = "));
        statement.bind(Value::Text(name.clone()), BindType::Text);
    }
    let mut found = false;
    statement.push(" LIMIT 1");
    connection.query(&statement.finish(), &mut |_| {
        found = true;
        Ok(())
    })?;
    Ok(found)
}
