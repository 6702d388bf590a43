//! Models of the tables of a database that was there before them.
//!
//! Names of types and fields are a start: rename them as you like, the names of the tables and columns stand beside them.
//!
//! A model that says `existing` is of a table that other engines could not have, or that says more than a model can:
//! `create_all`, `drop_all` and migrations leave it alone. What the database alone knows stands in comments.

use birgus::prelude::*;

// The table `log` has no model: it has no primary key, and a model needs one.

/// A row of the table `OrderLine`.
// Left out: OrderLine.Position: there is no column type for the declared type `POINT`
// elsewhere: FromZone <> ToZone
#[derive(Model, Debug, Clone)]
#[model(table = "OrderLine", existing)]
#[model(unique(name = "one each", order_no, from_zone))]
#[model(check(name = "ck_OrderLine_1", Self::quantity.between(1, 99)))]
#[model(check(name = "elsewhere"))]
pub struct OrderLine {
    #[key(order = 2)]
    #[column(name = "OrderNo")]
    pub order_no: i64,
    #[key(order = 1)]
    #[column(name = "LineNo")]
    pub line_no: i64,
    #[column(name = "Price", default_sql = 0.0)]
    pub price: f64,
    #[column(name = "Quantity", default_sql = 1)]
    pub quantity: i32,
    #[column(name = "FromZone", length = 4, references = Zone::code, foreign_key = "line_from", index = false)]
    pub from_zone: String,
    #[column(name = "ToZone", length = 4, references = Zone::code, on_delete = set_null, on_update = cascade, index = false)]
    pub to_zone: Option<String>,
    #[column(name = "Total", computed)]
    pub total: Option<f64>,
    /// By default `CURRENT_TIMESTAMP`.
    #[column(name = "Entered", default_sql)]
    pub entered: NaiveDateTime,
    #[belongs_to(to_zone)]
    pub to_zone_row: One<Option<Zone>>,
    #[belongs_to(from_zone)]
    pub from_zone_row: One<Zone>,
    #[has_one(Shipment, backref = order_line)]
    pub shipment: One<Option<Shipment>>,
}

/// A row of the table `Shipment`.
#[derive(Model, Debug, Clone)]
#[model(table = "Shipment", existing)]
#[model(unique(name = "ShipmentOfLine", line_no, order_no))]
#[model(foreign_key(columns(line_no, order_no), references(OrderLine::line_no, OrderLine::order_no), on_delete = cascade))]
pub struct Shipment {
    #[key(natural)]
    pub id: i64,
    pub order_no: i64,
    pub line_no: i64,
    #[column(references = StaffMember::staff_id, on_delete = set_null, index = false)]
    pub driver_id: Option<i64>,
    #[belongs_to(driver_id)]
    pub driver: One<Option<StaffMember>>,
    #[belongs_to(line_no, order_no)]
    pub order_line: One<OrderLine>,
}

/// A row of the table `Staff Member`.
#[derive(Model, Debug, Clone)]
#[model(table = "Staff Member")]
pub struct StaffMember {
    #[key]
    #[column(name = "Staff ID")]
    pub staff_id: i64,
    #[column(name = "Full Name", length = 80)]
    pub full_name: String,
    #[column(name = "Reports To", references = Self::staff_id, foreign_key = "FK Boss", index = false)]
    pub reports_to: Option<i64>,
    #[column(name = "2nd Language")]
    pub column_2nd_language: Option<String>,
    #[column(name = "self", default_sql = true)]
    pub self_: bool,
    #[has_many(Shipment, backref = driver)]
    pub shipments: Many<Shipment>,
    #[belongs_to(reports_to)]
    pub reports_to_staff_member: One<Option<StaffMember>>,
    #[has_many(StaffMember, backref = reports_to_staff_member)]
    pub staff_members_by_reports_to_staff_member: Many<StaffMember>,
}

/// A row of the table `Zone`.
#[derive(Model, Debug, Clone)]
#[model(table = "Zone")]
pub struct Zone {
    #[key]
    #[column(name = "Code", length = 4)]
    pub code: String,
    #[column(default_sql = "it's inside")]
    pub r#type: String,
    #[column(name = "query")]
    pub query_: Option<String>,
    #[has_many(OrderLine, backref = to_zone_row, by = to_zone)]
    pub order_lines_by_to_zone_row: Many<OrderLine>,
    #[has_many(OrderLine, backref = from_zone_row, by = from_zone)]
    pub order_lines_by_from_zone_row: Many<OrderLine>,
}

/// A row of the table `label`.
#[derive(Model, Debug, Clone)]
pub struct Label {
    #[key]
    pub id: i64,
    #[column(length = 40, unique)]
    pub name: String,
}

/// A row of the table `session`.
#[derive(Model, Debug, Clone)]
#[model(table = "session", existing)]
pub struct SessionRow {
    #[key]
    pub id: String,
    pub data: Option<Vec<u8>>,
}
