//! The page of keys: a group for each application, a key and its certificate as one row.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use super::key_line::{self, KeyLine, Opens};
use super::pins::trouble;
use super::rows::{Frame, Section, nothing};
use super::{Subject, TokenViewInput, TokenViewOutput, Wires};
use crate::base::i18n::gettext;
use crate::explain;
use crate::token::{Application, ApplicationState};

/// The page.
#[derive(Debug)]
pub(super) struct KeysPage {
    pub(super) frame: Frame,
    sections: Vec<Section<KeyLine>>,
    sections_box: gtk::Box,
    nothing: adw::StatusPage,
    wires: Wires,
}

/// Heading, line below it, rows.
type Group = (String, Option<String>, Vec<KeyLine>);

/// The groups of a token. An application without keys stays, so that nobody looks for it.
fn groups(applications: &[Application], now: i64) -> Vec<Group> {
    let group = |application: &Application| {
        let lines = key_line::lines(application, now);
        let line = trouble(application).or_else(|| explain::facts::more_after_pin(application));
        let line = line.or_else(|| {
            let readable = application.state == ApplicationState::Readable;
            (lines.is_empty() && readable).then(|| gettext("No keys and no certificates."))
        });
        let title = explain::token::application(applications, application);
        (title, line, lines)
    };
    applications.iter().map(group).collect()
}

impl KeysPage {
    /// An empty page.
    pub(super) fn new(wires: Wires) -> Self {
        let frame = Frame::new();
        let sections_box = gtk::Box::new(gtk::Orientation::Vertical, 24);
        frame.append(&sections_box);
        let nothing = nothing(
            "org.symbolon.key-symbolic",
            &gettext("No keys"),
            &gettext("There is neither a key nor a certificate on this token."),
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

    /// Shows the keys of a token.
    pub(super) fn show(&mut self, subject: &Subject) {
        let mut groups = groups(&subject.token.applications, subject.now);
        // While more is coming nobody is told that there is nothing.
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
                section.rows.connect_activated(opener(&self.wires));
                self.sections_box.append(section.widget());
                self.sections.push(section);
            }
            if let Some(section) = self.sections.get_mut(index) {
                section.set_heading(&title, line.as_deref());
                section.show(&lines, key_line::build);
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

/// Opens what a row stands for.
pub(super) fn opener(wires: &Wires) -> impl Fn(&KeyLine) + 'static {
    let wires = wires.clone();
    move |line| match line.opens {
        Opens::Certificate(application, slot) => {
            wires
                .output
                .emit(TokenViewOutput::CertificateChosen { application, slot });
        }
        Opens::Key(application, key) => {
            wires.input.emit(TokenViewInput::OpenKey(application, key));
        }
    }
}
