//! The file of a new revision.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use birgus_core::{Error, Result};

use crate::history::Revision;

/// Writes a new revision into a folder, which is made where it is missing; gives the file's path. It is there in whole or not at
/// all, and never takes the place of another.
///
/// # Errors
///
/// `is_configuration()` for a file that is there already, and whatever the system refuses.
pub fn write(folder: &Path, revision: &Revision) -> Result<PathBuf> {
    let path = folder.join(revision.file_name());
    let failed = |error: std::io::Error| {
        Error::configuration(format!("{}: {error}", path.display())).with_source(error)
    };
    let text = revision.write()?;
    fs::create_dir_all(folder).map_err(failed)?;
    if path.exists() {
        return Err(Error::configuration(format!(
            "{}: there is such a file already",
            path.display()
        )));
    }
    let aside = folder.join(format!(".{}.new", revision.file_name()));
    let result = File::create_new(&aside)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&aside, &path));
    if result.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&aside);
    }
    result.map_err(failed)?;
    Ok(path)
}
