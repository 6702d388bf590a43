//! Birgus' turns at loading, by its relationships.

use anyhow::Result;
use birgus::PooledConnection;
use birgus::backend::Connection as _;
use birgus::prelude::*;

use crate::loading::{self, CommentNode, Entrant, Graph, Loader, PostNode, comment, post};
use crate::postgres_bed::Bed;

/// A name in the tables, and what makes the one who takes part by it.
pub(crate) type Way = (&'static str, Box<dyn FnOnce() -> Result<Entrant>>);

#[derive(Model)]
#[model(table = "users", register = false)]
struct User {
    #[key]
    id: i64,
    name: String,
    hair_color: Option<String>,
    #[has_many(Post)]
    posts: Many<Post>,
}

#[derive(Model)]
#[model(table = "posts", register = false)]
struct Post {
    #[key]
    id: i64,
    #[column(references = User::id)]
    user_id: i64,
    title: String,
    body: Option<String>,
    #[has_many(Comment)]
    comments: Many<Comment>,
}

#[derive(Model)]
#[model(table = "comments", register = false)]
struct Comment {
    #[key]
    id: i64,
    #[column(references = Post::id)]
    post_id: i64,
    text: String,
}

/// The strategies that load for many parents at once.
#[derive(Clone, Copy)]
enum Form {
    Selectin,
    Subquery,
    Joined,
}

struct BirgusLoader {
    connection: PooledConnection,
    form: Form,
}

impl BirgusLoader {
    fn connect(url: &str, form: Form) -> Result<Self> {
        let mut config = Config::new(url.parse()?);
        config.pool.size = 1;
        let models = [User::info(), Post::info(), Comment::info()];
        // The connection keeps the pool alive.
        let connection = Database::with_models(config, models)?.connection()?;
        Ok(Self { connection, form })
    }
}

/// Users with their posts.
struct Flat(Vec<User>);
/// Users with their posts, and those with their comments.
struct Tree(Vec<User>);

impl Loader for BirgusLoader {
    type Flat = Flat;
    type Tree = Tree;

    fn batch(&mut self, sql: &str) -> Result<()> {
        Ok(self.connection.batch(sql)?)
    }

    fn flat(&mut self) -> Result<Flat> {
        let posts = match self.form {
            Form::Selectin => User::posts.selectin(),
            Form::Subquery => User::posts.subquery(),
            Form::Joined => User::posts.joined(),
        };
        Ok(Flat(User::query().with(posts).all(&mut self.connection)?))
    }

    fn tree(&mut self) -> Result<Tree> {
        let posts = match self.form {
            Form::Selectin => User::posts.selectin().with(Post::comments.selectin()),
            Form::Subquery => User::posts.subquery().with(Post::comments.subquery()),
            // The first collection is joined; the one below it goes by a statement of its own.
            Form::Joined => User::posts.joined().with(Post::comments.joined()),
        };
        Ok(Tree(User::query().with(posts).all(&mut self.connection)?))
    }
}

/// Reading what was not loaded is an error, which no entrant could make of its rows: then there is nothing to compare.
fn comment_nodes(row: &Post) -> Vec<CommentNode> {
    let rows = row.comments.loaded().unwrap_or_default();
    (rows.iter())
        .map(|row| comment(row.id, row.post_id, row.text.clone()))
        .collect()
}

fn graph(users: Vec<User>) -> Graph {
    (users.into_iter())
        .map(|user| {
            let posts: Vec<PostNode> = (user.posts.loaded().unwrap_or_default().iter())
                .map(|row| {
                    let comments = comment_nodes(row);
                    let (title, body) = (row.title.clone(), row.body.clone());
                    post(row.id, row.user_id, title, body, comments)
                })
                .collect();
            loading::user(user.id, user.name, user.hair_color, posts)
        })
        .collect()
}

impl From<Flat> for Graph {
    fn from(Flat(users): Flat) -> Self {
        graph(users)
    }
}

impl From<Tree> for Graph {
    fn from(Tree(users): Tree) -> Self {
        graph(users)
    }
}

fn ways(url: &str, named: [(&'static str, Form); 3]) -> Vec<Way> {
    named
        .into_iter()
        .map(|(name, form)| {
            let url = url.to_owned();
            let entrant: Box<dyn FnOnce() -> Result<Entrant>> = Box::new(move || {
                let loader = BirgusLoader::connect(&url, form)?;
                Ok(Entrant::new(name, loader))
            });
            (name, entrant)
        })
        .collect()
}

/// On SQLite, in memory.
pub(crate) fn sqlite() -> Vec<Way> {
    ways(
        "sqlite::memory:",
        [
            ("Birgus, selectin", Form::Selectin),
            ("Birgus, subquery", Form::Subquery),
            ("Birgus, joined", Form::Joined),
        ],
    )
}

/// On PostgreSQL, by both drivers; [`Bed::birgus`] gives the URL of a driver.
pub(crate) fn postgres(bed: &Bed) -> Vec<Way> {
    let mut all = ways(
        &bed.birgus("postgresql+libpq"),
        [
            ("Birgus, libpq, selectin", Form::Selectin),
            ("Birgus, libpq, subquery", Form::Subquery),
            ("Birgus, libpq, joined", Form::Joined),
        ],
    );
    all.extend(ways(
        &bed.birgus("postgresql"),
        [
            ("Birgus, `postgres`, selectin", Form::Selectin),
            ("Birgus, `postgres`, subquery", Form::Subquery),
            ("Birgus, `postgres`, joined", Form::Joined),
        ],
    ));
    all
}
