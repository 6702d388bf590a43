//! What a relationship must be, as far as the compiler can't tell.

use super::{RelationInfo, RelationKind};
use crate::model::ModelInfo;
use crate::{Error, Result};

/// Checks the relationships of models.
///
/// # Errors
///
/// `is_invalid_model()`, naming model.field and the rule.
pub(crate) fn validate(models: &[&'static ModelInfo]) -> Result<()> {
    for model in models {
        for relation in model.relations {
            if let Some(problem) = problem(relation, models) {
                return Err(Error::invalid_model(relation.subject(), problem));
            }
        }
    }
    Ok(())
}

fn problem(relation: &'static RelationInfo, models: &[&'static ModelInfo]) -> Option<String> {
    let target = (relation.target)();
    let known = |model: &'static ModelInfo| models.iter().any(|known| std::ptr::eq(*known, model));
    let route = (relation.route)();
    let mut tables = vec![target];
    tables.extend(route.through.as_ref().map(|through| through.model));
    for table in &tables {
        if table.bind != relation.model.bind {
            return Some(format!(
                "{} lives in another database; a relationship is within one",
                table.name
            ));
        }
        if !known(table) {
            return Some(format!(
                "the database is opened without the model {}, which the relationship needs",
                table.name
            ));
        }
    }
    if route.local.is_empty() || route.remote.is_empty() {
        return Some(
            "it names columns that are no foreign key; it goes by one, of all its columns in order"
                .to_owned(),
        );
    }
    if route.local != relation.local {
        let fields = |positions: &[usize]| -> String {
            let names: Vec<&str> = (super::info::fields(relation.model, positions).iter())
                .map(|field| field.field)
                .collect();
            names.join(", ")
        };
        return Some(format!(
            "the foreign key references {1}.{2}, not {1}.{0}: say key = {2}",
            fields(relation.local),
            relation.model.name,
            fields(&route.local),
        ));
    }
    let references_other = |fields: &[usize], model: &'static ModelInfo, of: &'static ModelInfo| {
        !crate::session::references(of)
            .iter()
            .any(|key| key.fields == fields && std::ptr::eq(key.target, model))
    };
    let wrong = match (&route.through, relation.kind) {
        (Some(through), _) => {
            references_other(&through.local, relation.model, through.model)
                || references_other(&through.remote, target, through.model)
        }
        (None, RelationKind::BelongsTo) => references_other(&route.local, target, relation.model),
        (None, _) => references_other(&route.remote, relation.model, target),
    };
    if wrong {
        return Some(format!(
            "its foreign key does not reference {}",
            match relation.kind {
                RelationKind::BelongsTo => target.name,
                _ => relation.model.name,
            }
        ));
    }
    if relation.kind == RelationKind::HasOne && !is_unique(target, &route.remote) {
        let names: Vec<&str> = (super::info::fields(target, &route.remote).iter())
            .map(|field| field.field)
            .collect();
        return Some(format!(
            "has_one leads to one row, and {}.{} is not unique; make it unique, or say has_many",
            target.name,
            names.join(", ")
        ));
    }
    let backref = relation.backref?;
    let back = (backref.relation)();
    let leads_back = relation.reverses().any(|reverse| reverse == back);
    (!leads_back).then(|| {
        format!(
            "its backref {} goes by another foreign key; both sides go by one",
            back.subject()
        )
    })
}

/// Whether no two rows agree in some fields.
fn is_unique(model: &'static ModelInfo, fields: &[usize]) -> bool {
    let within = |unique: &[usize]| unique.iter().all(|field| fields.contains(field));
    within(model.key)
        || fields.iter().any(|field| model.fields[*field].unique)
        || (model.indexes.iter()).any(|index| index.unique && within(index.fields))
}
