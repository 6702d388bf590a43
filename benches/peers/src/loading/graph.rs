//! What is loaded: the sizes, the rows, and what everybody must make of them.

use serde::Deserialize;

/// How deep, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// 300 users with 10 posts each.
    Flat,
    /// 100 users with 10 posts each, which have 3 comments each.
    Tree,
}

/// The rows of one run, by their numbers from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    users: i64,
    /// For each user.
    posts: i64,
    /// For each post.
    comments: i64,
    /// Whether some users have no posts, and some posts no comments.
    gaps: bool,
}

/// A row of `users`, and the posts that were loaded with it.
pub(crate) type UserNode = (i64, String, Option<String>, Vec<PostNode>);
/// A row of `posts`, and the comments that were loaded with it.
pub(crate) type PostNode = (i64, i64, String, Option<String>, Vec<CommentNode>);
/// A row of `comments`.
pub(crate) type CommentNode = (i64, i64, String);

/// Everything that was loaded, in order of the keys.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Graph(Vec<UserNode>);

pub(crate) fn user(
    id: i64,
    name: String,
    hair_color: Option<String>,
    posts: Vec<PostNode>,
) -> UserNode {
    (id, name, hair_color, posts)
}

pub(crate) fn post(
    id: i64,
    user_id: i64,
    title: String,
    body: Option<String>,
    comments: Vec<CommentNode>,
) -> PostNode {
    (id, user_id, title, body, comments)
}

pub(crate) fn comment(id: i64, post_id: i64, text: String) -> CommentNode {
    (id, post_id, text)
}

impl FromIterator<UserNode> for Graph {
    fn from_iter<I: IntoIterator<Item = UserNode>>(users: I) -> Self {
        Self(users.into_iter().collect()).sorted()
    }
}

impl Graph {
    /// Without an ORDER BY the rows may come in any order, so what was loaded is compared in order of the keys.
    pub(crate) fn sorted(mut self) -> Self {
        self.0.sort();
        for (_, _, _, posts) in &mut self.0 {
            posts.sort();
            for (_, _, _, _, comments) in posts {
                comments.sort();
            }
        }
        self
    }

    /// How many users, posts and comments there are, for whoever reads that two graphs differ.
    pub(crate) fn size(&self) -> String {
        let posts = || self.0.iter().flat_map(|(_, _, _, posts)| posts);
        let comments: usize = posts().map(|(_, _, _, _, comments)| comments.len()).sum();
        format!(
            "{} users, {} posts, {comments} comments",
            self.0.len(),
            posts().count()
        )
    }
}

impl Work {
    pub(crate) const ALL: [Self; 2] = [Self::Flat, Self::Tree];

    /// As it is called between processes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Tree => "tree",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Flat => "300 users × 10 posts",
            Self::Tree => "100 users × 10 posts × 3 comments",
        }
    }

    /// What is loaded while it is timed.
    pub(crate) fn rows(self) -> Rows {
        let (users, posts, comments) = match self {
            Self::Flat => (300, 10, 0),
            Self::Tree => (100, 10, 3),
        };
        Rows {
            users,
            posts,
            comments,
            gaps: false,
        }
    }
}

impl Rows {
    /// Few rows that are less even than those which are timed: parents without children come back with empty lists.
    pub(crate) const UNEVEN: Self = Self {
        users: 12,
        posts: 3,
        comments: 2,
        gaps: true,
    };

    /// Whether the user of this number has posts.
    fn posts_of(self, user: i64) -> bool {
        !self.gaps || user % 4 != 0
    }

    /// Whether the post of this number has comments.
    fn comments_of(self, post: i64) -> bool {
        !self.gaps || post % 5 != 0
    }

    /// Statements that fill empty tables, on every engine.
    pub(crate) fn fill(self) -> Vec<String> {
        let numbers = |count: i64| {
            format!(
                "WITH RECURSIVE numbers(number) AS ( \
                 SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {count})"
            )
        };
        let mut statements = vec![format!(
            "INSERT INTO users (id, name, hair_color) {} \
             SELECT number, 'User ' || number, \
             CASE number % 3 WHEN 0 THEN NULL WHEN 1 THEN 'black' ELSE 'brown' END FROM numbers",
            numbers(self.users)
        )];
        let posts = self.users * self.posts;
        statements.push(format!(
            "INSERT INTO posts (id, user_id, title, body) {} \
             SELECT number, 1 + (number - 1) / {}, 'Title ' || number, \
             CASE number % 2 WHEN 0 THEN NULL ELSE 'What is said in post ' || number END FROM numbers",
            numbers(posts),
            self.posts
        ));
        if self.comments > 0 {
            statements.push(format!(
                "INSERT INTO comments (id, post_id, text) {} \
                 SELECT number, 1 + (number - 1) / {}, 'Comment ' || number FROM numbers",
                numbers(posts * self.comments),
                self.comments
            ));
        }
        if self.gaps {
            statements.push(
                "DELETE FROM comments WHERE post_id % 5 = 0 \
                 OR post_id IN (SELECT id FROM posts WHERE user_id % 4 = 0)"
                    .to_owned(),
            );
            statements.push("DELETE FROM posts WHERE user_id % 4 = 0".to_owned());
        }
        statements
    }

    /// What everybody must load of these rows.
    pub(crate) fn graph(self, work: Work) -> Graph {
        let comments = |post_id: i64| {
            let first = (post_id - 1) * self.comments;
            (first + 1..=first + self.comments)
                .map(|id| comment(id, post_id, format!("Comment {id}")))
                .filter(|_| work == Work::Tree && self.comments_of(post_id))
                .collect()
        };
        let posts = |user_id: i64| {
            let first = (user_id - 1) * self.posts;
            (first + 1..=first + self.posts)
                .map(|id| {
                    let body = (id % 2 == 1).then(|| format!("What is said in post {id}"));
                    post(id, user_id, format!("Title {id}"), body, comments(id))
                })
                .filter(|_| self.posts_of(user_id))
                .collect()
        };
        (1..=self.users)
            .map(|id| {
                let hair_color = match id % 3 {
                    0 => None,
                    1 => Some("black".to_owned()),
                    _ => Some("brown".to_owned()),
                };
                user(id, format!("User {id}"), hair_color, posts(id))
            })
            .collect()
    }
}
