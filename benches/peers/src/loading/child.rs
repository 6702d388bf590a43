//! A competitor in a process of its own: another language, or a library that can't be linked beside the others.
//!
//! It is written one command a line, and answers each by one line: `sql STATEMENT` and `work NAME` by `ok`, `graph` by
//! JSON, `go TIMES` by the nanoseconds that it took by its own clock. In between it waits, and holds its data.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::entrant::Load;
use super::graph::{Graph, Work};

pub(super) struct Child {
    process: Process,
    /// `None` once it has been told that nothing more comes.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    work: Option<Work>,
}

impl Child {
    /// Starts the command; its complaints go to this program's.
    pub(super) fn start(mut command: Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", command.get_program().display()))?;
        let commands = process.stdin.take();
        let answers = process.stdout.take().context("the process has no output")?;
        Ok(Self {
            process,
            commands,
            answers: BufReader::new(answers),
            work: None,
        })
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        let commands = self.commands.as_mut().context("the process has ended")?;
        // In one piece: each write would wake it up.
        commands.write_all(format!("{command}\n").as_bytes())?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        ensure!(
            answer.ends_with('\n'),
            "the process ended without an answer; it says why above"
        );
        answer.pop();
        Ok(answer)
    }

    fn tell(&mut self, command: &str) -> Result<()> {
        let answer = self.ask(command)?;
        ensure!(answer == "ok", "answered {answer}");
        Ok(())
    }

    fn begin(&mut self, work: Work) -> Result<()> {
        if self.work != Some(work) {
            self.tell(&format!("work {}", work.name()))?;
            self.work = Some(work);
        }
        Ok(())
    }
}

impl Load for Child {
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.tell(&format!("sql {}", sql.replace('\n', " ")))
    }

    fn time(&mut self, work: Work, times: u32) -> Result<Duration> {
        self.begin(work)?;
        let nanoseconds = self.ask(&format!("go {times}"))?;
        let nanoseconds = nanoseconds.parse().context("not a number of nanoseconds")?;
        Ok(Duration::from_nanos(nanoseconds))
    }

    fn graph(&mut self, work: Work) -> Result<Graph> {
        self.begin(work)?;
        serde_json::from_str(&self.ask("graph")?).context("not a graph")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It ends when nothing more can come, and is waited for so that its connection is gone before its tables are.
        self.commands = None;
        if let Err(error) = self.process.wait() {
            eprintln!("waiting for a competitor's process: {error}");
        }
    }
}
