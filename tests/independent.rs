//! Cards that this project did not write, set up by programs that it did not write.
//!
//! [`openpgp_card_set_up_by_gnupg`] and [`piv_card_set_up_by_yubico`] yield a card in a real `pcscd`
//! together with what its own tool says of it; a test of ours then reads the same card and compares.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use sha2::{Digest, Sha256};

use support::card_status::CardStatus;
use support::cards::IndependentCard;
use support::certificate::{Certificate, issue};
use support::gnupg::GnuPg;
use support::pcscd::{PrivatePcscd, Slot};
use support::process::finish;
use support::yubico::{PivStatus, YubicoPivTool};

/// An OpenPGP card with three RSA-2048 keys and a holder, in a reader, and what gpg says of it.
///
/// Nobody holds the card. The fields end in this order: first who uses the card, last the service.
#[allow(
    dead_code,
    reason = "the card and the service are there to be there; the rest is for comparing"
)]
struct OpenPgpDesk {
    gnupg: GnuPg,
    card: IndependentCard,
    slot: Slot,
    seen: CardStatus,
    service: PrivatePcscd,
}

fn openpgp_card_set_up_by_gnupg() -> OpenPgpDesk {
    let service = PrivatePcscd::start(2);
    let slot = service.slot(0).clone();
    let card = IndependentCard::openpgp(&slot);
    let gnupg = GnuPg::new(&slot);
    gnupg.set_holder(
        ("Ada", "Lovelace"),
        "ada",
        "en",
        "https://example.org/ada.asc",
    );
    gnupg.generate_keys("Ada Lovelace", "ada@example.org");
    let seen = gnupg.card_status();
    gnupg.release_card();
    OpenPgpDesk {
        gnupg,
        card,
        slot,
        seen,
        service,
    }
}

/// A PIV card with an RSA-2048 key and its certificate in 9A, in a reader, and what
/// yubico-piv-tool says of it.
#[allow(
    dead_code,
    reason = "the card and the service are there to be there; the rest is for comparing"
)]
struct PivDesk {
    card: IndependentCard,
    tool: YubicoPivTool,
    slot: Slot,
    public_key: String,
    certificate: Certificate,
    seen: PivStatus,
    service: PrivatePcscd,
}

fn piv_card_set_up_by_yubico() -> PivDesk {
    let service = PrivatePcscd::start(2);
    let slot = service.slot(0).clone();
    let card = IndependentCard::piv(&slot);
    let tool = YubicoPivTool::new(&slot);
    tool.set_identifiers();
    let public_key = tool.generate("9a", "RSA2048");
    let certificate = issue(&public_key, "/CN=Ada Lovelace");
    tool.import_certificate("9a", &certificate);
    let seen = tool.status();
    PivDesk {
        card,
        tool,
        slot,
        public_key,
        certificate,
        seen,
        service,
    }
}

#[test]
fn gnupg_sees_the_keys_that_it_generated() {
    let desk = openpgp_card_set_up_by_gnupg();
    let seen = &desk.seen;

    assert_eq!(seen.reader, desk.slot.reader);
    assert_eq!(seen.aid, "D2760001240103040000000000420000");
    assert_eq!(
        (seen.version.as_str(), seen.serial.as_str()),
        ("0304", "00000042")
    );
    assert_eq!(seen.vendor, ("0000".to_owned(), "test card".to_owned()));
    assert_eq!(seen.name, ("Ada".to_owned(), "Lovelace".to_owned()));
    assert_eq!((seen.login.as_str(), seen.language.as_str()), ("ada", "en"));
    assert_eq!(seen.url, "https://example.org/ada.asc");
    assert_eq!(seen.tries_left, [3, 0, 3]);
    assert_eq!(seen.longest_pins, [127, 127, 127]);
    assert!(!seen.kdf);
    assert!(seen.signature_counter > 0);
    for key in &seen.keys {
        assert_eq!((key.algorithm, key.size_or_curve.as_str()), (1, "2048"));
        assert_eq!((key.fingerprint.len(), key.grip.len()), (40, 40), "{key:?}");
        assert!(key.created.is_some(), "{key:?}");
    }
    let [sign, decrypt, authenticate] = &seen.keys;
    assert!(
        sign.fingerprint != decrypt.fingerprint && decrypt.fingerprint != authenticate.fingerprint
    );
    assert!(desk.gnupg.signs("123456"));
    assert_eq!(
        desk.gnupg.card_status().signature_counter,
        seen.signature_counter + 1
    );
}

#[test]
fn an_openpgp_card_is_empty_when_new() {
    let service = PrivatePcscd::start(1);
    let _card = IndependentCard::openpgp(service.slot(0));
    let seen = GnuPg::new(service.slot(0)).card_status();

    assert_eq!(seen.signature_counter, 0);
    assert_eq!((seen.url.as_str(), seen.login.as_str()), ("", ""));
    for key in &seen.keys {
        assert_eq!((key.fingerprint.as_str(), key.created), ("", None));
    }
}

#[test]
fn a_user_pin_changed_by_gnupg_is_the_one_that_signs() {
    let desk = openpgp_card_set_up_by_gnupg();

    assert!(
        !desk.gnupg.change_user_pin("999999", "654321"),
        "a wrong PIN was taken"
    );
    assert_eq!(desk.gnupg.card_status().tries_left, [2, 0, 3]);
    assert!(desk.gnupg.change_user_pin("123456", "654321"));
    assert_eq!(desk.gnupg.card_status().tries_left, [3, 0, 3]);
    assert!(!desk.gnupg.signs("123456"));
    assert!(desk.gnupg.signs("654321"));
}

#[test]
fn an_admin_pin_changed_by_gnupg_unblocks_the_user_pin() {
    let desk = openpgp_card_set_up_by_gnupg();

    assert!(desk.gnupg.change_admin_pin("12345678", "87654321"));
    for _ in 0..3 {
        assert!(!desk.gnupg.signs("999999"));
    }
    assert_eq!(desk.gnupg.card_status().tries_left, [0, 0, 3]);
    assert!(!desk.gnupg.signs("123456"), "a blocked PIN was taken");
    assert!(!desk.gnupg.unblock_user_pin("12345678", "654321"));
    assert_eq!(desk.gnupg.card_status().tries_left, [0, 0, 2]);
    assert!(desk.gnupg.unblock_user_pin("87654321", "654321"));
    assert!(desk.gnupg.signs("654321"));
}

#[test]
fn the_piv_tool_sees_the_certificate_that_it_imported() {
    let desk = piv_card_set_up_by_yubico();

    // The size that the budgets of the drivers are written for.
    let size = desk.certificate.der.len();
    assert!((780..=820).contains(&size), "{size} bytes");

    let seen = &desk.seen;
    assert_eq!(
        (seen.version.as_str(), seen.serial.as_str()),
        ("6.6.6", "5437251")
    );
    assert_eq!(seen.tries_left, 3);
    assert_eq!(seen.chuid.as_ref().unwrap().len(), 118, "{seen:?}");
    assert!(
        seen.ccc.as_ref().unwrap().starts_with("f015a000000116ff02"),
        "{seen:?}"
    );
    let [slot] = &seen.slots[..] else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (slot.name.as_str(), slot.algorithm.as_str()),
        ("9a", "RSA2048")
    );
    assert_eq!(slot.subject, "CN=Ada Lovelace");
    assert_eq!(slot.issuer, "CN=Test authority");
    assert!(slot.not_before.ends_with("GMT") && slot.not_after.ends_with("GMT"));
    let digest: [u8; 32] = Sha256::digest(&desk.certificate.der).into();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(slot.fingerprint, digest);
}

#[test]
fn a_pin_changed_by_the_piv_tool_is_the_one_that_it_verifies() {
    let desk = piv_card_set_up_by_yubico();

    let (tool, left) = (&desk.tool, || desk.tool.status().tries_left);
    assert!(
        !tool.change_pin("999999", "654321"),
        "a wrong PIN was taken"
    );
    assert_eq!(left(), 2);
    assert!(tool.change_pin("123456", "654321"));
    assert!(tool.verify_pin("654321"));
    assert_eq!(left(), 3);
    for tries_left in [2, 1, 0] {
        assert!(!tool.verify_pin("123456"));
        assert_eq!(left(), tries_left);
    }
    assert!(!tool.verify_pin("654321"), "a blocked PIN was taken");
    assert!(
        !tool.unblock_pin("99999999", "246810"),
        "a wrong PUK was taken"
    );
    assert!(tool.unblock_pin("12345678", "246810"));
    assert!(tool.verify_pin("246810"));
}

#[test]
fn a_reset_ends_what_a_pin_opened() {
    const SELECT: &str = "00A4040005A000000308";
    const VERIFY: &str = "0020008008313233343536FFFF";
    const IS_VERIFIED: &str = "00200080";

    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::piv(slot);
    let opensc = |arguments: &[&str]| {
        let mut tool = slot.tool("opensc-tool", "opensc");
        tool.args(["--card-driver", "default", "--reader", &slot.reader]);
        finish(tool.args(arguments), "").succeeded()
    };

    let said = opensc(&["-s", SELECT, "-s", VERIFY, "-s", IS_VERIFIED]);
    assert!(said.trim_end().ends_with("SW1=0x90, SW2=0x00)"), "{said}");
    opensc(&["--reset"]);
    let said = opensc(&["-s", SELECT, "-s", IS_VERIFIED]);
    assert!(said.contains("SW1=0x63, SW2=0xC3"), "{said}");
}

#[test]
fn a_card_keeps_its_keys_through_pulling_and_a_killed_service() {
    let mut desk = openpgp_card_set_up_by_gnupg();

    desk.card.pull();
    desk.card.insert();
    assert_eq!(desk.gnupg.card_status(), desk.seen);
    desk.gnupg.release_card();

    desk.service.kill();
    assert!(desk.slot.readers().is_empty());
    desk.service.restart();
    desk.card.insert();
    assert_eq!(desk.gnupg.card_status(), desk.seen);
    desk.gnupg.release_card();

    desk.service.stop();
    assert!(!desk.slot.socket.exists());
    desk.service.restart();
    desk.card.insert();
    assert_eq!(desk.gnupg.card_status(), desk.seen);
}

#[test]
fn two_cards_answer_in_two_readers() {
    let service = PrivatePcscd::start(2);
    let _openpgp = IndependentCard::openpgp(service.slot(0));
    let _piv = IndependentCard::piv(service.slot(1));

    assert_eq!(GnuPg::new(service.slot(0)).card_status().serial, "00000042");
    assert_eq!(
        YubicoPivTool::new(service.slot(1)).status().serial,
        "5437251"
    );
}

#[test]
fn the_log_of_the_service_holds_every_exchange() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::piv(slot);
    assert_eq!(service.exchanges(), []);

    YubicoPivTool::new(slot).verify_pin("123456");
    let exchanges = service.exchanges();
    let verify = exchanges
        .iter()
        .find(|exchange| exchange.command == "0020008008313233343536FFFF");
    assert_eq!(verify.expect("VERIFY").response, "9000", "{exchanges:?}");
    assert_eq!(exchanges[0].command, "00A4040005A000000308");
}

#[test]
fn a_service_can_have_sixteen_readers() {
    let service = PrivatePcscd::start(16);
    assert_eq!(service.slots().len(), 16);

    let last = service.slot(15);
    let _card = IndependentCard::piv(last);
    let readers = last.readers();
    assert_eq!(readers.len(), 16);
    let holding: Vec<_> = readers.iter().filter(|(_, card)| *card).collect();
    assert_eq!(holding, [&(last.reader.clone(), true)]);
}
