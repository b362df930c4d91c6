//! The page of applets: what is on a Java card, and what its card manager says of it.

mod acts;
mod build;
mod lines;

use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::gtk::{gdk, gio};
use relm4::{adw, gtk};

pub use self::acts::ManagerAct;
use self::lines::{Group, Line};
pub(super) use self::lines::{may_be_asked, may_have_manager};
use super::rows::{Frame, Section, nothing};
use super::{Subject, TokenViewInput, TokenViewOutput, Wires};
use crate::backend::{Failure, Look};
use crate::base::clock::now;
use crate::base::i18n::gettext;
use crate::explain;
use crate::token::Identity;
use crate::ui::wizards::content::Choice;

/// What somebody wants on this page.
#[derive(Debug)]
pub enum AppletsOutput {
    /// What the card manager tells is to be shown, and was not asked yet.
    Wanted(Identity),
    /// The card manager is to be opened.
    OpenChosen,
    /// It is to get other keys.
    KeysChosen,
    /// This is to be done to it.
    ActChosen(ManagerAct),
    /// Its keys are to be forgotten.
    CloseChosen,
    /// A file with a package is to be chosen.
    FileWanted,
    /// A file was dropped on the page.
    FileDropped(PathBuf),
    /// Something on the card is to be changed.
    Chosen(Choice),
}

/// The page.
#[derive(Debug)]
pub(super) struct AppletsPage {
    pub(super) frame: Frame,
    sections: Vec<Section<Line>>,
    sections_box: gtk::Box,
    nothing: adw::StatusPage,
    again: gtk::Button,
    /// Whether the button to try again had the keyboard when it went.
    had_keyboard: Cell<bool>,
    /// The card that is asked once more.
    of: Rc<Cell<Option<Identity>>>,
    wires: Wires,
}

impl AppletsPage {
    /// An empty page.
    pub(super) fn new(wires: Wires) -> Self {
        let frame = Frame::new();
        let sections_box = gtk::Box::new(gtk::Orientation::Vertical, 24);
        frame.append(&sections_box);
        let nothing = nothing("application-x-addon-symbolic", "", "");
        let again = gtk::Button::builder()
            .label(gettext("Try Again"))
            .halign(gtk::Align::Center)
            .css_classes(["pill"])
            .build();
        let (input, of) = (wires.input.clone(), Rc::<Cell<Option<Identity>>>::default());
        let asked = Rc::clone(&of);
        again.connect_clicked(move |_| {
            if let Some(identity) = asked.get() {
                input.emit(TokenViewInput::ReadAnew(identity));
            }
        });
        nothing.set_child(Some(&again));
        frame.append(&nothing);
        frame.widget().add_css_class("drop-place");
        frame.widget().add_controller(drop_target(&wires));
        Self {
            frame,
            sections: Vec::new(),
            sections_box,
            nothing,
            again,
            had_keyboard: Cell::new(false),
            of,
            wires,
        }
    }

    /// Until the card manager has answered there is nothing to show of a token.
    pub(super) fn show(&mut self, subject: &Subject) {
        self.of.set(Some(subject.identity));
        let waits = self.sections.is_empty() && !self.nothing.get_visible();
        self.frame.set_reading(waits);
    }

    /// The card manager is asked: why it did not answer before is no news any more.
    pub(super) fn is_asked(&self) {
        if self.nothing.get_visible() {
            self.had_keyboard.set(self.again.has_focus());
            self.nothing.set_visible(false);
            self.frame.set_reading(true);
        }
    }

    /// Shows what the card manager tells, or why it does not.
    pub(super) fn show_manager(&mut self, look: Result<Arc<Look>, Failure>) {
        self.frame.set_reading(false);
        let groups = match &look {
            Ok(look) => lines::groups(look, explain::dates::year(now())),
            Err(_) => Vec::new(),
        };
        if let Err(failure) = &look {
            let words = lines::trouble(failure);
            self.nothing
                .set_title(&gtk::glib::markup_escape_text(&words.title));
            let body = gtk::glib::markup_escape_text(&words.body);
            self.nothing.set_description(Some(&body));
        }
        self.nothing.set_visible(look.is_err());
        self.show_groups(groups);
        if self.had_keyboard.take() {
            self.frame.focus();
        }
    }

    fn show_groups(&mut self, groups: Vec<Group>) {
        for section in self.sections.drain(groups.len().min(self.sections.len())..) {
            self.sections_box.remove(section.widget());
        }
        for (index, (title, words, lines)) in groups.into_iter().enumerate() {
            if self.sections.get(index).is_none() {
                let section: Section<Line> = Section::new("");
                let wires = self.wires.clone();
                section
                    .rows
                    .connect_activated(move |line| build::activated(line, &wires));
                self.sections_box.append(section.widget());
                self.sections.push(section);
            }
            if let Some(section) = self.sections.get_mut(index) {
                section.set_heading(&title, words.as_deref());
                section.show(&lines, |line| build::build(line, &self.wires));
            }
        }
    }

    /// Forgets the token.
    pub(super) fn clear(&mut self) {
        self.show_groups(Vec::new());
        self.nothing.set_visible(false);
        self.of.set(None);
        self.frame.to_top();
    }
}

/// A file that is dropped here is looked at; nothing is written by that.
fn drop_target(wires: &Wires) -> gtk::DropTarget {
    let target = gtk::DropTarget::new(gio::File::static_type(), gdk::DragAction::COPY);
    let output = wires.output.clone();
    target.connect_drop(move |_, value, _, _| {
        let path = value.get::<gio::File>().ok().and_then(|file| file.path());
        let Some(path) = path else { return false };
        output.emit(TokenViewOutput::Applets(AppletsOutput::FileDropped(path)));
        true
    });
    target
}
