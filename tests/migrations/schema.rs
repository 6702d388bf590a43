//! Schemas, as short texts.

use birgus::migrate::state::{
    Action, CheckDefinition, ColumnDefinition, ForeignKeyDefinition, IndexDefinition, Operation,
    State, TableDefinition,
};

/// A table: `id bigint identity; name varchar(20) null; age integer default=7:integer`. The first column is the primary key.
pub(crate) fn table(name: &str, columns: &str) -> TableDefinition {
    let columns: Vec<ColumnDefinition> = columns.split(';').map(column).collect();
    TableDefinition {
        name: name.to_owned(),
        primary_key: vec![columns[0].name.clone()],
        columns,
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        comment: None,
    }
}

fn column(text: &str) -> ColumnDefinition {
    let (name, rest) = text.trim().split_once(' ').unwrap();
    let mut column = ColumnDefinition {
        name: name.to_owned(),
        column_type: String::new(),
        nullable: false,
        identity: false,
        default: None,
        computed: None,
        comment: None,
    };
    // A type may hold spaces, within parentheses.
    let mut depth = 0;
    let end = rest.find(|letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ' ' && depth == 0
    });
    let (column_type, mut rest) = rest.split_at(end.unwrap_or(rest.len()));
    column.column_type = column_type.to_owned();
    while !rest.trim().is_empty() {
        rest = rest.trim_start();
        if let Some(default) = rest.strip_prefix("default=") {
            column.default = Some(default.to_owned());
            break;
        } else if let Some(computed) = rest.strip_prefix("computed=") {
            column.computed = Some(computed.to_owned());
            break;
        } else if let Some(comment) = rest.strip_prefix("comment=") {
            column.comment = Some(comment.to_owned());
            break;
        }
        let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "null" => column.nullable = true,
            "identity" => column.identity = true,
            other => panic!("{other}"),
        }
        rest = behind;
    }
    column
}

/// More of a table.
pub(crate) trait With: Sized {
    fn key(self, columns: &str) -> Self;
    fn index(self, columns: &str) -> Self;
    fn unique(self, columns: &str) -> Self;
    fn references(self, columns: &str, parent: &str, on_delete: Action) -> Self;
    fn references_columns(self, columns: &str, parent: &str, of: &str, on_delete: Action) -> Self;
    fn check(self, name: &str, expression: &str) -> Self;
    fn comment(self, comment: &str) -> Self;
}

fn names(columns: &str) -> Vec<String> {
    columns
        .split(',')
        .map(|name| name.trim().to_owned())
        .collect()
}

impl With for TableDefinition {
    fn key(mut self, columns: &str) -> Self {
        self.primary_key = names(columns);
        self
    }

    fn index(self, columns: &str) -> Self {
        indexed(self, columns, false)
    }

    fn unique(self, columns: &str) -> Self {
        indexed(self, columns, true)
    }

    fn references(self, columns: &str, parent: &str, on_delete: Action) -> Self {
        self.references_columns(columns, parent, "id", on_delete)
    }

    fn references_columns(
        mut self,
        columns: &str,
        parent: &str,
        of: &str,
        on_delete: Action,
    ) -> Self {
        let columns = names(columns);
        self.foreign_keys.push(ForeignKeyDefinition {
            name: birgus::schema::foreign_key_name(&self.name, &columns),
            columns,
            references: parent.to_owned(),
            references_columns: names(of),
            on_delete,
            on_update: Action::NoAction,
        });
        self.foreign_keys
            .sort_by(|left, right| left.name.cmp(&right.name));
        self
    }

    fn check(mut self, name: &str, expression: &str) -> Self {
        self.checks.push(CheckDefinition {
            name: birgus::schema::check_name(&self.name, name),
            expression: expression.to_owned(),
        });
        self.checks
            .sort_by(|left, right| left.name.cmp(&right.name));
        self
    }

    fn comment(mut self, comment: &str) -> Self {
        self.comment = Some(comment.to_owned());
        self
    }
}

fn indexed(mut table: TableDefinition, columns: &str, unique: bool) -> TableDefinition {
    let columns = names(columns);
    let name = match unique {
        true => birgus::schema::unique_name(&table.name, &columns),
        false => birgus::schema::index_name(&table.name, &columns),
    };
    table.indexes.push(IndexDefinition {
        name,
        columns,
        unique,
    });
    table
        .indexes
        .sort_by(|left, right| left.name.cmp(&right.name));
    table
}

/// Tables that reference each other only backwards.
pub(crate) fn state(tables: &[TableDefinition]) -> State {
    let mut state = State::default();
    for table in tables {
        let table = table.clone();
        state.apply(&Operation::CreateTable { table }).unwrap();
    }
    state
}
