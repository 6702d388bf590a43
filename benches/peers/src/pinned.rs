//! Which cores a process may run on: a round trip between two cores takes several times as long as one within a core.

/// The cores of a process of this machine, as Linux lists them: `1`, `0-3`. `None` where it does not tell.
pub(crate) fn cores(process: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some(line.trim().to_owned())
}

/// Whether somebody is pinned to one core, in words.
pub(crate) fn sentence(who: &str, cores: &Option<String>) -> String {
    match cores {
        Some(core) if core.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{who} is pinned to core {core}")
        }
        Some(cores) => format!("{who} is **not pinned** (cores {cores}; see README.md)"),
        None => format!("whether {who} is pinned is not known"),
    }
}
