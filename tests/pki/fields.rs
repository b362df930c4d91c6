//! Every field of a certificate, next to what OpenSSL says of it.

use symbolon::pki::certificate::{
    AlternativeName, Certificate, ExtendedUsage, KeyUsage, Standing, Weakness, colons,
};
use symbolon::pki::export::{self, Format};
use symbolon::pki::public_key;
use symbolon::token::{Algorithm, Curve, Text};

use crate::openssl::{
    ED25519, Made, P256, P384, P521, RSA_1024, RSA_2048, from_config, self_signed, signed_by, x509,
};

/// Compares everything that OpenSSL prints of `der` in a form that can be compared.
fn compare(der: &[u8]) -> Certificate {
    let found = Certificate::parse(der).unwrap();
    let says = |args: &[&str]| x509(der, args).trim().to_owned();
    let value = |args: &[&str]| says(args).split_once('=').unwrap().1.to_owned();
    // The same form: no escapes above ASCII, and text where the type has no name.
    let form = ["-nameopt", "RFC2253,-esc_msb,-dump_unknown"];

    assert_eq!(found.der, der);
    assert_eq!(
        value(&["-serial"]).trim_start_matches('-'),
        colons(&found.serial).replace(':', "")
    );
    assert_eq!(
        value(&[&["-subject"], &form[..]].concat()),
        found.subject_line().as_str()
    );
    assert_eq!(
        value(&[&["-issuer"], &form[..]].concat()),
        found.issuer_line().as_str()
    );
    assert_eq!(value(&["-fingerprint", "-sha1"]), found.sha1_fingerprint());
    assert_eq!(
        value(&["-fingerprint", "-sha256"]),
        found.sha256_fingerprint()
    );
    assert_eq!(
        value(&["-startdate", "-dateopt", "iso_8601"]),
        iso(found.not_before)
    );
    assert_eq!(
        value(&["-enddate", "-dateopt", "iso_8601"]),
        iso(found.not_after)
    );
    let text = x509(der, &["-text"]);
    if !text.contains("rsassaPss\n                Public-Key") {
        assert_eq!(
            x509(der, &["-pubkey"]),
            public_key::to_pem(&found.public_key)
        );
    }
    if let Algorithm::Rsa { bits } = found.public_key.algorithm {
        assert!(
            text.contains(&format!("Public-Key: ({bits} bit)")),
            "{text}"
        );
    }
    let identifier = |name: &str| {
        let block = says(&["-ext", name]);
        let line = block.lines().nth(1).unwrap_or_default().trim().to_owned();
        line.trim_start_matches("keyid:").to_owned()
    };
    let shown = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(colons).unwrap_or_default();
    assert_eq!(
        identifier("subjectKeyIdentifier"),
        shown(&found.key_identifier)
    );
    assert_eq!(
        identifier("authorityKeyIdentifier"),
        shown(&found.authority_key_identifier)
    );
    assert_eq!(text.contains("CA:TRUE"), found.authority.is_some());
    let version_1 = text.contains("Version: 1");
    assert_eq!(version_1, found.extensions.is_empty());
    found
}

/// Seconds since 1970 as OpenSSL prints them.
fn iso(moment: i64) -> String {
    let date = time::OffsetDateTime::from_unix_timestamp(moment).unwrap();
    let (day, clock) = (date.date(), date.time());
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z",
        day.year(),
        u8::from(day.month()),
        day.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    )
}

fn replaced(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = der
        .windows(from.len())
        .position(|part| part == from)
        .unwrap();
    let mut changed = der.to_vec();
    changed[at..at + to.len()].copy_from_slice(to);
    changed
}

const NAME: &str = "C=DE\nO=Acme GmbH\nCN=Thomas Mustermann";

#[test]
fn every_kind_of_key_and_signature_is_named() {
    let curve = |name: &'static str| vec!["-algorithm", "EC", "-pkeyopt", name];
    let secp256k1 = curve("ec_paramgen_curve:secp256k1");
    let brainpool = curve("ec_paramgen_curve:brainpoolP384r1");
    let pss = [
        "-sigopt",
        "rsa_padding_mode:pss",
        "-sigopt",
        "rsa_mgf1_md:sha384",
        "-sha384",
    ];
    for (kind, args, key, signature) in [
        (RSA_2048, &["-sha256"][..], "RSA 2048", "SHA-256 with RSA"),
        (RSA_2048, &["-sha224"], "RSA 2048", "SHA-224 with RSA"),
        (RSA_2048, &["-sha512"], "RSA 2048", "SHA-512 with RSA"),
        (RSA_2048, &pss, "RSA 2048", "SHA-384 with RSA-PSS"),
        (RSA_1024, &["-sha1"], "RSA 1024", "SHA-1 with RSA"),
        (P256, &["-sha256"], "P-256", "SHA-256 with ECDSA"),
        (P384, &["-sha384"], "P-384", "SHA-384 with ECDSA"),
        (P521, &["-sha512"], "P-521", "SHA-512 with ECDSA"),
        (&secp256k1, &["-sha256"], "secp256k1", "SHA-256 with ECDSA"),
        (
            &brainpool,
            &["-sha384"],
            "brainpoolP384r1",
            "SHA-384 with ECDSA",
        ),
        (ED25519, &[], "Ed25519", "Ed25519"),
    ] {
        let made = self_signed(kind, NAME, "", args);
        let found = compare(&made.der);
        assert_eq!(found.public_key.algorithm.name(), key);
        assert_eq!(found.signature_algorithm, signature);
        let weak = key == "RSA 1024";
        let expected = [Weakness::OldDigest, Weakness::ShortKey];
        assert_eq!(found.weaknesses, if weak { &expected[..] } else { &[] });
        assert!(found.is_self_issued());
    }
}

#[test]
fn a_key_narrowed_to_pss_is_still_the_same_key() {
    let kind = ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"];
    let made = self_signed(&kind, NAME, "", &[]);
    let found = compare(&made.der);
    assert_eq!(found.public_key.algorithm, Algorithm::Rsa { bits: 2048 });
    let pem = public_key::to_pem(&found.public_key);
    let modulus = |args: &[&str], input: &[u8]| crate::openssl::run("openssl", args, input);
    assert_eq!(
        modulus(&["rsa", "-pubin", "-modulus", "-noout"], pem.as_bytes()),
        x509(&made.der, &["-modulus"]).into_bytes()
    );
}

#[test]
fn short_curves_and_unknown_keys_are_told() {
    let kind = [
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:prime192v1",
    ];
    let found = compare(&self_signed(&kind, NAME, "", &["-sha1"]).der);
    assert_eq!(found.public_key.algorithm.name(), "P-192");
    assert_eq!(found.signature_algorithm, "SHA-1 with ECDSA");
    assert_eq!(found.weaknesses, [Weakness::OldDigest, Weakness::ShortKey]);

    let kind = [
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:secp224r1",
    ];
    let found = compare(&self_signed(&kind, NAME, "", &[]).der);
    assert_eq!(found.public_key.algorithm.name(), "P-224");
    assert!(found.weaknesses.is_empty());

    let found = compare(&self_signed(&["-algorithm", "ED448"], NAME, "", &[]).der);
    let curve = Curve::Ed448;
    assert_eq!(found.public_key.algorithm, Algorithm::Elliptic { curve });
}

#[test]
fn usages_and_names_are_read() {
    let extensions = "basicConstraints=critical,CA:TRUE,pathlen:3\n\
        keyUsage=critical,digitalSignature,nonRepudiation,keyCertSign,cRLSign,decipherOnly\n\
        extendedKeyUsage=clientAuth,emailProtection,msSmartcardLogin,1.3.6.1.5.2.3.4,\
        1.3.6.1.5.5.7.3.21,anyExtendedKeyUsage,serverAuth,codeSigning,timeStamping,OCSPSigning,\
        1.2.3.4\n\
        subjectAltName=email:t@x.org,DNS:x.org,URI:https://x.org/,IP:192.0.2.1,IP:2001:db8::1,\
        otherName:1.3.6.1.4.1.311.20.2.3;UTF8:t@corp,otherName:1.2.3;UTF8:hm,RID:1.2.3.4,\
        dirName:dir\n\
        certificatePolicies=1.2.3\n1.2.3.4.5=DER:0500\n\
        [dir]\nC=DE\nCN=a,b";
    let found = compare(&self_signed(P256, NAME, extensions, &[]).der);
    assert_eq!(found.authority.unwrap().path_len, Some(3));
    assert_eq!(
        found.key_usages.as_deref().unwrap(),
        [
            KeyUsage::DigitalSignature,
            KeyUsage::NonRepudiation,
            KeyUsage::CertificateSigning,
            KeyUsage::CrlSigning,
            KeyUsage::DecipherOnly
        ]
    );
    assert_eq!(
        found.extended_usages,
        [
            ExtendedUsage::ClientAuthentication,
            ExtendedUsage::EmailProtection,
            ExtendedUsage::SmartCardLogon,
            ExtendedUsage::KerberosClient,
            ExtendedUsage::SshClient,
            ExtendedUsage::Any,
            ExtendedUsage::ServerAuthentication,
            ExtendedUsage::CodeSigning,
            ExtendedUsage::TimeStamping,
            ExtendedUsage::OcspSigning,
            ExtendedUsage::Other("1.2.3.4".to_owned())
        ]
    );
    assert_eq!(
        found.alternative_names,
        [
            AlternativeName::Email(Text::from("t@x.org")),
            AlternativeName::Dns(Text::from("x.org")),
            AlternativeName::Uri(Text::from("https://x.org/")),
            AlternativeName::Ip("192.0.2.1".to_owned()),
            AlternativeName::Ip("2001:db8::1".to_owned()),
            AlternativeName::UserPrincipalName(Text::from("t@corp")),
            AlternativeName::Other("1.2.3".to_owned(), Text::from("0C02686D")),
            AlternativeName::Other("registeredID".to_owned(), Text::from("1.2.3.4")),
            AlternativeName::Directory(Text::from("CN=a\\,b,C=DE")),
        ]
    );
    let listed = |oid: &str| found.extensions.iter().find(|e| e.oid == oid).unwrap();
    assert_eq!(listed("2.5.29.32").name, Some("Certificate policies"));
    assert_eq!(listed("1.2.3.4.5").value, [0x05, 0x00]);
    assert_eq!(listed("1.2.3.4.5").name, None);
    assert!(listed("2.5.29.19").critical && !listed("2.5.29.17").critical);
}

#[test]
fn names_keep_their_order_and_their_escapes() {
    let name = "C=DE\nO=Acme, <x>; + \\\\ =\n1.OU=first\n2.OU=second\nCN=\\#Jörg Müller\n\
        emailAddress=j@x.org\nSN=Müller\nGN=Jörg\ntitle=Dr\nDC=org\npseudonym=jö";
    let found = compare(&self_signed(P256, name, "", &[]).der);
    assert_eq!(found.common_name().unwrap().as_str(), "#Jörg Müller");
    let kinds = found
        .subject
        .iter()
        .map(|a| a.kind.as_str())
        .collect::<Vec<_>>();
    assert_eq!(kinds[..5], ["C", "O", "OU", "OU", "CN"]);
    assert_eq!(found.subject[2].value.as_str(), "first");
    let line = found.subject_line().as_str();
    assert!(
        line.ends_with("CN=\\#Jörg Müller,OU=second,OU=first,O=Acme\\, \\<x\\>\\; \\+ \\\\ =,C=DE")
    );

    // Values that belong together stay in their order, which RFC 4514, 2.2 leaves open.
    let found = self_signed(P256, "O=Acme\nCN=a\n+UID=b", "", &[]).certificate();
    assert_eq!(found.subject_line().as_str(), "CN=a+UID=b,O=Acme");
}

#[test]
fn old_string_types_are_read() {
    for (mask, name) in [("MASK:0x0800", "BMPString"), ("MASK:0x0004", "T61String")] {
        let config = format!(
            "[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nstring_mask={mask}\n[dn]\n\
             CN=Jörg, Müller\n"
        );
        let made = from_config(P256, &config, &[]);
        let args = [
            "x509",
            "-inform",
            "DER",
            "-noout",
            "-subject",
            "-nameopt",
            "show_type",
        ];
        // In the bytes of that type, so no text for here.
        let types = crate::openssl::run("openssl", &args, &made.der);
        let types = String::from_utf8_lossy(&types).into_owned();
        assert!(types.contains(&name.to_uppercase()), "{types}");
        let found = Certificate::parse(&made.der).unwrap();
        assert_eq!(found.common_name().unwrap().as_str(), "Jörg, Müller");
        assert_eq!(found.subject_line().as_str(), "CN=Jörg\\, Müller");
    }
}

#[test]
fn version_1_is_a_certificate_too() {
    let root = self_signed(P256, "CN=Root", "basicConstraints=CA:TRUE", &[]);
    let made = signed_by(&root, RSA_2048, NAME, "", &["-set_serial", "0"]);
    assert!(x509(&made.der, &["-text"]).contains("Version: 1 (0x0)"));
    let found = compare(&made.der);
    assert_eq!(found.serial, [0]);
    assert_eq!(found.key_usages, None);
    assert!(!found.is_self_issued());
    let other = signed_by(&root, P256, NAME, "", &["-set_serial", "0xFF01"]);
    assert_eq!(compare(&other.der).serial, [0xFF, 0x01]);
    let negative = signed_by(&root, P256, NAME, "", &["-set_serial", "-3"]);
    assert_eq!(Certificate::parse(&negative.der).unwrap().serial, [0xFD]);
}

/// A certificate with the two moments as they stand in the DER.
fn lasting(from: &str, to: &str) -> Vec<u8> {
    // So many days that OpenSSL writes the end as GeneralizedTime.
    let days = if to.len() == 15 { "2000000" } else { "30" };
    let made = self_signed(P256, NAME, "", &["-days", days]);
    let text = made.der.as_slice();
    let start = text
        .windows(2)
        .position(|part| part == [0x17, 0x0D])
        .unwrap();
    let (begin, end) = (start + 2, start + 17);
    let mut der = made.der.clone();
    der[begin..begin + 13].copy_from_slice(from.as_bytes());
    assert_eq!(usize::from(der[end - 1]), to.len());
    der[end..end + to.len()].copy_from_slice(to.as_bytes());
    der
}

#[test]
fn every_validity_is_read() {
    const DAY: i64 = 86_400;
    let endless = compare(&lasting("500101000000Z", "99991231235959Z"));
    assert_eq!(endless.not_before, -631_152_000);
    assert!(endless.is_endless());
    assert!((endless.lived(endless.not_after) - 1.0).abs() < f64::EPSILON);

    let found = compare(&lasting("491231235959Z", "10000101000000Z"));
    assert_eq!(found.weaknesses, [Weakness::EndsBeforeItBegins]);
    assert!(matches!(found.standing(0), Standing::Expired { .. }));

    let found = compare(&lasting("200101000000Z", "200301000000Z"));
    let (start, end) = (found.not_before, found.not_after);
    assert!(!found.is_endless());
    for (now, standing, lived) in [
        (
            i64::MIN,
            Standing::NotYet {
                days: i64::MAX / DAY,
            },
            0.0,
        ),
        (start - 1, Standing::NotYet { days: 0 }, 0.0),
        (start - 3 * DAY, Standing::NotYet { days: 3 }, 0.0),
        (start, Standing::Valid { days: 60 }, 0.0),
        (start + 15 * DAY, Standing::Valid { days: 45 }, 0.25),
        (end - 30 * DAY - 1, Standing::Valid { days: 30 }, 0.5),
        (end - 30 * DAY, Standing::Soon { days: 30 }, 0.5),
        (end, Standing::Soon { days: 0 }, 1.0),
        (end + 1, Standing::Expired { days: 0 }, 1.0),
        (end + 2 * DAY, Standing::Expired { days: 2 }, 1.0),
        (
            i64::MAX,
            Standing::Expired {
                days: (i64::MAX - end) / DAY,
            },
            1.0,
        ),
    ] {
        assert_eq!(found.standing(now), standing, "{now}");
        assert!((found.lived(now) - lived).abs() < 1e-6, "{now}");
    }
}

#[test]
fn a_broken_extension_hides_nothing_else() {
    let extensions = "keyUsage=DER:0500\nextendedKeyUsage=DER:3003060155\n\
        subjectAltName=DER:30028105\nbasicConstraints=DER:01\nsubjectKeyIdentifier=DER:0401AA";
    let made = self_signed(P256, NAME, extensions, &[]);
    let found = Certificate::parse(&made.der).unwrap();
    assert_eq!(found.key_usages, None);
    assert!(found.alternative_names.is_empty());
    assert_eq!(found.authority, None);
    assert_eq!(found.key_identifier, Some(vec![0xAA]));
    let oids = found
        .extensions
        .iter()
        .map(|e| e.oid.as_str())
        .collect::<Vec<_>>();
    assert_eq!(
        oids,
        [
            "2.5.29.15",
            "2.5.29.37",
            "2.5.29.17",
            "2.5.29.19",
            "2.5.29.14"
        ]
    );
}

#[test]
fn the_summary_says_the_same() {
    let found = self_signed(P256, NAME, "", &[]).certificate();
    let summary = found.summary();
    assert_eq!(summary.name.as_ref(), found.common_name());
    assert_eq!(
        summary.subject.as_str(),
        "CN=Thomas Mustermann,O=Acme GmbH,C=DE"
    );
    assert_eq!(summary.issuer, summary.subject);
    assert_eq!(summary.sha256, found.sha256);
    assert_eq!(summary.public_key, found.public_key);
    assert_eq!(
        (summary.not_before, summary.not_after),
        (found.not_before, found.not_after)
    );

    for (name, extensions, expected) in [
        ("O=Acme\nGN=Jo\nSN=Li", "", Some("Jo Li")),
        ("O=Acme\nUID=jo", "", Some("jo")),
        ("O=Acme\nCN=first\nCN=second", "", Some("second")),
        ("C=DE", "subjectAltName=email:t@x.org", Some("t@x.org")),
        ("C=DE", "", None),
    ] {
        // In a configuration a name that comes twice needs numbers.
        let name = name
            .replace("CN=first", "1.CN=first")
            .replace("\nCN=sec", "\n2.CN=sec");
        let found = self_signed(P256, &name, extensions, &[]).certificate();
        assert_eq!(found.name().as_ref().map(Text::as_str), expected);
    }
}

#[test]
fn exports_are_read_back_by_openssl() {
    let Made { der, .. } = self_signed(P256, NAME, "", &[]);
    let found = Certificate::parse(&der).unwrap();
    assert_eq!(export::contents(&found.der, Format::Der), der);
    let pem = export::contents(&found.der, Format::Pem);
    let back = crate::openssl::run("openssl", &["x509", "-outform", "DER"], &pem);
    assert_eq!(back, der);
    let again = crate::openssl::run("openssl", &["x509", "-inform", "DER"], &der);
    assert_eq!(again, pem);
    assert_eq!(
        export::file_name(found.name().as_ref(), Format::Pem),
        "Thomas Mustermann.pem"
    );
}

#[test]
fn padding_behind_a_certificate_is_left_out() {
    let Made { der, .. } = self_signed(P256, NAME, "", &[]);
    let mut padded = der.clone();
    padded.resize(der.len() + 100_000, 0);
    assert_eq!(Certificate::parse(&padded).unwrap().der, der);
    assert!(Certificate::parse(&der[..der.len() - 1]).is_err());
    let renamed = replaced(&der, b"Thomas", b"\x1B[31m\x07");
    let shown = Certificate::parse(&renamed).unwrap();
    assert!(!shown.subject_line().as_str().contains(char::is_control));
}
