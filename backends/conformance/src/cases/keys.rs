//! Keys that the program gives: natural, UUID, composite.

use birgus::prelude::*;

use crate::Bed;
use crate::models::{Address, Country, Device, Node, Reading};

super::cases![
    natural_keys,
    uuid_keys,
    composite_keys,
    keys_of_dates_decimals_and_booleans,
    a_natural_integer_key_may_be_zero
];

fn natural_keys(bed: &Bed) {
    let db = bed.database(&[Country::info()]);
    let key = Country::insert(Country::build().code("pt").name("Portugal"))
        .execute(&db)
        .unwrap();
    assert_eq!(key, "pt");
    assert_eq!(
        Country::query().get("pt", &db).unwrap().unwrap().name,
        "Portugal"
    );
    assert!(Country::query().get("PT", &db).unwrap().is_none());

    let mut session = db.session().unwrap();
    let portugal = session.get::<Country>("pt").unwrap().unwrap();
    session[portugal].code = "pl".into();
    session[portugal].name = "Poland".into();
    session.commit().unwrap();
    assert_eq!(
        Country::query().get("pl", &db).unwrap().unwrap().name,
        "Poland"
    );
    assert_eq!(session.get::<Country>("pl").unwrap(), Some(portugal));
    assert_eq!(Country::query().count(&db).unwrap(), 1);
}

fn uuid_keys(bed: &Bed) {
    let db = bed.database(&[Country::info(), Device::info()]);
    let keys = Device::insert_many((0..3).map(|_| Device::build()))
        .execute(&db)
        .unwrap();
    for key in &keys {
        assert_eq!(Device::query().get(*key, &db).unwrap().unwrap().id, *key);
    }
    assert!(
        keys[0] != keys[1] && keys[1] != keys[2],
        "the default is called for each row"
    );

    let mut session = db.session().unwrap();
    let country = session.add(Country {
        code: "se".into(),
        name: "Sweden".into(),
    });
    let device = session.add(Device::build().country(country));
    session.commit().unwrap();
    assert_eq!(session[device].country.as_deref(), Some("se"));
    let id = session[device].id;
    assert_eq!(session.get::<Device>(id).unwrap(), Some(device));
}

fn composite_keys(bed: &Bed) {
    let db = bed.database(&[Address::info()]);
    let address = |number| Address {
        street: "Main".into(),
        number,
        city: "X".into(),
    };
    let keys = Address::insert_many([address(1), address(2)])
        .execute(&db)
        .unwrap();
    assert_eq!(keys, [("Main".to_owned(), 1), ("Main".to_owned(), 2)]);
    assert_eq!(
        Address::query()
            .get(keys[1].clone(), &db)
            .unwrap()
            .unwrap()
            .number,
        2
    );

    let mut session = db.session().unwrap();
    let first = session.get::<Address>(keys[0].clone()).unwrap().unwrap();
    session[first].city = "Y".into();
    session.commit().unwrap();
    let second = session.get::<Address>(keys[1].clone()).unwrap().unwrap();
    session.delete(second).unwrap();
    session.commit().unwrap();
    let left = Address::query().one(&db).unwrap();
    assert_eq!((left.number, left.city.as_str()), (1, "Y"));
}

fn a_natural_integer_key_may_be_zero(bed: &Bed) {
    let db = bed.database(&[Node::info()]);
    let key = Node::insert(Node {
        id: 0,
        label: "root".into(),
        parent: None,
    })
    .execute(&db)
    .unwrap();
    assert_eq!(key, 0);
    assert_eq!(Node::query().get(0, &db).unwrap().unwrap().label, "root");
}

fn keys_of_dates_decimals_and_booleans(bed: &Bed) {
    let db = bed.database(&[Reading::info()]);
    let day = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    let key = (Uuid::from_u128(5), day, Decimal::new(15, 1), true);
    let mut session = db.session().unwrap();
    let reading = session.add(Reading {
        sensor: key.0,
        day: key.1,
        depth: key.2,
        night: key.3,
        value: 1,
    });
    session.commit().unwrap();
    assert_eq!(session.get::<Reading>(key).unwrap(), Some(reading));
    let mut other = db.session().unwrap();
    let reading = other.get::<Reading>(key).unwrap().unwrap();
    other[reading].value = 7;
    other[reading].depth = Decimal::new(25, 1);
    other.commit().unwrap();
    assert_eq!(Reading::query().get(key, &db).unwrap(), None);
    other.delete(reading).unwrap();
    other.commit().unwrap();
    assert_eq!(Reading::query().count(&db).unwrap(), 0);
    // A key that no row can have is refused, not "not found".
    let fine = (key.0, key.1, Decimal::new(12_345, 4), true);
    assert!(other.get::<Reading>(fine).unwrap_err().is_invalid_value());
}
