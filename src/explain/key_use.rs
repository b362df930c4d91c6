//! Why a private key is not used.

use crate::base::i18n::gettext;
use crate::token::{KeyUse, Unusable};

/// Title and body: why a key cannot do it, and what can instead.
#[must_use]
pub fn unusable(why: Unusable, way: KeyUse) -> (String, String) {
    let (title, body) = match (why, way) {
        (Unusable::OtherApplication, KeyUse::Sign) => (
            gettext("Symbolon signs with keys in a MUSCLE applet only"),
            gettext(
                "Sign with “pkcs11-tool --sign” of OpenSC instead, with an OpenPGP key also with GnuPG.",
            ),
        ),
        (Unusable::OtherApplication, KeyUse::Decrypt) => (
            gettext("Symbolon decrypts with keys in a MUSCLE applet only"),
            gettext(
                "Decrypt with “pkcs11-tool --decrypt” of OpenSC instead, with an OpenPGP key also with GnuPG.",
            ),
        ),
        (Unusable::NotListed, _) => (
            gettext("There is no PKCS#15 in the applet"),
            gettext("Nothing says what its keys are for, and which PIN guards them."),
        ),
        (Unusable::NoKey, _) => (
            gettext("There is no private key with this number"),
            gettext("“symbolonctl cert list” lists the certificates and keys."),
        ),
        (Unusable::OtherPurpose, KeyUse::Sign) => (
            gettext("This key is not for signatures"),
            gettext("The token says so: “symbolonctl show” tells what each key may be used to."),
        ),
        (Unusable::OtherPurpose, KeyUse::Decrypt) => (
            gettext("This key is not for decryption"),
            gettext("The token says so: “symbolonctl show” tells what each key may be used to."),
        ),
        (Unusable::OtherKind, _) => (
            gettext("Symbolon uses no keys of this kind"),
            gettext("It uses RSA keys of 512 to 2048 bits."),
        ),
        (Unusable::NoPin, _) => (
            gettext("It is not known which PIN guards this key"),
            gettext("The token does not say it, or does not have the PIN that it names."),
        ),
    };
    let untouched = gettext("Nothing was sent; no try was lost.");
    (title, super::sentences(&[body, untouched]))
}
