//! A certificate as a page of text: everything that stands in it.

use super::output::{Mark, Style};
use super::session::Found;
use super::table::Facts;
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::explain::{self, certificates, dates, keys};
use crate::pki::certificate::{Attribute, Authority, Certificate, colons};
use crate::pki::chain::{self, End, Signature};
use crate::token::{ApplicationKind, Certificate as Stored, Flaw};

/// The page for a certificate of a token; `now` is in seconds since 1970.
///
/// # Errors
///
/// [`Flaw`]: the slot holds something else.
pub(super) fn page(
    found: &Found,
    application: ApplicationKind,
    stored: &Stored,
    style: Style,
    now: i64,
) -> Result<String, Flaw> {
    let certificate = Certificate::parse(&stored.der)?;
    let name = certificate
        .name()
        .map(|name| name.to_string())
        .unwrap_or_default();
    let mut text = format!("{}\n", style.mark(Mark::Heading, &name));
    text.push_str(&format!(
        "{}\n",
        gettext_f(
            // TRANSLATORS: {slot} is "Authentication (9A)", {token} the name of a token.
            "{application} certificate in {slot} of {token}",
            &[
                ("application", application.name()),
                ("slot", &keys::slot(application, stored.slot)),
                ("token", &explain::token::title(&found.token)),
            ],
        )
    ));
    let standing = certificate.standing(now);
    let (from, to) = (certificate.not_before, certificate.not_after);
    let sentence = certificates::standing_sentence(standing, from, to);
    text.push_str(&format!("{}\n", style.standing(standing, &sentence)));
    for weakness in &certificate.weaknesses {
        let words = certificates::weakness(*weakness);
        text.push_str(&format!("{}\n", style.mark(Mark::Warning, &words)));
    }
    let groups = [
        (gettext("Issued to"), attributes(&certificate.subject)),
        (gettext("Issued by"), attributes(&certificate.issuer)),
        (gettext("Validity"), validity(&certificate)),
        (gettext("Used for"), uses(&certificate)),
        (gettext("Other names"), names(&certificate)),
        (gettext("Identifiers"), identifiers(&certificate)),
        (gettext("Signed by"), signers(found, &certificate)),
        (gettext("All extensions"), extensions(&certificate)),
    ];
    for (title, rows) in groups {
        let rows = rows.to_text(2);
        if !rows.is_empty() {
            text.push_str(&format!("\n{}\n{rows}", style.mark(Mark::Heading, &title)));
        }
    }
    Ok(text)
}

fn attributes(all: &[Attribute]) -> Facts {
    let mut rows = Facts::default();
    for attribute in all {
        rows.add(
            certificates::attribute(&attribute.kind),
            attribute.value.as_str(),
        );
    }
    rows
}

fn validity(certificate: &Certificate) -> Facts {
    let mut rows = Facts::default();
    rows.add(gettext("From"), dates::moment(certificate.not_before));
    rows.add(
        gettext("Until"),
        if certificate.is_endless() {
            certificates::valid_until(certificate.not_after)
        } else {
            dates::moment(certificate.not_after)
        },
    );
    rows
}

fn uses(certificate: &Certificate) -> Facts {
    let mut rows = Facts::default();
    let usages = certificate.key_usages.iter().flatten();
    let usages: Vec<String> = usages
        .map(|usage| certificates::key_usage(*usage))
        .collect();
    rows.add(gettext("The key"), usages.join("\n"));
    let extended = certificate
        .extended_usages
        .iter()
        .map(certificates::extended_usage);
    rows.add(
        gettext("The certificate"),
        extended.collect::<Vec<_>>().join("\n"),
    );
    if let Some(authority) = &certificate.authority {
        rows.add(gettext("Authority"), self::authority(authority));
    }
    rows
}

fn authority(authority: &Authority) -> String {
    match authority.path_len {
        None => gettext("It may issue certificates."),
        Some(0) => gettext("It may issue certificates, but none for other authorities."),
        Some(count) => ngettext_f(
            "It may issue certificates, and {count} authority may stand below it.",
            "It may issue certificates, and {count} authorities may stand below each other under it.",
            count,
            &[("count", &count.to_string())],
        ),
    }
}

fn names(certificate: &Certificate) -> Facts {
    let mut rows = Facts::default();
    for name in &certificate.alternative_names {
        let kind = certificates::alternative_name_kind(name);
        rows.add(kind, certificates::alternative_name_value(name));
    }
    rows
}

fn identifiers(certificate: &Certificate) -> Facts {
    let mut rows = Facts::default();
    rows.add(gettext("Key"), certificate.public_key.algorithm.name());
    rows.add(
        gettext("Signature"),
        certificates::signature_algorithm(&certificate.signature_algorithm),
    );
    rows.add(gettext("Serial number"), colons(&certificate.serial));
    let key = certificate.key_identifier.as_deref().map(colons);
    rows.add(gettext("Identifier of the key"), key.unwrap_or_default());
    let issuer = certificate.authority_key_identifier.as_deref().map(colons);
    rows.add(
        gettext("Identifier of the key of the issuer"),
        issuer.unwrap_or_default(),
    );
    rows.add("SHA-256", certificate.sha256_fingerprint());
    rows.add("SHA-1", certificate.sha1_fingerprint());
    rows
}

/// Who signed it, as far as the token and this machine know them.
fn signers(found: &Found, certificate: &Certificate) -> Facts {
    let on_token = found.token.applications.iter();
    let on_token = on_token.flat_map(|application| application.certificates.iter());
    let mut others: Vec<Certificate> = on_token
        .filter_map(|stored| Certificate::parse(&stored.der).ok())
        .collect();
    others.extend(chain::local_authorities());
    let chain = chain::chain(certificate, &others);
    let mut rows = Facts::default();
    for (link, above) in chain
        .links
        .iter()
        .zip(chain.links.iter().skip(1).map(Some).chain([None]))
    {
        let Some(issuer) = above else {
            continue;
        };
        let name = issuer.certificate.name().map(|name| name.to_string());
        rows.add(name.unwrap_or_default(), signature(link.signature));
    }
    let end = match chain.end {
        // Its own signature says nothing about the last one.
        End::Root if chain.links.len() == 1 => {
            gettext("It is signed with its own key: nobody else vouches for it.")
        }
        End::Root => String::new(),
        End::IssuerMissing => gettext(
            "Whoever signed it is neither on the token nor among the authorities of this machine.",
        ),
        End::TooLong => gettext("There are more; nobody needs so many."),
    };
    rows.add(
        if chain.links.len() == 1 {
            certificate_issuer(certificate)
        } else {
            "…".to_owned()
        },
        end,
    );
    rows
}

fn certificate_issuer(certificate: &Certificate) -> String {
    let name = certificate.issuer_common_name();
    name.unwrap_or_else(|| certificate.issuer_line())
        .to_string()
}

/// Whether a signature was made by the key that it names.
fn signature(signature: Signature) -> String {
    match signature {
        Signature::Verified => gettext("The signature is right."),
        Signature::Broken => gettext(
            "The signature is wrong: it was made with another key, or the certificate was altered.",
        ),
        Signature::NotChecked => {
            gettext("The signature was not checked: Symbolon does not know its algorithm.")
        }
    }
}

fn extensions(certificate: &Certificate) -> Facts {
    let mut rows = Facts::default();
    for extension in &certificate.extensions {
        let critical = if extension.critical {
            // TRANSLATORS: Said of an extension: who does not know it must refuse the certificate.
            gettext("critical")
        } else {
            String::new()
        };
        let caption = explain::dotted(&[extension.oid.clone(), critical]);
        let lines = extension.value.chunks(32).map(hex::encode);
        let value: Vec<String> = std::iter::once(caption).chain(lines).collect();
        rows.add(certificates::extension(extension), value.join("\n"));
    }
    rows
}
