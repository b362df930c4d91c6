//! Object identifiers and their usual names.

use std::fmt::Write as _;

use der::oid::ObjectIdentifier;

use crate::base::hex;

/// The identifier in dots, or in hexadecimal where it is too long for anybody's list.
///
/// `content` is the content of the DER element. It is bounded by the 39 bytes that
/// [`ObjectIdentifier`] takes, so the work is too: arcs of kilobytes would have to be turned
/// into decimal numbers otherwise.
pub(super) fn text(content: &[u8]) -> String {
    match ObjectIdentifier::from_bytes(content) {
        Ok(oid) => oid.to_string(),
        Err(_) => {
            let head = content.get(..39).unwrap_or(content);
            let mut text = format!("0x{}", hex::encode(head));
            if head.len() < content.len() {
                // Writing into a String cannot fail.
                let _ = write!(text, "…");
            }
            text
        }
    }
}

/// Short names of attribute types: RFC 4514, 3, then what OpenSSL calls them.
pub(super) fn attribute(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.13" => "description",
        "2.5.4.15" => "businessCategory",
        "2.5.4.16" => "postalAddress",
        "2.5.4.17" => "postalCode",
        "2.5.4.20" => "telephoneNumber",
        "2.5.4.41" => "name",
        "2.5.4.42" => "GN",
        "2.5.4.43" => "initials",
        "2.5.4.44" => "generationQualifier",
        "2.5.4.45" => "x500UniqueIdentifier",
        "2.5.4.46" => "dnQualifier",
        "2.5.4.65" => "pseudonym",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.3" => "mail",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        "1.2.840.113549.1.9.2" => "unstructuredName",
        "1.3.6.1.4.1.311.60.2.1.1" => "jurisdictionL",
        "1.3.6.1.4.1.311.60.2.1.2" => "jurisdictionST",
        "1.3.6.1.4.1.311.60.2.1.3" => "jurisdictionC",
        _ => return None,
    })
}

/// Usual English names of extensions.
pub(super) fn extension(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.29.9" => "Subject directory attributes",
        "2.5.29.14" => "Subject key identifier",
        "2.5.29.15" => "Key usage",
        "2.5.29.16" => "Private key usage period",
        "2.5.29.17" => "Subject alternative name",
        "2.5.29.18" => "Issuer alternative name",
        "2.5.29.19" => "Basic constraints",
        "2.5.29.30" => "Name constraints",
        "2.5.29.31" => "CRL distribution points",
        "2.5.29.32" => "Certificate policies",
        "2.5.29.33" => "Policy mappings",
        "2.5.29.35" => "Authority key identifier",
        "2.5.29.36" => "Policy constraints",
        "2.5.29.37" => "Extended key usage",
        "2.5.29.46" => "Freshest CRL",
        "2.5.29.54" => "Inhibit any policy",
        "1.3.6.1.5.5.7.1.1" => "Authority information access",
        "1.3.6.1.5.5.7.1.3" => "Qualified certificate statements",
        "1.3.6.1.5.5.7.1.11" => "Subject information access",
        "1.3.6.1.5.5.7.1.24" => "TLS feature",
        "1.3.6.1.5.5.7.48.1.5" => "OCSP no check",
        "1.3.6.1.4.1.11129.2.4.2" => "Signed certificate timestamps",
        "1.3.6.1.4.1.311.20.2" => "Microsoft certificate template name",
        "1.3.6.1.4.1.311.21.7" => "Microsoft certificate template",
        "1.3.6.1.4.1.311.21.10" => "Microsoft application policies",
        "1.3.6.1.4.1.311.25.2" => "Microsoft security identifier",
        "2.16.840.1.101.3.6.9.1" => "PIV interim",
        "2.16.840.1.113730.1.1" => "Netscape certificate type",
        "2.16.840.1.113730.1.13" => "Netscape comment",
        "1.3.6.1.4.1.41482.3.3" => "YubiKey firmware version",
        "1.3.6.1.4.1.41482.3.7" => "YubiKey serial number",
        "1.3.6.1.4.1.41482.3.8" => "YubiKey PIN and touch policy",
        "1.3.6.1.4.1.41482.3.9" => "YubiKey form factor",
        "1.3.6.1.4.1.41482.3.10" => "YubiKey FIPS certified",
        "1.3.6.1.4.1.41482.5.3" => "YubiKey OpenPGP touch policy",
        _ => return None,
    })
}

/// Usual names of hash functions, and whether they are SHA-1 or older.
pub(super) fn digest(oid: &str) -> Option<(&'static str, bool)> {
    Some(match oid {
        "1.2.840.113549.2.2" => ("MD2", true),
        "1.2.840.113549.2.5" => ("MD5", true),
        "1.3.14.3.2.26" => ("SHA-1", true),
        "2.16.840.1.101.3.4.2.4" => ("SHA-224", false),
        "2.16.840.1.101.3.4.2.1" => ("SHA-256", false),
        "2.16.840.1.101.3.4.2.2" => ("SHA-384", false),
        "2.16.840.1.101.3.4.2.3" => ("SHA-512", false),
        _ => return None,
    })
}

/// Usual names of signature algorithms, and whether the digest is SHA-1 or older.
///
/// RSASSA-PSS names its digest in its parameters: see `decode`.
pub(super) fn signature(oid: &str) -> Option<(&'static str, bool)> {
    Some(match oid {
        "1.2.840.113549.1.1.2" => ("MD2 with RSA", true),
        "1.2.840.113549.1.1.3" => ("MD4 with RSA", true),
        "1.2.840.113549.1.1.4" => ("MD5 with RSA", true),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => ("SHA-1 with RSA", true),
        "1.3.36.3.3.1.2" => ("RIPEMD-160 with RSA", true),
        "1.2.840.113549.1.1.14" => ("SHA-224 with RSA", false),
        "1.2.840.113549.1.1.11" => ("SHA-256 with RSA", false),
        "1.2.840.113549.1.1.12" => ("SHA-384 with RSA", false),
        "1.2.840.113549.1.1.13" => ("SHA-512 with RSA", false),
        "1.2.840.10045.4.1" => ("SHA-1 with ECDSA", true),
        "1.2.840.10045.4.3.1" => ("SHA-224 with ECDSA", false),
        "1.2.840.10045.4.3.2" => ("SHA-256 with ECDSA", false),
        "1.2.840.10045.4.3.3" => ("SHA-384 with ECDSA", false),
        "1.2.840.10045.4.3.4" => ("SHA-512 with ECDSA", false),
        "1.2.840.10040.4.3" => ("SHA-1 with DSA", true),
        "2.16.840.1.101.3.4.3.1" => ("SHA-224 with DSA", false),
        "2.16.840.1.101.3.4.3.2" => ("SHA-256 with DSA", false),
        "1.3.101.112" => ("Ed25519", false),
        "1.3.101.113" => ("Ed448", false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn dots_or_bytes() {
        assert_eq!(text(&[0x55, 0x04, 0x03]), "2.5.4.3");
        // An arc beyond 32 bits, an arc without an end, nothing at all.
        assert_eq!(
            text(&[0x2A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
            "0x2AFFFFFFFFFF7F"
        );
        assert_eq!(text(&[0x2A, 0x80]), "0x2A80");
        assert_eq!(text(&[]), "0x");
        assert!(text(&[0x81; 40_000]).len() < 100);
    }
}
