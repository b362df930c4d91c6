//! Every step cut off after every command, once before the command arrives and once after it was carried
//! out: what goes on with it ends with the same card, and at no time is there a card that nobody can open.

use symbolon::globalplatform::KeptAttempts;
use symbolon::plan::content::{Diversification, Opening};
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{SecretName, Task};
use symbolon::simulator::{
    Diversification as Derived, GlobalPlatform, GlobalPlatformModel as Model,
};

use crate::cap::Made;
use crate::desk::{Cut, Desk, SERIAL, aid, hello, install, models, new_keys, put_keys, test_keys};

/// A plan, and the card that it begins with.
struct Case<'a> {
    name: String,
    begin: &'a dyn Fn() -> Desk,
    opening: Opening,
    tasks: Vec<Task>,
}

/// A card on which an older version of the package is.
fn with_older(card: GlobalPlatform) -> Desk {
    let desk = Desk::new(card);
    let older = Made {
        filled: vec![(5, 20), (6, 12), (7, 80), (8, 20), (9, 10), (11, 60)],
        ..hello()
    };
    let plan = desk.plan(Opening::default(), install(&older));
    desk.run(&plan, &mut desk.secrets(), None).result.unwrap();
    desk
}

/// Everything that can be done to contents and keys.
fn everything(desk: &Desk, old_version: u8) -> Vec<Task> {
    let made = hello();
    let applet = aid(&made.applets[0].0);
    let mut tasks = install(&made);
    tasks.push(put_keys(desk.family(), 0x20, None));
    tasks.push(Task::DeleteKeys {
        version: old_version,
    });
    for locked in [true, false] {
        let aid = applet.clone();
        tasks.push(Task::SetLock { aid, locked });
    }
    tasks
}

/// Cuts at every command.
fn torn(case: &Case<'_>) {
    let name = &case.name;
    let whole = (case.begin)();
    let plan = whole.plan(case.opening, case.tasks.clone());
    let ended = whole.run(&plan, &mut whole.secrets(), None);
    ended
        .result
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let expected = whole.image();
    for after in 0..ended.sent.len() {
        for carried_out in [false, true] {
            let cut = Cut { after, carried_out };
            let desk = (case.begin)();
            let torn = desk.run(&plan, &mut desk.secrets(), Some(cut));
            assert!(torn.result.is_err(), "{name}: {cut:?}");
            assert_opens(&desk, case.opening, &format!("{name}: {cut:?}"));
            let resumed = desk.resume(&mut desk.secrets(), None);
            resumed
                .result
                .unwrap_or_else(|error| panic!("{name}: {cut:?}: {error}"));
            let image = desk.image();
            assert!(
                image == expected,
                "{name}: {cut:?}:\n{expected}\n---\n{image}"
            );
        }
    }
    println!(
        "torn Java cards: {name}: {} commands, {} cuts, each went on to the same card",
        ended.sent.len(),
        2 * ended.sent.len()
    );
}

/// Either the keys of before or the new ones open the card.
fn assert_opens(desk: &Desk, opening: Opening, when: &str) {
    let family = desk.family();
    let with_new = |key_version| Opening {
        key_version,
        diversification: Diversification::None,
        ..opening
    };
    let opens = desk.opens(test_keys(family), opening)
        || [0x20, 0x01, 0x00]
            .into_iter()
            .any(|version| desk.opens(new_keys(family), with_new(version)));
    assert!(opens, "{when}: nothing opens the card");
}

#[test]
fn cards_with_the_keys_of_the_factory() {
    for (name, model) in models() {
        let begin = || with_older(GlobalPlatform::new(model.clone()));
        torn(&Case {
            name: format!("{name}, factory keys"),
            begin: &begin,
            opening: Opening::default(),
            tasks: everything(&begin(), 0xFF),
        });
    }
}

#[test]
fn cards_with_keys_of_their_own() {
    for (name, model) in models() {
        let begin = || with_older(GlobalPlatform::new(model.clone()).with_key_version(1));
        torn(&Case {
            name: format!("{name}, own keys"),
            begin: &begin,
            opening: Opening::default(),
            tasks: everything(&begin(), 1),
        });
    }
}

#[test]
fn keys_that_take_the_place_of_others() {
    for (name, model) in models() {
        for version in [1, 2] {
            let begin = || Desk::new(GlobalPlatform::new(model.clone()).with_key_version(1));
            torn(&Case {
                name: format!("{name}, key set 1 becomes {version}"),
                begin: &begin,
                opening: Opening::default(),
                tasks: vec![put_keys(begin().family(), version, Some(1))],
            });
        }
    }
}

/// The new keys are put there as they are given, whatever was derived from the old ones.
#[test]
fn keys_that_were_derived_from_a_master_key() {
    let begin = || {
        let card = GlobalPlatform::new(Model::gp211(SERIAL));
        Desk::new(card.with_diversified_keys(Derived::Visa2, b"@ABCDEFGHIJKLMNO"))
    };
    let opening = Opening {
        diversification: Diversification::Visa2,
        ..Opening::default()
    };
    let mut tasks = vec![put_keys(begin().family(), 0x20, None)];
    tasks.extend(install(&hello()));
    torn(&Case {
        name: "keys derived by VISA2".to_owned(),
        begin: &begin,
        opening,
        tasks,
    });
}

/// With failed tries kept on the disk: nothing of all this counts as one in the end, and a key set that
/// was there before counts its channels from the beginning.
#[test]
fn a_key_set_that_was_there_before() {
    let folder = tempfile::tempdir().unwrap();
    for (name, model) in models() {
        let mut desk = Desk::new(GlobalPlatform::new(model).with_key_version(1));
        desk.attempts = Some(KeptAttempts::new(folder.path().join(name)));
        let put = desk.plan(
            Opening::default(),
            vec![
                put_keys(desk.family(), 2, None),
                Task::DeleteContent(symbolon::plan::Deletion {
                    aid: aid(&[0xA0, 0, 0, 0, 9]),
                    related: false,
                }),
            ],
        );
        let old = Opening {
            key_version: 1,
            ..Opening::default()
        };
        let delete = desk.plan(old, vec![Task::DeleteKeys { version: 2 }]);
        for _ in 0..3 {
            for plan in [&put, &delete] {
                let ended = desk.run(plan, &mut desk.secrets(), None);
                ended
                    .result
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
}

/// The power goes between two steps: the card is asked anew, and the journal says which keys open it.
#[test]
fn between_two_steps() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let mut tasks = vec![put_keys(desk.family(), 0x20, None)];
        tasks.extend(install(&hello()));
        let plan = desk.plan(Opening::default(), tasks);
        desk.run_some(&plan, &mut desk.secrets(), 1);
        // The old keys are gone, and not asked for any more.
        let needs = desk.needs(&plan, 1);
        assert_eq!(needs, [(SecretName::NewManagerKeys, false)], "{name}");
        let mut secrets = Secrets::default();
        secrets.give_new_manager_keys(new_keys(desk.family()));
        let ended = desk.resume(&mut secrets, None);
        ended
            .result
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// The card and its state: locked and unlocked again.
#[test]
fn a_card_that_is_locked_and_unlocked() {
    for (name, model) in models() {
        let begin = || Desk::new(GlobalPlatform::new(model.clone()));
        let first = usize::from(name.starts_with("Cyberflex"));
        let states = [0x07, 0x0F, 0x7F, 0x0F].into_iter().skip(first);
        torn(&Case {
            name: format!("{name}, states of the card"),
            begin: &begin,
            opening: Opening::default(),
            tasks: states.map(|state| Task::SetCardState { state }).collect(),
        });
    }
}
