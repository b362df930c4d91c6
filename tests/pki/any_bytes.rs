//! Any bytes, and certificates with a few bytes changed: answers, no panic, bounded.

use std::sync::LazyLock;

use proptest::prelude::*;
use symbolon::pki::certificate::{AlternativeName, Attribute, Certificate};
use symbolon::pki::chain::chain;
use symbolon::pki::export::{Format, file_name};
use symbolon::pki::openpgp_fingerprint::{KeyUse, v4};
use symbolon::pki::{pem, public_key, ssh_key};
use symbolon::token::Text;

use crate::openssl::{ED25519, P256, RSA_2048, self_signed};

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let extensions = "basicConstraints=CA:TRUE,pathlen:1\nkeyUsage=keyCertSign\n\
        extendedKeyUsage=clientAuth,1.2.3\nsubjectKeyIdentifier=hash\n\
        authorityKeyIdentifier=keyid\n\
        subjectAltName=email:a@b.c,IP:::1,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:t,dirName:d\n\
        [d]\nCN=x";
    let pss = ["-sigopt", "rsa_padding_mode:pss"];
    vec![
        self_signed(P256, "C=DE\nCN=Jörg", extensions, &[]).der,
        self_signed(RSA_2048, "CN=x", extensions, &pss).der,
        self_signed(ED25519, "CN=x", "", &["-days", "2000000"]).der,
    ]
});

/// Does everything that can be done with a certificate, and measures what has a bound.
fn use_all(certificate: &Certificate) {
    let summary = certificate.summary();
    for text in [&summary.subject, &summary.issuer] {
        assert!(text.as_str().chars().count() <= Text::MAX_CHARS + 1);
    }
    for name in [&certificate.subject, &certificate.issuer] {
        assert!(name.len() <= 64);
        assert!(name.iter().all(|Attribute { kind, .. }| kind.len() < 200));
    }
    assert!(certificate.extensions.len() <= 64);
    assert!(certificate.extended_usages.len() <= 64);
    assert!(certificate.alternative_names.len() <= 64);
    for now in [
        i64::MIN,
        0,
        i64::MAX,
        certificate.not_before,
        certificate.not_after,
    ] {
        let _ = certificate.standing(now);
        let lived = certificate.lived(now);
        assert!((0.0..=1.0).contains(&lived), "{lived}");
    }
    let _ = (
        certificate.name(),
        certificate.is_self_issued(),
        certificate.is_endless(),
    );
    assert!(!file_name(certificate.name().as_ref(), Format::Pem).contains('/'));
    let key = &certificate.public_key;
    let _ = (
        ssh_key::line(key, "x"),
        v4(key, 0, KeyUse::Signing),
        public_key::is_short(key),
    );
    let _ = chain(certificate, std::slice::from_ref(certificate));
    assert_eq!(
        Certificate::parse(&certificate.der).as_ref(),
        Ok(certificate)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Certificate::parse(&bytes);
        let _ = public_key::from_spki(&bytes);
        let _ = public_key::rsa(&bytes, &bytes);
        let _ = pem::certificates(&bytes);
    }

    #[test]
    fn changed_certificates_get_an_answer(
        seed in 0..3_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut der = SEEDS[seed].clone();
        for (at, byte) in changes {
            let at = at.index(der.len());
            der[at] = byte;
        }
        if let Some(cut) = cut {
            let at = cut.index(der.len());
            der.remove(at);
        }
        if let Ok(certificate) = Certificate::parse(&der) {
            use_all(&certificate);
        }
    }

    #[test]
    fn changed_keys_get_an_answer(
        seed in 0..3_usize,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let key = Certificate::parse(&SEEDS[seed]).unwrap().public_key;
        let mut spki = key.spki.clone();
        let at = at.index(spki.len());
        spki[at] = byte;
        if let Ok(found) = public_key::from_spki(&spki) {
            let again = public_key::from_spki(&found.spki);
            prop_assert_eq!(again.as_ref(), Ok(&found));
            let _ = (ssh_key::line(&found, ""), v4(&found, 0, KeyUse::Agreement));
        }
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let head = match len {
        0..128 => vec![tag, u8::try_from(len).unwrap()],
        _ => {
            let bytes = u32::try_from(len).unwrap().to_be_bytes();
            [&[tag, 0x84][..], &bytes].concat()
        }
    };
    [&head, content].concat()
}

fn attribute(value: &[u8]) -> Vec<u8> {
    tlv(
        0x31,
        &tlv(0x30, &[&[0x06, 0x03, 0x55, 0x04, 0x03], value].concat()),
    )
}

/// A certificate of version 3 with this subject and these extensions, signed by nobody.
fn certificate(subject: &[u8], extensions: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &[0x06, 0x03, 0x2B, 0x65, 0x70]);
    let time = tlv(0x17, b"250101000000Z");
    let key = tlv(0x30, &[&algorithm[..], &tlv(0x03, &[0; 33])].concat());
    let body = [
        &[0xA0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01][..],
        &algorithm,
        &tlv(0x30, &[]),
        &tlv(0x30, &[&time[..], &time].concat()),
        &tlv(0x30, subject),
        &key,
        &tlv(0xA3, &tlv(0x30, extensions)),
    ]
    .concat();
    let signature = tlv(0x03, &[0; 65]);
    tlv(0x30, &[tlv(0x30, &body), algorithm, signature].concat())
}

#[test]
fn floods_are_cut() {
    let extension = tlv(
        0x30,
        &[0x06, 0x03, 0x55, 0x1D, 0x0E, 0x04, 0x03, 0x04, 0x01, 0xAA],
    );
    let small = attribute(&tlv(0x0C, b"x"));
    let der = certificate(&small.repeat(2000), &extension.repeat(2000));
    let found = Certificate::parse(&der).unwrap();
    assert_eq!((found.subject.len(), found.extensions.len()), (64, 64));
    use_all(&found);

    let names = tlv(0x30, &tlv(0x82, b"x").repeat(5000));
    let inner = [&[0x06, 0x03, 0x55, 0x1D, 0x11][..], &tlv(0x04, &names)].concat();
    let found = Certificate::parse(&certificate(&small, &tlv(0x30, &inner))).unwrap();
    assert_eq!(found.alternative_names.len(), 64);
    assert_eq!(
        found.alternative_names[0],
        AlternativeName::Dns(Text::from("x"))
    );
    use_all(&found);

    let huge = attribute(&tlv(0x0C, &[b'x'; 50_000]));
    let found = Certificate::parse(&certificate(&huge, &extension)).unwrap();
    assert_eq!(found.common_name().unwrap().as_str().chars().count(), 513);
    use_all(&found);

    // A value that is no string, an OID that is too long, a string of control characters.
    let oid = tlv(0x06, &[0x81; 300]);
    let odd = tlv(
        0x31,
        &tlv(0x30, &[&oid[..], &tlv(0x30, &[0; 2000])].concat()),
    );
    let found = Certificate::parse(&certificate(&odd, &extension)).unwrap();
    assert!(
        found.subject[0].kind.starts_with("0x8181"),
        "{:?}",
        found.subject
    );
    assert!(found.subject[0].value.as_str().starts_with("#30"));
    use_all(&found);

    assert!(Certificate::parse(&certificate(&small.repeat(8000), &extension)).is_err());
}

#[test]
fn deep_nesting_ends() {
    let mut value = vec![0x05, 0x00];
    for _ in 0..2000 {
        value = tlv(0x30, &value);
    }
    for last in [0x0E, 0x0F, 0x11, 0x13, 0x23, 0x25] {
        let inner = [&[0x06, 0x03, 0x55, 0x1D, last][..], &tlv(0x04, &value)].concat();
        let der = certificate(&attribute(&value), &tlv(0x30, &inner));
        use_all(&Certificate::parse(&der).unwrap());
    }
}
