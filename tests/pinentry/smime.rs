//! Certificates for mail, in gpgsm.

use std::fs;

use crate::room::{GOOD, Room};
use crate::support::process::find;

#[test]
fn a_key_file_is_opened_and_its_authority_is_trusted() {
    find("gpgsm", "gpgsm");
    let room = Room::new("");
    // Where there is none, the agent of GnuPG 2.2 refuses to mark anything without a question.
    fs::write(room.file("trustlist.txt"), "").unwrap();
    fs::write(
        room.file("gpgsm.conf"),
        "disable-dirmngr\ndisable-crl-checks\n",
    )
    .unwrap();
    let openssl = |arguments: &str| {
        room.start("openssl", &arguments.split(' ').collect::<Vec<_>>())
            .succeeds();
    };
    fs::write(
        room.file("usage"),
        "keyUsage=digitalSignature\nsubjectAltName=email:alice@example.org\n",
    )
    .unwrap();
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /O=Test/CN=Root -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
    );
    openssl("req -newkey rsa:2048 -nodes -keyout alice.key -out alice.csr -subj /O=Test/CN=Alice");
    openssl(
        "x509 -req -in alice.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile usage -days 30 -out alice.pem",
    );
    openssl(
        "pkcs12 -export -legacy -in alice.pem -inkey alice.key -certfile ca.pem -out alice.p12 -passout pass:file",
    );

    let import = room.start("gpgsm", &["--batch", "--import", "alice.p12"]);
    let asked = room.dialog("Passphrase");
    asked.says("unprotect the PKCS#12 object");
    asked.fill("Passphrase", "file").click("OK").gone();
    let new = room.dialog("New Passphrase");
    new.says("protect the imported object");
    new.fill("Passphrase", GOOD)
        .fill("Repeat", GOOD)
        .click("OK")
        .gone();
    import.succeeds();

    let sign = [
        "--batch",
        "--yes",
        "-u",
        "alice@example.org",
        "-o",
        "signed",
        "--sign",
        "text",
    ];
    let signing = room.start("gpgsm", &sign);
    let trust = room.dialog("Confirm");
    trust.says("ultimately trust").says("CN=Root");
    for name in ["Yes", "No", "Cancel"] {
        trust.button(name);
    }
    trust.picture("pinentry-trust");
    trust.click("Yes").gone();
    let verify = room.dialog("Confirm");
    verify.says("Please verify that the certificate identified as");
    verify.picture("pinentry-fingerprint");
    verify.click("Correct").gone();
    let asked = room.dialog("Passphrase");
    asked.fill("Passphrase", GOOD).click("OK").gone();
    signing.succeeds();
    let list = fs::read_to_string(room.file("trustlist.txt")).unwrap();
    assert!(
        list.lines()
            .any(|line| line.ends_with(" S relax") || line.ends_with(" S")),
        "{list}"
    );
}
