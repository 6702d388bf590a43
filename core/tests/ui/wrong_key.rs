extern crate birgus_core as birgus;

use birgus::prelude::*;

#[derive(Model)]
struct User {
    #[key(optional)]
    id: Option<i64>,
}

#[derive(Model)]
struct Reading {
    #[key]
    #[column(default = 5)]
    id: i64,
}

#[derive(Model)]
struct Point {
    #[key]
    a: i32,
    #[key]
    b: Option<i32>,
    #[key]
    c: i32,
    #[key]
    d: i32,
    #[key]
    #[key]
    e: i32,
}

fn main() {}
