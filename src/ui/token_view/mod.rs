//! Everything about one token: overview, PINs, keys, data and the technical side.
//!
//! Each page has plain functions that turn the token into rows as data, and a widget that
//! follows them: a row is built anew only where its data changed, so the place on the page, the
//! focus and what was opened survive when the same token is read again.

mod applets;
mod attention;
mod data;
mod identity;
mod key_line;
mod keys;
mod overview;
mod pins;
mod rows;
mod subject;
mod technical;

use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::gtk::glib;
use relm4::prelude::*;

pub use self::applets::{AppletsOutput, ManagerAct};
use self::subject::Subject;
use crate::backend::{Failure, Look};
use crate::base::clock::now;
use crate::base::i18n::gettext;
use crate::explain;
use crate::plan::journal::Unfinished;
use crate::token::{
    ApplicationKind, ApplicationState, CardOsSheet, Identity, KeyRef, OperationKind, PinReference,
    Reader, Token,
};
use crate::ui::dialogs::key::{KeyDialog, KeyDialogInit, KeyDialogOutput};

/// The pages of a token.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Page {
    /// What it is, what is wrong, what it holds.
    Overview,
    /// PINs.
    Pins,
    /// Keys with their certificates.
    Keys,
    /// Other data.
    Data,
    /// Card, reader, applications in detail.
    Technical,
    /// What is on a Java card, and what its card manager says of it.
    Applets,
}

impl Page {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [
        Self::Overview,
        Self::Pins,
        Self::Keys,
        Self::Data,
        Self::Technical,
        Self::Applets,
    ];

    /// Its name in the stack.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Pins => "pins",
            Self::Keys => "keys",
            Self::Data => "data",
            Self::Technical => "technical",
            Self::Applets => "applets",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.name() == name)
    }

    /// Whether a token has this page. Of a card without an application that is read here only what
    /// is known of every card is shown.
    fn is_of(self, token: &Token) -> bool {
        match self {
            Self::Overview | Self::Technical => true,
            Self::Pins | Self::Keys | Self::Data => !token.is_without_application(),
            Self::Applets => applets::may_have_manager(token),
        }
    }
}

/// What the view shows.
#[derive(Debug)]
pub struct TokenView {
    subject: Option<Subject>,
    overview: overview::OverviewPage,
    pins: pins::PinsPage,
    keys: keys::KeysPage,
    data: data::DataPage,
    technical: technical::TechnicalPage,
    applets: applets::AppletsPage,
    /// Whether the card manager of the card on show was asked since the card was read.
    manager_asked: bool,
    /// The card of which somebody wants to see what its card manager tells.
    manager_of: Option<Identity>,
    /// Whether the card on show was asked what it tells of itself since it was read.
    sheet_asked: bool,
    /// Pages that do not show the token as it is now. Nobody sees them: they are brought up to
    /// date when there is nothing else to do, or when somebody turns to them.
    behind: Vec<Page>,
    /// Whether somebody comes for the pages that are behind.
    catching_up: bool,
    wires: Wires,
    key_dialog: Option<Controller<KeyDialog>>,
}

/// What can happen to it.
#[derive(Debug)]
pub enum TokenViewInput {
    /// Show this token; the same one as before is updated in place.
    Show {
        /// Where it is.
        reader: Reader,
        /// Which card.
        identity: Identity,
        /// What is on it.
        token: Arc<Token>,
        /// The plan that was broken off on it.
        unfinished: Option<Arc<Unfinished>>,
    },
    /// Turn to a page.
    Page(Page),
    /// A page came to the front.
    Turned(Page),
    /// There is nothing else to do.
    CatchUp,
    /// Forget the token.
    Clear,
    /// Open the sheet of a key.
    OpenKey(ApplicationKind, KeyRef),
    /// Say why an application cannot be read.
    ShowDetails(ApplicationKind),
    /// Show everything that wants attention.
    ShowAllMatters,
    /// The token was read anew: what its card tells of itself is as old as the reading before.
    ReadAnew(Identity),
    /// This is what the card tells of itself.
    Sheet(Identity, Result<Arc<CardOsSheet>, Failure>),
    /// This is what its card manager tells.
    Manager(Identity, Result<Arc<Look>, Failure>),
}

/// What happened in it.
#[derive(Debug)]
pub enum TokenViewOutput {
    /// Somebody wants to do something to a PIN.
    PinChosen {
        /// The application of the PIN.
        application: ApplicationKind,
        /// Which PIN.
        pin: PinReference,
        /// What to do.
        operation: OperationKind,
    },
    /// Somebody wants to see a certificate.
    CertificateChosen {
        /// The application that holds it.
        application: ApplicationKind,
        /// The slot it is in.
        slot: KeyRef,
    },
    /// Somebody wants to send a command to the card.
    CommandChosen,
    /// Somebody wants to set the token up, or to go on with that.
    SetUpChosen,
    /// Something is on the clipboard: "Serial number".
    Copied(String),
    /// A page came to the front.
    PageShown(Page),
    /// What the card tells of itself is to be shown, and was not asked yet.
    SheetWanted(Identity),
    /// Something on the page of applets.
    Applets(AppletsOutput),
}

/// Where the pages tell what was clicked.
#[derive(Clone, Debug)]
struct Wires {
    input: relm4::Sender<TokenViewInput>,
    output: relm4::Sender<TokenViewOutput>,
}

/// For copy buttons: says what is on the clipboard now.
fn copied(wires: &Wires) -> impl Fn(&str) + Clone + 'static {
    let output = wires.output.clone();
    move |name| output.emit(TokenViewOutput::Copied(name.to_owned()))
}

#[relm4::component(pub)]
impl SimpleComponent for TokenView {
    type Init = ();
    type Input = TokenViewInput;
    type Output = TokenViewOutput;

    view! {
        #[root]
        adw::ViewStack {
            connect_visible_child_name_notify[sender] => move |stack| {
                if let Some(page) = stack.visible_child_name().and_then(|name| Page::named(&name)) {
                    sender.input(TokenViewInput::Turned(page));
                    sender.output_sender().emit(TokenViewOutput::PageShown(page));
                }
            },
        }
    }

    fn init(_init: (), root: Self::Root, sender: ComponentSender<Self>) -> ComponentParts<Self> {
        let wires = Wires {
            input: sender.input_sender().clone(),
            output: sender.output_sender().clone(),
        };
        let model = Self {
            subject: None,
            overview: overview::OverviewPage::new(wires.clone()),
            pins: pins::PinsPage::new(wires.clone()),
            keys: keys::KeysPage::new(wires.clone()),
            data: data::DataPage::new(wires.clone()),
            technical: technical::TechnicalPage::new(wires.clone()),
            applets: applets::AppletsPage::new(wires.clone()),
            manager_asked: false,
            manager_of: None,
            sheet_asked: false,
            behind: Vec::new(),
            catching_up: false,
            wires,
            key_dialog: None,
        };
        for page in Page::ALL {
            let (title, icon) = title_and_icon(page);
            let child = model.frame(page).widget();
            let added = root.add_titled(child, Some(page.name()), &title);
            added.set_icon_name(Some(icon));
        }
        let widgets = view_output!();
        ComponentParts { model, widgets }
    }

    fn update(&mut self, input: TokenViewInput, sender: ComponentSender<Self>) {
        let _ = &sender;
        match input {
            TokenViewInput::Show {
                reader,
                identity,
                token,
                unfinished,
            } => self.show(Subject {
                reader,
                identity,
                token,
                unfinished,
                now: now(),
            }),
            TokenViewInput::Page(page) => self.turn_to(page),
            TokenViewInput::Turned(page) => {
                self.bring_up_to_date(page);
                self.want_more();
            }
            TokenViewInput::CatchUp => self.catch_up(),
            TokenViewInput::Clear => {
                self.subject = None;
                self.clear();
            }
            TokenViewInput::OpenKey(application, key) => self.open_key(application, key),
            TokenViewInput::ShowDetails(application) => self.show_details(application),
            TokenViewInput::ShowAllMatters => {
                if let Some(subject) = &self.subject {
                    self.overview.show_all(subject);
                }
            }
            TokenViewInput::ReadAnew(identity) => {
                if self.shows(identity) {
                    self.sheet_asked = false;
                    self.manager_asked = false;
                    self.want_more();
                }
            }
            TokenViewInput::Sheet(identity, sheet) => {
                if self.shows(identity) {
                    self.technical.show_sheet(sheet);
                }
            }
            TokenViewInput::Manager(identity, look) => {
                if self.shows(identity) {
                    // What was put onto the card makes another token of it: the page stays.
                    if look.is_ok() {
                        self.show_manager_page(identity);
                    }
                    self.applets.show_manager(look);
                }
            }
        }
    }
}

/// What the switcher shows of a page.
fn title_and_icon(page: Page) -> (String, &'static str) {
    match page {
        Page::Overview => (gettext("Overview"), "auth-smartcard-symbolic"),
        Page::Pins => (gettext("PINs"), "input-dialpad-symbolic"),
        Page::Keys => (gettext("Keys"), "application-certificate-symbolic"),
        Page::Data => (gettext("Data"), "folder-documents-symbolic"),
        Page::Technical => (gettext("Technical"), "applications-engineering-symbolic"),
        Page::Applets => (gettext("Applets"), "application-x-addon-symbolic"),
    }
}

impl TokenView {
    fn frame(&self, page: Page) -> &rows::Frame {
        match page {
            Page::Overview => &self.overview.frame,
            Page::Pins => &self.pins.frame,
            Page::Keys => &self.keys.frame,
            Page::Data => &self.data.frame,
            Page::Technical => &self.technical.frame,
            Page::Applets => &self.applets.frame,
        }
    }

    fn stack(&self) -> Option<adw::ViewStack> {
        let child = self.overview.frame.widget();
        child.ancestor(adw::ViewStack::static_type()).and_downcast()
    }

    fn show(&mut self, subject: Subject) {
        let before = self.subject.as_ref().map(|shown| shown.identity);
        if before != Some(subject.identity) {
            self.clear();
        }
        let new = before != Some(subject.identity);
        self.mark(&subject, new && subject.token.is_unknown());
        self.subject = Some(subject);
        self.behind = Page::ALL.to_vec();
        self.bring_up_to_date(self.front());
        self.catch_up_later();
        self.want_more();
    }

    /// Whether this card is on show.
    fn shows(&self, identity: Identity) -> bool {
        let shown = self.subject.as_ref();
        shown.is_some_and(|subject| subject.identity == identity)
    }

    /// Asks for what is not read with the token, once, and only where somebody looks at it.
    fn want_more(&mut self) {
        self.want_sheet();
        let Some(subject) = &self.subject else { return };
        let known = subject.token.complete && !subject.token.remembered;
        if known && !self.manager_asked && self.front() == Page::Applets {
            self.manager_asked = true;
            self.applets.is_asked();
            let wanted = AppletsOutput::Wanted(subject.identity);
            self.wires.output.emit(TokenViewOutput::Applets(wanted));
        }
    }

    /// What the card tells of itself.
    fn want_sheet(&mut self) {
        let Some(subject) = &self.subject else { return };
        let token = &subject.token;
        let has_one = token.complete && token.card.system.is_some();
        if has_one && !self.sheet_asked && self.front() == Page::Technical {
            self.sheet_asked = true;
            let wanted = TokenViewOutput::SheetWanted(subject.identity);
            self.wires.output.emit(wanted);
        }
    }

    /// The page that is on show.
    fn front(&self) -> Page {
        let shown = self.stack().and_then(|stack| stack.visible_child_name());
        let shown = shown.and_then(|name| Page::named(&name));
        shown.unwrap_or(Page::Overview)
    }

    /// Brings a page to what is known of the token, if it is behind.
    fn bring_up_to_date(&mut self, page: Page) {
        let Some(place) = self.behind.iter().position(|behind| *behind == page) else {
            return;
        };
        self.behind.remove(place);
        let Some(subject) = &self.subject else { return };
        match page {
            Page::Overview => self.overview.show(subject),
            Page::Pins => self.pins.show(subject),
            Page::Keys => self.keys.show(subject),
            Page::Data => self.data.show(subject),
            Page::Technical => self.technical.show(subject),
            Page::Applets => self.applets.show(subject),
        }
    }

    /// One page that is behind; another one after everything that came up meanwhile.
    fn catch_up(&mut self) {
        self.catching_up = false;
        if let Some(page) = self.behind.first().copied() {
            self.bring_up_to_date(page);
            self.catch_up_later();
        }
    }

    fn catch_up_later(&mut self) {
        if self.behind.is_empty() || self.catching_up {
            return;
        }
        self.catching_up = true;
        let input = self.wires.input.clone();
        // After what is on show has been drawn.
        glib::idle_add_local_full(glib::Priority::LOW, move || {
            input.emit(TokenViewInput::CatchUp);
            glib::ControlFlow::Break
        });
    }

    /// The dots on the switcher, and the pages that this token has. With `first` the first of them
    /// comes to the front.
    fn mark(&self, subject: &Subject, first: bool) {
        let Some(stack) = self.stack() else { return };
        let (pins, keys) = attention::pages(&subject.token, subject.now);
        for page in Page::ALL {
            let child = stack.page(self.frame(page).widget());
            child.set_visible(self.has(page, subject));
            child.set_needs_attention(match page {
                Page::Pins => pins,
                Page::Keys => keys,
                Page::Overview | Page::Data | Page::Technical | Page::Applets => false,
            });
        }
        let shown = stack.visible_child_name();
        let shown = shown.and_then(|name| Page::named(&name));
        if first || shown.is_none_or(|page| !self.has(page, subject)) {
            stack.set_visible_child_name(Page::Overview.name());
        }
    }

    fn clear(&mut self) {
        self.sheet_asked = false;
        self.manager_asked = false;
        self.manager_of = None;
        self.behind.clear();
        self.overview.clear();
        self.pins.clear();
        self.keys.clear();
        self.data.clear();
        self.technical.clear();
        self.applets.clear();
        // The sheet of a key goes with its token.
        if let Some(dialog) = self.key_dialog.take() {
            dialog.widget().destroy();
        }
    }

    /// Whether the token on show has this page: by what it is, or because somebody asked for it.
    fn has(&self, page: Page, subject: &Subject) -> bool {
        let asked = page == Page::Applets && self.manager_of == Some(subject.identity);
        asked || page.is_of(&subject.token)
    }

    /// Cards on which something else was found may have a card manager as well: it is asked when
    /// somebody wants to see it.
    fn show_manager_page(&mut self, identity: Identity) {
        let Some(subject) = self
            .subject
            .as_ref()
            .filter(|shown| shown.identity == identity && applets::may_be_asked(&shown.token))
        else {
            return;
        };
        self.manager_of = Some(identity);
        self.mark(subject, false);
    }

    fn turn_to(&mut self, page: Page) {
        if let Some(identity) = self.subject.as_ref().map(|subject| subject.identity)
            && page == Page::Applets
        {
            self.show_manager_page(identity);
        }
        let has_it = |subject: &Subject| self.has(page, subject);
        let (Some(stack), true) = (self.stack(), self.subject.as_ref().is_none_or(has_it)) else {
            return;
        };
        self.bring_up_to_date(page);
        stack.set_visible_child_name(page.name());
        self.frame(page).focus();
    }

    fn window(&self) -> Option<gtk::Window> {
        self.overview.frame.widget().root().and_downcast()
    }

    fn open_key(&mut self, application: ApplicationKind, reference: KeyRef) {
        let Some(subject) = &self.subject else { return };
        let found = subject.token.application(application);
        let Some(found) = found else { return };
        let key = found.keys.iter().find(|key| key.reference == reference);
        let Some(key) = key else { return };
        let init = KeyDialogInit {
            token: explain::token::title(&subject.token),
            application,
            key: key.clone(),
            public: found.public_half(reference).cloned().collect(),
        };
        let output = self.wires.output.clone();
        let builder = KeyDialog::builder();
        builder.root.set_transient_for(self.window().as_ref());
        let dialog = builder
            .launch(init)
            .connect_receiver(move |_, output_of_key| match output_of_key {
                KeyDialogOutput::Copied(name) => output.emit(TokenViewOutput::Copied(name)),
            });
        dialog.widget().present();
        self.key_dialog = Some(dialog);
    }

    fn show_details(&self, application: ApplicationKind) {
        let state = self.subject.as_ref().and_then(|subject| {
            let found = subject.token.application(application)?;
            Some(found.state.clone())
        });
        let Some(ApplicationState::Unreadable(why)) = state else {
            return;
        };
        let words = explain::failure::unreadable(application, &why);
        let details = rows::label(why.detail.as_str(), &["monospace", "details"]);
        details.set_selectable(true);
        let dialog = adw::MessageDialog::builder()
            .modal(true)
            .title(&words.title)
            .heading(&words.title)
            .body(&words.body)
            .extra_child(&details)
            .build();
        dialog.set_transient_for(self.window().as_ref());
        dialog.add_response("close", &gettext("Close"));
        dialog.set_default_response(Some("close"));
        dialog.set_close_response("close");
        dialog.present();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_by_their_names() {
        for page in Page::ALL {
            assert_eq!(Page::named(page.name()), Some(page));
        }
        assert_eq!(Page::named("memory"), None);
    }

    #[test]
    fn an_unknown_card_has_only_the_pages_that_say_something() {
        let mut token = Token::default();
        let of_all = |page: &&Page| **page != Page::Applets;
        assert!(
            Page::ALL
                .iter()
                .filter(of_all)
                .all(|page| page.is_of(&token))
        );
        token.complete = true;
        let of_it: Vec<Page> = Page::ALL
            .into_iter()
            .filter(|page| page.is_of(&token))
            .collect();
        assert_eq!(of_it, [Page::Overview, Page::Technical, Page::Applets]);
    }
}
