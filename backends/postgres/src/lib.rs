//! PostgreSQL for Birgus.
#![forbid(unsafe_code)]
