//! INSERT of what a query gives.

use super::change::refuse_computed;
use super::render::{finish, write_into};
use super::select::{Item, Select};
use super::{Access, Column, Executor, FitsColumn, Node, Query, Request, move_sequence};
use crate::backend::{BindType, Dialect, Statement, StatementBuilder};
use crate::model::{FieldDefault, FieldInfo, Model, ModelInfo};
use crate::{Error, Result};

/// Columns of one model that take the values of a query whose rows are an `O`: one column for one value, a tuple for a
/// tuple.
#[diagnostic::on_unimplemented(
    message = "rows of type `{O}` can't be inserted into `{Self}`",
    label = "expected as many columns as values, each of its value's type",
    note = "select columns and expressions, not whole models, and name a column for each"
)]
pub trait InsertColumns<O> {
    /// The model that gets the rows.
    type Model: Model;

    /// The fields.
    #[doc(hidden)]
    fn into_fields(self) -> Vec<&'static FieldInfo>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, T, V: FitsColumn<T>> InsertColumns<V> for Column<M, T> {
    type Model = M;

    fn into_fields(self) -> Vec<&'static FieldInfo> {
        vec![self.field()]
    }
}

macro_rules! tuples {
    ($(($($column:ident $value:ident $index:tt),+);)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: Model, $($column, $value: FitsColumn<$column>),+> InsertColumns<($($value,)+)>
            for ($(Column<M, $column>,)+)
        {
            type Model = M;

            fn into_fields(self) -> Vec<&'static FieldInfo> {
                vec![$(self.$index.field()),+]
            }
        }
    )*};
}

tuples! {
    (A VA 0);
    (A VA 0, B VB 1);
    (A VA 0, B VB 1, C VC 2);
    (A VA 0, B VB 1, C VC 2, D VD 3);
    (A VA 0, B VB 1, C VC 2, D VD 3, E VE 4);
    (A VA 0, B VB 1, C VC 2, D VD 3, E VE 4, F VF 5);
    (A VA 0, B VB 1, C VC 2, D VD 3, E VE 4, F VF 5, G VG 6);
    (A VA 0, B VB 1, C VC 2, D VD 3, E VE 4, F VF 5, G VG 6, H VH 7);
    (A VA 0, B VB 1, C VC 2, D VD 3, E VE 4, F VF 5, G VG 6, H VH 7, I VI 8);
    (A VA 0, B VB 1, C VC 2, D VD 3, E VE 4, F VF 5, G VG 6, H VH 7, I VI 8, J VJ 9);
    (A VA 0, B VB 1, C VC 2, D VD 3, E VE 4, F VF 5, G VG 6, H VH 7, I VI 8, J VJ 9, K VK 10);
    (A VA 0, B VB 1, C VC 2, D VD 3, E VE 4, F VF 5, G VG 6, H VH 7, I VI 8, J VJ 9, K VK 10, L VL 11);
}

impl<M, O> Query<M, O> {
    /// Inserts the rows of the query into these columns, in one statement, and counts them. The table may be one that the
    /// query reads: it sees the rows that were there before.
    ///
    /// Columns that are not named get what a new row gets: an assigned id, NULL, or their default. The clock is read once
    /// for the statement, and a default's function is called once. Which row gets which id is not said.
    ///
    /// ```no_run
    /// # extern crate birgus_core as birgus;
    /// use birgus::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Post { #[key] pub id: i64, pub body: String, pub author_id: i64, pub likes: i32 }
    /// # #[derive(Model)]
    /// # pub struct Archived { #[key] pub id: i64, pub body: String, pub author: Option<i64>, #[column(default = Utc::now)] pub at: DateTime<Utc> }
    /// # fn main() -> birgus::Result<()> {
    /// # let db = Database::open()?;
    /// let count: u64 = Post::query()
    ///     .filter(Post::likes.lt(3))
    ///     .select((Post::body, Post::author_id))
    ///     .insert_into((Archived::body, Archived::author), &db)?;
    /// # let _ = count;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `is_invalid_query()` for a column that is named twice, for one that is not named and has no default, and for a
    /// decimal of another scale than its column; `is_invalid_value()` for a value that its column can't hold; and
    /// whatever the database refuses.
    pub fn insert_into<C: InsertColumns<O>>(
        self,
        columns: C,
        mut executor: impl Executor,
    ) -> Result<u64> {
        let model = C::Model::info();
        let explicit =
            |field: &&'static FieldInfo| model.identity && model.key.contains(&field.position());
        let fields = columns.into_fields();
        let of_identity = fields.iter().any(explicit);
        let insert = InsertSelect::new(model, fields, self.select)?;
        let access = if of_identity {
            Access::Together
        } else {
            Access::Write
        };
        let mut count = 0;
        let request = Request::new(access).of(model);
        executor.with_connection(request, &mut |connection| {
            let statement = insert.to_statement(connection.dialect())?;
            count = connection.execute(&statement)?;
            if of_identity {
                move_sequence(connection, model)?;
            }
            Ok(())
        })?;
        Ok(count)
    }

    /// The text of the statement that [`Query::insert_into`] sends, and the values that are bound to it, in a dialect: for
    /// a look at it. It shows the values, so it does not belong into a log.
    ///
    /// # Errors
    ///
    /// As [`Query::insert_into`].
    pub fn insert_into_to_sql<C: InsertColumns<O>>(
        &self,
        columns: C,
        dialect: &dyn Dialect,
    ) -> Result<String> {
        let fields = columns.into_fields();
        let insert = InsertSelect::new(C::Model::info(), fields, self.select.clone())?;
        Ok(insert.to_statement(dialect)?.shown())
    }
}

struct InsertSelect {
    model: &'static ModelInfo,
    fields: Vec<&'static FieldInfo>,
    select: Select,
}

impl InsertSelect {
    /// The query with the defaults of those columns that are not named behind its values.
    fn new(
        model: &'static ModelInfo,
        mut fields: Vec<&'static FieldInfo>,
        mut select: Select,
    ) -> Result<Self> {
        let mut items = select.items().into_owned();
        check(&fields, &items)?;
        for field in model.fields {
            if fields.iter().any(|named| std::ptr::eq(*named, field)) {
                continue;
            }
            let assigned = model.identity && model.key.contains(&field.position());
            let value = match &field.default {
                _ if assigned || field.is_read_back() => continue,
                FieldDefault::Clock => field.clock_value(chrono::Utc::now())?,
                FieldDefault::Call(function) => {
                    refuse_one_for_all(model, field)?;
                    field.check(function()?)?
                }
                FieldDefault::None if field.nullable => continue,
                FieldDefault::None => {
                    return Err(Error::invalid_query(format!(
                        "{}: not among the columns that are inserted, and it has no default; select a value for it",
                        field.subject()
                    )));
                }
            };
            fields.push(field);
            items.push(Item::of(
                Node::bind(value, field.bind_type()),
                field.nullable,
            ));
        }
        select.project(items);
        select.lock = None;
        Ok(Self {
            model,
            fields,
            select,
        })
    }

    fn to_statement(&self, dialect: &dyn Dialect) -> Result<Statement> {
        let mut builder = StatementBuilder::new(dialect);
        builder
            .push("INSERT INTO ")
            .identifier(self.model.table_name())
            .push(" (");
        for (position, field) in self.fields.iter().enumerate() {
            builder
                .push(if position > 0 { ", " } else { "" })
                .identifier(field.column);
        }
        builder.push(") ");
        write_into(&mut builder, &self.select)?;
        finish(builder, self.model.table_name())
    }
}

fn check(fields: &[&'static FieldInfo], items: &[Item]) -> Result<()> {
    for (position, field) in fields.iter().enumerate() {
        if (fields[..position].iter()).any(|other| std::ptr::eq(*other, *field)) {
            return Err(Error::invalid_query(format!(
                "{}: named twice in one insert",
                field.subject()
            )));
        }
    }
    for (field, item) in fields.iter().zip(items) {
        refuse_computed(field)?;
        let BindType::Decimal { scale } = item.node.bind_type() else {
            continue;
        };
        if scale != field.scale() {
            return Err(Error::invalid_query(format!(
                "{}: a decimal with {scale} digits behind the point, the column has {}; bring it to that by to_decimal() or round()",
                field.subject(),
                field.scale()
            )));
        }
    }
    Ok(())
}

/// Refuses a default that all rows would share where no two may.
fn refuse_one_for_all(model: &ModelInfo, field: &FieldInfo) -> Result<()> {
    let position = field.position();
    let alone = |fields: &[usize]| fields == [position];
    let distinct = field.unique
        || alone(model.key)
        || (model.indexes.iter()).any(|index| index.unique && alone(index.fields));
    if !distinct {
        return Ok(());
    }
    Err(Error::invalid_query(format!(
        "{}: no two rows may agree in it, and its default is called once for all of them; select a value for it",
        field.subject()
    )))
}
