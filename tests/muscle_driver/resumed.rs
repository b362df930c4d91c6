//! Plans that were broken off on cards whose chips tell no number: they go on on the card that they were
//! begun on, and on no other one, and no try of a PIN is lost on one that is not theirs.

use symbolon::base::hex::Hex;
use symbolon::base::secret::Secret;
use symbolon::card::CardError;
use symbolon::card::muscle::{MuscleError, ObjectId};
use symbolon::iso7816::StatusWord;
use symbolon::plan::journal::{Journals, recognised, unfinished};
use symbolon::plan::preview::{Preview, Warning};
use symbolon::plan::run::{Run, RunError};
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{
    About, AppletSetUp, Creation, Plan, SecretName, SetupError, Subject, Survey, Task,
};
use symbolon::transport::link::Link as _;

use crate::applet::{Card, Object, set_up};
use crate::looking::{with, with_certificate};
use crate::shared::Shared;
use crate::writing::{certificate, key, made, objects, signed_in, surveyed, user_pin};

const NOW: i64 = 1_795_269_430;

fn survey(shared: &Shared) -> Survey {
    with(shared, |channel| {
        Survey::read(channel, About::Token).unwrap()
    })
}

fn plan(shared: &Shared, tasks: Vec<Task>) -> Plan {
    Plan {
        name: "test".into(),
        subject: Subject {
            serial: survey(shared).serial().clone(),
            atr: Hex(shared.atr().to_vec()),
            label: None,
        },
        made: NOW,
        opening: Default::default(),
        tasks,
    }
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.give(SecretName::TransportPin, Secret::new(b"Muscle00"));
    // The holder's is that of the cards here.
    secrets.give(SecretName::Pin { number: 1 }, Secret::new(b"00000000"));
    secrets
}

fn new_secrets() -> Secrets {
    let mut secrets = secrets();
    for (number, pin, puk) in [(0, b"24681357", b"11223344"), (1, b"13572468", b"55667788")] {
        secrets.give(SecretName::Pin { number }, Secret::new(pin));
        secrets.give(SecretName::Puk { number }, Secret::new(puk));
    }
    secrets
}

fn begin(shared: &Shared, journals: &Journals, plan: &Plan) -> Run {
    let survey = survey(shared);
    let journal = journals.open(survey.serial()).unwrap();
    Run::begin(plan.clone(), survey, journal, NOW).unwrap()
}

/// Does what is left, a card that was just put in for each step; the link breaks after so many commands.
fn go_on(
    shared: &Shared,
    run: &mut Run,
    secrets: &mut Secrets,
    left: Option<usize>,
) -> Result<(), RunError> {
    shared.card().left = left;
    let mut done = Ok(());
    while !run.is_over() && done.is_ok() {
        done = with(shared, |channel| run.step(channel, secrets, NOW));
        shared.card().reset();
    }
    shared.card().left = None;
    shared.card().loses = false;
    if done.is_ok() {
        run.finish(0, 0, NOW).unwrap();
    }
    done
}

/// What the program finds that is told of a card: as the backend does it.
fn found(shared: &Shared, journals: &Journals) -> Survey {
    recognised(survey(shared), journals)
}

fn resume(shared: &Shared, journals: &Journals) -> Result<Run, RunError> {
    let live = found(shared, journals);
    let journal = journals.open(live.serial()).unwrap();
    let left = journal.unfinished().expect("nothing to go on with");
    Run::resume(left, journal, &live)
}

/// A token with a serial number in its application, a key and a certificate.
fn with_serial() -> Card {
    let shared = made();
    let mut survey = surveyed(&shared);
    signed_in(&shared, |channel| {
        use symbolon::card::muscle::write;
        write::generate_key(channel, &mut survey, &key(0x45, 0, 1024)).unwrap();
        write::store_certificate(channel, &mut survey, &certificate(824)).unwrap();
    });
    shared.card().reset();
    shared.card().sent.clear();
    shared.card().clone()
}

fn set_up_anew() -> Vec<Task> {
    vec![
        Task::DeleteApplication,
        Task::Create(Creation {
            label: "Again".into(),
            owner: user_pin(),
        }),
        Task::GenerateKey(key(0x46, 0, 1024)),
    ]
}

#[test]
fn a_token_that_has_lost_its_name_goes_on_under_it() {
    let whole = Shared::new(with_serial());
    let plan = plan(&whole, set_up_anew());
    let journals = Journals::memory();
    let mut run = begin(&whole, &journals, &plan);
    whole.card().sent.clear();
    go_on(&whole, &mut run, &mut secrets(), None).unwrap();
    let commands = whole.card().sent.len();
    let mut nameless = 0;
    for left in 0..commands {
        for loses in [false, true] {
            let what = format!("after {left} of {commands}, {loses}");
            let shared = Shared::new(with_serial());
            let journals = Journals::memory();
            let mut run = begin(&shared, &journals, &plan);
            shared.card().loses = loses;
            let broken = go_on(&shared, &mut run, &mut secrets(), Some(left));
            assert!(broken.is_err(), "{what}");
            drop(run);
            nameless += usize::from(survey(&shared).is_nameless());
            let mut run =
                resume(&shared, &journals).unwrap_or_else(|error| panic!("{what}: {error}"));
            go_on(&shared, &mut run, &mut secrets(), None)
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(objects(&shared.card()), objects(&whole.card()), "{what}");
            assert_eq!(survey(&shared).serial(), &plan.subject.serial, "{what}");
            assert_eq!(shared.card().pins[1].as_ref().unwrap().left, 5, "{what}");
        }
    }
    assert!(nameless > 5, "{nameless}");
}

/// The power of the computer goes, or somebody cancels, between two steps.
#[test]
fn a_token_without_a_name_between_two_steps_goes_on() {
    let shared = Shared::new(with_serial());
    let plan = plan(&shared, set_up_anew());
    let journals = Journals::memory();
    let mut run = begin(&shared, &journals, &plan);
    with(&shared, |channel| run.step(channel, &mut secrets(), NOW)).unwrap();
    drop(run);
    shared.card().reset();
    assert!(survey(&shared).is_nameless());
    assert!(!found(&shared, &journals).is_nameless());
    // An empty one that has other key places is another one.
    let other = Shared::new(set_up());
    assert!(found(&other, &journals).is_nameless());
    let mut run = resume(&shared, &journals).unwrap();
    go_on(&shared, &mut run, &mut secrets(), None).unwrap();
    assert_eq!(survey(&shared).serial(), &plan.subject.serial);
    // It is over: the next one without a name is not taken for it.
    let empty = Shared::new(with_serial());
    empty.card().objects.clear();
    assert!(found(&empty, &journals).is_nameless());
}

#[test]
fn a_plan_goes_on_on_no_other_card_of_the_kind() {
    let mut card = with_certificate();
    card.reset();
    let delete = || {
        vec![
            Task::DeleteKey {
                id: Hex(vec![0x45]),
            },
            Task::DeleteCertificate {
                id: Hex(vec![0x45]),
            },
        ]
    };
    type Change = fn(&mut Card);
    let changes: [(&str, Change); 5] = [
        ("places", |card| card.keys = Default::default()),
        ("sizes", |card| card.keys[0].as_mut().unwrap().bits = 1024),
        ("PINs", |card| card.pins[2] = card.pins[1].clone()),
        ("memory", |card| card.memory += 100),
        ("certificates", |card| {
            let list = |object: &&mut Object| object.id == [0x50, 0x15, 0x44, 0x04];
            let list = card.objects.iter_mut().find(list).unwrap();
            // A letter of a name.
            list.content[8] ^= 0x01;
        }),
    ];
    // Within the first step, and between the two.
    for left in [Some(12), None] {
        let shared = Shared::new(card.clone());
        assert!(survey(&shared).is_nameless());
        let plan = plan(&shared, delete());
        let journals = Journals::memory();
        let mut run = begin(&shared, &journals, &plan);
        match left {
            Some(_) => {
                assert!(go_on(&shared, &mut run, &mut secrets(), left).is_err());
            }
            None => with(&shared, |channel| run.step(channel, &mut secrets(), NOW)).unwrap(),
        }
        drop(run);
        shared.card().reset();
        for (what, change) in changes {
            let mut other = card.clone();
            change(&mut other);
            let other = Shared::new(other);
            let live = survey(&other);
            let lines = journals.read(live.serial()).unwrap();
            let unfinished = unfinished(&lines).unwrap();
            assert!(!unfinished.is_of(&live), "{what}");
            let refused = resume(&other, &journals);
            let changed = RunError::Setup(SetupError::Changed);
            assert_eq!(refused.err(), Some(changed), "{what}");
        }
        let mut run = resume(&shared, &journals).unwrap();
        go_on(&shared, &mut run, &mut secrets(), None).unwrap();
        let read = survey(&shared);
        assert_eq!((read.counts().keys, read.counts().certificates), (0, 0));
    }
}

fn first_set_up() -> Vec<Task> {
    vec![
        Task::SetUpApplet(AppletSetUp::default()),
        Task::Create(Creation {
            label: "New".into(),
            owner: user_pin(),
        }),
    ]
}

fn verified(shared: &Shared) -> usize {
    let card = shared.card();
    let sent = card.sent.iter();
    sent.filter(|sent| sent[..2] == [0xB0, 0x42]).count()
}

#[test]
fn no_try_is_lost_on_an_applet_that_another_program_has_set_up() {
    let blank = Shared::new(Card::default());
    let plan = plan(&blank, first_set_up());
    let refused = SetupError::from(CardError::from(MuscleError::SetUpAlready));
    let journals = Journals::memory();
    let mut run = begin(&blank, &journals, &plan);
    // Now it is set up by somebody else.
    *blank.card() = set_up();
    for _ in 0..2 {
        let done = go_on(&blank, &mut run, &mut new_secrets(), None);
        assert_eq!(done, Err(refused.clone().into()));
    }
    drop(run);
    for _ in 0..6 {
        let mut run = resume(&blank, &journals).unwrap();
        let done = go_on(&blank, &mut run, &mut new_secrets(), None);
        assert_eq!(done, Err(refused.clone().into()));
    }
    assert_eq!(verified(&blank), 0);
    assert_eq!(blank.card().pins[1].as_ref().unwrap().left, 5);
    // Seen before anything begins, too.
    assert_eq!(Preview::of(&plan, &survey(&blank)), Err((0, refused)));
}

/// A wrong transport PIN sets nothing up; nor does what is refused before.
#[test]
fn what_did_not_set_the_applet_up_is_not_taken_for_it() {
    let blank = Shared::new(Card::default());
    let plan = plan(&blank, first_set_up());
    let journals = Journals::memory();
    let mut wrong = new_secrets();
    wrong.give(SecretName::TransportPin, Secret::new(b"Muscle01"));
    let mut run = begin(&blank, &journals, &plan);
    let done = go_on(&blank, &mut run, &mut wrong, None);
    assert!(
        matches!(
            done,
            Err(RunError::Setup(SetupError::Card(
                CardError::WrongPin { .. }
            )))
        ),
        "{done:?}"
    );
    drop(run);
    *blank.card() = set_up();
    let mut run = resume(&blank, &journals).unwrap();
    let done = go_on(&blank, &mut run, &mut new_secrets(), None);
    let refused = SetupError::from(CardError::from(MuscleError::SetUpAlready));
    assert_eq!(done, Err(refused.into()));
    assert_eq!(verified(&blank), 0);
}

/// The answer to Setup is lost: then the holder's PIN shows that it was this plan.
#[test]
fn a_set_up_of_which_nobody_knows_is_known_again() {
    let plan = plan(&Shared::new(Card::default()), first_set_up());
    let mut known_again = 0;
    for left in 0..30 {
        let blank = Shared::new(Card::default());
        let journals = Journals::memory();
        let mut run = begin(&blank, &journals, &plan);
        blank.card().loses = true;
        if go_on(&blank, &mut run, &mut new_secrets(), Some(left)).is_ok() {
            break;
        }
        drop(run);
        let was_set_up = blank.card().is_ready;
        let mut run = resume(&blank, &journals).unwrap();
        known_again += usize::from(run.next() == 0 && was_set_up);
        assert_eq!(go_on(&blank, &mut run, &mut new_secrets(), None), Ok(()));
        assert!(survey(&blank).is_set_up());
    }
    assert!(known_again > 0);
}

#[test]
fn a_preview_counts_the_keys_that_are_thrown_away() {
    let shared = Shared::new(with_serial());
    let id = || Hex(vec![0x45]);
    for task in [Task::DeleteKey { id: id() }, Task::DeleteApplication] {
        let plan = plan(&shared, vec![task]);
        let preview = Preview::of(&plan, &survey(&shared)).unwrap();
        let step = &preview.steps[0];
        let made = step
            .commands
            .iter()
            .filter(|line| line.contains("B0300001"));
        assert_eq!(made.count(), 1, "{:#?}", step.commands);
        assert!(step.seconds.0 >= 5 && step.seconds.1 >= 60, "{step:?}");
        assert_eq!(preview.warnings, []);
        // One that the holder may not overwrite.
        let other = Shared::new(shared.card().clone());
        other.card().keys[0].as_mut().unwrap().rules[1] = 0xFFFF;
        let preview = Preview::of(&plan, &survey(&other)).unwrap();
        assert_eq!(preview.warnings, [Warning::KeyStays]);
        assert!(preview.steps[0].seconds.1 < 30);
        let words = symbolon::explain::plan::warning(Warning::KeyStays);
        assert!(words.contains("stays in its place"), "{words}");
    }
}

#[test]
fn what_cannot_be_erased_is_known_before() {
    let shared = Shared::new(with_serial());
    assert!(survey(&shared).can_be_deleted());
    let plan = plan(&shared, vec![Task::DeleteApplication]);
    shared.card().objects.push(Object {
        id: [0x50, 0x15, 0x77, 0x00],
        rules: [0, 0, 1],
        content: vec![0; 4],
    });
    let survey = survey(&shared);
    assert!(!survey.can_be_deleted());
    let id = ObjectId([0x50, 0x15, 0x77, 0x00]);
    let refused = CardError::from(MuscleError::Undeletable { id });
    assert_eq!(Preview::of(&plan, &survey), Err((0, refused.into())));
}

/// That a step was begun before is no word about its keys: who mistyped the PIN, or pulled the card, is
/// told that a key stays, and it leaves the lists only after that.
#[test]
fn a_key_that_stays_is_said_though_the_step_was_begun_before() {
    let id = || Hex(vec![0x45]);
    let stays = CardError::from(MuscleError::KeyStays {
        slot: 0,
        sw: StatusWord(0x6F00),
    });
    let stays = Err(RunError::Setup(SetupError::Card(stays)));
    let mut wrong = Secrets::default();
    wrong.give(SecretName::Pin { number: 1 }, Secret::new(b"87654321"));
    for task in [Task::DeleteKey { id: id() }, Task::DeleteApplication] {
        for pulled in [false, true] {
            for resumed in [false, true] {
                let shared = Shared::new(with_serial());
                shared.card().makes = Some(0);
                let plan = plan(&shared, vec![task.clone()]);
                let journals = Journals::memory();
                let mut run = begin(&shared, &journals, &plan);
                let first = match pulled {
                    false => go_on(&shared, &mut run, &mut wrong, None),
                    true => go_on(&shared, &mut run, &mut secrets(), Some(6)),
                };
                assert!(first.is_err() && first != stays, "{first:?}");
                let next = |run: Run| match resumed {
                    true => {
                        drop(run);
                        resume(&shared, &journals).unwrap()
                    }
                    false => run,
                };
                run = next(run);
                let done = go_on(&shared, &mut run, &mut secrets(), None);
                assert_eq!(done, stays);
                assert_eq!(survey(&shared).counts().keys, 1, "nothing was changed");
                // Another mistake in between takes back nothing of what was said.
                run = next(run);
                assert!(go_on(&shared, &mut run, &mut wrong, None).is_err());
                run = next(run);
                let done = go_on(&shared, &mut run, &mut secrets(), None);
                assert_eq!(done, Ok(()));
                assert_eq!(survey(&shared).counts().keys, 0);
            }
        }
    }
}

/// The officer's PIN is in the place of the transport PIN then, and has as many tries as it was given.
#[test]
fn a_set_up_that_was_torn_within_goes_on() {
    for tries in [1, 4] {
        let blank = || Shared::new(Card::default());
        let tasks = || {
            let mut tasks = first_set_up();
            if let Some(Task::SetUpApplet(set_up)) = tasks.first_mut() {
                set_up.officer_tries.0 = tries;
            }
            tasks
        };
        let plan = plan(&blank(), tasks());
        for tears in 0..=4 {
            let blank = blank();
            let journals = Journals::memory();
            let mut run = begin(&blank, &journals, &plan);
            // Before the first code, or after so many.
            let left = (tears == 0).then_some(3);
            blank.card().tears = Some(tears);
            assert!(go_on(&blank, &mut run, &mut new_secrets(), left).is_err());
            assert!(!blank.card().is_ready);
            // Some more times, with the same PINs.
            for again in 1..=4 {
                blank.card().tears = Some(again);
                drop(run);
                run = resume(&blank, &journals).unwrap();
                assert!(go_on(&blank, &mut run, &mut new_secrets(), None).is_err());
            }
            drop(run);
            let mut run = resume(&blank, &journals).unwrap();
            let done = go_on(&blank, &mut run, &mut new_secrets(), None);
            assert_eq!(done, Ok(()), "torn after {tears}, {tries} tries");
            assert!(survey(&blank).is_set_up());
            assert_eq!(blank.card().pins[0].as_ref().unwrap().left, tries);
        }
    }
}

fn set_ups(shared: &Shared) -> usize {
    let card = shared.card();
    let sent = card.sent.iter();
    sent.filter(|sent| sent[..2] == [0xB0, 0x2A]).count()
}

/// What the applet says of PINs is no proof that nothing was changed.
#[test]
fn a_set_up_whose_pins_were_refused_goes_on_with_others() {
    let blank = Shared::new(Card {
        has_policy: true,
        ..Card::default()
    });
    let plan = plan(&blank, first_set_up());
    let journals = Journals::memory();
    let mut run = begin(&blank, &journals, &plan);
    let mut given = new_secrets();
    let mut give = |name, pin: &[u8]| given.give(name, Secret::new(pin));
    give(SecretName::Pin { number: 0 }, b"Ab681357");
    give(SecretName::Puk { number: 0 }, b"Ab223344");
    let refused = SetupError::from(CardError::from(MuscleError::PinsRefused));
    let done = go_on(&blank, &mut run, &mut given, None);
    assert_eq!(done, Err(refused.into()));
    drop(run);
    let mut give = |name, pin: &[u8]| given.give(name, Secret::new(pin));
    give(SecretName::Pin { number: 1 }, b"Ab572468");
    give(SecretName::Puk { number: 1 }, b"Ab667788");
    // With another SO-PIN neither is right: two tries, and nothing more is sent.
    blank.card().sent.clear();
    give(SecretName::Pin { number: 0 }, b"Cd681357");
    let mut run = resume(&blank, &journals).unwrap();
    let wrong = go_on(&blank, &mut run, &mut given, None);
    assert!(
        matches!(
            wrong,
            Err(RunError::Setup(SetupError::Card(
                CardError::WrongPin { .. }
            )))
        ),
        "{wrong:?}"
    );
    assert_eq!(set_ups(&blank), 2);
    // The SO-PIN chosen then in the place of the transport PIN.
    given.give(SecretName::TransportPin, Secret::new(b"Ab681357"));
    drop(run);
    let mut run = resume(&blank, &journals).unwrap();
    let done = with(&blank, |channel| run.step(channel, &mut given, NOW));
    assert_eq!(done, Ok(()));
    assert_eq!(set_ups(&blank), 3);
    assert!(blank.card().is_ready);
}

/// Memory and PINs are laid down by the set-up: one that has others was set up by another plan.
#[test]
fn a_set_up_goes_on_on_no_applet_that_has_other_numbers() {
    type Change = fn(&mut Card);
    let changes: [(&str, Change); 3] = [
        ("memory", |card| card.memory = 8000),
        ("a PIN more", |card| card.pins[2] = card.pins[1].clone()),
        ("a PIN less", |card| card.pins[1] = None),
    ];
    let blank = Shared::new(Card::default());
    let plan = plan(&blank, first_set_up());
    let journals = Journals::memory();
    let mut run = begin(&blank, &journals, &plan);
    // Before Setup: nobody knows what became of it.
    assert!(go_on(&blank, &mut run, &mut new_secrets(), Some(3)).is_err());
    drop(run);
    for (what, change) in changes {
        let mut other = set_up();
        change(&mut other);
        let other = Shared::new(other);
        let refused = resume(&other, &journals);
        let changed = RunError::Setup(SetupError::Changed);
        assert_eq!(refused.err(), Some(changed), "{what}");
        assert_eq!(verified(&other), 0, "{what}");
    }
    // Nothing tells the one with the same numbers from it.
    assert!(resume(&Shared::new(set_up()), &journals).is_ok());
}
