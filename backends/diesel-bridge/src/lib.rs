//! A rendered Birgus statement as a Diesel query.
#![forbid(unsafe_code)]
