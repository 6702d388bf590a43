//! A table that is made anew: `ALTER TABLE` changes no constraint, type or key.
//!
//! The order is that of <https://www.sqlite.org/lang_altertable.html#otheralter>: a new table is filled, the old one dropped, the new
//! one renamed. Foreign keys are not enforced meanwhile, or dropping the table would delete the rows that reference it.

use std::collections::BTreeMap;

use birgus_core::backend::BindType;
use birgus_core::backend::{Connection, Dialect, Statement, StatementBuilder, StepProgram};
use birgus_core::schema::{Table, enum_check_name, type_check_name};
use birgus_core::{Error, Result, Value};

use crate::create_sql;
use crate::ddl;
use crate::dialect::SqliteDialect;

/// A table to be made anew.
#[derive(Debug)]
pub(crate) struct Rebuild {
    dialect: SqliteDialect,
    table: Table,
    aside: String,
    /// What the engine renames by itself, before.
    renames: Vec<String>,
    copy: String,
    numbered: bool,
    /// The checks that the old table has by what was known of it; others are somebody else's, and stay.
    known_checks: Vec<String>,
    /// Likewise the indexes.
    known_indexes: Vec<String>,
    /// The columns of the old table and of the new one: what has another name is lost.
    known_columns: Vec<String>,
    /// The columns of what is unique in either, sorted; the primary keys among them.
    known_uniques: Vec<Vec<String>>,
    /// How many foreign keys the old table has.
    known_foreign_keys: usize,
}

impl Rebuild {
    /// `values` are what rows get, by column; columns without one get their default.
    pub(crate) fn new(
        dialect: &SqliteDialect,
        before: &Table,
        after: &Table,
        renames: Vec<String>,
        values: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let aside = format!("birgus_new_{}", after.name);
        let quoted = |name: &str| {
            let mut quoted = String::new();
            dialect.quote_identifier(&mut quoted, name);
            quoted
        };
        let (mut columns, mut expressions) = (Vec::new(), Vec::new());
        for column in after
            .columns
            .iter()
            .filter(|column| column.computed.is_none())
        {
            if let Some(value) = values.get(&column.name) {
                columns.push(quoted(&column.name));
                expressions.push(value.as_str());
            }
        }
        let copy = format!(
            "INSERT INTO {} ({}) SELECT {} FROM {}",
            quoted(&aside),
            columns.join(", "),
            expressions.join(", "),
            quoted(&after.name)
        );
        let of_types = before.columns.iter().flat_map(|column| {
            [
                type_check_name(&before.name, &column.name),
                enum_check_name(&before.name, &column.name),
            ]
        });
        let checks = before.checks.iter().map(|check| check.name.clone());
        let both = || [before, after].into_iter();
        let rebuild = Self {
            dialect: dialect.clone(),
            table: after.clone(),
            aside,
            renames,
            copy,
            numbered: after.identity_column().is_some(),
            known_checks: checks.chain(of_types).collect(),
            known_indexes: before
                .indexes
                .iter()
                .map(|index| index.name.clone())
                .collect(),
            known_columns: both()
                .flat_map(|table| table.columns.iter().map(|column| column.name.clone()))
                .collect(),
            known_uniques: both()
                .flat_map(|table| table.indexes.iter().filter(|index| index.unique))
                .map(|index| index.columns.clone())
                .chain(both().map(|table| table.primary_key.clone()))
                .map(sorted)
                .collect(),
            known_foreign_keys: before.foreign_keys.len(),
        };
        // What can't be written is refused now, not when rows are at stake.
        rebuild.create(&[])?;
        Ok(rebuild)
    }

    fn create(&self, more: &[String]) -> Result<String> {
        let keys = &self.table.foreign_keys;
        ddl::create_table_as(&self.dialect, &self.table, keys, &self.aside, more)
    }

    fn quoted(&self, name: &str) -> String {
        let mut quoted = String::new();
        self.dialect.quote_identifier(&mut quoted, name);
        quoted
    }

    fn drop_and_rename(&self) -> [String; 2] {
        let (name, aside) = (self.quoted(&self.table.name), self.quoted(&self.aside));
        [
            format!("DROP TABLE {name}"),
            format!("ALTER TABLE {aside} RENAME TO {name}"),
        ]
    }

    fn indexes(&self) -> impl Iterator<Item = String> {
        let indexes = self.table.indexes.iter();
        indexes.map(|index| self.dialect.create_index(&self.table, index))
    }

    /// The statements that made what belongs to the table and is not known: partial indexes, those over expressions, triggers.
    fn unknown(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        let mut sql = StatementBuilder::new(connection.dialect());
        sql.vary()
            .push(
                "SELECT name, sql FROM main.sqlite_schema \
                 WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND tbl_name = ",
            )
            .bind(Value::Text(self.table.name.clone()), BindType::Text)
            .push(" COLLATE NOCASE ORDER BY type, rowid");
        let mut found = Vec::new();
        connection.query(&sql.finish(), &mut |row| {
            let name = row.string(0)?.unwrap_or_default();
            let known = self.known_indexes.contains(&name)
                || self.table.indexes.iter().any(|index| index.name == name);
            found.extend(row.string(1)?.filter(|_| !known));
            Ok(())
        })?;
        Ok(found)
    }

    /// The checks of the table that are not known, as they are written.
    fn unknown_checks(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        let mut sql = StatementBuilder::new(connection.dialect());
        sql.vary()
            .push("SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ")
            .bind(Value::Text(self.table.name.clone()), BindType::Text)
            .push(" COLLATE NOCASE");
        let mut text = String::new();
        connection.query(&sql.finish(), &mut |row| {
            text = row.string(0)?.unwrap_or_default();
            Ok(())
        })?;
        let checks = create_sql::check_texts(&text).into_iter();
        Ok(checks
            .filter(|(name, _)| {
                (name.as_ref()).is_none_or(|name| !self.known_checks.contains(name))
            })
            .map(|(name, condition)| match name {
                Some(name) => format!("CONSTRAINT {} CHECK ({condition})", self.quoted(&name)),
                None => format!("CHECK ({condition})"),
            })
            .collect())
    }

    /// Refuses to make a table anew that has what no revision made, and what would be gone then.
    fn refuse_loss(&self, connection: &mut dyn Connection) -> Result<()> {
        let name = self.table.name.as_str();
        let mut lost = Vec::new();
        texts(
            connection,
            "SELECT name FROM pragma_table_xinfo(",
            name,
            &mut |column| {
                if !self.known_columns.contains(&column) {
                    lost.push(format!("the column {column}"));
                }
            },
        )?;
        let mut uniques = Vec::new();
        let sql = "SELECT name FROM pragma_index_list(";
        texts(connection, sql, name, &mut |index| {
            // Others have a statement of their own, and are kept.
            if index.starts_with("sqlite_autoindex_") {
                uniques.push(index);
            }
        })?;
        for index in uniques {
            let mut columns = Vec::new();
            let sql = "SELECT name FROM pragma_index_info(";
            texts(connection, sql, &index, &mut |column| columns.push(column))?;
            let columns = sorted(columns);
            if !self.known_uniques.contains(&columns) {
                lost.push(format!("that {} is unique", columns.join(", ")));
            }
        }
        let mut keys = Vec::new();
        let sql = "SELECT DISTINCT CAST(id AS TEXT) FROM pragma_foreign_key_list(";
        texts(connection, sql, name, &mut |key| keys.push(key))?;
        if keys.len() > self.known_foreign_keys {
            lost.push(format!(
                "{} of its foreign keys",
                keys.len() - self.known_foreign_keys
            ));
        }
        if lost.is_empty() {
            return Ok(());
        }
        Err(Error::migration(format!(
            "{name} has to be made anew, and has what no revision made: {}. SQLite would lose it; let a revision make it (its models, \
             then stamp), or drop it",
            lost.join(", ")
        )))
    }

    /// The largest id that was ever given, also to rows that are gone.
    fn last_id(&self, connection: &mut dyn Connection) -> Result<Option<i64>> {
        let mut there = false;
        let sql = "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'";
        connection.query(&Statement::once(sql), &mut |_| {
            there = true;
            Ok(())
        })?;
        if !there {
            return Ok(None);
        }
        let mut sql = StatementBuilder::new(connection.dialect());
        sql.vary()
            .push("SELECT seq FROM sqlite_sequence WHERE name = ")
            .bind(Value::Text(self.table.name.clone()), BindType::Text);
        let mut last = None;
        connection.query(&sql.finish(), &mut |row| {
            last = row.integer(0)?;
            Ok(())
        })?;
        Ok(last)
    }

    fn keep_last_id(&self, connection: &mut dyn Connection, last: i64) -> Result<()> {
        let name = || Value::Text(self.table.name.clone());
        let mut sql = StatementBuilder::new(connection.dialect());
        sql.vary()
            .push("DELETE FROM sqlite_sequence WHERE seq < ")
            .bind(Value::Integer(last), BindType::BigInt)
            .push(" AND name = ")
            .bind(name(), BindType::Text);
        connection.execute(&sql.finish())?;
        let mut sql = StatementBuilder::new(connection.dialect());
        sql.vary()
            .push("INSERT INTO sqlite_sequence (name, seq) SELECT ")
            .bind(name(), BindType::Text)
            .push(", ")
            .bind(Value::Integer(last), BindType::BigInt)
            .push(" WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ")
            .bind(name(), BindType::Text)
            .push(")");
        connection.execute(&sql.finish()).map(drop)
    }
}

impl StepProgram for Rebuild {
    fn statements(&self) -> Vec<String> {
        let mut statements = self.renames.clone();
        statements.extend(self.create(&[]).ok());
        statements.push(self.copy.clone());
        let [drop, rename] = self.drop_and_rename();
        statements.extend([
            drop,
            "PRAGMA legacy_alter_table = ON".to_owned(),
            rename,
            "PRAGMA legacy_alter_table = OFF".to_owned(),
        ]);
        statements.extend(self.indexes());
        statements
    }

    fn run(&self, connection: &mut dyn Connection) -> Result<()> {
        for rename in &self.renames {
            connection.batch(rename)?;
        }
        self.refuse_loss(connection)?;
        let unknown = self.unknown(connection)?;
        let checks = self.unknown_checks(connection)?;
        let last = self.last_id(connection)?;
        connection.batch(&self.create(&checks)?)?;
        connection.batch(&self.copy)?;
        let [drop, rename] = self.drop_and_rename();
        connection.batch(&drop)?;
        // Views and triggers mention a table that is not there for a moment, and are to be left as they are.
        connection.batch("PRAGMA legacy_alter_table = ON")?;
        let renamed = connection.batch(&rename);
        connection.batch("PRAGMA legacy_alter_table = OFF")?;
        renamed?;
        if let (Some(last), true) = (last, self.numbered) {
            self.keep_last_id(connection, last)?;
        }
        for sql in self.indexes().chain(unknown) {
            connection.batch(&sql)?;
        }
        Ok(())
    }
}

/// Asks for the texts that a table-valued pragma gives of a name.
fn texts(
    connection: &mut dyn Connection,
    sql: &str,
    name: &str,
    each: &mut dyn FnMut(String),
) -> Result<()> {
    let mut statement = StatementBuilder::new(connection.dialect());
    statement
        .vary()
        .push(sql)
        .bind(Value::Text(name.to_owned()), BindType::Text)
        .push(")");
    connection.query(&statement.finish(), &mut |row| {
        row.string(0)?.into_iter().for_each(&mut *each);
        Ok(())
    })
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
