//! Birgus.
#![forbid(unsafe_code)]
