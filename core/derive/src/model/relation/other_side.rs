//! What a relationship takes from the models on the other side and between, and what the compiler tells of them.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Kind, Model, Relation};
use crate::attribute::plain;

impl Relation {
    /// The foreign key of `from` that references `to`, by the columns that are named: a constant called `name`, and what
    /// gives the key.
    fn key_of(
        &self,
        model: &Model,
        name: &Ident,
        [from, to]: [&TokenStream; 2],
        columns: Option<&Vec<Ident>>,
        setting: &str,
    ) -> (TokenStream, TokenStream) {
        let krate = &model.krate;
        let subject = format!("{}.{}", model.name(), plain(&self.ident));
        let (from_name, to_name) = (written(from), written(to));
        match columns.map(Vec::as_slice) {
            None => {
                let problem = format!(
                    "{subject}: {from_name} has several foreign keys that reference {to_name}; say of which column, {setting} = …"
                );
                let span = from.span();
                let constant = quote_spanned! {span=>
                    const #name: ::core::option::Option<fn() -> #krate::relation::ForeignKeyFields> =
                        #krate::__private::only_foreign_key::<#from, #to, _>();
                    const _: () = ::core::assert!(#name.is_some(), #problem);
                };
                (
                    constant,
                    quote!(#name.map_or_else(::core::default::Default::default, |key| key())),
                )
            }
            Some([column]) if self.key.is_none() => {
                let problem = format!(
                    "{subject}: {from_name}.{0} is no foreign key; give it #[column(references = …)], or say {setting} = … with another column",
                    plain(column)
                );
                let constant = quote_spanned! {column.span()=>
                    const #name: &#krate::model::FieldInfo =
                        #krate::__private::key_column::<_, #to, _>(#from::#column);
                    const _: () = ::core::assert!(#krate::__private::is_foreign_key(#name), #problem);
                };
                (
                    constant,
                    quote!(#krate::__private::foreign_key_of(&[#name])),
                )
            }
            Some(columns) => (
                TokenStream::new(),
                quote!(#krate::__private::foreign_key_of(&[
                    #(#krate::__private::any_key_column(#from::#columns)),*
                ])),
            ),
        }
    }

    /// The foreign keys of other models by which the relationship goes: of the one that references this model, and of a
    /// table between also of the other side.
    pub(super) fn keys(
        &self,
        model: &Model,
        index: usize,
    ) -> [Option<(TokenStream, TokenStream)>; 2] {
        let own = &model.ident;
        let own = quote!(#own);
        let target = self.target(model);
        let (here, there) = (
            format_ident!("KEY_{index}"),
            format_ident!("OTHER_KEY_{index}"),
        );
        match self.kind {
            Kind::BelongsTo => [None, None],
            // The other side knows the foreign key.
            Kind::HasMany | Kind::HasOne if self.by.is_none() && self.backref.is_some() => {
                [None, None]
            }
            Kind::HasMany | Kind::HasOne => [
                Some(self.key_of(model, &here, [&target, &own], self.by.as_ref(), "by")),
                None,
            ],
            Kind::ManyToMany => {
                let through = &self.through;
                let through = quote!(#through);
                [
                    Some(self.key_of(model, &here, [&through, &own], self.by.as_ref(), "from")),
                    Some(self.key_of(model, &there, [&through, &target], self.to.as_ref(), "to")),
                ]
            }
        }
    }

    /// The other side, where it is named, and what is checked of it when the program is compiled.
    pub(super) fn other_side(&self, model: &Model, index: usize) -> Option<TokenStream> {
        let krate = &model.krate;
        let backref = self.backref.as_ref()?;
        let target = self.target(model);
        let own = &model.ident;
        let field = plain(&self.ident);
        let (own_name, other_name, back) = (model.name(), written(&target), plain(backref));
        let kind = match self.kind {
            Kind::HasMany => quote!(HasMany),
            Kind::HasOne => quote!(HasOne),
            Kind::BelongsTo => quote!(BelongsTo),
            Kind::ManyToMany => quote!(ManyToMany),
        };
        let says = format!("{own_name}.{field} says backref = {back}");
        let (missing, pair) = match self.kind {
            Kind::HasMany | Kind::HasOne => (
                format!("#[belongs_to(…)] {back}: One<{own_name}>"),
                "a #[belongs_to(…)]".to_owned(),
            ),
            Kind::BelongsTo => (
                format!("#[has_many({own_name}, backref = {field})] {back}: Many<{own_name}>"),
                format!("a #[has_many({own_name})] or #[has_one({own_name})]"),
            ),
            Kind::ManyToMany => (
                format!("#[many_to_many({own_name}, through = …)] {back}: Many<{own_name}>"),
                format!("a #[many_to_many({own_name}, …)]"),
            ),
        };
        let missing = format!(
            "{says}, and {other_name} has no relationship `{back}` that can be seen here; declare it, {missing}, or leave the backref out"
        );
        let pair = format!("{says}, and {other_name}.{back} is not the other side: that is {pair}");
        let names = format!(
            "{says}, and {other_name}.{back} says backref = another field of {own_name}; the two sides name each other"
        );
        let function = format_ident!("back_{index}");
        let span = backref.span();
        Some(quote_spanned! {span=>
            const fn #function() -> &'static #krate::relation::RelationInfo {
                /// What is found where the other model has nothing of that name: its own constant goes first.
                #[allow(dead_code, non_upper_case_globals)]
                trait Missing: ::core::marker::Sized {
                    const #backref: #krate::relation::Relation<Self, #krate::__private::NoRelation> =
                        #krate::relation::Relation::new(&RELATIONS[#index]);
                }
                impl Missing for #target {}
                /// The relationship, and whether it is none.
                const OTHER: (&#krate::relation::RelationInfo, bool) =
                    #krate::__private::other_side::<#own, #target, _>(#target::#backref);
                const _: () = ::core::assert!(!OTHER.1, #missing);
                const _: () = ::core::assert!(
                    OTHER.1 || #krate::__private::is_pair(#krate::relation::RelationKind::#kind, OTHER.0),
                    #pair
                );
                const _: () = ::core::assert!(
                    OTHER.1 || #krate::__private::name_each_other(#field, OTHER.0),
                    #names
                );
                OTHER.0
            }
        })
    }
}

/// A path as it is written, without spaces.
fn written(path: &TokenStream) -> String {
    path.to_string().replace(' ', "")
}
