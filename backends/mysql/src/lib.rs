//! MySQL and MariaDB for Birgus.
#![forbid(unsafe_code)]
