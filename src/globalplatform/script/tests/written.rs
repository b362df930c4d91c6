use super::*;

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
