//! Dates, times, instants, and the clock.

use std::thread::sleep;
use std::time::Duration;

use birgus::model::IntoColumnValue;
use birgus::prelude::*;
use birgus::query::Operand;
use birgus::sql;

use super::{implements, refused_by_the_database};
use crate::Bed;
use crate::models::{Everything, Post, User};

super::cases![
    parity_15_an_instant_is_stored_in_utc,
    parity_16_an_instant_does_not_go_into_a_local_time,
    parity_17_microseconds_are_kept_and_never_rounded_up,
    parity_18_dates_compare_as_dates,
    parity_20_a_day_that_does_not_exist_is_refused,
    parity_21_a_flush_reads_one_clock,
];

fn moment(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn parity_15_an_instant_is_stored_in_utc(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let west: DateTime<Utc> = "2024-07-01T12:00:00-08:00".parse().unwrap();
    Everything::insert(Everything {
        instant: west,
        ..Everything::ordinary()
    })
    .execute(&db)
    .unwrap();
    let east: DateTime<Utc> = "2024-07-02T01:30:00+05:30".parse().unwrap();
    let read = Everything::query()
        .filter(Everything::instant.eq(east))
        .one(&db)
        .unwrap();
    assert_eq!(read.instant.to_string(), "2024-07-01 20:00:00 UTC");
    let raw: (DateTime<Utc>,) =
        sql("SELECT \"instant\" FROM \"everything\" WHERE \"instant\" = :east")
            .bind("east", east)
            .one(&db)
            .unwrap();
    assert_eq!(raw.0, west);
}

fn parity_16_an_instant_does_not_go_into_a_local_time(bed: &Bed) {
    assert!(!implements!(DateTime<Utc>: IntoColumnValue<NaiveDateTime>));
    assert!(!implements!(NaiveDateTime: IntoColumnValue<DateTime<Utc>>));
    assert!(!implements!(DateTime<Utc>: Operand<NaiveDateTime>));
    assert!(!implements!(NaiveDateTime: Operand<DateTime<Utc>>));
    assert!(implements!(NaiveDateTime: IntoColumnValue<NaiveDateTime>));

    // And a local time is no instant of the server's time zone.
    let db = bed.database(&[Everything::info()]);
    let noon = moment("2024-07-01T12:00:00");
    Everything::insert(Everything {
        moment: noon,
        instant: noon.and_utc(),
        ..Everything::ordinary()
    })
    .execute(&db)
    .unwrap();
    let read = Everything::query()
        .filter(Everything::moment.eq(noon))
        .one(&db)
        .unwrap();
    assert_eq!((read.moment, read.instant), (noon, noon.and_utc()));
}

fn parity_17_microseconds_are_kept_and_never_rounded_up(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    for (given, stored) in [
        ("2024-12-31T23:59:59.600", "2024-12-31T23:59:59.600"),
        ("2024-12-31T23:59:59.999999", "2024-12-31T23:59:59.999999"),
        (
            "2024-12-31T23:59:59.999999999",
            "2024-12-31T23:59:59.999999",
        ),
        ("2024-12-31T23:59:59.000001", "2024-12-31T23:59:59.000001"),
    ] {
        let (given, stored) = (moment(given), moment(stored));
        let id = Everything::insert(Everything {
            moment: given,
            instant: given.and_utc(),
            clock: given.time(),
            ..Everything::ordinary()
        })
        .execute(&db)
        .unwrap();
        let read = Everything::query().get(id, &db).unwrap().unwrap();
        assert_eq!(
            (read.moment, read.instant, read.clock),
            (stored, stored.and_utc(), stored.time())
        );
        let same = Everything::moment
            .eq(stored)
            .and(Everything::clock.eq(stored.time()));
        assert!(
            Everything::query()
                .by_key(id)
                .filter(same)
                .exists(&db)
                .unwrap()
        );
    }
}

fn parity_18_dates_compare_as_dates(bed: &Bed) {
    assert!(!implements!(&'static str: Operand<NaiveDate>));
    assert!(!implements!(&'static str: Operand<NaiveDateTime>));
    let db = bed.database(&[Everything::info()]);
    let moments = [
        "0999-12-31T23:59:59.999999",
        "2024-05-06T00:00:00",
        "2024-05-06T00:00:00.000001",
        "2024-05-06T12:00:00",
        "2024-05-07T00:00:00",
    ]
    .map(moment);
    for moment in moments.iter().rev() {
        Everything::insert(Everything {
            day: moment.date(),
            moment: *moment,
            instant: moment.and_utc(),
            ..Everything::ordinary()
        })
        .execute(&db)
        .unwrap();
    }
    let found = |condition: birgus::query::Expr<bool>| {
        Everything::query()
            .filter(condition)
            .order_by(Everything::moment.asc())
            .pluck(Everything::moment, &db)
            .unwrap()
    };
    let day = moments[1].date();
    assert_eq!(found(Everything::day.eq(day)), moments[1..4]);
    assert_eq!(found(Everything::moment.eq(moments[1])), moments[1..2]);
    assert_eq!(found(Everything::moment.gt(moments[1])), moments[2..]);
    assert_eq!(found(Everything::moment.lt(moments[1])), moments[..1]);
    assert_eq!(
        found(Everything::instant.between(moments[1].and_utc(), moments[3].and_utc())),
        moments[1..4]
    );
    assert_eq!(found(Everything::day.le(day)), moments[..4]);
}

fn parity_20_a_day_that_does_not_exist_is_refused(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let id = Everything::insert(Everything::ordinary())
        .execute(&db)
        .unwrap();
    for set in [
        "\"day\" = '2024-02-30'",
        "\"day\" = '2023-02-29'",
        "\"day\" = '2024-13-01'",
        "\"day\" = '2024-00-10'",
        "\"day\" = '0000-00-00'",
        "\"day\" = '10000-01-01'",
        "\"day\" = 'infinity'",
        "\"maybe_day\" = 'yesterday, perhaps'",
        "\"moment\" = '2024-02-30 00:00:00.000000'",
        "\"moment\" = '0000-00-00 00:00:00.000000'",
        "\"maybe_moment\" = '10000-01-01 00:00:00.000000'",
        "\"instant\" = 'infinity'",
        "\"clock\" = '24:00:00.000000'",
        "\"clock\" = '25:00:00.000000'",
        "\"maybe_clock\" = '-01:00:00.000000'",
    ] {
        let error = sql(format!("UPDATE \"everything\" SET {set}"))
            .execute(&db)
            .unwrap_err();
        refused_by_the_database(set, &error);
    }
    assert_eq!(
        Everything::query().one(&db).unwrap(),
        Everything {
            id,
            ..Everything::ordinary()
        }
    );
}

fn parity_21_a_flush_reads_one_clock(bed: &Bed) {
    let db = bed.database(&[User::info(), Post::info()]);
    let before = Utc::now();
    let mut session = db.session().unwrap();
    let susan = session.add(User::build().username("susan").email("s@x.org"));
    sleep(Duration::from_millis(3));
    let post = session.add(Post::build().body("x").author_id(susan));
    session.commit().unwrap();
    let after = Utc::now();
    let (joined, posted) = (session[susan].joined, session[post].changed);
    assert_eq!(joined, posted, "of two tables");
    assert!(before <= joined + chrono_microsecond() && joined <= after);
    // What is read back has the same microsecond.
    assert_eq!(User::query().one(&db).unwrap().joined, joined);
    assert_eq!(Post::query().one(&db).unwrap().changed, posted);

    sleep(Duration::from_millis(3));
    session[post].likes = 1;
    session.commit().unwrap();
    let changed = Post::query().one(&db).unwrap().changed;
    assert_eq!(changed, session[post].changed);
    assert!(changed > posted, "the next flush reads the clock again");
}

/// What is cut off when a reading of the clock is stored.
fn chrono_microsecond() -> birgus::chrono::TimeDelta {
    birgus::chrono::TimeDelta::microseconds(1)
}
