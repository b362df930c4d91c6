//! What the wizard shows of its state.

use std::sync::Arc;

use relm4::adw::prelude::*;

use super::details::About;
use super::flow::{self, Page};
use super::tidy;
use super::wish::{self, Purpose};
use super::{Opened, Request, SetupWizard, choose};
use crate::base::i18n::{gettext, gettext_f, pgettext};
use crate::explain;
use crate::plan::preview::Loss;
use crate::ui::wizards::parts::toggle;
use crate::ui::wizards::plan::Ending;

impl SetupWizard {
    /// Whether the main button does something.
    pub(super) fn is_live(&self) -> bool {
        if self.request != Request::None {
            return false;
        }
        match self.page {
            Page::Looking | Page::Running => false,
            // What could not be opened is not what was opened before.
            Page::Choose => self.plan().is_some() && self.not_opened.is_none(),
            Page::Plan => self.plan().is_some(),
            Page::Details => self.details_are_complete() && self.plan().is_some(),
            Page::Secrets => self.pages.secrets.judge(),
            Page::Result => match &self.ending {
                Some(Ending::Stopped { live, .. }) => *live,
                Some(_) => true,
                None => false,
            },
        }
    }

    fn about(&self) -> About {
        match self.purpose {
            Purpose::Profile => About::Person,
            Purpose::Import => About::Key,
            Purpose::Tidy => About::Items,
            _ => About::Token,
        }
    }

    fn details_are_complete(&self) -> bool {
        let Some(details) = &self.details else {
            return false;
        };
        match self.about() {
            About::Token => details.are_complete(),
            About::Person => !self.person.trim().is_empty(),
            About::Items => tidy::are_complete(&self.items),
            About::Key => wish::fits(&details.key_label, wish::MAX_LABEL),
        }
    }

    /// Brings everything that is shown into line with the state.
    pub(super) fn refresh(&mut self) {
        for page in Page::ALL {
            self.pages.widget(page).set_visible(page == self.page);
        }
        match self.page {
            Page::Looking => {}
            Page::Secrets => {
                self.pages.secrets.judge();
            }
            Page::Choose => self.show_choose(),
            Page::Details => self.show_details(),
            Page::Plan => self.show_plan(),
            Page::Running => self.show_running(),
            Page::Result => {
                let plan = self.made.as_ref().and_then(|made| made.as_ref().ok());
                let plan = plan.map(|made| Arc::clone(&made.plan));
                if let Some(ending) = &self.ending {
                    self.pages.result.show(ending, plan.as_deref());
                }
            }
        }
        self.show_buttons();
    }

    fn show_choose(&self) {
        let made = self.made.as_ref();
        let trouble = self
            .not_opened
            .as_ref()
            .or_else(|| made.and_then(|made| made.as_ref().err()));
        let survey = self.survey.as_deref();
        let erased = self.plan().is_some_and(|made| flow::erases(&made.plan));
        let erased = survey
            .filter(|survey| erased && survey.is_set_up())
            .map(|survey| {
                let counts = survey.counts();
                let loss = Loss {
                    keys: counts.keys,
                    certificates: counts.certificates,
                    data: counts.data,
                    pins: counts.pins,
                };
                explain::plan::loss(&loss).unwrap_or_default()
            });
        let (title, subtitle) = self.subject();
        let profile = self.opened.as_ref().map(Opened::name);
        let key = self.key.as_ref().map(Opened::name);
        self.pages.choose.show(&choose::Shown {
            token: (&title, &subtitle),
            empty: survey.is_some_and(|survey| !survey.is_set_up()),
            unguarded: survey.is_some_and(|survey| survey.is_unguarded()),
            applet: survey.is_some_and(|survey| survey.is_applet()),
            purpose: self.purpose,
            profile: profile.as_deref(),
            key: key.as_deref(),
            erased: erased.as_deref(),
            can_format: !matches!(
                self.purpose,
                Purpose::Profile | Purpose::Import | Purpose::Tidy
            ) && survey.is_some_and(|survey| survey.can_be_formatted().is_ok()),
            trouble: trouble.map(|words| (words.title.as_str(), words.body.as_str())),
        });
    }

    /// The name of the token, and what tells it from others of this name.
    fn subject(&self) -> (String, String) {
        let serial = self.survey.as_deref().map(|survey| {
            gettext_f(
                "serial {serial}",
                &[("serial", &survey.serial().to_string())],
            )
        });
        let place = [serial.unwrap_or_default(), self.reader_name.clone()];
        (explain::token::title(&self.token), explain::dotted(&place))
    }

    fn show_details(&self) {
        let Some(details) = &self.details else { return };
        let trouble = self.made.as_ref().and_then(|made| made.as_ref().err());
        // What is still being typed is no trouble.
        let complete = self.details_are_complete() || self.purpose == Purpose::Profile;
        let trouble = trouble.filter(|_| complete);
        let words = trouble.map(|words| (words.title.as_str(), words.body.as_str()));
        self.pages.details.show(details, self.about(), words);
        self.pages.details.show_items(&self.items);
    }

    fn show_plan(&mut self) {
        let Some(made) = self.plan().cloned() else {
            return;
        };
        self.pages.plan.show(&made.plan, &made.preview, made.first);
        let (title, subtitle) = self.subject();
        self.pages.plan.name(&title, &subtitle);
        let (title, body) = (
            gettext("Set-up goes on where it stopped"),
            explain::plan::stopped_means(),
        );
        let words = made.begun.then_some((title.as_str(), body.as_str()));
        self.pages.plan.warn(words);
    }

    fn show_running(&mut self) {
        let Request::Run { step, .. } = self.request else {
            return;
        };
        let Some(made) = self.plan().cloned() else {
            return;
        };
        let place = step.checked_sub(made.first);
        let preview = place.and_then(|place| made.preview.steps.get(place));
        let usual = preview
            .filter(|preview| preview.seconds.1 > 5)
            .map(explain::plan::cost);
        self.pages.running.show(&made.plan, step, usual.as_deref());
    }

    fn show_buttons(&self) {
        let (first, second) = self.labels();
        let destroys = self.page == Page::Plan
            && self
                .plan()
                .is_some_and(|made| flow::is_final(&made.plan, made.first));
        toggle(&self.primary, "destructive-action", destroys);
        toggle(&self.primary, "suggested-action", !destroys);
        self.primary.set_visible(first.is_some());
        self.primary.set_label(&first.unwrap_or_default());
        self.primary.set_sensitive(self.is_live());
        self.secondary.set_visible(second.is_some());
        self.secondary.set_label(&second.unwrap_or_default());
        let idle = match self.request {
            Request::None => true,
            Request::Run { stopping, .. } => !stopping,
            Request::Survey { .. } | Request::DryRun | Request::Files => false,
        };
        self.secondary.set_sensitive(idle);
    }

    /// The words on the two buttons.
    fn labels(&self) -> (Option<String>, Option<String>) {
        let begun = self.plan().is_some_and(|made| made.begun);
        match (self.page, &self.ending) {
            (Page::Looking, _) => (None, None),
            (Page::Secrets, _) if begun => (Some(gettext("Continue")), None),
            (Page::Choose | Page::Details | Page::Secrets, _) => (Some(gettext("Next")), None),
            (Page::Plan, _) => {
                let verb = self.plan().map(|made| flow::verb(&made.plan, made.first));
                // Nobody knows on paper how far the step is that was broken off.
                let dry = (!begun).then(|| gettext("Dry Run"));
                (verb, dry)
            }
            (Page::Running, _) => (None, Some(gettext("Stop After This Step"))),
            (Page::Result, Some(Ending::Rehearsed)) => (Some(gettext("Back to the Plan")), None),
            (Page::Result, Some(Ending::Stopped { .. })) => {
                (Some(gettext("Continue")), Some(gettext("Close")))
            }
            (Page::Result, Some(Ending::Ready { .. } | Ending::Done(_))) => {
                (Some(pgettext("the last button", "Done")), None)
            }
            (Page::Result, Some(Ending::Refused(_)) | None) => (Some(gettext("Close")), None),
        }
    }
}
