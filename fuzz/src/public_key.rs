//! Public keys: SubjectPublicKeyInfo, the numbers of RSA, points, and the ways out.

use symbolon::pki::openpgp_fingerprint::{self, KeyUse};
use symbolon::pki::public_key::{self, Material};
use symbolon::pki::ssh_key;
use symbolon::token::{Curve, PublicKey};

use crate::oracle;

const CURVES: [Curve; 11] = [
    Curve::P256,
    Curve::P384,
    Curve::P521,
    Curve::Secp256k1,
    Curve::Brainpool256,
    Curve::Brainpool384,
    Curve::Brainpool512,
    Curve::Ed25519,
    Curve::X25519,
    Curve::Ed448,
    Curve::X448,
];

pub(crate) fn run(bytes: &[u8]) {
    if let Ok(key) = public_key::from_spki(bytes) {
        check(&key);
    }
    let Some((&choice, rest)) = bytes.split_first() else {
        return;
    };
    if let Some(&curve) = CURVES.get(usize::from(choice) % (CURVES.len() + 1)) {
        if let Ok(key) = public_key::elliptic(curve, rest) {
            check(&key);
            let Some(Material::Point(same, point)) = public_key::material(&key) else {
                panic!("a point that is none");
            };
            assert_eq!(same, curve);
            assert_eq!(public_key::elliptic(curve, &point).as_ref(), Ok(&key));
        }
    } else {
        // The first byte of the rest says how many bytes the exponent has.
        let cut = rest.first().map_or(0, |&len| usize::from(len % 64));
        let numbers = rest.get(1..).unwrap_or_default();
        let (exponent, modulus) = numbers.split_at(cut.min(numbers.len()));
        if let Ok(key) = public_key::rsa(modulus, exponent) {
            check(&key);
            assert!(
                modulus.iter().skip_while(|&&byte| byte == 0).count()
                    <= public_key::MAX_MODULUS_LEN
            );
        }
    }
}

fn check(key: &PublicKey) {
    // The canonical form is its own canonical form.
    assert_eq!(
        public_key::from_spki(&key.spki).as_ref(),
        Ok(key),
        "two forms of one key"
    );
    oracle::clean_value(&serde_json::to_value(key).expect("a key in JSON"));
    assert!(public_key::to_pem(key).starts_with("-----BEGIN PUBLIC KEY-----\n"));
    let _ = public_key::is_short(key);
    if let Some(line) = ssh_key::line(key, "me\nssh-rsa AAAA") {
        oracle::clean(&line);
        assert!(ssh_key::fingerprint(key).is_some());
    }
    for key_use in [KeyUse::Signing, KeyUse::Agreement] {
        let _ = openpgp_fingerprint::v4(key, 1_733_184_000, key_use);
    }
}
