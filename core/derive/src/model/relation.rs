//! Relationships: their attributes as they are written, checked, and the description that they mean.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Field as SynField, Path, Result, Token, Type, Visibility};

use super::parse::{Field, Model, builder_ident, docs};
use crate::attribute::{Mistakes, name, once, plain, unknown};
use crate::types::inside;

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
                    format!("`{ident}` is a relationship; say which: {say}"),
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
                    "a relationship is no column; this goes with another field",
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
            ty: field.ty.clone(),
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
        mistakes.check(attribute.parse_nested_meta(|meta| relation.parse_one(&meta)));
        relation.check(mistakes);
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

    fn check(&self, mistakes: &mut Mistakes) {
        let many = matches!(self.kind, Kind::HasMany | Kind::ManyToMany);
        let (wrapper, other) = if many {
            ("Many", "One")
        } else {
            ("One", "Many")
        };
        if inside(&self.ty, other).is_some() {
            mistakes.at(
                self.ty.span(),
                format!("the field of such a relationship is a `{wrapper}<…>`"),
            );
        }
        match self.kind {
            Kind::BelongsTo if self.fields.is_empty() => {
                mistakes.at(self.span, "name the foreign key: #[belongs_to(author_id)]");
            }
            Kind::HasMany | Kind::HasOne if self.target.is_none() => {
                mistakes.at(self.span, "name the model: #[has_many(Post)]");
            }
            Kind::ManyToMany if self.target.is_none() || self.through.is_none() => {
                mistakes.at(
                    self.span,
                    "name the model and the one between: #[many_to_many(Tag, through = PostTag)]",
                );
            }
            _ => {}
        }
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
                mistakes.at(
                    ident.span(),
                    format!("`{}` has no column `{ident}`", model.name()),
                );
            }
        };
        for ident in self.fields.iter().chain(self.key.iter().flatten()) {
            known(ident, mistakes);
        }
        match self.kind {
            Kind::BelongsTo => {
                let fields = self.foreign_key(model);
                if fields.len() != self.fields.len() {
                    return;
                }
                if self.referenced(model).is_none() {
                    let names: Vec<String> = self.fields.iter().map(plain).collect();
                    mistakes.at(
                        self.span,
                        format!(
                            "{} is no foreign key; give it #[column(references = …)], or several columns #[model(foreign_key(…))]",
                            names.join(", ")
                        ),
                    );
                    return;
                }
                let nullable = (fields.iter())
                    .any(|field| crate::types::inside_option(&model.fields[*field].ty).is_some());
                let optional = inside(&self.ty, "One")
                    .is_some_and(|inner| crate::types::inside_option(inner).is_some());
                if inside(&self.ty, "One").is_some() && nullable != optional {
                    mistakes.at(
                        self.ty.span(),
                        if nullable {
                            "the foreign key may be None, and so may this: One<Option<…>>"
                        } else {
                            "the foreign key is never None, and neither is this: One<…> without Option"
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
                        "both sides are this model: say which columns of the one between lead here and there, from = follower_id, to = followed_id",
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

    /// The foreign key of `from` that references `to`; some columns of it when they are named.
    fn key_of(
        &self,
        model: &Model,
        from: &TokenStream,
        to: &TokenStream,
        columns: Option<&Vec<Ident>>,
    ) -> TokenStream {
        let krate = &model.krate;
        let Some(columns) = columns else {
            let span = self.span;
            return quote_spanned!(span=> #krate::__private::only_foreign_key::<#from, #to, _>());
        };
        let whole_key = columns.len() == 1 && self.key.is_none();
        let columns = columns.iter().map(|column| {
            if whole_key {
                quote_spanned!(column.span()=> #krate::__private::key_column::<_, #to, _>(#from::#column))
            } else {
                quote!(#krate::__private::any_key_column(#from::#column))
            }
        });
        quote!(#krate::__private::foreign_key_of(&[#(#columns),*]))
    }

    fn info(&self, model: &Model, index: usize) -> TokenStream {
        let krate = &model.krate;
        let own = &model.ident;
        let own = quote!(#own);
        let field = plain(&self.ident);
        let ty = &self.ty;
        let target = self.target(model);
        let local = self.local(model);
        let (kind, route, the_target) = match self.kind {
            Kind::HasMany | Kind::HasOne => {
                let route = match (&self.by, &self.backref) {
                    // The other side knows the foreign key.
                    (None, Some(back)) => quote! {
                        (#krate::__private::backref::<#own, #target, _>(#target::#back).route)().reversed()
                    },
                    (by, _) => {
                        let key = self.key_of(model, &target, &own, by.as_ref());
                        quote!(#krate::relation::Route::has(#key))
                    }
                };
                let kind = match self.kind {
                    Kind::HasMany => quote!(HasMany),
                    _ => quote!(HasOne),
                };
                (
                    kind,
                    route,
                    quote_spanned!(ty.span()=> #krate::__private::target::<#ty, #target>()),
                )
            }
            Kind::BelongsTo => (
                quote!(BelongsTo),
                quote!(#krate::relation::Route::belongs_to(
                    #krate::__private::foreign_key_of(&[#(&FIELDS[#local]),*])
                )),
                quote_spanned!(ty.span()=> #krate::__private::belongs_to::<#ty, #target>()),
            ),
            Kind::ManyToMany => {
                let through = &self.through;
                let through = quote!(#through);
                let here = self.key_of(model, &through, &own, self.by.as_ref());
                let there = self.key_of(model, &through, &target, self.to.as_ref());
                (
                    quote!(ManyToMany),
                    quote!(#krate::relation::Route::through(
                        <#through as #krate::model::Model>::info(),
                        #here,
                        #there,
                    )),
                    quote_spanned!(ty.span()=> #krate::__private::target::<#ty, #target>()),
                )
            }
        };
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
                        relation: || #krate::__private::backref::<#own, #target, _>(#target::#backref),
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

    /// What is checked of the other side when the program is compiled.
    fn assertion(&self, model: &Model) -> Option<TokenStream> {
        let krate = &model.krate;
        let backref = self.backref.as_ref()?;
        let target = self.target(model);
        let own = &model.ident;
        let field = plain(&self.ident);
        let (own_name, other_name, back) = (
            model.name(),
            target.to_string().replace(' ', ""),
            plain(backref),
        );
        let kind = match self.kind {
            Kind::HasMany => quote!(HasMany),
            Kind::HasOne => quote!(HasOne),
            Kind::BelongsTo => quote!(BelongsTo),
            Kind::ManyToMany => quote!(ManyToMany),
        };
        let names = format!(
            "{own_name}.{field} says backref = {back}, and {other_name}.{back} names another field of {own_name}"
        );
        let pair = format!(
            "{own_name}.{field} says backref = {back}, and {other_name}.{back} is not the other side of such a relationship"
        );
        let span = backref.span();
        Some(quote_spanned! {span=>
            const _: () = {
                let other = #krate::__private::backref::<#own, #target, _>(#target::#backref);
                ::core::assert!(#krate::__private::is_pair(#krate::relation::RelationKind::#kind, other), #pair);
                ::core::assert!(#krate::__private::name_each_other(#field, other), #names);
            };
        })
    }

    fn owner(&self, model: &Model) -> TokenStream {
        let krate = &model.krate;
        let local = self.local(model);
        let fields = local.iter().map(|position| &model.fields[*position].ident);
        if let [position] = local[..] {
            let field = &model.fields[position].ident;
            return quote!(#krate::relation::Owner::of(&self.#field));
        }
        quote!(#krate::relation::Owner::of_values(::std::vec![
            #(#krate::model::ColumnValue::to_value(&self.#fields)),*
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
    let assertions = model
        .relations
        .iter()
        .filter_map(|relation| relation.assertion(model));
    quote! {
        static RELATIONS: [#krate::relation::RelationInfo; #count] = [#(#infos),*];
        #(#assertions)*
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
    let owners = model.relations.iter().map(|relation| relation.owner(model));
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

        fn related_drafts(&self) -> ::std::vec::Vec<(usize, ::std::vec::Vec<#krate::model::Draft>)> {
            let mut drafts = ::std::vec![
                #((#indexes, #krate::relation::RelationField::drafts(&self.#fields))),*
            ];
            drafts.retain(|(_, rows)| !rows.is_empty());
            drafts
        }

        fn own_relations(&mut self) {
            #(
                let owner = #owners;
                #krate::relation::RelationField::own(&mut self.#fields, &RELATIONS[#indexes], owner);
            )*
        }
    }
}

/// `Self { … }` of columns, with relations that are not loaded.
pub(crate) fn construct(model: &Model, columns: &[TokenStream]) -> TokenStream {
    let krate = &model.krate;
    if model.relations.is_empty() {
        return quote!(::core::result::Result::Ok(Self { #(#columns),* }));
    }
    let fields = model.relations.iter().map(|relation| &relation.ident);
    quote! {
        let mut row = Self {
            #(#columns,)*
            #(#fields: ::core::default::Default::default(),)*
        };
        <Self as #krate::model::Model>::own_relations(&mut row);
        ::core::result::Result::Ok(row)
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
    let marks: Vec<Ident> = (keys.iter())
        .map(|(fields, _)| {
            let names: Vec<String> = fields
                .iter()
                .map(|field| model.fields[*field].name())
                .collect();
            format_ident!("by_{}", names.join("_and_"))
        })
        .collect();
    let impls = keys.iter().zip(&marks).map(|((fields, target), mark)| {
        quote! {
            impl #krate::relation::ForeignKeyTo<#target, foreign_keys::#mark> for #ident {
                fn foreign_key() -> #krate::relation::ForeignKeyFields {
                    #krate::__private::foreign_key_of(&[#(&FIELDS[#fields]),*])
                }
            }
        }
    });
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
