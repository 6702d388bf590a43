//! Children by parent, for those who have no ORM to do it.

use crate::{Comment, Post, User};

/// A user and what they posted.
pub type UserWithPosts = (User, Vec<Post>);

/// A user, what they posted, and what was said to it.
pub type Tree = (User, Vec<(Post, Vec<Comment>)>);

/// A list of children for each parent, in the parents' order.
///
/// # Examples
///
/// ```
/// let mut groups = birgus_peers_limit::Groups::new([7, 3]);
/// groups.put(3, 'a');
/// assert_eq!(groups.into_lists(), [vec![], vec!['a']]);
/// ```
#[derive(Debug)]
pub struct Groups<C> {
    /// The parents' keys, sorted, and where each parent is: they mostly come sorted, so this is cheaper than hashing.
    places: Vec<(i64, usize)>,
    /// Where the last child went: the next one mostly has the same parent.
    last: Option<(i64, usize)>,
    lists: Vec<Vec<C>>,
}

impl<C> Groups<C> {
    /// An empty list for each of these keys.
    pub fn new(keys: impl IntoIterator<Item = i64>) -> Self {
        let mut places: Vec<_> = keys.into_iter().zip(0..).collect();
        places.sort_unstable();
        Self {
            lists: places.iter().map(|_| Vec::new()).collect(),
            last: None,
            places,
        }
    }

    /// Adds a child to the list of its parent. A child of somebody else is dropped: it came between two statements.
    pub fn put(&mut self, parent: i64, child: C) {
        let place = match self.last {
            Some((last, place)) if last == parent => place,
            _ => match self.places.binary_search_by_key(&parent, |(key, _)| *key) {
                Ok(found) => self.places[found].1,
                Err(_) => return,
            },
        };
        self.last = Some((parent, place));
        self.lists[place].push(child);
    }

    /// The lists, in the order of the keys that were given.
    pub fn into_lists(self) -> Vec<Vec<C>> {
        self.lists
    }
}

/// Users with their posts, and posts with the comments that were found for them, in the posts' order.
pub fn tree(users: Vec<User>, posts: Vec<Post>, comments: Groups<Comment>) -> Vec<Tree> {
    let mut groups = Groups::new(users.iter().map(|user| user.id));
    for (post, comments) in posts.into_iter().zip(comments.into_lists()) {
        groups.put(post.user_id, (post, comments));
    }
    users.into_iter().zip(groups.into_lists()).collect()
}
