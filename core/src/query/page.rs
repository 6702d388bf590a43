//! Pages by number.

use serde::Serialize;

use super::{Executor, Order, Query};
use crate::{Error, Result};

/// A page of a query's rows, and how many there are in all; made by [`Query::paginate`].
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct Post { #[key] pub id: i64, pub body: String }
/// # fn main() -> birgus::Result<()> {
/// # let db = Database::open()?;
///
/// let page = Post::query().order_by(Post::id.desc()).paginate(3, 20, &db)?;
/// for post in &page {
///     println!("{}", post.body);
/// }
/// for number in page.iter_pages() {
///     match number {
///         Some(number) if number == page.page => print!("[{number}] "),
///         Some(number) => print!("{number} "),
///         None => print!("… "),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Page<O> {
    /// The rows of the page; none beyond the last page.
    pub items: Vec<O>,
    /// The number of the page, from 1.
    pub page: u64,
    /// How many rows a full page has.
    pub per_page: u64,
    /// How many rows there are on all pages.
    pub total: u64,
}

impl<M, O> Query<M, O> {
    /// The rows of a page, counted from 1, and how many there are in all, in two statements at most. A page beyond the
    /// last one is empty.
    ///
    /// A query without an order is ordered by its model's primary key. Rows that come and go between two pages move the
    /// others: [`Query::keyset`] gives pages that they don't move, without counting.
    ///
    /// # Errors
    ///
    /// `is_invalid_query()` for the page 0, for 0 rows a page, and for a query with a limit of its own; and as
    /// [`Query::all`].
    pub fn paginate(
        mut self,
        page: u64,
        per_page: u64,
        mut executor: impl Executor,
    ) -> Result<Page<O>> {
        let problem = if page == 0 {
            "pages are counted from 1"
        } else if per_page == 0 {
            "a page has 1 row at least"
        } else if self.select.is_limited() {
            "a query with a limit of its own has no pages; leave the limit out"
        } else {
            ""
        };
        if !problem.is_empty() {
            let subject = self.select.subject();
            return Err(Error::invalid_query(format!(
                "{subject}: paginate: {problem}"
            )));
        }
        let single_rows = !self.select.is_grouped() && !self.select.distinct;
        if let Some(model) = self.select.model().filter(|_| single_rows)
            && self.select.order.is_empty()
        {
            let name = self.select.source.name.clone();
            let keys = model.key_fields().map(|field| field.node_of(name.clone()));
            self.select
                .order
                .extend(keys.map(|node| Order::new(node, false)));
        }
        let before = (page - 1).saturating_mul(per_page);
        let rows = self.clone().limit(per_page).offset(before);
        let items = rows.all(&mut executor)?;
        let found = items.len() as u64;
        let is_last = found < per_page && (found > 0 || page == 1);
        let total = if is_last {
            before + found
        } else {
            self.count(executor)?
        };
        Ok(Page {
            items,
            page,
            per_page,
            total,
        })
    }
}

impl<O> Page<O> {
    /// How many pages there are.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.per_page)
    }

    /// Whether there is a page behind this one.
    pub fn has_next(&self) -> bool {
        self.page < self.pages()
    }

    /// Whether there is a page before this one.
    pub fn has_prev(&self) -> bool {
        self.page > 1
    }

    /// The number of the page behind this one.
    pub fn next_page(&self) -> Option<u64> {
        self.has_next().then(|| self.page + 1)
    }

    /// The number of the page before this one.
    pub fn prev_page(&self) -> Option<u64> {
        self.has_prev().then(|| self.page - 1)
    }

    /// The numbers for a row of links: the first two and the last two, the two before this page and the four behind it,
    /// and `None` where some are left out.
    pub fn iter_pages(&self) -> Vec<Option<u64>> {
        self.iter_pages_around(2, 2, 4, 2)
    }

    /// As [`Page::iter_pages`], with so many at the left edge, before this page, behind it, and at the right edge.
    ///
    /// The numbers are those of Flask-SQLAlchemy's `Pagination.iter_pages`.
    pub fn iter_pages_around(
        &self,
        left_edge: u64,
        left_current: u64,
        right_current: u64,
        right_edge: u64,
    ) -> Vec<Option<u64>> {
        let end = self.pages() + 1;
        let mut numbers = Vec::new();
        let left_end = left_edge.saturating_add(1).min(end);
        numbers.extend((1..left_end).map(Some));
        if left_end == end {
            return numbers;
        }
        let middle_start = self.page.saturating_sub(left_current).max(left_end);
        let middle_end = self
            .page
            .saturating_add(right_current)
            .saturating_add(1)
            .clamp(left_end, end);
        if middle_start > left_end {
            numbers.push(None);
        }
        numbers.extend((middle_start..middle_end).map(Some));
        let right_start = end.saturating_sub(right_edge).max(middle_end);
        if right_start > middle_end && right_start < end {
            numbers.push(None);
        }
        numbers.extend((right_start..end).map(Some));
        numbers
    }

    /// The page with something else for each row.
    pub fn map<T>(self, each: impl FnMut(O) -> T) -> Page<T> {
        Page {
            items: self.items.into_iter().map(each).collect(),
            page: self.page,
            per_page: self.per_page,
            total: self.total,
        }
    }
}

impl<O> IntoIterator for Page<O> {
    type Item = O;
    type IntoIter = std::vec::IntoIter<O>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, O> IntoIterator for &'a Page<O> {
    type Item = &'a O;
    type IntoIter = std::slice::Iter<'a, O>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    fn links(page: u64, total: u64) -> String {
        let page = Page::<()> {
            items: Vec::new(),
            page,
            per_page: 10,
            total,
        };
        let shown =
            |number: &Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
        let numbers: Vec<String> = page.iter_pages().iter().map(shown).collect();
        numbers.join(" ")
    }

    // What Flask-SQLAlchemy 3.1 gives for the same numbers.
    #[test]
    fn links_have_gaps() {
        assert_eq!(links(1, 0), "");
        assert_eq!(links(1, 10), "1");
        assert_eq!(links(1, 11), "1 2");
        assert_eq!(links(1, 200), "1 2 3 4 5 - 19 20");
        assert_eq!(links(5, 200), "1 2 3 4 5 6 7 8 9 - 19 20");
        assert_eq!(links(10, 200), "1 2 - 8 9 10 11 12 13 14 - 19 20");
        assert_eq!(links(19, 200), "1 2 - 17 18 19 20");
        assert_eq!(links(20, 200), "1 2 - 18 19 20");
    }
}
