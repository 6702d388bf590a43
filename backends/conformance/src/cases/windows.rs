//! Window functions.

use birgus::prelude::*;
use birgus::query::{Selection, count_rows, dense_rank, ntile, over, rank, row_number};
use birgus::{Database, Model, Result};

use crate::Bed;
use crate::models::{Everything, Mood};

super::cases![
    rows_are_numbered,
    ranks_have_gaps_and_dense_ranks_have_none,
    rows_are_dealt_into_buckets,
    ranks_are_numbers_like_others,
    partitions_are_looked_at_alone,
    lag_and_lead,
    lag_of_every_type,
    first_and_last_value,
    null_is_smallest_in_a_window,
    an_enum_orders_a_window,
    a_window_over_groups,
    windows_in_expressions_and_orders,
    a_window_in_a_filter_is_refused,
    a_window_of_a_window_is_refused,
    what_not_every_engine_takes_over_a_window_is_refused,
    the_best_of_each_by_a_common_table_expression,
];

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
pub(super) struct Score {
    #[key(natural)]
    pub(super) id: i64,
    #[column(length = 20)]
    pub(super) team: String,
    pub(super) points: i32,
    pub(super) big: i64,
    pub(super) weight: f64,
    #[column(precision = 10, scale = 2)]
    pub(super) price: Decimal,
    pub(super) bonus: Option<i32>,
    pub(super) won: Option<bool>,
}

fn score(id: i64, team: &str, points: i32, price: &str) -> Score {
    Score {
        id,
        team: team.into(),
        points,
        big: i64::from(points),
        weight: f64::from(points) / 2.0,
        price: decimal(price),
        bonus: (points > 10).then_some(points),
        won: (points != 20).then_some(points > 10),
    }
}

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(super) fn scores(bed: &Bed) -> Database {
    let db = bed.database(&[Score::info()]);
    let rows = [
        score(1, "a", 10, "0.10"),
        score(2, "a", 20, "0.20"),
        score(3, "a", 20, "-1.01"),
        score(4, "b", 5, "10.00"),
        score(5, "b", 30, "0.05"),
    ];
    Score::insert_many(rows).execute(&db).unwrap();
    db
}

/// The values in the order of the ids.
pub(super) fn all<S: Selection>(db: &Database, selection: S) -> Vec<S::Output> {
    Score::query()
        .order_by(Score::id)
        .select(selection)
        .all(db)
        .unwrap()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, part: &str) {
    let error = result.unwrap_err();
    assert!(
        error.is_invalid_query() && error.to_string().contains(part),
        "{error}"
    );
}

fn rows_are_numbered(bed: &Bed) {
    let db = scores(bed);
    let by_points = over().order_by(Score::points.desc()).order_by(Score::id);
    assert_eq!(all(&db, row_number(by_points)), [4, 2, 3, 5, 1]);
    assert_eq!(
        all(&db, row_number(over().order_by(Score::id.desc()))),
        [5, 4, 3, 2, 1]
    );
}

fn ranks_have_gaps_and_dense_ranks_have_none(bed: &Bed) {
    let db = scores(bed);
    let by_points = over().order_by(Score::points.desc());
    let found = all(&db, (rank(by_points.clone()), dense_rank(by_points)));
    assert_eq!(found, [(4, 3), (2, 2), (2, 2), (5, 4), (1, 1)]);
}

fn rows_are_dealt_into_buckets(bed: &Bed) {
    let db = scores(bed);
    let by_id = over().order_by(Score::id);
    assert_eq!(all(&db, ntile(2, by_id.clone())), [1, 1, 1, 2, 2]);
    assert_eq!(all(&db, ntile(9, by_id.clone())), [1, 2, 3, 4, 5]);
    assert_eq!(all(&db, ntile(1, by_id)), [1; 5]);
}

fn ranks_are_numbers_like_others(bed: &Bed) {
    let db = scores(bed);
    let by_id = over().order_by(Score::id);
    assert_eq!(all(&db, row_number(by_id.clone()) - 3), [-2, -1, 0, 1, 2]);
    assert_eq!(all(&db, -rank(by_id.clone())), [-1, -2, -3, -4, -5]);
    assert_eq!(
        all(&db, (dense_rank(by_id.clone()) - 5).abs() * -1),
        [-4, -3, -2, -1, 0]
    );
    assert_eq!(
        all(&db, ntile(5, by_id.clone()) * 3_000_000_000)[4],
        15_000_000_000
    );
    assert_eq!(all(&db, row_number(by_id.clone()) / 2)[0], Some(0.5));
    assert_eq!(all(&db, row_number(by_id).to_text())[4], "5");
}

fn partitions_are_looked_at_alone(bed: &Bed) {
    let db = scores(bed);
    let by_team = over().partition_by(Score::team);
    assert_eq!(
        all(&db, row_number(by_team.clone().order_by(Score::id.desc()))),
        [3, 2, 1, 2, 1]
    );
    assert_eq!(
        all(&db, Score::points.sum().over(by_team.clone())),
        [50, 50, 50, 35, 35].map(Some)
    );
    let by_both = by_team.partition_by(Score::points);
    assert_eq!(all(&db, count_rows().over(by_both)), [1, 2, 2, 1, 1]);
    let by_parity = over().partition_by(Score::id % 2).order_by(Score::id);
    assert_eq!(all(&db, row_number(by_parity)), [1, 1, 2, 2, 3]);
}

fn lag_and_lead(bed: &Bed) {
    let db = scores(bed);
    let by_team = over().partition_by(Score::team).order_by(Score::id);
    assert_eq!(
        all(&db, Score::points.lag(1, by_team.clone())),
        [None, Some(10), Some(20), None, Some(5)]
    );
    assert_eq!(
        all(&db, Score::points.lead(2, by_team.clone())),
        [Some(20), None, None, None, None]
    );
    assert_eq!(
        all(&db, Score::points.lag(0, by_team.clone())),
        [10, 20, 20, 5, 30].map(Some)
    );
    assert_eq!(
        all(&db, Score::points.lag(i32::MAX as u32, by_team.clone())),
        [None; 5]
    );
    let change = all(&db, Score::points - Score::points.lag(1, by_team.clone()));
    assert_eq!(change, [None, Some(10), Some(0), None, Some(25)]);
    let expression = (Score::price + decimal("0.001")).lag(1, by_team);
    assert_eq!(all(&db, expression)[1].unwrap().to_string(), "0.101");
}

fn lag_of_every_type(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    let ordinary = Everything::ordinary();
    let other = Everything {
        mood: Mood::Grumpy,
        flag: false,
        ..ordinary.clone()
    };
    for row in [&ordinary, &other] {
        Everything::insert(row.clone()).execute(&db).unwrap();
    }
    let by_id = || over().order_by(Everything::id);
    macro_rules! lag {
        ($($column:ident),*) => {$(
            let found = Everything::query()
                .order_by(Everything::id)
                .select((Everything::$column.lag(1, by_id()), Everything::$column.lead(1, by_id()), Everything::$column.first_value(by_id())))
                .all(&db)
                .unwrap();
            assert_eq!(found, [
                (None, Some(other.$column.clone()), Some(ordinary.$column.clone())),
                (Some(ordinary.$column.clone()), None, Some(ordinary.$column.clone())),
            ]);
        )*};
    }
    lag!(
        flag, small, medium, big, real, name, body, bytes, price, day, clock, moment, instant,
        token, document, mood
    );
    let found = Everything::query()
        .select(Everything::maybe_day.lag(1, by_id()))
        .all(&db)
        .unwrap();
    assert_eq!(found, [None, None]);
}

fn first_and_last_value(bed: &Bed) {
    let db = scores(bed);
    let by_team = over().partition_by(Score::team).order_by(Score::points);
    let found = all(
        &db,
        (
            Score::points.first_value(by_team.clone()),
            Score::points.last_value(by_team.clone()),
        ),
    );
    assert_eq!(
        found,
        [(10, 10), (10, 20), (10, 20), (5, 5), (5, 30)].map(|(a, b)| (Some(a), Some(b)))
    );
    let whole = by_team.order_by(Score::id).all_rows();
    assert_eq!(
        all(&db, Score::id.last_value(whole)),
        [3, 3, 3, 5, 5].map(Some)
    );
    let before = over().order_by(Score::id).rows(-2, -1);
    assert_eq!(
        all(&db, Score::id.first_value(before.clone())),
        [None, Some(1), Some(1), Some(2), Some(3)]
    );
    assert_eq!(
        all(&db, Score::price.last_value(before))[1..],
        ["0.10", "0.20", "-1.01", "10.00"].map(|text| Some(decimal(text)))
    );
}

fn null_is_smallest_in_a_window(bed: &Bed) {
    let db = scores(bed);
    let order = |order| row_number(over().order_by(order).order_by(Score::id));
    assert_eq!(all(&db, order(Score::bonus.asc())), [1, 3, 4, 2, 5]);
    assert_eq!(all(&db, order(Score::bonus.desc())), [4, 2, 3, 5, 1]);
    assert_eq!(
        all(&db, order(Score::bonus.asc().nulls_last())),
        [4, 1, 2, 5, 3]
    );
    let by_bonus = over().partition_by(Score::bonus);
    assert_eq!(all(&db, count_rows().over(by_bonus)), [2, 2, 2, 2, 1]);
}

fn an_enum_orders_a_window(bed: &Bed) {
    let db = bed.database(&[Everything::info()]);
    for mood in [Mood::Grumpy, Mood::Happy, Mood::SoSo] {
        Everything::insert(Everything {
            mood,
            ..Everything::ordinary()
        })
        .execute(&db)
        .unwrap();
    }
    let found = Everything::query()
        .order_by(Everything::id)
        .select(row_number(over().order_by(Everything::mood.asc())))
        .all(&db)
        .unwrap();
    assert_eq!(found, [3, 1, 2]);
}

fn a_window_over_groups(bed: &Bed) {
    let db = scores(bed);
    let found = Score::query()
        .select((
            Score::team,
            Score::points.sum(),
            Score::points.sum().sum().over(over()),
            rank(over().order_by(Score::points.sum().desc())),
            Score::price
                .sum()
                .max()
                .over(over().partition_by(Score::team)),
        ))
        .group_by(Score::team)
        .order_by(Score::team)
        .all(&db)
        .unwrap();
    assert_eq!(
        found,
        [
            ("a".into(), Some(50), Some(85), 1, Some(decimal("-0.71"))),
            ("b".into(), Some(35), Some(85), 2, Some(decimal("10.05"))),
        ]
    );
    let bare = Score::query()
        .select((Score::team, row_number(over().order_by(Score::id))))
        .group_by(Score::team);
    refused(bare.all(&db), "score.id: a bare column");
}

fn windows_in_expressions_and_orders(bed: &Bed) {
    let db = scores(bed);
    let place = row_number(over().order_by(Score::points.desc()).order_by(Score::id));
    let found = Score::query()
        .select((Score::id, place.clone() * 10))
        .order_by(place.desc())
        .limit(2)
        .all(&db)
        .unwrap();
    assert_eq!(found, [(4, 50), (1, 40)]);
    let above = Score::points.to_double() - Score::points.avg().over(over());
    assert_eq!(all(&db, above), [-7.0, 3.0, 3.0, -12.0, 13.0].map(Some));
    let distinct = Score::query()
        .select(dense_rank(over().order_by(Score::team)))
        .distinct();
    assert_eq!(distinct.count(&db).unwrap(), 2);
}

fn a_window_in_a_filter_is_refused(bed: &Bed) {
    let db = scores(bed);
    let first = || row_number(over().order_by(Score::id)).eq(1);
    refused(
        Score::query().filter(first()).all(&db),
        "filter a query over this one",
    );
    refused(
        Score::query().filter(first()).count(&db),
        "filter a query over this one",
    );
    refused(
        Score::query().filter(first()).delete(&db),
        "filter a query over this one",
    );
    let having = Score::query()
        .select(count_rows())
        .having(row_number(over().order_by(count_rows().asc())).eq(1));
    refused(having.all(&db), "filter a query over this one");
    let grouped = Score::query()
        .select(count_rows())
        .group_by(row_number(over().order_by(Score::id)));
    refused(grouped.all(&db), "grouped by");
}

fn a_window_of_a_window_is_refused(bed: &Bed) {
    let db = scores(bed);
    let number = || row_number(over().order_by(Score::id));
    refused(
        Score::query()
            .select(number().lag(1, over().order_by(Score::id)))
            .all(&db),
        "a window function of a window function",
    );
    refused(
        Score::query()
            .select(rank(over().order_by(number().desc())))
            .all(&db),
        "a window function of a window function",
    );
    refused(
        Score::query().select(number().sum()).all(&db),
        "an aggregate of a window function",
    );
}

fn what_not_every_engine_takes_over_a_window_is_refused(bed: &Bed) {
    let db = scores(bed);
    let by_id = || over().order_by(Score::id);
    refused(
        Score::query()
            .select(Score::points.count().distinct().over(by_id()))
            .all(&db),
        "distinct",
    );
    refused(
        Score::query()
            .select(Score::team.join_text(",").over(by_id()))
            .all(&db),
        "joined over a window",
    );
    refused(
        Score::query()
            .select(Score::points.sum().over(over().rows(-1, 0)))
            .all(&db),
        "a frame needs an order",
    );
    refused(
        Score::query().select(row_number(over())).all(&db),
        "needs an order",
    );
    refused(
        Score::query().select(ntile(0, by_id())).all(&db),
        "0 buckets",
    );
    refused(
        Score::query().select(ntile(u32::MAX, by_id())).all(&db),
        "2147483647",
    );
    refused(
        Score::query()
            .select(Score::points.lag(u32::MAX, by_id()))
            .all(&db),
        "2147483647",
    );
    refused(
        Score::query()
            .select(row_number(by_id().rows_so_far()))
            .all(&db),
        "frame",
    );
    refused(
        Score::query()
            .select(Score::points.sum().over(by_id().rows(1, -1)))
            .all(&db),
        "ends before it begins",
    );
}

fn the_best_of_each_by_a_common_table_expression(bed: &Bed) {
    let db = scores(bed);
    let place = row_number(
        over()
            .partition_by(Score::team)
            .order_by(Score::points.desc())
            .order_by(Score::id),
    )
    .label("place");
    let ranked = Score::query()
        .select((Score::id, Score::team, place.clone()))
        .cte("ranked");
    let best = ranked
        .query()
        .filter(ranked.label(&place).eq(1))
        .order_by(ranked.column(Score::team).asc())
        .all(&db)
        .unwrap();
    assert_eq!(best, [(2, "a".into(), 1), (5, "b".into(), 1)]);
}
