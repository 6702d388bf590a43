//! Texts that are the same at every execution, rendered once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Result;
use crate::backend::{Dialect, Statement, StatementText};
use crate::model::ModelInfo;

/// The texts of one model, one a dialect: a program has few of these.
type Texts = Vec<(&'static dyn Dialect, Arc<StatementText>)>;

thread_local! {
    /// The SELECT of a row by its key, by the address of the model. Each thread has its own, so that a look-up waits
    /// for nobody.
    static BY_KEY: RefCell<BTreeMap<usize, Texts>> = const { RefCell::new(BTreeMap::new()) };
}

/// The text of the SELECT of a row of `model` by its key; `render` gives it the first time.
///
/// # Errors
///
/// Those of `render`.
pub(super) fn by_key(
    model: &'static ModelInfo,
    dialect: &'static dyn Dialect,
    render: impl FnOnce() -> Result<Statement>,
) -> Result<Arc<StatementText>> {
    let address = std::ptr::from_ref(model).addr();
    let known = BY_KEY.with_borrow(|models| {
        let texts = models.get(&address)?;
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
    BY_KEY.with_borrow_mut(|models| {
        let texts = models.entry(address).or_default();
        texts.push((dialect, Arc::clone(&text)));
    });
    Ok(text)
}
