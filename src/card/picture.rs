//! What a token is called and what it is, from the parts that were read.

use super::pkcs15;
use crate::base::hex;
use crate::iso7816::atr::Atr;
use crate::token::{
    Application, Card, CardProtocol, Fact, FactName, FactValue, Purpose, Text, Token,
};
use crate::transport::link::Protocol;

/// Name, model and serial number of the whole, from its parts.
pub(super) fn finish(token: &mut Token) {
    let text = |application: &Application, name| {
        let fact = application.facts.iter().find(|fact| fact.name == name)?;
        match &fact.value {
            FactValue::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    };
    let first = |name| {
        token
            .applications
            .iter()
            .find_map(|found| text(found, name))
    };
    let holder = first(FactName::Holder);
    let label = holder.or_else(|| first(FactName::Label));
    token.label = label.or_else(|| token.applications.iter().find_map(named));
    token.serial = first(FactName::Serial).or_else(|| of_card(&token.card, FactName::Serial));
    token.manufacturer = first(FactName::Manufacturer);
    let firmware = first(FactName::Firmware);
    token.model = first(FactName::Model).or_else(|| model(token, firmware.as_ref()));
}

/// A text that belongs to the card as a whole.
fn of_card(card: &Card, name: FactName) -> Option<Text> {
    let fact = card.facts.iter().find(|fact| fact.name == name)?;
    match &fact.value {
        FactValue::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// Whom the certificates of an application name. The attestation certificate names the maker
/// of the token, not its holder.
fn named(application: &Application) -> Option<Text> {
    let is_attestation = |slot| {
        let mut keys = application.keys.iter();
        keys.any(|key| key.reference == slot && key.purpose == Purpose::Attestation)
    };
    application
        .certificates
        .iter()
        .filter(|certificate| !is_attestation(certificate.slot))
        .find_map(|certificate| certificate.summary.as_ref()?.name.clone())
}

/// The product, as far as answer to reset, maker and firmware tell.
fn model(token: &Token, firmware: Option<&Text>) -> Option<Text> {
    if let Some(system) = pkcs15::model(&token.card.atr) {
        return Some(Text::from(system));
    }
    let atr = Atr::parse(&token.card.atr);
    let in_atr = atr.as_ref().and_then(Atr::text).unwrap_or_default();
    let maker = token
        .manufacturer
        .as_ref()
        .map(Text::as_str)
        .unwrap_or_default();
    if in_atr.starts_with("YubiKey") || in_atr.starts_with("Yubikey") || maker == "Yubico" {
        let major = firmware.and_then(|version| version.as_str().split('.').next());
        return Some(match major {
            Some(major @ ("4" | "5")) => Text::from(format!("YubiKey {major}")),
            _ => Text::from("YubiKey"),
        });
    }
    match maker {
        "Nitrokey" => Some(Text::from("Nitrokey")),
        "ZeitControl" => Some(Text::from("OpenPGP card (ZeitControl)")),
        "" if in_atr.is_empty() => None,
        "" => Some(Text::from(in_atr)),
        maker => Some(Text::from(maker)),
    }
}

/// The card below the applications: its answer to reset in facts.
pub(super) fn card(bytes: &[u8], protocol: Protocol) -> Card {
    let mut facts = Vec::new();
    if let Some(atr) = Atr::parse(bytes) {
        if Atr::is_contactless(bytes) {
            facts.push(Fact::flag(FactName::Contactless, true));
        }
        let offered: Vec<_> = atr.protocols.iter().map(|t| format!("T={t}")).collect();
        facts.push(Fact::text(FactName::Protocols, offered.join(", ").into()));
        let convention = if atr.inverse { "inverse" } else { "direct" };
        facts.push(Fact::text(FactName::Convention, convention.into()));
        if !atr.historical.is_empty() {
            facts.push(Fact::text(
                FactName::HistoricalBytes,
                hex::grouped(atr.historical, 4).into(),
            ));
        }
        if let Some(text) = atr.text() {
            facts.push(Fact::text(FactName::HistoricalText, text.into()));
        }
        if let Some(right) = atr.checksum {
            facts.push(Fact::flag(FactName::Checksum, right));
        }
    }
    Card {
        atr: bytes.to_vec(),
        listed_as: Vec::new(),
        protocol: Some(match protocol {
            Protocol::T0 => CardProtocol::T0,
            Protocol::T1 => CardProtocol::T1,
        }),
        system: pkcs15::system(bytes),
        condition: None,
        facts,
    }
}
