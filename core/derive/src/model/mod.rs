//! `#[derive(Model)]`: parsed, checked, and written out.

mod attributes;
mod builder;
mod deferred;
mod glue;
mod parse;
mod relation;
mod static_info;
mod value_source;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use parse::Model;
pub(crate) use parse::{default_crate, named_fields};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let model = Model::parse(input)?;
    let statics = static_info::expand(&model);
    let glue = glue::expand(&model);
    let builder_type = builder::expand_type(&model);
    let builder = builder::expand(&model);
    Ok(quote! {
        #builder_type

        #[doc(hidden)]
        #[allow(unreachable_pub, clippy::redundant_closure_call, clippy::redundant_closure)]
        const _: () = {
            #statics
            #glue
            #builder
        };
    })
}
