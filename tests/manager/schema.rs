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

/// Users who say what they were called.
pub(crate) mod hinted {
    use super::*;

    #[derive(DbEnum, Clone, Copy, Debug)]
    pub(crate) enum Role {
        #[db(was = "admin")]
        Root,
        Guest,
    }

    #[derive(Model)]
    #[model(register = false, was = "user")]
    pub(crate) struct Account {
        #[key]
        pub(crate) id: i64,
        #[column(length = 64, unique, was = "username")]
        pub(crate) name: String,
        pub(crate) role: Role,
    }

    #[derive(DbEnum, Clone, Copy, Debug)]
    pub(crate) enum OldRole {
        Admin,
        Guest,
    }

    #[derive(Model)]
    #[model(register = false)]
    pub(crate) struct User {
        #[key]
        pub(crate) id: i64,
        #[column(length = 64, unique)]
        pub(crate) username: String,
        pub(crate) role: OldRole,
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
