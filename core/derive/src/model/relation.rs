//! Relationships: their attributes as they are written, checked, and the description that they mean.

mod other_side;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Field as SynField, Meta, Path, Result, Token, Type, Visibility};

use super::parse::{Field, Model, builder_ident, docs, type_without_self};
use crate::attribute::{Mistakes, name, once, plain, unknown};
use crate::types::{column_type, inside};

/// The attributes of relationships.
pub(crate) const ATTRIBUTES: [&str; 4] = ["has_many", "has_one", "belongs_to", "many_to_many"];

const STRATEGIES: [(&str, &str); 6] = [
    ("select", "Select"),
    ("joined", "Joined"),
    ("subquery", "Subquery"),
    ("selectin", "Selectin"),
    ("dynamic", "Dynamic"),
    ("raise", "Raise"),
];

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    HasMany,
    HasOne,
    BelongsTo,
    ManyToMany,
}

/// A relationship as it is written.
pub(crate) struct Relation {
    pub(crate) ident: Ident,
    vis: Visibility,
    ty: Type,
    docs: Vec<Attribute>,
    span: Span,
    kind: Kind,
    /// The model on the other side; a `belongs_to` has it from its foreign key.
    target: Option<Path>,
    /// The fields of a `belongs_to`.
    fields: Vec<Ident>,
    backref: Option<Ident>,
    lazy: Option<Ident>,
    order: Option<Vec<Expr>>,
    /// The columns of the other model, or of the one between, that reference this one.
    by: Option<Vec<Ident>>,
    /// This model's own columns that are referenced.
    key: Option<Vec<Ident>>,
    through: Option<Path>,
    /// The columns of the model between that reference the other one.
    to: Option<Vec<Ident>>,
}

impl Relation {
    /// The relationship that a field is; `None` for a column.
    pub(crate) fn parse(
        field: &SynField,
        attributes: &[Attribute],
        model: &Ident,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let ident = field.ident.clone()?;
        let is_relation = |attribute: &&Attribute| {
            (ATTRIBUTES.iter()).any(|known| attribute.path().is_ident(known))
        };
        let Some(attribute) = attributes.iter().find(is_relation) else {
            if let Some(wrapper) = inside(&field.ty, "Many")
                .map(|_| "Many")
                .or(inside(&field.ty, "One").map(|_| "One"))
            {
                let say = match wrapper {
                    "Many" => "#[has_many(Other)] or #[many_to_many(Other, through = Between)]",
                    _ => "#[belongs_to(field)] or #[has_one(Other)]",
                };
                mistakes.at(
                    field.ty.span(),
                    format!("`{ident}` is a relationship: say of which kind, {say}"),
                );
            }
            return None;
        };
        for other in attributes {
            let path = other.path();
            let ours = ["column", "key", "version"].iter().chain(&ATTRIBUTES);
            if !std::ptr::eq(other, attribute) && ours.clone().any(|known| path.is_ident(known)) {
                mistakes.at(
                    path.span(),
                    format!(
                        "`{ident}` is a relationship already: #[{}] goes with another field",
                        name(path)
                    ),
                );
            }
        }
        let kind = match name(attribute.path()).as_str() {
            "has_many" => Kind::HasMany,
            "has_one" => Kind::HasOne,
            "belongs_to" => Kind::BelongsTo,
            _ => Kind::ManyToMany,
        };
        let mut relation = Self {
            ident,
            vis: field.vis.clone(),
            ty: type_without_self(&field.ty, model),
            docs: docs(&field.attrs),
            span: attribute.path().span(),
            kind,
            target: None,
            fields: Vec::new(),
            backref: None,
            lazy: None,
            order: None,
            by: None,
            key: None,
            through: None,
            to: None,
        };
        // Without brackets nothing is named, which the check tells.
        let parsed = matches!(attribute.meta, Meta::Path(_))
            || mistakes
                .check(attribute.parse_nested_meta(|meta| relation.parse_one(&meta)))
                .is_some();
        relation.check_type(mistakes);
        if parsed {
            relation.check(mistakes);
        }
        Some(relation)
    }

    fn parse_one(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let follows = meta.input.peek(Token![=]) || meta.input.peek(syn::token::Paren);
        if !follows {
            return match self.kind {
                Kind::BelongsTo => {
                    self.fields.push(meta.path.require_ident()?.clone());
                    Ok(())
                }
                _ => once(&mut self.target, meta, meta.path.clone()),
            };
        }
        let known: &[&str] = match self.kind {
            Kind::BelongsTo => &["backref", "lazy"],
            Kind::HasOne => &["backref", "lazy", "by", "key"],
            Kind::HasMany => &["backref", "lazy", "by", "key", "order_by"],
            Kind::ManyToMany => &[
                "through",
                "secondary",
                "from",
                "to",
                "backref",
                "lazy",
                "key",
                "order_by",
            ],
        };
        let name = name(&meta.path);
        if !known.contains(&name.as_str()) {
            return Err(unknown(meta, known));
        }
        match name.as_str() {
            "backref" => once(&mut self.backref, meta, ident(meta)?),
            "lazy" => {
                let lazy = ident(meta)?;
                if !STRATEGIES.iter().any(|(known, _)| lazy == known) {
                    let known: Vec<&str> = STRATEGIES.iter().map(|(name, _)| *name).collect();
                    return Err(Error::new(
                        lazy.span(),
                        format!("unknown strategy `{lazy}`; known are {}", known.join(", ")),
                    ));
                }
                once(&mut self.lazy, meta, lazy)
            }
            "by" | "from" => once(&mut self.by, meta, idents(meta)?),
            "to" => once(&mut self.to, meta, idents(meta)?),
            "key" => once(&mut self.key, meta, idents(meta)?),
            "through" | "secondary" => {
                let path = meta.value()?.call(Path::parse_mod_style)?;
                once(&mut self.through, meta, path)
            }
            _ => {
                let orders = if meta.input.peek(Token![=]) {
                    vec![meta.value()?.parse()?]
                } else {
                    let content;
                    syn::parenthesized!(content in meta.input);
                    let list: Punctuated<Expr, Token![,]> =
                        content.parse_terminated(<Expr as syn::parse::Parse>::parse, Token![,])?;
                    list.into_iter().collect()
                };
                once(&mut self.order, meta, orders)
            }
        }
    }

    /// The name of the attribute.
    fn attribute(&self) -> &'static str {
        match self.kind {
            Kind::HasMany => "has_many",
            Kind::HasOne => "has_one",
            Kind::BelongsTo => "belongs_to",
            Kind::ManyToMany => "many_to_many",
        }
    }

    /// Refuses what is certainly another type; an alias can be anything.
    fn check_type(&self, mistakes: &mut Mistakes) {
        let many = matches!(self.kind, Kind::HasMany | Kind::ManyToMany);
        let (other, say) = match self.kind {
            _ if many => ("One", "Many<…>"),
            Kind::BelongsTo => (
                "Many",
                "One<…>, or One<Option<…>> where the foreign key may be None",
            ),
            _ => ("Many", "One<…>, or One<Option<…>> where there may be none"),
        };
        if inside(&self.ty, other).is_some() || column_type(&self.ty).is_some() {
            mistakes.at(
                self.ty.span(),
                format!(
                    "`{}` is declared by #[{}], whose field is {say}",
                    self.ident,
                    self.attribute()
                ),
            );
        }
    }

    fn check(&self, mistakes: &mut Mistakes) {
        let missing = match self.kind {
            Kind::BelongsTo if self.fields.is_empty() => {
                "name its foreign key, #[belongs_to(author_id)]"
            }
            Kind::HasMany if self.target.is_none() => "name its model, #[has_many(Post)]",
            Kind::HasOne if self.target.is_none() => "name its model, #[has_one(Profile)]",
            Kind::ManyToMany if self.target.is_none() || self.through.is_none() => {
                "name its model and the one between, #[many_to_many(Tag, through = PostTag)]"
            }
            _ => return,
        };
        mistakes.at(self.span, format!("`{}`: {missing}", self.ident));
    }

    /// The fields of a `belongs_to`, by their positions.
    fn foreign_key(&self, model: &Model) -> Vec<usize> {
        let position = |ident: &Ident| model.fields.iter().position(|field| field.ident == *ident);
        self.fields.iter().filter_map(position).collect()
    }

    /// The model that a `belongs_to` references, as its foreign key names it.
    fn referenced(&self, model: &Model) -> Option<Path> {
        let fields = self.foreign_key(model);
        if let [field] = fields[..]
            && let Some(reference) = &model.fields[field].reference
        {
            return Some(reference.path.model.clone());
        }
        let key = model.foreign_keys.iter().find(|key| key.fields == fields)?;
        key.references.first().map(|path| path.model.clone())
    }

    /// Checks what takes the other fields to tell.
    pub(crate) fn resolve(&self, model: &Model, mistakes: &mut Mistakes) {
        let known = |ident: &Ident, mistakes: &mut Mistakes| {
            if !model.fields.iter().any(|field| field.ident == *ident) {
                let known: Vec<String> = model.fields.iter().map(Field::name).collect();
                mistakes.at(
                    ident.span(),
                    format!(
                        "`{}` has no column `{ident}`; it has {}",
                        model.name(),
                        known.join(", ")
                    ),
                );
            }
        };
        for ident in self.fields.iter().chain(self.key.iter().flatten()) {
            known(ident, mistakes);
        }
        match self.kind {
            Kind::BelongsTo => {
                let fields = self.foreign_key(model);
                if fields.is_empty() || fields.len() != self.fields.len() {
                    return;
                }
                if self.referenced(model).is_none() {
                    let names: Vec<String> = self.fields.iter().map(plain).collect();
                    mistakes.at(
                        self.span,
                        match &names[..] {
                            [name] => format!(
                                "`{}` goes by `{name}`, which is no foreign key: give that #[column(references = …)]",
                                self.ident
                            ),
                            _ => format!(
                                "`{}` goes by ({1}), which is no foreign key: give the model foreign_key(columns({1}), references(…))",
                                self.ident,
                                names.join(", ")
                            ),
                        },
                    );
                    return;
                }
                let nullable = (fields.iter())
                    .any(|field| crate::types::inside_option(&model.fields[*field].ty).is_some());
                let optional = inside(&self.ty, "One")
                    .is_some_and(|inner| crate::types::inside_option(inner).is_some());
                if inside(&self.ty, "One").is_some() && nullable != optional {
                    let key: Vec<String> = self.fields.iter().map(plain).collect();
                    let (field, key) = (&self.ident, key.join(", "));
                    mistakes.at(
                        self.ty.span(),
                        if nullable {
                            format!("`{key}` may be None, and so may `{field}`: One<Option<…>>")
                        } else {
                            format!("`{key}` is never None, and neither is `{field}`: One<…> without Option")
                        },
                    );
                }
            }
            Kind::ManyToMany => {
                let itself =
                    (self.target.as_ref()).is_some_and(|target| target.is_ident(&model.ident));
                if itself && (self.by.is_none() || self.to.is_none()) {
                    mistakes.at(
                        self.span,
                        format!(
                            "`{}` leads from {own} to {own}: say which column of the one between is the own side and which the other, as in from = follower_id, to = followed_id",
                            self.ident,
                            own = model.name()
                        ),
                    );
                }
            }
            _ => {}
        }
    }

    fn target(&self, model: &Model) -> TokenStream {
        match (&self.target, self.referenced(model)) {
            (Some(target), _) => quote!(#target),
            (None, Some(target)) => quote!(#target),
            (None, None) => TokenStream::new(),
        }
    }

    fn local(&self, model: &Model) -> Vec<usize> {
        match (self.kind, &self.key) {
            (Kind::BelongsTo, _) => self.foreign_key(model),
            (_, None) => model.key.clone(),
            (_, Some(key)) => (key.iter())
                .filter_map(|ident| model.fields.iter().position(|field| field.ident == *ident))
                .collect(),
        }
    }

    fn info(&self, model: &Model, index: usize) -> TokenStream {
        let krate = &model.krate;
        let field = plain(&self.ident);
        let ty = &self.ty;
        let target = self.target(model);
        let local = self.local(model);
        let back = format_ident!("back_{index}");
        let [here, there] = self.keys(model, index).map(|key| key.map(|(_, key)| key));
        let (kind, route) = match self.kind {
            Kind::HasMany | Kind::HasOne => {
                let route = match here {
                    None => quote!((#back().route)().reversed()),
                    Some(key) => quote!(#krate::relation::Route::has(#key)),
                };
                let kind = match self.kind {
                    Kind::HasMany => quote!(HasMany),
                    _ => quote!(HasOne),
                };
                (kind, route)
            }
            Kind::BelongsTo => (
                quote!(BelongsTo),
                quote!(#krate::relation::Route::belongs_to(
                    #krate::__private::foreign_key_of(&[#(&FIELDS[#local]),*])
                )),
            ),
            Kind::ManyToMany => {
                let through = &self.through;
                (
                    quote!(ManyToMany),
                    quote!(#krate::relation::Route::through(
                        <#through as #krate::model::Model>::info(),
                        #here,
                        #there,
                    )),
                )
            }
        };
        let check = match self.kind {
            Kind::BelongsTo => quote!(belongs_to),
            _ => quote!(target),
        };
        let the_target = quote_spanned!(ty.span()=> #krate::__private::#check::<#ty, #target>());
        let lazy = self.lazy.as_ref().map_or("Select", |lazy| {
            let known = STRATEGIES.iter().find(|(name, _)| lazy == name);
            known.map_or("Select", |(_, variant)| *variant)
        });
        let lazy = format_ident!("{lazy}");
        let backref = match &self.backref {
            None => quote!(::core::option::Option::None),
            Some(backref) => {
                let name = plain(backref);
                quote! {
                    ::core::option::Option::Some(#krate::relation::Backref {
                        field: #name,
                        relation: #back,
                    })
                }
            }
        };
        let order = match &self.order {
            None => quote!(::core::option::Option::None),
            Some(orders) => quote! {
                ::core::option::Option::Some(|| {
                    #[allow(unused_imports)]
                    use #krate::query::{DateExpression as _, Expression as _, TextExpression as _};
                    ::std::vec![#(::core::convert::Into::<#krate::query::Order>::into(#orders)),*]
                })
            },
        };
        quote! {
            #krate::relation::RelationInfo {
                model: &INFO,
                field: #field,
                index: #index,
                kind: #krate::relation::RelationKind::#kind,
                optional: <#ty as #krate::relation::RelationType>::OPTIONAL,
                lazy: #krate::relation::Strategy::#lazy,
                local: &[#(#local),*],
                target: || #the_target,
                route: || #route,
                backref: #backref,
                order: #order,
            }
        }
    }

    /// `place` says where the value of a field is.
    fn owner(&self, model: &Model, place: impl Fn(usize) -> TokenStream) -> TokenStream {
        let krate = &model.krate;
        let local = self.local(model);
        if let [position] = local[..] {
            let place = place(position);
            return quote!(#krate::relation::Owner::of(&#place));
        }
        let places = local.iter().map(|position| place(*position));
        quote!(#krate::relation::Owner::of_values(::std::vec![
            #(#krate::model::ColumnValue::to_value(&#places)),*
        ]))
    }

    fn constant(&self, model: &Model, index: usize) -> TokenStream {
        let krate = &model.krate;
        let Self { ident, vis, ty, .. } = self;
        let docs = if self.docs.is_empty() {
            let line = format!("The relationship `{}`.", plain(ident));
            quote!(#[doc = #line])
        } else {
            let docs = &self.docs;
            quote!(#(#docs)*)
        };
        quote! {
            #docs
            #vis const #ident: #krate::relation::Relation<Self, #ty> =
                #krate::relation::Relation::new(&RELATIONS[#index]);
        }
    }

    /// The builder's setter of a `belongs_to`, which sets its foreign key.
    fn setter(&self, model: &Model, index: usize) -> Option<TokenStream> {
        if self.kind != Kind::BelongsTo {
            return None;
        }
        let krate = &model.krate;
        let builder = builder_ident(&model.ident);
        let Self { ident, vis, .. } = self;
        let target = self.target(model);
        let fields = self.foreign_key(model);
        let doc = format!(
            "Sets the foreign key of `{}` to the row that a key or a value stands for.",
            plain(ident)
        );
        let given = model
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.required)
            .map(|(position, field)| {
                if fields.contains(&position) {
                    quote!(#krate::model::Set)
                } else {
                    let parameter = super::builder::parameter(field);
                    quote!(#parameter)
                }
            });
        Some(quote! {
            #[doc = #doc]
            #vis fn #ident(
                mut self,
                value: impl #krate::model::AssignRelated<#target>,
            ) -> #builder<#(#given),*> {
                self.draft.assign_related::<#target>(&RELATIONS[#index], value);
                #builder {
                    draft: self.draft,
                    state: ::core::marker::PhantomData,
                }
            }
        })
    }
}

/// The descriptions.
pub(crate) fn statics(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let count = model.relations.len();
    let infos =
        (model.relations.iter().enumerate()).map(|(index, relation)| relation.info(model, index));
    let others = (model.relations.iter().enumerate()).map(|(index, relation)| {
        let keys = relation.keys(model, index);
        let keys = keys.into_iter().flatten().map(|(constant, _)| constant);
        let other_side = relation.other_side(model, index);
        quote!(#(#keys)* #other_side)
    });
    quote! {
        static RELATIONS: [#krate::relation::RelationInfo; #count] = [#(#infos),*];
        #(#others)*
    }
}

/// The methods of `Model` that fill the fields.
pub(crate) fn methods(model: &Model) -> TokenStream {
    if model.relations.is_empty() {
        return TokenStream::new();
    }
    let krate = &model.krate;
    let indexes: Vec<usize> = (0..model.relations.len()).collect();
    let fields: Vec<&Ident> = model
        .relations
        .iter()
        .map(|relation| &relation.ident)
        .collect();
    let place = |position: usize| {
        let field = &model.fields[position].ident;
        quote!(self.#field)
    };
    let owners = (model.relations.iter()).map(|relation| relation.owner(model, place));
    quote! {
        fn relation(
            &mut self,
            index: usize,
        ) -> ::core::option::Option<&mut dyn #krate::relation::RelationField> {
            match index {
                #(#indexes => ::core::option::Option::Some(&mut self.#fields),)*
                _ => ::core::option::Option::None,
            }
        }

        fn related_drafts(&self) -> ::std::vec::Vec<#krate::model::RelatedDrafts> {
            let mut related = ::std::vec![
                #(#krate::model::RelatedDrafts {
                    relation: #indexes,
                    given: #krate::relation::RelationField::is_given(&self.#fields),
                    rows: #krate::relation::RelationField::drafts(&self.#fields),
                }),*
            ];
            related.retain(|related| !related.rows.is_empty());
            related
        }

        fn own_relations(&mut self) {
            #(
                let owner = #owners;
                #krate::relation::RelationField::own(&mut self.#fields, &RELATIONS[#indexes], owner);
            )*
        }
    }
}

/// `Self { … }` of what is read for each field, with relations that are not loaded.
pub(crate) fn construct(model: &Model, reads: &[TokenStream]) -> TokenStream {
    let krate = &model.krate;
    let fields: Vec<&Ident> = model.fields.iter().map(|field| &field.ident).collect();
    if model.relations.is_empty() {
        return quote!(::core::result::Result::Ok(Self { #(#fields: #reads),* }));
    }
    let columns: Vec<Ident> = (0..fields.len())
        .map(|position| format_ident!("column_{position}"))
        .collect();
    let place = |position: usize| {
        let column = &columns[position];
        quote!(#column)
    };
    let relations = (model.relations.iter().enumerate()).map(|(index, relation)| {
        let ident = &relation.ident;
        let owner = relation.owner(model, place);
        quote!(#ident: #krate::relation::RelationField::owned(&RELATIONS[#index], #owner))
    });
    // Relations stand first: they look at the columns, which then move into their places.
    quote! {
        #(let #columns = #reads;)*
        ::core::result::Result::Ok(Self {
            #(#relations,)*
            #(#fields: #columns,)*
        })
    }
}

/// The constants.
pub(crate) fn constants(model: &Model) -> impl Iterator<Item = TokenStream> {
    (model.relations.iter().enumerate()).map(|(index, relation)| relation.constant(model, index))
}

/// The builder's setters.
pub(crate) fn setters(model: &Model) -> impl Iterator<Item = TokenStream> {
    (model.relations.iter().enumerate())
        .filter_map(|(index, relation)| relation.setter(model, index))
}

/// The builder's setters that set a column along with their relationship's foreign key.
pub(crate) fn setters_of(model: &Model, position: usize) -> impl Iterator<Item = String> {
    (model.relations.iter())
        .filter(move |relation| {
            relation.kind == Kind::BelongsTo && relation.foreign_key(model).contains(&position)
        })
        .map(|relation| plain(&relation.ident))
}

/// Tells the compiler which models the foreign keys reference.
pub(crate) fn foreign_keys(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let ident = &model.ident;
    let single =
        (model.fields.iter().enumerate()).filter_map(|(position, field): (usize, &Field)| {
            let reference = field.reference.as_ref()?;
            Some((vec![position], reference.path.model.clone()))
        });
    let several = model
        .foreign_keys
        .iter()
        .filter_map(|key| Some((key.fields.clone(), key.references.first()?.model.clone())));
    let keys: Vec<(Vec<usize>, Path)> = single.chain(several).collect();
    let name = |fields: &[usize]| {
        let names: Vec<String> = fields
            .iter()
            .map(|field| model.fields[*field].name())
            .collect();
        names.join("_and_")
    };
    let mut marks = Vec::new();
    let mut impls = Vec::new();
    for (number, (fields, target)) in keys.iter().enumerate() {
        let same = |(_, other): &&(Vec<usize>, Path)| other == target;
        if keys[..number].iter().any(|key| same(&key)) {
            continue;
        }
        // Of several keys none is the one: a relationship must name its columns, and the compiler tells whoever does not.
        let all: Vec<&(Vec<usize>, Path)> = keys.iter().filter(same).collect();
        let names: Vec<String> = all.iter().map(|(fields, _)| name(fields)).collect();
        let mark = format_ident!("by_{}", names.join("_or_"));
        let only = all.len() == 1;
        impls.push(quote! {
            impl #krate::relation::ForeignKeyTo<#target, foreign_keys::#mark> for #ident {
                const ONLY: bool = #only;

                fn foreign_key() -> #krate::relation::ForeignKeyFields {
                    #krate::__private::foreign_key_of(&[#(&FIELDS[#fields]),*])
                }
            }
        });
        marks.push(mark);
    }
    quote! {
        /// Tells the foreign keys apart.
        #[allow(non_camel_case_types, missing_docs, missing_debug_implementations)]
        mod foreign_keys {
            #(pub struct #marks;)*
        }
        #(#impls)*
    }
}

/// `key = name`
fn ident(meta: &ParseNestedMeta<'_>) -> Result<Ident> {
    meta.value()?.call(Ident::parse_any)
}

/// `key = name` or `key(first, second)`
fn idents(meta: &ParseNestedMeta<'_>) -> Result<Vec<Ident>> {
    if meta.input.peek(Token![=]) {
        return Ok(vec![ident(meta)?]);
    }
    let content;
    syn::parenthesized!(content in meta.input);
    let list: Punctuated<Ident, Token![,]> =
        content.parse_terminated(Ident::parse_any, Token![,])?;
    Ok(list.into_iter().collect())
}
