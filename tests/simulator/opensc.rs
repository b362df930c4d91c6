//! OpenSC and the practice cards.

use symbolon::simulator::vpcd::Served;

use crate::served::ServedCard;
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{finish, tool};

fn opensc(slot: &Slot, program: &str, arguments: &[&str]) -> String {
    let mut command = slot.tool(program, "opensc");
    command.args(["--reader", &slot.reader]).args(arguments);
    finish(&mut command, "").succeeded()
}

#[test]
fn opensc_knows_what_each_card_is() {
    let service = PrivatePcscd::start(8);
    for (slot, name, known_as) in [
        (0, "piv-plain", "Personal Identity Verification Card"),
        (
            1,
            "expired-certificate",
            "Personal Identity Verification Card",
        ),
        (2, "piv-used", "Personal Identity Verification Card"),
        (3, "openpgp-used", "OpenPGP card v3.4"),
        (4, "openpgp-2", "OpenPGP card v2.1"),
        (5, "unknown", "Unsupported card"),
        (6, "rubbish", ""),
    ] {
        let slot = service.slot(slot);
        let _card = ServedCard::named(name, slot);
        let mut command = slot.tool("opensc-tool", "opensc");
        let done = finish(command.args(["--reader", &slot.reader, "--name"]), "");
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(said.contains(known_as), "{name}: {said}");
    }
}

#[test]
fn opensc_reads_keys_and_certificates() {
    let service = PrivatePcscd::start(4);
    for (slot, name, certificates, keys) in [
        (0, "piv-plain", 2, 2),
        // With T=0, and the short lengths.
        (1, "expired-certificate", 1, 1),
        (2, "openpgp-used", 1, 3),
    ] {
        let slot = service.slot(slot);
        let _card = ServedCard::named(name, slot);
        let dump = opensc(slot, "pkcs15-tool", &["--dump"]);
        let count = |what| dump.lines().filter(|line| line.starts_with(what)).count();
        assert_eq!(count("X.509 Certificate"), certificates, "{name}: {dump}");
        assert_eq!(
            count("Private RSA Key") + count("Private EC Key"),
            keys,
            "{name}: {dump}"
        );
    }
}

#[test]
fn opensc_reads_the_certificate_that_is_on_the_card() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = ServedCard::named("expired-certificate", slot);
    let pem = opensc(slot, "pkcs15-tool", &["--read-certificate", "01"]);
    let mut openssl = tool("openssl", "openssl");
    let subject = finish(
        openssl.args(["x509", "-noout", "-subject", "-enddate"]),
        &pem,
    );
    let said = subject.succeeded();
    assert!(
        said.contains("CN = Anna Rossi") && said.contains("Mar  1 00:00:00 2023"),
        "{said}"
    );
}

/// The digest that is signed.
const DIGEST: [u8; 32] = [0x5A; 32];

#[test]
fn what_opensc_has_a_card_sign_openssl_finds_good() {
    let service = PrivatePcscd::start(4);
    for (slot, name, key, pin, public_key) in [
        (0, "piv-plain", "01", "654321", "anna-authentication.key"),
        (
            1,
            "expired-certificate",
            "01",
            "654321",
            "anna-authentication.key",
        ),
    ] {
        let slot = service.slot(slot);
        let _card = ServedCard::named(name, slot);
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name);
        std::fs::write(file("digest"), DIGEST).unwrap();
        let mut sign = slot.tool("pkcs15-crypt", "opensc");
        sign.current_dir(&directory)
            .args(["--reader", &slot.reader]);
        sign.args([
            "--sign",
            "--pkcs1",
            "--sha-256",
            "--raw",
            "--key",
            key,
            "--pin",
            pin,
        ]);
        finish(
            sign.args(["--input", "digest", "--output", "signature"]),
            "",
        )
        .succeeded();

        let mut check = tool("openssl", "openssl");
        check.current_dir(&directory);
        check.args([
            "pkeyutl",
            "-verify",
            "-pkeyopt",
            "digest:sha256",
            "-keyform",
            "DER",
        ]);
        check.args(["-in", "digest", "-sigfile", "signature", "-inkey"]);
        let key = concat!(env!("CARGO_MANIFEST_DIR"), "/data/practice/").to_owned() + public_key;
        finish(check.arg(key), "").succeeded();
    }
}

#[test]
fn a_card_that_is_pulled_leaves_its_reader_empty() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let card = ServedCard::named("pulled", slot);
    let mut command = slot.tool("opensc-tool", "opensc");
    command.args(["--reader", &slot.reader, "--name", "--serial"]);
    let done = finish(&mut command, "");
    assert!(!done.stdout.contains("OpenPGP"), "{done}");
    let (card, served) = card.pull();
    assert_eq!(served, Served::Pulled);
    // Put in again, it stays.
    let _card = ServedCard::new(card, slot);
    assert!(opensc(slot, "opensc-tool", &["--name"]).contains("Identity"));
}
