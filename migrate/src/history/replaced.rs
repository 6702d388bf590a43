//! Revisions that have taken the place of others: a squash.

use std::collections::{BTreeMap, BTreeSet};

use super::Revision;

/// Has the revisions follow those that have taken the place of what they followed. What their files say is kept beside it: their
/// checksums are of that.
pub(super) fn follow(revisions: &mut [Revision]) {
    let places: BTreeMap<String, String> = (revisions.iter())
        .flat_map(|new| {
            let new_id = &new.id;
            new.stands_for()
                .map(move |old| (old.clone(), new_id.clone()))
        })
        .collect();
    if places.is_empty() {
        return;
    }
    for revision in revisions {
        let written = (revision.parents.clone(), revision.depends_on.clone());
        for list in [&mut revision.parents, &mut revision.depends_on] {
            let mut seen = BTreeSet::new();
            for id in list.iter_mut() {
                if let Some(place) = places.get(id) {
                    id.clone_from(place);
                }
            }
            list.retain(|id| seen.insert(id.clone()));
        }
        if (&revision.parents, &revision.depends_on) != (&written.0, &written.1) {
            revision.written = Some(written);
        }
    }
}
