//! Relations of values that are in hand.

use super::level::Given;
use super::loading::{self, ValuesHost};
use super::relation::Relationship;
use crate::Result;
use crate::model::Model;
use crate::query::Executor;

/// Loads a relationship of values that are in hand, for all of them together: what [`Query::with`](crate::Query::with) does
/// along with a query. `joined` is `selectin` here, since there is no query to join.
///
/// ```no_run
/// # extern crate birgus_core as birgus;
/// # use birgus::prelude::*;
/// # #[derive(Model)]
/// # pub struct User { #[key] pub id: i64, #[has_many(Post)] pub posts: Many<Post> }
/// # #[derive(Model)]
/// # pub struct Post { #[key] pub id: i64, #[column(references = User::id)] pub author_id: i64 }
/// # fn main() {}
/// fn count_posts(users: &mut [User], db: &Database) -> birgus::Result<usize> {
///     birgus::load(users, User::posts, db)?; // one statement
///     let mut number = 0;
///     for user in users {
///         number += user.posts.loaded()?.len();
///     }
///     Ok(number)
/// }
/// ```
///
/// # Errors
///
/// As [`Query::all`](crate::Query::all).
pub fn load<M: Model>(
    objects: &mut [M],
    relationship: impl Relationship<Owner = M>,
    mut executor: impl Executor,
) -> Result<()> {
    let step = relationship.related().into_step();
    let mut host = ValuesHost(&mut executor);
    loading::load(&mut host, &mut Given(objects), vec![step])
}
