//! PostgreSQL by libpq, with values in binary form.

#[deny(unsafe_code)]
mod loading;

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::NonNull;

use pq_sys as ffi;

pub use loading::LibpqLoader;

use crate::{Error, NewUser, Result, User, utf8};

/// The type of a bind: `pg_type.oid` of bigint, text and text[].
const BIGINT: ffi::Oid = 20;
const TEXT: ffi::Oid = 25;
const TEXT_ARRAY: ffi::Oid = 1009;

/// A parameter or a result in binary form.
const BINARY: c_int = 1;

const GET: (&CStr, &CStr) = (
    c"get",
    c"SELECT id, name, hair_color FROM users WHERE id = $1",
);
const LOAD: (&CStr, &CStr) = (c"load", c"SELECT id, name, hair_color FROM users");
const INSERT: (&CStr, &CStr) = (
    c"insert",
    c"INSERT INTO users (name, hair_color) SELECT * FROM UNNEST($1, $2) RETURNING id",
);

/// A connection to PostgreSQL, with the prepared statements of the workloads.
pub struct LibpqClient {
    connection: Handle,
    prepared: bool,
}

struct Handle(NonNull<ffi::PGconn>);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the connection is alive; nothing else finishes it.
        unsafe { ffi::PQfinish(self.0.as_ptr()) };
    }
}

/// The answer to a statement, whole.
struct Answer(NonNull<ffi::PGresult>);

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: the result is alive; nothing else clears it.
        unsafe { ffi::PQclear(self.0.as_ptr()) };
    }
}

impl Handle {
    fn connect(url: &str) -> Result<Self> {
        let url = CString::new(url)?;
        // SAFETY: the text ends with NUL.
        let connection = unsafe { ffi::PQconnectdb(url.as_ptr()) };
        let connection = Handle(
            NonNull::new(connection).ok_or_else(|| Error("libpq has no memory".to_owned()))?,
        );
        // SAFETY: the connection is alive, open or not.
        let status = unsafe { ffi::PQstatus(connection.0.as_ptr()) };
        if status != ffi::ConnStatusType::CONNECTION_OK {
            return Err(connection.error());
        }
        Ok(connection)
    }

    fn batch(&self, sql: &str) -> Result<()> {
        let sql = CString::new(sql)?;
        // SAFETY: the text ends with NUL.
        let result = unsafe { ffi::PQexec(self.0.as_ptr(), sql.as_ptr()) };
        self.checked(result).map(drop)
    }

    #[cold]
    fn error(&self) -> Error {
        // SAFETY: the connection is alive, and its message ends with NUL; it is copied at once.
        let message = unsafe { CStr::from_ptr(ffi::PQerrorMessage(self.0.as_ptr())) };
        Error(message.to_string_lossy().trim_end().to_owned())
    }

    fn checked(&self, result: *mut ffi::PGresult) -> Result<Answer> {
        let answer = Answer(NonNull::new(result).ok_or_else(|| self.error())?);
        // SAFETY: the result is alive.
        match unsafe { ffi::PQresultStatus(answer.0.as_ptr()) } {
            ffi::ExecStatusType::PGRES_COMMAND_OK | ffi::ExecStatusType::PGRES_TUPLES_OK => {
                Ok(answer)
            }
            _ => Err(self.error()),
        }
    }

    fn prepare(&self, (name, sql): (&CStr, &CStr), types: &[ffi::Oid]) -> Result<()> {
        // SAFETY: the texts end with NUL, and there are as many types as is said.
        let result = unsafe {
            ffi::PQprepare(
                self.0.as_ptr(),
                name.as_ptr(),
                sql.as_ptr(),
                types.len() as c_int,
                types.as_ptr(),
            )
        };
        self.checked(result).map(drop)
    }

    fn run<const N: usize>(&self, name: &CStr, binds: [&[u8]; N]) -> Result<Answer> {
        let values = binds.map(|bytes| bytes.as_ptr().cast::<c_char>());
        let lengths = binds.map(|bytes| bytes.len() as c_int);
        let formats = [BINARY; N];
        // SAFETY: there are N values, lengths and formats, and the values have these lengths; libpq copies them.
        let result = unsafe {
            ffi::PQexecPrepared(
                self.0.as_ptr(),
                name.as_ptr(),
                N as c_int,
                values.as_ptr(),
                lengths.as_ptr(),
                formats.as_ptr(),
                BINARY,
            )
        };
        self.checked(result)
    }
}

impl Answer {
    fn rows(&self) -> c_int {
        // SAFETY: the result is alive.
        unsafe { ffi::PQntuples(self.0.as_ptr()) }
    }

    fn bytes(&self, row: c_int, column: c_int) -> Option<&[u8]> {
        let result = self.0.as_ptr();
        // SAFETY: libpq refuses a row or column out of range with NULL; else the value has so many bytes, which live
        // as long as the result.
        unsafe {
            if ffi::PQgetisnull(result, row, column) == 1 {
                return None;
            }
            let value = ffi::PQgetvalue(result, row, column);
            let length = ffi::PQgetlength(result, row, column);
            (!value.is_null()).then(|| std::slice::from_raw_parts(value.cast(), length as usize))
        }
    }

    fn integer(&self, row: c_int, column: c_int) -> Result<i64> {
        self.bytes(row, column)
            .and_then(|bytes| bytes.try_into().ok())
            .map(i64::from_be_bytes)
            .ok_or_else(|| Error("not a bigint".to_owned()))
    }

    fn text(&self, row: c_int, column: c_int) -> Result<Option<String>> {
        self.bytes(row, column).map(utf8).transpose()
    }

    fn user(&self, row: c_int) -> Result<User> {
        Ok(User {
            id: self.integer(row, 0)?,
            name: self.text(row, 1)?.unwrap_or_default(),
            hair_color: self.text(row, 2)?,
        })
    }
}

/// Texts as PostgreSQL sends and takes an array: dimensions, whether there are NULLs, the type, then each text.
fn array<'a>(texts: impl ExactSizeIterator<Item = Option<&'a str>>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(20 + 16 * texts.len());
    for header in [1, 1, TEXT as i32, texts.len() as i32, 1] {
        bytes.extend_from_slice(&header.to_be_bytes());
    }
    for text in texts {
        match text {
            Some(text) => {
                bytes.extend_from_slice(&(text.len() as i32).to_be_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
            None => bytes.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
    }
    bytes
}

impl LibpqClient {
    /// Connects.
    ///
    /// # Errors
    ///
    /// What libpq says.
    pub fn connect(url: &str) -> Result<Self> {
        let connection = Handle::connect(url)?;
        Ok(Self {
            connection,
            prepared: false,
        })
    }

    /// Runs statements that give no rows.
    ///
    /// # Errors
    ///
    /// What libpq says.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        self.connection.batch(sql)
    }

    /// Prepares what the workloads run, once the table is there.
    fn prepared(&mut self) -> Result<&Handle> {
        if !self.prepared {
            self.connection.prepare(GET, &[BIGINT])?;
            self.connection.prepare(LOAD, &[])?;
            self.connection.prepare(INSERT, &[TEXT_ARRAY, TEXT_ARRAY])?;
            self.prepared = true;
        }
        Ok(&self.connection)
    }

    /// The user with this key.
    ///
    /// # Errors
    ///
    /// What libpq says.
    pub fn get(&mut self, id: i64) -> Result<Option<User>> {
        let answer = self.prepared()?.run(GET.0, [&id.to_be_bytes()])?;
        (answer.rows() > 0).then(|| answer.user(0)).transpose()
    }

    /// Every user.
    ///
    /// # Errors
    ///
    /// What libpq says.
    pub fn load(&mut self) -> Result<Vec<User>> {
        let answer = self.prepared()?.run(LOAD.0, [])?;
        (0..answer.rows()).map(|row| answer.user(row)).collect()
    }

    /// Inserts users by one statement with an array a column, and gives their keys.
    ///
    /// # Errors
    ///
    /// What libpq says.
    pub fn insert(&mut self, users: &[NewUser]) -> Result<Vec<i64>> {
        let names = array(users.iter().map(|user| Some(user.name.as_str())));
        let colors = array(users.iter().map(|user| user.hair_color.as_deref()));
        let answer = self.prepared()?.run(INSERT.0, [&names, &colors])?;
        (0..answer.rows())
            .map(|row| answer.integer(row, 0))
            .collect()
    }
}
