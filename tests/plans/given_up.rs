//! What is given up halfway is no dead end: the next plan begins with what was left, or says what to
//! do.

use symbolon::base::secret::Secret;
use symbolon::explain;
use symbolon::plan::preview::Preview;
use symbolon::plan::profile::Profile;
use symbolon::plan::recipe::{self, Given, RecipeError};
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{Plan, SecretName, SetupError};
use symbolon::simulator::{CardOs, CardOsModel};

use crate::desk::{Cut, Desk, secrets};
use crate::opensc::SERIAL;

const SET_UP: &str = "name='a'\nlabel='T'\n[so-pin]\nmin=6\n[[pin]]\nmin=6\n";

fn given() -> Given {
    Given {
        data: [(0, 400)].into(),
        ..Given::default()
    }
}

fn all() -> Secrets {
    let mut all = secrets();
    all.give_data("note".into(), Secret::take(vec![7; 400]));
    all
}

fn set_up(profiles: &[&str]) -> Desk {
    let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
    for profile in profiles {
        let plan = desk.plan(profile, given());
        desk.run(&plan, &mut all(), None).result.unwrap();
    }
    desk
}

/// Every card that a profile can be given up on, and where it was.
fn given_up(before: &[&str], profile: &str) -> Vec<(Cut, Desk)> {
    let whole = set_up(before);
    let plan = whole.plan(profile, given());
    let commands = whole.run(&plan, &mut all(), None).commands;
    let cuts =
        (0..commands).flat_map(|after| [false, true].map(|carried_out| Cut { after, carried_out }));
    cuts.map(|cut| {
        let desk = set_up(before);
        let plan = desk.plan(profile, given());
        let torn = desk.run(&plan, &mut all(), Some(cut));
        assert!(torn.result.is_err(), "{cut:?}");
        desk.give_up();
        (cut, desk)
    })
    .collect()
}

fn plan(desk: &Desk, profile: &str) -> Result<Plan, RecipeError> {
    let profile = Profile::parse(profile).unwrap();
    recipe::plan(&profile, &desk.survey(), &desk.token(), &given())
}

#[test]
fn a_set_up_that_was_given_up_is_erased_and_begun_anew() {
    let mut unlisted = 0;
    for (cut, desk) in given_up(&[], SET_UP) {
        let survey = desk.survey();
        let erase = plan(&desk, "name='a'\nerase='application'\n").unwrap();
        match Preview::of(&erase, &survey) {
            Ok(_) => {
                assert!(survey.can_be_deleted(), "{cut:?}");
                desk.run(&erase, &mut all(), None).result.unwrap();
                desk.run(&plan(&desk, SET_UP).unwrap(), &mut all(), None)
                    .result
                    .unwrap();
            }
            Err((0, error @ SetupError::UnknownPin { number: 1 })) => {
                assert!(!survey.can_be_deleted(), "{cut:?}");
                let words = explain::plan::setup_error(&error).body;
                assert!(words.contains("Erase the whole card"), "{words}");
                let anew = plan(&desk, &format!("erase='card'\n{SET_UP}")).unwrap();
                desk.run(&anew, &mut all(), None).result.unwrap();
                unlisted += 1;
            }
            Err(other) => panic!("{cut:?}: {other:?}"),
        }
    }
    assert!(unlisted > 0, "no PIN was without a list");
}

#[test]
fn a_pin_never_takes_the_place_of_one_that_was_left() {
    let another = "name='a'\n[[pin]]\nid='07'\n";
    for (cut, desk) in given_up(&[], SET_UP) {
        let Ok(plan) = plan(&desk, another) else {
            continue;
        };
        let owner = SecretName::Pin { number: 1 };
        match Preview::of(&plan, &desk.survey()) {
            // Nobody guards the application yet, or it is not known who does.
            Err((0, SetupError::UnknownPin { .. } | SetupError::Full { .. })) => {}
            Err(other) => panic!("{cut:?}: {other:?}"),
            Ok(_) => {
                let needs = desk.needs(&plan);
                assert_eq!(needs.get(&owner), Some(&false), "{cut:?}: {needs:?}");
                desk.run(&plan, &mut all(), None).result.unwrap();
            }
        }
    }
}

#[test]
fn what_was_given_up_is_done_by_another_plan() {
    for profile in [
        "name='a'\n[[key]]\nsize=1024\n",
        "name='a'\n[[pin]]\nid='07'\n",
        "name='a'\n[[data]]\nlabel='note'\nfile='x'\n",
    ] {
        for (cut, desk) in given_up(&[SET_UP], profile) {
            match plan(&desk, profile) {
                Ok(plan) => {
                    let ended = desk.run(&plan, &mut all(), None);
                    ended
                        .result
                        .unwrap_or_else(|error| panic!("{profile}: {cut:?}: {error}"));
                }
                // All of it was done, and only that was not known.
                Err(RecipeError::InUse(_)) => {}
                Err(other) => panic!("{profile}: {cut:?}: {other}"),
            }
        }
    }
}
