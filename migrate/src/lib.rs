//! Schema comparison.
#![forbid(unsafe_code)]
