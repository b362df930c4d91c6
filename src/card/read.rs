//! From a card to a token: every family is asked, and what it finds is put together.

use super::driver::{Driver, PROBES};
use super::{CardError, listed, unknown};
use crate::base::hex;
use crate::iso7816::atr::Atr;
use crate::token::{
    Application, ApplicationKind, ApplicationState, Card, CardProtocol, Fact, FactName, FactValue,
    Purpose, Text, Token, Unreadable,
};
use crate::transport::channel::Channel;
use crate::transport::link::{LinkError, Protocol};

/// Reads everything on a card that can be read without a PIN.
///
/// `report` is called with what is known so far whenever that is worth a look. An
/// application that cannot be read is part of the token, with the reason; it hides no other.
///
/// # Errors
///
/// [`LinkError`] only: card, reader or service are gone, or nobody waits any more.
pub fn read(
    channel: &mut Channel<'_>,
    protocol: Protocol,
    report: &mut dyn FnMut(&Token),
) -> Result<Token, LinkError> {
    let mut token = Token {
        card: card(channel.atr(), protocol),
        ..Token::default()
    };
    for probe in &PROBES {
        let application = match (probe.open)(channel) {
            Ok(None) => continue,
            Ok(Some(mut driver)) => {
                let mut show = |application: &Application| {
                    let mut partial = token.clone();
                    partial.applications.push(application.clone());
                    finish(&mut partial);
                    report(&partial);
                };
                driver.read(channel, &mut show)?
            }
            Err(CardError::Link(error)) => return Err(error),
            Err(error) => unreadable(probe.kind, &error),
        };
        token.applications.push(application);
        finish(&mut token);
        token.cost = channel.cost();
        report(&token);
    }
    if token.applications.is_empty() {
        token.card.listed_as = listed::names(&token.card.atr);
        token.answering = unknown::answering(channel)?;
    }
    finish(&mut token);
    token.complete = true;
    token.cost = channel.cost();
    Ok(token)
}

/// Selects the application of a kind, to do something in it.
///
/// # Errors
///
/// [`CardError::NotFound`] if the card has none.
pub fn open(
    channel: &mut Channel<'_>,
    kind: ApplicationKind,
) -> Result<Box<dyn Driver>, CardError> {
    let probe = PROBES.iter().find(|probe| probe.kind == kind);
    let probe = probe.ok_or(CardError::Unsupported("this application"))?;
    (probe.open)(channel)?.ok_or(CardError::NotFound {
        what: "this application",
    })
}

/// Makes sure that the card is the one that `shown` was read from, by the fact that tells
/// one card from another in the application that is selected.
///
/// # Errors
///
/// [`CardError::OtherCard`]; nothing but questions was sent.
pub fn identify(
    driver: &mut dyn Driver,
    channel: &mut Channel<'_>,
    shown: &Token,
    kind: ApplicationKind,
) -> Result<(), CardError> {
    if channel.atr() != shown.card.atr {
        return Err(CardError::OtherCard);
    }
    let known = shown.application(kind).ok_or(CardError::OtherCard)?;
    match driver.identity(channel)? {
        Some(fact) if !known.facts.contains(&fact) => Err(CardError::OtherCard),
        _ => Ok(()),
    }
}

/// An application that answered SELECT with something that cannot be understood.
fn unreadable(kind: ApplicationKind, error: &CardError) -> Application {
    let mut application = Application::new(kind, &[]);
    let detail = Text::from(error.to_string());
    application.state = ApplicationState::Unreadable(Unreadable { detail });
    application
}

/// Name, model and serial number of the whole, from its parts.
fn finish(token: &mut Token) {
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
    token.label = holder.or_else(|| token.applications.iter().find_map(named));
    token.serial = first(FactName::Serial);
    token.manufacturer = first(FactName::Manufacturer);
    let firmware = first(FactName::Firmware);
    token.model = model(token, firmware.as_ref());
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
fn card(bytes: &[u8], protocol: Protocol) -> Card {
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
        facts,
    }
}
