//! The static description: `INFO` and `FIELDS`, which refer to each other.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Type};

use super::attributes::{CheckAttribute, CheckName, ColumnPath, Told};
use super::parse::{Field, ForeignKey, Index, Model};
use super::value_source;

pub(crate) fn expand(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let name = model.name();
    let table = &model.table;
    let was = option(model.was.as_ref());
    let bind = option(model.bind.as_ref());
    let comment = option(model.comment.as_ref());
    let key = &model.key;
    let identity = model.identity;
    let ident = &model.ident;
    let version = option(model.version.map(|position| quote!(#position)));
    let count = model.fields.len();
    let fields = model.fields.iter().map(|field| field_info(model, field));
    let indexes = model.indexes.iter().map(|index| index_info(krate, index));
    let foreign_keys = model
        .foreign_keys
        .iter()
        .map(|foreign_key| foreign_key_info(model, foreign_key));
    let checks = model.checks.iter().map(|check| check_info(krate, check));
    let existing = model.existing;
    let relations = super::relation::statics(model);
    quote! {
        static INFO: #krate::model::ModelInfo = #krate::model::ModelInfo {
            name: #name,
            table: #table,
            was: #was,
            bind: #bind,
            existing: #existing,
            comment: #comment,
            fields: &FIELDS,
            key: &[#(#key),*],
            identity: #identity,
            indexes: &[#(#indexes),*],
            foreign_keys: &[#(#foreign_keys),*],
            checks: &[#(#checks),*],
            version: #version,
            relations: &RELATIONS,
            new_store: #krate::__private::new_store::<#ident>,
            new_level: #krate::__private::new_level::<#ident>,
        };
        static FIELDS: [#krate::model::FieldInfo; #count] = [#(#fields),*];
        #relations
    }
}

fn option<T: quote::ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn field_info(model: &Model, field: &Field) -> TokenStream {
    let krate = &model.krate;
    let ty = &field.ty;
    let name = field.name();
    let column = &field.column;
    let was = option(field.was.as_ref());
    let length = option(field.length.as_ref());
    let precision = option(
        field
            .precision
            .map(|(precision, scale)| quote!((#precision, #scale))),
    );
    let unique = field.unique;
    let index = field.index;
    let references = option(field.reference.as_ref().map(|reference| {
        let target = referenced(krate, ty, &reference.path);
        let on_delete = action(krate, reference.on_delete.as_ref());
        let on_update = action(krate, reference.on_update.as_ref());
        let cascade = cascade(krate, reference.cascade.as_ref());
        let name = option(reference.name.as_ref());
        let index = reference.index;
        quote! {
            #krate::model::Reference {
                name: #name,
                index: #index,
                field: || #target,
                on_delete: #on_delete,
                on_update: #on_update,
                cascade: #cascade,
            }
        }
    }));
    let default = value_source::expand(krate, ty, field.default.as_ref());
    let on_update = value_source::expand(krate, ty, field.on_update.as_ref());
    let default_sql = option(
        field
            .default_sql
            .as_ref()
            .map(|value| expression(model, field, value)),
    );
    let computed = option(
        field
            .computed
            .as_ref()
            .map(|value| expression(model, field, value)),
    );
    let deferral = field.deferral.expand(krate);
    let comment = option(field.comment.as_ref());
    let value = quote_spanned!(ty.span()=> <#ty as #krate::model::ColumnValue>);
    quote! {
        #krate::model::FieldInfo {
            model: &INFO,
            field: #name,
            column: #column,
            was: #was,
            kind: #value::KIND,
            renamed_texts: #value::RENAMED_TEXTS,
            nullable: #value::NULLABLE,
            length: #length,
            precision: #precision,
            unique: #unique,
            index: #index,
            references: #references,
            default: #default,
            default_sql: #default_sql,
            on_update: #on_update,
            computed: #computed,
            deferral: #deferral,
            comment: #comment,
        }
    }
}

fn check_info(krate: &Path, check: &CheckAttribute) -> TokenStream {
    let name = check.name.text();
    let whole = matches!(check.name, CheckName::Whole(_));
    let expression = option(check.expression.as_ref().map(|expression| {
        quote! {
            || {
                #[allow(unused_imports)]
                use #krate::query::{Expression as _, TextExpression as _};
                #krate::query::Expr::into_node(
                    ::core::convert::Into::<#krate::query::Expr<bool>>::into(#expression),
                )
            }
        }
    }));
    quote! {
        #krate::model::CheckInfo {
            name: #name,
            whole: #whole,
            expression: #expression,
        }
    }
}

/// What the database computes for a column; it doesn't compile when the types differ.
fn expression(model: &Model, field: &Field, value: &Told) -> TokenStream {
    let krate = &model.krate;
    let Some(value) = &value.expression else {
        return quote!(|| ::core::option::Option::None);
    };
    let (model, field) = (&model.ident, &field.ident);
    quote! {
        || {
            #[allow(unused_imports)]
            use #krate::query::{
                DateExpression as _, Expression as _, NumberExpression as _, TextExpression as _,
            };
            ::core::option::Option::Some(#krate::__private::column_expression(#model::#field, #value))
        }
    }
}

/// The referenced field; it doesn't compile when the types differ.
fn referenced(krate: &Path, ty: &Type, path: &ColumnPath) -> TokenStream {
    let column = &path.column;
    quote!(#krate::__private::referenced(#column).by::<#ty>())
}

fn action(krate: &Path, action: Option<&Ident>) -> TokenStream {
    let variant = match action.map(ToString::to_string).as_deref() {
        Some("cascade") => quote!(Cascade),
        Some("set_null") => quote!(SetNull),
        Some("restrict") => quote!(Restrict),
        _ => quote!(NoAction),
    };
    quote!(#krate::schema::ReferentialAction::#variant)
}

fn cascade(krate: &Path, cascade: Option<&Ident>) -> TokenStream {
    let variant = match cascade.map(ToString::to_string).as_deref() {
        Some("delete") => quote!(Delete),
        Some("delete_orphan") => quote!(DeleteOrphan),
        Some("passive") => quote!(Passive),
        _ => quote!(Nullify),
    };
    quote!(#krate::model::Cascade::#variant)
}

fn index_info(krate: &Path, index: &Index) -> TokenStream {
    let name = option(index.name.as_ref());
    let fields = &index.fields;
    let unique = index.unique;
    quote! {
        #krate::model::IndexInfo {
            name: #name,
            fields: &[#(#fields),*],
            unique: #unique,
        }
    }
}

fn foreign_key_info(model: &Model, foreign_key: &ForeignKey) -> TokenStream {
    let krate = &model.krate;
    let fields = &foreign_key.fields;
    let references = fields
        .iter()
        .zip(&foreign_key.references)
        .map(|(position, path)| referenced(krate, &model.fields[*position].ty, path));
    let on_delete = action(krate, foreign_key.on_delete.as_ref());
    let on_update = action(krate, foreign_key.on_update.as_ref());
    let cascade = cascade(krate, foreign_key.cascade.as_ref());
    let name = option(foreign_key.name.as_ref());
    let index = foreign_key.index;
    quote! {
        #krate::model::ForeignKeyInfo {
            name: #name,
            index: #index,
            fields: &[#(#fields),*],
            references: || ::std::vec![#(#references),*],
            on_delete: #on_delete,
            on_update: #on_update,
            cascade: #cascade,
        }
    }
}
