//! Certificates for keys on cards, issued by `openssl`.
//!
//! `yubico-piv-tool` cannot do it: its self-signing is broken with OpenSSL 3 (it sends no command).

use std::fs;
use std::path::PathBuf;

use super::process::{finish, private_directory, tool};

/// A certificate for somebody else's key.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The certificate in PEM.
    pub(crate) pem: String,
    /// The same in DER.
    pub(crate) der: Vec<u8>,
    /// The CA that issued it, in PEM.
    pub(crate) issuer_pem: String,
}

/// A certificate for `public_key` (PEM), valid for a year from now, of 798 bytes for RSA-2048 and a
/// `subject` like `/CN=Ada Lovelace`.
#[track_caller]
pub(crate) fn issue(public_key: &str, subject: &str) -> Certificate {
    let directory = private_directory("openssl-");
    let openssl = |arguments: &str| {
        let mut command = tool("openssl", "openssl");
        command.current_dir(&directory).args(arguments.split(' '));
        command
    };
    fs::write(directory.path().join("public.pem"), public_key).unwrap();
    fs::write(
        directory.path().join("extensions"),
        "keyUsage = critical,digitalSignature\n\
         subjectAltName = email:ada@example.org\n",
    )
    .unwrap();

    let mut authority = openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem");
    finish(authority.args(["-subj", "/CN=Test authority"]), "").succeeded();
    let mut issued = openssl(
        "x509 -new -force_pubkey public.pem -CA ca.pem -CAkey ca.key -set_serial 4242 -days 365 \
         -extfile extensions -out certificate.pem",
    );
    finish(issued.args(["-subj", subject]), "").succeeded();
    let mut converted = openssl("x509 -in certificate.pem -outform DER -out certificate.der");
    finish(&mut converted, "").succeeded();

    let file = |name: &str| -> PathBuf { directory.path().join(name) };
    Certificate {
        pem: fs::read_to_string(file("certificate.pem")).unwrap(),
        der: fs::read(file("certificate.der")).unwrap(),
        issuer_pem: fs::read_to_string(file("ca.pem")).unwrap(),
    }
}
