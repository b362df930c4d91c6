//! Certificates and keys made by OpenSSL, and what OpenSSL says of them.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use symbolon::pki::certificate::Certificate;
use tempfile::TempDir;

/// Kinds of keys, as arguments of `openssl genpkey`.
pub(crate) const RSA_2048: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
pub(crate) const RSA_1024: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
pub(crate) const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub(crate) const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
pub(crate) const P521: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
pub(crate) const ED25519: &[&str] = &["-algorithm", "ED25519"];

/// A key in a file of its own.
pub(crate) struct Key {
    dir: TempDir,
}

/// A certificate with its key, so that it can sign others.
pub(crate) struct Made {
    pub(crate) key: Key,
    pub(crate) der: Vec<u8>,
}

/// Runs a program with `input`; its output, or the test ends with what it complained about.
pub(crate) fn run(program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{program} is needed for this test: {e}"));
    let mut stdin = child.stdin.take().unwrap();
    // A program that does not read its input closes it, which is its own affair.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// What `openssl x509` prints of a certificate.
pub(crate) fn x509(der: &[u8], args: &[&str]) -> String {
    let all = [&["x509", "-inform", "DER", "-noout"], args].concat();
    String::from_utf8(run("openssl", &all, der)).unwrap()
}

impl Key {
    /// A new key of a kind; of the RSA kinds, which take long, there is one of each.
    pub(crate) fn new(kind: &[&str]) -> Self {
        static KEPT: Mutex<Vec<(String, Vec<u8>)>> = Mutex::new(Vec::new());
        let make = || run("openssl", &[&["genpkey"], kind].concat(), b"");
        let name = kind.concat();
        let pem = if name.contains("RSA") {
            let mut kept = KEPT.lock().unwrap();
            match kept.iter().find(|(other, _)| *other == name) {
                Some((_, pem)) => pem.clone(),
                None => {
                    let pem = make();
                    kept.push((name, pem.clone()));
                    pem
                }
            }
        } else {
            make()
        };
        let dir = tempfile::tempdir().unwrap();
        let key = Self { dir };
        fs::write(key.path("key.pem"), pem).unwrap();
        key
    }

    /// The public half as PEM.
    pub(crate) fn public_pem(&self) -> String {
        let path = self.path("key.pem");
        let args = ["pkey", "-in", path.to_str().unwrap(), "-pubout"];
        String::from_utf8(run("openssl", &args, b"")).unwrap()
    }

    /// The public half as SubjectPublicKeyInfo.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        let path = self.path("key.pem");
        let args = [
            "pkey",
            "-in",
            path.to_str().unwrap(),
            "-pubout",
            "-outform",
            "DER",
        ];
        run("openssl", &args, b"")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// A configuration with `name` as lines of the subject and `extensions` as its extensions.
fn config(name: &str, extensions: &str) -> String {
    format!(
        "[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nstring_mask=utf8only\n\
         x509_extensions=ext\n[dn]\n{name}\n[ext]\n{extensions}\n"
    )
}

/// A self-signed certificate. `name` and `extensions` are lines of an OpenSSL configuration.
pub(crate) fn self_signed(kind: &[&str], name: &str, extensions: &str, args: &[&str]) -> Made {
    from_config(kind, &config(name, extensions), args)
}

/// A self-signed certificate after a whole configuration file.
pub(crate) fn from_config(kind: &[&str], config: &str, args: &[&str]) -> Made {
    let key = Key::new(kind);
    let (conf, path) = (key.path("req.cnf"), key.path("key.pem"));
    fs::write(&conf, config).unwrap();
    let all = [
        &[
            "req",
            "-x509",
            "-outform",
            "DER",
            "-config",
            conf.to_str().unwrap(),
        ],
        &["-key", path.to_str().unwrap()][..],
        args,
    ]
    .concat();
    let der = run("openssl", &all, b"");
    Made { key, der }
}

/// A certificate signed by `issuer`.
pub(crate) fn signed_by(
    issuer: &Made,
    kind: &[&str],
    name: &str,
    extensions: &str,
    args: &[&str],
) -> Made {
    signed_with_key(issuer, Key::new(kind), name, extensions, args)
}

/// A certificate for `key`, signed by `issuer`.
pub(crate) fn signed_with_key(
    issuer: &Made,
    key: Key,
    name: &str,
    extensions: &str,
    args: &[&str],
) -> Made {
    let (conf, path) = (key.path("req.cnf"), key.path("key.pem"));
    fs::write(&conf, config(name, extensions)).unwrap();
    let request = run(
        "openssl",
        &[
            "req",
            "-new",
            "-config",
            conf.to_str().unwrap(),
            "-key",
            path.to_str().unwrap(),
        ],
        b"",
    );
    let issuer_pem = key.path("issuer.pem");
    fs::write(&issuer_pem, issuer.certificate().to_pem()).unwrap();
    let issuer_key = issuer.key.path("key.pem");
    let mut all = vec![
        "x509",
        "-req",
        "-outform",
        "DER",
        "-days",
        "30",
        "-CA",
        issuer_pem.to_str().unwrap(),
        "-CAkey",
        issuer_key.to_str().unwrap(),
    ];
    // Without extensions it becomes a certificate of version 1.
    if !extensions.is_empty() {
        all.extend(["-extfile", conf.to_str().unwrap(), "-extensions", "ext"]);
    }
    all.extend(args);
    let der = run("openssl", &all, &request);
    Made { key, der }
}

impl Made {
    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::parse(&self.der).unwrap()
    }
}
