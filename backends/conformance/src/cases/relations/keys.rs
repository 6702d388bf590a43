//! Relationships that go by keys of other types, and by columns that are no primary key.

use birgus::prelude::*;

use super::rows;
use crate::Bed;
use crate::watch::statements;

super::super::cases![by_columns_of_every_type, by_a_column_that_is_no_primary_key];

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Port {
    #[key]
    id: Uuid,
    #[column(length = 10, unique)]
    code: String,
    #[column(unique)]
    opened: DateTime<Utc>,
    #[column(unique)]
    day: NaiveDate,
    #[column(unique)]
    berths: i16,
    #[has_many(Ship, key = id)]
    ships: Many<Ship>,
    #[has_many(Call, key = code, backref = port)]
    calls: Many<Call>,
    #[has_many(Flood, key = opened)]
    floods: Many<Flood>,
    #[has_many(Feast, key = day)]
    feasts: Many<Feast>,
    #[has_many(Crane, key = berths)]
    cranes: Many<Crane>,
}

macro_rules! at_a_port {
    ($($model:ident $column:ident: $type:ty, $referenced:ident $($length:literal)?;)*) => { $(
        #[derive(Model, Debug, Clone, PartialEq)]
        #[model(register = false)]
        struct $model {
            #[key]
            id: i64,
            #[column(references = Port::$referenced $(, length = $length)?)]
            $column: Option<$type>,
            #[belongs_to($column)]
            port: One<Option<Port>>,
        }
    )* };
}
at_a_port! {
    Ship port_id: Uuid, id;
    Flood port_opened: DateTime<Utc>, opened;
    Feast port_day: NaiveDate, day;
    Crane port_berths: i16, berths;
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Call {
    #[key]
    id: i64,
    #[column(references = Port::code, length = 10)]
    port_code: String,
    #[belongs_to(port_code, backref = calls)]
    port: One<Port>,
}

fn ports(bed: &Bed) -> Database {
    let db = bed.database(&[
        Port::info(),
        Ship::info(),
        Call::info(),
        Flood::info(),
        Feast::info(),
        Crane::info(),
    ]);
    for number in 1..=3_u8 {
        let id = Uuid::from_u128(u128::from(number));
        let opened = DateTime::from_timestamp_micros(i64::from(number) * 1_001).unwrap();
        let day = NaiveDate::from_ymd_opt(2020, 1, number.into()).unwrap();
        let code = format!("p{number}");
        let port = Port::build()
            .id(id)
            .code(code.clone())
            .opened(opened)
            .day(day)
            .berths(i16::from(number));
        Port::insert(port).execute(&db).unwrap();
        if number == 3 {
            continue;
        }
        for _ in 0..number {
            Ship::insert(Ship::build().port_id(Some(id)))
                .execute(&db)
                .unwrap();
            Call::insert(Call::build().port_code(code.clone()))
                .execute(&db)
                .unwrap();
            Flood::insert(Flood::build().port_opened(Some(opened)))
                .execute(&db)
                .unwrap();
            Feast::insert(Feast::build().port_day(Some(day)))
                .execute(&db)
                .unwrap();
            let crane = Crane::build().port_berths(Some(number.into()));
            Crane::insert(crane).execute(&db).unwrap();
        }
    }
    db
}

fn by_columns_of_every_type(bed: &Bed) {
    let db = ports(bed);
    let all = || Port::query().order_by(Port::code);
    macro_rules! check {
        ($($field:ident $model:ident),*) => { $(
            for (count, there, back) in [
                (1, Port::$field.joined(), $model::port.joined()),
                (2, Port::$field.subquery(), $model::port.subquery()),
                (2, Port::$field.selectin(), $model::port.selectin()),
                (2, Port::$field.limit(9).selectin(), $model::port.selectin()),
                (1, Port::$field.limit(9).joined(), $model::port.joined()),
            ] {
                let query = all().with(there.clone());
                let found = rows(count, &query, &db);
                let counts = found.iter().map(|port| port.$field.loaded().unwrap().len());
                assert_eq!(counts.collect::<Vec<_>>(), [1, 2, 0], "{there:?}");
                let query = $model::query().order_by($model::id).with(back);
                let found = rows(count, &query, &db);
                let codes = found.iter().map(|row| {
                    let port: Option<&Port> = row.port.loaded().unwrap().into();
                    port.unwrap().code.clone()
                });
                assert_eq!(codes.collect::<Vec<_>>(), ["p1", "p2", "p2"], "{there:?}");
                let mut session = db.session().unwrap();
                let keys = session.load(all().with(there)).unwrap();
                let sent = statements(|| {
                    let rows = session.related(keys[1], Port::$field).unwrap();
                    assert_eq!(rows.len(), 2);
                });
                assert_eq!(sent, [""; 0]);
            }
            for (mut port, count) in all().all(&db).unwrap().into_iter().zip([1, 2, 0]) {
                assert_eq!(port.$field.load(&db).unwrap().len(), count);
            }
            let busy = all().filter(Port::$field.count().eq(2));
            assert_eq!(busy.one(&db).unwrap().code, "p2");
        )* };
    }
    check!(ships Ship, calls Call, floods Flood, feasts Feast, cranes Crane);
}

fn by_a_column_that_is_no_primary_key(bed: &Bed) {
    let db = ports(bed);
    let mut session = db.session().unwrap();
    // An object is found by its primary key alone; by another column it is asked for.
    session.load(Port::query()).unwrap();
    let sent = statements(|| {
        let calls = session
            .load(Call::query().order_by(Call::id).with(Call::port))
            .unwrap();
        let port = session.related(calls[1], Call::port).unwrap();
        assert_eq!(session[port].code, "p2");
        assert_eq!(session.related(calls[2], Call::port).unwrap(), port);
    });
    assert_eq!(sent.len(), 2, "{sent:#?}");
    let sent = statements(|| {
        let ships = session
            .load(Ship::query().order_by(Ship::id).with(Ship::port))
            .unwrap();
        let port = session.related(ships[1], Ship::port).unwrap().unwrap();
        assert_eq!(session[port].code, "p2");
    });
    assert_eq!(sent.len(), 1, "{sent:#?}");
}
