//! OpenSC and the practice cards.

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
        (2, "piv-used", "YubiKey"),
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
