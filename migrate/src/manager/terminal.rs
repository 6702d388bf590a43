//! Questions to somebody at a terminal, and bars that show how far a long work has come.

use birgus_core::{Error, Result};
use dialoguer::{Confirm, Input, Select};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::{Output, good, id};
use crate::apply::{Course, Event};
use crate::generate::{Answer, Asker};
use crate::state::Question;

/// Somebody at a terminal.
pub(super) struct Terminal;

impl Asker for Terminal {
    fn is_there(&self) -> bool {
        true
    }

    fn ask(&mut self, question: &Question, check: &dyn Fn(&str) -> Result<()>) -> Result<Answer> {
        match question {
            Question::Table { old, new }
            | Question::Column { old, new, .. }
            | Question::EnumValue { old, new, .. } => {
                let mut items: Vec<String> =
                    new.iter().map(|new| format!("renamed to {new}")).collect();
                items.push(format!("dropped: {old} goes, with what is in it"));
                let chosen = Select::new()
                    .with_prompt(question.to_string())
                    .items(&items)
                    .default(0)
                    .interact()
                    .map_err(unanswered)?;
                Ok(new
                    .get(chosen)
                    .map_or(Answer::Dropped, |new| Answer::Renamed(new.clone())))
            }
            _ => Input::<String>::new()
                .with_prompt(format!(
                    "{question} (text in \"…\", a number, or an expression)"
                ))
                .validate_with(|text: &String| check(text).map_err(|error| error.to_string()))
                .interact_text()
                .map(Answer::Expression)
                .map_err(unanswered),
        }
    }
}

/// Asks for a yes.
pub(super) fn confirm(prompt: &str) -> Result<bool> {
    Confirm::new()
        .with_prompt(prompt)
        .default(false)
        .interact()
        .map_err(unanswered)
}

fn unanswered(error: dialoguer::Error) -> Error {
    Error::migration("nobody answered; nothing was done").with_source(error)
}

/// Prints what is done, with a bar beside it on a terminal.
pub(super) fn watcher(output: &Output) -> impl FnMut(Event<'_>) + Send + 'static {
    let output = output.clone();
    let target = if output.is_interactive() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len}") {
        bar.set_style(style);
    }
    move |event| match event {
        Event::Revision {
            revision, steps, ..
        } => {
            bar.reset();
            bar.set_length(steps as u64);
            bar.set_message(revision.id.clone());
        }
        Event::StepDone { step, total } => {
            bar.set_length(total as u64);
            bar.set_position(step as u64);
        }
        Event::Rows { done, total } => {
            bar.set_length(total);
            bar.set_position(done);
        }
        Event::RevisionDone { revision, course } => {
            let word = match course {
                Course::Downgrading => "took back",
                Course::Upgrading | Course::Applied => "applied",
            };
            let text = format!("{} {} {}", good(word), id(&revision.id), revision.message);
            bar.suspend(|| output.line(text.trim_end()));
            bar.finish_and_clear();
        }
        Event::StepBegins { .. } => {}
    }
}
