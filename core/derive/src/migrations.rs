//! `migrations!`: the revision files of a folder, built into the program.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr, Result};

pub(crate) fn expand(folder: Option<&LitStr>) -> Result<TokenStream> {
    let name = folder.map_or_else(|| "migrations".to_owned(), LitStr::value);
    let span = folder.map_or_else(proc_macro2::Span::call_site, LitStr::span);
    let refused = |problem: String| Error::new(span, problem);
    let root = std::env::var_os("CARGO_MANIFEST_DIR")
        .ok_or_else(|| refused("CARGO_MANIFEST_DIR is not set: build with cargo".to_owned()))?;
    let root = PathBuf::from(root).join(&name);
    let mut files = Vec::new();
    let unreadable = |path: &Path, error: std::io::Error| {
        refused(format!(
            "{}: {error}; `db init` makes the folder",
            path.display()
        ))
    };
    for path in entries(&root).map_err(|error| unreadable(&root, error))? {
        if path.is_dir() {
            // The revisions of a bound database.
            let inside = entries(&path).map_err(|error| unreadable(&path, error))?;
            files.extend(inside.into_iter().filter(|path| is_revision(path)));
        } else if is_revision(&path) {
            files.push(path);
        }
    }
    let mut pairs = Vec::new();
    for path in files {
        let inside = path.strip_prefix(&root).unwrap_or(&path);
        let parts: Vec<_> = inside.iter().map(|part| part.to_str()).collect();
        let parts: Option<Vec<&str>> = parts.into_iter().collect();
        let (Some(parts), Some(whole)) = (parts, path.to_str()) else {
            return Err(refused(format!(
                "{}: its name is not UTF-8",
                path.display()
            )));
        };
        let short = parts.join("/");
        pairs.push(quote!((#short, ::core::include_str!(#whole))));
    }
    Ok(quote! {
        {
            const FILES: &[(&str, &str)] = &[#(#pairs),*];
            FILES
        }
    })
}

fn is_revision(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "toml")
}

/// What a folder holds, sorted, so that the same files give the same program.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}
