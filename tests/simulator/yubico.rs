//! yubico-piv-tool and the PIV practice cards.

use crate::served::ServedCard;
use crate::support::certificate::issue;
use crate::support::pcscd::PrivatePcscd;
use crate::support::process::{self, finish};
use crate::support::yubico::{MANAGEMENT_KEY, YubicoPivTool};

#[test]
fn yubicos_tool_sets_up_a_fresh_card_and_changes_its_pins() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let card = ServedCard::named("piv-fresh", slot);
    let tool = YubicoPivTool::new(slot);
    let fresh = tool.status();
    assert_eq!(
        (fresh.version.as_str(), fresh.serial.as_str()),
        ("5.4.3", "14725837")
    );
    assert_eq!((fresh.chuid, fresh.ccc, fresh.slots.len()), (None, None, 0));

    tool.set_identifiers();
    let mut certificates = Vec::new();
    for (piv_slot, algorithm) in [
        ("9a", "RSA2048"),
        ("9c", "ECCP256"),
        ("9d", "ECCP384"),
        ("82", "RSA2048"),
    ] {
        let public_key = tool.generate(piv_slot, algorithm);
        let certificate = issue(&public_key, "/CN=Anna Rossi");
        tool.import_certificate(piv_slot, &certificate);
        certificates.push((piv_slot, algorithm, certificate));
    }
    let seen = tool.status();
    assert!(seen.chuid.is_some() && seen.ccc.is_some());
    assert_eq!(seen.tries_left, 3);
    for (found, (piv_slot, algorithm, certificate)) in seen.slots.iter().zip(&certificates) {
        assert_eq!((&*found.name, &*found.algorithm), (*piv_slot, *algorithm));
        let digest: String = <sha2::Sha256 as sha2::Digest>::digest(&certificate.der)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(found.fingerprint, digest);
    }

    assert!(tool.verify_pin("123456"));
    assert!(!tool.change_pin("999999", "654321"));
    assert_eq!(tool.status().tries_left, 2);
    assert!(tool.change_pin("123456", "654321"));
    for _ in 0..3 {
        assert!(!tool.verify_pin("000000"));
    }
    assert_eq!(tool.status().tries_left, 0);
    assert!(tool.unblock_pin("12345678", "111111"));
    assert!(tool.verify_pin("111111"));
    assert!(tool.change_puk("12345678", "87654321"));
    assert!(!tool.unblock_pin("12345678", "222222"));
    drop(card);
}

/// What the tool tests by having the card sign and checking with the certificate.
#[test]
fn yubicos_tool_checks_signatures_decryption_and_attestation() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = ServedCard::named("piv-used", slot);
    let tool = YubicoPivTool::new(slot);
    let read = |piv_slot: &str| {
        let mut command = tool.tool("read-certificate");
        finish(command.args(["-s", piv_slot]), "").succeeded()
    };
    for piv_slot in ["9a", "9c", "9e"] {
        let mut command = tool.tool("verify-pin");
        command.args(["-P", "654321", "-a", "test-signature", "-s", piv_slot]);
        let done = finish(&mut command, &read(piv_slot));
        assert!(done.stderr.contains("Successful"), "{done}");
    }
    // The certificate in 9D is compressed, which this tool cannot read.
    let mut command = tool.tool("verify-pin");
    command.args(["-P", "654321", "-a", "test-decipher", "-s", "82"]);
    let done = finish(&mut command, &read("82"));
    assert!(done.stderr.contains("Successful"), "{done}");

    let mut command = tool.tool("attest");
    let attestation = finish(command.args(["-s", "9a"]), "").succeeded();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let issuer = file("issuer.pem", &read("f9"));
    let attestation = file("attestation.pem", &attestation);
    let mut openssl = process::tool("openssl", "openssl");
    openssl.args(["verify", "-partial_chain", "-trusted"]);
    finish(openssl.arg(issuer).arg(attestation), "").succeeded();
    let mut command = tool.tool("attest");
    let refused = finish(command.args(["-s", "9d"]), "");
    assert!(!refused.status.success(), "an imported key: {refused}");
}

#[test]
fn yubicos_tool_reads_the_used_cards() {
    let service = PrivatePcscd::start(4);
    for (slot, name, serial, tries, slots) in [
        (0, "both", "14725836", 3, &["9a"][..]),
        (1, "blocked-pin", "14725839", 0, &[]),
        (
            2,
            "piv-used",
            "14725836",
            3,
            &["9a", "9c", "9d", "9e", "82", "83"],
        ),
    ] {
        let slot = service.slot(slot);
        let _card = ServedCard::named(name, slot);
        let seen = YubicoPivTool::new(slot).status();
        assert_eq!((&*seen.version, &*seen.serial), ("5.7.1", serial), "{name}");
        assert_eq!(seen.tries_left, tries, "{name}");
        for wanted in slots {
            assert!(
                seen.slots.iter().any(|found| found.name == *wanted),
                "{name}: {seen:?}"
            );
        }
    }
}

#[test]
fn yubicos_tool_resets_a_card_when_all_is_blocked() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = ServedCard::named("piv-used", slot);
    let tool = YubicoPivTool::new(slot);
    let reset = || finish(&mut tool.tool("reset"), "").status.success();
    assert!(!reset());
    for _ in 0..4 {
        tool.verify_pin("000000");
        tool.unblock_pin("00000000", "111111");
    }
    assert!(reset());
    assert_eq!(tool.status().tries_left, 3);
    assert!(tool.verify_pin("123456"));
}

#[test]
fn yubicos_tool_imports_keys_and_changes_the_management_key() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = ServedCard::named("piv-fresh", slot);
    let tool = YubicoPivTool::new(slot);
    let directory = tempfile::tempdir().unwrap();
    for (piv_slot, algorithm) in [("9a", "rsa:2048"), ("9e", "ec:prime256v1")] {
        let (kind, detail) = algorithm.split_once(':').unwrap();
        let option = match kind {
            "rsa" => format!("rsa_keygen_bits:{detail}"),
            _ => format!("ec_paramgen_curve:{detail}"),
        };
        let file = |name: &str| directory.path().join(name);
        let openssl = || process::tool("openssl", "openssl");
        let mut generate = openssl();
        generate.args(["genpkey", "-algorithm", kind, "-pkeyopt", &option, "-out"]);
        finish(generate.arg(file("key.pem")), "").succeeded();
        let mut public = openssl();
        public.args(["pkey", "-pubout", "-in"]).arg(file("key.pem"));
        let public = finish(&mut public, "").succeeded();

        let mut import = tool.tool("import-key");
        import.args(["-s", piv_slot, &format!("--key={MANAGEMENT_KEY}"), "-i"]);
        finish(import.arg(file("key.pem")), "").succeeded();
        let certificate = issue(&public, "/CN=Anna Rossi");
        tool.import_certificate(piv_slot, &certificate);
        let mut test = tool.tool("verify-pin");
        test.args(["-P", "123456", "-a", "test-signature", "-s", piv_slot]);
        let done = finish(&mut test, &certificate.pem);
        assert!(done.stderr.contains("Successful"), "{done}");
    }

    let new = "1A2B3C4D5E6F708192A3B4C5D6E7F8091A2B3C4D5E6F7081";
    let set = |old: &str, new: &str| {
        let mut command = tool.tool("set-mgm-key");
        command.args([&format!("--key={old}"), "-n", new]);
        finish(&mut command, "").status.success()
    };
    assert!(set(MANAGEMENT_KEY, new));
    assert!(!set(MANAGEMENT_KEY, new));
    assert!(set(new, MANAGEMENT_KEY));
    tool.generate("9a", "RSA1024");
}
