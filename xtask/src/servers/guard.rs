//! A server process that can't outlive this program.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a server may take until it lets us in.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the server and stops it as soon as the shell's standard input ends. That pipe ends when the guard is
/// dropped and also when this program is killed, so no server and no folder is left behind.
const SHELL: &str = r#"
dir=$1 signal=$2; shift 2
exec 3<&0
"$@" </dev/null >"$dir/server.log" 2>&1 3<&- &
server=$!
(cat <&3 >/dev/null; : >"$dir/stopping"; kill -s "$signal" "$server") 2>/dev/null &
watch=$!
wait "$server"
if [ -e "$dir/stopping" ]; then rm -rf "$dir"; else kill "$watch"; exit 1; fi
"#;

/// A temporary folder, removed when dropped unless a server has taken it over.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Result<Folder> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("birgus-{name}-{}-{count}", process::id()));
        fs::create_dir(&path).with_context(|| format!("the folder {}", path.display()))?;
        Ok(Folder(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing is lost when a temporary folder stays.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running server with its folder; both go when it is dropped.
pub(crate) struct Guard {
    shell: Child,
    folder: Folder,
}

impl Guard {
    /// Starts `server`, which stops at `signal`.
    pub(crate) fn spawn(folder: Folder, signal: &str, server: &Command) -> Result<Guard> {
        let shell = Command::new("sh")
            .args(["-c", SHELL, "sh"])
            .arg(folder.path())
            .arg(signal)
            .arg(server.get_program())
            .args(server.get_args())
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Control-C at the terminal ends the tests first, then the pipe ends the server.
            .process_group(0)
            .spawn()
            .context("sh")?;
        Ok(Guard { shell, folder })
    }

    /// Repeats `ready` until it succeeds; fails when the server ends or takes too long.
    pub(crate) fn wait_until<T>(mut self, ready: impl Fn() -> Result<T>) -> Result<(Guard, T)> {
        let start = Instant::now();
        loop {
            let error = match ready() {
                Ok(value) => return Ok((self, value)),
                Err(error) => error,
            };
            if self.shell.try_wait()?.is_some() {
                bail!("the server ended: {}", self.last_words());
            }
            if start.elapsed() > PATIENCE {
                bail!(
                    "the server is not ready after {PATIENCE:?}: {error:#}; {}",
                    self.last_words()
                );
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn last_words(&self) -> String {
        let log = fs::read(self.folder.path().join("server.log")).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&log))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // The shell ends after the server; there is nobody to tell when it can't be waited for.
        let _ = self.shell.wait();
    }
}

/// The end of a program's output, on one line.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines[lines.len().saturating_sub(3)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_and_its_folder_go_with_the_guard() {
        let folder = Folder::new("test").unwrap();
        let path = folder.path().to_owned();
        let mut command = Command::new("sleep");
        command.arg("600");
        let guard = Guard::spawn(folder, "TERM", &command).unwrap();
        let (guard, ()) = guard.wait_until(|| Ok(())).unwrap();
        assert!(path.exists());
        let start = Instant::now();
        drop(guard);
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "the server was told to stop"
        );
        assert!(!path.exists());
    }

    #[test]
    fn a_server_that_ends_at_once_is_reported_with_its_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no room left; exit 3"]);
        let guard = Guard::spawn(Folder::new("test").unwrap(), "TERM", &command).unwrap();
        let error = guard
            .wait_until(|| -> Result<()> { bail!("not yet") })
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.to_string(), "the server ended: no room left");
    }
}
