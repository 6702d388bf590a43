extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    #[many_to_many(User, through = Following)]
    following: Many<User>,
    #[many_to_many(Self, through = Following, from = follower_id)]
    followers: Many<User>,
}

struct Following;

fn main() {}
