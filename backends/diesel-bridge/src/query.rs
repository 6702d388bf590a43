//! A rendered statement as a Diesel query.

use birgus_core::backend::{Bind, Statement};
use birgus_core::{Error, Result};
use diesel::backend::Backend;
use diesel::connection::Connection;
use diesel::query_builder::{AstPass, Query, QueryBuilder as _, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Untyped;

/// How an engine takes a bind: implemented by a driver, on a type of its own, for one of Diesel's backends.
pub trait Binder: 'static {
    /// Diesel's backend.
    type Backend: Backend;

    /// A value in the form that Diesel can borrow, where the bind's own value is not: a decimal as a scaled whole
    /// number, a date as text.
    type Encoded;

    /// Encodes a bind; `None` when Diesel can borrow the value as it stands. Asked once for each execution, while
    /// [`Binder::push`] runs several times.
    ///
    /// # Errors
    ///
    /// `is_invalid_value()` or `is_unsupported()` for a value that the engine can't hold in that type.
    fn encode(bind: &Bind) -> Result<Option<Self::Encoded>>;

    /// Hands a bind to Diesel by [`AstPass::push_bind_param`], which must get the SQL type of `bind.bind_type` even
    /// for NULL.
    ///
    /// # Errors
    ///
    /// Whatever Diesel refuses.
    fn push<'b>(
        bind: &'b Bind,
        encoded: Option<&'b Self::Encoded>,
        pass: AstPass<'_, 'b, Self::Backend>,
    ) -> QueryResult<()>;
}

/// A statement that Diesel can run: its text interleaved with its binds, cached by its text or not at all.
///
/// ```ignore
/// let cached = budget.admit(statement).apply(&mut connection);
/// let query = DynamicQuery::<SqliteBinder>::new(statement, cached)?;
/// connection.execute_returning_count(&query)?;
/// ```
pub struct DynamicQuery<'a, B: Binder> {
    statement: &'a Statement,
    text: &'a str,
    // Empty as long as no bind needs encoding: a point query allocates nothing here.
    encoded: Vec<Option<B::Encoded>>,
    cached: bool,
}

impl<'a, B: Binder> DynamicQuery<'a, B> {
    /// Encodes the binds. `cached` says whether Diesel may keep the prepared statement, see
    /// [`CacheBudget`](crate::CacheBudget).
    ///
    /// # Errors
    ///
    /// Those of [`Binder::encode`]; `is_invalid_query()` for a statement whose text and binds don't fit.
    pub fn new(statement: &'a Statement, cached: bool) -> Result<Self> {
        let binds = statement.binds();
        if statement.placeholders().len() != binds.len() {
            return Err(Error::invalid_query(format!(
                "{} binds for {} placeholders",
                binds.len(),
                statement.placeholders().len()
            )));
        }
        let mut encoded = Vec::new();
        for (position, bind) in binds.iter().enumerate() {
            if let Some(value) = B::encode(bind)? {
                if encoded.is_empty() {
                    encoded.reserve_exact(binds.len());
                }
                encoded.resize_with(position, || None);
                encoded.push(Some(value));
            }
        }
        Ok(Self {
            statement,
            text: statement.text(),
            encoded,
            cached,
        })
    }

    /// Sends this text in the place of the statement's own. Its placeholders MUST stand where those of the statement do.
    #[must_use]
    pub fn with_text(mut self, text: &'a str) -> Self {
        self.text = text;
        self
    }
}

/// Splits what a dialect wrote for a bind around the marker that Diesel writes itself: `CAST(` `$1` ` AS jsonb)`.
fn around_marker(placeholder: &str) -> (&str, &str) {
    if placeholder.len() == 1 {
        return ("", "");
    }
    let Some(start) = placeholder.find(['?', '$']) else {
        return ("", "");
    };
    let (before, rest) = placeholder.split_at(start);
    let after = rest
        .strip_prefix(['?', '$'])
        .unwrap_or(rest)
        .trim_start_matches(|letter: char| letter.is_ascii_digit());
    (before, after)
}

impl<B: Binder> QueryFragment<B::Backend> for DynamicQuery<'_, B> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, B::Backend>) -> QueryResult<()> {
        if !self.cached {
            pass.unsafe_to_cache_prepared();
        }
        let text = self.text;
        let mut position = 0;
        let pairs = self
            .statement
            .placeholders()
            .iter()
            .zip(self.statement.binds());
        for (index, (range, bind)) in pairs.enumerate() {
            let (Some(sql), Some(placeholder)) =
                (text.get(position..range.start), text.get(range.clone()))
            else {
                return Err(misplaced());
            };
            let (before, after) = around_marker(placeholder);
            pass.push_sql(sql);
            if !before.is_empty() {
                pass.push_sql(before);
            }
            let encoded = self.encoded.get(index).and_then(Option::as_ref);
            B::push(bind, encoded, pass.reborrow())?;
            if !after.is_empty() {
                pass.push_sql(after);
            }
            position = range.end;
        }
        pass.push_sql(text.get(position..).ok_or_else(misplaced)?);
        Ok(())
    }

    // Diesel would walk twice more, at each execution, to find out what is known here: the text that its cache goes by
    // and whether it may be cached.
    fn to_sql(
        &self,
        out: &mut <B::Backend as Backend>::QueryBuilder,
        _backend: &B::Backend,
    ) -> QueryResult<()> {
        out.push_sql(self.text);
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _backend: &B::Backend) -> QueryResult<bool> {
        Ok(self.cached)
    }
}

fn misplaced() -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError("a placeholder lies outside of the text".into())
}

impl<B: Binder> QueryId for DynamicQuery<'_, B> {
    type QueryId = ();

    // The text is known at run time alone, so Diesel caches by text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<B: Binder> Query for DynamicQuery<'_, B> {
    type SqlType = Untyped;
}

impl<B: Binder, C: Connection> diesel::query_dsl::RunQueryDsl<C> for DynamicQuery<'_, B> {}

#[cfg(test)]
mod tests {
    use super::around_marker;

    #[test]
    fn what_stands_around_a_marker_is_kept() {
        assert_eq!(around_marker("?"), ("", ""));
        assert_eq!(around_marker("$12"), ("", ""));
        assert_eq!(around_marker("CAST($3 AS jsonb)"), ("CAST(", " AS jsonb)"));
        assert_eq!(around_marker("$1::int8[]"), ("", "::int8[]"));
    }
}
