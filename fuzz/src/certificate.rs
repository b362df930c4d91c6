//! X.509 certificates with all that the dialog, the tables and the JSON show of them.

use symbolon::explain;
use symbolon::pki::certificate::{AlternativeName, Certificate, ExtendedUsage};
use symbolon::pki::export::{self, Format};
use symbolon::pki::{chain, pem, public_key, ssh_key};

use crate::oracle;

pub(crate) fn run(bytes: &[u8]) {
    let Ok(certificate) = Certificate::parse(bytes) else {
        return;
    };
    assert!(
        bytes.starts_with(&certificate.der),
        "another certificate than was given"
    );
    assert_eq!(
        Certificate::parse(&certificate.der).as_ref(),
        Ok(&certificate)
    );
    assert_eq!(
        pem::certificates(certificate.to_pem().as_bytes()),
        [certificate.der.clone()]
    );
    fields(&certificate);
    let summary = certificate.summary();
    oracle::clean_value(&serde_json::to_value(&summary).expect("a summary in JSON"));
    words(&certificate);
    keys(&certificate);
    let picture = chain::chain(&certificate, std::slice::from_ref(&certificate));
    assert!((1..=chain::MAX_LINKS).contains(&picture.links.len()));
    oracle::sentence(&explain::certificates::chain(&picture));
    let file = export::file_name(certificate.name().as_ref(), Format::Pem);
    assert!(
        !file.contains('/') && !file.starts_with(['.', '-']) && file.len() <= 255,
        "{file:?}"
    );
    for format in [Format::Pem, Format::Der] {
        assert!(!export::contents(&certificate.der, format).is_empty());
    }
}

fn fields(certificate: &Certificate) {
    for attribute in certificate.subject.iter().chain(&certificate.issuer) {
        oracle::clean(&attribute.kind);
        oracle::clean(attribute.value.as_str());
    }
    for line in [certificate.subject_line(), certificate.issuer_line()] {
        oracle::clean(line.as_str());
    }
    for text in [
        certificate.name(),
        certificate.issuer_common_name().cloned(),
    ] {
        oracle::clean(text.unwrap_or_default().as_str());
    }
    oracle::clean(&certificate.signature_algorithm);
    assert!(certificate.subject.len() <= 64 && certificate.issuer.len() <= 64);
    assert!(certificate.extensions.len() <= 64 && certificate.alternative_names.len() <= 64);
    for extension in &certificate.extensions {
        oracle::clean(&extension.oid);
    }
    for usage in &certificate.extended_usages {
        if let ExtendedUsage::Other(oid) = usage {
            oracle::clean(oid);
        }
    }
    for name in &certificate.alternative_names {
        match name {
            AlternativeName::Ip(text) => oracle::clean(text),
            AlternativeName::Other(kind, text) => {
                oracle::clean(kind);
                oracle::clean(text.as_str());
            }
            AlternativeName::Email(text)
            | AlternativeName::Dns(text)
            | AlternativeName::Uri(text)
            | AlternativeName::UserPrincipalName(text)
            | AlternativeName::Directory(text) => oracle::clean(text.as_str()),
        }
    }
}

/// The words for it, at moments around both ends of its validity.
fn words(certificate: &Certificate) {
    let (begin, end) = (certificate.not_before, certificate.not_after);
    for now in [0, begin - 1, begin, end, end + 1, i64::MAX, i64::MIN] {
        let standing = certificate.standing(now);
        for text in [
            explain::certificates::standing_chip(standing, begin),
            explain::certificates::standing_sentence(standing, begin, end),
            explain::certificates::standing_distance(standing, begin, end),
            explain::certificates::validity(standing, begin, end),
        ] {
            oracle::sentence(&text);
        }
        let lived = certificate.lived(now);
        assert!((0.0..=1.0).contains(&lived), "{lived} of its life");
    }
    oracle::sentence(&explain::certificates::signature_algorithm(
        &certificate.signature_algorithm,
    ));
    for attribute in &certificate.subject {
        oracle::sentence(&explain::certificates::attribute(&attribute.kind));
    }
    for extension in &certificate.extensions {
        oracle::sentence(&explain::certificates::extension(extension));
    }
    for usage in &certificate.extended_usages {
        oracle::sentence(&explain::certificates::extended_usage(usage));
    }
    for name in &certificate.alternative_names {
        oracle::sentence(&explain::certificates::alternative_name_kind(name));
        oracle::sentence(&explain::certificates::alternative_name_value(name));
    }
    for &weakness in &certificate.weaknesses {
        oracle::sentence(&explain::certificates::weakness(weakness));
    }
}

fn keys(certificate: &Certificate) {
    let key = &certificate.public_key;
    let _ = public_key::is_short(key);
    if let Some(line) = ssh_key::line(key, certificate.subject_line().as_str()) {
        oracle::clean(&line);
    }
}
