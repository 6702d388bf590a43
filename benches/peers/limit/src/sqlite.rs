//! SQLite by its C interface.

#[deny(unsafe_code)]
mod loading;

use std::ffi::{CStr, CString, c_int};
use std::ptr::{self, NonNull};

use libsqlite3_sys as ffi;

pub use loading::{ChildrenBy, SqliteLoader};

use crate::{Error, NewUser, Result, User, utf8};

/// A connection to SQLite, with the prepared statements of the workloads.
pub struct SqliteClient {
    // Statements are finalized before the connection closes: fields drop in this order.
    get: Option<Prepared>,
    load: Option<Prepared>,
    insert: Option<(usize, Prepared)>,
    connection: Handle,
}

struct Handle(NonNull<ffi::sqlite3>);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the connection is open, and no statement of it is left: the client drops them first.
        unsafe { ffi::sqlite3_close(self.0.as_ptr()) };
    }
}

struct Prepared(NonNull<ffi::sqlite3_stmt>);

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: the statement is alive; nothing else finalizes it.
        unsafe { ffi::sqlite3_finalize(self.0.as_ptr()) };
    }
}

/// A statement in use; dropping it makes the statement ready for the next use.
struct Running<'a>(&'a Prepared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement is alive as long as the borrow.
        unsafe { ffi::sqlite3_reset(self.0.0.as_ptr()) };
    }
}

impl Handle {
    fn open(uri: &str) -> Result<Self> {
        let uri = CString::new(uri)?;
        let flags = ffi::SQLITE_OPEN_READWRITE
            | ffi::SQLITE_OPEN_CREATE
            | ffi::SQLITE_OPEN_URI
            | ffi::SQLITE_OPEN_NOMUTEX;
        let mut connection = ptr::null_mut();
        // SAFETY: the name ends with NUL; SQLite gives a connection that has to be closed even when this fails.
        let code =
            unsafe { ffi::sqlite3_open_v2(uri.as_ptr(), &raw mut connection, flags, ptr::null()) };
        let connection = Handle(
            NonNull::new(connection).ok_or_else(|| Error("SQLite has no memory".to_owned()))?,
        );
        if code != ffi::SQLITE_OK {
            return Err(connection.error());
        }
        Ok(connection)
    }

    fn batch(&self, sql: &str) -> Result<()> {
        let sql = CString::new(sql)?;
        // SAFETY: the connection is open, the text ends with NUL, there is no callback.
        let code = unsafe {
            ffi::sqlite3_exec(
                self.0.as_ptr(),
                sql.as_ptr(),
                None,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        if code == ffi::SQLITE_OK {
            Ok(())
        } else {
            Err(self.error())
        }
    }

    #[cold]
    fn error(&self) -> Error {
        // SAFETY: the connection is open, and SQLite always has a message that ends with NUL; it is copied at once.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.0.as_ptr())) };
        Error(message.to_string_lossy().into_owned())
    }

    fn prepare(&self, sql: &str) -> Result<Prepared> {
        let sql = CString::new(sql)?;
        let mut statement = ptr::null_mut();
        // SAFETY: the connection is open and the text ends with NUL (length -1); SQLite copies it.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                self.0.as_ptr(),
                sql.as_ptr(),
                -1,
                ffi::SQLITE_PREPARE_PERSISTENT as _,
                &raw mut statement,
                ptr::null_mut(),
            )
        };
        match NonNull::new(statement) {
            Some(statement) if code == ffi::SQLITE_OK => Ok(Prepared(statement)),
            _ => Err(self.error()),
        }
    }

    fn last_id(&self) -> i64 {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_last_insert_rowid(self.0.as_ptr()) }
    }
}

impl<'a> Running<'a> {
    fn bind_integer(&self, index: c_int, value: i64) {
        // SAFETY: the statement is alive; an index out of range is refused with a code.
        unsafe { ffi::sqlite3_bind_int64(self.0.0.as_ptr(), index, value) };
    }

    /// Binds a text without a copy.
    fn bind_text(&self, index: c_int, value: Option<&'a str>) {
        let statement = self.0.0.as_ptr();
        // SAFETY: the statement is alive. The text is borrowed for 'a, and the statement is not stepped after that:
        // it is reset when this value drops, and every use binds anew before it steps.
        unsafe {
            match value {
                Some(text) => ffi::sqlite3_bind_text(
                    statement,
                    index,
                    text.as_ptr().cast(),
                    text.len() as c_int,
                    ffi::SQLITE_STATIC(),
                ),
                None => ffi::sqlite3_bind_null(statement, index),
            }
        };
    }

    /// Whether there is another row.
    fn step(&self, connection: &Handle) -> Result<bool> {
        // SAFETY: the statement is alive, and belongs to this connection.
        match unsafe { ffi::sqlite3_step(self.0.0.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            _ => Err(connection.error()),
        }
    }

    fn integer(&self, column: c_int) -> i64 {
        // SAFETY: the statement stands on a row.
        unsafe { ffi::sqlite3_column_int64(self.0.0.as_ptr(), column) }
    }

    fn text(&self, column: c_int) -> Result<Option<String>> {
        // SAFETY: the statement stands on a row. SQLite gives NULL, or so many bytes that stay until the next step;
        // they are copied at once.
        unsafe {
            let text = ffi::sqlite3_column_text(self.0.0.as_ptr(), column);
            if text.is_null() {
                return Ok(None);
            }
            let length = ffi::sqlite3_column_bytes(self.0.0.as_ptr(), column);
            utf8(std::slice::from_raw_parts(text, length as usize)).map(Some)
        }
    }

    fn user(&self) -> Result<User> {
        Ok(User {
            id: self.integer(0),
            name: self.text(1)?.unwrap_or_default(),
            hair_color: self.text(2)?,
        })
    }
}

impl SqliteClient {
    /// Opens a database. The connection takes no locks of its own (`SQLITE_OPEN_NOMUTEX`): one thread uses it, which
    /// Rust proves.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn open(uri: &str) -> Result<Self> {
        let connection = Handle::open(uri)?;
        Ok(Self {
            get: None,
            load: None,
            insert: None,
            connection,
        })
    }

    /// Runs statements that give no rows.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection.batch(sql)
    }

    /// The user with this key.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn get(&mut self, id: i64) -> Result<Option<User>> {
        let statement = match &mut self.get {
            Some(statement) => statement,
            empty => empty.insert(
                self.connection
                    .prepare("SELECT id, name, hair_color FROM users WHERE id = ?")?,
            ),
        };
        let running = Running(statement);
        running.bind_integer(1, id);
        if !running.step(&self.connection)? {
            return Ok(None);
        }
        let user = running.user()?;
        // A second row is looked for, as everyone must who does not know that `id` is a key.
        running.step(&self.connection)?;
        Ok(Some(user))
    }

    /// Every user.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn load(&mut self) -> Result<Vec<User>> {
        let statement = match &mut self.load {
            Some(statement) => statement,
            empty => empty.insert(
                self.connection
                    .prepare("SELECT id, name, hair_color FROM users")?,
            ),
        };
        let running = Running(statement);
        let mut users = Vec::new();
        while running.step(&self.connection)? {
            users.push(running.user()?);
        }
        Ok(users)
    }

    /// Inserts users by one statement, and gives their keys: SQLite counts them up within a statement.
    ///
    /// # Errors
    ///
    /// What SQLite says.
    pub fn insert(&mut self, users: &[NewUser]) -> Result<Vec<i64>> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let statement = match &mut self.insert {
            Some((count, statement)) if *count == users.len() => statement,
            other => {
                let rows = vec!["(?, ?)"; users.len()].join(", ");
                let sql = format!("INSERT INTO users (name, hair_color) VALUES {rows}");
                &mut other
                    .insert((users.len(), self.connection.prepare(&sql)?))
                    .1
            }
        };
        let running = Running(statement);
        for (index, user) in (1..).step_by(2).zip(users) {
            running.bind_text(index, Some(&user.name));
            running.bind_text(index + 1, user.hair_color.as_deref());
        }
        running.step(&self.connection)?;
        let last = self.connection.last_id();
        Ok((last + 1 - users.len() as i64..=last).collect())
    }
}

/// The version of the SQLite that is linked.
pub fn sqlite_version() -> &'static str {
    ffi::SQLITE_VERSION.to_str().unwrap_or("of unknown version")
}
