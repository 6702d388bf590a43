//! Which Cargo feature of this crate adds the driver of a scheme.

use birgus_core::__private::inventory;
use birgus_core::backend::SchemeHint;

inventory::submit! { SchemeHint { schemes: &["sqlite"], feature: "sqlite" } }
inventory::submit! { SchemeHint { schemes: &["postgresql", "postgres"], feature: "postgres" } }
inventory::submit! { SchemeHint { schemes: &["postgresql+libpq", "postgres+libpq"], feature: "postgres-libpq" } }
inventory::submit! { SchemeHint { schemes: &["mysql", "mariadb"], feature: "mysql" } }
