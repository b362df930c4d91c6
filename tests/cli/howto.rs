//! The way of the HOWTO (1 and 2) on the card that it was written for: from an empty developer card to a
//! token with PINs, keys and a certificate, which other programs read.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cap::Made;
use crate::gp::{MUSCLE, UPLOAD};
use crate::plan::Lent;
use crate::support::process::{finish, tool};

/// What the applet is delivered with, then the PINs that it gets and their PUKs, in the order in which
/// they are asked for.
const PINS: &str = "Muscle00\n24681357\n11223344\n13572468\n55667788\n";
const HOLDER: &str = "13572468\n";

const SET_UP: &str = r#"
name = "Token for the VPN"
label = "VPN of {name}"

[[pin]]
label = "User PIN"

[[key]]
id = "45"
label = "Sign in"
size = 1024

[[key]]
id = "46"
label = "Mail"
size = 2048
use = "decrypt"
"#;

const CERTIFICATE: &str = r#"
name = "Certificate for the VPN"

[[certificate]]
id = "45"
label = "Thomas Mustermann"
file = "client.pem"
"#;

/// A certificate for a public key whose private half never leaves the card.
fn certify(folder: &Path) {
    let openssl = |arguments: &[&str]| {
        let mut openssl = tool("openssl", "openssl");
        openssl.current_dir(folder).args(arguments);
        finish(&mut openssl, "").succeeded();
    };
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-subj",
        "/CN=Helpdesk CA",
        "-days",
        "3650",
    ]);
    openssl(&[
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "other.key",
        "-out",
        "client.csr",
        "-subj",
        "/CN=Thomas Mustermann",
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        "client.csr",
        "-force_pubkey",
        "client.pub",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "730",
        "-out",
        "client.pem",
    ]);
}

fn opensc(lent: &Lent, program: &str, arguments: &[&str]) -> String {
    let slot = lent.service.slot(0);
    let mut command: Command = slot.tool(program, "opensc");
    command.args(["--reader", &slot.reader]).args(arguments);
    finish(&mut command, "").succeeded()
}

/// What OpenSC 0.23 cannot do on this applet; openssl says whether it is right.
fn sign_and_decrypt(lent: &Lent, folder: &Path) {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let openssl = |line: &str| {
        let mut openssl = tool("openssl", "openssl");
        openssl.current_dir(folder).args(line.split(' '));
        finish(&mut openssl, "").succeeded()
    };
    fs::write(folder.join("text"), "Meet me at noon.").unwrap();
    let (text, signature) = (path("text"), path("signature"));
    let sign = [
        "key", "sign", "1", &text, "--output", &signature, "--pin-fd", "0",
    ];
    lent.run(&sign, HOLDER).result();
    let said = openssl("dgst -sha256 -verify client.pub -signature signature text");
    assert!(said.contains("Verified OK"), "{said}");
    let mail = path("mail.pub");
    lent.run(&["cert", "key", "2", "--output", &mail], "")
        .result();
    openssl("pkeyutl -encrypt -pubin -inkey mail.pub -in text -out sealed");
    let (sealed, opened) = (path("sealed"), path("opened"));
    let decrypt = [
        "key", "decrypt", "2", &sealed, "--output", &opened, "--pin-fd", "0",
    ];
    lent.run(&decrypt, HOLDER).result();
    assert_eq!(fs::read_to_string(opened).unwrap(), "Meet me at noon.");
}

#[test]
fn the_card_of_the_howto_becomes_a_token() {
    let lent = Lent::new("java-cyberflex");
    let folder = lent.folder.path().to_owned();
    fs::write(folder.join("CardEdgeCflex.ijc"), Made::muscle().loaded()).unwrap();
    let upload = lent.file("upload.gpshell", UPLOAD);
    let done = lent.run(&["gp", "script", &upload, "--yes"], "").result();
    assert!(done.contains(MUSCLE), "{done}");
    let shown = lent.run(&["show"], "").result();
    assert!(
        shown.contains("MUSCLE") && shown.contains("Set up"),
        "{shown}"
    );

    let profile = lent.file("set-up.toml", SET_UP);
    let pins = lent.file("pins", PINS);
    let run = [
        "plan",
        "run",
        &profile,
        "--name",
        "Thomas",
        "--pin-file",
        &pins,
    ];
    let done = lent.run(&run, "").result();
    assert!(done.contains("Promised 3, found 3"), "{done}");

    let public = folder.join("client.pub");
    let key = ["cert", "key", "1", "--output", public.to_str().unwrap()];
    lent.run(&key, "").result();
    certify(&folder);
    let profile = lent.file("certificate.toml", CERTIFICATE);
    let holder = lent.file("holder", HOLDER);
    let done = lent
        .run(&["plan", "run", &profile, "--pin-file", &holder], "")
        .result();
    assert!(done.contains("Promised 1, found 1"), "{done}");

    let dump = opensc(&lent, "pkcs15-tool", &["--dump"]);
    for wanted in [
        "VPN of Thomas",
        "PIN [User PIN]",
        "Private RSA Key [Sign in]",
        "Private RSA Key [Mail]",
        "ModLength      : 1024",
        "ModLength      : 2048",
        "X.509 Certificate [Thomas Mustermann]",
    ] {
        assert!(dump.contains(wanted), "{wanted} in {dump}");
    }
    let read = opensc(&lent, "pkcs15-tool", &["--read-certificate", "45"]);
    let kept = fs::read_to_string(folder.join("client.pem")).unwrap();
    let body = |pem: &str| pem.split_whitespace().collect::<String>();
    assert_eq!(body(&read), body(&kept));
    sign_and_decrypt(&lent, &folder);
    let (old, new) = ("13572468", "97531864");
    opensc(
        &lent,
        "pkcs15-tool",
        &[
            "--change-pin",
            "--auth-id",
            "01",
            "--pin",
            old,
            "--new-pin",
            new,
        ],
    );
    let new = format!("{new}\n");
    lent.run(&["pin", "verify", "--pin-fd", "0"], &new).result();
}
