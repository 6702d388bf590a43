//! What fields of relationships share with their clones.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A value that several fields share.
///
/// Its type is hidden from the field's: models lead to each other, and the compiler would follow all of them to find whether one
/// may be sent to another thread, until it gives up (some fifteen are too many for its limit).
pub(super) struct Shared<T> {
    value: Arc<dyn Any + Send + Sync>,
    of: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Shared<T> {
    pub(super) fn new(value: Arc<T>) -> Self {
        Self {
            value,
            of: PhantomData,
        }
    }

    /// The value, to be changed: a copy of its own when it is shared.
    pub(super) fn make_mut(&mut self) -> Option<&mut T>
    where
        T: Clone,
    {
        if Arc::get_mut(&mut self.value).is_none() {
            let copy = self.get()?.clone();
            self.value = Arc::new(copy);
        }
        Arc::get_mut(&mut self.value)?.downcast_mut()
    }

    /// The value, taken out; it is cloned when it is shared.
    pub(super) fn into_inner(self) -> Option<T>
    where
        T: Clone,
    {
        self.value.downcast().ok().map(Arc::unwrap_or_clone)
    }
}

impl<T: 'static> Shared<T> {
    /// The value: always there, since nothing else is put in.
    pub(super) fn get(&self) -> Option<&T> {
        self.value.downcast_ref()
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            of: PhantomData,
        }
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}
