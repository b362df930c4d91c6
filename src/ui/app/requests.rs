//! Requests to the backend, and the dialogs that wait for them.

use std::collections::HashMap;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::manager::Manager;
use super::{App, AppInput, words};
use crate::backend::{Command, Done, Failure, PinAction, PracticeCommand, Progress, RequestId};
use crate::explain;
use crate::plan::About;
use crate::token::{
    ApplicationKind, Identity, KeyRef, OperationKind, PinReference, PinRole, ReaderId, Token,
};
use crate::ui::dialogs::certificate::{CertificateDialog, CertificateDialogOutput};
use crate::ui::dialogs::command::{
    CommandDialog, CommandDialogInit, CommandDialogInput, CommandDialogOutput,
};
use crate::ui::dialogs::pin::{PinDialog, PinDialogInit, PinDialogInput, PinDialogOutput};
use crate::ui::model::{Place, Shown};
use crate::ui::token_view::TokenViewInput;
use crate::ui::wizards::plan::PlanNews;
use crate::ui::wizards::setup::SetupWizard;

/// What is under way, and who waits for it.
#[derive(Default)]
pub(super) struct Requests {
    under_way: HashMap<RequestId, Purpose>,
    pin: Option<OpenPin>,
    command: Option<(Identity, Dialog<CommandDialog>)>,
    pub(super) setup: Option<OpenPlan<SetupWizard>>,
    pub(super) manager: Manager,
    certificate: Option<Dialog<CertificateDialog>>,
}

/// Why a request was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// The PIN dialog wants it.
    Pin,
    /// The dialog for a command of one's own wants it.
    Command,
    /// The wizard wants it, for this card.
    Setup(Identity),
    /// What was begun on this card is given up.
    GiveUp(Identity, About),
    /// The person wants to see this token as it is now.
    Refresh,
    /// The person looks at what this card tells of itself.
    Sheet(Identity),
    /// The person looks at what the card manager of this card tells.
    Manager(Identity),
    /// The person tries keys on it.
    OpenManager(Identity),
    /// The wizard that changes what is on a Java card wants it.
    Content(Identity),
    /// A practice card, which is shown once it is in.
    Insert,
    /// A practice card.
    Practice,
    /// The service.
    Service,
    /// The program that holds a card.
    LetGo(ReaderId),
}

struct OpenPin {
    dialog: Dialog<PinDialog>,
    identity: Identity,
    request: Option<RequestId>,
    operation: OperationKind,
    role: PinRole,
    /// Whether the PIN stays what it was when that is done.
    stays: bool,
}

/// A dialog that leaves the screen when it is dropped.
pub(super) struct Dialog<C: Component>(pub(super) Controller<C>)
where
    C::Root: IsA<gtk::Window>;

impl<C: Component> Drop for Dialog<C>
where
    C::Root: IsA<gtk::Window>,
{
    fn drop(&mut self) {
        self.0.widget().destroy();
    }
}

/// A wizard on the screen that carries out a plan, and what it waits for.
pub(super) struct OpenPlan<C: Component>
where
    C::Root: IsA<gtk::Window>,
{
    dialog: Dialog<C>,
    request: Option<RequestId>,
}

impl<C: Component> OpenPlan<C>
where
    C::Root: IsA<gtk::Window>,
    C::Input: From<PlanNews>,
{
    /// One that has just come.
    pub(super) fn new(dialog: Controller<C>) -> Self {
        Self {
            dialog: Dialog(dialog),
            request: None,
        }
    }

    /// Brings it to the front.
    pub(super) fn present(&self) {
        self.dialog.0.widget().present();
    }

    /// It waits for this request.
    pub(super) fn asked(&mut self, id: RequestId) {
        self.request = Some(id);
    }

    /// What it waits for.
    pub(super) fn request(&self) -> Option<RequestId> {
        self.request
    }

    /// A request ended: its own, or one that it waits for no more.
    pub(super) fn finished(&mut self, id: RequestId, outcome: Result<Done, Failure>) {
        if self.request == Some(id) {
            self.request = None;
            self.emit(PlanNews::Finished(outcome));
        }
    }

    /// A request got on.
    pub(super) fn progressed(&self, id: RequestId, progress: Progress) {
        if self.request == Some(id) {
            self.emit(PlanNews::Progressed(progress));
        }
    }

    /// The window.
    pub(super) fn window(&self) -> &C::Root {
        self.dialog.0.widget()
    }

    /// Something happened that it is told.
    pub(super) fn emit(&self, news: impl Into<C::Input>) {
        self.dialog.0.emit(news.into());
    }
}

impl App {
    /// Sends a request and remembers what it is for.
    pub(super) fn request(&mut self, command: Command, purpose: Purpose) -> RequestId {
        let id = self.backend.send(command);
        self.requests.under_way.insert(id, purpose);
        id
    }

    /// Reads the card in a reader again.
    pub(super) fn refresh(&mut self, reader: ReaderId) {
        self.request(Command::Read { reader }, Purpose::Refresh);
    }

    /// Reads what a card tells of itself.
    pub(super) fn read_sheet(&mut self, identity: Identity) {
        self.request(Command::ReadSheet { identity }, Purpose::Sheet(identity));
    }

    /// Asks for the smart card service.
    pub(super) fn start_service(&mut self) {
        self.request(Command::StartService, Purpose::Service);
    }

    /// Asks the program that holds the card to let go.
    pub(super) fn ask_to_let_go(&mut self, reader: ReaderId) {
        self.request(Command::AskToLetGo { reader }, Purpose::LetGo(reader));
    }

    /// Changes what is in a practice reader.
    pub(super) fn practise(&mut self, command: PracticeCommand) {
        let purpose = match command {
            PracticeCommand::Insert { .. } => Purpose::Insert,
            PracticeCommand::Pull { .. }
            | PracticeCommand::PutBack { .. }
            | PracticeCommand::Remove { .. } => Purpose::Practice,
        };
        self.request(Command::Practice(command), purpose);
    }

    /// A request ended.
    pub(super) fn finished(
        &mut self,
        id: RequestId,
        outcome: Result<Done, Failure>,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        match (self.requests.under_way.remove(&id), outcome) {
            (Some(Purpose::Pin), outcome) => {
                if let Some(open) = self.requests.pin_of(id) {
                    open.request = None;
                    open.dialog.0.emit(PinDialogInput::Finished(outcome));
                }
            }
            (Some(Purpose::Command), outcome) => {
                if let Some((_, dialog)) = &self.requests.command {
                    dialog.0.emit(CommandDialogInput::Finished(outcome));
                }
            }
            (Some(Purpose::Setup(identity)), outcome) => self.setup_finished(id, identity, outcome),
            (Some(Purpose::GiveUp(identity, about)), outcome) => {
                self.given_up(identity, about, &outcome, root);
            }
            (Some(Purpose::Sheet(identity)), outcome) => {
                let sheet = match outcome {
                    Ok(Done::Sheet(sheet)) => Ok(sheet),
                    Err(failure) => Err(failure),
                    Ok(_) => return,
                };
                self.view.emit(TokenViewInput::Sheet(identity, sheet));
            }
            (Some(Purpose::Manager(identity)), outcome) => {
                self.keys_can_be_asked_for(identity, &outcome, sender, root);
                self.manager_finished(identity, outcome);
            }
            (Some(Purpose::OpenManager(identity)), outcome) => {
                self.manager_tried(id, identity, outcome);
            }
            (Some(Purpose::Content(identity)), outcome) => {
                self.content_finished(id, identity, outcome);
            }
            (Some(Purpose::Insert), Ok(Done::Practised(reader))) => {
                self.open(Place::Reader(reader));
            }
            (Some(Purpose::LetGo(reader)), Ok(_)) => {
                self.toast(&words::asked(&self.model, reader));
            }
            // A refresh that came too late is no news: the row says what became of the card.
            (None, _) | (Some(_), Ok(_) | Err(Failure::Cancelled | Failure::Closing)) => {}
            (Some(_), Err(failure)) => words::show_failure(root, &failure),
        }
    }

    /// A request got on.
    pub(super) fn progressed(&mut self, id: RequestId, progress: Progress) {
        if let Some(open) = self.requests.pin_of(id) {
            open.dialog.0.emit(PinDialogInput::Progressed(progress));
        }
        self.plan_progressed(id, progress);
    }

    /// A token was read: an open dialog shows its counters.
    pub(super) fn token_read(&self, identity: Identity, token: &Arc<Token>) {
        if let Some(open) = self.requests.pin_at(identity) {
            let token = Arc::clone(token);
            open.dialog.0.emit(PinDialogInput::TokenChanged(token));
        }
        self.setup_token_read(identity, token);
    }

    /// A card is gone: what an open dialog could do is no longer possible.
    pub(super) fn card_removed(&mut self, identity: Identity) {
        if let Some(open) = self.requests.pin_at(identity) {
            open.dialog.0.emit(PinDialogInput::Removed);
        }
        self.manager_removed(identity);
        self.plan_card_removed(identity);
        if self
            .requests
            .command
            .as_ref()
            .is_some_and(|(of, _)| *of == identity)
        {
            self.requests.command = None;
        }
    }

    /// Opens the dialog for a PIN of the token on show.
    pub(super) fn open_pin(
        &mut self,
        application: ApplicationKind,
        pin: PinReference,
        operation: OperationKind,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        // A key that is held down a little longer would end the dialog in which somebody types.
        if let Some(open) = &self.requests.pin {
            open.dialog.0.widget().present();
            return;
        }
        let Some(Shown::Token {
            reader,
            identity,
            token,
            ..
        }) = self.shown.clone()
        else {
            return;
        };
        let Some(role) = token.pin(application, pin).map(|pin| pin.role) else {
            return;
        };
        let init = PinDialogInit {
            reader_name: self.model.reader_name(reader.id),
            reader,
            identity,
            token,
            application,
            pin,
            operation,
        };
        let dialog = PinDialog::builder()
            .launch(init)
            .forward(sender.input_sender(), AppInput::Pin);
        dialog.widget().set_transient_for(Some(root));
        dialog.widget().present();
        self.requests.pin = Some(OpenPin {
            dialog: Dialog(dialog),
            identity,
            request: None,
            operation,
            role,
            stays: false,
        });
    }

    /// The PIN dialog spoke.
    pub(super) fn pin_output(&mut self, output: PinDialogOutput) {
        match output {
            PinDialogOutput::Submitted(command) => {
                // From a blocked PIN the dialog goes on to what unblocks it.
                let operation = operation(&command.action);
                let stays = matches!(command.action, PinAction::Release { .. });
                let id = self.request(Command::Pin(command), Purpose::Pin);
                if let Some(open) = &mut self.requests.pin {
                    open.request = Some(id);
                    open.operation = operation;
                    open.stays = stays;
                }
            }
            PinDialogOutput::Cancelled => {
                let request = self.requests.pin.as_ref().and_then(|open| open.request);
                if let Some(id) = request {
                    self.backend.cancel(id);
                }
            }
            PinDialogOutput::Closed { done } => {
                let open = self.requests.pin.take();
                if let Some(open) = open.filter(|_| done) {
                    let words = if open.stays {
                        explain::pin_dialog::released(open.role)
                    } else {
                        explain::pin_dialog::done(open.operation, open.role)
                    };
                    self.toast(&words);
                }
            }
        }
    }

    /// Opens the certificate in a slot of the token on show.
    pub(super) fn open_certificate(
        &mut self,
        application: ApplicationKind,
        slot: KeyRef,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        let init = self
            .token()
            .and_then(|token| words::certificate(token, application, slot));
        let Some(init) = init else { return };
        let dialog = CertificateDialog::builder()
            .launch(init)
            .forward(sender.input_sender(), AppInput::Certificate);
        dialog.widget().set_transient_for(Some(root));
        dialog.widget().present();
        self.requests.certificate = Some(Dialog(dialog));
    }

    /// The certificate dialog spoke.
    pub(super) fn certificate_output(&self, output: &CertificateDialogOutput) {
        self.toast(&match output {
            CertificateDialogOutput::Copied(what) => words::copied(what),
            CertificateDialogOutput::Exported(path) => words::saved(path),
            CertificateDialogOutput::Failed(text) => text.clone(),
        });
    }

    /// Opens the dialog for a command of one's own.
    pub(super) fn open_command(
        &mut self,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        let Some((reader, identity, token)) = self.card() else {
            return;
        };
        let init = CommandDialogInit {
            reader,
            identity,
            token,
        };
        let dialog = CommandDialog::builder()
            .launch(init)
            .forward(sender.input_sender(), AppInput::Command);
        dialog.widget().set_transient_for(Some(root));
        dialog.widget().present();
        self.requests.command = Some((identity, Dialog(dialog)));
    }

    /// The dialog for a command spoke.
    pub(super) fn command_output(&mut self, output: CommandDialogOutput) {
        let CommandDialogOutput::Submitted(bytes) = output;
        if let Some(&(identity, _)) = self.requests.command.as_ref() {
            self.request(Command::Send { identity, bytes }, Purpose::Command);
        }
    }
}

/// What an action does to the PIN.
fn operation(action: &PinAction) -> OperationKind {
    match action {
        PinAction::Verify { .. } | PinAction::VerifyOnReader => OperationKind::Verify,
        PinAction::Change { .. } | PinAction::ChangeOnReader => OperationKind::Change,
        PinAction::Unblock { .. } | PinAction::Release { .. } => OperationKind::Unblock,
        PinAction::Set { .. } => OperationKind::Set,
    }
}

impl Requests {
    fn pin_of(&mut self, id: RequestId) -> Option<&mut OpenPin> {
        self.pin.as_mut().filter(|open| open.request == Some(id))
    }

    fn pin_at(&self, identity: Identity) -> Option<&OpenPin> {
        self.pin.as_ref().filter(|open| open.identity == identity)
    }
}
