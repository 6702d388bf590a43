//! What Birgus itself costs: the benches are in `benches/`, what can be counted instead of timed in `tests/`.
#![forbid(unsafe_code)]
