//! What a token is called.

use super::{dotted, keys, pins};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::token::{
    AnsweringApplication, Application, ApplicationKind, CardCondition, Text, Token,
};

/// The most characters of a name in a sentence; the page of data has it whole.
const MAX_NAME: usize = 80;

/// The name that every sentence about a token uses: its label, else that it is blank, else its model
/// with the last four of the serial number, else "Java card" or "Unknown card".
#[must_use]
pub fn title(token: &Token) -> String {
    if let Some(label) = shown(token.label.as_ref()) {
        return short(label);
    }
    if token.card.condition == Some(CardCondition::Blank) {
        return gettext("Blank CardOS token");
    }
    let mut applications = token.applications.iter();
    if applications.next().map(|read| read.kind) == Some(ApplicationKind::Muscle) {
        // TRANSLATORS: A token on which nothing but the empty MUSCLE applet is.
        return gettext("New MUSCLE token");
    }
    let kind = match shown(token.model.as_ref()) {
        Some(model) => Some(short(model)),
        None => by_applications(token),
    };
    match (kind, shown(token.serial.as_ref())) {
        (Some(kind), Some(serial)) => format!("{kind} …{}", last_four(serial)),
        (Some(kind), None) => kind,
        (None, _) => super::readers::without_driver(token).title,
    }
}

/// The words on a token that is shown as it was read the last time, until its card was read.
#[must_use]
pub fn remembered() -> String {
    // TRANSLATORS: Said of a token that is shown as it was when it was read the last time.
    gettext("From last time")
}

/// The line below the name: "YubiKey 5 · serial 14725836".
#[must_use]
pub fn subtitle(token: &Token) -> String {
    let kind = shown(token.model.as_ref())
        .or_else(|| shown(token.manufacturer.as_ref()))
        .or_else(|| {
            token
                .card
                .listed_as
                .iter()
                .find_map(|name| shown(Some(name)))
        })
        .map(short)
        .or_else(|| by_applications(token));
    let mut parts: Vec<String> = kind.into_iter().collect();
    if let Some(serial) = shown(token.serial.as_ref()) {
        parts.push(gettext_f("serial {serial}", &[("serial", serial)]));
    }
    dotted(&parts)
}

/// An application as the heading of its group: "PIV". Where a card has several of a kind, with what
/// each calls itself: "PKCS#15 (2) · Signature card".
#[must_use]
pub fn application(all: &[Application], application: &Application) -> String {
    let name = application.kind.name().to_owned();
    let family = application.kind.family();
    let mut of_kind = all.iter().filter(|one| one.kind.family() == family);
    match (of_kind.nth(1), shown(application.label())) {
        (Some(_), Some(label)) => dotted(&[name, label.to_owned()]),
        (Some(_), None) | (None, _) => name,
    }
}

/// An application that answered and has no driver here. Names of products stay as they are.
#[must_use]
pub fn answering(application: &AnsweringApplication) -> String {
    match application.name.as_str() {
        "card manager" => gettext("Card manager"),
        "contact payment" => gettext("Payment with contacts"),
        "contactless payment" => gettext("Payment without contacts"),
        "YubiKey management" => gettext("YubiKey management"),
        other => other.to_owned(),
    }
}

/// The whole token on a few lines, for *Copy summary*.
#[must_use]
pub fn summary(token: &Token) -> Vec<String> {
    let mut lines = vec![title(token)];
    let subtitle = subtitle(token);
    if !subtitle.is_empty() {
        lines.push(subtitle);
    }
    if token.remembered {
        lines.push(remembered());
    }
    for application in &token.applications {
        let name = self::application(&token.applications, application);
        lines.push(match shown(application.version.as_ref()) {
            Some(version) => format!("{name} {version}"),
            None => name,
        });
        for pin in &application.pins {
            lines.push(format!(
                "  {}: {}",
                pins::name(pin),
                pins::tries(&pin.tries)
            ));
        }
        for key in &application.keys {
            lines.push(format!("  {}", keys::caption(application.kind, key)));
        }
        for certificate in &application.certificates {
            if let Some(summary) = &certificate.summary {
                let name = summary.name.as_ref().unwrap_or(&summary.subject);
                lines.push(format!(
                    "  {}: {name}, {}",
                    keys::slot(application.kind, certificate.slot),
                    super::certificates::valid_until(summary.not_after)
                ));
            }
        }
    }
    lines
}

/// An unknown card in lines, for whoever can add it: what it answered, and no name of a person.
#[must_use]
pub fn report(token: &Token) -> Vec<String> {
    let mut lines = vec![format!("Symbolon {}", env!("CARGO_PKG_VERSION"))];
    let atr = super::atr::words(&token.card.atr);
    lines.extend(
        atr.into_iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    for name in &token.card.listed_as {
        lines.push(format!("{}: {name}", gettext("Listed as")));
    }
    for application in &token.answering {
        let name = application.name.to_string();
        lines.push(format!("{name}: {}", hex::encode(&application.aid)));
    }
    lines
}

/// "OpenPGP card"; nothing if nothing answered.
fn by_applications(token: &Token) -> Option<String> {
    applications(token).map(|names| {
        // TRANSLATORS: A card that has these applications: "PIV card".
        gettext_f("{applications} card", &[("applications", &names)])
    })
}

/// "PIV, OpenPGP"; nothing if nothing answered.
fn applications(token: &Token) -> Option<String> {
    let names: Vec<&str> = token
        .applications
        .iter()
        // How many of a kind there are is no name of a card.
        .filter(|application| application.kind.family() == application.kind)
        .map(|application| application.kind.name())
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// At most [`MAX_NAME`] characters of a name.
fn short(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or(name).trim_end()),
        None => name.to_owned(),
    }
}

/// The last four characters of a serial number.
fn last_four(serial: &str) -> &str {
    let start = serial.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    serial.get(start..).unwrap_or(serial)
}

fn shown(text: Option<&Text>) -> Option<&str> {
    text.filter(|text| !text.is_empty()).map(Text::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::ApplicationKind;

    fn yubikey() -> Token {
        Token {
            label: Some("Thomas Mustermann".into()),
            model: Some("YubiKey 5".into()),
            serial: Some("14725836".into()),
            ..Token::default()
        }
    }

    #[test]
    fn a_token_is_called_by_what_its_owner_knows() {
        let mut token = yubikey();
        assert_eq!(title(&token), "Thomas Mustermann");
        token.label = Some(" ".into());
        assert_eq!(title(&token), "YubiKey 5 …5836");
        token.serial = Some("ö12".into());
        assert_eq!(title(&token), "YubiKey 5 …ö12");
        token.serial = None;
        assert_eq!(title(&token), "YubiKey 5");
        token.model = None;
        assert_eq!(title(&token), "Unknown card");
        token
            .applications
            .push(Application::new(ApplicationKind::Piv, &[]));
        assert_eq!(title(&token), "PIV card");
    }

    #[test]
    fn a_name_leaves_room_for_the_sentence() {
        let mut token = yubikey();
        token.label = Some("Ö".repeat(MAX_NAME).into());
        assert_eq!(title(&token), "Ö".repeat(MAX_NAME));
        token.label = Some("Ö".repeat(MAX_NAME + 1).into());
        assert_eq!(title(&token), format!("{}…", "Ö".repeat(MAX_NAME)));
    }

    #[test]
    fn the_line_below_has_model_and_serial() {
        assert_eq!(subtitle(&yubikey()), "YubiKey 5 · serial 14725836");
        assert_eq!(subtitle(&Token::default()), "");
    }

    #[test]
    fn what_answers_is_named() {
        let named = |name: &str| {
            answering(&AnsweringApplication {
                name: name.into(),
                aid: vec![],
            })
        };
        assert_eq!(named("card manager"), "Card manager");
        assert_eq!(named("USIM"), "USIM");
    }

    #[test]
    fn a_summary_begins_with_the_name() {
        let mut token = yubikey();
        let mut piv = Application::new(ApplicationKind::Piv, &[]);
        piv.version = Some("5.4.3".into());
        token.applications.push(piv);
        assert_eq!(
            summary(&token),
            [
                "Thomas Mustermann",
                "YubiKey 5 · serial 14725836",
                "PIV 5.4.3"
            ]
        );
    }
}
