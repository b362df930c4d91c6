//! Public keys next to OpenSSL and OpenSSH, and the published vectors of GnuPG.

use std::fs;

use symbolon::base::hex;
use symbolon::pki::openpgp_fingerprint::{KeyUse, v4};
use symbolon::pki::public_key::{self, Material, elliptic, from_spki, material, rsa};
use symbolon::pki::ssh_key;
use symbolon::token::{Curve, PublicKey};

use crate::openssl::{ED25519, Key, P256, P384, P521, RSA_1024, RSA_2048, run};

#[test]
fn keys_are_what_openssl_writes() {
    let curve = |name: &'static str| vec!["-algorithm", "EC", "-pkeyopt", name];
    let curves = [
        "secp256k1",
        "brainpoolP256r1",
        "brainpoolP384r1",
        "brainpoolP512r1",
    ]
    .map(|name| format!("ec_paramgen_curve:{name}").leak() as &'static str)
    .map(curve);
    let mut kinds = vec![RSA_2048, RSA_1024, P256, P384, P521, ED25519];
    kinds.extend([
        &["-algorithm", "X25519"][..],
        &["-algorithm", "ED448"],
        &["-algorithm", "X448"],
    ]);
    kinds.extend(curves.iter().map(Vec::as_slice));
    for kind in kinds {
        let made = Key::new(kind);
        let found = from_spki(&made.public_der()).unwrap();
        assert_eq!(found.spki, made.public_der());
        assert_eq!(public_key::to_pem(&found), made.public_pem());
        let built = match material(&found).unwrap() {
            Material::Rsa { modulus, exponent } => rsa(&modulus, &exponent),
            Material::Point(curve, point) => elliptic(curve, &point),
        };
        assert_eq!(built.unwrap(), found);
    }
}

#[test]
fn ssh_lines_are_what_ssh_keygen_writes() {
    for kind in [RSA_2048, P256, P384, P521] {
        let key = Key::new(kind);
        let pem = key.path("public.pem");
        fs::write(&pem, key.public_pem()).unwrap();
        let args = ["-i", "-m", "PKCS8", "-f", pem.to_str().unwrap()];
        let expected = String::from_utf8(run("ssh-keygen", &args, b"")).unwrap();
        let found = from_spki(&key.public_der()).unwrap();
        assert_eq!(ssh_key::line(&found, "").unwrap(), expected.trim_end());
        check_fingerprint(&found);
    }
    check_fingerprint(&from_spki(&Key::new(ED25519).public_der()).unwrap());
}

/// `ssh-keygen -l` reads our line and finds our fingerprint.
fn check_fingerprint(key: &PublicKey) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key.pub");
    let line = ssh_key::line(key, "cardno:0006 12345678").unwrap();
    fs::write(&path, line + "\n").unwrap();
    let args = ["-l", "-E", "sha256", "-f", path.to_str().unwrap()];
    let said = String::from_utf8(run("ssh-keygen", &args, b"")).unwrap();
    let fields = said.split(' ').collect::<Vec<_>>();
    assert_eq!(fields[1], ssh_key::fingerprint(key).unwrap());
    assert!(said.contains("cardno:0006 12345678"), "{said}");
}

/// When the keys of the vectors were made: 2024-01-01.
const CREATED: u32 = 1_704_067_200;

fn point(curve: Curve, text: &str) -> PublicKey {
    elliptic(curve, &hex::decode(text).unwrap()).unwrap()
}

fn check(key: &PublicKey, key_use: KeyUse, openpgp: &str, ssh: Option<&str>) {
    assert_eq!(hex::encode(&v4(key, CREATED, key_use).unwrap()), openpgp);
    assert_ne!(v4(key, CREATED + 1, key_use), v4(key, CREATED, key_use));
    if let Some(ssh) = ssh {
        assert_eq!(ssh_key::fingerprint(key).unwrap(), format!("SHA256:{ssh}"));
        check_fingerprint(key);
    }
}

/// Computed with gpg and ssh-keygen.
#[test]
fn fingerprints_are_those_of_gnupg() {
    let key = point(
        Curve::Ed25519,
        "D8C593D53811E7FB9DE387D26C6C58163964A43B559C33439A2A4E29D12F0214",
    );
    assert_eq!(
        ssh_key::line(&key, "").unwrap(),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINjFk9U4Eef7neOH0mxsWBY5ZKQ7VZwzQ5oqTinRLwIU"
    );
    check(
        &key,
        KeyUse::Signing,
        "860371DF10ED7215DE69C4ABD8630C5C0960E517",
        Some("xxMLjPVyWa0BH6FxEQb7EDWQ0B/q4BHpX5THWHMAMn8"),
    );
    check(
        &point(
            Curve::X25519,
            "95D74E83594EE0C653D9CB8895AFA7135D0273218BE5119F9B8795FE10102C4E",
        ),
        KeyUse::Agreement,
        "E91F1D0A1B26789603649259484B0EC1CC06AE59",
        None,
    );
    check(
        &point(
            Curve::P256,
            "041C51A6AC1FB6688564E6CBFB9A3C72452EE1D413149DDE24D8A43BB256648783\
             739ED8AC6D4BEC2A480B208E0A42C8350682709F3CD46E5A0F1D7596C3682FC7",
        ),
        KeyUse::Signing,
        "EF51F1433E9C947D3214272C240768CA1236994C",
        Some("F5kBtFMtK5wWpG7v4S7MupoVU/08iTHjjSqc07xjKqY"),
    );
    check(
        &point(
            Curve::P256,
            "040F2E4611A119972E2E7D0108429B123B6AD0D311AF3870C40B4CF6CACCED8B1E\
             1D95F80E1BC6059BA609C0A1ED9DEF7AA3EE8B482EE72DC51BCD19CBA81ACAEA",
        ),
        KeyUse::Agreement,
        "6391645792C053CB0012A9E4F4A9D982AAF427B8",
        None,
    );
    let modulus = "F0C0521AEF7FB1682C493764D726BC75276D5229C39E1F1840760E0030496DA58710BBE8\
        049BE11FC3A55762CA32FBC71DE30F1291E0892D1360FAEF366D745367B08C91E0866E8AC2AA7FC62566995F\
        26AD24AF11877561E4B9D782E15F8865D39F76DAB29665C4C7A38F123F8109B13C13220783A7446C7397A158\
        8DF96EB05A956786560119B2A729EA2FEF91280C6EEB670DCE12D7831C06DAC9E0F17C257C1CD49F9AB4FF33\
        3B63C34A8BA06FB7D5A4BCECAE21F66CF34B7977EEA4D74091123B7947D6CF552FEA9AE80898C206A31A88AF\
        D0573039AAC3A010B6F1B4839D60550ACB4459E9CA1E1BD199B4DE4A834E99F5F109C75642C0AA08EEB1AD51";
    check(
        &rsa(&hex::decode(modulus).unwrap(), &[1, 0, 1]).unwrap(),
        KeyUse::Signing,
        "6CF1C0F1465AF60C7420087D8D798853E505B654",
        Some("J5Xplbd/ss67D/jT8GI1oZFYum4CAH5U1RbvR55M7pg"),
    );
}
