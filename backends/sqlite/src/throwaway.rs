//! Files for tests.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use birgus_core::url::DatabaseUrl;
use birgus_core::{DatabaseErrorKind, Error, Result};

fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("{name}.db"))
}

fn failed(what: &str, path: &std::path::Path, cause: io::Error) -> Error {
    Error::database(
        DatabaseErrorKind::Other,
        format!("{what} the test database {}: {cause}", path.display()),
    )
    .with_source(cause)
}

/// Makes the file, and fails when it is there.
pub(crate) fn create(url: &DatabaseUrl, name: &str) -> Result<DatabaseUrl> {
    let path = path(name);
    File::create_new(&path).map_err(|cause| failed("creating", &path, cause))?;
    let text = path.to_str().ok_or_else(|| {
        Error::configuration(format!(
            "the folder for temporary files has a name that is not UTF-8: {}",
            path.display()
        ))
    })?;
    Ok(DatabaseUrl::of_path(url.scheme(), text))
}

/// Removes the file, and those that SQLite keeps beside it.
pub(crate) fn remove(name: &str) -> Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut path = path(name).into_os_string();
        path.push(suffix);
        let path = PathBuf::from(path);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(failed("removing", &path, cause));
            }
            _ => {}
        }
    }
    Ok(())
}
