//! Aggregates over windows.

use birgus::DatabaseErrorKind;
use birgus::prelude::*;
use birgus::query::{count_rows, over};

use super::windows::{Score, all, decimal, scores};
use crate::Bed;

super::cases![
    running_sums,
    moving_means,
    sums_and_means_of_decimals,
    counts_over_windows,
    filtered_aggregates_over_windows,
    extremes_and_truths_over_windows,
    a_sum_over_a_window_out_of_range_is_invalid_data,
];

fn running_sums(bed: &Bed) {
    let db = scores(bed);
    let so_far = over().order_by(Score::id).rows_so_far();
    assert_eq!(
        all(&db, Score::points.sum().over(so_far.clone())),
        [10, 30, 50, 55, 85].map(Some)
    );
    assert_eq!(
        all(&db, Score::weight.sum().over(so_far.clone())),
        [5.0, 15.0, 25.0, 27.5, 42.5].map(Some)
    );
    assert_eq!(
        all(&db, Score::bonus.sum().over(so_far)),
        [None, Some(20), Some(40), Some(40), Some(70)]
    );
    // Without a frame, rows that agree in order are summed at once.
    let by_points = over().order_by(Score::points);
    assert_eq!(
        all(&db, Score::points.sum().over(by_points)),
        [15, 55, 55, 5, 85].map(Some)
    );
    let everything = over().order_by(Score::id).all_rows();
    assert_eq!(
        all(&db, Score::points.sum().over(everything)),
        [Some(85); 5]
    );
}

fn moving_means(bed: &Bed) {
    let db = scores(bed);
    let around = over().order_by(Score::id).rows(-1, 1);
    assert_eq!(
        all(&db, Score::points.avg().over(around.clone())),
        [15.0, 50.0 / 3.0, 15.0, 55.0 / 3.0, 17.5].map(Some)
    );
    assert_eq!(
        all(&db, Score::weight.avg().over(around.clone())),
        [7.5, 25.0 / 3.0, 7.5, 27.5 / 3.0, 8.75].map(Some)
    );
    assert_eq!(
        all(&db, Score::bonus.avg().over(around.clone())),
        [20.0, 20.0, 20.0, 25.0, 30.0].map(Some)
    );
    let ahead = over().order_by(Score::id).rows(1, 2);
    assert_eq!(
        all(&db, Score::points.avg().over(ahead)),
        [Some(20.0), Some(12.5), Some(17.5), Some(30.0), None]
    );
}

fn sums_and_means_of_decimals(bed: &Bed) {
    let db = scores(bed);
    let so_far = over().order_by(Score::id).rows_so_far();
    let texts = |found: Vec<Option<Decimal>>| -> Vec<String> {
        found
            .into_iter()
            .map(|number| number.unwrap().to_string())
            .collect()
    };
    assert_eq!(
        texts(all(&db, Score::price.sum().over(so_far.clone()))),
        ["0.10", "0.30", "-0.71", "9.29", "9.34"]
    );
    assert_eq!(
        texts(all(&db, Score::price.avg().over(so_far.clone()))),
        ["0.100000", "0.150000", "-0.236667", "2.322500", "1.868000"]
    );
    let doubled = Score::price.sum().over(so_far.clone()) * decimal("2");
    assert_eq!(texts(all(&db, doubled))[4], "18.68");
    let share = Score::price / Score::price.sum().over(over().partition_by(Score::team));
    assert_eq!(
        texts(all(&db, share)),
        ["-0.140845", "-0.281690", "1.422535", "0.995025", "0.004975"]
    );
}

fn counts_over_windows(bed: &Bed) {
    let db = scores(bed);
    let so_far = over().order_by(Score::id).rows_so_far();
    assert_eq!(
        all(
            &db,
            (
                count_rows().over(over()),
                Score::bonus.count().over(so_far.clone())
            )
        ),
        [(5, 0), (5, 1), (5, 2), (5, 2), (5, 3)]
    );
    assert_eq!(all(&db, count_rows().over(over()) - 6), [-1; 5]);
}

fn filtered_aggregates_over_windows(bed: &Bed) {
    let db = scores(bed);
    let by_team = over().partition_by(Score::team);
    let found = all(
        &db,
        (
            count_rows()
                .filter(Score::points.ge(20))
                .over(by_team.clone()),
            Score::points
                .sum()
                .filter(Score::points.lt(20))
                .over(by_team.clone()),
            Score::price
                .avg()
                .filter(Score::price.gt(decimal("0")))
                .over(by_team),
        ),
    );
    let a = (2, Some(10), Some(decimal("0.15")));
    let b = (1, Some(5), Some(decimal("5.025")));
    assert_eq!(found, [a, a, a, b, b]);
}

fn extremes_and_truths_over_windows(bed: &Bed) {
    let db = scores(bed);
    let by_team = over().partition_by(Score::team);
    let found = all(
        &db,
        (
            Score::price.min().over(by_team.clone()),
            Score::team.max().over(over()),
            Score::won.bool_and().over(by_team.clone()),
            Score::won.bool_or().over(by_team),
        ),
    );
    let a = (
        Some(decimal("-1.01")),
        Some("b".to_owned()),
        Some(false),
        Some(false),
    );
    let b = (
        Some(decimal("0.05")),
        Some("b".to_owned()),
        Some(false),
        Some(true),
    );
    assert_eq!(found, [a.clone(), a.clone(), a, b.clone(), b]);
}

fn a_sum_over_a_window_out_of_range_is_invalid_data(bed: &Bed) {
    let db = scores(bed);
    Score::query()
        .filter(Score::id.in_([2, 3]))
        .update([Score::big.set(i64::MAX), Score::weight.set(1.7e308)], &db)
        .unwrap();
    let so_far = over().order_by(Score::id).rows_so_far();
    for error in [
        Score::query()
            .select(Score::big.sum().over(so_far.clone()))
            .all(&db)
            .unwrap_err(),
        Score::query()
            .select(Score::big.avg().over(so_far.clone()))
            .all(&db)
            .unwrap_err(),
        Score::query()
            .select(Score::weight.sum().over(so_far))
            .all(&db)
            .unwrap_err(),
    ] {
        assert_eq!(
            error.database_kind(),
            Some(DatabaseErrorKind::InvalidData),
            "{error}"
        );
    }
}
