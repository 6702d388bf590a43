//! The builder: one type parameter a required column, so that a missing one is a compile error that names it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Path;

use super::parse::{Field, Model, builder_ident};
use super::relation;

/// A required column's type parameter. The name can't be one that stands in a field's type.
pub(super) fn parameter(field: &Field) -> Ident {
    format_ident!("__{}", field.name())
}

fn required(model: &Model) -> impl Iterator<Item = &Field> {
    model.fields.iter().filter(|field| field.required)
}

/// The builder's type, beside the model so that it has a name.
pub(crate) fn expand_type(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let vis = &model.vis;
    let builder = builder_ident(&model.ident);
    let parameters: Vec<_> = required(model).map(parameter).collect();
    let name = model.name();
    let doc = format!(
        "Collects the columns of a new [`{name}`], by name. [`{name}::build`] makes one; the type parameters say which required columns it has."
    );
    quote! {
        #[doc = #doc]
        #[allow(non_camel_case_types, dead_code, missing_debug_implementations)]
        #[must_use = "a new row does nothing until it is added to a session or inserted"]
        #vis struct #builder<#(#parameters),*> {
            draft: #krate::model::Draft,
            state: ::core::marker::PhantomData<fn() -> (#(#parameters,)*)>,
        }
    }
}

pub(crate) fn expand(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let ident = &model.ident;
    let vis = &model.vis;
    let builder = builder_ident(ident);
    let marks: Vec<_> = required(model).map(|field| &field.ident).collect();
    let parameters: Vec<_> = required(model).map(parameter).collect();
    let conditions = required(model).map(|field| condition(model, field));
    let setters = model
        .fields
        .iter()
        .enumerate()
        // What the database computes is never given.
        .filter(|(_, field)| field.computed.is_none())
        .map(|(position, field)| setter(model, position, field));
    let related = relation::setters(model);
    let doc = format!("A new `{}`, to be given its columns by name.", model.name());
    quote! {
        /// The marks of required columns that are missing.
        #[allow(non_camel_case_types, missing_docs, missing_debug_implementations)]
        mod missing {
            #(pub struct #marks;)*
        }

        /// What the mark of a required column must be, so that the compiler names the column.
        #[allow(non_camel_case_types, missing_docs)]
        mod required {
            #(#conditions)*
        }

        #[allow(dead_code)]
        impl #ident {
            #[doc = #doc]
            #vis fn build() -> #builder<#(missing::#marks),*> {
                #builder {
                    draft: #krate::model::Draft::new(&INFO),
                    state: ::core::marker::PhantomData,
                }
            }
        }

        #[allow(non_camel_case_types, dead_code)]
        impl<#(#parameters),*> #builder<#(#parameters),*> {
            #(#setters)*
            #(#related)*
        }

        #[allow(non_camel_case_types)]
        #[automatically_derived]
        impl<#(#parameters: required::#marks),*> #krate::model::NewRow for #builder<#(#parameters),*> {
            type Model = #ident;

            fn into_draft(self) -> #krate::model::Draft {
                self.draft
            }
        }
    }
}

/// A trait for each column: its message can name the column, which the message of one for all columns could not.
fn condition(model: &Model, field: &Field) -> TokenStream {
    let krate = &model.krate;
    let mark = &field.ident;
    let name = field.name();
    let message = format!(
        "the required column `{name}` of `{}` is not set",
        model.name()
    );
    let position = model.fields.iter().position(|other| other.ident == *mark);
    let also: String = position
        .into_iter()
        .flat_map(|position| relation::setters_of(model, position))
        .map(|setter| format!(" or `.{setter}(…)`"))
        .collect();
    let label = format!("call `.{name}(…)`{also} on the builder first");
    quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = #label,
            note = "a column is optional when it is an Option, has a default, or is assigned by the database"
        )]
        pub trait #mark {}
        impl #mark for #krate::model::Set {}
    }
}

fn setter(model: &Model, position: usize, field: &Field) -> TokenStream {
    let krate = &model.krate;
    let builder = builder_ident(&model.ident);
    let Field { ident, vis, ty, .. } = field;
    let docs = field.docs_or("Sets");
    let (bound, assign) = match &field.reference {
        Some(reference) => {
            let target = &reference.path.model;
            (
                quote!(#krate::model::AssignReference<#ty, #target>),
                quote!(assign_reference::<#ty, #target>),
            )
        }
        None => (
            quote!(#krate::model::IntoColumnValue<#ty>),
            quote!(assign::<#ty>),
        ),
    };
    if field.required {
        let given = required(model).map(|other| given(krate, field, other));
        quote! {
            #docs
            #vis fn #ident(mut self, value: impl #bound) -> #builder<#(#given),*> {
                self.draft.#assign(&FIELDS[#position], value);
                #builder {
                    draft: self.draft,
                    state: ::core::marker::PhantomData,
                }
            }
        }
    } else {
        quote! {
            #docs
            #vis fn #ident(mut self, value: impl #bound) -> Self {
                self.draft.#assign(&FIELDS[#position], value);
                self
            }
        }
    }
}

fn given(krate: &Path, field: &Field, other: &Field) -> TokenStream {
    if other.ident == field.ident {
        quote!(#krate::model::Set)
    } else {
        let parameter = parameter(other);
        quote!(#parameter)
    }
}
