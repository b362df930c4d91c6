//! `symbolonctl pin`: the tries left, and the four things done to a PIN.

use super::choose::{self, Target};
use crate::backend::{CardError, Command, Failure, PinAction, PinCommand as Request, Progress};
use crate::base::clock::now;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::interrupt::Interrupt;
use crate::base::secret::Secret;
use crate::cli::arguments::{Globals, PinCommand, SecretSource};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::json::PinsDocument;
use crate::cli::output::Output;
use crate::cli::secrets::Secrets;
use crate::cli::session::{Found, Real, Session};
use crate::cli::{opened, page};
use crate::explain::{self, Explanation, failure, pin_dialog, pins};
use crate::token::{OperationKind, Pin, PinRule, Tries};

/// Runs the command.
///
/// # Errors
///
/// [`End`]: what is said instead of the result.
pub(in crate::cli) fn run(
    command: &PinCommand,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let (kind, choice, source, with) = match command {
        PinCommand::Status { application } => {
            let found = find(&mut Session::open(globals, Real::WhereMeant)?, globals)?;
            let wanted = |kind| application.admits(kind);
            return status(&found, wanted, globals, output);
        }
        PinCommand::Verify { pin, secrets, pad } => (
            OperationKind::Verify,
            pin,
            Source::of(secrets, pad.on_reader),
            None,
        ),
        PinCommand::Change { pin, secrets, pad } => (
            OperationKind::Change,
            pin,
            Source::of(secrets, pad.on_reader),
            None,
        ),
        PinCommand::Unblock { pin, secrets, with } => (
            OperationKind::Unblock,
            pin,
            Source::Typed(secrets),
            with.with,
        ),
        PinCommand::Set { pin, secrets, with } => {
            (OperationKind::Set, pin, Source::Typed(secrets), with.with)
        }
    };
    // Before anything else is opened: a descriptor is known by its number only.
    let mut secrets = match source {
        Source::Typed(source) => Some(Secrets::open(source, output)?),
        Source::OnReader => None,
    };
    let mut session = Session::open(globals, Real::WhereMeant)?;
    let found = find(&mut session, globals)?;
    let target = choose::target(&found.token, *choice, with, kind)?;
    guard(&target, choice.use_last_try)?;
    let job = Job::new(&found, &target, kind);
    let action = match &mut secrets {
        Some(secrets) => job.ask(secrets, session.interrupt(), output)?,
        None => {
            let action = job.on_reader()?;
            output.message(&job.what_is_asked(target.code(), output));
            action
        }
    };
    let request = Command::Pin(Request {
        identity: found.identity,
        application: target.application.kind,
        pin: target.pin.reference,
        action,
        use_last_try: choice.use_last_try,
    });
    let role = target.code().role;
    let outcome = session.run(request, |progress| {
        let Progress::TypeOnReader { seconds } = progress else {
            return;
        };
        let waits = explain::dates::seconds_left(seconds);
        output.message(&format!("{} ({waits})", pin_dialog::enter_on_reader(role)));
    });
    match outcome {
        Ok(_) => {
            done(&job.said(), output)?;
            if kind == OperationKind::Verify {
                show_opened(&mut session, &found, &target, output);
            }
            Ok(())
        }
        Err(failure) => Err(job.refused(&failure).into()),
    }
}

/// Says that it was done. Where standard output takes no more, standard error is told, and it was
/// done all the same: who read an exit code for "not done" would do it again with the PIN as it
/// was, and lose a try.
fn done(what: &str, output: &mut Output) -> Result<(), End> {
    match output.result(format!("{what}.\n")) {
        Err(End::Trouble(unwritten)) => {
            output.message(&format!("{what}."));
            output.trouble(&unwritten);
            Ok(())
        }
        told => told,
    }
}

/// Shows what was private until now. The PIN was right whether that works or not.
fn show_opened(session: &mut Session, found: &Found, target: &Target<'_>, output: &mut Output) {
    if !target.application.hides_private() {
        return;
    }
    let page = session
        .read_since(found)
        .and_then(|after| opened::page(target.application, &after, output.style(), now()));
    if let Some(Err(End::Trouble(unwritten))) = page.map(|page| output.result(page)) {
        output.trouble(&unwritten);
    }
}

/// Where the secrets of a command come from.
enum Source<'a> {
    Typed(&'a SecretSource),
    OnReader,
}

impl<'a> Source<'a> {
    fn of(secrets: &'a SecretSource, on_reader: bool) -> Self {
        if on_reader {
            Self::OnReader
        } else {
            Self::Typed(secrets)
        }
    }
}

pub(super) fn find(session: &mut Session, globals: &Globals) -> Result<Found, Trouble> {
    let reader = session.meant_one(globals)?;
    session.token(reader)
}

fn status(
    found: &Found,
    wanted: impl Fn(crate::token::ApplicationKind) -> bool,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let applications = found.token.applications.iter();
    let applications: Vec<_> = applications
        .filter(|application| wanted(application.kind))
        .collect();
    let pins = applications
        .iter()
        .flat_map(|application| application.pins.iter().map(|pin| (application.kind, pin)));
    if pins.clone().next().is_none() {
        let title = gettext("There is no PIN");
        let body = gettext("Nothing that Symbolon knows on this token has one.");
        return Err(Trouble::new(Exit::Refused, title, body).into());
    }
    if globals.json {
        return output.document(&PinsDocument::new(found, pins));
    }
    let mut text = page::head(found, output.style());
    text.push_str(&page::pins(&applications, output.style(), 0));
    output.result(text)
}

/// What is refused before a secret is asked for.
pub(super) fn guard(target: &Target<'_>, use_last_try: bool) -> Result<(), Trouble> {
    let code = target.code();
    if code.is_last_try() && !use_last_try {
        let role = code.role;
        let mut trouble = Trouble::of(&Failure::Card(CardError::LastTry { role }));
        let helpers = pins::unblockers(target.application, code);
        trouble.words.body = format!(
            "{} {}",
            pins::last_try_warning(role, &helpers),
            with_use_last_try()
        );
        return Err(trouble);
    }
    Ok(())
}

fn with_use_last_try() -> String {
    gettext("With --use-last-try it is used all the same.")
}

/// One thing to be done to one PIN.
pub(super) struct Job<'a> {
    found: &'a Found,
    target: &'a Target<'a>,
    kind: OperationKind,
}

impl<'a> Job<'a> {
    pub(super) fn new(found: &'a Found, target: &'a Target<'a>, kind: OperationKind) -> Self {
        Self {
            found,
            target,
            kind,
        }
    }
}

impl Job<'_> {
    /// Asks for everything that is needed, and checks it against the rules of the card.
    fn ask(
        &self,
        secrets: &mut Secrets,
        interrupt: &Interrupt,
        output: &mut Output,
    ) -> Result<PinAction, End> {
        let pin = self.target.pin;
        let current = self.code(secrets, interrupt, output)?;
        let with = self.target.code().reference;
        if self.kind == OperationKind::Verify {
            return Ok(PinAction::Verify { pin: current });
        }
        if self.releases() {
            let code = current;
            return Ok(PinAction::Release { with, code });
        }
        if secrets.is_terminal() {
            output.message(&new_must_be(&pin.rule));
        }
        let (first, again) = (pin_dialog::new(pin.role), pin_dialog::repeat(pin.role));
        let new = checked(pin, secrets, output, |secrets| {
            secrets.ask_new(&first, &again, interrupt)
        })?;
        if pin
            .factory
            .value()
            .is_some_and(|factory| new.expose() == factory.as_bytes())
        {
            output.message(&gettext(
                "The new PIN is the factory one: whoever finds the token can use it.",
            ));
        }
        Ok(match self.kind {
            OperationKind::Verify | OperationKind::Change => PinAction::Change { current, new },
            OperationKind::Unblock => PinAction::Unblock {
                with,
                code: current,
                new,
            },
            OperationKind::Set => PinAction::Set {
                with,
                code: current,
                new,
            },
        })
    }

    /// Asks for what gives the right, and checks it against the rules of the card.
    pub(super) fn code(
        &self,
        secrets: &mut Secrets,
        interrupt: &Interrupt,
        output: &mut Output,
    ) -> Result<Secret, End> {
        let code = self.target.code();
        if secrets.is_terminal() {
            output.message(&self.what_is_asked(code, output));
            if self.releases() {
                output.message(&pin_dialog::stays(self.target.pin.role));
            }
        }
        let prompt = match self.kind {
            OperationKind::Verify | OperationKind::Change => pin_dialog::current(code.role),
            OperationKind::Unblock | OperationKind::Set => pins::role(code.role),
        };
        checked(code, secrets, output, |secrets| {
            secrets.ask(&prompt, interrupt)
        })
    }

    /// What is said when it is done.
    fn said(&self) -> String {
        let role = self.target.pin.role;
        if self.releases() {
            pin_dialog::released(role)
        } else {
            pin_dialog::done(self.kind, role)
        }
    }

    /// Whether the PIN gets its tries back and stays what it is.
    fn releases(&self) -> bool {
        self.kind == OperationKind::Unblock && self.target.pin.stays_when_unblocked()
    }

    /// "OpenPGP PIN of Anna Rossi: ●●○ 2 of 3 tries left", and below it model, serial number and
    /// reader: two tokens may bear one name.
    fn what_is_asked(&self, code: &Pin, output: &Output) -> String {
        let token = explain::token::title(&self.found.token);
        let name = pins::full_name_of(self.target.application.kind, code.role, &token);
        let which = explain::dotted(&[
            explain::token::subtitle(&self.found.token),
            page::place(self.found),
        ]);
        format!(
            "{name}: {}\n{which}",
            page::tries(&code.tries, output.style())
        )
    }

    /// The action that is typed on the reader.
    fn on_reader(&self) -> Result<PinAction, Trouble> {
        if !self.found.reader.pinpad {
            return Err(Trouble::new(
                Exit::Refused,
                gettext("This reader has no keys to type on"),
                gettext("Do it again without --on-reader."),
            ));
        }
        Ok(match self.kind {
            OperationKind::Verify => PinAction::VerifyOnReader,
            OperationKind::Change | OperationKind::Unblock | OperationKind::Set => {
                PinAction::ChangeOnReader
            }
        })
    }

    /// Words that name the PIN and the token, where more is known than the failure says.
    pub(super) fn refused(&self, failure: &Failure) -> Trouble {
        let mut trouble = Trouble::of(failure);
        let (application, code) = (self.target.application, self.target.code());
        match failure {
            Failure::Card(CardError::WrongPin { role, left }) => {
                let token = explain::token::title(&self.found.token);
                let tries = Tries {
                    left: *left,
                    max: code.tries.max,
                };
                trouble.words = failure::wrong_pin(*role, &tries, &token);
            }
            Failure::Card(CardError::Blocked { role }) if *role == code.role => {
                trouble.words = failure::blocked(application, code);
            }
            Failure::Card(CardError::LastTry { .. } | CardError::Unlocked { .. }) => {
                trouble.words.body = format!("{} {}", trouble.words.body, with_use_last_try());
            }
            _ => {}
        }
        trouble
    }
}

/// "6 to 8 digits", as a sentence.
fn new_must_be(rule: &PinRule) -> String {
    gettext_f("A new one has {rule}.", &[("rule", &pins::rule(rule))])
}

/// Asks until the secret can be one of this card. Only a person at a terminal gets a second chance:
/// a wrong file stays wrong.
fn checked(
    pin: &Pin,
    secrets: &mut Secrets,
    output: &mut Output,
    mut ask: impl FnMut(&mut Secrets) -> Result<Secret, End>,
) -> Result<Secret, End> {
    loop {
        let refused = match ask(secrets) {
            Ok(secret) => match pin.rule.check(&secret) {
                Ok(()) => return Ok(secret),
                Err(breach) => {
                    let role = pin.role;
                    let mut trouble = Trouble::of(&Failure::Card(CardError::Rule { role, breach }));
                    trouble.words.body = pins::breach(breach, role, &pin.rule);
                    trouble
                }
            },
            Err(End::Trouble(trouble)) if trouble.exit == Exit::Rule => trouble,
            Err(end) => return Err(end),
        };
        if !secrets.is_terminal() {
            return Err(refused.into());
        }
        let Explanation { title, body, .. } = refused.words;
        output.message(&format!("{title}. {body}"));
    }
}
