//! Card managers: what they tell, their keys while the card is in, and what is changed through them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::card_keys::CardKeys;
use super::new_keys::{self, OpenNewKeys};
use super::requests::{Dialog, OpenPlan, Purpose};
use super::{App, AppInput, words};
use crate::backend::{
    Command, Done, Failure, Look, ManagerAccess, PlanAction, PlanCommand, RequestId,
};
use crate::base::i18n::gettext;
use crate::plan::NewKeys;
use crate::plan::content::Keys;
use crate::token::Identity;
use crate::ui::dialogs::chooser;
use crate::ui::dialogs::manager::{
    OpenManager, OpenManagerInit, OpenManagerInput, OpenManagerOutput,
};
use crate::ui::model::{Content, Slot};
use crate::ui::token_view::{AppletsOutput, Page, TokenViewInput};
use crate::ui::wizards::content::{Access, ContentInit, ContentInput, ContentWizard, Wish};
use crate::ui::wizards::plan::PlanOutput;

/// What is known of card managers, and what is open about them.
#[derive(Default)]
pub(super) struct Manager {
    /// What each told last, while its card is in.
    looks: HashMap<Identity, Arc<Look>>,
    pub(super) keys: CardKeys,
    dialog: Option<(Identity, Dialog<OpenManager>)>,
    pub(super) new_keys: Option<OpenNewKeys>,
    pub(super) wizard: Option<OpenPlan<ContentWizard>>,
    /// The card whose keys the wizard waits for, until its card manager has told what is needed to
    /// ask for them.
    wanted: Option<Identity>,
    /// How the card manager is opened after the wizard, if that gives it new keys.
    after: Option<Access>,
}

impl Manager {
    pub(super) fn look_at(&self, identity: Identity) -> Option<&Arc<Look>> {
        self.looks.get(&identity)
    }

    /// The wizard gets the keys that it waits for.
    fn tell_wizard(&self, identity: Identity, look: &Arc<Look>) {
        if let (Some(open), Some(access)) = (&self.wizard, self.keys.of(identity)) {
            let look = Arc::clone(look);
            open.emit(ContentInput::Access(identity, access.duplicate(), look));
        }
    }

    fn dialog_of(&self, identity: Identity) -> Option<&Dialog<OpenManager>> {
        let open = self.dialog.as_ref().filter(|(of, _)| *of == identity);
        open.map(|(_, dialog)| dialog)
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
            AppletsOutput::KeysChosen => self.open_new_keys(None, sender, root),
            AppletsOutput::ActChosen(act) => {
                let (name, tasks) = act.steps();
                self.open_content(Wish::Steps(name, tasks), sender, root);
            }
            AppletsOutput::CloseChosen => {
                if let Some((_, identity, _)) = self.card() {
                    self.requests.manager.keys.forget(identity);
                    self.look_at_manager(identity);
                }
            }
            AppletsOutput::FileWanted if self.bench_is_in_the_way() => {}
            AppletsOutput::FileWanted => ask_for_file(sender, root),
            AppletsOutput::FileDropped(path) => {
                self.open_content(Wish::File(path), sender, root);
            }
            AppletsOutput::Chosen(choice) => {
                self.open_content(Wish::Change(choice), sender, root);
            }
        }
    }

    /// The reader in which this card still is.
    fn slot_of(&self, identity: Identity) -> Option<&Slot> {
        let slot = self.model.slot(identity.reader);
        slot.filter(|slot| slot.identity() == Some(identity))
    }

    fn is_in(&self, identity: Identity) -> bool {
        self.slot_of(identity).is_some()
    }

    /// Asks the card manager; with its keys for what is on the card, if somebody gave them.
    fn look_at_manager(&mut self, identity: Identity) {
        let access = self.requests.manager.keys.of(identity).map(|access| {
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
    pub(super) fn manager_finished(&mut self, identity: Identity, outcome: Result<Done, Failure>) {
        let manager = &mut self.requests.manager;
        match outcome {
            Ok(Done::Manager(look)) => {
                manager.looks.insert(identity, Arc::clone(&look));
                if let Some(dialog) = manager.dialog_of(identity) {
                    dialog.0.emit(OpenManagerInput::Looked(Arc::clone(&look)));
                }
                self.view.emit(TokenViewInput::Manager(identity, Ok(look)));
            }
            Ok(_) => {}
            // What does not open it any more is not sent again.
            Err(Failure::Manager(_)) if manager.keys.forget(identity) => {
                self.look_at_manager(identity);
            }
            Err(failure) => self
                .view
                .emit(TokenViewInput::Manager(identity, Err(failure))),
        }
    }

    /// Keys were tried on it.
    pub(super) fn manager_tried(
        &mut self,
        id: RequestId,
        identity: Identity,
        outcome: Result<Done, Failure>,
    ) {
        let manager = &mut self.requests.manager;
        match outcome {
            Ok(Done::Manager(look)) => {
                // Who cancels keeps no keys here, even if the card was quicker.
                if !manager.keys.opened(id) {
                    return;
                }
                manager.looks.insert(identity, Arc::clone(&look));
                if let Some(dialog) = manager.dialog_of(identity) {
                    dialog.0.emit(OpenManagerInput::Opened);
                }
                manager.tell_wizard(identity, &look);
                self.view.emit(TokenViewInput::Manager(identity, Ok(look)));
            }
            Ok(_) => {}
            Err(failure) => {
                if !manager.keys.refused(id) {
                    return;
                }
                if let Some(dialog) = manager.dialog_of(identity) {
                    dialog.0.emit(OpenManagerInput::Refused(failure));
                }
                // The card may have counted a try.
                self.look_at_manager(identity);
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
        let init = OpenManagerInit {
            token,
            reader_name: self.model.reader_name(reader.id),
            look,
        };
        self.ask_for_keys(identity, init, sender, root.upcast_ref());
    }

    fn ask_for_keys(
        &mut self,
        identity: Identity,
        init: OpenManagerInit,
        sender: &ComponentSender<Self>,
        over: &gtk::Window,
    ) {
        let dialog = OpenManager::builder()
            .launch(init)
            .forward(sender.input_sender(), AppInput::Manager);
        dialog.widget().set_transient_for(Some(over));
        dialog.widget().present();
        self.requests.manager.dialog = Some((identity, Dialog(dialog)));
    }

    /// The wizard cannot go on without the keys of its card.
    fn keys_wanted(&mut self, identity: Identity, sender: &ComponentSender<Self>) {
        if let Some((_, dialog)) = &self.requests.manager.dialog {
            dialog.0.widget().present();
            return;
        }
        let token = self.slot_of(identity).and_then(|slot| match &slot.content {
            Content::Read(token) => Some(Arc::clone(token)),
            Content::Unread { .. } | Content::Unreadable(_) => None,
        });
        let manager = &self.requests.manager;
        let (Some(token), Some(open)) = (token, &manager.wizard) else {
            return;
        };
        let Some(look) = manager.look_at(identity).cloned() else {
            self.requests.manager.wanted = Some(identity);
            return self.look_at_manager(identity);
        };
        let over: gtk::Window = open.window().clone().upcast();
        let init = OpenManagerInit {
            token,
            reader_name: self.model.reader_name(identity.reader),
            look,
        };
        self.ask_for_keys(identity, init, sender, &over);
    }

    /// The card manager told of itself, for the wizard that waits for its keys, or did not.
    pub(super) fn keys_can_be_asked_for(
        &mut self,
        identity: Identity,
        outcome: &Result<Done, Failure>,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        let wanted = &mut self.requests.manager.wanted;
        if wanted.take_if(|wanted| *wanted == identity).is_none() {
            return;
        }
        match outcome {
            Ok(Done::Manager(look)) => {
                let looks = &mut self.requests.manager.looks;
                looks.insert(identity, Arc::clone(look));
                self.keys_wanted(identity, sender);
            }
            Ok(_) => {}
            Err(failure) => match &self.requests.manager.wizard {
                Some(open) => words::show_failure(open.window(), failure),
                None => words::show_failure(root, failure),
            },
        }
    }

    /// The dialog for the keys spoke.
    pub(super) fn manager_output(&mut self, output: OpenManagerOutput) {
        match output {
            OpenManagerOutput::Submitted(access) => {
                let Some(&(identity, _)) = self.requests.manager.dialog.as_ref() else {
                    return;
                };
                let tried = Access {
                    opening: access.opening,
                    keys: access.keys.duplicate(),
                    new_keys: None,
                };
                let access = Some(access);
                let id = self.request(
                    Command::ReadManager { identity, access },
                    Purpose::OpenManager(identity),
                );
                self.requests.manager.keys.trying(id, identity, tried);
            }
            OpenManagerOutput::Kept(name) => self.toast(&words::keys_kept(&name)),
            OpenManagerOutput::Closed => {
                self.requests.manager.dialog = None;
                if let Some((id, identity)) = self.requests.manager.keys.give_up() {
                    self.backend.cancel(id);
                    // The card may have counted a try all the same.
                    self.look_at_manager(identity);
                }
            }
        }
    }

    /// Opens the wizard that changes what is on the card on show.
    pub(super) fn open_content(
        &mut self,
        wish: Wish,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        self.open_content_with(wish, None, sender, root);
    }

    /// The same, with the new keys for the card manager if the wish has such.
    pub(super) fn open_content_with(
        &mut self,
        wish: Wish,
        given: Option<Keys>,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        if let Some(open) = &self.requests.manager.wizard {
            open.present();
            return;
        }
        if self.bench_is_in_the_way() {
            return;
        }
        let Some((reader, identity, token)) = self.card() else {
            return;
        };
        let manager = &self.requests.manager;
        let mut access = manager.keys.of(identity).map(Access::duplicate);
        let new = self.new_keys_in(&wish);
        if new.is_some() && access.is_none() {
            // The new keys are asked for when the card is open by the old ones, or by them.
            self.toast(&words::open_first());
            return self.view.emit(TokenViewInput::Page(Page::Applets));
        }
        if let (Some(access), Some(new)) = (&mut access, &new) {
            let Some(keys) = given.or_else(|| new_keys::same(new, access)) else {
                return self.open_new_keys(Some(new.clone()), sender, root);
            };
            access.new_keys = Some(keys);
        }
        let after = access
            .as_ref()
            .zip(new)
            .and_then(|(access, new)| access.after(new.version));
        let dialog = ContentWizard::builder()
            .launch(ContentInit {
                reader_name: self.model.reader_name(reader.id),
                identity,
                token,
                look: manager.look_at(identity).cloned(),
                access,
                wish,
            })
            .forward(sender.input_sender(), AppInput::Content);
        dialog.widget().set_transient_for(Some(root));
        dialog.widget().present();
        let manager = &mut self.requests.manager;
        manager.wizard = Some(OpenPlan::new(dialog));
        manager.after = after;
    }

    /// The wizard spoke.
    pub(super) fn content_output(&mut self, output: PlanOutput, sender: &ComponentSender<Self>) {
        match output {
            PlanOutput::Asked(command) => {
                let purpose = Purpose::Content(command.identity);
                self.keys_change(&command);
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
            PlanOutput::KeysWanted(identity) => self.keys_wanted(identity, sender),
            PlanOutput::Copied(what) => self.toast(&words::copied(&what)),
            PlanOutput::Closed => {
                let manager = &mut self.requests.manager;
                (manager.wizard, manager.wanted) = (None, None);
                manager.after = None;
            }
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
        let is_in = self.is_in(identity);
        let manager = &mut self.requests.manager;
        let Some(open) = &mut manager.wizard else {
            return;
        };
        let own = open.request() == Some(id);
        let done = own && matches!(outcome, Ok(Done::PlanDone(_)));
        let failed = own && outcome.is_err();
        open.finished(id, outcome);
        if let Some(access) = manager.after.take_if(|_| done) {
            if is_in {
                manager.keys.put(identity, access);
                self.look_at_manager(identity);
            }
        } else if failed && manager.after.is_some() && is_in {
            // Its keys are forgotten: it is shown as it is without them.
            self.look_at_manager(identity);
        }
    }

    /// Until a plan with new keys is at its end nobody knows which keys open the card, and wrong ones
    /// would be a failed try.
    fn keys_change(&mut self, command: &PlanCommand) {
        let runs = matches!(
            command.action,
            PlanAction::Run { .. } | PlanAction::Resume { .. }
        );
        let manager = &mut self.requests.manager;
        if runs && manager.after.is_some() {
            manager.keys.forget(command.identity);
        }
    }

    /// The new keys that the card manager gets by this.
    fn new_keys_in(&self, wish: &Wish) -> Option<NewKeys> {
        match wish {
            Wish::Steps(_, tasks) => new_keys::among(tasks).cloned(),
            Wish::GoOn => {
                let left = self.unfinished()?;
                new_keys::among(&left.plan.tasks).cloned()
            }
            Wish::File(_) | Wish::Change(_) => None,
        }
    }

    /// A card is gone, and its keys with it.
    pub(super) fn manager_removed(&mut self, identity: Identity) {
        let manager = &mut self.requests.manager;
        manager.keys.removed(identity);
        manager.looks.remove(&identity);
        if let Some(dialog) = manager.dialog_of(identity) {
            dialog.0.emit(OpenManagerInput::Removed);
        }
        if let Some(open) = &manager.new_keys {
            open.removed(identity);
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
