#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

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

#[test]
fn words_that_are_no_commands_are_told_with_their_line() {
    let word = |text: &str| text.into();
    use ScriptProblem as P;
    assert_eq!(
        problem("mode_211\n\nenable_trce"),
        (
            3,
            P::UnknownCommand {
                word: word("enable_trce")
            }
        )
    );
    assert_eq!(
        problem("store_data -data 00"),
        (
            1,
            P::UnsupportedCommand {
                command: "store_data"
            }
        )
    );
    assert_eq!(
        problem("# x\n  -AID a000000001"),
        (2, P::OptionWithoutCommand { word: word("-AID") })
    );
    assert_eq!(
        problem("select \\\n -aid a000000001"),
        (
            2,
            P::UnknownOption {
                command: "select",
                word: word("-aid")
            }
        )
    );
    assert_eq!(
        problem("enable_trace -AID a000000001"),
        (
            1,
            P::UnknownOption {
                command: "enable_trace",
                word: word("-AID")
            }
        )
    );
    assert_eq!(
        problem("load file.cap"),
        (
            1,
            P::UnexpectedWord {
                command: "load",
                word: word("file.cap")
            }
        )
    );
    assert_eq!(
        problem("mode_211\nload"),
        (
            2,
            P::MissingOption {
                command: "load",
                option: "-file"
            }
        )
    );
    for text in [
        "load -file",
        "load -file -file",
        "load -file \"\"",
        "load -file \\\n",
    ] {
        assert_eq!(
            problem(text),
            (1, P::MissingValue { option: "-file" }),
            "{text}"
        );
    }
    assert_eq!(
        problem("load -file a\n-file b"),
        (2, P::RepeatedOption { option: "-file" })
    );
    assert_eq!(problem("load -file \"a b"), (1, P::UnclosedQuote));
    assert_eq!(
        problem("get_data -identifier ${TAG}"),
        (
            1,
            P::Variable {
                word: word("${TAG}")
            }
        )
    );
    assert_eq!(problem("load -file a\0b"), (1, P::ControlCharacter));
}

#[test]
fn numbers_have_their_bounds() {
    let out_of_range = |text: &str, option: &'static str, word: &str| {
        let word = word.into();
        assert_eq!(
            problem(text).1,
            ScriptProblem::OutOfRange { option, word },
            "{text}"
        );
    };
    out_of_range("open_sc -keyver 256", "-keyver", "256");
    out_of_range("open_sc -security 2", "-security", "2");
    out_of_range("open_sc -scp 4", "-scp", "4");
    out_of_range("open_sc -scpimpl 0x100", "-scpimpl", "0x100");
    out_of_range("open_sc -keyDerivation visa1", "-keyDerivation", "visa1");
    out_of_range("card_connect -readerNumber 256", "-readerNumber", "256");
    out_of_range("get_status -element 100", "-element", "100");
    out_of_range("get_data -identifier 10000", "-identifier", "10000");
    out_of_range("install -file a -priv 0102", "-priv", "0102");
    out_of_range("install -file a -priv 1000000", "-priv", "1000000");
    let large = "99999999999999999999";
    let text = format!("install -file a -nvDataLimit {large}");
    // So many digits may be a key that stands in the wrong place.
    out_of_range(&text, "-nvDataLimit", "…");
    out_of_range(
        "install -file a -nvDataLimit 4294967296",
        "-nvDataLimit",
        "4294967296",
    );
    out_of_range("send_apdu -APDU 00A404 -sc 0", "-APDU", "…");
    out_of_range(
        &format!("install -file a -instParam {}", "00".repeat(256)),
        "-instParam",
        "…",
    );
}

#[test]
fn values_have_their_form() {
    let not_decimal = |text: &str, option: &'static str, word: &str| {
        let word = word.into();
        assert_eq!(
            problem(text).1,
            ScriptProblem::NotDecimal { option, word },
            "{text}"
        );
    };
    not_decimal("open_sc -keyver 0x01", "-keyver", "0x01");
    not_decimal("open_sc -security 0x11", "-security", "0x11");
    not_decimal("open_sc -keyind +1", "-keyind", "+1");
    let not_hexadecimal = |text: &str, option: &'static str, word: &str| {
        let word = word.into();
        assert_eq!(
            problem(text).1,
            ScriptProblem::NotHexadecimal { option, word },
            "{text}"
        );
    };
    not_hexadecimal("select -AID a00000000", "-AID", "a00000000");
    not_hexadecimal("select -AID a0:00:00:00:01", "-AID", "a0:00:00:00:01");
    not_hexadecimal("get_status -element 8g", "-element", "8g");
    not_hexadecimal("get_status -element 0x", "-element", "0x");
    for (text, len) in [("a0000000", 4), (&"00".repeat(17), 17)] {
        assert_eq!(
            problem(&format!("select -AID {text}")).1,
            ScriptProblem::AidLength {
                option: "-AID",
                len
            }
        );
    }
    for len in [0, 8, 15, 17, 33] {
        let expected = match len {
            0 => ScriptProblem::MissingValue { option: "-key" },
            len => ScriptProblem::KeyLength {
                option: "-key",
                len,
            },
        };
        assert_eq!(
            problem(&format!("open_sc -key {}", "40".repeat(len))).1,
            expected
        );
    }
    for len in [16, 24, 32] {
        commands(&format!("open_sc -key {}", "40".repeat(len)));
    }
}

#[test]
fn a_script_has_an_end() {
    assert_eq!(
        problem(&" ".repeat(Script::MAX_LEN + 1)).1,
        ScriptProblem::TooLarge
    );
    let text = "mode_201\n".repeat(words::MAX_COMMANDS);
    assert_eq!(commands(&text).len(), words::MAX_COMMANDS);
    assert_eq!(
        problem(&format!("{text}mode_201")),
        (words::MAX_COMMANDS + 1, ScriptProblem::TooLarge)
    );
}

#[test]
fn keys_are_in_no_dump_and_in_no_error() {
    let key = "505152535455565758595A5B5C5D5E5F";
    let script = Script::parse(&format!("open_sc -mac_key {key}")).unwrap();
    let dump = format!("{script:?}");
    assert!(!dump.contains("5051") && !dump.contains("80, 81"), "{dump}");
    for text in [
        key.to_owned(),
        format!("open_sc {key}"),
        format!("open_sc -mac_key {key}50"),
        format!("open_sc -mac_key {key}x"),
        format!("open_sc -mac_key 50:{key}"),
        format!("open_sc -mac_key={key}"),
        format!("open_sc -keyver {key}"),
        format!("send_apdu -APDU 00200080{key}g"),
        format!("select -AID {key}50"),
    ] {
        let error = Script::parse(&text).unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(!told.contains("5051"), "{told}");
    }
}

#[test]
fn what_is_written_is_read_as_the_same() {
    for text in [UPLOAD, FIND, EVERYTHING] {
        let script = Script::parse(text).unwrap();
        let written = script.write(WrittenKeys::WellKnown).unwrap();
        assert_eq!(Script::parse(&written).unwrap(), script, "{written}");
        // gpshell knows no lines that go on.
        assert_eq!(
            written
                .lines()
                .filter(|line| !line.starts_with('#'))
                .count(),
            script.steps.len()
        );
    }
}

/// Every command with every option, and no secret but the key that is none.
const EVERYTHING: &str = r##"mode_201
mode_211
visa_key_derivation
emv_cps11_key_derivation
enable_trace
enable_timer
establish_context
card_connect -reader "Gemplus GemPC Key 00 00" -protocol 1
card_connect -readerNumber 2
select -AID a0000000030000
get_secure_channel_protocol_details
get_extended_card_resources_information
get_key_information_templates -keyTemplate 1
open_sc -security 51 -scp 3 -scpimpl 0x70 -keyind 1 -keyver 255 -key 404142434445464748494a4b4c4d4e4f
open_sc -kek_key 404142434445464748494a4b4c4d4e4f -keyDerivation emvcps11
delete -AID D0D1D2D3D4D50101
install_for_load -pkgAID D0D1D2D3D4D501 -nvCodeLimit 1 -nvDataLimit 2 -vDataLimit 3
load -file "#1 \"
load -file C:\applets\a"b.cap
install_for_install -pkgAID D0D1D2D3D4D501 -AID D0D1D2D3D4D50101 -priv 80C000
install -file "my applet.cap" -pkgAID D0D1D2D3D4D501 -sdAID A000000003000000 -AID D0D1D2D3D4D50101 -instAID D0D1D2D3D4D50102 -priv 2 -instParam 0102 -nvCodeLimit 4294967295
get_status -element 10 -format 0
get_data -identifier 66
put_sc_key -keyver 1 -newkeyver 0 -keyind 1 -mac_key 404142434445464748494a4b4c4d4e4f -keyDerivation visa2
send_apdu -sc 1 -APDU 80F28000024F0000
send_apdu_nostop -sc 0 -APDU 00A4040000
card_disconnect
release_context
"##;

#[test]
fn keys_are_written_only_if_everybody_knows_them_and_it_is_asked_for() {
    let script = Script::parse(UPLOAD).unwrap();
    let written = script.write(WrittenKeys::None).unwrap();
    assert!(!written.contains("404142"));
    assert!(written.contains("# add to the next line: -mac_key -enc_key\nopen_sc -security 1"));
    let mut without_keys = script;
    for step in &mut without_keys.steps {
        if let ScriptCommand::OpenChannel(open) = &mut step.command {
            open.keys = Keys::default();
        }
    }
    assert_eq!(Script::parse(&written).unwrap(), without_keys);
    let own =
        "open_sc -key 505152535455565758595A5B5C5D5E5F -mac_key 404142434445464748494a4b4c4d4e4f";
    let written = Script::parse(own).unwrap().write(WrittenKeys::WellKnown);
    let expected =
        "# add to the next line: -key\nopen_sc -mac_key 404142434445464748494A4B4C4D4E4F\n";
    assert_eq!(written.unwrap(), expected);
}

#[test]
fn commands_that_may_hold_a_pin_are_not_written() {
    let text = "send_apdu -APDU 0020008004 31323334\nsend_apdu -APDU 002000800431323334
        send_apdu -APDU B02A000002 0000";
    assert!(Script::parse(text).is_err());
    let text = "send_apdu -APDU 002000800431323334\nsend_apdu -APDU B04201000431323334\nmode_211";
    let written = Script::parse(text)
        .unwrap()
        .write(WrittenKeys::WellKnown)
        .unwrap();
    assert!(!written.contains("313233"));
    assert!(written.contains("# send_apdu -APDU 00200080...: data left out"));
    assert_eq!(commands(&written), commands("mode_211"));
}

#[test]
fn a_name_that_no_script_can_hold_is_not_written() {
    for name in ["a \"b\"", "a\nb", "${HOME}/a.cap", ""] {
        let file = PathBuf::from(name);
        let steps = vec![ScriptCommand::Load { file }.into()];
        let written = Script { steps }.write(WrittenKeys::None);
        assert_eq!(written, Err(Unwritable { index: 0 }), "{name}");
    }
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
