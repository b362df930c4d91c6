//! What the window can be told to do by key or menu, in one list: the shortcuts window and
//! the menus are made from it, so they cannot say anything else than what happens.

use relm4::adw::prelude::*;
use relm4::gtk;
use relm4::gtk::gio;

use crate::base::i18n::gettext;
use crate::token::OperationKind;
use crate::ui::token_view::Page;

/// One thing the main window can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Show a page of the token.
    Page(Page),
    /// Choose the reader above.
    PreviousReader,
    /// Choose the reader below.
    NextReader,
    /// Go to the readers, and back.
    ToggleReaders,
    /// Back to the readers in a narrow window.
    Back,
    /// Search in the readers.
    Search,
    /// Read the token again.
    Refresh,
    /// Do something to the first PIN for which it can be done.
    Pin(OperationKind),
    /// Export the first certificate.
    Certificate,
    /// Set the token up, or go on with that.
    SetUp,
    /// Decide that a set-up that was broken off is not gone on with.
    GiveUp,
    /// Copy what is known of the token.
    CopySummary,
    /// Send a command of one's own.
    Command,
    /// Open the trace.
    Trace,
    /// Put practice cards in and pull them.
    Practice,
    /// Open the preferences.
    Preferences,
    /// Show the keys.
    Shortcuts,
    /// Say what this program is.
    About,
    /// Close the window.
    Close,
    /// End the program.
    Quit,
}

/// The parts of the shortcuts window.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Group {
    /// Readers.
    Readers,
    /// The token on show.
    Token,
    /// The program.
    General,
}

impl Group {
    /// All, in the order of the window.
    pub const ALL: [Self; 3] = [Self::Token, Self::Readers, Self::General];

    /// Its heading.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Readers => gettext("Readers"),
            Self::Token => gettext("Token"),
            Self::General => gettext("General"),
        }
    }
}

impl Action {
    /// All, in the order of the shortcuts window.
    pub const ALL: [Self; 26] = [
        Self::Page(Page::Overview),
        Self::Page(Page::Pins),
        Self::Page(Page::Keys),
        Self::Page(Page::Data),
        Self::Page(Page::Technical),
        Self::Page(Page::Applets),
        Self::Pin(OperationKind::Change),
        Self::Pin(OperationKind::Unblock),
        Self::Certificate,
        Self::SetUp,
        Self::GiveUp,
        Self::CopySummary,
        Self::Refresh,
        Self::Command,
        Self::PreviousReader,
        Self::NextReader,
        Self::ToggleReaders,
        Self::Back,
        Self::Search,
        Self::Practice,
        Self::Trace,
        Self::Preferences,
        Self::Shortcuts,
        Self::About,
        Self::Close,
        Self::Quit,
    ];

    /// Its name, without the "win." before it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Page(Page::Overview) => "page-overview",
            Self::Page(Page::Pins) => "page-pins",
            Self::Page(Page::Keys) => "page-keys",
            Self::Page(Page::Data) => "page-data",
            Self::Page(Page::Technical) => "page-technical",
            Self::Page(Page::Applets) => "page-applets",
            Self::Pin(OperationKind::Verify) => "verify-pin",
            Self::Pin(OperationKind::Change) => "change-pin",
            Self::Pin(OperationKind::Unblock) => "unblock-pin",
            Self::Pin(OperationKind::Set) => "set-pin",
            Self::Certificate => "export-certificate",
            Self::SetUp => "set-up",
            Self::GiveUp => "give-up",
            Self::CopySummary => "copy-summary",
            Self::Refresh => "refresh",
            Self::Command => "send-command",
            Self::PreviousReader => "previous-reader",
            Self::NextReader => "next-reader",
            Self::ToggleReaders => "toggle-readers",
            Self::Back => "back",
            Self::Search => "search",
            Self::Practice => "practice",
            Self::Trace => "trace",
            Self::Preferences => "preferences",
            Self::Shortcuts => "shortcuts",
            Self::About => "about",
            Self::Close => "close",
            Self::Quit => "quit",
        }
    }

    /// Its name for menus and buttons.
    #[must_use]
    pub fn detailed_name(self) -> String {
        format!("win.{}", self.name())
    }

    /// Its keys, as GTK spells them; nothing if it is in a menu only.
    #[must_use]
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Page(Page::Overview) => &["<Control>1"],
            Self::Page(Page::Pins) => &["<Control>2"],
            Self::Page(Page::Keys) => &["<Control>3"],
            Self::Page(Page::Data) => &["<Control>4"],
            Self::Page(Page::Technical) => &["<Control>5"],
            Self::Page(Page::Applets) => &["<Control>6"],
            Self::Pin(OperationKind::Change) => &["<Control><Shift>p"],
            Self::Pin(OperationKind::Unblock) => &["<Control>u"],
            Self::Pin(OperationKind::Verify | OperationKind::Set)
            | Self::GiveUp
            | Self::Command
            | Self::Practice
            | Self::About => &[],
            Self::SetUp => &["<Control>n"],
            Self::Certificate => &["<Control>e"],
            Self::CopySummary => &["<Control><Shift>c"],
            Self::Refresh => &["<Control>r", "F5"],
            Self::PreviousReader => &["<Control>Page_Up"],
            Self::NextReader => &["<Control>Page_Down"],
            Self::ToggleReaders => &["F9"],
            Self::Back => &["<Alt>Left"],
            Self::Search => &["<Control>f"],
            Self::Trace => &["<Control>t"],
            Self::Preferences => &["<Control>comma"],
            Self::Shortcuts => &["<Control>question"],
            Self::Close => &["<Control>w"],
            Self::Quit => &["<Control>q"],
        }
    }

    /// What it does, for the shortcuts window and the menus.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Page(Page::Overview) => gettext("Overview"),
            Self::Page(Page::Pins) => gettext("PINs"),
            Self::Page(Page::Keys) => gettext("Keys"),
            Self::Page(Page::Data) => gettext("Data"),
            Self::Page(Page::Technical) => gettext("Technical"),
            Self::Page(Page::Applets) => gettext("Applets"),
            Self::Pin(OperationKind::Verify) => gettext("Verify PIN…"),
            Self::Pin(OperationKind::Change) => gettext("Change PIN…"),
            Self::Pin(OperationKind::Unblock) => gettext("Unblock PIN…"),
            Self::Pin(OperationKind::Set) => gettext("Set PIN…"),
            Self::Certificate => gettext("Show and Export Certificate…"),
            Self::SetUp => gettext("Set Up…"),
            Self::GiveUp => gettext("Give Up What Was Begun…"),
            Self::CopySummary => gettext("Copy Summary"),
            Self::Refresh => gettext("Refresh"),
            Self::Command => gettext("Send a Command…"),
            Self::PreviousReader => gettext("Previous Reader"),
            Self::NextReader => gettext("Next Reader"),
            Self::ToggleReaders => gettext("To the Readers and Back"),
            Self::Back => gettext("Back"),
            Self::Search => gettext("Search in the Readers"),
            Self::Trace => gettext("Trace"),
            Self::Practice => gettext("Practice Cards…"),
            Self::Preferences => gettext("Preferences"),
            Self::Shortcuts => gettext("Keyboard Shortcuts"),
            Self::About => gettext("About Symbolon"),
            Self::Close => gettext("Close Window"),
            Self::Quit => gettext("Quit"),
        }
    }

    /// Whether it is only in a menu while it can be done.
    fn is_rare(self) -> bool {
        self == Self::GiveUp
    }

    /// Where it stands in the shortcuts window.
    #[must_use]
    pub fn group(self) -> Group {
        match self {
            Self::Page(_)
            | Self::Refresh
            | Self::Pin(_)
            | Self::Certificate
            | Self::SetUp
            | Self::GiveUp
            | Self::CopySummary
            | Self::Command => Group::Token,
            Self::PreviousReader
            | Self::NextReader
            | Self::ToggleReaders
            | Self::Back
            | Self::Search => Group::Readers,
            Self::Trace
            | Self::Practice
            | Self::Preferences
            | Self::Shortcuts
            | Self::About
            | Self::Close
            | Self::Quit => Group::General,
        }
    }
}

/// Makes the actions of a window; `handler` is told which was chosen.
pub fn install(
    window: &gtk::ApplicationWindow,
    application: &gtk::Application,
    handler: impl Fn(Action) + Clone + 'static,
) {
    for action in Action::ALL {
        let entry = gio::SimpleAction::new(action.name(), None);
        let handler = handler.clone();
        entry.connect_activate(move |_, _| handler(action));
        window.add_action(&entry);
        application.set_accels_for_action(&action.detailed_name(), action.keys());
    }
}

/// Greys an action, or makes it live.
pub fn enable(window: &gtk::ApplicationWindow, action: Action, enabled: bool) {
    if let Some(entry) = window
        .lookup_action(action.name())
        .and_downcast::<gio::SimpleAction>()
    {
        entry.set_enabled(enabled);
    }
}

/// A menu of parts, with a line between them.
#[must_use]
pub fn menu(parts: &[&[Action]]) -> gio::Menu {
    let menu = gio::Menu::new();
    for part in parts {
        let section = gio::Menu::new();
        for action in *part {
            let item = gio::MenuItem::new(Some(&action.title()), Some(&action.detailed_name()));
            if action.is_rare() {
                item.set_attribute_value("hidden-when", Some(&"action-disabled".to_variant()));
            }
            section.append_item(&item);
        }
        menu.append_section(None::<&str>, &section);
    }
    menu
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Action;

    #[test]
    fn no_two_actions_share_a_name_or_a_key() {
        let mut names = HashSet::new();
        let mut keys = HashSet::new();
        for action in Action::ALL {
            assert!(names.insert(action.name()), "{action:?}");
            for key in action.keys() {
                assert!(keys.insert(*key), "{key}");
            }
        }
    }
}
