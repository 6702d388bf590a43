//! Which columns of whole models a query reads.

use super::{Column, LeftOut, Node, Query};
use crate::model::{Deferral, FieldInfo, Model, ModelInfo};

/// Columns of the model `M`: one, or a tuple of up to twelve.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column of `{M}`, or a tuple of them",
    label = "expected columns of `{M}`"
)]
pub trait Columns<M> {
    /// The fields.
    #[doc(hidden)]
    fn into_fields(self) -> Vec<&'static FieldInfo>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, T> Columns<M> for Column<M, T> {
    fn into_fields(self) -> Vec<&'static FieldInfo> {
        vec![self.field()]
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+);)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: Model, $($name),+> Columns<M> for ($(Column<M, $name>,)+) {
            fn into_fields(self) -> Vec<&'static FieldInfo> {
                vec![$(self.$index.field()),+]
            }
        }
    )*};
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
}

impl<M: Model> Query<M> {
    /// Does not read the column, or the columns of a tuple. Only a field of the type [`Deferred`](crate::Deferred) can go
    /// without its value: for any other the query fails, with an error that is `is_invalid_query()`.
    ///
    /// It is for the rows that the query gives. A query inside of another one has all columns; what it would leave out,
    /// the one around it does, so that the rows of a union lack what those of its first query would. In a session,
    /// [`Session::load`](crate::Session::load) reads whole rows.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    ///
    /// #[derive(Model)]
    /// pub struct Book {
    ///     #[key]
    ///     pub id: i64,
    ///     pub title: String,
    ///     pub summary: Deferred<String>,
    ///     #[column(deferred)]
    ///     pub text: Deferred<String>,
    /// }
    ///
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// let shelf: Vec<Book> = Book::query().all(&db)?; // without `text`
    /// let titles: Vec<Book> = Book::query().defer(Book::summary).all(&db)?; // without both
    /// let texts: Vec<Book> = Book::query().undefer(Book::text).all(&db)?;
    /// let alone: Vec<String> = Book::query().by_key(7).pluck(Book::text, &db)?;
    /// assert!(titles.iter().all(|book| book.summary.loaded().is_err()));
    /// # let _ = (shelf, texts, alone);
    /// # Ok(())
    /// # }
    /// ```
    pub fn defer(mut self, columns: impl Columns<M>) -> Self {
        let fields = columns.into_fields();
        match refuse_plain(&fields) {
            Some(problem) => self.refuse(problem),
            None => fields.into_iter().for_each(|field| self.leave_out(field)),
        }
        self
    }

    /// Reads the column, or the columns of a tuple, which the model (`#[column(deferred)]`) or [`Query::defer`] leaves out.
    pub fn undefer(mut self, columns: impl Columns<M>) -> Self {
        for field in columns.into_fields() {
            self.select.left_out.remove(field.position());
        }
        self
    }

    /// Reads these columns alone, and the key: leaves out every [`Deferred`](crate::Deferred) field that is not named, also
    /// those that are read otherwise. All other fields must be named, since they can't go without their values: the query
    /// fails if one is not, with an error that is `is_invalid_query()`.
    ///
    /// ```
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { #[key] pub id: i64, pub title: String, pub summary: Deferred<String>, pub text: Deferred<String> }
    /// # fn main() {
    /// let query = Book::query().load_only((Book::title, Book::summary)); // without `text`
    /// # let _ = query;
    /// # }
    /// ```
    pub fn load_only(mut self, columns: impl Columns<M>) -> Self {
        self.select.left_out = LeftOut::default();
        match all_but(M::info(), &columns.into_fields()) {
            Err(problem) => self.refuse(problem),
            Ok(fields) => fields.into_iter().for_each(|field| self.leave_out(field)),
        }
        self
    }

    fn leave_out(&mut self, field: &'static FieldInfo) {
        let position = field.position();
        let items = self.select.items();
        // The rows of `select_as` are read by the names of their values, which may stand anywhere.
        let there = items.len() == M::info().fields.len()
            && (items.get(position).and_then(|item| item.own_name()))
                .is_some_and(|name| name == field.column);
        drop(items);
        if there {
            self.select.left_out.insert(position);
        } else {
            self.refuse(format!(
                "{field:?}: it can't be left out here; the query does not give the columns of {} in their order",
                field.model.name
            ));
        }
    }

    /// The query fails as soon as it is written.
    fn refuse(&mut self, problem: String) {
        self.select.filter.push(Node::Invalid(problem));
    }
}

/// Why one of these columns can't be left out.
pub(crate) fn refuse_plain(fields: &[&'static FieldInfo]) -> Option<String> {
    let plain = |field: &&&FieldInfo| field.deferral == Deferral::Never;
    fields.iter().find(plain).map(|field| {
        format!(
            "{field:?}: it can't be left out of a query; only a Deferred<…> can, so declare it as one"
        )
    })
}

/// The columns of a model that are left out where these alone are read, or why that can't be.
pub(crate) fn all_but(
    model: &'static ModelInfo,
    named: &[&'static FieldInfo],
) -> std::result::Result<Vec<&'static FieldInfo>, String> {
    let mut missing = Vec::new();
    let mut left_out = Vec::new();
    for (position, field) in model.fields.iter().enumerate() {
        if model.key.contains(&position) || named.iter().any(|own| std::ptr::eq(*own, field)) {
            continue;
        }
        if field.deferral == Deferral::Never {
            missing.push(format!("{field:?}"));
        } else {
            left_out.push(field);
        }
    }
    if missing.is_empty() {
        return Ok(left_out);
    }
    Err(format!(
        "{}: not named in load_only, and only a Deferred<…> can be left out of a query; name it too, or declare it as one",
        missing.join(", ")
    ))
}
