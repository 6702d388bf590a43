//! `#[derive(FromRow)]`: rows of raw SQL, read by the names of their columns.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Field, LitInt, LitStr, Path, Result};

use crate::attribute::{Mistakes, name, once, plain, text, unknown};
use crate::model::{default_crate, named_fields};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = named_fields(input, "a row")?;
    let mut mistakes = Mistakes::default();
    let mut krate = None;
    for attribute in &input.attrs {
        if attribute.path().is_ident("from_row") {
            mistakes.check(attribute.parse_nested_meta(|meta| {
                if !meta.path.is_ident("crate") {
                    return Err(unknown(&meta, &["crate"]));
                }
                let path = meta.value()?.call(Path::parse_mod_style)?;
                once(&mut krate, &meta, path)
            }));
        }
    }
    let krate = krate.unwrap_or_else(default_crate);
    let mut reads = Vec::with_capacity(fields.len());
    for field in fields {
        reads.extend(mistakes.check(read(&krate, &input.ident, field)));
    }
    mistakes.finish()?;
    let ident = &input.ident;
    let (checks, reads): (Vec<_>, Vec<_>) = reads.into_iter().unzip();
    Ok(quote! {
        #(#checks)*

        #[automatically_derived]
        impl #krate::model::FromRow for #ident {
            fn from_row(row: &dyn #krate::backend::Row) -> #krate::Result<Self> {
                ::core::result::Result::Ok(Self { #(#reads),* })
            }
        }
    })
}

/// What must hold for a field, and how it is read.
fn read(krate: &Path, row: &Ident, field: &Field) -> Result<(TokenStream, TokenStream)> {
    let mut column: Option<LitStr> = None;
    let mut scale: Option<LitInt> = None;
    for attribute in &field.attrs {
        if attribute.path().is_ident("column") {
            attribute.parse_nested_meta(|meta| match name(&meta.path).as_str() {
                "name" => once(&mut column, &meta, text(&meta)?),
                "scale" => once(&mut scale, &meta, meta.value()?.parse()?),
                _ => Err(unknown(&meta, &["name", "scale"])),
            })?;
        }
    }
    let ident = field
        .ident
        .as_ref()
        .ok_or_else(|| Error::new(field.span(), "a field of a row has a name"))?;
    let ty = &field.ty;
    let column = column.map_or_else(|| plain(ident), |column| column.value());
    let (check, scale): (_, u8) = match scale {
        Some(scale) => (TokenStream::new(), scale.base10_parse()?),
        None => {
            let message = format!(
                "`{}.{}`: a Decimal of raw SQL has no known scale: say #[column(scale = …)]",
                plain(row),
                plain(ident)
            );
            let check = quote_spanned! {ty.span()=>
                const _: () = ::core::assert!(<#ty as #krate::model::Decode>::RAW, #message);
            };
            (check, 0)
        }
    };
    let read =
        quote_spanned!(ty.span()=> #krate::__private::read_named::<#ty>(row, #column, #scale)?);
    Ok((check, quote!(#ident: #read)))
}
