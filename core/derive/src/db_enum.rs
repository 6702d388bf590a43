//! `#[derive(DbEnum)]`: an enum without data as a column of texts.

use heck::ToSnakeCase;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitStr, Path, Result, Variant};

use crate::attribute::{Mistakes, name, once, plain, text, unknown};
use crate::model::default_crate;

/// What `#[db(…)]` says of the enum.
#[derive(Default)]
struct EnumAttributes {
    krate: Option<Path>,
    key: Option<()>,
}

/// A variant, and the text that is stored for it.
struct Text<'a> {
    ident: &'a Ident,
    text: LitStr,
    was: Option<LitStr>,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            "DbEnum is for an enum without data",
        ));
    };
    if let Some(parameter) = input.generics.params.first() {
        return Err(Error::new(
            parameter.span(),
            "an enum in a column can't be generic",
        ));
    }
    if data.variants.is_empty() {
        return Err(Error::new(
            input.ident.span(),
            format!(
                "`{}` has no variant, so no column could hold it",
                input.ident
            ),
        ));
    }
    let mut mistakes = Mistakes::default();
    let attributes = EnumAttributes::parse(&input.attrs, &mut mistakes);
    let mut texts: Vec<Text<'_>> = Vec::with_capacity(data.variants.len());
    for variant in &data.variants {
        let Some(text) = mistakes.check(Text::parse(&input.ident, variant)) else {
            continue;
        };
        if let Some(other) = texts
            .iter()
            .find(|other| other.text.value() == text.text.value())
        {
            mistakes.at(
                text.text.span(),
                format!(
                    "`{}` and `{}` are both stored as {:?}; give one a #[db(name = \"…\")]",
                    other.ident,
                    text.ident,
                    text.text.value()
                ),
            );
        }
        if let Some(was) = &text.was {
            check_former_text(&text, was, &texts, &mut mistakes);
        }
        texts.push(text);
    }
    mistakes.finish()?;
    Ok(write(input, &attributes, &texts))
}

/// Refuses hints that could be no rename: of a text to itself, or of two from one.
fn check_former_text(text: &Text<'_>, was: &LitStr, others: &[Text<'_>], mistakes: &mut Mistakes) {
    if was.value() == text.text.value() {
        mistakes.at(
            was.span(),
            format!(
                "`{}` is stored as {:?} now; `was` is the text that was stored before",
                text.ident,
                was.value()
            ),
        );
    }
    let same =
        |other: &&Text<'_>| (other.was.as_ref()).is_some_and(|own| own.value() == was.value());
    if let Some(other) = others.iter().find(same) {
        mistakes.at(
            was.span(),
            format!(
                "`{}` was stored as {:?} too; one text becomes one other",
                other.ident,
                was.value()
            ),
        );
    }
}

fn write(input: &DeriveInput, attributes: &EnumAttributes, texts: &[Text<'_>]) -> TokenStream {
    let krate = attributes.krate.clone().unwrap_or_else(default_crate);
    let ident = &input.ident;
    let vis = &input.vis;
    let name = plain(ident);
    let variants: Vec<_> = texts.iter().map(|text| text.ident).collect();
    let renamed = texts.iter().filter_map(|text| {
        let (was, is) = (text.was.as_ref()?, &text.text);
        Some(quote!((#was, #is)))
    });
    let renamed: Vec<_> = renamed.collect();
    let texts: Vec<_> = texts.iter().map(|text| &text.text).collect();
    let key = attributes.key.map(|()| {
        quote! {
            #[automatically_derived]
            impl #krate::model::PrimaryKey for #ident {
                fn to_values(&self) -> #krate::Result<::std::vec::Vec<#krate::Value>> {
                    ::core::result::Result::Ok(::std::vec![#krate::model::ColumnValue::to_value(self)?])
                }

                fn read_key(
                    row: &dyn #krate::backend::Row,
                    at: usize,
                    _scales: &[u8],
                ) -> #krate::Result<Self> {
                    #krate::model::decode_field(row, at, 0)
                }
            }
        }
    });
    quote! {
        #[allow(dead_code)]
        impl #ident {
            /// The text that is stored.
            #[must_use]
            #vis const fn as_str(&self) -> &'static str {
                match self {
                    #(Self::#variants => #texts,)*
                }
            }
        }

        #[automatically_derived]
        impl #krate::model::Decode for #ident {
            fn decode(
                row: &dyn #krate::backend::Row,
                index: usize,
            ) -> #krate::Result<::core::option::Option<Self>> {
                let ::core::option::Option::Some(text) = row.text(index)? else {
                    return ::core::result::Result::Ok(::core::option::Option::None);
                };
                ::core::result::Result::Ok(::core::option::Option::Some(match &*text {
                    #(#texts => Self::#variants,)*
                    _ => {
                        return ::core::result::Result::Err(
                            #krate::__private::unknown_variant(row, index, #name, &[#(#texts),*]),
                        );
                    }
                }))
            }
        }

        #[automatically_derived]
        impl #krate::model::ColumnValue for #ident {
            const KIND: #krate::model::Kind = #krate::model::Kind::Enum(&[#(#texts),*]);
            const RENAMED_TEXTS: &'static [(&'static str, &'static str)] = &[#(#renamed),*];
            type Base = Self;
            type As<U: #krate::model::ColumnValue> = U;

            fn to_value(&self) -> #krate::Result<#krate::Value> {
                ::core::result::Result::Ok(#krate::Value::Text(self.as_str().to_owned()))
            }
        }

        #key
    }
}

impl EnumAttributes {
    fn parse(attributes: &[Attribute], mistakes: &mut Mistakes) -> Self {
        let mut parsed = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("db") {
                mistakes.check(attribute.parse_nested_meta(
                    |meta| match name(&meta.path).as_str() {
                        "crate" => {
                            let path = meta.value()?.call(Path::parse_mod_style)?;
                            once(&mut parsed.krate, &meta, path)
                        }
                        "key" => once(&mut parsed.key, &meta, ()),
                        _ => Err(unknown(&meta, &["key", "crate"])),
                    },
                ));
            }
        }
        parsed
    }
}

impl<'a> Text<'a> {
    fn parse(of: &Ident, variant: &'a Variant) -> Result<Self> {
        let ident = &variant.ident;
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new(
                variant.fields.span(),
                format!("`{of}::{ident}` has data, which a column of texts can't hold"),
            ));
        }
        let (mut given, mut was) = (None, None);
        for attribute in &variant.attrs {
            if attribute.path().is_ident("db") {
                attribute.parse_nested_meta(|meta| match name(&meta.path).as_str() {
                    "name" => once(&mut given, &meta, text(&meta)?),
                    "was" => once(&mut was, &meta, text(&meta)?),
                    _ => Err(unknown(&meta, &["name", "was"])),
                })?;
            }
        }
        let text =
            given.unwrap_or_else(|| LitStr::new(&plain(ident).to_snake_case(), ident.span()));
        Ok(Self { ident, text, was })
    }
}
