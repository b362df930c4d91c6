#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{
    ExportError, StageError, StageProblem, Staged, What, files, put_keys, stage, to_script,
};
use crate::globalplatform::cap::made::Made;
use crate::plan::content::script::{Script, WrittenKeys};
use crate::plan::content::{
    CapFile, Diversification, Edition, GivenKeys, InstallWish, KeyFamily, Level, Opening,
};
use crate::plan::{Deletion, Task};
use crate::token::RegistryKind;

const OPEN: &str = "open_sc -security 3 -keyver 1 -key 404142434445464748494a4b4c4d4e4f\n";

fn cap() -> CapFile {
    CapFile::read(&Made::muscle().archive()).unwrap()
}

fn staged(text: &str) -> Result<Staged, StageError> {
    let script = Script::parse(text).unwrap();
    let packages: BTreeMap<PathBuf, CapFile> = files(&script)
        .into_iter()
        .map(|file| (file, cap()))
        .collect();
    stage(&script, &packages)
}

fn problem(text: &str) -> (usize, StageProblem) {
    let error = staged(text).unwrap_err();
    (error.line, error.problem)
}

#[test]
fn reading_stands_between_plans_of_one_channel() {
    let text = format!(
        "mode_211\n{OPEN}delete -AID a00000000101\ninstall -file a.cap -priv 02\n\
         get_status -element 40\ndelete -AID a000000001\n"
    );
    let staged = staged(&text).unwrap();
    let [channel] = &staged.channels[..] else {
        panic!("one channel: {staged:?}");
    };
    assert_eq!(channel.opening.edition, Some(Edition::GlobalPlatform));
    assert_eq!(channel.opening.key_version, 1);
    assert!(matches!(channel.keys, Some(GivenKeys::One(_))));
    let [first, list, last] = &staged.parts[..] else {
        panic!("three parts: {staged:?}");
    };
    let count = |what: &What| match what {
        What::Change { tasks, put: None } => tasks.len(),
        _ => 0,
    };
    assert_eq!((count(&first.what), count(&last.what)), (3, 1));
    let What::List(kinds) = &list.what else {
        panic!("{list:?}");
    };
    assert!(kinds.contains(&RegistryKind::Application) && !kinds.contains(&RegistryKind::Package));
}

#[test]
fn new_keys_become_a_step_by_their_check_values() {
    let key = "404142434445464748494a4b4c4d4e4f";
    let staged = staged(&format!(
        "{OPEN}put_sc_key -keyver 0 -newkeyver 48 -key {key}\n"
    ))
    .unwrap();
    let What::Change {
        tasks,
        put: Some(put),
    } = &staged.parts[0].what
    else {
        panic!("{staged:?}");
    };
    assert!(tasks.is_empty());
    let Task::PutKeys(new) = put.task(KeyFamily::Aes).unwrap() else {
        panic!("new keys");
    };
    assert_eq!((new.version, new.replaces), (48, None));
    assert_eq!(new.check_values[0].0, [0x50, 0x4A, 0x77]);
}

const KEY: &str = "404142434445464748494a4b4c4d4e4f";

fn option(command: &'static str, option: &'static str) -> StageProblem {
    StageProblem::Option { command, option }
}

/// What steers nothing is told, what steers the same is taken, and keys of the factory are not replaced by
/// their number.
#[test]
fn what_is_done_otherwise_is_told_and_what_is_done_so_is_taken() {
    let open = OPEN.replace(" -key ", " -scp 2 -scpimpl 0x15 -key ");
    let text = format!(
        "enable_trace\nestablish_context\nenable_timer\ncard_connect -reader \"A 00\"\nmode_211\n{open}\
         put_sc_key -keyver 255 -newkeyver 127 -keyind 1 -key {KEY}\n\
         card_connect -reader \"A 00\"\n"
    );
    let staged = staged(&text).unwrap();
    assert_eq!(staged.idle, [(1, "enable_trace"), (3, "enable_timer")]);
    assert_eq!(staged.reader.as_ref().unwrap().as_str(), "A 00");
    assert_eq!(staged.channels[0].protocol, (Some(2), Some(0x15)));
    let What::Change { put: Some(put), .. } = &staged.parts[0].what else {
        panic!("{staged:?}");
    };
    let Task::PutKeys(new) = put.task(KeyFamily::TripleDes).unwrap() else {
        panic!("new keys");
    };
    assert_eq!((new.version, new.replaces), (127, None));
}

#[test]
fn what_is_not_done_is_told_by_its_line() {
    for (text, expected) in [
        (
            "delete -AID a00000000101\n".to_owned(),
            (1, StageProblem::NoChannel { command: "delete" }),
        ),
        (
            format!("{OPEN}card_disconnect\ndelete -AID a00000000101\n"),
            (3, StageProblem::NoChannel { command: "delete" }),
        ),
        (
            format!("{OPEN}install_for_load -pkgAID a000000001\n"),
            (2, StageProblem::LoadAlone),
        ),
        (
            format!("{OPEN}install_for_load -pkgAID a000000002\nload -file a.cap\n"),
            (3, StageProblem::OtherPackage),
        ),
        (
            format!("{OPEN}send_apdu -APDU 80F24000024F00\n"),
            (
                2,
                StageProblem::NotDone {
                    command: "send_apdu",
                },
            ),
        ),
        (
            format!(
                "{OPEN}put_sc_key -keyver 0 -newkeyver 1 -key 404142434445464748494a4b4c4d4e4f\n\
                 delete -AID a00000000101\n"
            ),
            (3, StageProblem::AfterPutKeys),
        ),
        (
            format!("{OPEN}install -file a.cap -nvCodeLimit 70000\n"),
            (2, StageProblem::Number),
        ),
        (
            "establish_context\ncard_connect -readerNumber 2\n".to_owned(),
            (2, StageProblem::ReaderNumber),
        ),
        (
            format!("card_connect -reader \"A 00\"\n{OPEN}card_connect -reader \"B 00\"\n"),
            (3, StageProblem::OtherReader),
        ),
        (
            format!("card_connect\n{OPEN}card_connect -reader \"B 00\"\n"),
            (3, StageProblem::OtherReader),
        ),
    ] {
        assert_eq!(problem(&text), expected, "{text}");
    }
}

#[test]
fn what_says_otherwise_than_is_done_is_told_by_its_line() {
    for (text, expected) in [
        (
            format!("{OPEN}install_for_load -pkgAID a000000001 -nvDataLimit 100\n"),
            (2, option("install_for_load", "-nvDataLimit")),
        ),
        (
            format!("{OPEN}install_for_load -pkgAID a000000001 -vDataLimit 100\n"),
            (2, option("install_for_load", "-vDataLimit")),
        ),
        (
            format!("mode_201\n{}", OPEN.replace(" -key ", " -scp 2 -key ")),
            (2, option("open_sc", "-scp")),
        ),
        (
            format!(
                "mode_201\n{}",
                OPEN.replace(" -key ", " -scpimpl 0x15 -key ")
            ),
            (2, option("open_sc", "-scpimpl")),
        ),
        (
            format!("{OPEN}put_sc_key -keyver 0 -newkeyver 1 -keyind 2 -key {KEY}\n"),
            (2, option("put_sc_key", "-keyind")),
        ),
        (
            format!("{OPEN}put_sc_key -keyver 0 -newkeyver 128 -key {KEY}\n"),
            (2, StageProblem::KeyVersion(128)),
        ),
        (
            format!("{OPEN}put_sc_key -keyver 200 -newkeyver 1 -key {KEY}\n"),
            (2, StageProblem::KeyVersion(200)),
        ),
    ] {
        assert_eq!(problem(&text), expected, "{text}");
    }
}

#[test]
fn a_plan_is_a_script_of_the_same_steps() {
    let cap = cap();
    let tasks = InstallWish::usual(&cap).tasks(&cap, "CardEdge.cap");
    let openings = [
        Opening {
            edition: Some(Edition::GlobalPlatform),
            ..Opening::default()
        },
        Opening {
            key_version: 3,
            key_index: 1,
            level: Level::MacEncryption,
            diversification: Diversification::Visa2,
            edition: Some(Edition::OpenPlatform201),
        },
    ];
    for opening in openings {
        let script = to_script(&opening, &tasks).unwrap();
        let text = script.write(WrittenKeys::None).unwrap();
        let staged = staged(&text).unwrap();
        let What::Change { tasks: again, .. } = &staged.parts[0].what else {
            panic!("{staged:?}");
        };
        assert_eq!(*again, tasks);
        assert_eq!(staged.channels[0].opening, opening, "{text}");
    }
}

#[test]
fn what_gpshell_cannot_say_is_not_left_out() {
    let aid = cap().package().clone();
    let delete = Task::DeleteContent(Deletion {
        aid: aid.clone(),
        related: false,
    });
    let given = GivenKeys::Test;
    let put = put_keys(1, None, &given, KeyFamily::Aes).unwrap();
    let step = 1;
    for (task, expected) in [
        (
            Task::SetLock { aid, locked: true },
            ExportError::Step { step },
        ),
        (
            Task::SetCardState { state: 0x0F },
            ExportError::Step { step },
        ),
        (Task::DeleteKeys { version: 1 }, ExportError::Step { step }),
        (put, ExportError::NewKeys { step }),
    ] {
        let tasks = [delete.clone(), task];
        assert_eq!(
            to_script(&Opening::default(), &tasks).unwrap_err(),
            expected
        );
    }
    let opening = Opening {
        diversification: Diversification::Kdf3,
        ..Opening::default()
    };
    let refused = to_script(&opening, &[delete]).unwrap_err();
    assert_eq!(refused, ExportError::Derivation);
}
