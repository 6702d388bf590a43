//! Tables with columns that the database gives values to.

use birgus::prelude::*;

use super::golden::{Entry, check};

#[derive(Model)]
#[model(register = false)]
pub struct Line {
    #[key]
    pub id: i64,
    #[column(default_sql = 1)]
    pub quantity: i32,
    #[column(precision = 10, scale = 2)]
    pub price: Decimal,
    #[column(length = 20, default_sql = "it's new")]
    pub state: String,
    pub discount: Option<i16>,
    #[column(precision = 18, scale = 2, computed = Self::price * Self::quantity.to_decimal(0))]
    pub total: Decimal,
    #[column(computed = Self::discount.gt(10))]
    pub cheap: bool,
    #[column(length = 40, computed = Self::state.concat(": ").concat(Self::quantity.to_text()))]
    pub label: String,
    #[column(computed = Self::discount.int_div(Self::quantity))]
    pub share: Option<i64>,
}

#[test]
fn tables_with_computed_columns_and_defaults() {
    let table = Line::info().to_table().unwrap();
    let create: Entry<'_> = ("create table line", &|dialect| {
        Ok(dialect.create_table(&table, &[])?.join(";\n"))
    });
    let insert: Entry<'_> = ("insert leaves out what is computed", &|dialect| {
        let row = Line::build().price(Decimal::ONE).state("old");
        Line::insert(row)
            .on_conflict(Line::id)
            .do_nothing()
            .to_sql(dialect)
    });
    check("tables", &[create, insert]);
}
