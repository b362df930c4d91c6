//! The technical page: the card below the applications, the reader, what the reading cost.

use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use super::applets::{may_be_asked, may_have_manager};
use super::rows::{Frame, Section, icon, row};
use super::{Page, Subject, TokenViewInput, TokenViewOutput, Wires, copied};
use crate::backend::Failure;
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::explain;
use crate::token::{
    Application, ApplicationState, Card, CardOsSheet, Cost, FactName, FactValue, Pin, Reader, Text,
    Token,
};
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::{FactRow, FactText, fill_when_opened};

/// Heading and rows.
type Group = (String, Vec<FactText>);

fn groups(token: &Token, reader: &Reader) -> Vec<Group> {
    let mut groups = vec![
        (gettext("Card"), card(&token.card)),
        (gettext("Reader"), reader_facts(reader)),
    ];
    for found in &token.applications {
        let title = explain::token::application(&token.applications, found);
        groups.push((title, application(found)));
        groups.extend(found.pins.iter().map(|pin| self::pin(found, pin)));
    }
    let answering: Vec<FactText> = token
        .answering
        .iter()
        .map(|found| {
            let name = explain::token::answering(found);
            FactText::new(name, hex::grouped(&found.aid, 1)).monospace()
        })
        .collect();
    // TRANSLATORS: Applications on a card that answer but are not read by this program.
    groups.push((gettext("Also answers"), answering));
    groups.push((gettext("This reading"), cost(&token.cost)));
    groups.retain(|(_, facts)| !facts.is_empty());
    groups
}

fn card(card: &Card) -> Vec<FactText> {
    let mut facts: Vec<FactText> = card
        .listed_as
        .iter()
        .map(|name: &Text| FactText::new(gettext("Listed as"), name.as_str()))
        .collect();
    if !card.atr.is_empty() {
        let words = explain::atr::words(&card.atr).into_iter();
        let bytes = [FactName::Atr, FactName::HistoricalBytes].map(explain::facts::name);
        facts.extend(words.map(|(name, value)| {
            let in_hex = bytes.contains(&name);
            let fact = FactText::new(name, value);
            if in_hex {
                fact.monospace()
            } else {
                fact.without_copy()
            }
        }));
    }
    if let Some(protocol) = card.protocol {
        let name = explain::facts::name(FactName::Protocol);
        facts.push(FactText::new(name, explain::atr::protocol(protocol)).without_copy());
    }
    for fact in card.facts.iter().map(FactText::of) {
        if !facts.iter().any(|shown| shown.name == fact.name) {
            facts.push(fact);
        }
    }
    facts
}

fn reader_facts(reader: &Reader) -> Vec<FactText> {
    let keys = if reader.pinpad {
        gettext("Yes: PINs can be typed on it")
    } else {
        gettext("No")
    };
    let mut facts = vec![
        FactText::new(gettext("Name"), reader.name.as_str()),
        FactText::new(gettext("Keys of its own"), keys).without_copy(),
    ];
    if reader.practice {
        let words = gettext("Yes: it exists in this program only");
        facts.push(FactText::new(gettext("Practice reader"), words).without_copy());
    }
    facts
}

fn application(application: &Application) -> Vec<FactText> {
    let name = gettext("Application identifier (AID)");
    let mut facts = vec![FactText::new(name, hex::grouped(&application.aid, 1)).monospace()];
    if let Some(version) = &application.version {
        let name = explain::facts::name(FactName::Version);
        facts.push(FactText::new(name, version.as_str()));
    }
    match &application.state {
        ApplicationState::Readable => {}
        ApplicationState::Terminated => {
            let words = explain::failure::terminated(application.kind);
            facts.push(FactText::new(words.title, words.body));
        }
        ApplicationState::Unreadable(why) => {
            let title = explain::failure::unreadable_title(application.kind);
            facts.push(FactText::new(title, why.detail.as_str()));
        }
    }
    let others = application.facts.iter().filter(|fact| {
        let version = fact.name == FactName::Version && application.version.is_some();
        let nothing = matches!(&fact.value, FactValue::Text(text) if text.is_empty());
        !version && !nothing
    });
    facts.extend(others.map(FactText::of));
    facts
}

/// What the card says of a PIN beyond what its own page tells.
fn pin(application: &Application, pin: &Pin) -> Group {
    let name = explain::pins::long_name(application.kind, pin);
    (name, pin.facts.iter().map(FactText::of).collect())
}

fn cost(cost: &Cost) -> Vec<FactText> {
    if cost.commands == 0 {
        return Vec::new();
    }
    let commands = ngettext_f(
        "{count} command",
        "{count} commands",
        cost.commands,
        &[("count", &cost.commands.to_string())],
    );
    let bytes = gettext_f(
        // TRANSLATORS: Bytes to and from a card.
        "{sent} bytes sent, {received} received",
        &[
            ("sent", &cost.bytes_sent.to_string()),
            ("received", &cost.bytes_received.to_string()),
        ],
    );
    vec![
        FactText::new(gettext("Commands"), commands).without_copy(),
        FactText::new(gettext("Data"), bytes).without_copy(),
    ]
}

/// A row of what a CardOS card tells of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
enum SheetLine {
    Fact(FactText),
    /// The bytes behind the words, folded away.
    Bytes(Vec<FactText>),
}

/// What the card tells of itself in rows, or why it does not.
fn sheet_lines(sheet: Result<&CardOsSheet, &Failure>) -> Vec<SheetLine> {
    let sheet = match sheet {
        Ok(sheet) => sheet,
        Err(failure) => {
            let words = explain::failure(failure);
            let fact = FactText::new(words.title, words.body).without_copy();
            return vec![SheetLine::Fact(fact)];
        }
    };
    let words = explain::cardos::lines(sheet).into_iter();
    let words = words.map(|line| SheetLine::Fact(FactText::new(line.name, line.value)));
    let bytes: Vec<FactText> = explain::cardos::raw(sheet)
        .into_iter()
        .map(|(name, bytes)| FactText::bytes(name, bytes))
        .collect();
    let bytes = (!bytes.is_empty()).then_some(SheetLine::Bytes(bytes));
    words.chain(bytes).collect()
}

fn build_sheet(line: &SheetLine, wires: &Wires) -> gtk::Widget {
    match line {
        SheetLine::Fact(fact) => FactRow::new(fact, copied(wires)).upcast(),
        SheetLine::Bytes(facts) => {
            let title = gettext("Bytes");
            let caption = gettext("As the card sent them");
            let row = adw::ExpanderRow::builder()
                .use_markup(false)
                .title(&title)
                .subtitle(&caption)
                .build();
            row.add_prefix(&icon("folder-documents-symbolic", None));
            row.set_a11y_label(&format!("{title}, {caption}"));
            let (facts, copied) = (facts.clone(), copied(wires));
            fill_when_opened(&row, move || {
                let rows = facts.iter();
                rows.map(|fact| FactRow::new(fact, copied.clone()))
                    .collect()
            });
            row.upcast()
        }
    }
}

/// The page.
#[derive(Debug)]
pub(super) struct TechnicalPage {
    pub(super) frame: Frame,
    sections: Vec<Section<FactText>>,
    sections_box: gtk::Box,
    /// What a CardOS card tells of itself, once somebody has looked at this page.
    sheet: Section<SheetLine>,
    /// The way to the page of applets, where the token does not have it from the first.
    manager: adw::PreferencesGroup,
    wires: Wires,
}

impl TechnicalPage {
    /// An empty page.
    pub(super) fn new(wires: Wires) -> Self {
        let frame = Frame::new();
        let sections_box = gtk::Box::new(gtk::Orientation::Vertical, 24);
        frame.append(&sections_box);
        let sheet = Section::new("CardOS");
        frame.append(sheet.widget());
        let manager = manager(&wires);
        frame.append(&manager);
        frame.append(&console(&wires));
        Self {
            frame,
            sections: Vec::new(),
            sections_box,
            sheet,
            manager,
            wires,
        }
    }

    /// Shows the technical side of a token.
    pub(super) fn show(&mut self, subject: &Subject) {
        let groups = groups(&subject.token, &subject.reader);
        self.frame.set_reading(!subject.token.complete);
        let token = &subject.token;
        let asked_here = may_be_asked(token) && !may_have_manager(token);
        self.manager.set_visible(asked_here);
        for section in self.sections.drain(groups.len().min(self.sections.len())..) {
            self.sections_box.remove(section.widget());
        }
        for (index, (title, facts)) in groups.into_iter().enumerate() {
            if self.sections.get(index).is_none() {
                let section = Section::new("");
                self.sections_box.append(section.widget());
                self.sections.push(section);
            }
            if let Some(section) = self.sections.get_mut(index) {
                section.set_heading(&title, None);
                let copied = copied(&self.wires);
                section.show(&facts, |fact| FactRow::new(fact, copied.clone()).upcast());
            }
        }
    }

    /// Shows what the card tells of itself, or why it does not.
    pub(super) fn show_sheet(&mut self, sheet: Result<Arc<CardOsSheet>, Failure>) {
        let lines = sheet_lines(sheet.as_deref());
        self.sheet
            .show(&lines, |line| build_sheet(line, &self.wires));
    }

    /// Forgets the token.
    pub(super) fn clear(&mut self) {
        self.sheet.show(&[], |line| build_sheet(line, &self.wires));
        for section in self.sections.drain(..) {
            self.sections_box.remove(section.widget());
        }
        self.frame.to_top();
    }
}

/// The way to the page of applets.
fn manager(wires: &Wires) -> adw::PreferencesGroup {
    let input = wires.input.clone();
    way(
        "application-x-addon-symbolic",
        &gettext("Ask the card manager"),
        &gettext("On Java cards it tells which applets are there, and loads others."),
        move || input.emit(TokenViewInput::Page(Page::Applets)),
    )
}

/// The way to the console, last on the page: it is for those who know what they do.
fn console(wires: &Wires) -> adw::PreferencesGroup {
    let output = wires.output.clone();
    way(
        "utilities-terminal-symbolic",
        &gettext("Send a command…"),
        &gettext("Bytes as they stand, for those who know what they do."),
        move || output.emit(TokenViewOutput::CommandChosen),
    )
}

/// A row that leads somewhere, alone in its group.
fn way(
    sign: &str,
    title: &str,
    caption: &str,
    chosen: impl Fn() + 'static,
) -> adw::PreferencesGroup {
    let line = super::rows::line();
    line.append(&icon(sign, None));
    line.append(&super::rows::titled(title, &[], None, caption));
    line.append(&super::rows::arrow());
    let row = row(&line, title);
    row.set_activatable(true);
    let group = adw::PreferencesGroup::new();
    group.add(&row);
    // The list inside the group tells of clicks; the row itself only of Enter.
    if let Some(list) = row.parent().and_downcast::<gtk::ListBox>() {
        list.connect_row_activated(move |_, _| chosen());
    }
    group
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::{ApplicationKind, Fact, ReaderId, SlotState, Told, Unreadable};

    #[test]
    fn everything_has_a_name_and_nothing_is_said_twice() {
        let mut openpgp = Application::new(ApplicationKind::OpenPgp, &[0xD2, 0x76]);
        openpgp.version = Some("3.4".into());
        openpgp.facts = vec![
            Fact::text(FactName::Version, "3.4".into()),
            Fact::number(FactName::MaxCommand, 2048),
        ];
        openpgp.state = ApplicationState::Unreadable(Unreadable {
            detail: "GET DATA 6E answered 6F00".into(),
        });
        let token = Token {
            applications: vec![openpgp],
            complete: true,
            ..Token::default()
        };
        let reader = Reader {
            id: ReaderId(1),
            name: "SCR 3310".into(),
            practice: false,
            pinpad: true,
            slot: SlotState::Empty,
        };
        let groups = groups(&token, &reader);
        let titles: Vec<&str> = groups.iter().map(|(title, _)| title.as_str()).collect();
        assert_eq!(titles, ["Reader", "OpenPGP"]);
        let (_, facts) = groups.last().unwrap();
        let names: Vec<&str> = facts.iter().map(|fact| fact.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "Application identifier (AID)",
                "Version",
                "OpenPGP cannot be read",
                "Longest command"
            ]
        );
        assert_eq!(facts.last().unwrap().value, "2048 bytes");
    }

    #[test]
    fn a_sheet_is_words_and_then_the_bytes_behind_them() {
        let told = Told {
            raw: vec![0x01, 0x2C],
            value: Some(300),
        };
        let sheet = CardOsSheet {
            longest_data: Some(told),
            ..CardOsSheet::default()
        };
        let lines = sheet_lines(Ok(&sheet));
        let name = "Longest data of a command";
        let words = SheetLine::Fact(FactText::new(name, "300 bytes"));
        let bytes = SheetLine::Bytes(vec![FactText::bytes(name, &[0x01, 0x2C])]);
        assert_eq!(lines, [words, bytes]);
        let lines = sheet_lines(Err(&Failure::NoCard));
        assert!(matches!(&lines[..], [SheetLine::Fact(fact)] if fact.copy.is_none()));
        assert_eq!(sheet_lines(Ok(&CardOsSheet::default())), []);
    }

    #[test]
    fn an_answer_to_reset_is_told_in_words() {
        let bytes = hex::decode("3BFD1300008131FE158073C021C057597562694B657940").unwrap();
        let card = Card {
            atr: bytes.clone(),
            listed_as: vec!["YubiKey 5C NFC".into()],
            ..Card::default()
        };
        let facts = super::card(&card);
        let value = |name: &str| {
            let fact = facts.iter().find(|fact| fact.name == name).unwrap();
            fact.value.clone()
        };
        assert_eq!(value("Listed as"), "YubiKey 5C NFC");
        assert_eq!(value("Historical bytes as text"), "YubiKey");
        let atr = explain::facts::name(FactName::Atr);
        assert_eq!(value(&atr), hex::grouped(&bytes, 1));
        assert!(facts.iter().any(|fact| fact.name == atr && fact.monospace));
    }
}
