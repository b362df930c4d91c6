//! Card managers: what they tell, their keys while the card is in, and what is changed through them.

use std::path::PathBuf;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::requests::{Dialog, OpenPlan, Purpose};
use super::{App, AppInput, words};
use crate::backend::{Command, Done, Failure, Look, ManagerAccess, RequestId};
use crate::base::i18n::gettext;
use crate::token::Identity;
use crate::ui::dialogs::chooser;
use crate::ui::dialogs::manager::{
    OpenManager, OpenManagerInit, OpenManagerInput, OpenManagerOutput,
};
use crate::ui::token_view::{AppletsOutput, TokenViewInput};
use crate::ui::wizards::content::{Access, ContentInit, ContentWizard, Wish};
use crate::ui::wizards::plan::PlanOutput;

/// What is known of a card manager, and what is open about it.
#[derive(Default)]
pub(super) struct Manager {
    /// What it told last.
    look: Option<(Identity, Arc<Look>)>,
    /// The keys that opened it, until the card is taken out.
    access: Option<(Identity, Access)>,
    /// Those that are being tried.
    tried: Option<Access>,
    dialog: Option<(Identity, Dialog<OpenManager>)>,
    pub(super) wizard: Option<OpenPlan<ContentWizard>>,
}

impl Manager {
    fn access_to(&self, identity: Identity) -> Option<&Access> {
        let access = self.access.as_ref();
        access
            .filter(|(of, _)| *of == identity)
            .map(|(_, access)| access)
    }

    fn look_at(&self, identity: Identity) -> Option<&Arc<Look>> {
        let look = self.look.as_ref();
        look.filter(|(of, _)| *of == identity).map(|(_, look)| look)
    }
}

impl App {
    /// Somebody wants something on the page of applets.
    pub(super) fn applets_output(
        &mut self,
        output: AppletsOutput,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        match output {
            AppletsOutput::Wanted(identity) => self.look_at_manager(identity),
            AppletsOutput::OpenChosen => self.open_manager(sender, root),
            AppletsOutput::CloseChosen => {
                self.requests.manager.access = None;
                if let Some((_, identity, _)) = self.card() {
                    self.look_at_manager(identity);
                }
            }
            AppletsOutput::FileWanted => ask_for_file(sender, root),
            AppletsOutput::FileDropped(path) => {
                self.open_content(Wish::File(path), sender, root);
            }
            AppletsOutput::Chosen(choice) => {
                self.open_content(Wish::Change(choice), sender, root);
            }
        }
    }

    /// Asks the card manager; with its keys for what is on the card, if somebody gave them.
    fn look_at_manager(&mut self, identity: Identity) {
        let access = self.requests.manager.access_to(identity).map(|access| {
            Box::new(ManagerAccess {
                opening: access.opening,
                keys: access.keys.duplicate(),
                try_again: false,
            })
        });
        self.request(
            Command::ReadManager { identity, access },
            Purpose::Manager(identity),
        );
    }

    /// The card manager answered, or not.
    pub(super) fn manager_finished(
        &mut self,
        identity: Identity,
        outcome: Result<Done, Failure>,
        tried: bool,
    ) {
        match outcome {
            Ok(Done::Manager(look)) => {
                let manager = &mut self.requests.manager;
                manager.look = Some((identity, Arc::clone(&look)));
                if tried {
                    manager.access = manager.tried.take().map(|access| (identity, access));
                    manager.dialog = None;
                } else if let Some((_, dialog)) = &manager.dialog {
                    dialog.0.emit(OpenManagerInput::Looked(Arc::clone(&look)));
                }
                self.view.emit(TokenViewInput::Manager(identity, Ok(look)));
            }
            Ok(_) => {}
            Err(failure) if tried => {
                self.requests.manager.tried = None;
                if let Some((_, dialog)) = &self.requests.manager.dialog {
                    dialog.0.emit(OpenManagerInput::Refused(failure));
                }
                // The card may have counted a try.
                self.look_at_manager(identity);
            }
            Err(failure) => {
                let had_keys = self.requests.manager.access_to(identity).is_some();
                let refused = matches!(failure, Failure::Manager(_));
                if had_keys && refused {
                    // What does not open it any more is not sent again.
                    self.requests.manager.access = None;
                    return self.look_at_manager(identity);
                }
                self.view
                    .emit(TokenViewInput::Manager(identity, Err(failure)));
            }
        }
    }

    /// Opens the dialog for the keys.
    fn open_manager(&mut self, sender: &ComponentSender<Self>, root: &adw::ApplicationWindow) {
        if let Some((_, dialog)) = &self.requests.manager.dialog {
            dialog.0.widget().present();
            return;
        }
        let Some((reader, identity, token)) = self.card() else {
            return;
        };
        let Some(look) = self.requests.manager.look_at(identity).cloned() else {
            return;
        };
        let dialog = OpenManager::builder()
            .launch(OpenManagerInit {
                token,
                reader_name: self.model.reader_name(reader.id),
                look,
            })
            .forward(sender.input_sender(), AppInput::Manager);
        dialog.widget().set_transient_for(Some(root));
        dialog.widget().present();
        self.requests.manager.dialog = Some((identity, Dialog(dialog)));
    }

    /// The dialog for the keys spoke.
    pub(super) fn manager_output(&mut self, output: OpenManagerOutput) {
        match output {
            OpenManagerOutput::Submitted(access) => {
                let Some(&(identity, _)) = self.requests.manager.dialog.as_ref() else {
                    return;
                };
                self.requests.manager.tried = Some(Access {
                    opening: access.opening,
                    keys: access.keys.duplicate(),
                });
                let access = Some(access);
                self.request(
                    Command::ReadManager { identity, access },
                    Purpose::OpenManager(identity),
                );
            }
            OpenManagerOutput::Closed => self.requests.manager.dialog = None,
        }
    }

    /// Opens the wizard that changes what is on the card on show.
    pub(super) fn open_content(
        &mut self,
        wish: Wish,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        if let Some(open) = &self.requests.manager.wizard {
            open.present();
            return;
        }
        let Some((reader, identity, token)) = self.card().filter(|_| !self.bench_is_at_work())
        else {
            return;
        };
        let manager = &self.requests.manager;
        let dialog = ContentWizard::builder()
            .launch(ContentInit {
                reader_name: self.model.reader_name(reader.id),
                identity,
                token,
                look: manager.look_at(identity).cloned(),
                access: manager.access_to(identity).map(Access::duplicate),
                wish,
            })
            .forward(sender.input_sender(), AppInput::Content);
        dialog.widget().set_transient_for(Some(root));
        dialog.widget().present();
        self.requests.manager.wizard = Some(OpenPlan::new(dialog));
    }

    /// The wizard spoke.
    pub(super) fn content_output(&mut self, output: PlanOutput) {
        match output {
            PlanOutput::Asked(command) => {
                let purpose = Purpose::Content(command.identity);
                let id = self.request(Command::Plan(command), purpose);
                if let Some(open) = &mut self.requests.manager.wizard {
                    open.asked(id);
                }
            }
            PlanOutput::StopAsked => {
                let wizard = self.requests.manager.wizard.as_ref();
                if let Some(id) = wizard.and_then(OpenPlan::request) {
                    self.backend.cancel(id);
                }
            }
            PlanOutput::Copied(what) => self.toast(&words::copied(&what)),
            PlanOutput::Closed => self.requests.manager.wizard = None,
        }
    }

    /// What the wizard asked for has ended.
    pub(super) fn content_finished(
        &mut self,
        id: RequestId,
        identity: Identity,
        outcome: Result<Done, Failure>,
    ) {
        self.follow_plan(identity, &outcome);
        if let Some(open) = &mut self.requests.manager.wizard {
            open.finished(id, outcome);
        }
    }

    /// A card is gone, and its keys with it.
    pub(super) fn manager_removed(&mut self, identity: Identity) {
        let manager = &mut self.requests.manager;
        manager.access.take_if(|(of, _)| *of == identity);
        manager.look.take_if(|(of, _)| *of == identity);
        if let Some((_, dialog)) = manager.dialog.as_ref().filter(|(of, _)| *of == identity) {
            manager.tried = None;
            dialog.0.emit(OpenManagerInput::Removed);
        }
    }
}

/// Asks for a file with a package.
fn ask_for_file(sender: &ComponentSender<App>, root: &adw::ApplicationWindow) {
    let title = gettext("Open a CAP file");
    // TRANSLATORS: On the button that opens the file.
    let open = gettext("Open");
    let chooser = chooser::new(root, &title, gtk::FileChooserAction::Open, &open);
    let filter = gtk::FileFilter::new();
    filter.set_name(Some(&gettext("Packages for cards (CAP, IJC)")));
    for pattern in ["*.cap", "*.CAP", "*.ijc", "*.IJC"] {
        filter.add_pattern(pattern);
    }
    chooser.add_filter(&filter);
    let input = sender.input_sender().clone();
    chooser::show(&chooser, move |_, path: PathBuf| {
        input.emit(AppInput::OpenPackage(path));
    });
}
