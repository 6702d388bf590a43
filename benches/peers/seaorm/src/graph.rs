//! What was loaded, as JSON: arrays of columns, each row's children last.

use serde_json::{Value, json};

use crate::entities::{comment, post, user};
use crate::forms::Loaded;

impl Loaded {
    pub(crate) fn graph(&self) -> Value {
        match self {
            Self::Users(users) => users
                .iter()
                .map(|(user, posts)| {
                    let posts = posts.iter().map(|post| post_of(post, Vec::new()));
                    user_of(user, posts.collect())
                })
                .collect(),
            Self::Trees(users) => users
                .iter()
                .map(|(user, posts)| {
                    let posts = posts.iter().map(|(post, comments)| {
                        post_of(post, comments.iter().map(comment_of).collect())
                    });
                    user_of(user, posts.collect())
                })
                .collect(),
            Self::Models(users) => users
                .iter()
                .map(|user| {
                    let posts = user.posts.iter().map(|post| {
                        let comments = post.comments.iter();
                        let comments = comments
                            .map(|comment| comment_of(&comment::Model::from(comment.clone())));
                        post_of(&post::Model::from(post.clone()), comments.collect())
                    });
                    user_of(&user::Model::from(user.clone()), posts.collect())
                })
                .collect(),
        }
    }
}

fn user_of(user: &user::Model, posts: Vec<Value>) -> Value {
    json!([user.id, user.name, user.hair_color, posts])
}

fn post_of(post: &post::Model, comments: Vec<Value>) -> Value {
    json!([post.id, post.user_id, post.title, post.body, comments])
}

fn comment_of(comment: &comment::Model) -> Value {
    json!([comment.id, comment.post_id, comment.text])
}
