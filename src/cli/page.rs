//! A token as a page of text, and the parts of it that other commands show too.

use super::output::{Mark, Style};
use super::session::Found;
use super::table::Facts;
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, attention, certificates, facts, failure, keys, pin_dialog, pins};
use crate::pki::certificate::Certificate as Decoded;
use crate::token::attention::{Attention, of};
use crate::token::{
    Access, Application, ApplicationState, CardOsSheet, Certificate, Cost, DataObject, Fact,
    FactName, Key, KeyRow, Pin, Tries, TriesLeft,
};

/// The most tries that are drawn as dots; more are a number only.
const MOST_DOTS: u8 = 10;

/// Blanks before what belongs to a heading.
const STEP: usize = 2;

/// Everything on a token; `now` is in seconds since 1970.
pub(super) fn token(found: &Found, style: Style, now: i64) -> String {
    let token = &found.token;
    let mut text = head(found, style);
    text.push_str(&needs_attention(found, style, now));
    for application in &token.applications {
        text.push('\n');
        let name = explain::token::application(&token.applications, application);
        text.push_str(&self::application(&name, application, style, now));
    }
    if let Some((title, body)) = explain::cardos::condition(token) {
        text.push_str(&format!("\n{title}\n{body}\n"));
    }
    if token.is_unknown() {
        let page = explain::readers::without_driver(token);
        text.push_str(&format!("\n{}\n{}\n", page.title, page.body));
        if token.has_card_manager() {
            let command = [("command", "symbolonctl gp info")];
            let words = gettext_f("{command} tells what its card manager says.", &command);
            text.push_str(&format!("{words}\n"));
        }
    }
    if !token.answering.is_empty() {
        text.push('\n');
        heading(
            &mut text,
            style,
            0,
            &gettext("Other applications that answer"),
        );
        let mut rows = Facts::default();
        for known in &token.answering {
            rows.add(explain::token::answering(known), hex::encode(&known.aid));
        }
        text.push_str(&rows.to_text(STEP));
    }
    text.push('\n');
    text.push_str(&card(found, style));
    text.push_str(&cost(&token.cost));
    text
}

/// The name of a token, what it is, and where.
pub(super) fn head(found: &Found, style: Style) -> String {
    let mut text = String::new();
    heading(&mut text, style, 0, &explain::token::title(&found.token));
    let kind = explain::token::subtitle(&found.token);
    if !kind.is_empty() {
        text.push_str(&format!("{kind}\n"));
    }
    let practice = if found.reader.practice {
        gettext("Practice card")
    } else {
        String::new()
    };
    text.push_str(&format!("{}\n", explain::dotted(&[place(found), practice])));
    text
}

/// "In reader 2: Alcor Micro AU9540".
pub(super) fn place(found: &Found) -> String {
    gettext_f(
        "In reader {number}: {name}",
        &[
            ("number", &found.number.to_string()),
            ("name", found.reader.name.as_str()),
        ],
    )
}

/// What a CardOS card tells of itself: in words, and the bytes behind them.
pub(super) fn sheet(found: &Found, sheet: &CardOsSheet, style: Style) -> String {
    let mut text = head(found, style);
    text.push('\n');
    heading(&mut text, style, 0, "CardOS");
    let mut rows = Facts::default();
    for line in explain::cardos::lines(sheet) {
        rows.add(line.name, line.value);
    }
    text.push_str(&rows.to_text(STEP));
    text.push('\n');
    heading(&mut text, style, 0, &gettext("Bytes"));
    let mut rows = Facts::default();
    for (name, bytes) in explain::cardos::raw(sheet) {
        let lines: Vec<String> = bytes.chunks(16).map(|line| hex::grouped(line, 1)).collect();
        rows.add(name, lines.join("\n"));
    }
    text.push_str(&rows.to_text(STEP));
    text
}

fn needs_attention(found: &Found, style: Style, now: i64) -> String {
    let matters: Vec<Attention> = of(&found.token, now);
    let mut text = String::new();
    if matters.is_empty() {
        return text;
    }
    text.push('\n');
    heading(&mut text, style, 0, &gettext("Needs attention"));
    for matter in matters {
        let words = attention::words(&found.token, &matter);
        let mark = if matter.matter.is_severe() {
            Mark::Severe
        } else {
            Mark::Warning
        };
        indent(&mut text, STEP, &style.mark(mark, &words.title));
        indent(&mut text, 2 * STEP, &words.subtitle);
    }
    text
}

/// An application with its PINs, keys, certificates and data.
fn application(name: &str, application: &Application, style: Style, now: i64) -> String {
    let mut text = String::new();
    let title = match &application.version {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    };
    heading(&mut text, style, 0, &title);
    match &application.state {
        ApplicationState::Readable => {}
        ApplicationState::Terminated => {
            let words = failure::terminated(application.kind);
            indent(&mut text, STEP, &style.mark(Mark::Severe, &words.title));
            indent(&mut text, STEP, &words.body);
        }
        ApplicationState::Unreadable(why) => {
            let words = failure::unreadable(application.kind, why);
            indent(&mut text, STEP, &style.mark(Mark::Severe, &words.title));
            indent(&mut text, STEP, &words.body);
            indent(&mut text, STEP, why.detail.as_str());
        }
    }
    text.push_str(&pins(&[application], style, STEP));
    text.push_str(&objects(application, style, now));
    let mut rows = of_facts(
        application
            .facts
            .iter()
            .filter(|fact| !is_above(application, fact)),
    );
    rows.add(
        gettext("Application identifier"),
        hex::encode(&application.aid),
    );
    heading(&mut text, style, STEP, &gettext("More"));
    text.push_str(&rows.to_text(2 * STEP));
    text
}

/// Its keys, certificates and data.
pub(super) fn objects(application: &Application, style: Style, now: i64) -> String {
    [
        key_rows(application, style, now),
        public_keys(application, style),
        data(application, style),
    ]
    .concat()
}

/// Whether a fact stands on the page already: in the heading, or with the data that it is from.
fn is_above(application: &Application, fact: &Fact) -> bool {
    let in_heading = fact.name == FactName::Version && application.version.is_some();
    let mut data = application.data.iter().flat_map(|object| &object.facts);
    in_heading || data.any(|known| known.name == fact.name)
}

/// The PINs of applications, each with its tries, its rule and what cannot be done.
pub(super) fn pins(applications: &[&Application], style: Style, indent: usize) -> String {
    let mut rows = Facts::default();
    let pins = applications.iter();
    for (application, pin) in pins.flat_map(|one| one.pins.iter().map(move |pin| (one, pin))) {
        let mut lines = vec![tries(&pin.tries, style)];
        if matches!(pin.factory, crate::token::Factory::Unchanged(_)) {
            lines.push(style.mark(Mark::Warning, &pins::factory_chip(pin.role)));
        }
        lines.push(pins::caption(application, pin));
        lines.extend(impossible(pin));
        rows.add(pins::long_name(application.kind, pin), lines.join("\n"));
    }
    rows.to_text(indent)
}

/// What cannot be done to a PIN, and why.
fn impossible(pin: &Pin) -> impl Iterator<Item = String> + '_ {
    pin.operations.iter().filter_map(|operation| {
        let reason = pins::reason(operation.impossible?);
        let title = pin_dialog::title(operation.kind, pin.role);
        Some(gettext_f(
            // TRANSLATORS: {operation} is "Change PIN", {reason} a sentence.
            "Not possible: {operation}. {reason}",
            &[("operation", &title), ("reason", &reason)],
        ))
    })
}

/// A counter as dots and in words: "●●○ 2 of 3 tries left".
pub(super) fn tries(tries: &Tries, style: Style) -> String {
    let mark = match tries.left {
        TriesLeft::Known(1) => Some(Mark::Warning),
        TriesLeft::Blocked => Some(Mark::Severe),
        TriesLeft::Known(_) => Some(Mark::Good),
        TriesLeft::NotSet | TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread => None,
    };
    let words = pins::tries(tries);
    let dots = dots(tries);
    if dots.is_empty() {
        return words;
    }
    let dots = mark.map_or(dots.clone(), |mark| style.mark(mark, &dots));
    format!("{dots} {words}")
}

/// Full ones for what is left, empty ones for what is lost; nothing where either is not known.
fn dots(tries: &Tries) -> String {
    let left = match tries.left {
        TriesLeft::Known(left) => left,
        TriesLeft::Blocked => 0,
        TriesLeft::NotSet | TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread => {
            return String::new();
        }
    };
    match tries.max {
        Some(max) if max <= MOST_DOTS && left <= max => {
            let full = "●".repeat(usize::from(left));
            full + &"○".repeat(usize::from(max - left))
        }
        _ => String::new(),
    }
}

fn key_rows(application: &Application, style: Style, now: i64) -> String {
    let rows = application.key_rows();
    let mut text = String::new();
    if rows.is_empty() {
        return text;
    }
    heading(&mut text, style, STEP, &gettext("Keys and certificates"));
    for row in &rows {
        let (key, certificate) = match *row {
            KeyRow::Pair(key, certificate) | KeyRow::Mismatch(key, certificate) => {
                (Some(key), Some(certificate))
            }
            KeyRow::KeyOnly(key) => (Some(key), None),
            KeyRow::CertificateOnly(certificate) => (None, Some(certificate)),
        };
        let caption = match (key, certificate) {
            (Some(key), _) => keys::caption(application.kind, key),
            (None, Some(certificate)) => keys::slot(application.kind, certificate.slot),
            (None, None) => String::new(),
        };
        let chip = keys::row_chip(row).unwrap_or_default();
        indent(&mut text, 2 * STEP, &explain::dotted(&[caption, chip]));
        if let Some(certificate) = certificate {
            indent(
                &mut text,
                3 * STEP,
                &certificate_line(certificate, style, now),
            );
        }
        if let Some(key) = key {
            text.push_str(&key_facts(key).to_text(3 * STEP));
            let half: Vec<Fact> = application.public_half(key.reference).cloned().collect();
            if !half.is_empty() {
                indent(&mut text, 3 * STEP, &gettext("Public key"));
                text.push_str(&of_facts(&half).to_text(4 * STEP));
            }
        }
    }
    text
}

fn key_facts(key: &Key) -> Facts {
    let mut rows = Facts::default();
    rows.add(
        gettext("PIN"),
        key.pin_policy.map(keys::pin_policy).unwrap_or_default(),
    );
    rows.add(
        gettext("Touch"),
        key.touch_policy.map(keys::touch_policy).unwrap_or_default(),
    );
    rows.add(
        gettext("Made"),
        key.created.map(explain::dates::moment).unwrap_or_default(),
    );
    let fingerprint = key
        .fingerprint
        .as_deref()
        .map(|bytes| hex::grouped(bytes, 2));
    rows.add(gettext("Fingerprint"), fingerprint.unwrap_or_default());
    for fact in &key.facts {
        rows.add(facts::name(fact.name), facts::of(fact));
    }
    rows
}

/// "Anna Rossi · Valid until 3 December 2026 (in 12 days)".
fn certificate_line(certificate: &Certificate, style: Style, now: i64) -> String {
    let Some(summary) = &certificate.summary else {
        let words = gettext("This is no certificate that can be read.");
        let flaw = certificate.flaw.map(certificates::flaw);
        return explain::sentences(&[style.mark(Mark::Severe, &words), flaw.unwrap_or_default()]);
    };
    let name = summary.name.as_ref().unwrap_or(&summary.subject);
    explain::dotted(&[name.to_string(), standing(certificate, style, now)])
}

/// "Valid until 3 December 2026 (in 12 days)"; nothing if it cannot be read.
pub(super) fn standing(certificate: &Certificate, style: Style, now: i64) -> String {
    let Ok(decoded) = Decoded::parse(&certificate.der) else {
        return String::new();
    };
    let standing = decoded.standing(now);
    let (from, to) = (decoded.not_before, decoded.not_after);
    let sentence = certificates::standing_sentence(standing, from, to);
    style.standing(standing, &sentence)
}

/// Public keys that are there without the private ones.
fn public_keys(application: &Application, style: Style) -> String {
    let mut text = String::new();
    for key in application.lone_public_keys() {
        if text.is_empty() {
            heading(&mut text, style, STEP, &gettext("Public keys"));
        }
        indent(&mut text, 2 * STEP, &keys::public_caption(key));
        text.push_str(&of_facts(&key.facts).to_text(3 * STEP));
    }
    text
}

fn data(application: &Application, style: Style) -> String {
    let mut text = String::new();
    if application.data.is_empty() {
        return text;
    }
    heading(&mut text, style, STEP, &gettext("Data"));
    for object in &application.data {
        let access = facts::readable(object, application);
        let line = [facts::data_name(object), length(object), access];
        indent(&mut text, 2 * STEP, &explain::dotted(&line));
        let rows = of_facts(&object.facts);
        text.push_str(&rows.to_text(3 * STEP));
    }
    text
}

fn length(object: &DataObject) -> String {
    match (&object.content, object.access) {
        (Some(content), _) => explain::bytes(content.len()),
        (None, Access::Public | Access::Pin(_)) => String::new(),
    }
}

fn card(found: &Found, style: Style) -> String {
    let card = &found.token.card;
    let mut text = String::new();
    heading(&mut text, style, 0, &gettext("Card"));
    let mut rows = Facts::default();
    rows.add(facts::name(FactName::Atr), hex::grouped(&card.atr, 2));
    rows.append(of_facts(&card.facts));
    let protocol = card.protocol.map(explain::atr::protocol);
    rows.add(
        facts::name(FactName::Protocol),
        protocol.unwrap_or_default(),
    );
    let listed: Vec<String> = card.listed_as.iter().map(ToString::to_string).collect();
    rows.add(gettext("Listed as"), listed.join("\n"));
    rows.add(
        gettext("Manufacturer"),
        found
            .token
            .manufacturer
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    text.push_str(&rows.to_text(STEP));
    text
}

/// What the reading cost.
fn cost(cost: &Cost) -> String {
    let words = gettext_f(
        "Read with {commands} commands: {sent} bytes sent, {received} bytes received.",
        &[
            (
                "commands",
                &(cost.commands + cost.absent_selects).to_string(),
            ),
            ("sent", &cost.bytes_sent.to_string()),
            ("received", &cost.bytes_received.to_string()),
        ],
    );
    format!("\n{words}\n")
}

fn of_facts<'a>(all: impl IntoIterator<Item = &'a Fact>) -> Facts {
    let mut rows = Facts::default();
    for fact in all {
        rows.add(facts::name(fact.name), facts::of(fact));
    }
    rows
}

fn heading(text: &mut String, style: Style, indent: usize, words: &str) {
    self::indent(text, indent, &style.mark(Mark::Heading, words));
}

fn indent(text: &mut String, indent: usize, line: &str) {
    text.extend(std::iter::repeat_n(' ', indent));
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{dots, head, token};
    use crate::cli::output::Style;
    use crate::cli::session::Found;
    use crate::token::{
        Access, AnsweringApplication, Application, ApplicationKind, ApplicationState, Certificate,
        DataKind, DataObject, Fact, FactName, Flaw, Identity, KeyRef, Reader, ReaderId, SlotState,
        Text, Token, Tries, TriesLeft, Unreadable,
    };

    /// What cards have sent to have a terminal, a log or a person fooled.
    const HOSTILE: &str =
        "\u{1b}[2J\u{1b}]0;x\u{7}\r\n9000 (done)\u{202E}\u{0}\u{9b}31m%s{token}<b>";

    fn hostile() -> Found {
        let text = || Text::from(HOSTILE);
        let mut application = Application::new(ApplicationKind::Piv, &[0xA0]);
        application.version = Some(text());
        application.state = ApplicationState::Unreadable(Unreadable { detail: text() });
        application.facts = vec![Fact::text(FactName::Holder, text())];
        application.certificates = vec![Certificate {
            slot: KeyRef(0x9A),
            der: HOSTILE.as_bytes().to_vec(),
            summary: None,
            flaw: Some(Flaw::Structure),
            label: None,
            facts: Vec::new(),
        }];
        application.data = vec![DataObject {
            kind: DataKind::Chuid,
            access: Access::Public,
            content: Some(HOSTILE.as_bytes().to_vec()),
            facts: vec![Fact::text(FactName::Url, text())],
            label: None,
        }];
        let mut token = Token {
            label: Some(text()),
            model: Some(text()),
            manufacturer: Some(text()),
            serial: Some(text()),
            applications: vec![application],
            answering: vec![AnsweringApplication {
                name: text(),
                aid: vec![0xA0],
            }],
            complete: true,
            ..Token::default()
        };
        token.card.listed_as = vec![text()];
        let identity = Identity {
            reader: ReaderId(1),
            insertion: 1,
        };
        Found {
            number: 1,
            reader: Reader {
                id: identity.reader,
                name: text(),
                practice: false,
                pinpad: false,
                slot: SlotState::Present { identity },
            },
            identity,
            token: Arc::new(token),
        }
    }

    #[test]
    fn no_text_of_a_card_leaves_its_line() {
        let found = hostile();
        let page = token(&found, Style::Plain, 0);
        let steers = |character: char| {
            character.is_control() && character != '\n' || character == '\u{202E}'
        };
        assert!(!page.contains(steers), "{page:?}");
        let alone = page.lines().find(|line| line.trim().starts_with("9000"));
        assert_eq!(alone, None, "{page}");
        let document =
            serde_json::to_string(&crate::cli::json::TokenDocument::new(&found)).unwrap();
        assert!(
            !document.contains(steers) && !document.contains("\\u"),
            "{document}"
        );
    }

    #[test]
    fn without_colours_there_is_no_escape() {
        assert!(!head(&hostile(), Style::Plain).contains('\u{1b}'));
        assert!(head(&hostile(), Style::Coloured).starts_with("\u{1b}[1m"));
    }

    #[test]
    fn dots_are_drawn_where_both_numbers_are_known_and_small() {
        let dots = |left, max| dots(&Tries { left, max });
        assert_eq!(dots(TriesLeft::Known(2), Some(3)), "●●○");
        assert_eq!(dots(TriesLeft::Blocked, Some(3)), "○○○");
        assert_eq!(dots(TriesLeft::Known(2), None), "");
        assert_eq!(dots(TriesLeft::Known(5), Some(3)), "");
        assert_eq!(dots(TriesLeft::Known(15), Some(15)), "");
        assert_eq!(dots(TriesLeft::NotSet, Some(3)), "");
        assert_eq!(dots(TriesLeft::Unknown, Some(3)), "");
    }
}
