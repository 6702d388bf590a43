//! The derive macros of Birgus: `Model`, `DbEnum` and `FromRow`.
//!
//! Programs use them through the crate `birgus`, whose paths the derived code names. A crate that depends on
//! `birgus-core` alone writes `extern crate birgus_core as birgus;` or `#[model(crate = birgus_core)]`.
#![forbid(unsafe_code)]

mod attribute;
mod db_enum;
mod from_row;
mod model;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a row of a table.
#[proc_macro_derive(
    Model,
    attributes(model, key, column, has_many, has_one, belongs_to, many_to_many)
)]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    output(model::expand(&input))
}

/// Makes an enum without data a column.
#[proc_macro_derive(DbEnum, attributes(db))]
pub fn derive_db_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    output(db_enum::expand(&input))
}

/// Reads rows of raw SQL into a struct.
#[proc_macro_derive(FromRow, attributes(column, from_row))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    output(from_row::expand(&input))
}

fn output(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}
