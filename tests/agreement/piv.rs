//! PIV cards: `yubico-piv-tool -a status` and we.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::program::{Served, Symbolonctl, fact, tries};
use crate::support::cards::IndependentCard;
use crate::support::certificate::issue;
use crate::support::pcscd::PrivatePcscd;
use crate::support::process::{finish, tool};
use crate::support::yubico::{PivStatus, YubicoPivTool};

/// Every field that yubico-piv-tool prints.
#[track_caller]
fn agree(ours: &Value, theirs: &PivStatus) {
    assert_eq!(ours["version"], theirs.version);
    assert_eq!(fact(ours, "serial"), theirs.serial);
    let data = |kind: &str| {
        let objects = ours["data"].as_array().unwrap();
        let found = objects.iter().find(|object| object["kind"] == kind);
        found.map(|object| object["content"].as_str().unwrap().to_lowercase())
    };
    assert_eq!(data("chuid"), theirs.chuid);
    assert_eq!(data("card_capabilities"), theirs.ccc);
    assert_eq!(tries(ours, "user"), u64::from(theirs.tries_left));
    let certificates = ours["certificates"].as_array().unwrap();
    for slot in &theirs.slots {
        let reference = u64::from_str_radix(&slot.name, 16).unwrap();
        let found = certificates.iter().find(|found| found["slot"] == reference);
        let found = found.unwrap_or_else(|| panic!("no certificate in {}", slot.name));
        if slot.algorithm.is_empty() {
            // Their tool does not unpack compressed certificates; the key management slot of
            // the practice card has one.
            assert_eq!(slot.name, "9d");
            continue;
        }
        let summary = &found["summary"];
        let algorithm = &summary["public_key"]["algorithm"];
        let name = match algorithm["kind"].as_str().unwrap() {
            "rsa" => format!("RSA{}", algorithm["bits"]),
            _ => match algorithm["curve"].as_str().unwrap() {
                "p256" => "ECCP256".to_owned(),
                "p384" => "ECCP384".to_owned(),
                other => other.to_owned(),
            },
        };
        assert_eq!(name, slot.algorithm);
        assert_eq!(
            reversed(summary["subject"].as_str().unwrap()),
            slot.subject.replace(", ", ",")
        );
        assert_eq!(
            reversed(summary["issuer"].as_str().unwrap()),
            slot.issuer.replace(", ", ",")
        );
        assert_eq!(
            summary["sha256"].as_str().unwrap().to_lowercase(),
            slot.fingerprint
        );
        assert_eq!(day(&summary["not_before"]), slot.not_before);
        assert_eq!(day(&summary["not_after"]), slot.not_after);
    }
    let main: Vec<_> = certificates
        .iter()
        .filter(|found| found["slot"] != 0xF9)
        .collect();
    assert!(
        main.len() <= theirs.slots.len(),
        "a certificate that they do not see"
    );
}

/// We write names in the order of RFC 4514, OpenSSL in that of the certificate.
fn reversed(name: &str) -> String {
    name.split(',').rev().collect::<Vec<_>>().join(",")
}

/// As OpenSSL writes it: "Nov 21 12:00:00 2026 GMT".
fn day(seconds: &Value) -> String {
    let at = UNIX_EPOCH + Duration::from_secs(seconds.as_u64().unwrap());
    let since = at.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut date = tool("date", "coreutils");
    date.env("LC_ALL", "C")
        .args(["-u", "-d", &format!("@{since}"), "+%b %e %H:%M:%S %Y GMT"]);
    finish(&mut date, "").succeeded().trim().to_owned()
}

#[test]
fn a_card_set_up_by_the_piv_tool_reads_the_same() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::piv(slot);
    set_up_and_compare(slot);
}

#[test]
fn a_practice_card_is_set_up_by_the_piv_tool_too() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = Served::new("piv-fresh", slot);
    set_up_and_compare(slot);
}

fn set_up_and_compare(slot: &crate::support::pcscd::Slot) {
    let tool = YubicoPivTool::new(slot);
    let ours = Symbolonctl::new(slot);
    agree(&ours.application("piv"), &tool.status());

    tool.set_identifiers();
    let public_key = tool.generate("9a", "RSA2048");
    let certificate = issue(&public_key, "/CN=Ada Lovelace");
    tool.import_certificate("9a", &certificate);
    let other = tool.generate("9c", "ECCP256");
    tool.import_certificate("9c", &issue(&other, "/CN=Ada Lovelace"));
    let seen = tool.status();
    assert_eq!(seen.slots.len(), 2);
    agree(&ours.application("piv"), &seen);

    // The certificate as it was imported, and its key.
    let pem = ours.run(&["cert", "export", "9a"]).succeeded();
    assert_eq!(pem.trim(), certificate.pem.trim());
    let key = ours.run(&["cert", "key", "9a"]).succeeded();
    assert_eq!(key.trim(), public_key.trim());

    // Ours is theirs, and theirs is ours.
    let wrong = ours.pin(&["change", "--pin", "user"], &["999999", "654321"]);
    assert!(!wrong.status.success(), "{}", wrong.stdout);
    assert!(wrong.stderr.contains("2 "), "{}", wrong.stderr);
    assert_eq!(tool.status().tries_left, 2);
    ours.pin(&["change", "--pin", "user"], &["123456", "654321"])
        .succeeded();
    assert!(tool.verify_pin("654321"));
    assert!(tool.change_pin("654321", "246810"));
    ours.pin(&["verify", "--pin", "user"], &["246810"])
        .succeeded();
    ours.pin(&["change", "--pin", "puk"], &["12345678", "87654321"])
        .succeeded();
    assert!(tool.unblock_pin("87654321", "135790"));
    assert!(tool.change_puk("87654321", "11223344"));
    ours.pin(&["unblock"], &["11223344", "123456"]).succeeded();
    assert!(tool.verify_pin("123456"));
}

#[test]
fn used_practice_cards_read_the_same() {
    for name in ["piv-used", "both"] {
        let service = PrivatePcscd::start(1);
        let slot = service.slot(0);
        let _card = Served::new(name, slot);
        agree(
            &Symbolonctl::new(slot).application("piv"),
            &YubicoPivTool::new(slot).status(),
        );
    }
}
