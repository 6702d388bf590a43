//! What all attributes have in common: each key once, known keys only, and every mistake reported.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Error, LitStr, Path, Result};

/// Mistakes, collected so that the compiler reports all of them at once.
#[derive(Default)]
pub(crate) struct Mistakes(Option<Error>);

impl Mistakes {
    pub(crate) fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.add(Error::new(span, message));
    }

    /// The value, or the mistake noted.
    pub(crate) fn check<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// Fills a slot that must be empty.
pub(crate) fn once<T>(slot: &mut Option<T>, meta: &ParseNestedMeta<'_>, value: T) -> Result<()> {
    if slot.is_some() {
        return Err(meta.error(format!("`{}` is given twice", name(&meta.path))));
    }
    *slot = Some(value);
    Ok(())
}

/// The path as it is written in the attribute.
pub(crate) fn name(path: &Path) -> String {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect::<Vec<_>>()
        .join("::")
}

/// An attribute that nobody knows.
pub(crate) fn unknown(meta: &ParseNestedMeta<'_>, known: &[&str]) -> Error {
    meta.error(format!(
        "unknown attribute `{}`; known are {}",
        name(&meta.path),
        known.join(", ")
    ))
}

/// `key = "text"`, which must not be empty.
pub(crate) fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let value = meta.value()?;
    let text: LitStr = value.parse().map_err(|error| {
        let name = name(&meta.path);
        Error::new(
            error.span(),
            format!("`{name}` is a text in quotes: {name} = \"…\""),
        )
    })?;
    if text.value().is_empty() {
        return Err(Error::new(
            text.span(),
            format!("`{}` must not be empty", name(&meta.path)),
        ));
    }
    Ok(text)
}

/// The name of a field or variant, as it is stored: without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}
