//! What cannot be done is said before anything is done, or leaves the token as it was.

use symbolon::base::hex::Hex;
use symbolon::base::secret::Secret;
use symbolon::card::CardError;
use symbolon::plan::preview::Preview;
use symbolon::plan::profile::Profile;
use symbolon::plan::recipe::{self, Given, RecipeError};
use symbolon::plan::{Phase, SecretName, SetupError, Task};
use symbolon::simulator::{CardOs, CardOsModel};

use crate::desk::{Desk, secrets, setup};
use crate::opensc::SERIAL;

const SET_UP: &str = "name='a'\nlabel='T'\n[so-pin]\nmin=6\n[[pin]]\nmin=6\n";

fn blank() -> Desk {
    Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)))
}

fn set_up(profiles: &[&str]) -> Desk {
    let desk = blank();
    for profile in profiles {
        let plan = desk.plan(profile, Given::default());
        desk.run(&plan, &mut secrets(), None).result.unwrap();
    }
    desk
}

fn no_plan(desk: &Desk, profile: &str, given: &Given) -> RecipeError {
    let profile = Profile::parse(profile).unwrap();
    let before = desk.image();
    let error = recipe::plan(&profile, &desk.survey(), &desk.token(), given).unwrap_err();
    assert_eq!(desk.image(), before);
    error
}

#[test]
fn a_wrong_so_pin_costs_one_try_and_changes_nothing_else() {
    let desk = set_up(&[SET_UP]);
    let before = desk.image();
    let plan = desk.plan("name='a'\n[[pin]]\nid='07'\n", Given::default());
    let mut wrong = secrets();
    wrong.give(SecretName::Pin { number: 1 }, Secret::new(b"999999"));
    let error = desk.run(&plan, &mut wrong, None).result.unwrap_err();
    assert!(matches!(
        setup(&error),
        SetupError::Card(CardError::WrongPin { .. })
    ));
    let after = desk.image();
    let changed: Vec<_> = before
        .lines()
        .zip(after.lines())
        .filter(|(one, other)| one != other)
        .collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert!(changed[0].1.contains("left: 2"), "{changed:?}");
    // With the right one it goes on where it was.
    desk.resume(&mut secrets(), None).result.unwrap();
}

#[test]
fn a_pin_that_breaks_a_rule_is_not_sent() {
    let desk = set_up(&[SET_UP]);
    let before = desk.image();
    let plan = desk.plan("name='a'\n[[key]]\nsize=1024\n", Given::default());
    for short in ["", "12345", "123456789"] {
        let mut given = secrets();
        given.give(SecretName::Pin { number: 3 }, Secret::new(short.as_bytes()));
        let error = desk.run(&plan, &mut given, None).result.unwrap_err();
        assert!(
            matches!(setup(&error), SetupError::Card(CardError::Rule { .. })),
            "{error}"
        );
    }
    assert_eq!(desk.image(), before);
}

#[test]
fn a_new_pin_has_to_fit_too() {
    let desk = blank();
    let plan = desk.plan(SET_UP, Given::default());
    let mut given = secrets();
    given.give(SecretName::Pin { number: 3 }, Secret::new(b"123"));
    let error = desk.run(&plan, &mut given, None).result.unwrap_err();
    assert!(
        matches!(setup(&error), SetupError::Card(CardError::Rule { .. })),
        "{error}"
    );
    // The step before it is done; this one goes on with a PIN that fits.
    desk.resume(&mut secrets(), None).result.unwrap();
    assert_eq!(desk.token().applications[0].pins.len(), 4);
}

#[test]
fn places_in_names_are_never_left_empty() {
    let desk = blank();
    let profile = "name='a'\nlabel='VPN {name}'\n[so-pin]\nlabel='{department}'\n[[pin]]\n";
    let column = RecipeError::NoColumn("department".into());
    let mut given = Given::default();
    assert_eq!(no_plan(&desk, profile, &given), column);
    given.name = Some("Anna".into());
    assert_eq!(no_plan(&desk, profile, &given), column);
    given.name = None;
    given.columns = [("department".into(), "Sales".into())].into();
    assert_eq!(no_plan(&desk, profile, &given), RecipeError::NoName);
    given.name = Some("Anna".into());
    let plan = desk.plan(profile, given);
    assert!(matches!(
        &plan.tasks[0],
        Task::Create(new) if new.label == "VPN Anna" && new.owner.label == "Sales"
    ));
}

#[test]
fn a_full_card_is_known_before() {
    let desk = set_up(&[SET_UP]);
    let before = desk.image();
    let mut profile = String::from("name='a'\n");
    for number in 1..=3 {
        profile.push_str(&format!("[[data]]\nlabel='{number}'\nfile='x'\n"));
    }
    let given = Given {
        data: [(0, 9_000), (1, 9_000), (2, 9_000)].into(),
        ..Given::default()
    };
    let plan = desk.plan(&profile, given);
    let refused = Preview::of(&plan, &desk.survey()).err();
    let Some((2, SetupError::Full { needed, free })) = refused else {
        panic!("{refused:?}");
    };
    assert!(needed > free);
    assert_eq!(desk.image(), before);
}

#[test]
fn what_the_card_does_not_have_is_said() {
    let desk = set_up(&[SET_UP, "name='a'\n[[key]]\nsize=1024\n"]);
    let given = Given::default();
    let in_use = no_plan(&desk, "name='a'\n[[key]]\nid='45'\n", &given);
    assert_eq!(in_use, RecipeError::InUse(Hex(vec![0x45])));
    let no_pin = no_plan(&desk, "name='a'\n[[key]]\npin='09'\n", &given);
    assert_eq!(no_pin, RecipeError::NoPin(Hex(vec![9])));
    assert_eq!(no_plan(&desk, SET_UP, &given), RecipeError::SetUpAlready);
    let second = no_plan(&desk, "name='a'\n[[pin]]\nid='01'\n", &given);
    assert_eq!(second, RecipeError::InUse(Hex(vec![1])));
    let other = include_bytes!("../../data/practice/thomas-signature.crt");
    let given = Given {
        certificates: [(0, other.to_vec())].into(),
        ..Given::default()
    };
    let profile = "name='a'\n[[certificate]]\nid='45'\nfile='x'\n";
    assert_eq!(
        no_plan(&desk, profile, &given),
        RecipeError::OtherKey(Hex(vec![0x45]))
    );
    let file = no_plan(&desk, profile, &Given::default());
    assert_eq!(file, RecipeError::MissingFile("x".into()));
    assert_eq!(
        no_plan(&blank(), "name='a'\n[[key]]\n", &Given::default()),
        RecipeError::NotSetUp
    );
}

#[test]
fn a_card_that_must_not_be_formatted_is_not() {
    let given = Given::default();
    let erase = "name='a'\nerase='card'\n";
    let model = || CardOsModel::m4_2b(SERIAL);
    let few = Desk::new(CardOs::blank(model()).with_start_key([0xFF; 16], 4));
    let refused = no_plan(&few, erase, &given);
    assert_eq!(
        refused,
        RecipeError::Erase(SetupError::StartKeyTries { left: 4 })
    );
    // This one has a package of its maker.
    let package = Desk::new(CardOs::blank(CardOsModel::m4_3b(SERIAL)));
    assert_eq!(
        no_plan(&package, erase, &given),
        RecipeError::Erase(SetupError::Packages)
    );
    let raw = Desk::new(CardOs::raw(model()));
    let survey = raw.cardos();
    assert_eq!(survey.phase, Phase::Manufacturing);
    let refused = no_plan(&raw, "name='a'\nlabel='T'\n[[pin]]\n", &given);
    assert_eq!(
        refused,
        RecipeError::NotReady(SetupError::Phase(Phase::Manufacturing))
    );
    let refused = no_plan(&raw, erase, &given);
    assert_eq!(
        refused,
        RecipeError::Erase(SetupError::Phase(Phase::Manufacturing))
    );
}

#[test]
fn a_wrong_start_key_costs_one_try_and_is_said() {
    // The card says that its key is the known one, and it is not.
    let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)).with_start_key([0x40; 16], 10));
    let plan = desk.plan("name='a'\nerase='card'\n", Given::default());
    let error = desk.run(&plan, &mut secrets(), None).result.unwrap_err();
    assert!(
        matches!(setup(&error), SetupError::Card(CardError::Status { .. })),
        "{error}"
    );
    assert_eq!(desk.cardos().start_key.unwrap().tries, 9);
}

#[test]
fn a_card_in_everyday_use_is_so_again_afterwards() {
    let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)).operational());
    let plan = desk.plan(SET_UP, Given::default());
    desk.run(&plan, &mut secrets(), None).result.unwrap();
    assert_eq!(desk.cardos().phase, Phase::Operational);
}

#[test]
fn a_plan_for_one_card_does_nothing_to_another() {
    let desk = blank();
    let plan = desk.plan(SET_UP, Given::default());
    let other = Desk::new(CardOs::blank(CardOsModel::m4_2b([1; 6])));
    let before = other.image();
    let error = other.run(&plan, &mut secrets(), None).result.unwrap_err();
    assert_eq!(setup(&error), &SetupError::Card(CardError::OtherCard));
    assert_eq!(other.image(), before);
}
