//! Steps that are functions of the program: data migrations.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use birgus_core::schema::Table;
use birgus_core::{Error, PooledConnection, Result};

/// What a function of the program works with.
#[derive(Debug)]
pub struct CodeContext<'a> {
    /// The connection, in the transaction of the step: what the function does is undone when it fails, or the program ends.
    pub connection: &'a mut PooledConnection,
    /// The tables as they are at this place, whatever the models say today.
    pub tables: &'a [Table],
}

type Function = Arc<dyn Fn(&mut CodeContext<'_>) -> Result<()> + Send + Sync>;

/// The functions of the program, by name.
#[derive(Clone, Default)]
pub(crate) struct CodeSteps(BTreeMap<String, Function>);

impl CodeSteps {
    pub(crate) fn add(
        &mut self,
        name: String,
        function: impl Fn(&mut CodeContext<'_>) -> Result<()> + Send + Sync + 'static,
    ) {
        self.0.insert(name, Arc::new(function));
    }

    pub(crate) fn call(&self, name: &str, context: &mut CodeContext<'_>) -> Result<()> {
        self.find(name)?(context)
    }

    pub(crate) fn find(&self, name: &str) -> Result<&Function> {
        self.0.get(name).ok_or_else(|| {
            Error::configuration(format!(
                "the step calls the function {name:?}, which this program has not registered"
            ))
        })
    }
}

impl fmt::Debug for CodeSteps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
