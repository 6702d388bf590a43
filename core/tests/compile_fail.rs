//! What must not compile, and what the compiler says then.

#[test]
fn mistakes_are_told_in_the_words_of_the_model() {
    let cases = trybuild::TestCases::new();
    // A case that passes also makes trybuild build instead of check, which some refusals need.
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/*.rs");
}
