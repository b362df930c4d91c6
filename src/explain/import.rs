//! Key files: why no key comes out of one, and what is odd about its certificates.

use super::failure::Explanation;
use super::{list, plural, sentences};
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::pki::import::{ImportError, Warning};
use crate::token::Text;

/// The most names that are listed.
const MAX_NAMES: usize = 5;

/// Why no key comes out of a file.
#[must_use]
pub fn import_error(error: &ImportError) -> Explanation {
    Explanation {
        title: title(error),
        body: body(error),
        details: None,
    }
}

fn title(error: &ImportError) -> String {
    match error {
        ImportError::TooLarge => gettext("This file is too large"),
        ImportError::NotAKeyFile => gettext("This is not a key file"),
        ImportError::OpenSsh => gettext("This key is in a format of OpenSSH alone"),
        ImportError::NoKey => gettext("There is no private key in this file"),
        ImportError::NeedsPassword => gettext("This file is protected by a password"),
        ImportError::WrongPassword => gettext("This password does not open the file"),
        ImportError::EncryptionNotSupported { name } => {
            gettext_f("{name} is not supported", &[("name", name.as_str())])
        }
        ImportError::OldPem => gettext("This file is encrypted in an old way"),
        ImportError::TooManyRounds { .. } => gettext("Opening this file would take too long"),
        ImportError::SeveralKeys { .. } => gettext("There are several private keys in this file"),
        ImportError::OtherKind { name } => gettext_f(
            "This key is of another kind: {name}",
            &[("name", name.as_str())],
        ),
        ImportError::KeyLength { bits } => gettext_f(
            "A key of {bits} bits is not supported",
            &[("bits", &bits.to_string())],
        ),
        ImportError::Inconsistent => gettext("This key is damaged"),
        ImportError::OtherCertificate { .. } => {
            gettext("The certificates in this file belong to other keys")
        }
        ImportError::Damaged => gettext("This file is damaged"),
    }
}

fn body(error: &ImportError) -> String {
    match error {
        ImportError::TooLarge => gettext("Key files have a few kilobytes. Choose another file."),
        ImportError::NotAKeyFile => {
            gettext("Choose a PKCS#12 file (p12 or pfx), or a private key as PEM or DER.")
        }
        ImportError::OpenSsh => gettext_f(
            "Convert a copy of it: {command}",
            &[("command", "ssh-keygen -p -m PKCS8 -f COPY")],
        ),
        ImportError::NoKey => gettext(
            "It holds certificates or public keys. A private key is usually in a file whose name ends in p12, pfx or key.",
        ),
        ImportError::NeedsPassword => gettext("Type the password of the file."),
        ImportError::WrongPassword => gettext(
            "It is the password of the file that is asked for, not a PIN. If you are sure of it, the file is damaged.",
        ),
        ImportError::EncryptionNotSupported { .. } => gettext(
            "The file is encrypted or signed in a way that Symbolon does not know. Save it again where it came from, encrypted with AES.",
        ),
        ImportError::OldPem => gettext_f(
            "The password of such a file is easily found out, so it is not read. Convert it: {command}",
            &[("command", "openssl pkcs8 -topk8 -in OLD -out NEW")],
        ),
        ImportError::TooManyRounds { rounds } => gettext_f(
            "It asks for {rounds} rounds of work on the password. Save it again where it came from.",
            &[("rounds", &rounds.to_string())],
        ),
        ImportError::SeveralKeys { names } => several(names),
        ImportError::OtherKind { .. } => gettext("Only RSA keys can be imported from a file."),
        ImportError::KeyLength { .. } => {
            gettext("RSA keys have 1024 to 8192 bits, and most cards take 2048.")
        }
        ImportError::Inconsistent => gettext(
            "Its numbers do not belong together, so it would not work on a card. Save it again where it came from.",
        ),
        ImportError::OtherCertificate { names } => sentences(&[
            gettext_f("They are for {names}.", &[("names", &listed(names))]),
            gettext("Choose a file with the certificate for this key, or with the key alone."),
        ]),
        ImportError::Damaged => gettext(
            "It begins like a key file, and then makes no sense. Save it again where it came from.",
        ),
    }
}

/// What to do about several keys.
fn several(names: &[Option<Text>]) -> String {
    let named: Vec<Text> = names.iter().flatten().cloned().collect();
    let first = if named.is_empty() {
        ngettext_f(
            "There is {count} of them.",
            "There are {count} of them.",
            plural(names.len()),
            &[("count", &names.len().to_string())],
        )
    } else {
        gettext_f("They are called {names}.", &[("names", &listed(&named))])
    };
    sentences(&[
        first,
        gettext("Save the one that you want to a file of its own."),
    ])
}

/// What is odd about the certificates of a file.
#[must_use]
pub fn import_warning(warning: &Warning) -> String {
    match warning {
        Warning::IssuerMissing {
            certificate,
            issuer,
        } => gettext_f(
            "The issuer of {certificate} is not in the file: {issuer}.",
            &[
                ("certificate", certificate.as_str()),
                ("issuer", issuer.as_str()),
            ],
        ),
        Warning::WrongSignature { certificate } => gettext_f(
            "The signature on {certificate} was not made by its issuer.",
            &[("certificate", certificate.as_str())],
        ),
        Warning::LeftOut { certificate } => gettext_f(
            "{certificate} is neither for this key nor above its certificate. It is left out.",
            &[("certificate", certificate.as_str())],
        ),
        Warning::Unreadable { count } => ngettext_f(
            "{count} certificate of the file cannot be read.",
            "{count} certificates of the file cannot be read.",
            plural(*count),
            &[("count", &count.to_string())],
        ),
    }
}

/// Names with commas, cut where nobody would read on.
fn listed(names: &[Text]) -> String {
    let mut shown: Vec<String> = names
        .iter()
        .take(MAX_NAMES)
        .map(|name| format!("“{name}”"))
        .collect();
    if names.len() > MAX_NAMES {
        shown.push("…".to_owned());
        return shown.join(", ");
    }
    list(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_names_are_called_by_them() {
        let named = |name: &str| Some(Text::from(name));
        let error = ImportError::SeveralKeys {
            names: vec![named("old"), None, named("new")],
        };
        assert_eq!(
            import_error(&error).body,
            "They are called “old” and “new”. Save the one that you want to a file of its own."
        );
        let error = ImportError::SeveralKeys {
            names: vec![None, None],
        };
        assert!(
            import_error(&error)
                .body
                .starts_with("There are 2 of them.")
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let names = vec![Text::from("x"); MAX_NAMES + 1];
        assert_eq!(listed(&names), "“x”, “x”, “x”, “x”, “x”, …");
    }
}
