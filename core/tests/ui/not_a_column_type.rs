extern crate birgus_core as birgus;

use birgus::prelude::*;

use std::net::IpAddr;

#[derive(Model)]
struct Visit {
    #[key]
    id: i64,
    address: IpAddr,
}

#[derive(Model)]
struct Reading {
    #[key]
    value: f64,
}

fn main() {}
