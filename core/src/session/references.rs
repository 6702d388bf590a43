//! The foreign keys of a model, whether over one column or several.

use crate::model::{Cascade, ModelInfo};
use crate::schema::ReferentialAction;

/// A foreign key of a model.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// The fields, in order.
    pub(crate) fields: Vec<usize>,
    /// The model that is referenced.
    pub(crate) target: &'static ModelInfo,
    /// The referenced fields, in the same order.
    pub(crate) target_fields: Vec<usize>,
    pub(crate) on_delete: ReferentialAction,
    pub(crate) on_update: ReferentialAction,
    pub(crate) cascade: Cascade,
}

impl Reference {
    /// The fields that can be NULL, so that the key references nothing.
    pub(crate) fn nullable(&self, model: &'static ModelInfo) -> Vec<usize> {
        let nullable = |field: &&usize| model.fields[**field].nullable;
        self.fields.iter().filter(nullable).copied().collect()
    }
}

/// The foreign keys of a model.
pub(crate) fn references(model: &'static ModelInfo) -> Vec<Reference> {
    let mut references = Vec::new();
    for (position, field) in model.fields.iter().enumerate() {
        if let Some(reference) = &field.references {
            let target = (reference.field)();
            references.push(Reference {
                fields: vec![position],
                target: target.model,
                target_fields: vec![target.position()],
                on_delete: reference.on_delete,
                on_update: reference.on_update,
                cascade: reference.cascade,
            });
        }
    }
    for key in model.foreign_keys {
        let targets = (key.references)();
        if let Some(first) = targets.first() {
            references.push(Reference {
                fields: key.fields.to_vec(),
                target: first.model,
                target_fields: targets.iter().map(|target| target.position()).collect(),
                on_delete: key.on_delete,
                on_update: key.on_update,
                cascade: key.cascade,
            });
        }
    }
    references
}
