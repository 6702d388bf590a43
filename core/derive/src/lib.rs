//! The derive macros of Birgus.
#![forbid(unsafe_code)]
