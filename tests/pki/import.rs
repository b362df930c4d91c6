//! Key files that OpenSSL writes, and files that nobody honest writes.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use symbolon::base::secret::Secret;
use symbolon::explain::import::{import_error, import_warning};
use symbolon::pki::certificate::Certificate;
use symbolon::pki::import::{ImportError, KeyFile, MAX_LEN, Warning, open};
use symbolon::token::Text;
use tempfile::TempDir;

use crate::openssl::{ED25519, Key, Made, P256, RSA_1024, RSA_2048, run, self_signed, signed_by};

const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n\
    subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid";
const LEAF: &str = "keyUsage=digitalSignature\nsubjectKeyIdentifier=hash\n\
    authorityKeyIdentifier=keyid";

/// A key with a certificate, and the two authorities above it.
struct People {
    root: Made,
    middle: Made,
    leaf: Made,
    stranger: Made,
}

static PEOPLE: LazyLock<People> = LazyLock::new(|| {
    let root = self_signed(P256, "CN=Root", CA, &[]);
    let middle = signed_by(&root, P256, "CN=Middle", CA, &[]);
    let leaf = signed_by(&middle, RSA_2048, "CN=Leaf", LEAF, &[]);
    let stranger = self_signed(RSA_1024, "CN=Stranger", LEAF, &[]);
    People {
        root,
        middle,
        leaf,
        stranger,
    }
});

/// Files for OpenSSL.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A PKCS #12 file with the key of `of`, and certificates in PEM.
    fn p12(&self, of: &Made, certificates: &[&Made], args: &[&str]) -> Vec<u8> {
        let (first, others) = certificates.split_first().unwrap();
        let key = of.key.path("key.pem");
        let own = self.put("own.pem", pem_of(&[first]));
        let above = self.put("above.pem", pem_of(others));
        let mut all = vec!["pkcs12", "-export", "-inkey", key.to_str().unwrap()];
        all.extend(["-in", &own]);
        if !others.is_empty() {
            all.extend(["-certfile", &above]);
        }
        all.extend(args);
        run("openssl", &all, b"")
    }

    /// The key of `of`, turned over by `openssl`.
    fn key(&self, of: &Made, args: &[&str]) -> Vec<u8> {
        let key = of.key.path("key.pem");
        let (command, rest) = args.split_first().unwrap();
        let all = [&[*command, "-in", key.to_str().unwrap()], rest].concat();
        run("openssl", &all, b"")
    }
}

fn pem_of(certificates: &[&Made]) -> String {
    let pems = certificates.iter().map(|made| made.certificate().to_pem());
    pems.collect()
}

fn secret(text: &str) -> Option<Secret> {
    Some(Secret::new(text.as_bytes()))
}

fn opened(file: &[u8], password: &str) -> KeyFile {
    match open(file, secret(password).as_ref()) {
        Ok(opened) => opened,
        Err(error) => panic!("{error}"),
    }
}

fn refused(file: &[u8], password: Option<&str>) -> ImportError {
    match open(file, password.and_then(secret).as_ref()) {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

/// Whether the numbers are those that OpenSSL tells of the key.
fn assert_same_key(file: &KeyFile, of: &Made) {
    let key = of.key.path("key.pem");
    let args = ["rsa", "-in", key.to_str().unwrap(), "-noout", "-text"];
    let text = String::from_utf8(run("openssl", &args, b"")).unwrap();
    let number = |name: &str| {
        let (_, rest) = text.split_once(&format!("{name}:\n")).unwrap();
        let lines = rest.lines().take_while(|line| line.starts_with("    "));
        let digits: String = lines.flat_map(|line| line.trim().split(':')).collect();
        symbolon::base::hex::decode(&digits)
            .unwrap()
            .into_iter()
            .skip_while(|&byte| byte == 0)
            .collect::<Vec<_>>()
    };
    let found = &file.key;
    assert_eq!(found.n, number("modulus"));
    assert_eq!(found.e, [1, 0, 1]);
    for (name, secret) in [
        ("privateExponent", &found.d),
        ("prime1", &found.p),
        ("prime2", &found.q),
        ("exponent1", &found.d_p),
        ("exponent2", &found.d_q),
        ("coefficient", &found.q_inv),
    ] {
        assert_eq!(secret.expose(), number(name), "{name}");
    }
    assert_eq!(found.public.spki, of.key.public_der());
}

fn names(certificates: &[Certificate]) -> Vec<String> {
    let names = certificates.iter().map(|one| one.name().unwrap());
    names.map(|name| name.to_string()).collect()
}

#[test]
fn pkcs12_in_every_encryption_opens() {
    let People {
        root, middle, leaf, ..
    } = &*PEOPLE;
    let desk = Desk::new();
    let ways: &[&[&str]] = &[
        &[],
        &["-legacy"],
        &["-certpbe", "AES-128-CBC", "-keypbe", "AES-192-CBC"],
        &["-certpbe", "DES-EDE3-CBC", "-keypbe", "DES-EDE3-CBC"],
        &["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-2DES"],
        &[
            "-legacy",
            "-certpbe",
            "PBE-SHA1-RC2-128",
            "-keypbe",
            "PBE-SHA1-RC2-40",
        ],
        &["-certpbe", "NONE", "-keypbe", "AES-256-CBC"],
        &["-certpbe", "NONE", "-keypbe", "NONE"],
        &["-nomac"],
        &["-macalg", "SHA1"],
        &["-macalg", "SHA384"],
        &["-macalg", "SHA512", "-iter", "1"],
        &["-name", "Jörg", "-caname", "x"],
    ];
    for way in ways {
        for password in ["secret", "pässwörter😀", ""] {
            let pass = format!("pass:{password}");
            let args = [*way, &["-passout", &pass]].concat();
            let file = desk.p12(leaf, &[leaf, middle, root], &args);
            let opened = opened(&file, password);
            assert_same_key(&opened, leaf);
            assert_eq!(opened.certificate.unwrap().der, leaf.der, "{way:?}");
            assert_eq!(names(&opened.chain), ["Middle", "Root"], "{way:?}");
            assert_eq!(opened.warnings, [], "{way:?}");
            let plain = way.contains(&"-nomac") || way.contains(&"-keypbe") && way[1] == way[3];
            if password.is_empty() {
                assert!(open(&file, None).is_ok(), "{way:?}");
            } else if !(plain && way.contains(&"NONE")) {
                assert_eq!(refused(&file, None), ImportError::NeedsPassword);
                assert_eq!(refused(&file, Some("Secret")), ImportError::WrongPassword);
                assert_eq!(refused(&file, Some("")), ImportError::WrongPassword);
            }
        }
    }
}

#[test]
fn keys_in_pem_and_der_open() {
    let leaf = &PEOPLE.leaf;
    let desk = Desk::new();
    let password = ["-passout", "pass:secret"];
    let plain: &[&[&str]] = &[
        &["pkcs8", "-topk8", "-nocrypt"],
        &["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"],
        &["rsa", "-traditional"],
        &["rsa", "-traditional", "-outform", "DER"],
    ];
    for args in plain {
        let file = desk.key(leaf, args);
        assert_same_key(&opened(&file, ""), leaf);
        let opened = open(&file, None).ok().unwrap();
        assert!(opened.certificate.is_none() && opened.chain.is_empty());
    }
    let encrypted: &[&[&str]] = &[
        &["pkcs8", "-topk8"],
        &["pkcs8", "-topk8", "-outform", "DER"],
        &["pkcs8", "-topk8", "-v2", "aes128", "-v2prf", "hmacWithSHA1"],
        &[
            "pkcs8",
            "-topk8",
            "-v2",
            "aes-192-cbc",
            "-v2prf",
            "hmacWithSHA512",
        ],
        &["pkcs8", "-topk8", "-v2", "des3", "-iter", "100000"],
        &["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"],
    ];
    for args in encrypted {
        let file = desk.key(leaf, &[*args, &password].concat());
        assert_same_key(&opened(&file, "secret"), leaf);
        assert_eq!(refused(&file, None), ImportError::NeedsPassword);
        for wrong in ["", "secret ", "Secret"] {
            assert_eq!(refused(&file, Some(wrong)), ImportError::WrongPassword);
        }
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "a list")]
fn what_is_not_read_is_named() {
    let leaf = &PEOPLE.leaf;
    let desk = Desk::new();
    let password = ["-passout", "pass:secret"];
    let not_supported = |name: &str| ImportError::EncryptionNotSupported {
        name: Text::from(name),
    };
    for (args, name) in [
        (&["pkcs8", "-topk8", "-scrypt"][..], "scrypt"),
        (
            &["pkcs8", "-topk8", "-v2", "camellia-256-cbc"],
            "Camellia-256-CBC",
        ),
    ] {
        let file = desk.key(leaf, &[args, &password].concat());
        assert_eq!(refused(&file, Some("secret")), not_supported(name));
    }
    let rc4 = [
        "-legacy",
        "-keypbe",
        "PBE-SHA1-RC4-128",
        "-passout",
        "pass:secret",
    ];
    assert_eq!(
        refused(&desk.p12(leaf, &[leaf], &rc4), Some("secret")),
        not_supported("pbeWithSHAAnd128BitRC4")
    );
    let old = [&["rsa", "-traditional", "-aes256"][..], &password].concat();
    assert_eq!(
        refused(&desk.key(leaf, &old), Some("secret")),
        ImportError::OldPem
    );

    for (kind, name) in [(P256, "P-256"), (ED25519, "Ed25519")] {
        let key = Key::new(kind);
        let file = fs::read(key.path("key.pem")).unwrap();
        let other = ImportError::OtherKind {
            name: Text::from(name),
        };
        assert_eq!(refused(&file, None), other);
        let title = import_error(&other).title;
        assert_eq!(title, format!("This key is of another kind: {name}"));
    }
    let elliptic = Key::new(P256);
    let path = elliptic.path("key.pem");
    let args = ["ec", "-in", path.to_str().unwrap()];
    for form in ["PEM", "DER"] {
        let file = run("openssl", &[&args[..], &["-outform", form]].concat(), b"");
        assert_eq!(
            refused(&file, None),
            ImportError::OtherKind {
                name: Text::from("EC")
            }
        );
    }
    let short = run("openssl", &["genrsa", "768"], b"");
    assert_eq!(refused(&short, None), ImportError::KeyLength { bits: 768 });

    for none in [
        &leaf.der[..],
        pem_of(&[leaf]).as_bytes(),
        leaf.key.public_pem().as_bytes(),
    ] {
        assert_eq!(refused(none, None), ImportError::NoKey);
    }
    let args = ["pkcs12", "-export", "-nokeys", "-passout", "pass:x", "-in"];
    let own = desk.put("own.pem", pem_of(&[leaf]));
    let file = run("openssl", &[&args[..], &[&own]].concat(), b"");
    assert_eq!(refused(&file, Some("x")), ImportError::NoKey);

    for not in [
        &b""[..],
        b"0",
        b"words",
        &[0xFF; 99],
        &[0x30, 0x03, 0x04, 0x01, 0x01],
    ] {
        assert_eq!(refused(not, None), ImportError::NotAKeyFile);
    }
    assert_eq!(
        refused(&vec![0x30; MAX_LEN + 1], None),
        ImportError::TooLarge
    );
    let openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n-----END OPENSSH PRIVATE KEY-----\n";
    assert_eq!(refused(openssh.as_bytes(), None), ImportError::OpenSsh);
}

#[test]
fn several_blocks_become_one_key_and_its_chain() {
    let People {
        root,
        middle,
        leaf,
        stranger,
    } = &*PEOPLE;
    let key = fs::read_to_string(leaf.key.path("key.pem")).unwrap();
    let file = |certificates: &[&Made]| format!("{}{key}", pem_of(certificates)).into_bytes();
    for order in [
        [leaf, middle, root],
        [root, leaf, middle],
        [middle, root, leaf],
    ] {
        let opened = opened(&file(&order), "");
        assert_eq!(opened.certificate.unwrap().der, leaf.der);
        assert_eq!(names(&opened.chain), ["Middle", "Root"]);
        assert_eq!(opened.warnings, []);
    }
    // What OpenSSL writes when it takes a PKCS #12 file apart has words between the blocks.
    let desk = Desk::new();
    let args = ["-passout", "pass:x", "-name", "somebody"];
    let p12 = desk.put("x.p12", desk.p12(leaf, &[leaf, middle, root], &args));
    let args = ["pkcs12", "-in", &p12, "-passin", "pass:x", "-noenc"];
    let text = run("openssl", &args, b"");
    let opened_text = opened(&text, "");
    assert_same_key(&opened_text, leaf);
    assert_eq!(names(&opened_text.chain), ["Middle", "Root"]);
    let dos = String::from_utf8(text).unwrap().replace('\n', "\r\n");
    assert_eq!(opened(dos.as_bytes(), "").chain.len(), 2);

    // The same certificate twice, one that does not belong, one that is none.
    let mut odd = file(&[leaf, leaf, stranger, middle]);
    odd.extend(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let opened = opened(&odd, "");
    assert_eq!(names(&opened.chain), ["Middle"]);
    let text = |name: &str| Text::from(name);
    assert_eq!(
        opened.warnings,
        [
            Warning::Unreadable { count: 1 },
            Warning::IssuerMissing {
                certificate: text("Middle"),
                issuer: text("Root")
            },
            Warning::LeftOut {
                certificate: text("Stranger")
            },
        ]
    );
    assert_eq!(
        import_warning(&opened.warnings[1]),
        "The issuer of Middle is not in the file: Root."
    );
}

#[test]
fn keys_and_certificates_that_do_not_belong_together_are_refused() {
    let People {
        root,
        leaf,
        stranger,
        ..
    } = &*PEOPLE;
    let key = fs::read_to_string(leaf.key.path("key.pem")).unwrap();
    let other = format!("{key}{}", pem_of(&[stranger, root]));
    assert_eq!(
        refused(other.as_bytes(), None),
        ImportError::OtherCertificate {
            names: vec![Text::from("Stranger"), Text::from("Root")]
        }
    );
    let strange = fs::read_to_string(stranger.key.path("key.pem")).unwrap();
    assert_eq!(
        refused(format!("{key}{strange}").as_bytes(), None),
        ImportError::SeveralKeys {
            names: vec![None, None]
        }
    );

    // The issuer has the name, but did not sign.
    let impostor = self_signed(P256, "CN=Root", "basicConstraints=critical,CA:TRUE", &[]);
    let bare = signed_by(&impostor, RSA_2048, "CN=Bare", "", &[]);
    let real = self_signed(P256, "CN=Root", "basicConstraints=critical,CA:TRUE", &[]);
    let key = fs::read_to_string(bare.key.path("key.pem")).unwrap();
    let file = format!("{key}{}", pem_of(&[&bare, &real]));
    let opened = opened(file.as_bytes(), "");
    assert_eq!(
        opened.warnings,
        [Warning::WrongSignature {
            certificate: Text::from("Bare")
        }]
    );
}

/// Every number of the key, with one bit of it changed.
#[test]
fn keys_whose_numbers_disagree_are_refused() {
    let desk = Desk::new();
    let file = desk.key(
        &PEOPLE.stranger,
        &["rsa", "-traditional", "-outform", "DER"],
    );
    let mut at = 4;
    let mut tried = 0;
    while at < file.len() {
        let (len, head) = match file[at + 1] {
            0x81 => (usize::from(file[at + 2]), 3),
            short => (usize::from(short), 2),
        };
        // The version comes first; after it, in the middle of each number.
        if at > 4 {
            let mut changed = file.clone();
            changed[at + head + len / 2] ^= 0x04;
            let error = refused(&changed, None);
            assert_eq!(error, ImportError::Inconsistent, "number {tried}");
            tried += 1;
        }
        at += head + len;
    }
    assert_eq!(tried, 8);
}

/// DER, as far as these files need it.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let bytes = u32::try_from(content.len()).unwrap().to_be_bytes();
    match content.len() {
        0..128 => [&[tag, bytes[3]], content].concat(),
        128..256 => [&[tag, 0x81, bytes[3]], content].concat(),
        256..65536 => [&[tag, 0x82, bytes[2], bytes[3]], content].concat(),
        _ => [&[tag, 0x84], &bytes[..], content].concat(),
    }
}

/// BER as programs write it that do not know how much is coming: no lengths, strings in pieces.
fn streamed(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = der;
    while !rest.is_empty() {
        let (head, len) = match rest[1] {
            0x81 => (3, usize::from(rest[2])),
            0x82 => (4, usize::from(rest[2]) << 8 | usize::from(rest[3])),
            short => (2, usize::from(short)),
        };
        let (tag, content) = (rest[0], &rest[head..head + len]);
        match tag {
            0x30 | 0x31 | 0xA0 => {
                out.extend([tag, 0x80]);
                out.extend(streamed(content));
                out.extend([0, 0]);
            }
            0x04 | 0x80 if len > 20 => {
                out.extend([if tag == 0x04 { 0x24 } else { 0xA0 }, 0x80]);
                for piece in content.chunks(100) {
                    out.extend(tlv(0x04, piece));
                }
                out.extend([0, 0]);
            }
            _ => out.extend(tlv(tag, content)),
        }
        rest = &rest[head + len..];
    }
    out
}

#[test]
fn files_written_as_they_come_open() {
    let People {
        root, middle, leaf, ..
    } = &*PEOPLE;
    let desk = Desk::new();
    for way in [&[][..], &["-legacy"]] {
        let args = [way, &["-passout", "pass:secret"]].concat();
        let file = streamed(&desk.p12(leaf, &[leaf, middle, root], &args));
        // OpenSSL takes it for what it is, too.
        let path = desk.put("streamed.p12", &file);
        let args = [
            "pkcs12",
            "-legacy",
            "-in",
            &path,
            "-passin",
            "pass:secret",
            "-noenc",
        ];
        assert!(!run("openssl", &args, b"").is_empty());
        let opened = opened(&file, "secret");
        assert_same_key(&opened, leaf);
        assert_eq!(names(&opened.chain), ["Middle", "Root"]);
    }
}

/// A PKCS #12 file around these safes, with the MAC of this content, or without.
fn pfx(safes: &[u8], mac: &[u8]) -> Vec<u8> {
    let data = [
        0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01,
    ];
    let content = tlv(0xA0, &tlv(0x04, safes));
    let info = tlv(0x30, &[&data[..], &content].concat());
    tlv(0x30, &[&[2, 1, 3][..], &info, mac].concat())
}

fn mac(rounds: &[u8]) -> Vec<u8> {
    let sha1 = [0x30, 0x07, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A];
    let info = tlv(0x30, &[&sha1[..], &tlv(0x04, &[0; 20])].concat());
    let parts = [&info[..], &tlv(0x04, &[1; 8]), &tlv(0x02, rounds)];
    tlv(0x30, &parts.concat())
}

/// PBES2 with so many rounds of PBKDF2, around nothing.
fn sealed(rounds: &[u8]) -> Vec<u8> {
    let oid = |last: &[u8]| {
        tlv(
            0x06,
            &[&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01], last].concat(),
        )
    };
    let parameters = tlv(0x30, &[tlv(0x04, &[1; 8]), tlv(0x02, rounds)].concat());
    let kdf = tlv(0x30, &[oid(&[0x05, 0x0C]), parameters].concat());
    let aes = [
        0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2A,
    ];
    let cipher = tlv(0x30, &[&aes[..], &tlv(0x04, &[2; 16])].concat());
    let pbes2 = tlv(
        0x30,
        &[oid(&[0x05, 0x0D]), tlv(0x30, &[kdf, cipher].concat())].concat(),
    );
    tlv(0x30, &[pbes2, tlv(0x04, &[3; 32])].concat())
}

#[test]
fn hostile_files_end_soon() {
    let begun = Instant::now();
    let many = [0x7F, 0xFF, 0xFF, 0xFF];
    let too_many = ImportError::TooManyRounds {
        rounds: 0x7FFF_FFFF,
    };
    assert_eq!(refused(&pfx(&tlv(0x30, &[]), &mac(&many)), None), too_many);
    assert_eq!(refused(&sealed(&many), Some("x")), too_many);
    assert_eq!(
        refused(&sealed(&[&[1][..], &[0; 40]].concat()), Some("x")),
        ImportError::TooManyRounds { rounds: u64::MAX }
    );
    for none in [&[0][..], &[0x80], &[]] {
        assert!(open(&sealed(none), secret("x").as_ref()).is_err());
        assert!(open(&pfx(&tlv(0x30, &[]), &mac(none)), None).is_err());
    }

    // Bags in bags in bags, structures in structures, lengths that lie.
    let nested = tlv(
        0x06,
        &[
            0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x0A, 0x01, 0x06,
        ],
    );
    let mut bags = tlv(0x30, &[]);
    for _ in 0..10 {
        bags = tlv(
            0x30,
            &tlv(0x30, &[nested.clone(), tlv(0xA0, &bags)].concat()),
        );
    }
    let data = [
        0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01,
    ];
    let safe = |bags: &[u8]| {
        let content = tlv(0xA0, &tlv(0x04, bags));
        pfx(&tlv(0x30, &tlv(0x30, &[&data[..], &content].concat())), &[])
    };
    assert_eq!(refused(&safe(&bags), None), ImportError::Damaged);
    let bag = tlv(0x30, &[nested, tlv(0xA0, &tlv(0x30, &[]))].concat());
    assert_eq!(
        refused(&safe(&tlv(0x30, &bag.repeat(10_000))), None),
        ImportError::Damaged
    );
    let mut deep = vec![0x05, 0x00];
    for _ in 0..10_000 {
        deep = tlv(0x30, &deep);
    }
    assert_eq!(refused(&deep, None), ImportError::NotAKeyFile);
    assert_eq!(refused(&pfx(&deep, &[]), None), ImportError::Damaged);
    assert_eq!(refused(&safe(&deep), None), ImportError::Damaged);
    assert_eq!(
        refused(&[0x30, 0x80].repeat(MAX_LEN / 2), None),
        ImportError::NotAKeyFile
    );
    assert!(
        open(
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0x01, 0x03],
            None
        )
        .is_err()
    );

    // Texts that never end what they begin, and certificates by the thousand.
    for mark in [
        "-----BEGIN ",
        "-----BEGIN X-----",
        "-----BEGIN PRIVATE KEY-----\n-----END ",
    ] {
        assert!(open(mark.repeat(100_000).as_bytes(), None).is_err());
    }
    let block = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    let key = fs::read_to_string(PEOPLE.leaf.key.path("key.pem")).unwrap();
    let flood = format!("{key}{}", block.repeat(50_000));
    assert_eq!(opened(flood.as_bytes(), "").warnings.len(), 1);
    // A debug build on a busy machine; what is guarded against takes hours.
    assert!(begun.elapsed() < Duration::from_secs(60));
}

/// One file of each form, small enough to be tried often.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let stranger = &PEOPLE.stranger;
    let desk = Desk::new();
    let quick = ["-passout", "pass:x", "-iter", "1"];
    let legacy = [&quick[..], &["-legacy"]].concat();
    let plain = [
        &quick[..],
        &["-certpbe", "NONE", "-keypbe", "NONE", "-nomac"],
    ]
    .concat();
    let unsealed = [&quick[..], &["-nomac"]].concat();
    vec![
        desk.p12(stranger, &[stranger], &quick),
        desk.p12(stranger, &[stranger], &legacy),
        desk.p12(stranger, &[stranger], &plain),
        desk.p12(stranger, &[stranger], &unsealed),
        desk.key(stranger, &["rsa", "-traditional", "-outform", "DER"]),
        desk.key(
            stranger,
            &[
                "pkcs8", "-topk8", "-outform", "DER", "-passout", "pass:x", "-iter", "1",
            ],
        ),
        [
            fs::read(stranger.key.path("key.pem")).unwrap(),
            pem_of(&[stranger]).into_bytes(),
        ]
        .concat(),
    ]
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(open(&bytes, None).is_err());
        let framed = tlv(0x30, &[&[2, 1, 3], &bytes[..]].concat());
        prop_assert!(open(&framed, None).is_err());
    }

    #[test]
    fn changed_files_get_an_answer(
        seed in 0..7_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut file = SEEDS[seed].clone();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Some(cut) = cut {
            let at = cut.index(file.len());
            file.truncate(at);
        }
        match open(&file, secret("x").as_ref()) {
            // What opens all the same is the key that was in it, or none of its bits counts.
            Ok(opened) => prop_assert_eq!(&opened.key.public.spki, &PEOPLE.stranger.key.public_der()),
            Err(error) => prop_assert!(!import_error(&error).text().is_empty()),
        }
    }
}
