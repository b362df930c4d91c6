#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{StageError, StageProblem, Staged, What, files, stage, to_script};
use crate::globalplatform::cap::made::Made;
use crate::plan::Task;
use crate::plan::content::script::{Script, WrittenKeys};
use crate::plan::content::{CapFile, Edition, GivenKeys, InstallWish, KeyFamily, Opening};
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
    ] {
        assert_eq!(problem(&text), expected, "{text}");
    }
}

#[test]
fn a_plan_is_a_script_of_the_same_steps() {
    let cap = cap();
    let tasks = InstallWish::usual(&cap).tasks(&cap, "CardEdge.cap");
    let script = to_script(&Opening::default(), &tasks);
    let text = script.write(WrittenKeys::None).unwrap();
    let staged = staged(&text).unwrap();
    let What::Change { tasks: again, .. } = &staged.parts[0].what else {
        panic!("{staged:?}");
    };
    assert_eq!(*again, tasks);
}
