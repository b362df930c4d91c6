//! Chains of certificates that OpenSSL made, and the authorities of this machine.

use symbolon::pki::certificate::Certificate;
use symbolon::pki::chain::{Chain, End, MAX_LINKS, Signature, chain, local_authorities};

use crate::openssl::{
    ED25519, Key, Made, P256, P384, P521, RSA_1024, RSA_2048, self_signed, signed_by,
    signed_with_key,
};

const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
    subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid";
const USER: &str = "keyUsage=digitalSignature\nauthorityKeyIdentifier=keyid";

fn root(kind: &[&str], args: &[&str]) -> Made {
    self_signed(kind, "CN=Root", CA, args)
}

fn names(chain: &Chain) -> Vec<&str> {
    let name = |c: &'_ Certificate| c.common_name().map_or("", |n| n.as_str()).to_owned();
    chain
        .links
        .iter()
        .map(|link| name(&link.certificate).leak() as &str)
        .collect()
}

fn signatures(chain: &Chain) -> Vec<Signature> {
    chain.links.iter().map(|link| link.signature).collect()
}

#[test]
fn a_chain_is_found_in_any_order() {
    let root = root(RSA_2048, &[]);
    let middle = signed_by(&root, P384, "CN=Middle", CA, &["-sha256"]);
    let other = self_signed(P256, "CN=Other", CA, &[]);
    let leaf = signed_by(&middle, P256, "CN=Leaf", USER, &["-sha384"]);
    let [root, middle, other, leaf] = [root, middle, other, leaf].map(|made| made.certificate());

    let found = chain(
        &leaf,
        &[other.clone(), root.clone(), leaf.clone(), middle.clone()],
    );
    assert_eq!(names(&found), ["Leaf", "Middle", "Root"]);
    assert_eq!(signatures(&found), [Signature::Verified; 3]);
    assert_eq!(found.end, End::Root);
    assert!(found.is_verified());
    let marks = found
        .links
        .iter()
        .map(|l| l.self_signed)
        .collect::<Vec<_>>();
    assert_eq!(marks, [false, false, true]);

    let found = chain(&leaf, &[middle, other]);
    assert_eq!(names(&found), ["Leaf", "Middle"]);
    assert_eq!(
        signatures(&found),
        [Signature::Verified, Signature::NotChecked]
    );
    assert_eq!(found.end, End::IssuerMissing);
    assert!(!found.is_verified());

    let found = chain(&leaf, &[]);
    assert_eq!(
        (names(&found), found.end),
        (vec!["Leaf"], End::IssuerMissing)
    );
    let found = chain(&root, &[]);
    assert_eq!((names(&found), found.end), (vec!["Root"], End::Root));
}

#[test]
fn signatures_are_checked_as_far_as_it_goes() {
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sha256"];
    let pss_32 = [&pss[..], &["-sigopt", "rsa_pss_saltlen:32"]].concat();
    let mixed = [&pss[..], &["-sigopt", "rsa_mgf1_md:sha1"]].concat();
    let brainpool = [
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:brainpoolP256r1",
    ];
    use Signature::{NotChecked, Verified};
    for (kind, args, expected) in [
        (RSA_2048, &["-sha1"][..], Verified),
        (RSA_2048, &["-sha224"], Verified),
        (RSA_2048, &["-sha256"], Verified),
        (RSA_2048, &["-sha384"], Verified),
        (RSA_2048, &["-sha512"], Verified),
        (RSA_1024, &["-sha256"], Verified),
        (RSA_1024, &["-md5"], NotChecked),
        (RSA_2048, &pss, Verified),
        (RSA_2048, &pss_32, Verified),
        (RSA_2048, &mixed, NotChecked),
        (P256, &["-sha256"], Verified),
        (P256, &["-sha384"], Verified),
        (P384, &["-sha256"], Verified),
        (P384, &["-sha384"], Verified),
        (P256, &["-sha512"], NotChecked),
        (P521, &["-sha512"], NotChecked),
        (&brainpool, &["-sha256"], NotChecked),
        (ED25519, &[], Verified),
    ] {
        let root = root(kind, args);
        let leaf = signed_by(&root, P256, "CN=Leaf", USER, args);
        let mut changed = leaf.der.clone();
        let others = [root.certificate()];
        let found = chain(&leaf.certificate(), &others);
        assert_eq!(signatures(&found), [expected; 2], "{kind:?} {args:?}");
        assert_eq!(found.end, End::Root);

        let at = changed.windows(4).position(|part| part == b"Leaf").unwrap();
        changed[at] = b'D';
        let found = chain(&Certificate::parse(&changed).unwrap(), &others);
        let broken = match expected {
            Verified => Signature::Broken,
            other => other,
        };
        assert_eq!(signatures(&found), [broken, expected], "{kind:?} {args:?}");
        assert_eq!(names(&found), ["Deaf", "Root"]);
    }
}

#[test]
fn the_key_decides_between_authorities_of_one_name() {
    let (wrong, right) = (root(P256, &[]), root(P256, &[]));
    let leaf = signed_by(&right, P256, "CN=Leaf", USER, &[]);
    // Without identifiers only the signature can tell.
    let none = "keyUsage=digitalSignature\nauthorityKeyIdentifier=none";
    let bare = signed_by(&right, P256, "CN=Leaf", none, &[]);
    assert_eq!(bare.certificate().authority_key_identifier, None);
    for leaf in [leaf.certificate(), bare.certificate()] {
        let found = chain(&leaf, &[wrong.certificate(), right.certificate()]);
        assert_eq!(found.links[1].certificate.der, right.der);
        assert!(found.is_verified());
    }
    let found = chain(&leaf.certificate(), &[wrong.certificate()]);
    assert_eq!(found.end, End::IssuerMissing);
    let found = chain(&bare.certificate(), &[wrong.certificate()]);
    assert_eq!(found.links[0].signature, Signature::Broken);
}

#[test]
fn names_match_whatever_their_case_and_type() {
    let root = self_signed(P256, "O=Acme  GmbH\nCN=Root", CA, &[]);
    let leaf = signed_by(&root, P256, "CN=Leaf", USER, &[]);
    let mut der = leaf.der.clone();
    let at = der.windows(4).position(|part| part == b"Root").unwrap();
    der[at..at + 4].copy_from_slice(b"rOOT");
    let found = chain(&Certificate::parse(&der).unwrap(), &[root.certificate()]);
    assert_eq!(names(&found), ["Leaf", "Root"]);
}

#[test]
fn who_may_not_issue_is_no_issuer() {
    let user = self_signed(P256, "CN=Root", USER, &[]);
    let leaf = signed_by(&user, P256, "CN=Leaf", "keyUsage=digitalSignature", &[]);
    let found = chain(&leaf.certificate(), &[user.certificate()]);
    assert_eq!(
        (names(&found), found.end),
        (vec!["Leaf"], End::IssuerMissing)
    );

    // A root of version 1 has no extensions that could say so.
    let old = self_signed_v1();
    let leaf = signed_by(&old, P256, "CN=Leaf", "keyUsage=digitalSignature", &[]);
    assert!(old.certificate().extensions.is_empty());
    assert!(chain(&leaf.certificate(), &[old.certificate()]).is_verified());
}

fn self_signed_v1() -> Made {
    let key = Key::new(P256);
    let config = key.path("v1.cnf");
    let text = "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=Old\n";
    std::fs::write(&config, text).unwrap();
    let path = key.path("key.pem");
    let (config, path) = (config.to_str().unwrap(), path.to_str().unwrap());
    let args = ["req", "-new", "-config", config, "-key", path];
    let request = crate::openssl::run("openssl", &args, b"");
    let args = ["x509", "-req", "-signkey", path, "-outform", "DER"];
    let der = crate::openssl::run("openssl", &args, &request);
    Made { key, der }
}

#[test]
fn loops_end() {
    // Two authorities that issued each other's certificates, and none that is a root.
    let (one, two) = (root(P256, &[]), self_signed(P256, "CN=Two", CA, &[]));
    let leaf = signed_by(&one, P256, "CN=Leaf", USER, &[]).certificate();
    let cross = |issuer: &Made, of: &Made, name: &str| {
        let key = Key::new(P256);
        std::fs::copy(of.key.path("key.pem"), key.path("key.pem")).unwrap();
        signed_with_key(issuer, key, name, CA, &[]).certificate()
    };
    let crossed = [cross(&two, &one, "CN=Root"), cross(&one, &two, "CN=Two")];
    let found = chain(&leaf, &crossed);
    assert_eq!(names(&found), ["Leaf", "Root", "Two"]);
    assert_eq!(found.end, End::IssuerMissing);
}

#[test]
fn long_chains_are_cut() {
    let mut all = vec![root(P256, &[])];
    for number in 0..MAX_LINKS {
        let name = format!("CN=Level {number}");
        all.push(signed_by(all.last().unwrap(), P256, &name, CA, &[]));
    }
    let all = all.iter().map(Made::certificate).collect::<Vec<_>>();
    let found = chain(all.last().unwrap(), &all);
    assert_eq!((found.links.len(), found.end), (MAX_LINKS, End::TooLong));
    let found = chain(&all[MAX_LINKS - 1], &all);
    assert_eq!((found.links.len(), found.end), (MAX_LINKS, End::Root));
}

#[test]
fn an_authority_with_a_new_key_is_no_root() {
    let old = root(P256, &[]);
    let new = signed_by(&old, P256, "CN=Root", CA, &[]).certificate();
    assert!(new.is_self_issued());
    let found = chain(&new, &[old.certificate()]);
    assert_eq!(found.links.len(), 2);
    assert!(found.is_verified());
    assert_eq!(chain(&new, &[]).end, End::IssuerMissing);
}

/// Some hundred roots that others made: none of them may look altered.
#[test]
fn the_authorities_of_this_machine_are_sound() {
    let all = local_authorities();
    assert!(all.len() > 50, "ca-certificates is needed for this test");
    let verified = all
        .iter()
        .map(|authority| chain(authority, &all))
        .filter(|found| {
            assert!(
                found.links.iter().all(|l| l.signature != Signature::Broken),
                "{found:?}"
            );
            found.is_verified()
        })
        .count();
    // The rest are on P-521 and the like.
    assert!(verified * 10 > all.len() * 9, "{verified} of {}", all.len());
}
