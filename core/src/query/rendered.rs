//! Texts that are the same at every execution, rendered once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Result;
use crate::backend::{Dialect, Statement, StatementText};
use crate::model::ModelInfo;

/// A query of a model that always has the same text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fixed {
    /// Every row.
    All(Columns),
    /// The row with a key.
    ByKey(Columns),
}

/// The columns that such a query reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Columns {
    /// Every one.
    All,
    /// Those that are not left out by default.
    Default,
}

/// The texts of one query, one a dialect: a program has few of these.
type Texts = Vec<(&'static dyn Dialect, Arc<StatementText>)>;

thread_local! {
    /// The texts, by the address of the model. Each thread has its own, so that a look-up waits for nobody.
    static TEXTS: RefCell<BTreeMap<(usize, Fixed), Texts>> = const { RefCell::new(BTreeMap::new()) };
}

/// The text of a query of `model`; `render` gives it the first time.
///
/// # Errors
///
/// Those of `render`.
pub(super) fn text(
    model: &'static ModelInfo,
    query: Fixed,
    dialect: &'static dyn Dialect,
    render: impl FnOnce() -> Result<Statement>,
) -> Result<Arc<StatementText>> {
    let key = (std::ptr::from_ref(model).addr(), query);
    let known = TEXTS.with_borrow(|queries| {
        let texts = queries.get(&key)?;
        // The type's table of methods is compared too: dialects without data may share an address.
        let (_, text) = texts
            .iter()
            .find(|(known, _)| std::ptr::eq(*known, dialect))?;
        Some(Arc::clone(text))
    });
    if let Some(text) = known {
        return Ok(text);
    }
    let text = render()?.into_text();
    TEXTS.with_borrow_mut(|queries| {
        let texts = queries.entry(key).or_default();
        texts.push((dialect, Arc::clone(&text)));
    });
    Ok(text)
}
