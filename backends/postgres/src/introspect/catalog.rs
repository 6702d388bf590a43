//! The catalog's rows. Names of columns come as JSON arrays, since they may hold anything.

use birgus_core::backend::{Connection, Row, Statement};
use birgus_core::schema::{Index, ReferentialAction};
use birgus_core::{Error, Result};

/// Ordinary and partitioned tables of the current schema, without partitions and extensions' tables.
macro_rules! own_tables {
    () => {
        "pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
           AND n.nspname = current_schema() \
           AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
             WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"
    };
}

const TABLE_NAMES: &str = concat!("SELECT c.relname::text FROM ", own_tables!());

/// A domain is looked through, once. `pg_get_serial_sequence` also finds the sequence of a `serial` column; one that belongs to
/// no column, as dumps of older servers have them, is told by the default.
const COLUMNS: &str = concat!(
    "SELECT c.relname::text, a.attname::text, \
       CASE WHEN b.typnamespace = 'pg_catalog'::regnamespace THEN b.typname::text END, \
       pg_catalog.format_type(a.atttypid, a.atttypmod), \
       CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, \
       a.attnotnull OR t.typnotnull, \
       a.attidentity <> '' OR a.atthasdef AND (pg_catalog.pg_get_serial_sequence( \
         pg_catalog.format('%I.%I', n.nspname, c.relname), a.attname::text) IS NOT NULL \
         OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'), \
       a.attgenerated <> '', a.atthasdef AND a.attgenerated = '', \
       pg_catalog.pg_get_expr(d.adbin, d.adrelid), \
       pg_catalog.col_description(c.oid, a.attnum), pg_catalog.obj_description(c.oid, 'pg_class') \
     FROM ",
    own_tables!(),
    " LEFT JOIN pg_catalog.pg_attribute a \
         ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
       LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
       LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
       LEFT JOIN pg_catalog.pg_type b \
         ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END \
     ORDER BY c.oid, a.attnum"
);

const CONSTRAINTS: &str = concat!(
    "SELECT c.relname::text, k.conname::text, k.contype::text, \
       (SELECT json_agg(a.attname ORDER BY o.place) \
          FROM unnest(k.conkey) WITH ORDINALITY AS o (number, place) \
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.number), \
       CASE WHEN p.relnamespace = c.relnamespace THEN p.relname::text \
         ELSE pn.nspname::text || '.' || p.relname::text END, \
       (SELECT json_agg(a.attname ORDER BY o.place) \
          FROM unnest(k.confkey) WITH ORDINALITY AS o (number, place) \
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.number), \
       k.confdeltype::text, k.confupdtype::text, \
       CASE k.contype WHEN 'c' THEN pg_catalog.pg_get_constraintdef(k.oid) END \
     FROM ",
    own_tables!(),
    " JOIN pg_catalog.pg_constraint k \
         ON k.conrelid = c.oid AND k.contype IN ('p', 'f', 'c') AND k.conparentid = 0 \
       LEFT JOIN pg_catalog.pg_class p ON p.oid = k.confrelid \
       LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
);

const INDEXES: &str = concat!(
    "SELECT c.relname::text, i.relname::text, x.indisunique, \
       (SELECT json_agg(a.attname ORDER BY o.place) \
          FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS o (number, place) \
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.number \
          WHERE o.place <= x.indnkeyatts) \
     FROM ",
    own_tables!(),
    " JOIN pg_catalog.pg_index x ON x.indrelid = c.oid AND x.indisvalid \
         AND NOT x.indisprimary AND NOT x.indisexclusion \
         AND x.indpred IS NULL AND x.indexprs IS NULL \
       JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
       JOIN pg_catalog.pg_am m ON m.oid = i.relam AND m.amname = 'btree'"
);

/// A table and one of its columns; a table may have none.
pub(super) struct TableRow {
    pub(super) table: String,
    pub(super) comment: Option<String>,
    pub(super) column: Option<ColumnRow>,
}

pub(super) struct ColumnRow {
    pub(super) name: String,
    /// The type's internal name, when it is PostgreSQL's own.
    pub(super) own_type: Option<String>,
    /// The type as one writes it.
    pub(super) written_type: String,
    pub(super) modifier: i64,
    pub(super) not_null: bool,
    /// Whether an identity or a sequence of its own gives the value.
    pub(super) assigned: bool,
    /// Whether it is computed of the row's other columns.
    pub(super) computed: bool,
    /// Whether a new row gets something when nothing is said, beside what a sequence gives.
    pub(super) default: bool,
    pub(super) comment: Option<String>,
    /// What it gets, or what it is computed of.
    pub(super) expression: Option<String>,
}

pub(super) struct ConstraintRow {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    PrimaryKey,
    ForeignKey {
        references_table: String,
        references_columns: Vec<String>,
        /// One that can't be described is an error.
        actions: Result<(ReferentialAction, ReferentialAction)>,
    },
    Check {
        definition: String,
    },
}

pub(super) fn table_names(connection: &mut dyn Connection) -> Result<Vec<String>> {
    let mut names = collect(connection, TABLE_NAMES, &mut |row| text(row, 0))?;
    names.sort_unstable();
    Ok(names)
}

/// The columns in their order, table by table.
pub(super) fn columns(connection: &mut dyn Connection) -> Result<Vec<TableRow>> {
    collect(connection, COLUMNS, &mut |row| {
        let column = match row.text(1)? {
            None => None,
            Some(name) => Some(ColumnRow {
                computed: row.boolean(7)?.unwrap_or(false),
                default: row.boolean(8)?.unwrap_or(false) && row.boolean(6)? != Some(true),
                name: name.into_owned(),
                own_type: row.text(2)?.map(Into::into),
                written_type: text(row, 3)?,
                modifier: row.integer(4)?.unwrap_or(-1),
                not_null: row.boolean(5)?.unwrap_or(false),
                assigned: row.boolean(6)?.unwrap_or(false),
                expression: row.text(9)?.map(Into::into),
                comment: row.string(10)?,
            }),
        };
        Ok(TableRow {
            table: text(row, 0)?,
            comment: row.string(11)?,
            column,
        })
    })
}

pub(super) fn constraints(connection: &mut dyn Connection) -> Result<Vec<ConstraintRow>> {
    collect(connection, CONSTRAINTS, &mut |row| {
        let (table, name) = (text(row, 0)?, text(row, 1)?);
        let kind = match text(row, 2)?.as_str() {
            "p" => Kind::PrimaryKey,
            "f" => Kind::ForeignKey {
                references_table: text(row, 4)?,
                references_columns: names(row, 5)?,
                actions: action(&text(row, 6)?, &table, &name)
                    .and_then(|on_delete| Ok((on_delete, action(&text(row, 7)?, &table, &name)?))),
            },
            _ => Kind::Check {
                definition: text(row, 8)?,
            },
        };
        Ok(ConstraintRow {
            columns: names(row, 3)?,
            table,
            name,
            kind,
        })
    })
}

/// The indexes that Birgus can declare, with their tables.
pub(super) fn indexes(connection: &mut dyn Connection) -> Result<Vec<(String, Index)>> {
    collect(connection, INDEXES, &mut |row| {
        let index = Index {
            name: text(row, 1)?,
            columns: names(row, 3)?,
            unique: row.boolean(2)?.unwrap_or(false),
        };
        Ok((text(row, 0)?, index))
    })
}

fn collect<T>(
    connection: &mut dyn Connection,
    sql: &str,
    read: &mut dyn FnMut(&dyn Row) -> Result<T>,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    connection.query(&Statement::once(sql), &mut |row| {
        rows.push(read(row)?);
        Ok(())
    })?;
    Ok(rows)
}

fn text(row: &dyn Row, index: usize) -> Result<String> {
    row.text(index)?
        .map(Into::into)
        .ok_or_else(|| Error::decode(format!("the catalog has NULL in column {index}")))
}

fn names(row: &dyn Row, index: usize) -> Result<Vec<String>> {
    let document = row.json(index)?.unwrap_or_default();
    let items = document.as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(items
        .iter()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect())
}

/// `confdeltype` and `confupdtype` of `pg_constraint`.
fn action(letter: &str, table: &str, key: &str) -> Result<ReferentialAction> {
    match letter {
        "a" => Ok(ReferentialAction::NoAction),
        "r" => Ok(ReferentialAction::Restrict),
        "c" => Ok(ReferentialAction::Cascade),
        "n" => Ok(ReferentialAction::SetNull),
        _ => Err(Error::unsupported(format!(
            "{table}: the foreign key `{key}` sets a default, which the engines do differently; \
             let it cascade, set null or refuse"
        ))
        .with_table(table)
        .with_constraint(key)),
    }
}
