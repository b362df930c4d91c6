//! GnuPG and the OpenPGP practice cards.

use symbolon::simulator::vpcd::Served;

use crate::served::ServedCard;
use crate::support::gnupg::GnuPg;
use crate::support::pcscd::PrivatePcscd;
use crate::support::process::finish;

#[test]
fn gnupg_sets_up_a_fresh_card_signs_and_changes_its_pins() {
    for name in ["openpgp-fresh", "openpgp-2"] {
        let service = PrivatePcscd::start(1);
        let slot = service.slot(0);
        let card = ServedCard::named(name, slot);
        let gnupg = GnuPg::new(slot);
        gnupg.set_holder(
            ("Anna", "Rossi"),
            "anna",
            "it",
            "https://works.example/anna",
        );
        gnupg.generate_keys("Anna Rossi", "anna@works.example");

        let seen = gnupg.card_status();
        assert_eq!(seen.name, ("Anna".to_owned(), "Rossi".to_owned()));
        assert_eq!(
            (seen.login.as_str(), seen.language.as_str()),
            ("anna", "it")
        );
        assert_eq!(seen.url, "https://works.example/anna");
        assert_eq!(seen.tries_left, [3, 0, 3]);
        assert_eq!(seen.signature_counter, 4);
        for key in &seen.keys {
            assert_eq!((key.algorithm, key.size_or_curve.as_str()), (1, "2048"));
            assert!(
                key.created.is_some() && key.fingerprint.len() == 40,
                "{key:?}"
            );
        }
        assert!(gnupg.signs("123456"));
        assert!(deciphers(&gnupg));

        assert!(!gnupg.change_user_pin("999999", "654321"));
        assert_eq!(gnupg.card_status().tries_left, [2, 0, 3]);
        assert!(gnupg.change_user_pin("123456", "654321"));
        assert!(gnupg.signs("654321"));
        assert!(gnupg.change_admin_pin("12345678", "87654321"));
        assert!(gnupg.unblock_user_pin("87654321", "111111"));
        assert!(gnupg.signs("111111"));
        assert_eq!(gnupg.card_status().signature_counter, 7);
        gnupg.release_card();
        assert_eq!(card.pull().1, Served::Stopped);
    }
}

#[test]
fn gnupg_reads_used_cards() {
    let service = PrivatePcscd::start(4);
    for (slot, name, counter, tries, manufacturer, algorithms) in [
        (0, "openpgp-used", 42, [1, 0, 3], "fffe", [1, 1, 1]),
        (1, "both", 42, [1, 0, 3], "0006", [1, 1, 1]),
        (2, "openpgp-curves", 7, [3, 3, 3], "fffe", [22, 18, 22]),
    ] {
        let slot = service.slot(slot);
        let _card = ServedCard::named(name, slot);
        let seen = GnuPg::new(slot).card_status();
        assert_eq!(seen.version, "0304", "{name}");
        assert_eq!(seen.vendor.0.to_lowercase(), manufacturer, "{name}");
        assert_eq!(seen.signature_counter, counter, "{name}");
        assert_eq!(seen.tries_left, tries, "{name}");
        assert_eq!(seen.keys.each_ref().map(|key| key.algorithm), algorithms);
        assert_eq!(seen.pin_for_each_signature, name != "openpgp-curves");
        let made = seen.keys.each_ref().map(|key| key.created);
        assert_eq!(made, [Some(1_733_184_000); 3]);
    }
}

#[test]
fn gnupg_generates_on_curves_with_key_derivation() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = ServedCard::named("openpgp-fresh", slot);
    let gnupg = GnuPg::new(slot);
    // Admin; key derivation; then the kind of each of the three keys: ECC on Curve25519.
    let done = gnupg.card_edit("admin\nkdf-setup\nquit\n");
    assert!(!done.stderr.contains("SC_OP_FAILURE"), "{done}");
    assert!(gnupg.card_status().kdf);
    let done = gnupg.card_edit("admin\nkey-attr\n2\n1\n2\n1\n2\n1\nquit\n");
    assert!(!done.stderr.contains("SC_OP_FAILURE"), "{done}");
    gnupg.generate_keys("Anna Rossi", "anna@works.example");
    let seen = gnupg.card_status();
    let algorithms = seen.keys.each_ref().map(|key| key.algorithm);
    assert_eq!(algorithms, [22, 18, 22]);
    assert!(gnupg.signs("123456"));
    assert!(deciphers(&gnupg));
}

#[test]
fn gnupg_resets_a_card_whose_pins_are_blocked() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = ServedCard::named("openpgp-used", slot);
    let gnupg = GnuPg::new(slot);
    let done = gnupg.card_edit("admin\nfactory-reset\ny\nyes\nquit\n");
    assert!(!done.stderr.contains("SC_OP_FAILURE"), "{done}");
    gnupg.release_card();
    let seen = gnupg.card_status();
    assert_eq!(seen.tries_left, [3, 0, 3]);
    assert_eq!((seen.signature_counter, seen.login.as_str()), (0, ""));
    assert!(seen.keys.iter().all(|key| key.fingerprint.is_empty()));
}

/// Whether the card deciphers what was enciphered for its key.
fn deciphers(gnupg: &GnuPg) -> bool {
    let mut encrypt = gnupg.gpg();
    encrypt.args(["--armor", "--trust-model", "always", "--encrypt"]);
    encrypt.args(["--recipient", "anna@works.example"]);
    let message = finish(&mut encrypt, "locker 17").succeeded();
    gnupg.release_card();
    let mut decrypt = gnupg.gpg();
    finish(decrypt.args(["--decrypt"]), &message).stdout == "locker 17"
}
