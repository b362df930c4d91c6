//! The page of data: what is neither key nor certificate, decoded, with the bytes behind.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use super::pins::trouble;
use super::rows::{Frame, Section, icon, nothing};
use super::{Subject, Wires, copied};
use crate::base::hex;
use crate::base::i18n::gettext;
use crate::explain;
use crate::token::{Access, Application, ApplicationState, DataObject, PublicKeyObject};
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::{FactRow, FactText, fill_when_opened};

/// A row that opens.
#[derive(Clone, Debug, Eq, PartialEq)]
struct DataLine {
    title: String,
    caption: String,
    /// Whether the contents are there for everybody.
    public: bool,
    facts: Vec<FactText>,
    hex: Option<String>,
}

/// Heading, line below it, rows.
type Group = (String, Option<String>, Vec<DataLine>);

fn groups(applications: &[Application]) -> Vec<Group> {
    let group = |application: &Application| {
        let object = |object: &DataObject| data_line(application, object);
        let public = application.lone_public_keys().map(public_line);
        let lines: Vec<DataLine> = public.chain(application.data.iter().map(object)).collect();
        let line = trouble(application).or_else(|| explain::facts::more_after_pin(application));
        let line = line.or_else(|| {
            let readable = application.state == ApplicationState::Readable;
            (lines.is_empty() && readable).then(|| gettext("No other data."))
        });
        let title = explain::token::application(applications, application);
        (title, line, lines)
    };
    applications.iter().map(group).collect()
}

/// A public key without its private half is data like others.
fn public_line(key: &PublicKeyObject) -> DataLine {
    let spki = key.public_key.as_ref().map(|public| &public.spki);
    DataLine {
        title: gettext("Public key"),
        caption: explain::keys::public_caption(key),
        public: true,
        facts: key.facts.iter().map(FactText::of).collect(),
        hex: spki.map(|spki| hex::grouped(spki, 1)),
    }
}

fn data_line(application: &Application, object: &DataObject) -> DataLine {
    let access = explain::facts::readable(object, application);
    let size = match &object.content {
        Some(content) if content.is_empty() => Some(gettext("empty")),
        Some(content) => Some(explain::bytes(content.len())),
        None => None,
    };
    let caption: Vec<String> = size.into_iter().chain([access]).collect();
    let content = object.content.as_ref().filter(|bytes| !bytes.is_empty());
    DataLine {
        title: explain::facts::data_name(object),
        caption: explain::dotted(&caption),
        public: object.access == Access::Public,
        facts: object.facts.iter().map(FactText::of).collect(),
        hex: content.map(|bytes| hex::grouped(bytes, 1)),
    }
}

/// The page.
#[derive(Debug)]
pub(super) struct DataPage {
    pub(super) frame: Frame,
    sections: Vec<Section<DataLine>>,
    sections_box: gtk::Box,
    nothing: adw::StatusPage,
    wires: Wires,
}

impl DataPage {
    /// An empty page.
    pub(super) fn new(wires: Wires) -> Self {
        let frame = Frame::new();
        let sections_box = gtk::Box::new(gtk::Orientation::Vertical, 24);
        frame.append(&sections_box);
        let nothing = nothing(
            "folder-documents-symbolic",
            &gettext("No data"),
            &gettext("There is nothing on this token besides its keys and PINs."),
        );
        frame.append(&nothing);
        Self {
            frame,
            sections: Vec::new(),
            sections_box,
            nothing,
            wires,
        }
    }

    /// Shows the data of a token.
    pub(super) fn show(&mut self, subject: &Subject) {
        let mut groups = groups(&subject.token.applications);
        if !subject.token.complete {
            groups.retain(|(_, _, lines)| !lines.is_empty());
        }
        self.frame.set_reading(!subject.token.complete);
        self.nothing
            .set_visible(groups.is_empty() && subject.token.complete);
        for section in self.sections.drain(groups.len().min(self.sections.len())..) {
            self.sections_box.remove(section.widget());
        }
        for (index, (title, line, lines)) in groups.into_iter().enumerate() {
            if self.sections.get(index).is_none() {
                let section = Section::new("");
                self.sections_box.append(section.widget());
                self.sections.push(section);
            }
            if let Some(section) = self.sections.get_mut(index) {
                section.set_heading(&title, line.as_deref());
                section.show(&lines, |line| build(line, &self.wires));
                section.widget().set_visible(true);
            }
        }
    }

    /// Forgets the token.
    pub(super) fn clear(&mut self) {
        for section in self.sections.drain(..) {
            self.sections_box.remove(section.widget());
        }
        self.frame.to_top();
    }
}

fn build(model: &DataLine, wires: &Wires) -> gtk::Widget {
    let picture = if model.public {
        "folder-documents-symbolic"
    } else {
        "changes-prevent-symbolic"
    };
    let row = adw::ExpanderRow::builder()
        .use_markup(false)
        .title(&model.title)
        .subtitle(&model.caption)
        .build();
    row.add_prefix(&icon(picture, None));
    row.set_a11y_label(&format!("{}, {}", model.title, model.caption));
    for fact in &model.facts {
        row.add_row(&FactRow::new(fact, copied(wires)));
    }
    if let Some(hex) = &model.hex {
        let fact = FactText::new(gettext("Bytes"), hex.as_str()).monospace();
        let copied = copied(wires);
        fill_when_opened(&row, move || vec![FactRow::new(&fact, copied.clone())]);
    }
    // There is nothing behind what was not read: no arrow promises it.
    row.set_enable_expansion(!model.facts.is_empty() || model.hex.is_some());
    row.upcast()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::{
        Alphabet, ApplicationKind, DataKind, Factory, Pin, PinReference, PinRole, PinRule, Tries,
        TriesLeft,
    };

    #[test]
    fn private_data_says_which_pin_it_needs() {
        let mut openpgp = Application::new(ApplicationKind::OpenPgp, &[]);
        openpgp.pins.push(Pin {
            reference: PinReference(0x82),
            role: PinRole::User,
            label: None,
            tries: Tries {
                left: TriesLeft::Known(3),
                max: Some(3),
            },
            rule: PinRule {
                min: 6,
                max: 127,
                alphabet: Alphabet::Any,
            },
            factory: Factory::Changed,
            uses: Vec::new(),
            operations: Vec::new(),
            facts: Vec::new(),
        });
        openpgp.data = vec![
            DataObject {
                kind: DataKind::PrivateUse(3),
                access: Access::Pin(PinReference(0x82)),
                content: None,
                facts: Vec::new(),
                label: None,
            },
            DataObject {
                kind: DataKind::Login,
                access: Access::Public,
                content: Some(b"thomas".to_vec()),
                facts: Vec::new(),
                label: None,
            },
        ];
        let groups = groups(&[openpgp]);
        let (title, line, lines) = groups.first().unwrap();
        assert_eq!((title.as_str(), line), ("OpenPGP", &None));
        let private = lines.first().unwrap();
        assert_eq!(private.caption, "needs the PIN");
        assert!(!private.public && private.hex.is_none());
        let public = lines.last().unwrap();
        assert_eq!(public.caption, "6 bytes · public");
        assert_eq!(public.hex.as_deref(), Some("74 68 6F 6D 61 73"));
    }
}
