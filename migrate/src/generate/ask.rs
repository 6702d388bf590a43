//! Open questions: asked where somebody can answer, or told with the flags that answer them.

use birgus_core::{Error, Result};

use super::answers::{checked_backfill, checked_using, renamed};
use crate::state::{Decisions, Operation, Question, State, plan};

/// An answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was renamed to one of those that are new.
    Renamed(String),
    /// It was dropped.
    Dropped,
    /// What the rows get, or what the values become.
    Expression(String),
}

/// Somebody who can be asked.
pub trait Asker {
    /// Whether somebody is there at all.
    fn is_there(&self) -> bool;

    /// Asks. `check` tells what is wrong with an expression, so that it can be asked again.
    ///
    /// # Errors
    ///
    /// When nobody answers.
    fn ask(&mut self, question: &Question, check: &dyn Fn(&str) -> Result<()>) -> Result<Answer>;
}

/// Nobody: open questions are errors.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Asker for Nobody {
    fn is_there(&self) -> bool {
        false
    }

    fn ask(&mut self, question: &Question, _: &dyn Fn(&str) -> Result<()>) -> Result<Answer> {
        Err(open(std::slice::from_ref(question)))
    }
}

/// Plans until nothing is open.
pub(super) fn settle(
    old: &State,
    new: &State,
    mut decisions: Decisions,
    asker: &mut dyn Asker,
) -> Result<(Vec<Operation>, Decisions)> {
    loop {
        let plan = plan(old, new, &decisions)?;
        // An answer may settle others, and raise new ones.
        let Some(question) = plan.questions.first() else {
            return Ok((plan.operations, decisions));
        };
        if !asker.is_there() {
            return Err(open(&plan.questions));
        }
        let now = renamed(old, new, &decisions)?;
        let typed = |text: &str| match question {
            Question::Backfill { table, column } => {
                checked_backfill(&now, new, &(table.clone(), column.clone()), text)
            }
            Question::Conversion { table, column, .. } => {
                checked_using(&now, new, &(table.clone(), column.clone()), text)
            }
            _ => Ok(text.to_owned()),
        };
        let answer = asker.ask(question, &|text| typed(text).map(drop))?;
        decide(&mut decisions, question, answer, &typed)?;
    }
}

fn decide(
    decisions: &mut Decisions,
    question: &Question,
    answer: Answer,
    typed: &dyn Fn(&str) -> Result<String>,
) -> Result<()> {
    match (question, answer) {
        (Question::Table { old, new }, Answer::Renamed(to)) if new.contains(&to) => {
            decisions.renamed_tables.insert(old.clone(), to);
        }
        (Question::Table { old, .. }, Answer::Dropped) => {
            decisions.dropped.insert(old.clone());
        }
        (Question::Column { table, old, new }, Answer::Renamed(to)) if new.contains(&to) => {
            decisions
                .renamed_columns
                .insert((table.clone(), old.clone()), to);
        }
        (Question::Column { table, old, .. }, Answer::Dropped) => {
            decisions.dropped.insert(format!("{table}.{old}"));
        }
        (
            Question::EnumValue {
                table,
                column,
                old,
                new,
            },
            Answer::Renamed(to),
        ) if new.contains(&to) => {
            let place = (table.clone(), column.clone(), old.clone());
            decisions.renamed_values.insert(place, to);
        }
        (
            Question::EnumValue {
                table, column, old, ..
            },
            Answer::Dropped,
        ) => {
            decisions.dropped.insert(format!("{table}.{column}.{old}"));
        }
        (Question::Backfill { table, column }, Answer::Expression(text)) => {
            let place = (table.clone(), column.clone());
            decisions.backfills.insert(place, typed(&text)?);
        }
        (Question::Conversion { table, column, .. }, Answer::Expression(text)) => {
            let place = (table.clone(), column.clone());
            decisions.conversions.insert(place, typed(&text)?);
        }
        _ => {
            return Err(Error::migration(format!(
                "that is no answer to: {question}"
            )));
        }
    }
    Ok(())
}

/// All that is open, with the flags that decide it.
fn open(questions: &[Question]) -> Error {
    let mut text = match questions.len() {
        1 => "one question is open; a flag answers it:".to_owned(),
        many => format!("{many} questions are open; a flag answers each:"),
    };
    for question in questions {
        text.push_str(&format!("\n  {question}\n"));
        for flag in flags(question, questions) {
            text.push_str(&format!("      {flag}\n"));
        }
    }
    Error::migration(text.trim_end().to_owned())
}

/// The flags that answer a question, as they are typed.
fn flags(question: &Question, all: &[Question]) -> Vec<String> {
    match question {
        Question::Table { old, new } => (new.iter())
            .map(|new| format!("--rename {old}={new}"))
            .chain([format!("--drop {old}")])
            .collect(),
        Question::Column { table, old, new } => (new.iter())
            .map(|new| format!("--rename {table}.{old}={table}.{new}"))
            .chain([format!("--drop {table}.{old}")])
            .collect(),
        Question::EnumValue {
            table,
            column,
            old,
            new,
        } => {
            let name = |text: &str| quoted(&format!("{table}.{column}.{text}"));
            (new.iter())
                .map(|new| {
                    let both = format!("{table}.{column}.{old}={table}.{column}.{new}");
                    format!("--rename {}", quoted(&both))
                })
                .chain([format!("--drop {}", name(old))])
                .collect()
        }
        Question::Backfill { table, column } => {
            let maybe = all.iter().any(|other| {
                matches!(other, Question::Column { table: of, new, .. } if of == table && new.contains(column))
            });
            let unless = if maybe {
                "   (unless it is a rename)"
            } else {
                ""
            };
            vec![format!("--backfill {table}.{column}='EXPRESSION'{unless}")]
        }
        Question::Conversion { table, column, .. } => {
            vec![format!("--using {table}.{column}='EXPRESSION'")]
        }
    }
}

/// A word as a shell takes it whole.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "._=-".contains(letter);
    if word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
