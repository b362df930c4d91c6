//! The flags of PKCS #15 in words, and how PINs are coded.

use crate::base::i18n::{gettext, pgettext};
use crate::token::{Flag, PinCoding};

/// One flag, as a word in a list.
pub(super) fn word(flag: Flag) -> String {
    match flag {
        Flag::Private => pgettext("object", "private"),
        Flag::Modifiable => pgettext("object", "can be changed"),
        Flag::Encrypt => pgettext("usage", "encrypt"),
        Flag::Decrypt => pgettext("usage", "decrypt"),
        Flag::Sign => pgettext("usage", "sign"),
        Flag::SignRecover => pgettext("usage", "sign with message recovery"),
        Flag::Wrap => pgettext("usage", "encrypt keys"),
        Flag::Unwrap => pgettext("usage", "decrypt keys"),
        Flag::Verify => pgettext("usage", "check signatures"),
        Flag::VerifyRecover => pgettext("usage", "check signatures with message recovery"),
        Flag::Derive => pgettext("usage", "derive keys"),
        Flag::NonRepudiation => pgettext("usage", "sign with legal effect"),
        Flag::Sensitive => pgettext("private key", "stays on the card"),
        Flag::Extractable => pgettext("private key", "can be taken out"),
        Flag::AlwaysSensitive => pgettext("private key", "has always stayed on the card"),
        Flag::NeverExtractable => pgettext("private key", "could never be taken out"),
        Flag::Local => pgettext("private key", "made on the card"),
        Flag::CaseSensitive => pgettext("PIN", "case matters"),
        Flag::LocalPin => pgettext("PIN", "for this application"),
        Flag::ChangeDisabled => pgettext("PIN", "cannot be changed"),
        Flag::UnblockDisabled => pgettext("PIN", "cannot be unblocked"),
        Flag::Initialized => pgettext("PIN", "is set"),
        Flag::NeedsPadding => pgettext("PIN", "is filled up"),
        Flag::UnblockingPin => pgettext("PIN", "unblocks others"),
        Flag::SoPin => pgettext("PIN", "of the security officer"),
        Flag::DisableAllowed => pgettext("PIN", "can be switched off"),
        Flag::IntegrityProtected => pgettext("PIN", "is sent signed"),
        Flag::ConfidentialityProtected => pgettext("PIN", "is sent encrypted"),
        Flag::ExchangeRefData => pgettext("PIN", "its change sends the old one"),
        Flag::ReadOnly => pgettext("token", "cannot be written to"),
        Flag::LoginRequired => pgettext("token", "wants a PIN"),
        Flag::PrnGeneration => pgettext("token", "makes random numbers"),
        Flag::EidCompliant => pgettext("token", "electronic identity"),
    }
}

/// Which characters a PIN has, and how they are sent.
pub(super) fn coding(coding: PinCoding) -> String {
    match coding {
        PinCoding::Bcd => gettext("Digits, two in a byte (BCD)"),
        PinCoding::AsciiNumeric => gettext("Digits (ASCII)"),
        PinCoding::Utf8 => gettext("Any (UTF-8)"),
        PinCoding::HalfNibbleBcd => gettext("Digits, one in a byte (half nibble BCD)"),
        PinCoding::Iso9564 => gettext("Digits (ISO 9564-1)"),
    }
}
