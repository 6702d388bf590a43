//! The models of an application as it grows.

use birgus::model::ModelInfo;
use birgus::prelude::*;

#[derive(Model)]
#[model(register = false)]
pub(crate) struct User {
    #[key]
    pub(crate) id: i64,
    #[column(length = 64, unique)]
    pub(crate) username: String,
}

#[derive(Model)]
#[model(register = false)]
pub(crate) struct Post {
    #[key]
    pub(crate) id: i64,
    #[column(length = 140)]
    pub(crate) body: String,
    #[column(references = User::id)]
    pub(crate) author_id: i64,
}

/// The users when they are older.
pub(crate) mod later {
    use super::*;

    #[derive(Model)]
    #[model(register = false)]
    pub(crate) struct User {
        #[key]
        pub(crate) id: i64,
        #[column(length = 64, unique)]
        pub(crate) name: String,
        pub(crate) age: i32,
    }
}

pub(crate) fn users() -> Vec<&'static ModelInfo> {
    vec![User::info()]
}

pub(crate) fn users_and_posts() -> Vec<&'static ModelInfo> {
    vec![User::info(), Post::info()]
}

pub(crate) fn older_users() -> Vec<&'static ModelInfo> {
    vec![later::User::info()]
}
