//! Wrong keys given again and again: the card hears of them once.

use std::path::Path;
use std::sync::{Arc, Mutex};

use symbolon::card::java::ManagerAccess;
use symbolon::globalplatform::{ChannelError, KeptAttempts};
use symbolon::plan::content::{KeyFamily, Keys, Opening};
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{About, SetupError, Survey, Task};
use symbolon::simulator::{Card, GlobalPlatform, GlobalPlatformModel as Model};

use crate::desk::{
    AUTHENTICATE, Desk, INITIALIZE, SERIAL, Shared, Wire, access, hello, install, models, new_keys,
    put_keys, test_keys, wrong_keys,
};

/// A try to open the card after another start of the program; INITIALIZE UPDATE and EXTERNAL
/// AUTHENTICATE that it took.
fn tried(
    desk: &Desk,
    access: &ManagerAccess,
    folder: &Path,
) -> (Result<(), SetupError>, [usize; 2]) {
    let mut attempts = KeptAttempts::new(folder.to_owned());
    let mut wire = desk.wire(None);
    let result = wire.look(Some(access), &mut attempts).map(drop);
    (
        result,
        [INITIALIZE, AUTHENTICATE].map(|ins| wire.count(ins)),
    )
}

fn wrong(tries: u32) -> SetupError {
    let (tries, kept) = (Some(tries), true);
    SetupError::Manager(ChannelError::WrongKeys { tries, kept })
}

#[test]
fn ten_times_the_wrong_keys_reach_the_card_once() {
    for (name, model) in models() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::new(GlobalPlatform::new(model).counting_every_beginning());
        let family = desk.family();
        let mut given = access(wrong_keys(family), Opening::default());
        for number in 0..10 {
            let (result, sent) = tried(&desk, &given, folder.path());
            let before = SetupError::Manager(ChannelError::FailedBefore { tries: 1 });
            let expected = if number == 0 { wrong(1) } else { before };
            assert_eq!(result.unwrap_err(), expected, "{name}");
            assert_eq!(sent, [usize::from(number == 0), 0], "{name}");
        }
        // Nor does a plan send them.
        let ended = planned(&desk, wrong_keys(family), folder.path());
        let before = SetupError::Manager(ChannelError::FailedBefore { tries: 1 });
        assert_eq!(ended.0, Err(before), "{name}");
        assert_eq!(ended.1, 0, "{name}");
        // With the explicit word once more, and again only with it.
        given.try_again = true;
        let (result, sent) = tried(&desk, &given, folder.path());
        assert_eq!((result.unwrap_err(), sent), (wrong(2), [1, 0]), "{name}");
        given.try_again = false;
        let (result, sent) = tried(&desk, &given, folder.path());
        let before = SetupError::Manager(ChannelError::FailedBefore { tries: 2 });
        assert_eq!((result.unwrap_err(), sent), (before, [0, 0]), "{name}");
        // The right ones still open it.
        let right = access(test_keys(family), Opening::default());
        let (result, sent) = tried(&desk, &right, folder.path());
        result.unwrap();
        assert_eq!(sent, [1, 1], "{name}");
    }
}

/// A plan with these keys; what came of it and how many INITIALIZE UPDATE it took.
fn planned(desk: &Desk, keys: Keys, folder: &Path) -> (Result<(), SetupError>, usize) {
    let plan = desk.plan(Opening::default(), install(&hello()));
    let mut secrets = Secrets::default();
    secrets.give_manager_keys(keys, false);
    secrets.keep_attempts(Box::new(KeptAttempts::new(folder.to_owned())));
    let ended = desk.run(&plan, &mut secrets, None);
    let begun = ended.sent.iter().filter(|sent| sent[1] == INITIALIZE);
    let begun = begun.count();
    let result = ended.result.map_err(|error| match error {
        symbolon::plan::RunError::Setup(error) => error,
        other @ symbolon::plan::RunError::Journal(_) => panic!("{other}"),
    });
    (result, begun)
}

/// A card whose chip tells no number.
struct Nameless(GlobalPlatform);

impl Card for Nameless {
    fn atr(&self) -> &[u8] {
        self.0.atr()
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if command.get(1..4) == Some(&[0xCA, 0x9F, 0x7F][..]) {
            return vec![0x6A, 0x88];
        }
        self.0.transmit(command)
    }
}

/// Without production data the number is a digest of the answer to reset and the name of the card manager:
/// all cards of a kind have the same one. What failed is remembered all the same, whoever tried.
#[test]
fn cards_without_a_number_are_one_of_their_kind() {
    let survey = |serial, model: fn([u8; 4]) -> Model| {
        let card = Nameless(GlobalPlatform::new(model(serial)));
        let mut wire = Wire::new(Box::new(card), None);
        let survey = wire.on(|channel| Survey::read(channel, About::Content));
        survey.unwrap().serial().clone()
    };
    let one = survey([1; 4], Model::gp211);
    assert_eq!(one.0.len(), 8);
    assert_eq!(one, survey([2; 4], Model::gp211));
    assert_ne!(one, survey([1; 4], Model::modern));
    let with_number = Desk::new(GlobalPlatform::new(Model::gp211(SERIAL))).survey();
    assert_eq!(with_number.serial().0.len(), 10);
}

#[test]
fn wrong_keys_of_a_card_without_a_number_are_not_tried_by_a_plan() {
    let folder = tempfile::tempdir().unwrap();
    let card = Arc::new(Mutex::new(Nameless(GlobalPlatform::new(Model::modern(
        SERIAL,
    )))));
    let mut wire = Wire::new(Box::new(Shared::new(&card)), None);
    let mut attempts = KeptAttempts::new(folder.path().to_owned());
    let given = access(wrong_keys(KeyFamily::Aes), Opening::default());
    let error = wire.look(Some(&given), &mut attempts).unwrap_err();
    assert_eq!(error, wrong(1));
    let survey = wire
        .on(|channel| Survey::read(channel, About::Content))
        .unwrap();
    let atr = card.lock().unwrap().atr().to_vec();
    let plan = symbolon::plan::content::plan(
        "test",
        &survey,
        &atr,
        Opening::default(),
        install(&hello()),
        1,
    )
    .unwrap();
    let mut secrets = Secrets::default();
    secrets.give_manager_keys(wrong_keys(KeyFamily::Aes), false);
    secrets.give_new_manager_keys(new_keys(KeyFamily::Aes));
    secrets.keep_attempts(Box::new(attempts));
    let journal = symbolon::plan::journal::Journals::memory()
        .open(survey.serial())
        .unwrap();
    let mut run = symbolon::plan::Run::begin(plan, survey, journal, 1).unwrap();
    let mut wire = Wire::new(Box::new(Shared::new(&card)), None);
    let error = wire
        .on(|channel| run.step(channel, &mut secrets, 1))
        .unwrap_err();
    let before = SetupError::Manager(ChannelError::FailedBefore { tries: 1 });
    assert_eq!(error, symbolon::plan::RunError::Setup(before));
    assert_eq!(wire.count(INITIALIZE), 0);
}

/// Another program takes a key set away and puts it there again: the card counts its channels from the
/// beginning, which is not taken for granted, and there is a word that takes it.
#[test]
fn a_counter_that_began_anew_has_a_way_out() {
    for (name, model) in models() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::new(GlobalPlatform::new(model).with_key_version(1));
        let family = desk.family();
        let of_version = |key_version| Opening {
            key_version,
            ..Opening::default()
        };
        let elsewhere = |opening, task| {
            let plan = desk.plan(opening, vec![task]);
            let ended = desk.run(&plan, &mut desk.secrets(), None);
            ended
                .result
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        };
        elsewhere(of_version(1), put_keys(family, 2, None));
        let mut given = access(new_keys(family), of_version(2));
        for _ in 0..3 {
            tried(&desk, &given, folder.path()).0.unwrap();
        }
        elsewhere(of_version(1), Task::DeleteKeys { version: 2 });
        elsewhere(of_version(1), put_keys(family, 2, None));
        if name.starts_with("Cyberflex") {
            // SCP01 counts nothing.
            tried(&desk, &given, folder.path()).0.unwrap();
            continue;
        }
        let (result, sent) = tried(&desk, &given, folder.path());
        let error = result.unwrap_err();
        let grown = |error: &SetupError| {
            !matches!(
                error,
                SetupError::Manager(ChannelError::CounterNotGrown { .. })
            )
        };
        assert!(!grown(&error), "{name}: {error}");
        assert_eq!(sent, [1, 0], "{name}");
        // The word takes no other keys.
        let mut other = access(wrong_keys(family), of_version(2));
        other.try_again = true;
        assert_eq!(
            tried(&desk, &other, folder.path()).0,
            Err(wrong(1)),
            "{name}"
        );
        given.try_again = true;
        tried(&desk, &given, folder.path()).0.unwrap();
        // From then on it grows again.
        given.try_again = false;
        tried(&desk, &given, folder.path()).0.unwrap();
    }
}
