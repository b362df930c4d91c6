//! OpenPGP cards: `gpg --card-status --with-colons` and we.

use serde_json::Value;

use crate::program::{Served, Symbolonctl, fact, tries};
use crate::support::card_status::CardStatus;
use crate::support::cards::IndependentCard;
use crate::support::gnupg::{GnuPg, Pins};
use crate::support::pcscd::PrivatePcscd;

/// Every field that GnuPG prints and we have.
#[track_caller]
fn agree(ours: &Value, theirs: &CardStatus) {
    let text = |name| fact(ours, name).as_str().unwrap_or_default().to_owned();
    assert_eq!(ours["aid"], theirs.aid);
    let (major, minor) = theirs.version.split_at(2);
    let version = |digits: &str| digits.trim_start_matches('0').to_owned();
    assert_eq!(
        ours["version"],
        format!("{}.{}", version(major), minor.trim_start_matches('0'))
    );
    assert_eq!(text("serial"), theirs.serial);
    let (given, last) = &theirs.name;
    assert_eq!(text("holder"), format!("{given} {last}").trim());
    assert_eq!(text("languages").replace(", ", ""), theirs.language);
    let salutation = match theirs.sex.as_str() {
        "m" => "male",
        "f" => "female",
        _ => "not_announced",
    };
    let said = fact(ours, "salutation");
    assert!(
        said == salutation || said.is_null() && theirs.sex == "u",
        "{said} {}",
        theirs.sex
    );
    assert_eq!(text("login"), theirs.login);
    assert_eq!(text("url"), theirs.url);
    assert_eq!(fact(ours, "signature_counter"), theirs.signature_counter);
    assert_eq!(
        fact(ours, "pin_before_every_signature"),
        theirs.pin_for_each_signature
    );
    assert_eq!(fact(ours, "key_derivation"), theirs.kdf);
    for (index, role) in ["user", "resetting_code", "admin"].into_iter().enumerate() {
        assert_eq!(
            tries(ours, role),
            u64::from(theirs.tries_left[index]),
            "{role}"
        );
        let pin = &ours["pins"][index];
        assert_eq!(pin["role"], role);
        assert_eq!(pin["rule"]["max"], theirs.longest_pins[index], "{role}");
    }
    for (index, key) in theirs.keys.iter().enumerate() {
        let found = ours["keys"].as_array().unwrap();
        let found = found.iter().find(|found| found["reference"] == index + 1);
        let Some(found) = found else {
            assert_eq!(key.fingerprint, "", "a key that we do not see: {key:?}");
            continue;
        };
        assert_eq!(found["fingerprint"], key.fingerprint);
        assert_eq!(found["created"].as_u64(), key.created);
        if key.algorithm == 1 {
            assert_eq!(found["algorithm"]["kind"], "rsa");
            assert_eq!(found["algorithm"]["bits"].to_string(), key.size_or_curve);
        } else {
            let curve = match key.size_or_curve.to_lowercase().as_str() {
                "ed25519" => "ed25519",
                "cv25519" | "curve25519" => "x25519",
                "nistp256" => "p256",
                other => panic!("curve {other}"),
            };
            assert_eq!(found["algorithm"]["curve"], curve);
        }
        assert_eq!(found["public_key"]["algorithm"], found["algorithm"]);
    }
}

#[test]
fn a_card_set_up_by_gnupg_reads_the_same() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    let gnupg = GnuPg::new(slot);
    let ours = Symbolonctl::new(slot);

    let empty = gnupg.card_status();
    gnupg.release_card();
    agree(&ours.application("openpgp"), &empty);

    gnupg.set_holder(
        ("Ada", "Lovelace"),
        "ada",
        "en",
        "https://example.org/ada.asc",
    );
    gnupg.generate_keys("Ada Lovelace", "ada@example.org");
    let full = gnupg.card_status();
    gnupg.release_card();
    agree(&ours.application("openpgp"), &full);
    assert_eq!(full.keys[0].fingerprint.len(), 40);

    // Ours is theirs.
    let wrong = ours.pin(&["change", "--pin", "user"], &["999999", "654321"]);
    assert!(!wrong.status.success(), "{}", wrong.stdout);
    assert!(
        wrong.stderr.contains("2 of 3 tries left"),
        "{}",
        wrong.stderr
    );
    agree(
        &ours.application("openpgp"),
        &CardStatus {
            tries_left: [2, 0, 3],
            ..full.clone()
        },
    );
    ours.pin(&["change", "--pin", "user"], &["123456", "654321"])
        .succeeded();
    gnupg.set_pins(Pins {
        user: "654321",
        admin: "12345678",
        new: "",
    });
    assert!(
        gnupg.signs("654321"),
        "GnuPG does not take the PIN that we set"
    );
    gnupg.release_card();
    let signed = ours.application("openpgp");
    assert_eq!(
        fact(&signed, "signature_counter"),
        full.signature_counter + 1
    );

    // Theirs is ours.
    assert!(gnupg.change_user_pin("654321", "246810"));
    gnupg.release_card();
    ours.pin(&["verify", "--pin", "user"], &["246810"])
        .succeeded();
    assert!(
        !ours
            .pin(&["verify", "--pin", "user"], &["654321"])
            .status
            .success()
    );

    // The helpdesk's way.
    ours.pin(
        &["set", "--pin", "resetting-code"],
        &["12345678", "helpdesk-1"],
    )
    .succeeded();
    ours.pin(
        &["unblock", "--with", "resetting-code"],
        &["helpdesk-1", "135790"],
    )
    .succeeded();
    assert!(gnupg.signs("135790"));
    gnupg.release_card();
}

#[test]
fn a_practice_card_is_set_up_by_gnupg_too() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = Served::new("openpgp-fresh", slot);
    let gnupg = GnuPg::new(slot);
    let ours = Symbolonctl::new(slot);
    gnupg.set_holder(
        ("Anna", "Rossi"),
        "anna",
        "it",
        "https://example.org/anna.asc",
    );
    gnupg.generate_keys("Anna Rossi", "anna@example.org");
    let seen = gnupg.card_status();
    gnupg.release_card();
    agree(&ours.application("openpgp"), &seen);
    ours.pin(&["change", "--pin", "admin"], &["12345678", "87654321"])
        .succeeded();
    assert!(gnupg.change_admin_pin("87654321", "11223344"));
    gnupg.release_card();
    ours.pin(&["verify", "--pin", "admin"], &["11223344"])
        .succeeded();
}

#[test]
fn used_practice_cards_read_the_same() {
    for name in ["openpgp-used", "openpgp-curves", "both"] {
        let service = PrivatePcscd::start(1);
        let slot = service.slot(0);
        let _card = Served::new(name, slot);
        let gnupg = GnuPg::new(slot);
        let seen = gnupg.card_status();
        gnupg.release_card();
        agree(&Symbolonctl::new(slot).application("openpgp"), &seen);
    }
}
