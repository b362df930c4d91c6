//! Certificates and public keys, read again by other programs.

use std::fs;

use crate::program::{Ended, output, program, run};
use crate::support::process::{finish, private_directory, tool};

#[test]
fn the_list_shows_keys_and_certificates_in_their_slots() {
    let table = run("--practice=both cert list").result();
    for row in [
        [
            "PIV",
            "9A",
            "Authentication (9A)",
            "RSA 2048",
            "Thomas Mustermann",
        ],
        ["PIV", "9C", "Signature (9C)", "P-256", "No certificate"],
        [
            "OpenPGP",
            "3",
            "Authentication",
            "RSA 2048",
            "Thomas Mustermann",
        ],
    ] {
        let found = table
            .lines()
            .any(|line| row.iter().all(|cell| line.contains(cell)));
        assert!(found, "{row:?}\n{table}");
    }
    let piv = run("--practice=both cert list --application piv").result();
    assert!(!piv.contains("OpenPGP"), "{piv}");
}

#[test]
fn everything_in_a_certificate_is_shown() {
    let page = run("--practice=piv-used cert show 9A").result();
    for part in [
        "Thomas Mustermann",
        "Helpdesk CA",
        "Valid until 3 December 2034",
        "Digital signature",
        "TLS client",
        "thomas.mustermann@works.example",
        "SHA-256 with RSA",
        "2.5.29.15 · critical",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let old = run("--practice=piv-used cert show 82").result();
    assert!(old.contains("Expired on 3 December 2024"), "{old}");
}

#[test]
fn openssl_reads_what_was_exported() {
    let pem = run("--practice=piv-used cert export 9A").result();
    let der = output(
        program().args(["--practice=piv-used", "cert", "export", "9a", "--der"]),
        b"",
    );
    assert!(der.status.success());
    let fingerprint = |form: &str, certificate: &[u8]| {
        let mut openssl = tool("openssl", "openssl");
        openssl.args(["x509", "-inform", form, "-noout", "-fingerprint", "-sha256"]);
        Ended::new(output(&mut openssl, certificate)).result()
    };
    let seen = fingerprint("PEM", pem.as_bytes());
    assert_eq!(seen, fingerprint("DER", &der.stdout));
    let shown = run("--practice=piv-used cert show 9A").result();
    let value = seen.trim().rsplit('=').next().unwrap();
    assert!(shown.contains(value), "{value}\n{shown}");
}

#[test]
fn openssl_and_ssh_read_the_same_public_key() {
    for (card, slot, bits) in [
        ("piv-used", "9A", "2048"),
        ("piv-used", "9C", "256"),
        ("openpgp-used", "1", "2048"),
    ] {
        let key = run(&format!("--practice={card} cert key {slot}")).result();
        let mut openssl = tool("openssl", "openssl");
        openssl.args(["pkey", "-pubin", "-noout", "-text"]);
        let words = finish(&mut openssl, &key).succeeded();
        assert!(words.contains(&format!("({bits} bit)")), "{words}");

        let folder = private_directory("ssh-");
        let file = folder.path().join("key.pub");
        let mut command = program();
        command
            .arg(format!("--practice={card}"))
            .args(["cert", "ssh", slot, "-o"])
            .arg(&file);
        assert_eq!(Ended::new(output(&mut command, b"")).result(), "");
        let mut keygen = tool("ssh-keygen", "openssh-client");
        let words = finish(keygen.args(["-l", "-f"]).arg(&file), "").succeeded();
        assert!(words.starts_with(&format!("{bits} SHA256:")), "{words}");
        assert!(words.contains("Thomas Mustermann"), "{words}");
    }
}

#[test]
fn a_file_is_replaced_only_when_asked() {
    let folder = private_directory("export-");
    let file = folder.path().join("certificate.pem");
    fs::write(&file, "x".repeat(9000)).unwrap();
    let export = |more: &[&str]| {
        let mut command = program();
        command
            .args(["--practice=piv-used", "cert", "export", "9A", "-o"])
            .arg(&file)
            .args(more);
        Ended::new(output(&mut command, b""))
    };
    assert!(export(&[]).said(1).contains("exists already"));
    assert_eq!(fs::read(&file).unwrap().len(), 9000);
    assert_eq!(export(&["--force"]).result(), "");
    let written = fs::read_to_string(&file).unwrap();
    assert!(
        written.ends_with("-----END CERTIFICATE-----\n"),
        "{written}"
    );
}

#[test]
fn an_empty_slot_is_said() {
    let said = |arguments: &str| run(&format!("--practice=both {arguments}")).said(1);
    assert!(said("cert show 9D").contains("There is nothing in a slot “9D”"));
    assert!(said("cert show nine").contains("There is nothing in a slot “nine”"));
    assert!(said("cert show 9C").contains("There is no certificate in Signature (9C)"));
    assert!(said("cert export 9A --application openpgp").contains("There is nothing"));
}
