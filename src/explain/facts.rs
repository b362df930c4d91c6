//! Facts that have a name and a value, and data objects.

use super::{bytes, dates, dotted, flags, list, pins};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f, ngettext_f, pgettext};
use crate::token::{
    Access, Application, DataKind, DataObject, Fact, FactName, FactValue, PinReference, Salutation,
    Space,
};

/// What a fact is about.
#[must_use]
pub fn name(name: FactName) -> String {
    match name {
        FactName::KeptBy => gettext("Kept by"),
        FactName::SetUp => gettext("Set up"),
        FactName::AppletVersion => gettext("Version of the applet"),
        FactName::ProtocolVersion => gettext("Version of the protocol"),
        FactName::MemoryTotal => gettext("Memory for objects"),
        FactName::MemoryFree => gettext("Free memory for objects"),
        FactName::KeyRules => gettext("Rules of the key"),
        FactName::KeepsPin => gettext("Unblocking leaves the PIN as it is"),
        FactName::Version => gettext("Version"),
        FactName::Firmware => gettext("Firmware"),
        FactName::Serial => gettext("Serial number"),
        FactName::Manufacturer => gettext("Manufacturer"),
        FactName::Holder => gettext("Holder"),
        FactName::Languages => gettext("Languages"),
        FactName::Salutation => gettext("Salutation"),
        FactName::Login => gettext("Login name"),
        FactName::Url => gettext("Address of the public key"),
        FactName::SignatureCounter => gettext("Signatures made"),
        FactName::PinBeforeEverySignature => gettext("PIN before every signature"),
        FactName::KeyDerivation => gettext("PINs are sent as digests (KDF)"),
        FactName::ExtendedLength => gettext("Commands of extended length"),
        FactName::CommandChaining => gettext("Chained commands"),
        FactName::MaxCommand => gettext("Longest command"),
        FactName::MaxResponse => gettext("Longest response"),
        FactName::MaxCertificate => gettext("Longest certificate"),
        FactName::KeyImport => gettext("Keys can be imported"),
        FactName::AlgorithmsChangeable => gettext("Kinds of keys can be changed"),
        FactName::LifeCycle => gettext("Life cycle"),
        FactName::FascN => gettext("Agency number (FASC-N)"),
        FactName::Guid => gettext("Identifier of the card (GUID)"),
        FactName::Expires => gettext("The card expires"),
        FactName::CardIdentifier => gettext("Card identifier"),
        FactName::PivPin => gettext("PIV PIN in use"),
        FactName::GlobalPin => gettext("Global PIN in use"),
        FactName::GlobalPinPrimary => gettext("Global PIN comes first"),
        FactName::RetiredOnCard => gettext("Former keys with certificates on the card"),
        FactName::RetiredOffCard => gettext("Former keys with certificates elsewhere"),
        FactName::RetiredUrl => gettext("Address of the certificates of former keys"),
        FactName::Atr => gettext("Answer to reset (ATR)"),
        FactName::HistoricalBytes => gettext("Historical bytes"),
        FactName::HistoricalText => gettext("Historical bytes as text"),
        FactName::Convention => gettext("Convention"),
        FactName::Protocols => gettext("Protocols offered"),
        FactName::Protocol => gettext("Protocol in use"),
        FactName::Checksum => gettext("Checksum is right"),
        FactName::SpeedFactor => gettext("Highest speed"),
        FactName::Contactless => gettext("Contactless"),
        FactName::Tag => gettext("Tag"),
        FactName::Label => gettext("Name on the token"),
        FactName::Model => gettext("Model"),
        FactName::Id => gettext("Identifier (ID)"),
        FactName::AuthId => gettext("Identifier of the PIN (auth ID)"),
        FactName::ObjectFlags => gettext("Object"),
        FactName::Usage => gettext("May be used to"),
        FactName::AccessFlags => gettext("Private key"),
        FactName::ModulusLength => gettext("Bits of the modulus"),
        FactName::FieldSize => gettext("Bits of the curve"),
        FactName::KeyReference => gettext("Key number on the card"),
        FactName::Native => gettext("The card computes with it"),
        FactName::Path => gettext("Path"),
        FactName::PinFlags => gettext("Kind of PIN"),
        FactName::PinCoding => gettext("Characters"),
        FactName::MinLength => gettext("Fewest characters"),
        FactName::MaxLength => gettext("Most characters"),
        FactName::StoredLength => gettext("Stored bytes"),
        FactName::PadCharacter => gettext("Filled up with"),
        FactName::PinNumber => gettext("PIN number on the card"),
        FactName::Authority => gettext("Certificate of an authority"),
        FactName::TokenFlags => gettext("Token"),
        FactName::LastUpdate => gettext("Last changed"),
        FactName::ForProgram => gettext("For the program"),
        FactName::DirectoryAccess => gettext("Access conditions of the directory"),
        FactName::Unguarded => gettext("Everybody can replace the PINs"),
        FactName::OtherApplication => gettext("Not read: another application"),
        FactName::UnusedSpace => gettext("Free for new objects"),
        FactName::Locked => gettext("Private: shown after the PIN"),
    }
}

/// What a fact says, with its unit.
#[must_use]
pub fn of(fact: &Fact) -> String {
    match (fact.name, &fact.value) {
        (
            FactName::MaxCommand
            | FactName::MaxResponse
            | FactName::MaxCertificate
            | FactName::MemoryTotal
            | FactName::MemoryFree,
            FactValue::Number(count),
        ) => bytes(usize::try_from(*count).unwrap_or(usize::MAX)),
        // Words that drivers have for what is no name and no number.
        (_, FactValue::Text(text)) => match (fact.name, text.as_str()) {
            (FactName::Convention, "direct") => super::atr::convention(false),
            (FactName::Convention, "inverse") => super::atr::convention(true),
            (FactName::Locked, list) => locked(list),
            (FactName::Manufacturer, "unmanaged S/N range") => {
                gettext("None: the serial number was drawn by lot")
            }
            (_, other) => other.to_owned(),
        },
        (_, value) => self::value(value),
    }
}

/// What a fact says.
#[must_use]
pub fn value(value: &FactValue) -> String {
    match value {
        FactValue::Text(text) => text.to_string(),
        FactValue::Bytes(bytes) => hex::grouped(bytes, 2),
        FactValue::Number(number) => number.to_string(),
        FactValue::Flag(true) => gettext("Yes"),
        FactValue::Flag(false) => gettext("No"),
        FactValue::Time(seconds) => dates::moment(*seconds),
        FactValue::Day(year, month, day) => dates::civil(*year, *month, *day),
        FactValue::Salutation(salutation) => self::salutation(*salutation),
        FactValue::Flags(set) if set.is_empty() => pgettext("flags", "None"),
        FactValue::Flags(set) => {
            let words: Vec<String> = set.iter().map(|&flag| flags::word(flag)).collect();
            words.join(", ")
        }
        FactValue::Coding(coding) => flags::coding(*coding),
        FactValue::Space(space) => self::space(space),
    }
}

/// A list that only a PIN opens, by its name in the standard.
fn locked(list: &str) -> String {
    match list {
        "AODF" => gettext("A list of PINs"),
        "PrKDF" => gettext("A list of private keys"),
        "PuKDF" => gettext("A list of public keys"),
        "CDF" => gettext("A list of certificates"),
        "DODF" => gettext("A list of data"),
        other => other.to_owned(),
    }
}

/// What is said where something is shown only after a PIN; nothing where all is shown.
#[must_use]
pub fn more_after_pin(application: &Application) -> Option<String> {
    let locked = |fact: &Fact| fact.name == FactName::Locked;
    let any = application.facts.iter().any(locked);
    any.then(|| gettext("There is more that is private: it is shown after the PIN."))
}

/// Who may read a data object, and whether it waits for that: "public", "needs the PIN", "private:
/// shown after the PIN".
#[must_use]
pub fn readable(object: &DataObject, application: &Application) -> String {
    match object.access {
        Access::Pin(reference) if object.waits_for_pin() => {
            let roles = roles(reference, application);
            if roles.is_empty() {
                return gettext("private: shown after a PIN");
            }
            gettext_f(
                // TRANSLATORS: Said of data on a card. {pin} is "PIN" or "SO-PIN".
                "private: shown after the {pin}",
                &[("pin", &list(&roles))],
            )
        }
        access => self::access(access, application),
    }
}

fn roles(reference: PinReference, application: &Application) -> Vec<String> {
    let pins = application.pins.iter();
    pins.filter(|pin| pin.reference == reference)
        .map(|pin| pins::role_in_list(pin.role))
        .collect()
}

/// Room in a file: "512 bytes from byte 256 of 3F00 4600 · with the PIN 01".
fn space(space: &Space) -> String {
    let place = gettext_f(
        // TRANSLATORS: Free room in a file on a card. {size} is "512 bytes", {path} a number.
        "{size} from byte {index} of {path}",
        &[
            ("size", &bytes(space.length)),
            ("index", &space.index.to_string()),
            ("path", &hex::grouped(&space.path, 2)),
        ],
    );
    let mut parts = vec![place];
    if let Some(id) = &space.auth_id {
        parts.push(gettext_f(
            // TRANSLATORS: Free room on a card that can be used with a PIN; {id} is its number.
            "with the PIN {id}",
            &[("id", &hex::encode(id))],
        ));
    }
    if space.rules > 0 {
        let count = u32::try_from(space.rules).unwrap_or(u32::MAX);
        parts.push(ngettext_f(
            "{count} access rule of its own",
            "{count} access rules of its own",
            count,
            &[("count", &count.to_string())],
        ));
    }
    dotted(&parts)
}

fn salutation(salutation: Salutation) -> String {
    match salutation {
        // TRANSLATORS: How the holder of the card wants to be addressed.
        Salutation::Male => pgettext("salutation", "Mr"),
        // TRANSLATORS: How the holder of the card wants to be addressed.
        Salutation::Female => pgettext("salutation", "Ms"),
        Salutation::NotAnnounced => pgettext("salutation", "Not told"),
    }
}

/// What a data object is called: its name on the card, else what it is.
#[must_use]
pub fn data_name(object: &DataObject) -> String {
    match &object.label {
        Some(label) => label.to_string(),
        None => data_kind(object.kind),
    }
}

/// What a data object is: "Holder data (CHUID)".
#[must_use]
pub fn data_kind(kind: DataKind) -> String {
    match kind {
        DataKind::Chuid => gettext("Holder data (CHUID)"),
        DataKind::CardCapabilities => gettext("Card capabilities (CCC)"),
        DataKind::Discovery => gettext("PIN settings (discovery object)"),
        DataKind::KeyHistory => gettext("History of keys"),
        DataKind::Cardholder => gettext("Holder"),
        DataKind::Login => gettext("Login data"),
        DataKind::Url => gettext("Address of the public key"),
        DataKind::KeyDerivation => gettext("Key derivation (KDF)"),
        DataKind::Named => gettext("Data of a program"),
        DataKind::PrivateUse(number) => gettext_f(
            // TRANSLATORS: One of four places on an OpenPGP card that programs use as they like.
            "Private use {number}",
            &[("number", &number.to_string())],
        ),
    }
}

/// Who may read a data object: "public", "needs the PIN".
#[must_use]
pub fn access(access: Access, application: &Application) -> String {
    match access {
        // TRANSLATORS: Said of data on a card: everybody can read it.
        Access::Public => gettext("public"),
        Access::Pin(reference) => {
            let roles = roles(reference, application);
            if roles.is_empty() {
                return gettext("needs a PIN");
            }
            gettext_f(
                // TRANSLATORS: Said of data on a card. {pin} is "PIN" or "admin PIN".
                "needs the {pin}",
                &[("pin", &list(&roles))],
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_unit() {
        assert_eq!(of(&Fact::number(FactName::MaxCommand, 254)), "254 bytes");
        assert_eq!(of(&Fact::number(FactName::SignatureCounter, 42)), "42");
        assert_eq!(of(&Fact::flag(FactName::KeyImport, true)), "Yes");
        assert_eq!(
            of(&Fact::text(FactName::Convention, "direct".into())),
            "Direct"
        );
        assert_eq!(of(&Fact::text(FactName::Holder, "direct".into())), "direct");
        assert_eq!(value(&FactValue::Bytes(vec![0x3B, 0xFD, 0x13])), "3BFD 13");
        assert_eq!(value(&FactValue::Day(2030, 1, 1)), "1 January 2030");
        assert_eq!(
            value(&FactValue::Time(1_704_067_200)),
            "1 January 2024, 00:00 UTC"
        );
    }
}
