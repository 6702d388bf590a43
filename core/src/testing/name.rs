//! Names of throw-away databases.

use chrono::Utc;
use uuid::Uuid;

/// A name that nothing else has, and that tells what it is and of when.
pub(super) fn unique_name() -> String {
    let time = Utc::now().format("%Y%m%d_%H%M%S");
    // The half of a UUID is enough beside the time.
    let (_, random) = Uuid::new_v4().as_u64_pair();
    format!("birgus_test_{time}_{random:016x}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_differ_and_need_no_quotes() {
        let names: HashSet<_> = (0..1_000).map(|_| unique_name()).collect();
        assert_eq!(names.len(), 1_000);
        for name in names {
            assert_eq!(
                name.len(),
                "birgus_test_20260131_235959_0123456789abcdef".len()
            );
            let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
            assert!(
                name.starts_with("birgus_test_") && name.bytes().all(plain),
                "{name}"
            );
        }
    }
}
