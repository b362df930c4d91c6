#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod refused;
mod written;

use std::path::PathBuf;

use super::*;
use crate::base::hex;
use crate::base::secret::Secret;
use crate::globalplatform::Aid;

/// The script that uploads the applet, as the HOWTO prints it (1.2).
const UPLOAD: &str = r"enable_trace
establish_context
card_connect
select -AID a000000003000000
open_sc -security 1 -keyind 0 -keyver 0 \
   -mac_key 404142434445464748494a4b4c4d4e4f \
   -enc_key 404142434445464748494a4b4c4d4e4f
delete -AID a00000000101
delete -AID a000000001
delete -AID a0000003230101
delete -AID a00000032301
install_for_load -pkgAID a000000001 -nvCodeLimit 16000 \
   -sdAID a000000003000000
load -file CardEdgeCflex.ijc
install_for_install -instParam 00 -priv 02 -AID a00000000101 \
   -pkgAID a000000001 -instAID a00000000101 -nvDataLimit 32000
card_disconnect
release_context
";

/// The script that finds the card manager out, as the HOWTO prints it (1.2.1).
const FIND: &str = r"enable_trace
establish_context
card_connect
open_sc -security 1 -keyind 0 -keyver 0 \
   -mac_key 404142434445464748494a4b4c4d4e4f \
   -enc_key 404142434445464748494a4b4c4d4e4f
get_status -element 80
card_disconnect
release_context
";

fn aid(text: &str) -> Aid {
    Aid::new(&hex::decode(text).unwrap()).unwrap()
}

fn commands(text: &str) -> Vec<ScriptCommand> {
    let script = Script::parse(text).unwrap();
    script.steps.into_iter().map(|step| step.command).collect()
}

fn problem(text: &str) -> (usize, ScriptProblem) {
    let error = Script::parse(text).unwrap_err();
    (error.line, error.problem)
}

fn well_known() -> Option<Key> {
    Key::new(Secret::new(&Key::WELL_KNOWN))
}

fn channel() -> ScriptCommand {
    ScriptCommand::OpenChannel(OpenChannel {
        security: Some(1),
        key_index: Some(0),
        key_version: Some(0),
        keys: Keys {
            mac: well_known(),
            enc: well_known(),
            ..Keys::default()
        },
        ..OpenChannel::default()
    })
}

fn upload() -> Vec<ScriptCommand> {
    let plain = ScriptCommand::Plain;
    let delete = |text| ScriptCommand::Delete { aid: aid(text) };
    vec![
        plain(Plain::EnableTrace),
        plain(Plain::EstablishContext),
        ScriptCommand::CardConnect(CardConnect::default()),
        ScriptCommand::Select {
            aid: aid("A000000003000000"),
        },
        channel(),
        delete("A00000000101"),
        delete("A000000001"),
        delete("A0000003230101"),
        delete("A00000032301"),
        ScriptCommand::InstallForLoad(InstallForLoad {
            package: aid("A000000001"),
            domain: Some(aid("A000000003000000")),
            limits: Limits {
                code: Some(16_000),
                ..Limits::default()
            },
        }),
        ScriptCommand::Load {
            file: PathBuf::from("CardEdgeCflex.ijc"),
        },
        ScriptCommand::InstallForInstall(InstallForInstall {
            package: aid("A000000001"),
            module: aid("A00000000101"),
            instance: Some(aid("A00000000101")),
            privileges: Some(vec![0x02]),
            parameters: Some(vec![0x00]),
            limits: Limits {
                data: Some(32_000),
                ..Limits::default()
            },
        }),
        plain(Plain::CardDisconnect),
        plain(Plain::ReleaseContext),
    ]
}

#[test]
fn the_scripts_of_the_howto_are_read_as_they_stand() {
    assert_eq!(commands(UPLOAD), upload());
    let find = [
        ScriptCommand::Plain(Plain::EnableTrace),
        ScriptCommand::Plain(Plain::EstablishContext),
        ScriptCommand::CardConnect(CardConnect::default()),
        channel(),
        ScriptCommand::Get(Get::Status {
            element: 0x80,
            format: None,
        }),
        ScriptCommand::Plain(Plain::CardDisconnect),
        ScriptCommand::Plain(Plain::ReleaseContext),
    ];
    assert_eq!(commands(FIND), find);
}

#[test]
fn backslashes_may_be_lost_lines_joined_and_comments_anywhere() {
    let expected = upload();
    assert_eq!(commands(&UPLOAD.replace(" \\\n", "\n")), expected);
    assert_eq!(commands(&UPLOAD.replace(" \\\n  ", "")), expected);
    assert_eq!(commands(&UPLOAD.replace(" \\\n", "\\\n")), expected);
    assert_eq!(commands(&UPLOAD.replace('\n', "\r\n")), expected);
    assert_eq!(commands(&UPLOAD.replace('\n', " // and then\n")), expected);
    assert_eq!(commands(&UPLOAD.replace('\n', "\n# next\n\n")), expected);
    assert_eq!(commands(&format!("\u{FEFF}{UPLOAD}")), expected);
    // A value on the next line, behind a backslash.
    assert_eq!(commands("select -AID \\\n a000000001").len(), 1);
}

#[test]
fn steps_tell_their_lines() {
    let script = Script::parse(UPLOAD).unwrap();
    let lines: Vec<_> = script.steps.iter().map(|step| step.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 14, 15, 17, 18]);
}

#[test]
fn a_delete_that_fails_does_not_stop_the_script() {
    let going_on: Vec<_> = upload()
        .iter()
        .filter(|command| !command.stops_on_failure())
        .map(ScriptCommand::name)
        .collect();
    assert_eq!(going_on, ["delete"; 4]);
    let [stop, nostop] = &commands("send_apdu -APDU 00A40400\nsend_apdu_nostop -APDU 00A40400")[..]
    else {
        panic!("two commands");
    };
    assert!(stop.stops_on_failure() && !nostop.stops_on_failure());
}

#[test]
fn what_is_decimal_and_what_is_hexadecimal() {
    let text = "open_sc -security 17 -scp 2 -scpimpl 0x15 -keyind 10 -keyver 32
        get_status -element e0 -format 2
        get_data -identifier 9F7F
        install -file a.cap -priv 0x10 -instParam 10ff -nvDataLimit 10 -vDataLimit 20
        install -file a.cap -priv 80C000
        open_sc -scpimpl 15";
    let parsed = commands(text);
    let ScriptCommand::OpenChannel(open) = &parsed[0] else {
        panic!("{parsed:?}");
    };
    assert_eq!(
        (open.security, open.protocol, open.implementation),
        (Some(17), Some(2), Some(0x15))
    );
    assert_eq!((open.key_index, open.key_version), (Some(10), Some(32)));
    let status = Get::Status {
        element: 0xE0,
        format: Some(2),
    };
    assert_eq!(parsed[1], ScriptCommand::Get(status));
    assert_eq!(
        parsed[2],
        ScriptCommand::Get(Get::Data { identifier: 0x9F7F })
    );
    let ScriptCommand::Install(install) = &parsed[3] else {
        panic!("{parsed:?}");
    };
    assert_eq!(install.privileges, Some(vec![0x10]));
    assert_eq!(install.parameters, Some(vec![0x10, 0xFF]));
    assert_eq!(install.limits.data, Some(10));
    assert_eq!(install.limits.volatile, Some(20));
    let ScriptCommand::Install(install) = &parsed[4] else {
        panic!("{parsed:?}");
    };
    assert_eq!(install.privileges, Some(vec![0x80, 0xC0, 0x00]));
    let ScriptCommand::OpenChannel(open) = &parsed[5] else {
        panic!("{parsed:?}");
    };
    assert_eq!(open.implementation, Some(15));
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_script_or_an_error(text: String) {
        let _ = Script::parse(&text);
    }

    #[test]
    fn words_in_any_order_are_a_script_or_an_error_and_are_written_again(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..24)
    ) {
        let text = words.join(" ");
        if let Ok(script) = Script::parse(&text) {
            let written = script.write(WrittenKeys::WellKnown).unwrap();
            proptest::prop_assert_eq!(Script::parse(&written).unwrap(), script);
        }
    }
}

const WORDS: &[&str] = &[
    "\n",
    "\n",
    "\n",
    "\\\n",
    "# x\n",
    "// x\n",
    "mode_211\n",
    "card_connect",
    "select",
    "delete",
    "open_sc",
    "load",
    "install",
    "get_status",
    "-AID",
    "-file",
    "-reader",
    "-element",
    "-priv",
    "-keyver",
    "-security",
    "-key",
    "a000000001",
    "80",
    "1",
    "2",
    "404142434445464748494a4b4c4d4e4f",
    "\"a b\"",
    "\"",
    "a\"",
    "a//b",
    "-",
];
