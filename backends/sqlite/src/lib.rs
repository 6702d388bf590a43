//! SQLite for Birgus.
#![forbid(unsafe_code)]
