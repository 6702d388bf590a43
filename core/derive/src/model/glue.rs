//! `impl Model`, `impl FromRow`, `impl NewRow`, the column constants, and the registration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use super::deferred;
use super::parse::{Field, Model};
use super::relation;

pub(crate) fn expand(model: &Model) -> TokenStream {
    let trait_impl = model_impl(model);
    let from_row = from_row_impl(model);
    let new_row = new_row_impl(model);
    let columns = columns(model);
    let foreign_keys = relation::foreign_keys(model);
    let registration = registration(model);
    quote! {
        #trait_impl
        #from_row
        #new_row
        #columns
        #foreign_keys
        #registration
    }
}

fn model_impl(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let ident = &model.ident;
    let key_types = model.key.iter().map(|position| &model.fields[*position].ty);
    let key_values = model.key.iter().map(|position| {
        let field = &model.fields[*position].ident;
        quote!(::core::clone::Clone::clone(&self.#field))
    });
    let (key_type, key) = if model.key.len() == 1 {
        (quote!(#(#key_types)*), quote!(#(#key_values)*))
    } else {
        (quote!((#(#key_types),*)), quote!((#(#key_values),*)))
    };
    let decode = (model.fields.iter().enumerate())
        .map(|(position, field)| read(krate, position, field, &quote!(start + #position)));
    let decode = relation::construct(model, &decode.collect::<Vec<_>>());
    let relations = relation::methods(model);
    let values = model.fields.iter().enumerate().map(|(position, field)| {
        let Field { ident, ty, .. } = field;
        if field.deferral.is_possible() {
            let value = deferred::value(krate, position, field);
            return quote!(#position => #value);
        }
        let to_value = quote_spanned!(ty.span()=> <#ty as #krate::model::ColumnValue>::to_value);
        quote!(#position => #to_value(&self.#ident)?)
    });
    // What relationships go by is asked for row by row.
    let integers = (model.fields.iter().enumerate()).filter_map(|(position, field)| {
        let Field { ident, ty, .. } = field;
        let links = model.key.contains(&position) || field.reference.is_some();
        let arm = quote!(#position => <#ty as #krate::model::ColumnValue>::integer(&self.#ident));
        (links && !field.deferral.is_possible()).then_some(arm)
    });
    let sets = model.fields.iter().enumerate().map(|(position, field)| {
        let ident = &field.ident;
        let read = read(krate, position, field, &quote!(index));
        quote!(#position => self.#ident = #read)
    });
    let hooks = model.hooks.map(|span| {
        let run = quote_spanned!(span=> #krate::__private::run_hook(self, hook));
        quote! {
            const HOOKS: bool = true;

            fn run_hook(&mut self, hook: #krate::model::Hook<'_>) -> #krate::Result<()> {
                #run
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #krate::model::Model for #ident {
            type Key = #key_type;

            fn info() -> &'static #krate::model::ModelInfo {
                &INFO
            }

            #[inline]
            fn decode(row: &dyn #krate::backend::Row, start: usize) -> #krate::Result<Self> {
                #decode
            }

            fn value(&self, field: usize) -> #krate::Result<#krate::Value> {
                let value = match field {
                    #(#values,)*
                    _ => return ::core::result::Result::Err(#krate::__private::no_such_field(&INFO, field)),
                };
                FIELDS[field].check(value)
            }

            fn integer(&self, field: usize) -> ::core::option::Option<i64> {
                match field {
                    #(#integers,)*
                    _ => #krate::__private::integer_value(self, field),
                }
            }

            fn set(
                &mut self,
                field: usize,
                row: &dyn #krate::backend::Row,
                index: usize,
            ) -> #krate::Result<()> {
                match field {
                    #(#sets,)*
                    _ => return ::core::result::Result::Err(#krate::__private::no_such_field(&INFO, field)),
                }
                ::core::result::Result::Ok(())
            }

            fn key(&self) -> Self::Key {
                #key
            }

            #relations

            #hooks
        }
    }
}

/// The digits behind the point of a field's column.
pub(super) fn scale(krate: &Path, field: &Field) -> TokenStream {
    match field.precision {
        Some((_, scale)) => quote!(#scale),
        None => quote!(#krate::__private::SCALE),
    }
}

fn read(krate: &Path, position: usize, field: &Field, index: &TokenStream) -> TokenStream {
    if field.deferral.is_possible() {
        return deferred::read(krate, position, field, index);
    }
    let ty = &field.ty;
    let scale = scale(krate, field);
    quote_spanned!(ty.span()=> <#ty as #krate::model::ColumnValue>::read(row, #index, #scale)?)
}

fn from_row_impl(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let ident = &model.ident;
    let fields = model.fields.iter().enumerate().map(|(position, field)| {
        if field.deferral.is_possible() {
            return deferred::read_named(krate, position, field);
        }
        let column = &field.column;
        let index = quote!(#krate::__private::column_index(row, #column)?);
        read(krate, position, field, &index)
    });
    let row = relation::construct(model, &fields.collect::<Vec<_>>());
    quote! {
        #[automatically_derived]
        impl #krate::model::FromRow for #ident {
            fn from_row(row: &dyn #krate::backend::Row) -> #krate::Result<Self> {
                #row
            }
        }
    }
}

fn new_row_impl(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let ident = &model.ident;
    quote! {
        #[automatically_derived]
        impl #krate::model::NewRow for #ident {
            type Model = Self;

            fn into_draft(self) -> #krate::model::Draft {
                #krate::__private::finished(&self)
            }
        }
    }
}

fn columns(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let ident = &model.ident;
    let columns = model.fields.iter().enumerate().map(|(position, field)| {
        let Field { ident, vis, ty, .. } = field;
        let docs = field.docs_or("The column");
        quote! {
            #docs
            #vis const #ident: #krate::query::Column<Self, #ty> =
                #krate::query::Column::new(&FIELDS[#position]);
        }
    });
    let relations = relation::constants(model);
    quote! {
        #[allow(non_upper_case_globals, dead_code)]
        impl #ident {
            #(#columns)*
            #(#relations)*
        }
    }
}

fn registration(model: &Model) -> TokenStream {
    if !model.register {
        return TokenStream::new();
    }
    let krate = &model.krate;
    let ident = &model.ident;
    quote! {
        #krate::__private::inventory::submit! {
            #krate::model::ModelRegistration(<#ident as #krate::model::Model>::info)
        }
    }
}
