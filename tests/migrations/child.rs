//! This test program as another process: one that migrates, and perhaps is killed.

use std::process::{Command, Output, Stdio};

use birgus::migrate::Migrator;
use birgus::migrate::apply::Event;
use birgus::migrate::history::{Graph, Target};
use birgus::{Config, Database};

use crate::lab::Lab;

const URL: &str = "BIRGUS_TEST_CHILD_URL";
const GOAL: &str = "BIRGUS_TEST_CHILD_GOAL";
const KILL: &str = "BIRGUS_TEST_CHILD_KILL";

/// Where a process is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Moment {
    /// Before a statement, the one before it being noted.
    Before,
    /// After a statement that is not noted yet.
    After,
}

/// A process that leads a lab's database to `goal`: `head`, or `base`; `name` is the test that does it, by [`work`]. It is killed
/// at the `kill`th such moment.
pub(crate) fn process(lab: &Lab, name: &str, goal: &str, kill: Option<(Moment, usize)>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(URL, lab.secret_url())
        .env(GOAL, goal)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match kill {
        Some((moment, number)) => command.env(KILL, format!("{moment:?} {number}")),
        None => command.env_remove(KILL),
    };
    command
}

/// How many revisions a process that was well carried out.
pub(crate) fn carried(output: &Output) -> usize {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("carried "));
    let Some(line) = line.filter(|_| output.status.success()) else {
        panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
    };
    line.parse().unwrap()
}

/// Does the work of such a process; in any other one, nothing.
pub(crate) fn work(graph: &Graph) {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let goal = std::env::var(GOAL).unwrap();
    let db = Database::with_models(Config::new(url.parse().unwrap()), []).unwrap();
    let kill = std::env::var(KILL).ok();
    let (moment, mut left) = match kill.as_deref().and_then(|kill| kill.split_once(' ')) {
        Some((moment, number)) => (moment.to_owned(), number.parse().unwrap()),
        None => (String::new(), 0_usize),
    };
    let mut migrator = Migrator::new(&db, graph).watch(move |event| {
        let meant = match event {
            Event::StepBegins { .. } => moment == "Before",
            Event::StepDone { .. } | Event::Rows { .. } | Event::RevisionDone { .. } => {
                moment == "After"
            }
            _ => false,
        };
        if meant {
            left -= 1;
            if left == 0 {
                kill_this();
            }
        }
    });
    let target = Target::read(&goal).unwrap();
    let gone = match target {
        Target::Base => migrator.downgrade(&target).unwrap(),
        _ => migrator.upgrade(&target).unwrap(),
    };
    println!("\ncarried {}", gone.len());
}

/// Ends this process at once: nothing is rolled back, closed or written.
fn kill_this() {
    let id = std::process::id().to_string();
    Command::new("kill").args(["-KILL", &id]).status().unwrap();
    loop {
        std::thread::park();
    }
}
