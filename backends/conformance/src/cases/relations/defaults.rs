//! How relationships are loaded when a query says nothing.

use birgus::prelude::*;

use super::rows;
use crate::Bed;
use crate::watch::statements;

super::super::cases![
    as_it_is_declared,
    another_strategy_for_a_query,
    both_sides_of_one,
    with_itself_once,
    in_a_circle_of_models,
    a_joined_collection_below_a_row,
    by_key_in_a_session,
];

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Team {
    #[key]
    id: i64,
    #[has_many(Player, backref = team, lazy = joined)]
    players: Many<Player>,
    #[has_many(Match, lazy = selectin)]
    matches: Many<Match>,
    #[has_many(Prize, lazy = subquery)]
    prizes: Many<Prize>,
    #[has_many(Bill, lazy = raise)]
    bills: Many<Bill>,
    #[has_many(Fan, lazy = dynamic)]
    fans: Many<Fan>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Player {
    #[key]
    id: i64,
    #[column(references = Team::id)]
    team_id: i64,
    #[belongs_to(team_id, backref = players, lazy = joined)]
    team: One<Team>,
}

macro_rules! of_a_team {
    ($($name:ident)*) => { $(
        #[derive(Model, Debug, Clone, PartialEq)]
        #[model(register = false)]
        struct $name {
            #[key]
            id: i64,
            #[column(references = Team::id)]
            team_id: i64,
        }
    )* };
}
of_a_team!(Match Prize Bill Fan);

/// Each loads the next, and itself.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Egg {
    #[key]
    id: i64,
    #[column(references = Hen::id)]
    hen_id: Option<i64>,
    #[belongs_to(hen_id, lazy = joined)]
    hen: One<Option<Hen>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Hen {
    #[key]
    id: i64,
    #[column(references = Farm::id)]
    farm_id: i64,
    #[belongs_to(farm_id, lazy = joined)]
    farm: One<Farm>,
    #[column(references = Hen::id)]
    mother_id: Option<i64>,
    #[belongs_to(mother_id, lazy = joined)]
    mother: One<Option<Hen>>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Farm {
    #[key]
    id: i64,
    #[has_many(Hen, lazy = joined)]
    hens: Many<Hen>,
    #[has_many(Tractor, lazy = joined)]
    tractors: Many<Tractor>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(register = false)]
struct Tractor {
    #[key]
    id: i64,
    #[column(references = Farm::id)]
    farm_id: i64,
}

fn teams(bed: &Bed) -> Database {
    let db = bed.database(&[
        Team::info(),
        Player::info(),
        Match::info(),
        Prize::info(),
        Bill::info(),
        Fan::info(),
    ]);
    for team in [1, 2] {
        Team::insert(Team::build().id(team)).execute(&db).unwrap();
    }
    for id in 1..=3 {
        Player::insert(Player::build().id(id).team_id(1))
            .execute(&db)
            .unwrap();
        Match::insert(Match::build().id(id).team_id(1))
            .execute(&db)
            .unwrap();
        Prize::insert(Prize::build().id(id).team_id(1))
            .execute(&db)
            .unwrap();
        Bill::insert(Bill::build().id(id).team_id(1))
            .execute(&db)
            .unwrap();
        Fan::insert(Fan::build().id(id).team_id(1))
            .execute(&db)
            .unwrap();
    }
    db
}

fn farms(bed: &Bed) -> Database {
    let db = bed.database(&[Egg::info(), Hen::info(), Farm::info(), Tractor::info()]);
    Farm::insert(Farm::build().id(1)).execute(&db).unwrap();
    for id in 1..=2 {
        Tractor::insert(Tractor::build().id(id).farm_id(1))
            .execute(&db)
            .unwrap();
    }
    for (id, mother) in [(1, None), (2, Some(1)), (3, Some(2))] {
        let hen = Hen::build().id(id).farm_id(1).mother_id(mother);
        Hen::insert(hen).execute(&db).unwrap();
    }
    for (id, hen) in [(1, Some(3)), (2, Some(3)), (3, None)] {
        Egg::insert(Egg::build().id(id).hen_id(hen))
            .execute(&db)
            .unwrap();
    }
    db
}

fn as_it_is_declared(bed: &Bed) {
    let db = teams(bed);
    let teams = rows(3, &Team::query().order_by(Team::id), &db);
    assert_eq!(teams.len(), 2);
    for (team, count) in teams.iter().zip([3, 0]) {
        assert_eq!(team.players.loaded().unwrap().len(), count);
        assert_eq!(team.matches.loaded().unwrap().len(), count);
        assert_eq!(team.prizes.loaded().unwrap().len(), count);
        let error = team.bills.loaded().unwrap_err();
        assert!(error.is_not_loaded());
        assert!(error.to_string().contains("lazy = raise"), "{error}");
        assert!(team.fans.loaded().unwrap_err().is_not_loaded());
        assert_eq!(team.fans.query().count(&db).unwrap(), count as u64);
        assert!(
            team.bills
                .query()
                .count(&db)
                .unwrap_err()
                .is_invalid_query()
        );
    }
    let mut session = db.session().unwrap();
    let keys = session.load(Team::query().order_by(Team::id)).unwrap();
    let sent = statements(|| {
        assert_eq!(session.related(keys[0], Team::players).unwrap().len(), 3);
        assert_eq!(session.related(keys[0], Team::matches).unwrap().len(), 3);
        assert_eq!(session.related(keys[1], Team::prizes).unwrap(), []);
        assert!(
            session
                .related(keys[0], Team::bills)
                .unwrap_err()
                .is_not_loaded()
        );
    });
    assert_eq!(sent, [""; 0]);
    // Nothing but the models themselves takes anything along.
    let sent = statements(|| {
        assert_eq!(Team::query().count(&db).unwrap(), 2);
        assert_eq!(Team::query().pluck(Team::id, &db).unwrap().len(), 2);
    });
    assert_eq!(sent.len(), 2);
}

fn another_strategy_for_a_query(bed: &Bed) {
    let db = teams(bed);
    let lazily = Team::query()
        .with(Team::players.select())
        .with(Team::matches.raise())
        .with(Team::prizes.dynamic())
        .with(Team::bills.joined())
        .order_by(Team::id);
    let mut found = rows(1, &lazily, &db);
    let team = &mut found[0];
    assert!(team.players.is_unloaded() && team.prizes.is_unloaded());
    assert_eq!(team.bills.loaded().unwrap().len(), 3);
    assert_eq!(team.players.load(&db).unwrap().len(), 3);
    assert!(team.matches.load(&db).unwrap_err().is_not_loaded());
    assert_eq!(team.prizes.query().count(&db).unwrap(), 3);
    // The last word counts.
    let twice = lazily.with(Team::bills.raise());
    assert!(rows(1, &twice, &db)[0].bills.is_unloaded());
    let mut session = db.session().unwrap();
    let keys = session
        .load(Team::query().with(Team::matches.raise()))
        .unwrap();
    assert!(
        session
            .related(keys[0], Team::matches)
            .unwrap_err()
            .is_not_loaded()
    );
}

fn both_sides_of_one(bed: &Bed) {
    let db = teams(bed);
    let players = rows(3, &Player::query().order_by(Player::id), &db);
    assert_eq!(players.len(), 3);
    for player in &players {
        let team = player.team.loaded().unwrap();
        assert_eq!((team.id, team.matches.loaded().unwrap().len()), (1, 3));
        // That would lead back to where it came from.
        assert!(team.players.is_unloaded());
    }
    // Unless it is asked for.
    let query = Player::query()
        .with(Player::team.with(Team::players.joined()))
        .limit(2);
    let players = rows(3, &query, &db);
    assert_eq!(players.len(), 2);
    assert_eq!(
        players[1]
            .team
            .loaded()
            .unwrap()
            .players
            .loaded()
            .unwrap()
            .len(),
        3
    );
}

fn with_itself_once(bed: &Bed) {
    let db = farms(bed);
    let hens = Hen::query().order_by(Hen::id).with(Hen::farm.select());
    let hens = rows(1, &hens, &db);
    let mother = hens[2].mother.loaded().unwrap().unwrap();
    assert_eq!(mother.id, 2);
    assert!(mother.mother.is_unloaded());
    assert!(hens[0].mother.loaded().unwrap().is_none());
}

fn in_a_circle_of_models(bed: &Bed) {
    let db = farms(bed);
    let mut found = Vec::new();
    let sent = statements(|| found = Egg::query().order_by(Egg::id).all(&db).unwrap());
    assert!(sent.len() <= 3, "{sent:#?}");
    assert_eq!(found.len(), 3);
    for egg in &found[..2] {
        let hen = egg.hen.loaded().unwrap().unwrap();
        assert_eq!(hen.mother.loaded().unwrap().unwrap().id, 2);
        let farm = hen.farm.loaded().unwrap();
        assert_eq!(farm.tractors.loaded().unwrap().len(), 2);
        assert!(farm.hens.is_unloaded());
    }
    assert!(found[2].hen.loaded().unwrap().is_none());
    let mut session = db.session().unwrap();
    let eggs = session.load(Egg::query().order_by(Egg::id)).unwrap();
    let hen = session.related(eggs[0], Egg::hen).unwrap().unwrap();
    assert_eq!(session.related(eggs[1], Egg::hen).unwrap(), Some(hen));
}

fn a_joined_collection_below_a_row(bed: &Bed) {
    let db = farms(bed);
    // The collection is nobody's word: it stands on the relationship, two models away.
    let query = Egg::query()
        .order_by(Egg::id)
        .limit(2)
        .with(Egg::hen.with(Hen::mother.select()));
    let found = query.all(&db).unwrap();
    assert_eq!(found.iter().map(|egg| egg.id).collect::<Vec<_>>(), [1, 2]);
    let hen = found[1].hen.loaded().unwrap().unwrap();
    assert_eq!(
        hen.farm.loaded().unwrap().tractors.loaded().unwrap().len(),
        2
    );
    let hens = Hen::query().order_by(Hen::id).limit(2).all(&db).unwrap();
    assert_eq!(hens.iter().map(|hen| hen.id).collect::<Vec<_>>(), [1, 2]);
}

fn by_key_in_a_session(bed: &Bed) {
    let db = teams(bed);
    let mut session = db.session().unwrap();
    let team = session.get::<Team>(1).unwrap().unwrap();
    assert_eq!(session.related(team, Team::players).unwrap().len(), 3);
    assert_eq!(session.related(team, Team::matches).unwrap().len(), 3);
    let got = Team::query().get(1, &db).unwrap().unwrap();
    assert_eq!(got.prizes.loaded().unwrap().len(), 3);
}
