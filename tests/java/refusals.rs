//! What cannot be done: the error says which, there are words for it, and the card is as it was.

use symbolon::explain;
use symbolon::globalplatform::attempts::PassingAttempts;
use symbolon::globalplatform::content::ContentError;
use symbolon::iso7816::StatusWord;
use symbolon::plan::content::{self, CapFile, InstallWish, Opening};
use symbolon::plan::journal::Journals;
use symbolon::plan::preview::Preview;
use symbolon::plan::{About, Installation, Loading, Plan, Run, RunError, SetupError, Survey, Task};
use symbolon::simulator::{GlobalPlatform, GlobalPlatformModel as Model, wardrobe};

use crate::cap::Made;
use crate::desk::{
    Desk, INITIALIZE, NOW, SERIAL, Wire, access, aid, hello, install, models, test_keys,
};

/// That there are words.
#[track_caller]
fn explained(error: &SetupError) {
    let words = explain::plan::setup_error(error);
    assert!(!words.title.is_empty() && !words.body.is_empty(), "{error}");
}

/// What comes of a plan; the card is as before.
#[track_caller]
fn refused(desk: &Desk, tasks: Vec<Task>) -> SetupError {
    let before = desk.image();
    let plan = desk.plan(Opening::default(), tasks);
    let error = desk.run(&plan, &mut desk.secrets(), None).setup_error();
    assert_eq!(desk.image(), before, "{error}");
    explained(&error);
    error
}

/// The step that loads.
fn loading(made: &Made) -> Loading {
    let mut tasks = install(made).into_iter();
    let found = tasks.find_map(|task| match task {
        Task::LoadPackage(loading) => Some(loading),
        _ => None,
    });
    found.unwrap()
}

fn wrong_data() -> SetupError {
    SetupError::Content(ContentError::WrongData {
        sw: StatusWord::WRONG_DATA,
    })
}

#[test]
fn a_package_that_is_too_big() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model.with_memory(1000)));
        let load = Loading {
            code_limit: None,
            ..loading(&hello())
        };
        let error = refused(&desk, vec![Task::LoadPackage(load)]);
        assert_eq!(error, SetupError::Content(ContentError::NoMemory), "{name}");
        let said = Loading {
            code_limit: Some(2000),
            ..loading(&hello())
        };
        let error = refused(&desk, vec![Task::LoadPackage(said)]);
        assert_eq!(error, SetupError::Content(ContentError::NoMemory), "{name}");
    }
}

#[test]
fn a_package_that_is_damaged_or_another_one() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let good = loading(&hello());
        // The mark of a header, and the version of Java Card behind it.
        for (place, byte) in [(3, 0x00), (7, 0x09)] {
            let mut damaged = good.clone();
            damaged.file.0[place] = byte;
            let error = refused(&desk, vec![Task::LoadPackage(damaged)]);
            assert_eq!(error, wrong_data(), "{name}: {place}");
        }
        let mut cut = good.clone();
        cut.file.0.truncate(400);
        let error = refused(&desk, vec![Task::LoadPackage(cut)]);
        assert_eq!(error, wrong_data(), "{name}");
        let another = Loading {
            package: aid(&[0xD0, 1, 2, 3, 4, 5]),
            ..good
        };
        let error = refused(&desk, vec![Task::LoadPackage(another)]);
        assert_eq!(error, wrong_data(), "{name}");
    }
}

#[test]
fn a_package_that_needs_what_is_not_there() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let mut made = hello();
        made.imports.push((0, 1, vec![0xF0, 0, 0, 0, 0, 1]));
        let error = refused(&desk, vec![Task::LoadPackage(loading(&made))]);
        let expected = if name.starts_with("Cyberflex") {
            SetupError::Content(ContentError::ImportMissing)
        } else {
            wrong_data()
        };
        assert_eq!(error, expected, "{name}");
    }
}

#[test]
fn a_name_that_is_taken() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let tasks = install(&hello());
        let applet = tasks.last().unwrap().clone();
        let plan = desk.plan(Opening::default(), tasks);
        desk.run(&plan, &mut desk.secrets(), None).result.unwrap();
        assert_eq!(refused(&desk, vec![applet]), wrong_data(), "{name}");
        let again = Task::LoadPackage(loading(&hello()));
        assert_eq!(refused(&desk, vec![again]), wrong_data(), "{name}");
    }
}

/// What was there before is no sign that a step was done which the card has refused.
#[test]
fn what_was_refused_is_not_done_when_it_is_gone_on_with() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let tasks = install(&hello());
        let plan = desk.plan(Opening::default(), tasks.clone());
        desk.run(&plan, &mut desk.secrets(), None).result.unwrap();
        let adds = tasks
            .into_iter()
            .filter(|task| !matches!(task, Task::DeleteContent(_)));
        for task in adds {
            let plan = desk.plan(Opening::default(), vec![task]);
            let before = desk.image();
            let ended = desk.run(&plan, &mut desk.secrets(), None);
            assert_eq!(ended.setup_error(), wrong_data(), "{name}");
            for _ in 0..2 {
                let ended = desk.resume(&mut desk.secrets(), None);
                assert_eq!(ended.setup_error(), wrong_data(), "{name}");
            }
            assert_eq!(desk.image(), before, "{name}");
            let mut journal = desk.journals.open(desk.survey().serial()).unwrap();
            let given_up = symbolon::plan::journal::Record::GivenUp;
            journal.append(NOW, given_up).unwrap();
        }
    }
}

/// It is known before anything is sent, and before anything is deleted for it.
#[test]
fn a_package_that_has_too_many_blocks() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let mut tasks = install(&hello());
        let plan = desk.plan(Opening::default(), tasks.clone());
        desk.run(&plan, &mut desk.secrets(), None).result.unwrap();
        for task in &mut tasks {
            if let Task::LoadPackage(loading) = task {
                loading.file.0.resize(64_000, 0);
            }
        }
        let plan = desk.plan(Opening::default(), tasks.clone());
        let (_, on_paper) = Preview::of_tasks(&plan, &desk.survey(), 0).unwrap_err();
        let is_too_large = |error: &SetupError| matches!(error, SetupError::TooLarge { len: 64_004, most } if *most < 64_000);
        assert!(is_too_large(&on_paper), "{name}: {on_paper}");
        let load = tasks
            .into_iter()
            .filter(|task| matches!(task, Task::LoadPackage(_)));
        let before = desk.image();
        let plan = desk.plan(Opening::default(), load.collect());
        let ended = desk.run(&plan, &mut desk.secrets(), None);
        let install = |sent: &Vec<u8>| sent[1] == 0xE6;
        assert!(!ended.sent.iter().any(install), "{name}");
        let error = ended.setup_error();
        assert!(is_too_large(&error), "{name}: {error}");
        assert_eq!(desk.image(), before, "{name}");
        explained(&error);
        explained(&SetupError::NotKept);
    }
}

#[test]
fn a_card_without_a_card_manager() {
    let card = wardrobe::make("piv-used").unwrap();
    let mut wire = Wire::new(card, None);
    let error = wire
        .on(|channel| Survey::read(channel, About::Content))
        .unwrap_err();
    assert_eq!(error, SetupError::NoCardManager);
    explained(&error);
    let mut attempts = PassingAttempts::default();
    let error = wire.look(None, &mut attempts).unwrap_err();
    assert_eq!(error, SetupError::NoCardManager);
}

/// Brings a card into these states, one after the other.
fn put_into(desk: &Desk, states: &[u8]) {
    let tasks = states.iter().map(|&state| Task::SetCardState { state });
    let plan = desk.plan(Opening::default(), tasks.collect());
    desk.run(&plan, &mut desk.secrets(), None).result.unwrap();
}

#[test]
fn a_card_that_is_locked() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let first = usize::from(name.starts_with("Cyberflex"));
        put_into(&desk, &[0x07, 0x0F, 0x7F][first..]);
        for task in install(&hello()) {
            let plan = desk.plan(Opening::default(), vec![task]);
            let before = desk.image();
            let ended = desk.run(&plan, &mut desk.secrets(), None);
            assert!(
                ended.sent.iter().all(|sent| sent[1] != INITIALIZE),
                "{name}"
            );
            let error = ended.setup_error();
            assert_eq!(error, SetupError::CardLocked, "{name}");
            assert_eq!(desk.image(), before, "{name}");
            explained(&error);
            let mut journal = desk.journals.open(desk.survey().serial()).unwrap();
            let given_up = symbolon::plan::journal::Record::GivenUp;
            journal.append(NOW, given_up).unwrap();
        }
        put_into(&desk, &[0x0F]);
        let plan = desk.plan(Opening::default(), install(&hello()));
        desk.run(&plan, &mut desk.secrets(), None).result.unwrap();
    }
}

/// A step of a plan on the card that is there now, which may be another one than the plan was made for.
fn step(plan: &Plan, survey: &Survey, desk: &Desk, there: &Desk) -> (SetupError, Vec<Vec<u8>>) {
    let journal = Journals::memory().open(survey.serial()).unwrap();
    let mut run = Run::begin(plan.clone(), survey.clone(), journal, NOW).unwrap();
    let mut wire = there.wire(None);
    let result = wire.on(|channel| run.step(channel, &mut desk.secrets(), NOW));
    match result.unwrap_err() {
        RunError::Setup(error) => (error, wire.sent),
        other @ RunError::Journal(_) => panic!("{other}"),
    }
}

#[test]
fn a_card_whose_life_is_over() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model.clone()));
        let over = Desk::new(GlobalPlatform::new(model));
        put_into(&over, &[0xFF]);
        let before = over.image();
        let plan = desk.plan(Opening::default(), install(&hello()));
        let (error, sent) = step(&plan, &desk.survey(), &desk, &over);
        assert_eq!(error, SetupError::NoCardManager, "{name}");
        assert!(sent.iter().all(|sent| sent[1] == 0xA4), "{name}");
        assert_eq!(over.image(), before);
        let survey = over
            .wire(None)
            .on(|channel| Survey::read(channel, About::Content));
        assert_eq!(survey.unwrap_err(), SetupError::NoCardManager, "{name}");
    }
}

/// Another card of the same kind: it is only asked who it is.
#[test]
fn a_card_that_was_put_in_between() {
    let kinds: [fn([u8; 4]) -> Model; 3] = [Model::cyberflex, Model::gp211, Model::modern];
    for model in kinds {
        let desk = Desk::new(GlobalPlatform::new(model(SERIAL)));
        let other = Desk::new(GlobalPlatform::new(model([9; 4])));
        let before = other.image();
        let family = desk.family();
        let plans = [
            install(&hello()),
            vec![crate::desk::put_keys(family, 2, None)],
        ];
        for tasks in plans {
            let plan = desk.plan(Opening::default(), tasks);
            let (error, sent) = step(&plan, &desk.survey(), &desk, &other);
            let expected = SetupError::Card(symbolon::backend::CardError::OtherCard);
            assert_eq!(error, expected);
            let asks = |sent: &&Vec<u8>| matches!(sent[1], 0xA4 | 0xCA | 0xC0);
            assert_eq!(sent.iter().filter(asks).count(), sent.len());
            explained(&error);
        }
        assert_eq!(other.image(), before);
    }
}

/// Other new keys than the plan was made for, or none: the card is not asked.
#[test]
fn keys_that_the_plan_was_not_made_for() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let family = desk.family();
        let plan = desk.plan(
            Opening::default(),
            vec![crate::desk::put_keys(family, 2, None)],
        );
        let mut secrets = desk.secrets();
        secrets.give_new_manager_keys(crate::desk::wrong_keys(family));
        let ended = desk.run(&plan, &mut secrets, None);
        assert!(ended.sent.is_empty(), "{name}");
        let error = ended.setup_error();
        let expected = SetupError::Other(symbolon::plan::SecretName::NewManagerKeys);
        assert_eq!(error, expected, "{name}");
        explained(&error);
    }
}

/// An applet of the package under another name is no surprise in the middle of the plan.
#[test]
fn a_package_of_which_there_is_a_second_applet_is_replaced() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let made = hello();
        let mut tasks = install(&made);
        let Some(Task::InstallApplet(first)) = tasks.last().cloned() else {
            panic!("the last step makes the applet");
        };
        let second = [first.instance.bytes(), &[0x02]].concat();
        tasks.push(Task::InstallApplet(Installation {
            instance: aid(&second),
            ..first
        }));
        let plan = desk.plan(Opening::default(), tasks);
        desk.run(&plan, &mut desk.secrets(), None).result.unwrap();
        let given = access(test_keys(desk.family()), Opening::default());
        let registry = || {
            let mut attempts = PassingAttempts::default();
            let look = desk.wire(None).look(Some(&given), &mut attempts).unwrap();
            look.registry.unwrap()
        };
        let cap = CapFile::read(&made.archive()).unwrap();
        let wish = InstallWish::usual(&cap).completed(&registry());
        let plan = desk.plan(Opening::default(), wish.tasks(&cap, "test.cap"));
        let ended = desk.run(&plan, &mut desk.secrets(), None);
        ended
            .result
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let there = |name: &[u8]| registry().entries.iter().any(|entry| entry.aid == name);
        assert!(!there(&second), "{name}");
        // And away with all of it, on a card that knows nothing of what is related as well.
        let all = content::deletions(&registry(), cap.package(), true);
        let all = all.into_iter().map(Task::DeleteContent).collect();
        let plan = desk.plan(Opening::default(), all);
        let ended = desk.run(&plan, &mut desk.secrets(), None);
        ended
            .result
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!there(cap.package().bytes()), "{name}");
    }
}
