//! Whether one certificate was signed with the key of another.

use rsa::signature::digest::{Digest, FixedOutputReset, const_oid::AssociatedOid};
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use x509_parser::asn1_rs::FromDer as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::signature_algorithm::{MaskGenAlgorithm, RsaSsaPssParams};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::certificate::Certificate;
use super::public_key::{Material, material};
use super::{decode, oid};

/// What is known of a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signature {
    /// It was made with that key, over these bytes.
    Verified,
    /// It was not: another key, or other bytes.
    Broken,
    /// Nothing here can compute it, or there is no key to compute it with.
    NotChecked,
}

/// Checks the signature on `certificate` with the key of `issuer`.
///
/// RSA from 1024 to 8192 bits with PKCS #1 v1.5 and PSS, ECDSA on P-256 and P-384 with SHA-256
/// and SHA-384, and Ed25519 can be checked.
#[must_use]
pub(super) fn check(certificate: &Certificate, issuer: &Certificate) -> Signature {
    let Ok(parsed) = decode::structure(&certificate.der) else {
        return Signature::NotChecked;
    };
    match material(&issuer.public_key) {
        Some(Material::Rsa { modulus, exponent }) => check_rsa(&parsed, &modulus, &exponent),
        Some(Material::Point(..)) => check_elliptic(&parsed, &issuer.public_key.spki),
        None => Signature::NotChecked,
    }
}

fn check_elliptic(certificate: &X509Certificate<'_>, spki: &[u8]) -> Signature {
    let Ok((_, key)) = SubjectPublicKeyInfo::from_der(spki) else {
        return Signature::NotChecked;
    };
    match certificate.verify_signature(Some(&key)) {
        Ok(()) => Signature::Verified,
        Err(X509Error::SignatureVerificationError) => Signature::Broken,
        Err(_) => Signature::NotChecked,
    }
}

/// `ring`, behind `x509-parser`, takes no RSA below 2048 bits, no SHA-224 and no salt of
/// another length than the digest, and calls all of these a wrong signature. So RSA is computed
/// here, where what cannot be checked is told from what is wrong.
fn check_rsa(certificate: &X509Certificate<'_>, modulus: &[u8], exponent: &[u8]) -> Signature {
    let modulus = BoxedUint::from_be_slice_vartime(modulus);
    let exponent = BoxedUint::from_be_slice_vartime(exponent);
    let Ok(key) = RsaPublicKey::new(modulus, exponent) else {
        return Signature::NotChecked;
    };
    let Some(scheme) = Scheme::of(certificate) else {
        return Signature::NotChecked;
    };
    let signed = Signed {
        key,
        pss: scheme.pss,
        bytes: certificate.tbs_certificate.as_ref(),
        signature: &certificate.signature_value.data,
    };
    match scheme.digest {
        "SHA-1" => signed.check::<Sha1>(),
        "SHA-224" => signed.check::<Sha224>(),
        "SHA-256" => signed.check::<Sha256>(),
        "SHA-384" => signed.check::<Sha384>(),
        "SHA-512" => signed.check::<Sha512>(),
        _ => Signature::NotChecked,
    }
}

/// How an RSA signature was made.
struct Scheme {
    digest: &'static str,
    /// For RSASSA-PSS the length of the salt, in bytes.
    pss: Option<usize>,
}

impl Scheme {
    fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        let algorithm = &certificate.signature_algorithm;
        let oid = oid::text(algorithm.algorithm.as_bytes());
        if oid != decode::RSA_PSS {
            let (name, _) = oid::signature(&oid)?;
            return Some(Self {
                digest: name.strip_suffix(" with RSA")?,
                pss: None,
            });
        }
        let parameters = RsaSsaPssParams::try_from(algorithm.parameters.as_ref()?).ok()?;
        let (digest, _) = oid::digest(&oid::text(parameters.hash_algorithm_oid().as_bytes()))?;
        let mask: MaskGenAlgorithm<'_, '_> = parameters.mask_gen_algorithm().ok()?;
        let (mask_digest, _) = oid::digest(&oid::text(mask.hash.as_bytes()))?;
        (mask_digest == digest).then_some(Self {
            digest,
            pss: Some(usize::try_from(parameters.salt_length()).ok()?),
        })
    }
}

/// An RSA signature with all that is needed to check it.
struct Signed<'a> {
    key: RsaPublicKey,
    pss: Option<usize>,
    bytes: &'a [u8],
    signature: &'a [u8],
}

impl Signed<'_> {
    fn check<D: Digest + AssociatedOid + FixedOutputReset>(&self) -> Signature {
        let digest = D::digest(self.bytes);
        let result = match self.pss {
            Some(salt_len) => {
                let scheme = Pss::<D>::new_with_salt(salt_len);
                self.key.verify(scheme, &digest, self.signature)
            }
            None => {
                let scheme = Pkcs1v15Sign::new::<D>();
                self.key.verify(scheme, &digest, self.signature)
            }
        };
        match result {
            Ok(()) => Signature::Verified,
            Err(_) => Signature::Broken,
        }
    }
}
