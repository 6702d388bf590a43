//! The attributes of a model and of its fields, as they are written.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, LitBool, LitInt, LitStr, Meta, Path, Result, Token};

use crate::attribute::{Mistakes, name, once, plain, text, unknown};

const CASCADES: [&str; 4] = ["nullify", "delete", "delete_orphan", "passive"];

const ACTIONS: [&str; 4] = ["cascade", "restrict", "set_null", "no_action"];

/// `#[model(…)]`
#[derive(Default)]
pub(crate) struct ModelAttributes {
    pub(crate) krate: Option<Path>,
    pub(crate) table: Option<LitStr>,
    pub(crate) was: Option<LitStr>,
    pub(crate) bind: Option<LitStr>,
    pub(crate) comment: Option<LitStr>,
    pub(crate) register: Option<LitBool>,
    pub(crate) hooks: Option<Span>,
    /// Where the model says that its table was made elsewhere.
    pub(crate) existing: Option<Span>,
    pub(crate) indexes: Vec<IndexAttribute>,
    pub(crate) foreign_keys: Vec<ForeignKeyAttribute>,
    pub(crate) checks: Vec<CheckAttribute>,
}

/// `check(adult, …)`, `check(name = "adults", …)`, or `check(name = "adults")` of a database that alone knows the condition
pub(crate) struct CheckAttribute {
    pub(crate) name: CheckName,
    pub(crate) expression: Option<Expr>,
}

/// What a check is called.
#[derive(PartialEq)]
pub(crate) enum CheckName {
    /// Within its table.
    Short(Ident),
    /// In the database.
    Whole(LitStr),
}

/// `unique(…)` or `index(…)`
pub(crate) struct IndexAttribute {
    pub(crate) span: Span,
    pub(crate) unique: bool,
    pub(crate) name: Option<LitStr>,
    pub(crate) fields: Vec<Ident>,
}

/// `foreign_key(…)`
pub(crate) struct ForeignKeyAttribute {
    pub(crate) span: Span,
    pub(crate) name: Option<LitStr>,
    pub(crate) index: Option<LitBool>,
    pub(crate) fields: Vec<Ident>,
    pub(crate) references: Vec<ColumnPath>,
    pub(crate) on_delete: Option<Ident>,
    pub(crate) on_update: Option<Ident>,
    pub(crate) cascade: Option<Ident>,
}

/// `#[key]`, `#[key(natural)]`, `#[key(identity)]` or `#[key(order = 2)]`
#[derive(Clone)]
pub(crate) struct KeyAttribute {
    pub(crate) span: Span,
    pub(crate) natural: bool,
    pub(crate) identity: Option<Span>,
    pub(crate) order: Option<LitInt>,
}

/// `#[column(…)]`
#[derive(Default)]
pub(crate) struct ColumnAttributes {
    pub(crate) name: Option<LitStr>,
    pub(crate) was: Option<LitStr>,
    pub(crate) length: Option<LitInt>,
    pub(crate) precision: Option<LitInt>,
    pub(crate) scale: Option<LitInt>,
    pub(crate) unique: Option<Span>,
    pub(crate) index: Option<Flag>,
    pub(crate) references: Option<ColumnPath>,
    /// The name of the foreign key.
    pub(crate) foreign_key: Option<LitStr>,
    pub(crate) on_delete: Option<Ident>,
    pub(crate) on_update: Option<Expr>,
    pub(crate) default: Option<Expr>,
    pub(crate) default_sql: Option<Told>,
    pub(crate) computed: Option<Told>,
    pub(crate) cascade: Option<Ident>,
    pub(crate) deferred: Option<Span>,
    pub(crate) comment: Option<LitStr>,
}

/// `index`, or `index = false`
pub(crate) struct Flag {
    pub(crate) span: Span,
    pub(crate) value: bool,
}

/// An expression of the database: `computed = …`, or `computed` where the database alone knows it.
pub(crate) struct Told {
    pub(crate) span: Span,
    pub(crate) expression: Option<Expr>,
}

impl Flag {
    fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let value = !meta.input.peek(Token![=]) || meta.value()?.parse::<LitBool>()?.value;
        Ok(Self {
            span: meta.path.span(),
            value,
        })
    }
}

impl Told {
    fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let expression = match meta.input.peek(Token![=]) {
            true => Some(meta.value()?.parse()?),
            false => None,
        };
        Ok(Self {
            span: match &expression {
                Some(expression) => Expr::span(expression),
                None => meta.path.span(),
            },
            expression,
        })
    }
}

/// `User::id`
#[derive(Clone)]
pub(crate) struct ColumnPath {
    /// `User::id`
    pub(crate) column: Path,
    /// `User`
    pub(crate) model: Path,
}

impl ModelAttributes {
    pub(crate) fn parse(attributes: &[Attribute], mistakes: &mut Mistakes) -> Self {
        let mut model = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("model") {
                mistakes.check(attribute.parse_nested_meta(|meta| model.parse_one(&meta)));
            } else if let Some(error) = misplaced(
                attribute,
                &[
                    "column",
                    "key",
                    "version",
                    "has_many",
                    "has_one",
                    "belongs_to",
                    "many_to_many",
                ],
                "a field",
            ) {
                mistakes.add(error);
            }
        }
        model
    }

    fn parse_one(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        const KNOWN: [&str; 12] = [
            "table",
            "was",
            "bind",
            "comment",
            "register",
            "existing",
            "hooks",
            "unique",
            "index",
            "foreign_key",
            "check",
            "crate",
        ];
        match name(&meta.path).as_str() {
            "table" => once(&mut self.table, meta, text(meta)?),
            "was" => once(&mut self.was, meta, text(meta)?),
            "bind" => once(&mut self.bind, meta, text(meta)?),
            "comment" => once(&mut self.comment, meta, text(meta)?),
            "register" => once(&mut self.register, meta, meta.value()?.parse()?),
            "hooks" => once(&mut self.hooks, meta, meta.path.span()),
            "existing" => once(&mut self.existing, meta, meta.path.span()),
            "crate" => {
                let path = meta.value()?.call(Path::parse_mod_style)?;
                once(&mut self.krate, meta, path)
            }
            "unique" => {
                self.indexes.push(IndexAttribute::parse(meta, true)?);
                Ok(())
            }
            "index" => {
                self.indexes.push(IndexAttribute::parse(meta, false)?);
                Ok(())
            }
            "foreign_key" => {
                self.foreign_keys.push(ForeignKeyAttribute::parse(meta)?);
                Ok(())
            }
            "check" => {
                let content;
                syn::parenthesized!(content in meta.input);
                self.checks.push(CheckAttribute::parse(&content)?);
                Ok(())
            }
            _ => Err(unknown(meta, &KNOWN)),
        }
    }
}

impl CheckAttribute {
    fn parse(content: ParseStream<'_>) -> Result<Self> {
        let name = content.call(Ident::parse_any).map_err(|error| {
            Error::new(
                error.span(),
                "a check has a name: check(adult, Self::age.ge(18))",
            )
        })?;
        let name = if name == "name" && content.peek(Token![=]) {
            content.parse::<Token![=]>()?;
            CheckName::Whole(content.parse()?)
        } else {
            CheckName::Short(name)
        };
        let alone = matches!(name, CheckName::Whole(_)) && content.is_empty();
        let expression = match alone {
            true => None,
            false => {
                content.parse::<Token![,]>()?;
                Some(content.parse()?)
            }
        };
        content.parse::<Option<Token![,]>>()?;
        if !content.is_empty() {
            return Err(content.error("a check is a name and one expression"));
        }
        Ok(Self { name, expression })
    }
}

impl CheckName {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Short(name) => name.span(),
            Self::Whole(name) => name.span(),
        }
    }

    /// The name as it is written.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Short(name) => plain(name),
            Self::Whole(name) => name.value(),
        }
    }
}

impl IndexAttribute {
    fn parse(meta: &ParseNestedMeta<'_>, unique: bool) -> Result<Self> {
        let mut index = Self {
            span: meta.path.span(),
            unique,
            name: None,
            fields: Vec::new(),
        };
        meta.parse_nested_meta(|inner| {
            if inner.path.is_ident("name") && inner.input.peek(Token![=]) {
                return once(&mut index.name, &inner, text(&inner)?);
            }
            index.fields.push(inner.path.require_ident()?.clone());
            Ok(())
        })?;
        if index.fields.is_empty() {
            return Err(meta.error(format!(
                "name the fields: {}(first, second)",
                name(&meta.path)
            )));
        }
        Ok(index)
    }
}

impl ForeignKeyAttribute {
    fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        const KNOWN: [&str; 7] = [
            "columns",
            "references",
            "on_delete",
            "on_update",
            "cascade",
            "name",
            "index",
        ];
        let mut given = None;
        let mut index = None;
        let mut fields = None;
        let mut references = None;
        let mut on_delete = None;
        let mut on_update = None;
        let mut cascade = None;
        meta.parse_nested_meta(|inner| match name(&inner.path).as_str() {
            "columns" => {
                let content;
                syn::parenthesized!(content in inner.input);
                let list: Punctuated<Ident, Token![,]> =
                    content.parse_terminated(Ident::parse_any, Token![,])?;
                once(&mut fields, &inner, list.into_iter().collect::<Vec<_>>())
            }
            "references" => {
                let content;
                syn::parenthesized!(content in inner.input);
                let list: Punctuated<Path, Token![,]> =
                    content.parse_terminated(Path::parse_mod_style, Token![,])?;
                let list = list
                    .into_iter()
                    .map(ColumnPath::new)
                    .collect::<Result<Vec<_>>>()?;
                once(&mut references, &inner, list)
            }
            "on_delete" => once(&mut on_delete, &inner, action(&inner)?),
            "on_update" => once(&mut on_update, &inner, action(&inner)?),
            "cascade" => once(&mut cascade, &inner, known_cascade(&inner)?),
            "name" => once(&mut given, &inner, text(&inner)?),
            "index" => once(&mut index, &inner, inner.value()?.parse()?),
            _ => Err(unknown(&inner, &KNOWN)),
        })?;
        let fields = fields.unwrap_or_default();
        let references = references.unwrap_or_default();
        if fields.is_empty() || fields.len() != references.len() {
            return Err(meta.error(
                "a foreign key has as many columns as it references: foreign_key(columns(a, b), references(Other::x, Other::y))",
            ));
        }
        Ok(Self {
            span: meta.path.span(),
            name: given,
            index,
            fields,
            references,
            on_delete,
            on_update,
            cascade,
        })
    }
}

impl KeyAttribute {
    pub(crate) fn parse(attribute: &Attribute) -> Result<Self> {
        let mut key = Self {
            span: attribute.path().span(),
            natural: false,
            identity: None,
            order: None,
        };
        if !matches!(attribute.meta, Meta::Path(_)) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("natural") {
                    key.natural = true;
                    Ok(())
                } else if meta.path.is_ident("identity") {
                    once(&mut key.identity, &meta, meta.path.span())
                } else if meta.path.is_ident("order") {
                    once(&mut key.order, &meta, meta.value()?.parse()?)
                } else {
                    Err(unknown(&meta, &["natural", "order", "identity"]))
                }
            })?;
        }
        Ok(key)
    }
}

impl ColumnAttributes {
    pub(crate) fn parse_one(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        const KNOWN: [&str; 17] = [
            "name",
            "was",
            "length",
            "precision",
            "scale",
            "unique",
            "index",
            "references",
            "foreign_key",
            "on_delete",
            "on_update",
            "default",
            "default_sql",
            "computed",
            "cascade",
            "deferred",
            "comment",
        ];
        let span = meta.path.span();
        match name(&meta.path).as_str() {
            "name" => once(&mut self.name, meta, text(meta)?),
            "was" => once(&mut self.was, meta, text(meta)?),
            "length" => once(&mut self.length, meta, meta.value()?.parse()?),
            "precision" => once(&mut self.precision, meta, meta.value()?.parse()?),
            "scale" => once(&mut self.scale, meta, meta.value()?.parse()?),
            "unique" => once(&mut self.unique, meta, span),
            "index" => once(&mut self.index, meta, Flag::parse(meta)?),
            "foreign_key" => once(&mut self.foreign_key, meta, text(meta)?),
            "references" => {
                let path = meta.value()?.call(Path::parse_mod_style)?;
                once(&mut self.references, meta, ColumnPath::new(path)?)
            }
            "on_delete" => once(&mut self.on_delete, meta, action(meta)?),
            "on_update" => once(&mut self.on_update, meta, meta.value()?.parse()?),
            "default" => once(&mut self.default, meta, meta.value()?.parse()?),
            "default_sql" => once(&mut self.default_sql, meta, Told::parse(meta)?),
            "computed" => once(&mut self.computed, meta, Told::parse(meta)?),
            "cascade" => once(&mut self.cascade, meta, known_cascade(meta)?),
            "deferred" => once(&mut self.deferred, meta, span),
            "comment" => once(&mut self.comment, meta, text(meta)?),
            _ => Err(unknown(meta, &KNOWN)),
        }
    }
}

impl ColumnPath {
    fn new(column: Path) -> Result<Self> {
        let mut model = column.clone();
        model.segments.pop();
        if model.segments.is_empty() {
            return Err(Error::new(
                column.span(),
                "name the model and its field: User::id",
            ));
        }
        // What is left ends in `::`.
        model.segments.pop_punct();
        Ok(Self { column, model })
    }
}

/// `on_delete = cascade`
fn action(meta: &ParseNestedMeta<'_>) -> Result<Ident> {
    let action = meta.value()?.call(Ident::parse_any)?;
    known_action(&action)?;
    Ok(action)
}

/// `cascade = delete`
fn known_cascade(meta: &ParseNestedMeta<'_>) -> Result<Ident> {
    let cascade = meta.value()?.call(Ident::parse_any)?;
    if CASCADES.iter().any(|known| cascade == known) {
        return Ok(cascade);
    }
    Err(Error::new(
        cascade.span(),
        format!(
            "unknown cascade `{cascade}`; known are {}",
            CASCADES.join(", ")
        ),
    ))
}

fn known_action(action: &Ident) -> Result<()> {
    if ACTIONS.iter().any(|known| action == known) {
        return Ok(());
    }
    Err(Error::new(
        action.span(),
        format!(
            "unknown action `{action}`; known are {}",
            ACTIONS.join(", ")
        ),
    ))
}

/// The action that an expression is, when it is one.
pub(crate) fn as_action(expression: &Expr) -> Option<&Ident> {
    let Expr::Path(path) = expression else {
        return None;
    };
    path.path
        .get_ident()
        .filter(|ident| known_action(ident).is_ok())
}

/// The `on_update` of a field that references a column.
pub(crate) fn require_action(expression: &Expr) -> Result<Ident> {
    as_action(expression).cloned().ok_or_else(|| {
        Error::new(
            expression.span(),
            format!(
                "on a field with `references`, on_update is what happens when the referenced key changes: {}",
                ACTIONS.join(", ")
            ),
        )
    })
}

/// An attribute of this derive that stands where it means nothing.
pub(crate) fn misplaced(attribute: &Attribute, names: &[&str], place: &str) -> Option<Error> {
    let found = names
        .iter()
        .find(|candidate| attribute.path().is_ident(candidate))?;
    Some(Error::new(
        attribute.path().span(),
        format!("#[{found}] belongs to {place}"),
    ))
}
