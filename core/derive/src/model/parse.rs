//! A model as the macro understands it: its attributes resolved and checked.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Field as SynField, Fields, LitInt, LitStr, Meta,
    Path, Result, Type, Visibility,
};

use super::attributes::{
    CheckAttribute, ColumnAttributes, ColumnPath, KeyAttribute, ModelAttributes, Told, as_action,
    misplaced, require_action,
};
use super::deferred::{self, Deferral};
use super::relation::Relation;
use crate::attribute::{Mistakes, plain};
use crate::types::{column_type, inside_option, is_i64};

/// A composite key has at most so many columns: `PrimaryKey` is implemented for tuples up to this.
const KEY_LIMIT: usize = 4;

/// The associated functions of a model, which a column constant of that name would hide.
const RESERVED: [&str; 4] = ["build", "insert", "insert_many", "query"];

/// A model.
pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) krate: Path,
    /// The table's name.
    pub(crate) table: String,
    pub(crate) was: Option<LitStr>,
    pub(crate) bind: Option<LitStr>,
    pub(crate) comment: Option<LitStr>,
    pub(crate) register: bool,
    /// Whether the table was made elsewhere, and is left alone.
    pub(crate) existing: bool,
    /// Where the model says that it has hooks.
    pub(crate) hooks: Option<Span>,
    pub(crate) fields: Vec<Field>,
    /// The positions of the key's fields.
    pub(crate) key: Vec<usize>,
    /// Whether the database assigns the key.
    pub(crate) identity: bool,
    pub(crate) indexes: Vec<Index>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) checks: Vec<CheckAttribute>,
    /// The position of the field that counts the changes of a row.
    pub(crate) version: Option<usize>,
    pub(crate) relations: Vec<Relation>,
}

/// A field of a model.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// What the column holds.
    pub(crate) ty: Type,
    pub(crate) deferral: Deferral,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) column: String,
    pub(crate) was: Option<LitStr>,
    pub(crate) length: Option<LitInt>,
    /// The digits, and those behind the point.
    pub(crate) precision: Option<(u8, u8)>,
    pub(crate) unique: bool,
    pub(crate) index: bool,
    pub(crate) reference: Option<Reference>,
    pub(crate) default: Option<Expr>,
    /// What the database gives a new row that says nothing.
    pub(crate) default_sql: Option<Told>,
    /// What the database computes it of.
    pub(crate) computed: Option<Told>,
    pub(crate) on_update: Option<Expr>,
    pub(crate) comment: Option<LitStr>,
    /// Whether a builder must be given it.
    pub(crate) required: bool,
    /// Where the field is said to count the changes of its row.
    pub(crate) version: Option<Span>,
}

/// A foreign key of one column.
pub(crate) struct Reference {
    pub(crate) path: ColumnPath,
    pub(crate) name: Option<LitStr>,
    /// Whether the foreign key gets an index where there is none.
    pub(crate) index: bool,
    pub(crate) on_delete: Option<Ident>,
    pub(crate) on_update: Option<Ident>,
    pub(crate) cascade: Option<Ident>,
}

/// An index over several columns.
pub(crate) struct Index {
    pub(crate) unique: bool,
    pub(crate) name: Option<LitStr>,
    pub(crate) fields: Vec<usize>,
}

/// A foreign key over several columns.
pub(crate) struct ForeignKey {
    pub(crate) name: Option<LitStr>,
    /// Whether it gets an index where there is none.
    pub(crate) index: bool,
    pub(crate) fields: Vec<usize>,
    pub(crate) references: Vec<ColumnPath>,
    pub(crate) on_delete: Option<Ident>,
    pub(crate) on_update: Option<Ident>,
    pub(crate) cascade: Option<Ident>,
}

impl Model {
    pub(crate) fn parse(input: &DeriveInput) -> Result<Self> {
        let fields = named_fields(input, "a model")?;
        let mut mistakes = Mistakes::default();
        let attributes =
            ModelAttributes::parse(&without_self(&input.attrs, &input.ident), &mut mistakes);
        let mut keys = Vec::new();
        let mut parsed = Vec::with_capacity(fields.len());
        let mut relations = Vec::new();
        for field in fields {
            let attributes = without_self(&field.attrs, &input.ident);
            if let Some(relation) = Relation::parse(field, &attributes, &input.ident, &mut mistakes)
            {
                check_reserved(&relation.ident, "rename it", &mut mistakes);
                relations.push(relation);
                continue;
            }
            let (field, key) = Field::parse(field, &attributes, &mut mistakes)?;
            keys.extend(key.map(|key| (parsed.len(), key)));
            parsed.push(field);
        }
        check_column_names(&parsed, &mut mistakes);
        if attributes.existing.is_none() {
            refuse_untold(&parsed, &keys, &attributes.checks, &mut mistakes);
        }
        check_former_names(&parsed, &mut mistakes);
        let (key, identity) = resolve_key(input, &parsed, &keys, &mut mistakes);
        if identity {
            parsed[key[0]].required = false;
        }
        let resolve = |fields: &[Ident], mistakes: &mut Mistakes| -> Vec<usize> {
            fields
                .iter()
                .filter_map(|ident| mistakes.check(position(&parsed, ident)))
                .collect()
        };
        let mut indexes = Vec::new();
        for index in attributes.indexes {
            let fields = resolve(&index.fields, &mut mistakes);
            check_distinct(index.span, &fields, &parsed, &mut mistakes);
            indexes.push(Index {
                unique: index.unique,
                name: index.name,
                fields,
            });
        }
        let mut foreign_keys = Vec::new();
        for foreign_key in attributes.foreign_keys {
            let fields = resolve(&foreign_key.fields, &mut mistakes);
            check_distinct(foreign_key.span, &fields, &parsed, &mut mistakes);
            deferred::refuse_in_key(&foreign_key.fields, &fields, &parsed, &mut mistakes);
            foreign_keys.push(ForeignKey {
                name: foreign_key.name,
                index: foreign_key.index.is_none_or(|index| index.value),
                fields,
                references: foreign_key.references,
                on_delete: foreign_key.on_delete,
                on_update: foreign_key.on_update,
                cascade: foreign_key.cascade,
            });
        }
        for (position, CheckAttribute { name, .. }) in attributes.checks.iter().enumerate() {
            let mut before = attributes.checks[..position].iter();
            if before.any(|other| other.name == *name) {
                let text = name.text();
                mistakes.at(name.span(), format!("two checks are called `{text}`"));
            }
        }
        let version = resolve_version(&parsed, &key, &mut mistakes);
        let table = match attributes.table {
            Some(table) => table.value(),
            None => table_name(&plain(&input.ident)),
        };
        if let Some(was) = (attributes.was.as_ref()).filter(|was| was.value() == table) {
            mistakes.at(
                was.span(),
                format!("the table is called `{table}` now; `was` names what it was called before"),
            );
        }
        let model = Self {
            ident: input.ident.clone(),
            vis: input.vis.clone(),
            krate: attributes.krate.unwrap_or_else(default_crate),
            table,
            was: attributes.was,
            bind: attributes.bind,
            comment: attributes.comment,
            register: attributes.register.is_none_or(|register| register.value),
            existing: attributes.existing.is_some(),
            hooks: attributes.hooks,
            fields: parsed,
            key,
            identity,
            indexes,
            foreign_keys,
            checks: attributes.checks,
            version,
            relations,
        };
        for relation in &model.relations {
            relation.resolve(&model, &mut mistakes);
        }
        mistakes.finish()?;
        Ok(model)
    }

    /// The struct's name, for messages and descriptions.
    pub(crate) fn name(&self) -> String {
        plain(&self.ident)
    }
}

impl Field {
    fn parse(
        field: &SynField,
        attributes: &[Attribute],
        mistakes: &mut Mistakes,
    ) -> Result<(Self, Option<KeyAttribute>)> {
        let ident = field
            .ident
            .clone()
            .ok_or_else(|| Error::new(field.span(), "a field of a model has a name"))?;
        let mut key: Option<KeyAttribute> = None;
        let mut column = ColumnAttributes::default();
        let mut version = None;
        for attribute in attributes {
            let path = attribute.path();
            if path.is_ident("column") {
                mistakes.check(attribute.parse_nested_meta(|meta| column.parse_one(&meta)));
            } else if path.is_ident("key") {
                if key.is_some() {
                    mistakes.at(path.span(), "#[key] is given twice");
                }
                key = mistakes.check(KeyAttribute::parse(attribute));
            } else if path.is_ident("version") {
                if !matches!(attribute.meta, Meta::Path(_)) {
                    mistakes.at(attribute.span(), "#[version] takes nothing");
                }
                version = Some(path.span());
            } else if let Some(error) = misplaced(attribute, &["model"], "the struct") {
                mistakes.add(error);
            }
        }
        let name = plain(&ident);
        let remedy = format!("rename it and say #[column(name = \"{name}\")]");
        check_reserved(&ident, &remedy, mistakes);
        let (ty, deferral) =
            deferred::resolve(field, &column, key.is_some(), version.is_some(), mistakes);
        check_type_attributes(&ty, &column, mistakes);
        let on_update_action = match (&column.references, &column.on_update) {
            (Some(_), Some(expression)) => mistakes.check(require_action(expression)),
            _ => None,
        };
        if column.references.is_none() {
            if let Some(name) = &column.foreign_key {
                mistakes.at(name.span(), "foreign_key goes with `references`");
            }
            if let Some(index) = column.index.as_ref().filter(|index| !index.value) {
                mistakes.at(
                    index.span,
                    "index = false goes with `references`: another column has no index unless it says so",
                );
            }
            if let Some(cascade) = &column.cascade {
                mistakes.at(cascade.span(), "cascade goes with `references`");
            }
            if let Some(action) = &column.on_delete {
                mistakes.at(action.span(), "on_delete goes with `references`");
            }
            if let Some(action) = column.on_update.as_ref().and_then(as_action) {
                mistakes.at(
                    action.span(),
                    format!("on_update = {action} goes with `references`"),
                );
            }
        }
        if version.is_some() {
            // A row begins with version 1; only a session's flush and a set-based update change it.
            match &column.default {
                Some(default) => {
                    mistakes.at(default.span(), "a version has no default: it begins with 1");
                }
                None if key.is_none() => column.default = Some(syn::parse_quote!(1)),
                None => {}
            }
        }
        check_database_values(&ty, &column, key.is_some(), version.is_some(), mistakes);
        let required = inside_option(&ty).is_none()
            && column.default.is_none()
            && (column.default_sql.is_none() || key.is_some())
            && column.computed.is_none();
        let precision = precision(&column, mistakes);
        let on_update = match column.references {
            Some(_) => None,
            None => column.on_update,
        };
        let on_delete = column.on_delete;
        let parsed = Self {
            column: column.name.as_ref().map_or(name, LitStr::value),
            was: column.was,
            vis: field.vis.clone(),
            ty,
            deferral,
            docs: docs(&field.attrs),
            precision,
            length: column.length,
            unique: column.unique.is_some(),
            index: column.index.as_ref().is_some_and(|index| index.value),
            reference: column.references.map(|path| Reference {
                path,
                name: column.foreign_key,
                index: column.index.is_none_or(|index| index.value),
                on_delete,
                on_update: on_update_action,
                cascade: column.cascade,
            }),
            default: column.default,
            default_sql: column.default_sql,
            computed: column.computed,
            on_update,
            comment: column.comment,
            required,
            version,
            ident,
        };
        Ok((parsed, key))
    }

    /// The field's name as it is stored.
    pub(crate) fn name(&self) -> String {
        plain(&self.ident)
    }

    /// The field's documentation, or a line in its place for crates that demand one.
    pub(crate) fn docs_or(&self, beginning: &str) -> TokenStream {
        if self.docs.is_empty() {
            let line = format!("{beginning} `{}`.", self.column);
            return quote!(#[doc = #line]);
        }
        let docs = &self.docs;
        quote!(#(#docs)*)
    }
}

/// Refuses a field whose constant would hide a function of the model.
fn check_reserved(ident: &Ident, remedy: &str, mistakes: &mut Mistakes) {
    let name = plain(ident);
    if RESERVED.contains(&name.as_str()) {
        mistakes.at(
            ident.span(),
            format!(
                "a field called `{name}` would hide the model's function of that name; {remedy}"
            ),
        );
    }
}

pub(crate) fn default_crate() -> Path {
    syn::parse_quote!(::birgus)
}

/// The fields of a struct that a row can be.
pub(crate) fn named_fields<'a>(input: &'a DeriveInput, what: &str) -> Result<Vec<&'a SynField>> {
    if let Some(parameter) = input.generics.params.first() {
        return Err(Error::new(
            parameter.span(),
            format!("{what} can't be generic: one struct is one kind of row"),
        ));
    }
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            format!("{what} is a struct with named fields"),
        ));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new(
            input.ident.span(),
            format!("{what} is a struct with named fields"),
        ));
    };
    Ok(fields.named.iter().collect())
}

pub(crate) fn docs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .cloned()
        .collect()
}

/// Writes the struct's name for `Self`: the expressions of attributes end up outside of its impl.
fn without_self(attributes: &[Attribute], model: &Ident) -> Vec<Attribute> {
    let mut attributes = attributes.to_vec();
    for attribute in &mut attributes {
        let ours = ["model", "column"]
            .iter()
            .chain(&super::relation::ATTRIBUTES)
            .any(|name| attribute.path().is_ident(name));
        if let (true, Meta::List(list)) = (ours, &mut attribute.meta) {
            list.tokens = replace_self(std::mem::take(&mut list.tokens), model);
        }
    }
    attributes
}

/// The same in a type.
pub(crate) fn type_without_self(ty: &Type, model: &Ident) -> Type {
    syn::parse2(replace_self(ty.to_token_stream(), model)).unwrap_or_else(|_| ty.clone())
}

fn replace_self(tokens: TokenStream, model: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let mut model = model.clone();
                model.set_span(ident.span());
                TokenTree::Ident(model)
            }
            TokenTree::Group(group) => {
                let mut replaced =
                    Group::new(group.delimiter(), replace_self(group.stream(), model));
                replaced.set_span(group.span());
                TokenTree::Group(replaced)
            }
            other => other,
        })
        .collect()
}

fn position(fields: &[Field], ident: &Ident) -> Result<usize> {
    let name = plain(ident);
    fields
        .iter()
        .position(|field| field.name() == name)
        .ok_or_else(|| {
            let known: Vec<_> = fields.iter().map(Field::name).collect();
            Error::new(
                ident.span(),
                format!("no field `{name}`; the fields are {}", known.join(", ")),
            )
        })
}

fn check_distinct(span: Span, positions: &[usize], fields: &[Field], mistakes: &mut Mistakes) {
    for (count, position) in positions.iter().enumerate() {
        if positions[..count].contains(position) {
            mistakes.at(span, format!("names `{}` twice", fields[*position].name()));
        }
    }
}

fn check_column_names(fields: &[Field], mistakes: &mut Mistakes) {
    for (count, field) in fields.iter().enumerate() {
        if fields[..count]
            .iter()
            .any(|other| other.column == field.column)
        {
            mistakes.at(
                field.ident.span(),
                format!("two fields have the column `{}`", field.column),
            );
        }
    }
}

/// Refuses hints that could be no rename: of a column to its own name, or of two columns from one.
fn check_former_names(fields: &[Field], mistakes: &mut Mistakes) {
    for (count, field) in fields.iter().enumerate() {
        let Some(was) = &field.was else {
            continue;
        };
        let name = was.value();
        if name == field.column {
            mistakes.at(
                was.span(),
                format!("the column is called `{name}` now; `was` names what it was called before"),
            );
        }
        let same = |other: &&Field| other.was.as_ref().is_some_and(|was| was.value() == name);
        if let Some(other) = fields[..count].iter().find(same) {
            mistakes.at(
                was.span(),
                format!(
                    "`{}` was `{name}` too; one column has one new name",
                    other.name()
                ),
            );
        }
    }
}

/// The key's fields, and whether the database assigns it.
fn resolve_key(
    input: &DeriveInput,
    fields: &[Field],
    keys: &[(usize, KeyAttribute)],
    mistakes: &mut Mistakes,
) -> (Vec<usize>, bool) {
    let Some((first, attribute)) = keys.first() else {
        mistakes.at(
            input.ident.span(),
            format!(
                "the model `{}` has no key: mark a field with #[key], or several for a composite key",
                input.ident
            ),
        );
        return (Vec::new(), false);
    };
    for (position, attribute) in keys {
        let field = &fields[*position];
        if inside_option(&field.ty).is_some() {
            mistakes.at(
                attribute.span,
                format!("the key `{}` can't be an Option", field.ident),
            );
        }
    }
    if let Some((_, attribute)) = keys.get(KEY_LIMIT) {
        mistakes.at(
            attribute.span,
            format!("a composite key has at most {KEY_LIMIT} columns"),
        );
    }
    let field = &fields[*first];
    let whole = column_type(&field.ty).is_some_and(|name| ["i16", "i32", "i64"].contains(&&*name));
    for (_, other) in keys {
        if let Some(span) = other.identity
            && (keys.len() > 1 || !whole || attribute.natural || field.reference.is_some())
        {
            mistakes.at(
                span,
                "identity is for an i64, i32 or i16 that is the whole key, references nothing and is not natural",
            );
        }
    }
    let identity = keys.len() == 1
        && (is_i64(&field.ty) || (whole && attribute.identity.is_some()))
        && !attribute.natural
        && field.reference.is_none();
    if let (true, Some(default)) = (identity, &field.default) {
        mistakes.at(
            default.span(),
            "the database assigns this key; say #[key(natural)] for one that the program gives",
        );
    }
    (key_order(keys, mistakes), identity)
}

/// The key's fields in the order that they say, or in that of the struct.
fn key_order(keys: &[(usize, KeyAttribute)], mistakes: &mut Mistakes) -> Vec<usize> {
    let in_struct = || keys.iter().map(|(position, _)| *position).collect();
    if keys.iter().all(|(_, key)| key.order.is_none()) {
        return in_struct();
    }
    let mut ordered: Vec<(usize, usize)> = Vec::with_capacity(keys.len());
    for (position, key) in keys {
        let order = (key.order.as_ref())
            .and_then(|order| mistakes.check(order.base10_parse::<usize>()))
            .filter(|order| (1..=keys.len()).contains(order))
            .filter(|order| ordered.iter().all(|(other, _)| other != order));
        let Some(order) = order else {
            mistakes.at(
                key.span,
                format!(
                    "say of each field of the key which place it has in it: order = 1 to order = {}",
                    keys.len()
                ),
            );
            return in_struct();
        };
        ordered.push((order, *position));
    }
    ordered.sort_unstable();
    ordered.into_iter().map(|(_, position)| position).collect()
}

/// Refuses what only a table can have that is there already.
fn refuse_untold(
    fields: &[Field],
    keys: &[(usize, KeyAttribute)],
    checks: &[CheckAttribute],
    mistakes: &mut Mistakes,
) {
    let untold = fields
        .iter()
        .flat_map(|field| [&field.computed, &field.default_sql])
        .flatten()
        .filter(|told| told.expression.is_none())
        .map(|told| told.span);
    let checks = (checks.iter())
        .filter(|check| check.expression.is_none())
        .map(|check| check.name.span());
    for span in untold.chain(checks) {
        mistakes.at(
            span,
            "without an expression the table can't be made; say #[model(existing)] of one that is there already",
        );
    }
    for (position, key) in keys {
        if let Some(span) = key.identity
            && !is_i64(&fields[*position].ty)
        {
            mistakes.at(
                span,
                "the database assigns an i64; say #[model(existing)] of a table that is there already and assigns another",
            );
        }
    }
}

/// The field that counts the changes of a row.
fn resolve_version(fields: &[Field], key: &[usize], mistakes: &mut Mistakes) -> Option<usize> {
    let mut version = None;
    for (position, field) in fields.iter().enumerate() {
        let Some(span) = field.version else {
            continue;
        };
        if version.is_some() {
            mistakes.at(span, "a model has one #[version]");
        }
        if key.contains(&position) || field.reference.is_some() {
            mistakes.at(
                span,
                "a version can't be part of a key, or reference a column",
            );
        }
        let is_counter = column_type(&field.ty).is_some_and(|name| name == "i32" || name == "i64");
        if !is_counter || inside_option(&field.ty).is_some() {
            mistakes.at(span, "a version is an i64 or an i32");
        }
        version = Some(position);
    }
    version
}

/// Refuses attributes that evidently don't go with the type.
fn check_type_attributes(ty: &Type, column: &ColumnAttributes, mistakes: &mut Mistakes) {
    let Some(known) = column_type(ty) else {
        return;
    };
    if let (Some(length), true) = (&column.length, known != "String") {
        mistakes.at(length.span(), format!("length is for String, not {known}"));
    }
    if known != "Decimal" {
        for digits in [&column.precision, &column.scale].into_iter().flatten() {
            mistakes.at(
                digits.span(),
                format!("precision and scale are for Decimal, not {known}"),
            );
        }
    }
}

/// Refuses what does not go with a value that the database gives.
fn check_database_values(
    ty: &Type,
    column: &ColumnAttributes,
    key: bool,
    version: bool,
    mistakes: &mut Mistakes,
) {
    if let Some(computed) = &column.computed {
        let problem = if key {
            "a key can't be computed: the program must know the key of a new row"
        } else if version {
            "a version can't be computed: the session counts it"
        } else if column.references.is_some() {
            "a computed column can't reference another table"
        } else if column.default.is_some()
            || column.default_sql.is_some()
            || column.on_update.is_some()
        {
            "a computed column has no value of its own: no default, default_sql or on_update"
        } else {
            return;
        };
        mistakes.at(computed.span, problem);
    } else if let Some(default) = &column.default_sql {
        let told = default.expression.is_some();
        let problem = if key && told {
            "a key has no default_sql: the program must know the key of a new row"
        } else if version {
            "a version has no default: it begins with 1"
        } else if column.default.is_some() {
            "default and default_sql: which of them a new row gets must be said by one"
        } else if inside_option(ty).is_some() && told {
            "default_sql is for a field that is no Option: None would have to stand for NULL and for the default"
        } else {
            return;
        };
        mistakes.at(default.span, problem);
    }
}

/// The digits of a decimal. A scale alone leaves room for as many digits as there can be, a precision alone means whole
/// numbers, as in SQL.
fn precision(column: &ColumnAttributes, mistakes: &mut Mistakes) -> Option<(u8, u8)> {
    if column.precision.is_none() && column.scale.is_none() {
        return None;
    }
    let mut number = |literal: &Option<LitInt>, default| match literal {
        Some(literal) => mistakes.check(literal.base10_parse()),
        None => Some(default),
    };
    let precision = number(&column.precision, 18)?;
    let scale = number(&column.scale, 0)?;
    Some((precision, scale))
}

/// The table of a struct. The rule is `birgus_core::schema::table_name`, which can't be called from here; a test of
/// that crate holds the two together.
fn table_name(model: &str) -> String {
    let letters: Vec<char> = model.chars().collect();
    let mut name = String::with_capacity(model.len() + 4);
    for (position, letter) in letters.iter().enumerate() {
        if letter.is_ascii_uppercase() && position > 0 {
            let before = letters[position - 1];
            let after_word = before.is_ascii_lowercase() || before.is_ascii_digit();
            let starts_word = letters
                .get(position + 1)
                .is_some_and(char::is_ascii_lowercase);
            if after_word || starts_word {
                name.push('_');
            }
        }
        name.extend(letter.to_lowercase());
    }
    name.trim_start_matches('_').to_owned()
}

/// The builder's type.
pub(crate) fn builder_ident(model: &Ident) -> Ident {
    format_ident!("{}Builder", plain(model), span = model.span())
}
