//! Fields of the type `Deferred<T>`: ordinary columns of type `T` that a query may leave out.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Field as SynField, Path, Type};

use super::attributes::ColumnAttributes;
use super::glue::scale;
use super::parse::Field;
use crate::attribute::{Mistakes, plain};
use crate::types::{inside_deferred, inside_option};

/// Whether a query may leave a field out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deferral {
    Never,
    Possible,
    ByDefault,
}

impl Deferral {
    /// Whether the field is a `Deferred<T>`.
    pub(crate) fn is_possible(self) -> bool {
        self != Self::Never
    }

    pub(super) fn expand(self, krate: &Path) -> TokenStream {
        let variant = match self {
            Self::Never => quote!(Never),
            Self::Possible => quote!(Possible),
            Self::ByDefault => quote!(ByDefault),
        };
        quote!(#krate::model::Deferral::#variant)
    }
}

/// What the column of a field holds, and whether a query may leave it out.
pub(super) fn resolve(
    field: &SynField,
    column: &ColumnAttributes,
    key: bool,
    version: bool,
    mistakes: &mut Mistakes,
) -> (Type, Deferral) {
    let ty = &field.ty;
    let name = field.ident.as_ref().map(plain).unwrap_or_default();
    let Some(inside) = inside_deferred(ty) else {
        if inside_option(ty).and_then(inside_deferred).is_some() {
            mistakes.at(
                ty.span(),
                format!("`{name}`: an Option goes inside: Deferred<Option<…>>"),
            );
        } else if let Some(span) = column.deferred {
            let written = quote!(#ty).to_string().replace(' ', "");
            mistakes.at(
                span,
                format!(
                    "`{name}` always holds a value, so that no query can leave it out; declare it Deferred<{written}>"
                ),
            );
        }
        return (ty.clone(), Deferral::Never);
    };
    let problem = if key {
        Some("a key can't be Deferred: it tells which row a value is")
    } else if version {
        Some("a version can't be Deferred: it tells whether a row was changed since it was read")
    } else if column.references.is_some() {
        Some(IN_FOREIGN_KEY)
    } else if column.computed.is_some() {
        Some("a computed column can't be Deferred: an object is told its value by each flush")
    } else {
        None
    };
    if let Some(problem) = problem {
        mistakes.at(ty.span(), format!("`{name}`: {problem}"));
    }
    let deferral = match column.deferred {
        Some(_) => Deferral::ByDefault,
        None => Deferral::Possible,
    };
    (inside.clone(), deferral)
}

const IN_FOREIGN_KEY: &str = "a foreign key can't be Deferred: it leads to other rows";

/// Refuses such fields in a foreign key over several columns.
pub(super) fn refuse_in_key(
    names: &[Ident],
    positions: &[usize],
    fields: &[Field],
    mistakes: &mut Mistakes,
) {
    let deferred = |ident: &&Ident| {
        let name = plain(ident);
        let mut key = positions.iter().map(|position| &fields[*position]);
        key.any(|field| field.name() == name && field.deferral.is_possible())
    };
    for ident in names.iter().filter(deferred) {
        mistakes.at(
            ident.span(),
            format!("`{}`: {IN_FOREIGN_KEY}", plain(ident)),
        );
    }
}

/// Reads such a field.
pub(super) fn read(
    krate: &Path,
    position: usize,
    field: &Field,
    index: &TokenStream,
) -> TokenStream {
    let ty = &field.ty;
    let scale = scale(krate, field);
    quote_spanned!(ty.span()=> #krate::__private::read_deferred::<#ty>(row, #index, #scale, &FIELDS[#position])?)
}

/// Reads such a field by the name of its column.
pub(super) fn read_named(krate: &Path, position: usize, field: &Field) -> TokenStream {
    let ty = &field.ty;
    let scale = scale(krate, field);
    quote_spanned!(ty.span()=> #krate::__private::read_deferred_named::<#ty>(row, #scale, &FIELDS[#position])?)
}

/// The value of such a field.
pub(super) fn value(krate: &Path, position: usize, field: &Field) -> TokenStream {
    let Field { ident, ty, .. } = field;
    quote_spanned!(ty.span()=> #krate::__private::deferred_value::<#ty>(&self.#ident, &FIELDS[#position])?)
}
