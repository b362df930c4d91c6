//! What the wizard does: from page to page, and with the backend.

use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::flow::{self, Page, Way};
use super::tidy::{self, Item};
use super::wish::{self, Details, Purpose};
use super::{Detail, Opened, SetupCommandOutput, SetupInput, SetupWizard};
use crate::backend::PlanCommand;
use crate::base::clock::now;
use crate::explain::{self, Explanation};
use crate::plan::files::Files;
use crate::plan::journal::Unfinished;
use crate::plan::preview::Preview;
use crate::plan::profile::{CertificatePolicy, Profile};
use crate::plan::recipe::{self, Given};
use crate::plan::secrets::Secrets;
use crate::plan::{Need, SecretName, Survey};
use crate::token::{Tries, TriesLeft};
use crate::ui::wizards::plan::{
    Close, Ending, Made, PlanNews, PlanOutput, Request, Turn, ask_to_stop,
};

impl SetupWizard {
    /// Asks what is on the token.
    pub(super) fn begin(&mut self, sender: &ComponentSender<Self>) {
        asks(self.course.survey(false), sender);
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
        if self.course.has_begun() {
            return;
        }
        (self.course.made, self.trouble) = (None, None);
        let (Some(survey), Some(profile)) = (self.survey.clone(), self.profile()) else {
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
        match made {
            Ok(made) => self.course.made = Some(made),
            Err(words) => self.trouble = Some(words),
        }
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
        Ok(Made::new(plan, preview))
    }

    // What the backend says.

    pub(super) fn happened(&mut self, news: PlanNews, sender: &ComponentSender<Self>) {
        if matches!(news, PlanNews::Finished(_)) {
            self.pages.running.stop();
        }
        let turn = self.course.happened(news);
        self.turn(turn, sender);
    }

    fn turn(&mut self, turn: Turn, sender: &ComponentSender<Self>) {
        match turn {
            Turn::Stay => {}
            Turn::Result => self.page = Page::Result,
            Turn::Over => {
                self.forget();
                self.page = Page::Result;
            }
            Turn::Done(promises) => {
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
            Turn::Surveyed {
                survey,
                unfinished,
                go_on,
            } => self.surveyed(survey, unfinished, go_on, sender),
            Turn::Wrong(role, left) => {
                self.wrong = Some((role, left));
                asks(self.course.survey(true), sender);
            }
            Turn::Refused(refused, words) => {
                self.refused = Some((refused, words));
                asks(self.course.survey(true), sender);
            }
        }
    }

    fn end(&mut self, ending: Ending) {
        self.course.ending = Some(ending);
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
                match &self.trouble {
                    Some(words) if !settable => {
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
        if let Err(words) = self.course.take_up(unfinished, survey) {
            return self.end(Ending::Refused(words));
        }
        let needs = self.plan().map(|made| made.preview.needs.clone());
        let needs = needs.unwrap_or_default();
        let wrong = self.wrong.take();
        if let Some((role, _)) = wrong {
            // One that was to be set is on the card, if that is where the step was broken off.
            for need in needs.iter().filter(|need| need.role == role) {
                self.kept.remove(&need.name);
            }
        }
        let refused = self.refused.take();
        if let Some((refused, _)) = &refused {
            for need in needs.iter().filter(|need| refused.is_of(need)) {
                self.kept.remove(&need.name);
            }
        }
        let missing: Vec<_> = typed(&needs)
            .filter(|need| !self.kept.contains_key(&need.name))
            .cloned()
            .collect();
        self.way = Way::resumed(!missing.is_empty());
        self.pages.secrets.ask(&missing, &self.token);
        if wrong.is_some() || refused.is_some() {
            // Nothing that was wrong is one key away from being sent again.
            self.pages.secrets.clear();
        }
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
            Page::Result => match &self.course.ending {
                Some(Ending::Rehearsed) => {
                    self.course.ending = None;
                    self.page = Page::Plan;
                }
                Some(Ending::Stopped { .. }) => {
                    self.page = Page::Looking;
                    asks(self.course.go_on(), sender);
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
                let begun = self.course.has_begun();
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
            Page::Plan if self.course.has_begun() => self.close(sender, root),
            Page::Plan if self.course.request == Request::None => {
                if let Some(command) = self.course.rehearse() {
                    asks(command, sender);
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
                self.course.request = Request::Files;
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
        if self.course.request != Request::Files {
            return;
        }
        self.course.request = Request::None;
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
        let Some(command) = self.course.run(secrets) else {
            return;
        };
        self.page = Page::Running;
        let input = sender.input_sender().clone();
        self.pages
            .running
            .start(move || input.emit(SetupInput::Beat));
        asks(command, sender);
    }

    pub(super) fn stop(&mut self, sender: &ComponentSender<Self>) {
        if self.course.stop() {
            sender.output_sender().emit(PlanOutput::StopAsked);
        }
    }

    pub(super) fn close(&mut self, sender: &ComponentSender<Self>, root: &adw::Window) {
        match self.course.close() {
            Close::Waits => {}
            Close::Asks => {
                let input = sender.input_sender().clone();
                ask_to_stop(root, move || input.emit(SetupInput::Stop));
            }
            Close::Now => {
                self.forget();
                sender.output_sender().emit(PlanOutput::Closed);
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

/// Asks the backend.
fn asks(command: PlanCommand, sender: &ComponentSender<SetupWizard>) {
    sender.output_sender().emit(PlanOutput::Asked(command));
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
