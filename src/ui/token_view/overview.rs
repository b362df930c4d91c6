//! The first page: what it is, what is wrong with it, what it holds.

use relm4::adw::prelude::*;
use relm4::gtk;

use super::attention::{self, AttentionLine};
use super::identity::{Card, Identity};
use super::key_line::{self, KeyLine};
use super::keys::opener;
use super::rows::{Frame, Section, arrow, label, line, opening_row, row, titled, worded_button};
use super::{Page, Subject, TokenViewInput, TokenViewOutput, Wires};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::plan::Survey;
use crate::token::{Application, ApplicationKind, Fact, FactName, Token, Tries};
use crate::ui::widgets::{FactRow, FactText, Fold, Lead, TriesDots};

/// So many keys stand on the overview; all of them are on their own page.
const MOST_KEYS: usize = 5;

/// The PINs of an application in one row.
#[derive(Clone, Debug, Eq, PartialEq)]
struct PinsLine {
    title: String,
    caption: String,
    tries: Tries,
}

/// A row of the keys: one of them, or the way to the others.
#[derive(Clone, Debug, Eq, PartialEq)]
enum KeysLine {
    Key(KeyLine),
    More(usize),
}

/// One row for each application with PINs: the holder's PIN stands for the others. Those that
/// are worse off are among what wants attention.
fn pins_lines(applications: &[Application]) -> Vec<PinsLine> {
    let lines = applications.iter().filter_map(|application| {
        Some(PinsLine {
            title: explain::token::application(applications, application),
            caption: explain::pins::roles(application),
            tries: application.pins.first()?.tries,
        })
    });
    lines.collect()
}

fn keys_lines(applications: &[Application], now: i64) -> Vec<KeysLine> {
    let all: Vec<KeyLine> = applications
        .iter()
        .flat_map(|application| key_line::lines(application, now))
        .collect();
    let count = all.len();
    let shown = if count > MOST_KEYS + 1 {
        MOST_KEYS
    } else {
        count
    };
    let mut lines: Vec<KeysLine> = all.into_iter().take(shown).map(KeysLine::Key).collect();
    if count > shown {
        lines.push(KeysLine::More(count));
    }
    lines
}

/// What people ask of a token as a whole; the rest is on the technical page.
fn about(token: &Token, reader: &str) -> Vec<FactText> {
    let mut facts = Vec::new();
    let mut add = |name: String, value: &str| {
        let fact = FactText::new(name, value);
        if !value.trim().is_empty() && !facts.contains(&fact) {
            facts.push(fact);
        }
    };
    let fields = [
        (FactName::Serial, &token.serial),
        (FactName::Manufacturer, &token.manufacturer),
    ];
    if let Some(model) = &token.model {
        add(gettext("Model"), model.as_str());
    }
    for (name, text) in fields {
        if let Some(text) = text {
            add(explain::facts::name(name), text.as_str());
        }
    }
    for fact in personal(token) {
        add(explain::facts::name(fact.name), &explain::facts::of(fact));
    }
    add(gettext("Reader"), reader);
    facts
}

fn personal(token: &Token) -> impl Iterator<Item = &Fact> {
    let wanted = |fact: &&Fact| {
        matches!(
            fact.name,
            FactName::Holder
                | FactName::Languages
                | FactName::Login
                | FactName::Url
                | FactName::SignatureCounter
                | FactName::Expires
        )
    };
    token.applications.iter().flat_map(move |application| {
        let objects = application.data.iter().flat_map(|object| &object.facts);
        application.facts.iter().chain(objects).filter(wanted)
    })
}

/// Of a card that nothing here reads: what answered all the same. For others it is technical.
fn answers(token: &Token) -> Vec<FactText> {
    if !token.is_unknown() {
        return Vec::new();
    }
    let answering = token.answering.iter().map(|application| {
        let name = explain::token::answering(application);
        FactText::new(name, hex::grouped(&application.aid, 1)).monospace()
    });
    answering.collect()
}

/// The page.
#[derive(Debug)]
pub(super) struct OverviewPage {
    pub(super) frame: Frame,
    card: Card,
    set_up: gtk::Button,
    unknown: Section<String>,
    /// What a card without application is.
    condition: Section<(String, String)>,
    attention: Section<AttentionLine>,
    pins: Section<PinsLine>,
    keys: Section<KeysLine>,
    answers: Section<FactText>,
    about: Section<FactText>,
    /// Whether more than four matters were asked for.
    all: bool,
    wires: Wires,
}

impl OverviewPage {
    /// An empty page.
    pub(super) fn new(wires: Wires) -> Self {
        let frame = Frame::new();
        let page = Self {
            card: Card::new(),
            set_up: set_up_button(&wires),
            unknown: Section::new(""),
            condition: Section::new(""),
            attention: Section::new(&gettext("Needs attention")),
            pins: Section::new(&gettext("PINs")),
            keys: Section::new(&gettext("Keys and certificates")),
            answers: Section::new(&gettext("What answers")),
            about: Section::new(&gettext("About")),
            all: false,
            frame,
            wires,
        };
        let frame = &page.frame;
        frame.append(page.card.widget());
        frame.append(&page.set_up);
        frame.append(page.unknown.widget());
        frame.append(page.condition.widget());
        frame.append(page.attention.widget());
        frame.append(page.pins.widget());
        frame.append(page.keys.widget());
        frame.append(page.answers.widget());
        frame.append(page.about.widget());
        let input = page.wires.input.clone();
        page.pins.rows.connect_activated(move |_| {
            input.emit(TokenViewInput::Page(Page::Pins));
        });
        let input = page.wires.input.clone();
        page.attention
            .rows
            .connect_activated(move |line| match line {
                AttentionLine::More(_) => input.emit(TokenViewInput::ShowAllMatters),
                AttentionLine::Matter { .. } => {}
            });
        let (input, open) = (page.wires.input.clone(), opener(&page.wires));
        page.keys.rows.connect_activated(move |line| match line {
            KeysLine::Key(line) => open(line),
            KeysLine::More(_) => input.emit(TokenViewInput::Page(Page::Keys)),
        });
        page
    }

    /// Shows a token.
    pub(super) fn show(&mut self, subject: &Subject) {
        let token = &subject.token;
        let matters = attention::lines(token, subject.unfinished.as_deref(), subject.now);
        self.card.show(&Identity::of(subject, matters.len()));
        self.set_up
            .set_visible(subject.unfinished.is_none() && is_blank(token));
        let unknown = token
            .is_unknown()
            .then(|| explain::readers::without_driver(token).body);
        let unknown: Vec<String> = unknown.into_iter().collect();
        self.unknown
            .show(&unknown, |words| unknown_row(words, &self.wires));
        let condition: Vec<(String, String)> =
            explain::cardos::condition(token).into_iter().collect();
        self.condition.show(&condition, condition_row);
        let matters = attention::first(matters, self.all);
        self.attention
            .show(&matters, |line| attention::build(line, &self.wires));
        self.pins.show(&pins_lines(&token.applications), build_pins);
        self.keys
            .show(&keys_lines(&token.applications, subject.now), build_keys);
        let copied = super::copied(&self.wires);
        self.answers.show(&answers(token), |fact| {
            FactRow::new(fact, copied.clone()).upcast()
        });
        self.about
            .show(&about(token, subject.reader.name.as_str()), |fact| {
                FactRow::new(fact, copied.clone()).upcast()
            });
        self.frame.set_reading(!token.complete);
    }

    /// Shows all matters instead of the worst four.
    pub(super) fn show_all(&mut self, subject: &Subject) {
        self.all = true;
        self.show(subject);
    }

    /// Forgets the token.
    pub(super) fn clear(&mut self) {
        self.all = false;
        self.unknown.rows.clear();
        self.condition.rows.clear();
        self.attention.rows.clear();
        self.pins.rows.clear();
        self.keys.rows.clear();
        self.answers.rows.clear();
        self.about.rows.clear();
        self.frame.to_top();
    }
}

/// Whether there is nothing on a card that can be set up.
fn is_blank(token: &Token) -> bool {
    let empty = |read: &Application| read.kind == ApplicationKind::Muscle;
    token.complete && token.applications.iter().all(empty) && Survey::is_for(token)
}

fn set_up_button(wires: &Wires) -> gtk::Button {
    let button = gtk::Button::builder()
        .label(gettext("Set Up…"))
        .halign(gtk::Align::Center)
        .css_classes(["pill", "suggested-action"])
        .visible(false)
        .build();
    let output = wires.output.clone();
    button.connect_clicked(move |_| output.emit(TokenViewOutput::SetUpChosen));
    button
}

fn unknown_row(words: &str, wires: &Wires) -> gtk::Widget {
    let button = worded_button(&gettext("Send a Command…"), &gettext("Send a Command…"));
    let output = wires.output.clone();
    button.connect_clicked(move |_| output.emit(TokenViewOutput::CommandChosen));
    let text = label(words, &[]);
    text.set_hexpand(true);
    let line = line();
    line.append(&Fold::new(&text, &button, Lead::Chars(20)));
    row(&line, words).upcast()
}

fn condition_row((title, body): &(String, String)) -> gtk::Widget {
    let line = line();
    line.append(&titled(title, &[], None, body));
    row(&line, &format!("{title}. {body}")).upcast()
}

fn build_pins(model: &PinsLine) -> gtk::Widget {
    let text = titled(&model.title, &[], None, &model.caption);
    let dots = TriesDots::new(model.tries);
    let line = line();
    line.append(&Fold::new(&text, dots.widget(), Lead::Chars(12)));
    line.append(&arrow());
    let tries = explain::pins::tries(&model.tries);
    let spoken = format!("{}, {}, {tries}", model.title, model.caption);
    opening_row(&line, &spoken).upcast()
}

fn build_keys(model: &KeysLine) -> gtk::Widget {
    match model {
        KeysLine::Key(line) => key_line::build(line),
        KeysLine::More(count) => {
            let words = gettext_f("Show all {count}", &[("count", &count.to_string())]);
            let line = line();
            let text = label(&words, &[]);
            text.set_hexpand(true);
            line.append(&text);
            line.append(&arrow());
            opening_row(&line, &words).upcast()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::{
        AnsweringApplication, ApplicationKind, Evidence, Factory, Key, KeyRef, Pin, PinReference,
        PinRole, PinRule, Purpose, TriesLeft,
    };

    fn pin(role: PinRole, left: TriesLeft) -> Pin {
        Pin {
            reference: PinReference(0x80),
            role,
            label: None,
            tries: Tries { left, max: Some(3) },
            rule: PinRule {
                min: 6,
                max: 8,
                alphabet: crate::token::Alphabet::Any,
            },
            factory: Factory::Changed,
            uses: Vec::new(),
            operations: Vec::new(),
            facts: Vec::new(),
        }
    }

    #[test]
    fn a_row_of_pins_shows_the_one_of_the_holder() {
        let mut openpgp = Application::new(ApplicationKind::OpenPgp, &[]);
        assert!(pins_lines(std::slice::from_ref(&openpgp)).is_empty());
        openpgp.pins = vec![
            pin(PinRole::User, TriesLeft::Known(2)),
            pin(PinRole::ResettingCode, TriesLeft::NotSet),
            pin(PinRole::Admin, TriesLeft::Blocked),
        ];
        let line = pins_lines(&[openpgp]).pop().unwrap();
        assert_eq!(line.tries.left, TriesLeft::Known(2));
        assert_eq!(line.caption, "PIN, resetting code and admin PIN");
    }

    #[test]
    fn many_keys_are_left_to_their_page() {
        let mut piv = Application::new(ApplicationKind::Piv, &[]);
        for reference in 0x82..=0x95 {
            piv.keys.push(Key {
                reference: KeyRef(reference),
                purpose: Purpose::RetiredDecryption,
                algorithm: None,
                origin: None,
                pin_policy: None,
                touch_policy: None,
                public_key: None,
                evidence: Evidence::Card,
                fingerprint: None,
                created: None,
                label: None,
                facts: Vec::new(),
            });
        }
        let lines = keys_lines(std::slice::from_ref(&piv), 0);
        assert_eq!(lines.len(), MOST_KEYS + 1);
        assert_eq!(lines.last(), Some(&KeysLine::More(20)));
        piv.keys.truncate(MOST_KEYS + 1);
        assert_eq!(keys_lines(&[piv], 0).len(), MOST_KEYS + 1);
    }

    #[test]
    fn facts_about_the_holder_are_told_once() {
        let mut openpgp = Application::new(ApplicationKind::OpenPgp, &[]);
        openpgp.facts = vec![
            Fact::text(FactName::Serial, "000F 00000001".into()),
            Fact::text(FactName::Login, "thomas".into()),
            Fact::text(FactName::Login, "thomas".into()),
            Fact::text(FactName::Url, " ".into()),
        ];
        let token = Token {
            serial: Some("14725836".into()),
            applications: vec![openpgp],
            ..Token::default()
        };
        let names: Vec<String> = about(&token, "SCR 3310")
            .into_iter()
            .map(|fact| fact.name)
            .collect();
        assert_eq!(names, ["Serial number", "Login name", "Reader"]);
    }

    #[test]
    fn an_unknown_card_says_what_answers() {
        let token = Token {
            answering: vec![AnsweringApplication {
                name: "FIDO".into(),
                aid: vec![0xA0, 0x00, 0x00, 0x06, 0x47],
            }],
            complete: true,
            ..Token::default()
        };
        let facts = answers(&token);
        let known = Token {
            complete: false,
            ..token.clone()
        };
        assert!(answers(&known).is_empty());
        assert_eq!(facts.first().unwrap().name, "FIDO");
        assert_eq!(facts.first().unwrap().value, "A0 00 00 06 47");
    }
}
