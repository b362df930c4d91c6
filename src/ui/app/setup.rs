//! The wizard that sets tokens up, and what was broken off.

use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::requests::{OpenPlan, Purpose};
use super::{App, AppInput, words};
use crate::backend::{Command, Done, Failure, PlanAction, PlanCommand, Progress, RequestId};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::plan::journal::Unfinished;
use crate::plan::{About, Survey};
use crate::token::{Identity, Token};
use crate::ui::model::Place;
use crate::ui::wizards::content::Wish;
use crate::ui::wizards::plan::{PlanNews, PlanOutput};
use crate::ui::wizards::setup::{SetupInit, SetupInput, SetupWizard};

impl App {
    /// Whether the card on show can be set up.
    pub(super) fn can_set_up(&self) -> bool {
        let card = self.card().filter(|_| !self.bench_is_at_work());
        card.is_some_and(|(_, _, token)| Survey::is_for(&token))
    }

    /// The plan that was broken off on the card on show.
    pub(super) fn unfinished(&self) -> Option<Arc<Unfinished>> {
        match self.model.place()? {
            Place::Reader(reader) => self.model.slot(reader)?.unfinished.clone(),
            Place::NoReader | Place::Bench => None,
        }
    }

    /// Opens the wizard for the card on show.
    pub(super) fn open_setup(
        &mut self,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        if let Some(open) = &self.requests.setup {
            open.present();
            return;
        }
        let unfinished = self.unfinished();
        if unfinished.is_some_and(|left| left.plan.about() == About::Content) {
            return self.open_content(Wish::GoOn, sender, root);
        }
        let Some((reader, identity, token)) = self.card().filter(|_| self.can_set_up()) else {
            return;
        };
        let init = SetupInit {
            reader_name: self.model.reader_name(reader.id),
            identity,
            token,
        };
        let dialog = SetupWizard::builder()
            .launch(init)
            .forward(sender.input_sender(), AppInput::Setup);
        dialog.widget().set_transient_for(Some(root));
        dialog.widget().present();
        self.requests.setup = Some(OpenPlan::new(dialog));
    }

    /// The wizard spoke.
    pub(super) fn setup_output(&mut self, output: PlanOutput) {
        match output {
            PlanOutput::Asked(command) => {
                let purpose = Purpose::Setup(command.identity);
                let id = self.request(Command::Plan(command), purpose);
                if let Some(open) = &mut self.requests.setup {
                    open.asked(id);
                }
            }
            PlanOutput::StopAsked => {
                let open = self.requests.setup.as_ref();
                if let Some(id) = open.and_then(OpenPlan::request) {
                    self.backend.cancel(id);
                }
            }
            PlanOutput::Copied(what) => self.toast(&words::copied(&what)),
            PlanOutput::Closed => self.requests.setup = None,
        }
    }

    /// What the wizard asked for has ended.
    pub(super) fn setup_finished(
        &mut self,
        id: RequestId,
        identity: Identity,
        outcome: Result<Done, Failure>,
    ) {
        self.follow_plan(identity, &outcome);
        if let Some(open) = &mut self.requests.setup {
            open.finished(id, outcome);
        }
    }

    /// A token was read.
    pub(super) fn setup_token_read(&self, identity: Identity, token: &Arc<Token>) {
        if let Some(open) = &self.requests.setup {
            let token = Arc::clone(token);
            open.emit(SetupInput::TokenChanged(identity, token));
        }
    }

    /// A card is gone.
    pub(super) fn plan_card_removed(&self, identity: Identity) {
        if let Some(open) = &self.requests.setup {
            open.emit(PlanNews::Removed(identity));
        }
        if let Some(open) = &self.requests.manager.wizard {
            open.emit(PlanNews::Removed(identity));
        }
    }

    /// A plan can be gone on with.
    pub(super) fn plan_unfinished(&self, identity: Identity, unfinished: &Arc<Unfinished>) {
        let news = || PlanNews::Unfinished(identity, Arc::clone(unfinished));
        if let Some(open) = &self.requests.setup {
            open.emit(news());
        }
        if let Some(open) = &self.requests.manager.wizard {
            open.emit(news());
        }
    }

    /// What a wizard asked for got on.
    pub(super) fn plan_progressed(&self, id: RequestId, progress: Progress) {
        if let Some(open) = &self.requests.setup {
            open.progressed(id, progress);
        }
        if let Some(open) = &self.requests.manager.wizard {
            open.progressed(id, progress);
        }
    }

    /// What the end of a request says of a plan that was broken off.
    pub(super) fn follow_plan(&mut self, identity: Identity, outcome: &Result<Done, Failure>) {
        let left = match outcome {
            Ok(Done::Surveyed { unfinished, .. }) => unfinished.clone(),
            Ok(Done::PlanDone(_) | Done::PlanGivenUp) | Err(Failure::NothingUnfinished) => None,
            _ => return,
        };
        self.model.plan_is(identity, left);
    }

    /// Asks whether what was begun shall really be left.
    pub(super) fn ask_to_give_up(
        &self,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        let (Some((_, identity, token)), Some(unfinished)) = (self.card(), self.unfinished())
        else {
            return;
        };
        let heading = gettext("Give up this set-up?");
        let body = gettext_f(
            "{what}. {token} stays as it is now: half set up. It can be set up anew, which erases it first.",
            &[
                ("what", &explain::plan::stopped(&unfinished)),
                ("token", &explain::token::title(&token)),
            ],
        );
        let dialog = adw::MessageDialog::builder()
            .transient_for(root)
            .modal(true)
            .title(&heading)
            .heading(&heading)
            .body(body)
            .default_response("cancel")
            .close_response("cancel")
            .build();
        dialog.add_response("cancel", &gettext("Cancel"));
        dialog.add_response("give-up", &gettext("Give Up Set-Up"));
        dialog.set_response_appearance("give-up", adw::ResponseAppearance::Destructive);
        let input = sender.input_sender().clone();
        dialog.connect_response(None, move |_, response| {
            if response == "give-up" {
                input.emit(AppInput::GiveUp(identity));
            }
        });
        dialog.present();
    }

    /// The person has decided.
    pub(super) fn give_up(&mut self, identity: Identity) {
        let command = PlanCommand {
            identity,
            action: PlanAction::GiveUp,
        };
        self.request(Command::Plan(command), Purpose::GiveUp(identity));
    }

    /// It is given up, or not.
    pub(super) fn given_up(
        &mut self,
        identity: Identity,
        outcome: &Result<Done, Failure>,
        root: &adw::ApplicationWindow,
    ) {
        self.follow_plan(identity, outcome);
        match outcome {
            Ok(_) => self.toast(&gettext("The set-up is given up")),
            Err(failure) => words::show_failure(root, failure),
        }
    }
}
