//! What the wizard shows of its state.

use relm4::adw::prelude::*;

use super::details::About;
use super::flow::{self, Page};
use super::tidy;
use super::wish::{self, Purpose};
use super::{Opened, SetupWizard, choose};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::plan::preview::Loss;
use crate::ui::wizards::plan::{
    Ending, Made, Request, Shown, plan_label, result_labels, running_labels,
};

impl SetupWizard {
    /// Whether the main button does something.
    pub(super) fn is_live(&self) -> bool {
        if self.course.request != Request::None {
            return false;
        }
        match self.page {
            Page::Looking | Page::Running => false,
            // What could not be opened is not what was opened before.
            Page::Choose => self.plan().is_some() && self.not_opened.is_none(),
            Page::Plan => self.plan().is_some(),
            Page::Details => self.details_are_complete() && self.plan().is_some(),
            Page::Secrets => self.pages.secrets.judge(),
            Page::Result => match &self.course.ending {
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
            Page::Running => self.pages.running.follow(&self.course),
            Page::Result => self.pages.result.follow(&self.course, &self.token),
        }
        self.show_buttons();
    }

    fn show_choose(&self) {
        let trouble = self.not_opened.as_ref().or(self.trouble.as_ref());
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
        // What is still being typed is no trouble.
        let complete = self.details_are_complete() || self.purpose == Purpose::Profile;
        let trouble = self.trouble.as_ref().filter(|_| complete);
        let words = trouble.map(|words| (words.title.as_str(), words.body.as_str()));
        self.pages.details.show(details, self.about(), words);
        self.pages.details.show_items(&self.items);
    }

    fn show_plan(&mut self) {
        let Some(made) = self.plan().cloned() else {
            return;
        };
        self.pages
            .plan
            .show(&made.plan, &made.preview, made.first, None);
        let (title, subtitle) = self.subject();
        self.pages.plan.name(&title, &subtitle);
        let (title, body) = (
            gettext("Set-up goes on where it stopped"),
            explain::plan::stopped_means(),
        );
        let words = made.begun.then_some((title.as_str(), body.as_str()));
        self.pages.plan.warn(words);
    }

    fn show_buttons(&self) {
        self.buttons.show(Shown {
            labels: self.labels(),
            destroys: self.page == Page::Plan && self.plan().is_some_and(Made::is_final),
            live: self.is_live(),
            idle: self.course.can_be_left(),
        });
    }

    /// The words on the two buttons.
    fn labels(&self) -> (Option<String>, Option<String>) {
        let begun = self.course.has_begun();
        match self.page {
            Page::Looking => (None, None),
            Page::Secrets if begun => (Some(gettext("Continue")), None),
            Page::Choose | Page::Details | Page::Secrets => (Some(gettext("Next")), None),
            Page::Plan => {
                let verb = self.plan().map(|made| flow::verb(&made.plan, made.first));
                (verb, Some(plan_label(begun)))
            }
            Page::Running => running_labels(),
            Page::Result => result_labels(self.course.ending.as_ref()),
        }
    }
}
