//! `default = …` and `on_update = …`: where a value comes from when the program gives none.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Path, Type};

/// The `FieldDefault` that an expression means for a field.
///
/// `Utc::now` is the clock of the flush. A path to something that is named like a function, or a closure, is called
/// for each row; every other expression is a value.
pub(crate) fn expand(krate: &Path, ty: &Type, expression: Option<&Expr>) -> TokenStream {
    let Some(expression) = expression else {
        return quote!(#krate::model::FieldDefault::None);
    };
    if is_clock(expression) {
        return quote!(#krate::model::FieldDefault::Clock);
    }
    let value = if is_function(expression) {
        quote!((#expression)())
    } else {
        quote!(#expression)
    };
    quote! {
        #krate::model::FieldDefault::Call(|| {
            <_ as #krate::model::IntoColumnValue<#ty>>::into_column_value(#value)
        })
    }
}

fn is_clock(expression: &Expr) -> bool {
    let Expr::Path(path) = expression else {
        return false;
    };
    let segments = &path.path.segments;
    let mut from_the_end = segments.iter().rev();
    from_the_end
        .next()
        .is_some_and(|segment| segment.ident == "now")
        && from_the_end
            .next()
            .is_some_and(|segment| segment.ident == "Utc")
}

fn is_function(expression: &Expr) -> bool {
    match expression {
        Expr::Closure(_) => true,
        Expr::Paren(inner) => is_function(&inner.expr),
        Expr::Group(inner) => is_function(&inner.expr),
        Expr::Path(path) => path.path.segments.last().is_some_and(|segment| {
            let name = crate::attribute::plain(&segment.ident);
            name.trim_start_matches('_')
                .starts_with(|letter: char| letter.is_lowercase())
        }),
        _ => false,
    }
}
