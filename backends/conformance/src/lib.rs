//! The one behaviour suite that every engine runs.
#![forbid(unsafe_code)]
