//! What an engine can do, in one description.

/// What an engine can do. One value an engine; where two engines share a dialect (MySQL and MariaDB), each has its own.
///
/// Each field says what every engine does, so that a new driver knows what to claim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// How the ids of inserted rows come back.
    ///
    /// PostgreSQL: [`InsertedIds::Returning`]. SQLite: [`InsertedIds::LastOfBlock`] (it has RETURNING, but reading
    /// `last_insert_rowid()` once a chunk is twice as fast). MySQL: [`InsertedIds::FirstOfBlock`]. MariaDB:
    /// [`InsertedIds::FirstOfBlock`] (it has RETURNING, which the C client can't prepare).
    pub inserted_ids: InsertedIds,
    /// The fastest form of an INSERT of many rows.
    ///
    /// PostgreSQL: [`BulkInsert::Arrays`]. SQLite, MySQL, MariaDB: [`BulkInsert::Rows`].
    pub bulk_insert: BulkInsert,
    /// How rows that get each its own values are updated.
    ///
    /// PostgreSQL, MySQL, MariaDB: [`BulkUpdate::Lists`]. SQLite: [`BulkUpdate::Rows`].
    pub bulk_update: BulkUpdate,
    /// The most bind parameters of one statement.
    ///
    /// SQLite: 32,766 (`SQLITE_MAX_VARIABLE_NUMBER`). PostgreSQL, MySQL, MariaDB: 65,535 (a 16-bit count in the
    /// protocol).
    pub max_binds: usize,
    /// Where NULL stands in an ascending order when nothing is said. Birgus puts NULL first in ascending order on
    /// every engine.
    ///
    /// MySQL, MariaDB: [`NullOrder::First`]. SQLite: [`NullOrder::FirstWithSyntax`]. PostgreSQL:
    /// [`NullOrder::LastWithSyntax`].
    pub null_order: NullOrder,
    /// Whether DDL takes part in a transaction.
    ///
    /// SQLite, PostgreSQL: yes. MySQL, MariaDB: no, each statement commits.
    pub transactional_ddl: bool,
    /// Whether a foreign key can be added to a table that exists; otherwise it may name a table that does not exist yet.
    ///
    /// PostgreSQL, MySQL, MariaDB: yes. SQLite: no.
    pub add_foreign_key: bool,
    /// Whether an id that the program chose itself leaves the sequence behind, so that it must be moved.
    ///
    /// PostgreSQL: yes. SQLite, MySQL, MariaDB: no.
    pub explicit_id_leaves_sequence: bool,
    /// Whether an identity column can be inserted with `DEFAULT` as its value beside rows with explicit ids.
    ///
    /// PostgreSQL: yes. SQLite, MySQL, MariaDB: no (NULL has that meaning there; for MySQL `DEFAULT` is 0 once 0 is an id
    /// like others).
    pub default_keyword: bool,
    /// Whether rows are handed out while the engine still produces them.
    ///
    /// SQLite, PostgreSQL: yes. MySQL, MariaDB: no, results are buffered.
    pub streaming: bool,
    /// Whether a statement that fails leaves the transaction unusable until it is rolled back.
    ///
    /// PostgreSQL: yes. SQLite, MySQL, MariaDB: no. The session treats every engine as if it did.
    pub aborts_transaction_on_error: bool,
    /// How two values are compared so that NULL is like any other.
    ///
    /// PostgreSQL: [`NullSafeEquality::DistinctFrom`]. SQLite: [`NullSafeEquality::Is`]. MySQL, MariaDB:
    /// [`NullSafeEquality::Spaceship`].
    pub null_safe_equality: NullSafeEquality,
    /// Whether a list of rows behind `IN` is written as `VALUES (…), (…)`.
    ///
    /// SQLite: yes. PostgreSQL, MySQL, MariaDB: no.
    pub row_list_needs_values: bool,
    /// Whether rows are locked one by one (`FOR UPDATE`); otherwise a writing transaction holds the whole database.
    ///
    /// PostgreSQL, MySQL, MariaDB: yes. SQLite: no.
    pub row_locks: bool,
    /// Whether UPDATE and DELETE may read the table that they change in a subquery.
    ///
    /// SQLite, PostgreSQL: yes. MySQL, MariaDB: no (error 1093).
    pub reads_changed_table: bool,
    /// Whether a subquery behind IN may have a limit.
    ///
    /// SQLite, PostgreSQL: yes. MySQL, MariaDB: no (error 1235).
    pub limit_in_subquery: bool,
    /// Whether INSERT, UPDATE and DELETE give rows back by `RETURNING`, in any order; otherwise rows are read before or
    /// after, in the same transaction.
    ///
    /// SQLite, PostgreSQL: yes. MySQL: no. MariaDB: no (it has RETURNING for INSERT and DELETE, which the C client can't
    /// prepare).
    pub returning: bool,
    /// How an INSERT treats rows that are there already.
    ///
    /// SQLite, PostgreSQL: [`UpsertForm::OnConflict`]. MySQL, MariaDB: [`UpsertForm::OnDuplicateKey`].
    pub upsert: UpsertForm,
    /// The bytes of texts and documents that one statement carries for its rows, about; a single row may be larger.
    ///
    /// MySQL, MariaDB: 8 MB, half of MariaDB's `max_allowed_packet` as it comes. SQLite, PostgreSQL: 64 MB; they take
    /// 1 GB, but hold it several times.
    pub statement_bytes: usize,
    /// When a foreign key is checked as rows are deleted. Rows that reference each other go children first where it is
    /// checked row by row.
    ///
    /// PostgreSQL: [`ForeignKeyCheck::ByStatement`]. SQLite: [`ForeignKeyCheck::RestrictByRow`]. MySQL, MariaDB:
    /// [`ForeignKeyCheck::ByRow`].
    pub foreign_key_check: ForeignKeyCheck,
    /// Whether a transaction can be prepared, to be committed later and by another connection.
    ///
    /// PostgreSQL (where `max_prepared_transactions` allows any), MySQL, MariaDB: yes. SQLite: no.
    pub two_phase: bool,
    /// Whether an offset counts behind DISTINCT also where the planner knows that all rows agree.
    ///
    /// SQLite, PostgreSQL, MySQL: yes. MariaDB: no (10.11 gives the one row whatever the offset).
    pub offset_of_distinct: bool,
    /// Whether a window's frame counts also where the planner knows that there is only one row.
    ///
    /// SQLite, PostgreSQL, MariaDB: yes. MySQL: no (9.7 takes the row for a part of its frame, whatever that is).
    pub frame_of_one_row: bool,
    /// Whether what a common table expression computes is NULL where a left join finds no row of it, also when the planner
    /// puts that query into the one around.
    ///
    /// SQLite, PostgreSQL: yes. MySQL, MariaDB: no (MySQL 9.7 keeps a constant, MariaDB 10.11 finds a computed value in a
    /// list).
    pub nulls_of_merged: bool,
    /// Whether a connection can hold a lock by name, in and outside of transactions, until it lets go or is closed.
    ///
    /// PostgreSQL (`pg_advisory_lock`), MySQL, MariaDB (`GET_LOCK`): yes. SQLite: no; whoever writes has the whole database.
    pub session_locks: bool,
}

/// When a foreign key is checked as rows are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignKeyCheck {
    /// Once the statement is done.
    ByStatement,
    /// Once the statement is done, save `ON DELETE RESTRICT`, which is checked for each row as it goes.
    RestrictByRow,
    /// For each row as it goes.
    ByRow,
}

/// How an INSERT treats rows that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpsertForm {
    /// `ON CONFLICT (columns) DO …`: the constraint is named by its columns, and other duplicates are errors.
    OnConflict,
    /// `ON DUPLICATE KEY UPDATE …`, for a duplicate in any constraint; `VALUES(column)` is what was to be inserted.
    OnDuplicateKey,
    /// Nothing of the kind: rows are looked up and locked first.
    LookUp,
}

/// How two values are compared so that NULL is like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NullSafeEquality {
    /// `IS [NOT] DISTINCT FROM`, as the standard has it.
    DistinctFrom,
    /// `IS [NOT]`
    Is,
    /// `<=>`
    Spaceship,
}

/// How the ids of inserted rows come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsertedIds {
    /// `RETURNING` gives them. Rows come back in the order of their ids, and ids rise in the order of the rows.
    Returning,
    /// [`Connection::last_insert_id`](super::Connection::last_insert_id) gives the first id of the statement; the
    /// others follow in steps of [`Connection::insert_id_step`](super::Connection::insert_id_step).
    FirstOfBlock,
    /// [`Connection::last_insert_id`](super::Connection::last_insert_id) gives the last id of the statement; the
    /// others precede it in steps of one.
    LastOfBlock,
}

/// The form of an INSERT of many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BulkInsert {
    /// `VALUES (…), (…)`, in chunks of fixed sizes whose texts are cached, and a last chunk for the rest, whose text is
    /// prepared for one use.
    Rows {
        /// The rows of a full chunk, at most; fewer when the binds don't suffice.
        chunk: usize,
        /// The rows of a part: what is left behind full chunks goes in pairs of parts and in parts, as long as it fills
        /// them. As many as `chunk` for chunks of one size.
        part: usize,
    },
    /// One bind a column, of kind [`Value::Array`](crate::Value::Array): one text for any number of rows. The
    /// dialect writes it in [`Dialect::insert_arrays`](super::Dialect::insert_arrays).
    Arrays {
        /// The rows of one statement, at most.
        chunk: usize,
    },
}

/// How rows that get each its own values are updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BulkUpdate {
    /// One by one: `UPDATE … SET … WHERE key = ?`, whose text is kept.
    Single,
    /// So many at once, with a bind for each value; fewer when the binds don't suffice. The dialect writes them in
    /// [`Dialect::update_rows`](super::Dialect::update_rows).
    Rows {
        /// The rows of one statement, at most.
        chunk: usize,
    },
    /// So many at once, in binds whose number does not depend on that of the rows: arrays, or one text. The dialect
    /// writes them in [`Dialect::update_rows`](super::Dialect::update_rows).
    Lists {
        /// The rows of one statement, at most.
        chunk: usize,
    },
}

/// Where NULL stands in an ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NullOrder {
    /// Before all values, and after them in a descending order.
    First,
    /// Before all values, but the engine takes `NULLS FIRST` and `NULLS LAST`.
    FirstWithSyntax,
    /// After all values, but the engine takes `NULLS FIRST` and `NULLS LAST`.
    LastWithSyntax,
}

impl Capabilities {
    /// The description of an engine that has nothing beyond SQL:1992: where a new driver starts.
    pub const fn minimal() -> Self {
        Self {
            inserted_ids: InsertedIds::FirstOfBlock,
            bulk_insert: BulkInsert::Rows {
                chunk: 50,
                part: 50,
            },
            bulk_update: BulkUpdate::Single,
            max_binds: 999,
            null_order: NullOrder::First,
            transactional_ddl: false,
            add_foreign_key: true,
            explicit_id_leaves_sequence: false,
            default_keyword: false,
            streaming: false,
            aborts_transaction_on_error: false,
            null_safe_equality: NullSafeEquality::DistinctFrom,
            row_list_needs_values: false,
            row_locks: true,
            reads_changed_table: true,
            limit_in_subquery: true,
            returning: false,
            upsert: UpsertForm::LookUp,
            statement_bytes: 8 << 20,
            foreign_key_check: ForeignKeyCheck::ByStatement,
            two_phase: false,
            offset_of_distinct: true,
            frame_of_one_row: true,
            nulls_of_merged: true,
            session_locks: false,
        }
    }

    /// See [`Capabilities::session_locks`].
    #[must_use]
    pub const fn with_session_locks(mut self, value: bool) -> Self {
        self.session_locks = value;
        self
    }

    /// See [`Capabilities::nulls_of_merged`].
    #[must_use]
    pub const fn with_nulls_of_merged(mut self, value: bool) -> Self {
        self.nulls_of_merged = value;
        self
    }

    /// See [`Capabilities::offset_of_distinct`].
    #[must_use]
    pub const fn with_offset_of_distinct(mut self, value: bool) -> Self {
        self.offset_of_distinct = value;
        self
    }

    /// See [`Capabilities::frame_of_one_row`].
    #[must_use]
    pub const fn with_frame_of_one_row(mut self, value: bool) -> Self {
        self.frame_of_one_row = value;
        self
    }

    /// See [`Capabilities::inserted_ids`].
    #[must_use]
    pub const fn with_inserted_ids(mut self, value: InsertedIds) -> Self {
        self.inserted_ids = value;
        self
    }

    /// See [`Capabilities::bulk_insert`].
    #[must_use]
    pub const fn with_bulk_insert(mut self, value: BulkInsert) -> Self {
        self.bulk_insert = value;
        self
    }

    /// See [`Capabilities::bulk_update`].
    #[must_use]
    pub const fn with_bulk_update(mut self, value: BulkUpdate) -> Self {
        self.bulk_update = value;
        self
    }

    /// See [`Capabilities::max_binds`].
    #[must_use]
    pub const fn with_max_binds(mut self, value: usize) -> Self {
        self.max_binds = value;
        self
    }

    /// See [`Capabilities::null_order`].
    #[must_use]
    pub const fn with_null_order(mut self, value: NullOrder) -> Self {
        self.null_order = value;
        self
    }

    /// See [`Capabilities::transactional_ddl`].
    #[must_use]
    pub const fn with_transactional_ddl(mut self, value: bool) -> Self {
        self.transactional_ddl = value;
        self
    }

    /// See [`Capabilities::add_foreign_key`].
    #[must_use]
    pub const fn with_add_foreign_key(mut self, value: bool) -> Self {
        self.add_foreign_key = value;
        self
    }

    /// See [`Capabilities::explicit_id_leaves_sequence`].
    #[must_use]
    pub const fn with_explicit_id_leaves_sequence(mut self, value: bool) -> Self {
        self.explicit_id_leaves_sequence = value;
        self
    }

    /// See [`Capabilities::default_keyword`].
    #[must_use]
    pub const fn with_default_keyword(mut self, value: bool) -> Self {
        self.default_keyword = value;
        self
    }

    /// See [`Capabilities::streaming`].
    #[must_use]
    pub const fn with_streaming(mut self, value: bool) -> Self {
        self.streaming = value;
        self
    }

    /// See [`Capabilities::aborts_transaction_on_error`].
    #[must_use]
    pub const fn with_aborts_transaction_on_error(mut self, value: bool) -> Self {
        self.aborts_transaction_on_error = value;
        self
    }

    /// See [`Capabilities::null_safe_equality`].
    #[must_use]
    pub const fn with_null_safe_equality(mut self, value: NullSafeEquality) -> Self {
        self.null_safe_equality = value;
        self
    }

    /// See [`Capabilities::row_list_needs_values`].
    #[must_use]
    pub const fn with_row_list_needs_values(mut self, value: bool) -> Self {
        self.row_list_needs_values = value;
        self
    }

    /// See [`Capabilities::row_locks`].
    #[must_use]
    pub const fn with_row_locks(mut self, value: bool) -> Self {
        self.row_locks = value;
        self
    }

    /// See [`Capabilities::reads_changed_table`].
    #[must_use]
    pub const fn with_reads_changed_table(mut self, value: bool) -> Self {
        self.reads_changed_table = value;
        self
    }

    /// See [`Capabilities::limit_in_subquery`].
    #[must_use]
    pub const fn with_limit_in_subquery(mut self, value: bool) -> Self {
        self.limit_in_subquery = value;
        self
    }

    /// See [`Capabilities::returning`].
    #[must_use]
    pub const fn with_returning(mut self, value: bool) -> Self {
        self.returning = value;
        self
    }

    /// See [`Capabilities::upsert`].
    #[must_use]
    pub const fn with_upsert(mut self, value: UpsertForm) -> Self {
        self.upsert = value;
        self
    }

    /// See [`Capabilities::statement_bytes`].
    #[must_use]
    pub const fn with_statement_bytes(mut self, value: usize) -> Self {
        self.statement_bytes = value;
        self
    }

    /// See [`Capabilities::two_phase`].
    #[must_use]
    pub const fn with_two_phase(mut self, value: bool) -> Self {
        self.two_phase = value;
        self
    }

    /// See [`Capabilities::foreign_key_check`].
    #[must_use]
    pub const fn with_foreign_key_check(mut self, value: ForeignKeyCheck) -> Self {
        self.foreign_key_check = value;
        self
    }
}
