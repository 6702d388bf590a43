//! What can be told of a type from how it is written.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

fn last_segment(mut ty: &Type) -> Option<&PathSegment> {
    // A macro_rules fragment arrives in an invisible group.
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The `T` of an `Option<T>`.
pub(crate) fn inside_option(ty: &Type) -> Option<&Type> {
    inside(ty, "Option")
}

/// The `T` of a `Deferred<T>`.
pub(crate) fn inside_deferred(ty: &Type) -> Option<&Type> {
    inside(ty, "Deferred")
}

/// The `T` of a `Wrapper<T>`.
pub(crate) fn inside<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let segment = last_segment(ty)?;
    if segment.ident != wrapper {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inside) => Some(inside),
        _ => None,
    }
}

/// Whether the type is written `i64`.
pub(crate) fn is_i64(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "i64")
}

/// The type's name when it is a column type, looking through `Option`; `None` for an enum or an alias, which can be
/// anything.
pub(crate) fn column_type(ty: &Type) -> Option<String> {
    const KNOWN: [&str; 15] = [
        "bool",
        "i16",
        "i32",
        "i64",
        "f64",
        "String",
        "Vec",
        "Decimal",
        "NaiveDate",
        "NaiveTime",
        "NaiveDateTime",
        "DateTime",
        "Uuid",
        "Json",
        "Option",
    ];
    let segment = last_segment(inside_option(ty).unwrap_or(ty))?;
    let name = segment.ident.to_string();
    KNOWN.contains(&name.as_str()).then_some(name)
}
