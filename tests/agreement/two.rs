//! PKCS#15 by the standard alone, with two applications on one card: `pkcs15-tool` and we say the
//! same of each, and a PIN goes to the one that it is for.

use crate::pkcs15::{Desk, agree_on};
use crate::program::Symbolonctl;

const SECOND: &str = " --aid E828BD080F5349";

#[test]
fn both_applications_are_what_opensc_says() {
    let desk = Desk::plain("pkcs15-two");
    let listed = desk.opensc("pkcs15-tool --list-applications");
    let ours = Symbolonctl::new(&desk.slot).token();
    let ours = ours["applications"].as_array().unwrap();
    assert_eq!(ours.len(), listed.matches("AID: ").count());
    for application in ours {
        let aid = application["aid"].as_str().unwrap();
        assert!(listed.contains(aid), "{listed}");
    }
    let [first, second] = &ours[..] else {
        panic!("{ours:?}");
    };
    assert_eq!(first["kind"], "pkcs15");
    assert_eq!(second["kind"], "pkcs15-2");
    assert_eq!(agree_on(&desk, second, SECOND), [1, 1, 1, 0]);
    // What is in the list that only the PIN opens, they do not list without it.
    assert_eq!(agree_on(&desk, first, ""), [1, 2, 2, 2]);
}

#[test]
fn each_takes_its_own_pin() {
    let desk = Desk::plain("pkcs15-two");
    let ours = Symbolonctl::new(&desk.slot);
    // Both have a user PIN of the same number.
    let which = ours.pin(&["verify"], &["654321"]);
    assert_eq!(which.status.code(), Some(2), "{which:?}");
    let first = ["--application", "pkcs15"];
    let second = ["--application", "pkcs15-2"];
    let verify = |application: [&str; 2], pin: &str| {
        let arguments = [&["verify"], &application[..]].concat();
        ours.pin(&arguments, &[pin]).status.code()
    };
    assert_eq!(verify(first, "654321"), Some(0));
    assert_eq!(verify(second, "112233"), Some(0));
    assert_eq!(verify(second, "654321"), Some(5));
    ours.pin(&[&["change"], &second[..]].concat(), &["112233", "445566"])
        .succeeded();
    let theirs = |pin: &str, aid: &str| {
        desk.opensc(&format!(
            "pkcs15-tool --verify-pin --auth-id 01 --pin {pin}{aid}"
        ));
    };
    theirs("445566", SECOND);
    theirs("654321", "");
}

#[test]
fn what_the_pin_opens_is_what_opensc_reads() {
    let desk = Desk::plain("pkcs15-two");
    let theirs = |what: &str| {
        let line = format!("pkcs15-tool --verify-pin --auth-id 01 --pin 654321 {what}");
        desk.opensc(&line)
    };
    theirs("--read-data-object Letter --raw --output letter");
    let letter = std::fs::read(desk.path().join("letter")).unwrap();
    let certificate = theirs("--read-certificate 000047");
    let ours = Symbolonctl::new(&desk.slot);
    let opened = ours
        .pin(&["verify", "--application", "pkcs15"], &["654321"])
        .succeeded();
    let size = format!("Letter · {} bytes", letter.len());
    assert!(opened.contains(&size), "{size}: {opened}");
    assert!(certificate.contains("BEGIN CERTIFICATE"), "{certificate}");
    assert!(opened.contains("Thomas Mustermann"), "{opened}");
    // That was for one reading: the PIN holds no longer than it.
    let token = ours.token();
    let data = token["applications"][0]["data"].as_array().unwrap();
    let shown = data.iter().filter(|object| object["content"].is_string());
    assert_eq!(shown.count(), 1);
}
