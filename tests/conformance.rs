//! The one behaviour suite, on every driver that is compiled in. See `birgus-conformance`.
#![forbid(unsafe_code)]

mod support;

fn main() {
    match birgus_conformance::known_pairs(&support::linked_pairs()) {
        Ok(pairs) => birgus_conformance::run(pairs),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
    }
}
