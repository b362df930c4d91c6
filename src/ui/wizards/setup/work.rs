//! What the wizard does: from page to page, and with the backend.

use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::flow::{self, Page, Reaction, Refused, Way};
use super::tidy::{self, Item};
use super::wish::{self, Details, Purpose};
use super::{
    Detail, Made, Opened, Request, SetupCommandOutput, SetupInput, SetupOutput, SetupWizard,
};
use crate::backend::{Done, Failure, LinkError, PlanAction, PlanCommand, Progress};
use crate::base::clock::now;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, Explanation};

use crate::plan::files::Files;
use crate::plan::journal::Unfinished;
use crate::plan::preview::Preview;
use crate::plan::profile::{CertificatePolicy, Profile};
use crate::plan::recipe::{self, Given};
use crate::plan::secrets::Secrets;
use crate::plan::{Need, SecretName, Survey};
use crate::token::{Identity, Tries, TriesLeft};
use crate::ui::wizards::plan::Ending;

impl SetupWizard {
    /// Asks the backend.
    pub(super) fn ask(
        &mut self,
        action: PlanAction,
        request: Request,
        sender: &ComponentSender<Self>,
    ) {
        self.request = request;
        sender.output_sender().emit(SetupOutput::Asked(PlanCommand {
            identity: self.identity,
            action,
        }));
    }

    // What is decided.

    pub(super) fn choose(&mut self, purpose: Purpose) {
        if self.purpose != purpose {
            self.purpose = purpose;
            self.not_opened = None;
        }
        self.make();
    }

    /// A file was opened for this purpose.
    pub(super) fn is_open(&mut self, purpose: Purpose, opened: Opened) {
        self.not_opened = None;
        if purpose == Purpose::Import {
            let profile = &opened.profile;
            let key = profile.keys.first().map(|key| key.label.clone());
            let certificate = profile.certificates.first().map(|new| new.label.clone());
            let label = key.clone().or(certificate).unwrap_or_default();
            self.pages.details.propose(&label, key.is_some());
            self.key = Some(opened);
        } else {
            self.opened = Some(opened);
        }
        self.choose(purpose);
    }

    /// The files for what was chosen.
    fn source(&self) -> Option<&Opened> {
        match self.purpose {
            Purpose::Profile => self.opened.as_ref(),
            Purpose::Import => self.key.as_ref(),
            _ => None,
        }
    }

    pub(super) fn decide(&mut self, change: impl FnOnce(&mut Details)) {
        if let Some(details) = &mut self.details {
            change(details);
        }
        self.make();
    }

    pub(super) fn detail(&mut self, detail: Detail) {
        let sizes = self.survey.as_deref().map(wish::sizes).unwrap_or_default();
        match detail {
            Detail::Name(name) => {
                self.person = name;
                self.make();
            }
            Detail::Label(label) => self.decide(|details| details.label = label),
            Detail::PinLabel(label) => self.decide(|details| details.pin_label = label),
            Detail::Officer(on) => self.decide(|details| details.officer = on),
            Detail::Puk(on) => self.decide(|details| details.puk = on),
            Detail::Item(place, change) => {
                if let Some(item) = self.items.get_mut(place) {
                    item.change(change);
                }
                self.make();
            }
            Detail::Applet(edit) => self.decide(|details| details.edit_applet(edit)),
            Detail::KeyLabel(label) => self.decide(|details| details.key_label = label),
            Detail::KeyPurpose(place) => {
                let place = usize::try_from(place).ok();
                if let Some(&purpose) = place.and_then(|place| wish::USES.get(place)) {
                    self.decide(|details| details.key_purpose = purpose);
                }
            }
            Detail::Size(place) => {
                let place = usize::try_from(place).ok();
                if let Some(&bits) = place.and_then(|place| sizes.get(place)) {
                    self.decide(|details| details.bits = bits);
                }
            }
        }
    }

    fn profile(&self) -> Option<Profile> {
        if self.purpose == Purpose::Profile {
            return self.opened.as_ref().map(|opened| opened.profile.clone());
        }
        if self.purpose == Purpose::Tidy {
            return Some(tidy::profile(self.purpose.title(), &self.items));
        }
        let (survey, details) = (self.survey.as_deref()?, self.details.as_ref()?);
        if self.purpose == Purpose::Import {
            let opened = self.key.as_ref()?;
            let mut profile = wish::importing(&opened.profile, details, wish::holder(survey));
            for (place, certificate) in profile.certificates.iter_mut().enumerate() {
                let der = opened.given.certificates.get(&place);
                let key = der.and_then(|der| crate::plan::key_for(&self.token, der));
                certificate.id = key.unwrap_or_default();
            }
            return Some(profile);
        }
        Some(wish::profile(self.purpose, details, survey))
    }

    /// Makes the plan for what is decided so far. Nothing is asked of the card.
    pub(super) fn make(&mut self) {
        // What was begun is not made anew.
        if self.plan().is_some_and(|made| made.begun) {
            return;
        }
        let (Some(survey), Some(profile)) = (self.survey.clone(), self.profile()) else {
            self.made = None;
            return;
        };
        let made = self.plan_of(&profile, &survey);
        if let Ok(made) = &made {
            let has_details = match self.purpose {
                Purpose::Repair | Purpose::Erase => false,
                Purpose::Profile => wish::wants_name(&profile),
                Purpose::Vpn
                | Purpose::Mail
                | Purpose::Ssh
                | Purpose::All
                | Purpose::Import
                | Purpose::Tidy => true,
            };
            self.way = Way::new(has_details, typed(&made.preview.needs).next().is_some());
        }
        self.made = Some(made);
    }

    fn plan_of(&self, profile: &Profile, survey: &Survey) -> Result<Made, Explanation> {
        let lost = |certificate: &CertificatePolicy| certificate.id.0.is_empty();
        if profile.certificates.iter().any(lost) {
            return Err(explain::plan::no_key_for_certificate(&self.token));
        }
        // The page that asks for it comes later, and lets nobody on without it.
        let person = self.person.trim().to_owned();
        let opened = self.source().map(|opened| opened.given.clone());
        let given = Given {
            name: Some(person),
            now: now(),
            ..opened.unwrap_or_default()
        };
        let plan = recipe::plan(profile, survey, &self.token, &given)
            .map_err(|error| explain::plan::recipe_error(&error))?;
        let preview =
            Preview::of(&plan, survey).map_err(|(_, error)| explain::plan::setup_error(&error))?;
        Ok(Made {
            plan: Arc::new(plan),
            preview,
            first: 0,
            begun: false,
        })
    }

    // What the backend says.

    pub(super) fn finished(
        &mut self,
        outcome: Result<Done, Failure>,
        sender: &ComponentSender<Self>,
    ) {
        let request = std::mem::replace(&mut self.request, Request::None);
        self.pages.running.stop();
        match (request, outcome) {
            (Request::Survey { go_on }, Ok(Done::Surveyed { survey, unfinished })) => {
                self.surveyed(survey, unfinished, go_on, sender)
            }
            (Request::Run { .. }, Ok(Done::PlanDone(promises))) => {
                let name = self.plan().and_then(|made| {
                    let label = flow::new_name(&made.plan);
                    label.or_else(|| made.plan.subject.label.clone())
                });
                let name = name.unwrap_or_else(|| explain::token::title(&self.token));
                self.forget();
                self.end(Ending::Ready {
                    name: crate::token::Text::from(name).to_string(),
                    promises: promises.to_vec(),
                });
            }
            (Request::DryRun, Ok(_)) => self.end(Ending::Rehearsed),
            (Request::Run { step, .. }, Err(failure)) => self.broken(step, &failure, sender),
            (_, Err(failure)) => self.end(Ending::Refused(explain::failure::failure(&failure))),
            (_, Ok(_)) => {}
        }
    }

    fn end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        self.page = Page::Result;
    }

    fn surveyed(
        &mut self,
        survey: Arc<Survey>,
        unfinished: Option<Arc<Unfinished>>,
        go_on: bool,
        sender: &ComponentSender<Self>,
    ) {
        if survey.is_unguarded() && !go_on && unfinished.is_none() {
            // That comes first.
            self.purpose = Purpose::Repair;
        }
        self.survey = Some(Arc::clone(&survey));
        match unfinished {
            Some(unfinished) => self.resume(&unfinished, &survey, go_on, sender),
            None if go_on => {
                let words = explain::failure::failure(&Failure::NothingUnfinished);
                self.end(Ending::Refused(words));
            }
            None => {
                let details = Details::new(&survey);
                self.pages
                    .details
                    .fill(&details, &wish::sizes(&survey), survey.is_applet());
                self.details = Some(details);
                self.items = Item::all(&self.token);
                self.pages.details.fill_items(&self.items, sender);
                self.make();
                let settable = survey.is_ready().is_ok() || survey.is_half_erased();
                match &self.made {
                    Some(Err(words)) if !settable => {
                        let words = words.clone();
                        self.end(Ending::Refused(words));
                    }
                    _ => self.page = Page::Choose,
                }
            }
        }
    }

    /// Takes up the plan that was broken off. What it still has to be given is asked for; with
    /// `go_on` the person has seen the plan already.
    fn resume(
        &mut self,
        unfinished: &Unfinished,
        survey: &Survey,
        go_on: bool,
        sender: &ComponentSender<Self>,
    ) {
        let before = unfinished.begun.as_ref().unwrap_or(survey);
        let first = unfinished.next;
        let preview = match Preview::of_tasks(&unfinished.plan, before, first) {
            Ok(preview) => preview,
            Err((_, error)) => {
                return self.end(Ending::Refused(explain::plan::setup_error(&error)));
            }
        };
        let wrong = self.wrong.take();
        if let Some((role, _)) = wrong {
            // One that was to be set is on the card, if that is where the step was broken off.
            for need in preview.needs.iter().filter(|need| need.role == role) {
                self.kept.remove(&need.name);
            }
        }
        let refused = self.refused.take();
        if let Some((refused, _)) = &refused {
            for need in preview.needs.iter().filter(|need| refused.is_of(need)) {
                self.kept.remove(&need.name);
            }
        }
        let missing: Vec<_> = typed(&preview.needs)
            .filter(|need| !self.kept.contains_key(&need.name))
            .cloned()
            .collect();
        self.way = Way::resumed(!missing.is_empty());
        self.pages.secrets.ask(&missing, &self.token);
        if wrong.is_some() || refused.is_some() {
            // Nothing that was wrong is one key away from being sent again.
            self.pages.secrets.clear();
        }
        self.made = Some(Ok(Made {
            plan: Arc::new(unfinished.plan.clone()),
            preview,
            first,
            begun: true,
        }));
        if !go_on {
            self.page = Page::Plan;
        } else if missing.is_empty() && (wrong.is_some() || refused.is_some()) {
            // Nobody can say which one it was, and nothing is sent twice by itself.
            self.forget();
            self.page = Page::Plan;
        } else if missing.is_empty() {
            self.run(sender);
        } else {
            let words = wrong.map(|(role, left)| match left {
                // The field says that already.
                TriesLeft::Unknown => explain::pin_dialog::wrong_title(role),
                left => explain::pin_dialog::wrong(role, &Tries { left, max: None }),
            });
            let words = words.as_deref().map(|words| (words, ""));
            let refused = refused.as_ref();
            let refused = refused.map(|(_, words)| (words.title.as_str(), words.body.as_str()));
            let words = words.or(refused);
            self.page = Page::Secrets;
            self.pages.secrets.warn(words);
        }
    }

    fn broken(&mut self, begun: usize, failure: &Failure, sender: &ComponentSender<Self>) {
        // The journal knows better: the step that was begun last may be done.
        let step = self
            .unfinished
            .as_ref()
            .map_or(begun, |(_, left)| left.next);
        if !self.plan().is_some_and(|made| made.begun) {
            return self.end(Ending::Refused(refused(failure)));
        }
        if let Some(refused) = flow::refused(failure) {
            let applet = self.survey.as_deref().is_some_and(Survey::is_applet);
            let words = match refused {
                Refused::Any if applet => explain::applet::pins_refused(),
                Refused::Any | Refused::Number(_) => explain::failure::failure(failure),
            };
            self.refused = Some((refused, words));
            let request = Request::Survey { go_on: true };
            return self.ask(PlanAction::SURVEY_TOKEN, request, sender);
        }
        let words = match flow::reaction(failure) {
            Reaction::Wrong(role, left) => {
                self.wrong = Some((role, left));
                return self.ask(
                    PlanAction::SURVEY_TOKEN,
                    Request::Survey { go_on: true },
                    sender,
                );
            }
            Reaction::Gone => self.gone_at(step),
            Reaction::Stopped => self.stopped_at(step),
            // No journal knows of it: there is nothing to go on with.
            Reaction::Failed(words) if matches!(failure, Failure::NoPlan(_)) => {
                return self.end(Ending::Refused(words));
            }
            Reaction::Failed(words) => words,
        };
        let waits = flow::reaction(failure) == Reaction::Gone;
        let known = self.unfinished.as_ref();
        let live = known.is_some_and(|(at, _)| !waits || *at != self.identity);
        self.end(Ending::Stopped {
            step,
            words,
            live,
            waits,
        });
    }

    fn gone_at(&self, step: usize) -> Explanation {
        Explanation {
            title: explain::failure::link_error(&LinkError::Removed).title,
            body: gettext_f(
                "Set-up stopped at step {place}. Put the token back to go on; nothing has to be done twice.",
                &[("place", &self.place(step))],
            ),
            details: None,
        }
    }

    fn stopped_at(&self, step: usize) -> Explanation {
        Explanation {
            title: gettext_f(
                "Stopped before step {place}",
                &[("place", &self.place(step))],
            ),
            body: gettext("What is done stays done. It can be gone on with now, or another day."),
            details: None,
        }
    }

    /// "3 of 5".
    fn place(&self, step: usize) -> String {
        self.plan()
            .map(|made| explain::plan::step_of(step, &made.plan))
            .unwrap_or_default()
    }

    pub(super) fn progressed(&mut self, progress: Progress) {
        if let (Progress::Step { step: at }, Request::Run { step, .. }) =
            (progress, &mut self.request)
        {
            *step = at;
            // From here on the journal knows of it.
            if let Some(Ok(made)) = &mut self.made {
                made.begun = true;
            }
        }
    }

    /// The token is (back) in a reader, and its plan can be gone on with.
    pub(super) fn can_go_on(&mut self, identity: Identity, unfinished: Arc<Unfinished>) {
        let ours = self
            .plan()
            .is_some_and(|made| made.plan.subject.serial == unfinished.plan.subject.serial);
        if !ours {
            return;
        }
        if let Some(Ending::Stopped { step, live, .. }) = &mut self.ending {
            *step = unfinished.next;
            *live = true;
        }
        self.unfinished = Some((identity, unfinished));
    }

    pub(super) fn removed(&mut self, identity: Identity) {
        if self
            .unfinished
            .as_ref()
            .is_some_and(|(at, _)| *at == identity)
        {
            self.unfinished = None;
            if let Some(Ending::Stopped { live, waits, .. }) = &mut self.ending {
                *live = false;
                *waits = true;
            }
        }
        let over = matches!(
            self.ending,
            Some(
                Ending::Ready { .. }
                    | Ending::Done(_)
                    | Ending::Refused(_)
                    | Ending::Stopped { .. }
            )
        );
        if identity != self.identity || over || matches!(self.request, Request::Run { .. }) {
            return;
        }
        if let Some(made) = self.plan().filter(|made| made.begun).cloned() {
            // What was typed is kept until the token is back.
            self.request = Request::None;
            let words = self.gone_at(made.first);
            return self.end(Ending::Stopped {
                step: made.first,
                words,
                live: false,
                waits: true,
            });
        }
        self.request = Request::None;
        self.forget();
        self.end(Ending::Refused(removed_before()));
    }

    // What the person wants done.

    pub(super) fn primary(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        if !self.is_live() {
            return;
        }
        match self.page {
            Page::Looking | Page::Running => {}
            Page::Choose | Page::Details | Page::Plan => self.go_on(sender),
            Page::Secrets => {
                self.kept.extend(self.pages.secrets.typed());
                self.go_on(sender);
            }
            Page::Result => match &self.ending {
                Some(Ending::Rehearsed) => {
                    self.ending = None;
                    self.page = Page::Plan;
                }
                Some(Ending::Stopped { .. }) => {
                    if let Some((identity, _)) = self.unfinished {
                        self.identity = identity;
                    }
                    self.ending = None;
                    self.page = Page::Looking;
                    self.ask(
                        PlanAction::SURVEY_TOKEN,
                        Request::Survey { go_on: true },
                        sender,
                    );
                }
                Some(Ending::Ready { .. } | Ending::Done(_) | Ending::Refused(_)) | None => {
                    self.close(sender, root);
                }
            },
        }
    }

    /// To the next page.
    fn go_on(&mut self, sender: &ComponentSender<Self>) {
        let Some(next) = self.way.after(self.page) else {
            return;
        };
        match next {
            Page::Running => return self.run(sender),
            Page::Secrets => {
                let begun = self.plan().is_some_and(|made| made.begun);
                let needs = self.plan().map(|made| {
                    let needs = typed(&made.preview.needs).cloned();
                    needs.collect::<Vec<_>>()
                });
                if let Some(needs) = needs.filter(|_| !begun) {
                    self.pages.secrets.ask(&needs, &self.token);
                }
            }
            Page::Looking | Page::Choose | Page::Details | Page::Plan | Page::Result => {}
        }
        self.page = next;
    }

    pub(super) fn secondary(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        match self.page {
            Page::Plan if self.request == Request::None => {
                if let Some(plan) = self.plan().map(|made| Arc::clone(&made.plan)) {
                    self.ask(PlanAction::DryRun { plan }, Request::DryRun, sender);
                }
            }
            Page::Running => self.stop(sender),
            Page::Result => self.close(sender, root),
            Page::Looking | Page::Choose | Page::Details | Page::Secrets | Page::Plan => {}
        }
    }

    /// Carries it out. What a profile names is read before.
    fn run(&mut self, sender: &ComponentSender<Self>) {
        let Some(made) = self.plan() else { return };
        let all = made.preview.needs.len();
        let wants_files = typed(&made.preview.needs).count() < all;
        match self.source().cloned().filter(Opened::has_files) {
            Some(opened) if wants_files => {
                self.request = Request::Files;
                sender.spawn_oneshot_command(move || {
                    SetupCommandOutput::FilesRead(Box::new(opened.files()))
                });
            }
            _ => self.run_with(None, sender),
        }
    }

    pub(super) fn files_read(
        &mut self,
        read: Result<Files, Explanation>,
        sender: &ComponentSender<Self>,
    ) {
        if self.request != Request::Files {
            return;
        }
        self.request = Request::None;
        match read {
            Ok(files) => self.run_with(Some(files), sender),
            Err(words) => self.end(Ending::Refused(words)),
        }
    }

    fn run_with(&mut self, files: Option<Files>, sender: &ComponentSender<Self>) {
        let Some(made) = self.plan().cloned() else {
            return;
        };
        let mut secrets = Secrets::default();
        if let Some(files) = files {
            files.give(&made.plan, &mut secrets);
        }
        for need in &made.preview.needs {
            if let Some(secret) = self.kept.get(&need.name) {
                secrets.give(need.name.clone(), secret.duplicate());
            }
        }
        let action = if made.begun {
            PlanAction::Resume { secrets }
        } else {
            let plan = Arc::clone(&made.plan);
            PlanAction::Run { plan, secrets }
        };
        self.unfinished = None;
        self.ending = None;
        self.page = Page::Running;
        let request = Request::Run {
            step: made.first,
            stopping: false,
        };
        let input = sender.input_sender().clone();
        self.pages
            .running
            .start(move || input.emit(SetupInput::Beat));
        self.ask(action, request, sender);
    }

    pub(super) fn stop(&mut self, sender: &ComponentSender<Self>) {
        if let Request::Run { stopping, .. } = &mut self.request
            && !std::mem::replace(stopping, true)
        {
            sender.output_sender().emit(SetupOutput::StopAsked);
        }
    }

    pub(super) fn close(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        match self.request {
            Request::Run { stopping: true, .. } => {}
            Request::Run { .. } => ask_to_stop(sender, root),
            Request::None | Request::Survey { .. } | Request::DryRun | Request::Files => {
                self.forget();
                sender.output_sender().emit(SetupOutput::Closed);
                root.destroy();
            }
        }
    }

    /// Wipes everything that was typed.
    fn forget(&mut self) {
        self.kept.clear();
        self.pages.secrets.clear();
    }
}

/// The token was taken out before anything was done.
fn removed_before() -> Explanation {
    let mut words = explain::failure::link_error(&LinkError::Removed);
    words.body = explain::pins::nothing_sent();
    words
}

/// Why a plan was not begun.
fn refused(failure: &Failure) -> Explanation {
    match flow::reaction(failure) {
        Reaction::Gone => removed_before(),
        Reaction::Stopped => explain::failure::link_error(&LinkError::Cancelled),
        Reaction::Wrong(..) | Reaction::Failed(_) => explain::failure::failure(failure),
    }
}

/// What is typed; the rest comes from files.
fn typed(needs: &[Need]) -> impl Iterator<Item = &Need> {
    let is_typed = |need: &&Need| {
        matches!(
            need.name,
            SecretName::Pin { .. } | SecretName::Puk { .. } | SecretName::TransportPin
        )
    };
    needs.iter().filter(is_typed)
}

/// Nobody closes by mistake what writes to a token.
fn ask_to_stop(sender: &ComponentSender<SetupWizard>, root: &adw::Window) {
    let heading = gettext("Stop after this step?");
    let dialog = adw::MessageDialog::builder()
        .transient_for(root)
        .modal(true)
        .title(&heading)
        .heading(&heading)
        .body(gettext(
            "What is done stays done, and set-up can be gone on with later. The step that is being done cannot be broken off.",
        ))
        .default_response("go-on")
        .close_response("go-on")
        .build();
    dialog.add_response("go-on", &gettext("Keep Going"));
    dialog.add_response("stop", &gettext("Stop After This Step"));
    let input = sender.input_sender().clone();
    dialog.connect_response(None, move |_, response| {
        if response == "stop" {
            input.emit(SetupInput::Stop);
        }
    });
    dialog.present();
}
